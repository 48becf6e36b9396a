"""What a person, shop or country did before: features from an entity's own earlier rows."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from actors.models.offline.catalogue.series_time import MOST_KEYS, as_moments, name_rank
from actors.models.offline.catalogue.task import Array, Frame, Task, inputs, truth


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
