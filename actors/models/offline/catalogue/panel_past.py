"""What a person, shop or country did before: features from an entity's own earlier rows."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import lightgbm as lgb
import numpy as np
import pandas as pd
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from sklearn.linear_model import LogisticRegression, Ridge

from actors.contracts import TaskBrief
from actors.models.offline.catalogue.arrays_images import smoothed_classes
from actors.models.offline.catalogue.reading import load_table
from actors.models.offline.catalogue.registry import Recipe
from actors.models.offline.catalogue.series_time import MOST_KEYS, as_moments, name_rank
from actors.models.offline.catalogue.splitting import group_folds
from actors.models.offline.catalogue.task import Array, Frame, Task, inputs, labelled, truth


def panel_keys(train: Frame, test: Frame, task: Task) -> tuple[tuple[str, ...], str]:
    """The columns of entity and time; empty where rows of test have no past in train.

    An entity is one column, or two where no single one has at most a row at a time.
    """
    shared = [c for c in test.columns if c in train.columns and c not in (task.id_column, *task.target)]
    times = sorted((c for c in shared if name_rank(str(c)) < 99), key=lambda c: name_rank(str(c)))
    if task.split == "time" and task.split_column in shared:
        times = [task.split_column, *times]
    entities = [c for c in shared if c not in times and not pd.api.types.is_float_dtype(train[c])]
    if task.split_column in entities:
        entities = [task.split_column]
    best: tuple[tuple[str, ...], str, float] = ((), "", 0.3)
    for size in (1, 2):
        if best[2] > 0.5:
            break
        for time in times[:3]:
            when = time_numbers(pd.concat([train[time], test[time]], ignore_index=True))
            for names in combinations(entities[:MOST_KEYS] if size > 1 else entities, size):
                worth = worth_of_past(train, test, names, when)
                if worth > best[2] and (size == 1 or worth > 0.5):
                    best = (tuple(map(str, names)), str(time), worth)
    return best[0], best[1]


def worth_of_past(train: Frame, test: Frame, names: tuple[str, ...], when: Array) -> float:
    """The share of test rows with earlier rows of their entity, half of it where those are not one a time."""
    keys = entity_codes(train, test, names)
    cut = len(train)
    if len(np.unique(keys[:cut])) < 5:
        return 0.0
    first = pd.Series(when[:cut]).groupby(keys[:cut]).min()
    past = pd.Series(keys[cut:]).map(first).to_numpy(dtype=float) < when[cut:]
    once = not pd.DataFrame({"entity": keys[:cut], "time": when[:cut]}).duplicated().any()
    return float(past.mean()) * (1.0 if once else 0.5)


def entity_codes(train: Frame, test: Frame, names: tuple[str, ...]) -> Array:
    """A number for the entity of each training row, then of each test row."""
    both = pd.concat([train[list(names)], test[list(names)]], ignore_index=True)
    return both.groupby(list(names), dropna=False, sort=False).ngroup().to_numpy(dtype=float)


def time_numbers(values: pd.Series) -> Array:
    """A time column as numbers of days or of its own unit."""
    if pd.api.types.is_numeric_dtype(values):
        return values.to_numpy(dtype=float)
    moments = as_moments(values)
    if moments is None:
        return pd.factorize(values, sort=True)[0].astype(float)
    return ((moments - pd.Timestamp("1970-01-01")) / pd.Timedelta(days=1)).to_numpy(dtype=float)


def past_values(train: Frame, test: Frame, task: Task) -> Frame:
    """Targets (classes as codes) and the numbers that only train has, row by row of train."""
    actual = truth(train, task).reshape(len(train), -1)
    found = pd.DataFrame(actual, columns=[f"past_{t}" for t in task.target], index=train.index)
    for name in train.columns:
        if name not in test.columns and name not in task.target:
            numbers = pd.to_numeric(train[name], errors="coerce")
            if numbers.notna().any():
                found[f"past_{name}"] = numbers
    return found


def seen_before(events: Frame, keys: Array, times: Array, asked_keys: Array, asked_until: Array) -> Frame:
    """For each asked (key, time): last, mean, faded mean, maximum and count of the key's values before it.

    events: a row a training row, a column a value; keys and times belong to its rows. Rows of the
    key at `asked_until` or later are never used.
    """
    order = np.lexsort((times, keys))
    sorted_keys, sorted_times = keys[order], times[order]
    values = events.to_numpy(dtype=float)[order]
    known = np.isfinite(values)
    groups = pd.DataFrame(np.where(known, values, 0.0)).groupby(sorted_keys)
    sums, counts = (
        groups.cumsum().to_numpy(),
        pd.DataFrame(known * 1.0).groupby(sorted_keys).cumsum().to_numpy(),
    )
    last = pd.DataFrame(values).groupby(sorted_keys).ffill().to_numpy()
    highest = pd.DataFrame(values).groupby(sorted_keys).cummax().groupby(sorted_keys).ffill().to_numpy()
    faded = last.copy()
    for i in range(1, len(values)):
        if sorted_keys[i] == sorted_keys[i - 1]:
            step = 0.5 * values[i] + 0.5 * faded[i - 1]
            faded[i] = np.where(np.isfinite(step), step, last[i])
    low = min(times.min(), asked_until.min()) - 1
    width = max(times.max(), asked_until.max()) - low + 1
    at = np.searchsorted(sorted_keys * width + sorted_times - low, asked_keys * width + asked_until - low) - 1
    valid = (at >= 0) & (sorted_keys[at] == asked_keys)
    blank = np.where(valid, 1.0, np.nan)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        means = sums / np.where(counts > 0, counts, np.nan)
    parts = {"last": last, "mean": means, "faded": faded, "most": highest}
    columns = {
        f"{c}_{n}": (p[at] * blank)[:, j] for n, p in parts.items() for j, c in enumerate(events.columns)
    }
    rows = pd.Series(1.0).reindex(range(len(values)), fill_value=1.0).groupby(sorted_keys).cumsum().to_numpy()
    columns["past_rows"] = np.where(valid, rows[at], 0.0)
    columns["past_age"] = np.where(valid, asked_until - sorted_times[at], np.nan)
    return pd.DataFrame(columns)


def test_gaps(keys: Array, times: Array, asked_keys: Array, asked_times: Array) -> Array:
    """How long before each test row its entity was last seen in train."""
    last = pd.Series(times).groupby(keys).max()
    gaps = asked_times - pd.Series(asked_keys).map(last).to_numpy(dtype=float)
    gaps = gaps[np.isfinite(gaps) & (gaps > 0)]
    return gaps if len(gaps) else np.array([1.0])


def own_past(train: Frame, test: Frame, task: Task) -> tuple[Frame, Frame]:
    """Columns of what each row's entity, and the others of its household, did earlier.

    A training row sees no more than a test row would: only earlier rows, and only those at least as
    long ago as the test rows' last known ones are.
    """
    entity, time = panel_keys(train, test, task)
    if not entity:
        return train, test
    cut = len(train)
    both_keys = entity_codes(train, test, entity)
    both_times = time_numbers(pd.concat([train[time], test[time]], ignore_index=True))
    keys, times = both_keys[:cut], both_times[:cut]
    events = past_values(train, test, task)
    gaps = test_gaps(keys, times, both_keys[cut:], both_times[cut:])
    shortest = np.diff(np.unique(times)).min() if len(np.unique(times)) > 1 else 1.0
    wait = np.random.default_rng(0).choice(gaps, cut) if gaps.max() > 1.5 * gaps.min() else gaps.min()
    until = np.concatenate([times - np.maximum(wait, shortest) + shortest / 2, both_times[cut:]])
    found = seen_before(events, keys, times, both_keys, until)
    found["past_age"] += both_times - until
    for name in household_columns(train, entity[0], task) if len(entity) == 1 else []:
        homes = pd.concat([train[name], test[name]], ignore_index=True)
        places = pd.DataFrame({"home": homes, "entity": both_keys, "time": both_times})
        found = found.join(others_of(places, events))
    new_train, new_test = found.iloc[:cut].set_index(train.index), found.iloc[cut:].set_index(test.index)
    return pd.concat([train, new_train], axis=1), pd.concat([test, new_test], axis=1)


def own_history(train: Frame, test: Frame, task: Task, *, most: int = 8) -> tuple[Frame, Frame]:
    """Columns of each entity's earlier targets, and of the earlier inputs that explain a part of them.

    As in `own_past`, a training row sees only what is as long ago as the test rows' last known ones.
    """
    entity, time = panel_keys(train, test, task)
    if not entity or len(task.classes) > 2:
        return train, test
    cut = len(train)
    shared = [c for c in inputs(test, task).columns if c in train.columns and c not in (*entity, time)]
    shared = [c for c in shared if pd.api.types.is_numeric_dtype(train[c])][:most]
    events = past_values(train, test, task)
    earlier = train[shared].astype(float).add_prefix("past_")
    earlier = earlier.rename(columns={c: f"{c}_input" for c in earlier.columns if c in events.columns})
    events = events.join(earlier)
    both_keys = entity_codes(train, test, entity)
    both_times = time_numbers(pd.concat([train[time], test[time]], ignore_index=True))
    keys, times = both_keys[:cut], both_times[:cut]
    shortest = np.diff(np.unique(times)).min() if len(np.unique(times)) > 1 else 1.0
    gaps = test_gaps(keys, times, both_keys[cut:], both_times[cut:])
    wait = np.maximum(np.random.default_rng(0).choice(gaps, cut), shortest)
    until = np.concatenate([times - wait + shortest / 2, both_times[cut:]])
    found = seen_before(events, keys, times, both_keys, until)
    faded = [f"past_{t}_faded" for t in task.target]
    found = found[[c for c in found.columns if c in faded or c.endswith(("_last", "_mean"))]]
    last = pd.Series(times).groupby(keys).max()
    found["past_age"] = np.concatenate(
        [wait, both_times[cut:] - pd.Series(both_keys[cut:]).map(last).to_numpy(dtype=float)]
    )
    # An entity's first rows have no past: means keep linear members steady.
    found = found.fillna(found.iloc[:cut].mean()).dropna(axis=1)
    new_train, new_test = found.iloc[:cut].set_index(train.index), found.iloc[cut:].set_index(test.index)
    return pd.concat([train, new_train], axis=1), pd.concat([test, new_test], axis=1)


def household_columns(train: Frame, entity: str, task: Task) -> list[str]:
    """The first column that puts a few entities each into one household, firm or family."""
    for name in train.columns:
        if name in (entity, task.id_column, *task.target) or pd.api.types.is_float_dtype(train[name]):
            continue
        sizes = train.groupby(name)[entity].nunique()
        steady = train.groupby(entity)[name].nunique().max() <= 2
        if 50 <= len(sizes) < train[entity].nunique() and 1.2 <= sizes.mean() <= 12 and steady:
            return [str(name)]
    return []


def others_of(places: Frame, events: Frame) -> Frame:
    """Mean values of the other entities of the same household, in the row's own time and ever.

    places: columns home, entity and time for train rows, then test rows; events: values of train rows.
    """
    values = events.reset_index(drop=True)
    values = values[[c for c in values.columns if values[c].nunique() > 1][:8]]
    known = values.reindex(range(len(places)))
    sums, counts = known.fillna(0.0), known.notna().astype(float)

    def within(*names: str) -> tuple[Frame, Frame]:
        keys = [places[n] for n in names]
        return sums.groupby(keys).transform("sum"), counts.groupby(keys).transform("sum")

    (now, now_count), (ever, ever_count) = within("home", "time"), within("home")
    own, own_count = within("entity")
    mates = (now - sums) / (now_count - counts).where(now_count > counts)
    rest = (ever - own) / (ever_count - own_count).where(ever_count > own_count)
    return mates.add_suffix("_mates_now").join(rest.add_suffix("_mates_ever"))


def split_last_rows(train: Frame, task: Task, *, share: float = 0.35) -> list[tuple[Frame, Frame, Array]]:
    """The last rows of some entities held out, their earlier rows kept, as in the test file.

    Columns that the test file lacks are taken from the held rows: they are known of the past alone.
    """
    train = train.reset_index(drop=True)
    known = labelled(train, task)
    times = [c for c in train.columns if name_rank(str(c)) < 99 and c not in task.target]
    if task.split_column not in train.columns or not times:
        return group_folds(train, task)
    time = min(times, key=lambda c: name_rank(str(c)))
    when = pd.Series(time_numbers(known[time]), index=known.index)
    groups = when.groupby(known[task.split_column])
    last = (when == groups.transform("max")) & (groups.transform("count") >= 2)
    if last.mean() < 0.02:
        return group_folds(train, task)
    rng = np.random.default_rng(task.seed)
    held = known[last & (rng.random(len(known)) < share)]
    hidden = [c for c in (*task.target, *task.train_only) if c in train.columns]
    return [(train.drop(index=held.index), held.drop(columns=hidden), truth(held, task))]


def split_last_times(train: Frame, task: Task, *, share: float = 0.15) -> list[tuple[Frame, Frame, Array]]:
    """The latest times of all entities held out, every entity's earlier rows kept."""
    train = train.reset_index(drop=True)
    if task.split_column not in train.columns:
        return split_last_rows(train, task)
    when = time_numbers(train[task.split_column])
    known = labelled(train, task)
    times = np.unique(when[known.index])
    # Whole times: an entity's neighbours of the same year would tell more than a test row may see.
    start = times[-max(1, round(share * len(times)))]
    held = known[when[known.index] >= start]
    hidden = [c for c in (*task.target, *task.train_only) if c in train.columns]
    return [(train[when < start], held.drop(columns=hidden), truth(held, task))]


def load_past(task: Task) -> tuple[Frame, Frame]:
    """The two tables of entities over time."""
    return load_table(task)


def past_matrices(train: Frame, test: Frame, task: Task) -> tuple[Array, Array, Array, list[str]]:
    """(x, y, z) with gaps left as they are, categories as codes, keys of single rows left out."""
    known = labelled(train, task)
    entity, _ = panel_keys(train, test, task)
    left_out = (*(entity if len(entity) == 1 else ()), task.split_column)  # a part of a key tells of its own
    names = [c for c in inputs(test, task).columns if c in known.columns and c not in left_out]
    both = pd.concat([known[names], test[names]], ignore_index=True)
    columns = []
    for name in names:
        column = both[name]
        if not pd.api.types.is_numeric_dtype(column):
            column = pd.Series(pd.factorize(column.astype("string"), sort=True)[0]).replace(-1, np.nan)
        columns.append(column.to_numpy(dtype=float))
    matrix = np.column_stack(columns)
    cut = len(known)
    return matrix[:cut], truth(known, task).reshape(cut, -1), matrix[cut:], names


def past_boosting(
    train: Frame,
    test: Frame,
    task: Task,
    *,
    trees: int = 100,
    leaves: int = 15,
    rate: float = 0.06,
    smallest: int = 40,
) -> Array:
    """Boosted trees on an entity's past and its present columns."""
    x, y, z, _ = past_matrices(train, test, task)
    settings = {
        "n_estimators": trees,
        "max_bin": 63,  # as good on such noisy pasts, at half the time
        "num_leaves": leaves,
        "learning_rate": rate,
        "min_child_samples": smallest,
        "colsample_bytree": 0.4,
        "subsample": 0.8,
        "subsample_freq": 1,
        "n_jobs": task.cpus,
        "random_state": task.seed,
        "verbose": -1,
    }
    if task.kind == "classes":
        model = lgb.LGBMClassifier(**settings).fit(x, y[:, 0].astype(int))
        return smoothed_classes(np.asarray(model.predict_proba(z)), model.classes_, task)
    return np.column_stack([lgb.LGBMRegressor(**settings).fit(x, c).predict(z) for c in y.T])


def past_trees(
    train: Frame, test: Frame, task: Task, *, trees: int = 80, leaf: int = 5, share: float = 0.3
) -> Array:
    """Very random trees on an entity's past and its present columns."""
    x, y, z, _ = past_matrices(train, test, task)
    low = np.nanmin(np.vstack([x, z, np.zeros((1, x.shape[1]))]), axis=0) - 1
    x, z = np.where(np.isnan(x), low, x), np.where(np.isnan(z), low, z)
    settings = {
        "n_estimators": trees,
        "min_samples_leaf": leaf,
        "max_features": share,
        "bootstrap": True,  # half of the rows a tree: as good on such noisy pasts, at half the time
        "max_samples": 0.5,
        "n_jobs": task.cpus,
        "random_state": task.seed,
    }
    if task.kind == "classes":
        model = ExtraTreesClassifier(**settings).fit(x, y[:, 0].astype(int))
        return smoothed_classes(model.predict_proba(z), model.classes_, task)
    target = y[:, 0] if y.shape[1] == 1 else y
    return np.asarray(ExtraTreesRegressor(**settings).fit(x, target).predict(z)).reshape(len(z), -1)


def past_linear(train: Frame, test: Frame, task: Task, *, alpha: float = 100.0) -> Array:
    """A linear model on an entity's past; gaps become zero and are marked."""
    x, y, z, _ = past_matrices(train, test, task)
    both = np.vstack([x, z])
    both = np.sign(both) * np.log1p(np.abs(both))
    blank = np.isnan(both)
    scaled = (both - np.nanmean(both, axis=0)) / (np.nanstd(both, axis=0) + 1e-9)
    both = np.hstack([np.where(blank, 0.0, scaled), blank[:, blank.any(axis=0)].astype(float)])
    x, z = both[: len(x)], both[len(x) :]
    if task.kind == "classes":
        model = LogisticRegression(C=10.0 / alpha, max_iter=100, solver="newton-cholesky").fit(
            x, y[:, 0].astype(int)
        )
        return smoothed_classes(model.predict_proba(z), model.classes_, task)
    return np.asarray(Ridge(alpha=alpha).fit(x, y).predict(z)).reshape(len(z), -1)


PAST_WORDS = (
    "earlier year",
    "past",
    "previous",
    "history",
    "histories",
    "next year",
    "year to come",
    "earlier",
)


def wants_past(brief: TaskBrief) -> float:
    """A panel whose brief speaks of a past, or shows columns of it that test rows lack."""
    if brief.problem in ("survival", "quantile"):
        return 0.0
    promise = has_past(brief)
    told = any(w in brief.description.lower() for w in PAST_WORDS)
    return 0.85 if promise >= 0.9 else 0.6 if promise >= 0.55 and told else 0.0


def always(promise: float) -> Callable[[TaskBrief], float]:
    """A promise that holds for every task of the layout."""
    return lambda brief: promise


def has_past(brief: TaskBrief) -> float:
    """A table of entities over time whose train rows hold more columns than its test rows."""
    tables = {f.name: f for f in brief.files}
    train, test = tables.get(brief.train), tables.get(brief.test)
    if train is None or test is None:
        return 0.0
    names = {c.name for c in test.columns}
    timed = any(name_rank(n) < 99 for n in names)
    own = [c for c in train.columns if c.name not in names and c.name not in brief.target]
    column = next((c for c in train.columns if c.name == brief.split.column), None)
    repeated = column is not None and 5 <= column.unique < 0.8 * (train.rows or 0)
    if not timed:
        return 0.0
    if brief.split.kind == "group" and repeated:
        return 0.9 if own else 0.55
    return 0.6 if own else 0.0


def has_panel(brief: TaskBrief) -> bool:
    """Whether later times are asked of entities whose rows fill most of a grid of entities and times."""
    tables = {f.name: f for f in brief.files}
    train, test = tables.get(brief.train), tables.get(brief.test)
    if (
        brief.problem == "survival"
        or brief.split.kind != "time"
        or train is None
        or test is None
        or not train.rows
    ):
        return False
    asked = {c.name for c in test.columns} - {brief.id_column, *brief.target}
    time = next((c for c in train.columns if c.name == brief.split.column and c.name in asked), None)
    keys = [c for c in train.columns if c.name in asked and c is not time and c.dtype != "real"]
    if time is None:
        return False
    sizes = [c.unique for c in keys]
    sizes += [a.unique * b.unique for a, b in combinations(keys[:MOST_KEYS], 2)]
    times = max(time.unique, 1)
    return any(5 <= n <= train.rows / 3 and 0.4 <= train.rows / (n * times) <= 1 for n in sizes)


RECIPES = (
    Recipe(load_past, "load", "Tables of entities over time.", wants_past, ("past",)),
    Recipe(
        own_past,
        "features",
        "What the same entity did earlier: last, mean, most; and its household.",
        always(0.9),
        ("past",),
        order=15,
    ),
    Recipe(
        own_history,
        "features",
        "An entity's earlier targets and inputs.",
        lambda b: 0.9 if has_panel(b) else 0.0,
        ("table",),
        order=15,
    ),
    Recipe(
        split_last_rows,
        "split",
        "Last rows of some entities, their past kept.",
        always(0.9),
        ("past",),
        {"share": (0.25, 0.35, 0.5)},
    ),
    Recipe(
        split_last_times,
        "split",
        "The latest times of all entities.",
        lambda b: 0.95 if has_panel(b) or (b.split.kind == "time" and wants_past(b)) else 0.0,
        ("past", "table"),
        {"share": (0.1, 0.15, 0.25)},
    ),
    Recipe(
        past_boosting,
        "member",
        "Boosted trees on the entity's past.",
        always(0.9),
        ("past",),
        {
            "trees": (60, 100, 200),
            "leaves": (7, 15, 31),
            "rate": (0.03, 0.06, 0.1),
            "smallest": (20, 40, 80),
        },
    ),
    Recipe(
        past_trees,
        "member",
        "Very random trees on the entity's past.",
        always(0.88),
        ("past",),
        {"trees": (50, 80, 150), "leaf": (3, 5, 10, 20), "share": (0.2, 0.3, 0.5)},
    ),
    Recipe(
        past_linear,
        "member",
        "Linear in logarithms of the entity's past.",
        always(0.8),
        ("past",),
        {"alpha": (10.0, 100.0, 1000.0)},
    ),
)
