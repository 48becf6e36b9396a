"""YAML becomes typed, frozen objects here, once."""

from __future__ import annotations

import difflib
import os
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import fields, replace
from math import inf
from pathlib import Path
from typing import Any, TypeVar, cast

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import ConfigKeyError, OmegaConfBaseException
from yaml import YAMLError

from actors.agents.options import read_options
from actors.agents.registry import LISTINGS
from actors.contracts import AgentSettings, Budget, Limits
from actors.errors import InputError
from actors.models.settings import ModelSettings, Price, RoleModel
from actors.sandbox.settings import Level
from runners.schema import BenchConf, ModelConf, PriceConf, RoleModelConf, TasksConf
from runners.secrets import without_password
from runners.settings import (
    ExecutorSettings,
    RaySettings,
    SweepConfig,
    TaskSelection,
    TrackerSettings,
)
from runners.tasks.splitting import FoldRules

LEVELS = ("auto", "namespaces", "landlock", "limits")
MODEL_KINDS = ("offline", "openai")
TRACKERS = ("mlflow", "none")
Conf = TypeVar("Conf")
STRUCTURED = ("auto", "on", "off")
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh")


def load_config(cfg: DictConfig, overrides: Sequence[str] = ()) -> SweepConfig:
    """The typed configuration of a composed one; raises InputError with one line for any fault.

    With `resume=RUN` the recorded configuration of that sweep holds; only `ray`, `tracker` and the
    model's key and spend cap may be given anew. `overrides` are the command line's, to refuse others.
    """
    conf = _typed(cfg)
    if conf.resume is None:
        name = conf.name or time.strftime("%Y%m%d-%H%M%S-") + secrets.token_hex(2)
        if (Path(conf.runs) / name / "config.yaml").exists():
            raise InputError(f"name={name}: that sweep exists; write resume={name}, or choose another name")
        return _build(conf, _named(name), resumed=False)
    return _resume(conf, overrides)


def find_sweep(asked: str, runs: Path, said: str) -> Path:
    """The folder of a sweep, given by its name or folder; raises InputError, which starts with `said`."""
    for folder in (Path(asked), runs / asked):
        if (folder / "config.yaml").is_file():
            return folder
    known = sorted(p.parent.name for p in runs.glob("*/config.yaml"))
    raise InputError(
        f"{said}: no such sweep{nearest(asked, known)}; in {runs}: {', '.join(known[-5:]) or 'none'}"
    )


def recorded_settings(folder: Path) -> dict[str, Any]:
    """What a sweep's config.yaml says; raises InputError when it says nothing."""
    path = folder / "config.yaml"
    try:
        plain = OmegaConf.to_container(OmegaConf.load(path))
    except (OSError, ValueError, YAMLError, OmegaConfBaseException) as error:
        raise InputError(f"{path}: cannot be read: {' '.join(str(error).split())}") from None
    if not isinstance(plain, dict):
        raise InputError(f"{path}: needs a mapping of settings")
    return cast(dict[str, Any], plain)


def _recorded(conf: BenchConf, name: str) -> str:
    """The text of the sweep's `config.yaml`: all that a resume needs, without a key or password."""
    plain = cast(dict[str, Any], OmegaConf.to_container(OmegaConf.structured(conf)))
    plain["model"]["api_key"] = None
    if without_password(conf.tracker.uri or "") != (conf.tracker.uri or ""):
        plain["tracker"]["uri"] = None
    plain["name"] = name
    if plain["tasks"]["path"] is not None:
        plain["tasks"]["path"] = str(Path(plain["tasks"]["path"]).resolve())
    return OmegaConf.to_yaml(OmegaConf.create(plain))


def nearest(name: str, choices: Sequence[str]) -> str:
    """` (did you mean 'x'?)` for the closest choice, or nothing."""
    close = difflib.get_close_matches(name, choices, n=1, cutoff=0.5)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _typed(cfg: DictConfig) -> BenchConf:
    """Merge into the schema afresh: Hydra accepts any key that is written with a `+`."""
    try:
        plain = OmegaConf.to_container(cfg, resolve=True)
    except OmegaConfBaseException as error:
        raise InputError(explain(error)) from None
    return _fit(BenchConf, plain)


def _fit(schema: type[Conf], plain: object, prefix: str = "") -> Conf:
    """A plain mapping as an object of the schema; raises InputError."""
    if not isinstance(plain, dict):
        raise InputError(f"{prefix}: needs a mapping, not {plain!r}")
    try:
        merged = OmegaConf.merge(OmegaConf.structured(schema), OmegaConf.create(plain))
        return cast(Conf, OmegaConf.to_object(merged))
    except OmegaConfBaseException as error:
        raise InputError(f"{prefix}.{explain(error)}" if prefix else explain(error)) from None


def explain(error: OmegaConfBaseException) -> str:
    """One line about a key or a value that does not fit the schema."""
    key = error.full_key or str(error.key or "")
    if isinstance(error, ConfigKeyError) or "Key '" in str(error):
        parent = error.object_type if isinstance(error.object_type, type) else None
        choices = (
            [f.name for f in fields(parent)] if parent and hasattr(parent, "__dataclass_fields__") else []
        )
        leaf = key.rsplit(".", 1)[-1]
        if not choices:
            return f"{key}: not set there yet; write +{key}=... to add it"
        valid = f"; valid: {', '.join(choices)}"
        return f"{key}: no such setting{nearest(leaf, choices)}{valid}"
    reason = str(error.msg or error).splitlines()[0]
    if "missing mandatory value" in reason.lower():
        return f"{key}: needs a value, give {key}=..."
    return f"{key}: {reason}"


def _named(name: str) -> str:
    if not re.fullmatch(r"[\w][\w.-]*", name):
        raise InputError(f"name: {name!r} is not a folder name; use letters, digits, '-', '_' and '.'")
    return name


def _resume(conf: BenchConf, overrides: Sequence[str]) -> SweepConfig:
    refused = [
        o
        for o in overrides
        if not re.match(
            r"\+*(resume=|runs=|ray=|ray\.|tracker=|tracker\.|model\.(api_key|spend_cap_dollars)=)", o
        )
    ]
    if refused:
        raise InputError(
            f"{refused[0]}: a resumed sweep keeps its own configuration; "
            "only ray, tracker, model.api_key and model.spend_cap_dollars may be given with resume"
        )
    folder = find_sweep(str(conf.resume), Path(conf.runs), f"resume={conf.resume}")
    loaded = OmegaConf.load(folder / "config.yaml")
    assert isinstance(loaded, DictConfig)
    kept = _typed(loaded)
    for override in overrides:
        group = override.lstrip("+").split("=")[0].split(".")[0]
        if group in ("ray", "tracker"):
            setattr(kept, group, getattr(conf, group))
        if override.lstrip("+").startswith("model.spend_cap_dollars="):
            kept.model.spend_cap_dollars = conf.model.spend_cap_dollars
    kept.model.api_key = conf.model.api_key
    kept.tracker.uri = kept.tracker.uri or conf.tracker.uri
    kept.runs = str(folder.parent)
    return _build(kept, folder.name, resumed=True)


def _build(conf: BenchConf, name: str, *, resumed: bool) -> SweepConfig:
    _check(conf)
    off = tuple(f.name for f in fields(conf.agent.roles) if not getattr(conf.agent.roles, f.name))
    p, e = conf.profile, conf.executor
    return SweepConfig(
        name=name,
        runs=Path(conf.runs),
        tasks=_selection(conf.tasks),
        attempts=conf.attempts,
        seed=conf.seed,
        agent=conf.agent.name,
        settings=AgentSettings(
            models=p.models,
            solutions=p.solutions,
            outer_steps=p.outer_steps,
            inner_steps=p.inner_steps,
            ensemble_rounds=p.ensemble_rounds,
            debug_tries=p.debug_tries,
            parallel_plans=p.parallel_plans,
            roles_off=off,
            options=dict(conf.agent.options),
        ),
        profile=p.name,
        model=_model(conf.model),
        executor=ExecutorSettings(cast("Level", e.level), e.allow_weak, e.warm),  # _check saw the level
        limits=Limits(
            wall_seconds=e.wall_seconds,
            cpu_seconds=e.cpu_seconds,
            memory_bytes=int(e.memory_gib * 2**30),
            processes=e.processes,
            file_bytes=e.file_mib << 20,
            disk_bytes=e.disk_mib << 20,
            output_bytes=e.output_kib << 10,
            cpus=e.cpus,
        ),
        budget=Budget(*(_or_inf(getattr(conf.budget, f.name)) for f in fields(Budget))),
        folds=FoldRules(**vars(conf.evaluation)),
        tracker=TrackerSettings(**vars(conf.tracker)),
        ray=RaySettings(**vars(conf.ray)),
        resumed=resumed,
        recorded=_recorded(conf, name),
    )


def _model(conf: ModelConf) -> ModelSettings:
    plain = {f.name: getattr(conf, f.name) for f in fields(ModelConf)}
    key = conf.api_key or os.environ.get(conf.api_key_env or "")  # kept by its name alone
    plain["api_key"] = key.strip() if key else key  # files of keys end with a line break
    for limit in ("requests_per_minute", "tokens_per_minute", "spend_cap_dollars"):
        plain[limit] = _or_inf(plain[limit])
    plain["prices"] = {
        name: _price(_fit(PriceConf, price, f"model.prices.{name}"), f"model.prices.{name}")
        for name, price in conf.prices.items()
    }
    plain["by_role"] = {
        role: RoleModel(**vars(_fit(RoleModelConf, model, f"model.by_role.{role}")))
        for role, model in conf.by_role.items()
    }
    for role, model in plain["by_role"].items():
        if model.reasoning_effort is not None:
            _one_of(f"model.by_role.{role}.reasoning_effort", model.reasoning_effort, EFFORTS)
    return replace(ModelSettings(), **plain)


def _price(conf: PriceConf, key: str) -> Price:
    """Both kinds of tokens have a price: one that is left out would count as free."""
    for kind in ("input", "output"):
        if getattr(conf, kind) is None:
            raise InputError(f"{key}.{kind}: missing; give dollars a million tokens (0 where it is free)")
    for kind, dollars in vars(conf).items():
        if dollars is not None and dollars < 0:
            raise InputError(f"{key}.{kind}={dollars}: must be at least 0")
    return Price(**vars(conf))


def _or_inf(value: float | None) -> float:
    return inf if value is None else float(value)


def _selection(conf: TasksConf | None) -> TaskSelection:
    wanted = [name for name, chosen in conf.include.items() if chosen] if conf else []
    path = Path(conf.path) if conf and conf.path else None
    if "folder" in wanted and path is None:
        raise InputError("tasks.path: +tasks=folder needs a folder, add tasks.path=DIR")
    names = tuple(name for name in wanted if name != "folder")
    if not names and path is None:
        raise InputError(
            "no tasks chosen: add +tasks=all, +tasks=quick, +tasks=ID or +tasks=folder tasks.path=DIR"
        )
    return TaskSelection(names, path)


def _check(conf: BenchConf) -> None:
    """Refuse values that have the right type and make no sense."""
    _one_of("agent.name", conf.agent.name, tuple(LISTINGS))
    listing = LISTINGS[conf.agent.name]
    read_options(listing.options, conf.agent.options)
    for group in listing.needed:
        if not any(getattr(conf.agent.roles, role) for role in group):
            off = " and ".join(f"agent.roles.{role}=false" for role in group)
            without = "one of them" if len(group) > 1 else "it"
            raise InputError(f"{off}: {conf.agent.name} cannot work without {without}")
    _one_of("executor.level", conf.executor.level, LEVELS)
    _one_of("model.kind", conf.model.kind, MODEL_KINDS)
    _one_of("tracker.kind", conf.tracker.kind, TRACKERS)
    if conf.model.reasoning_effort is not None:
        _one_of("model.reasoning_effort", conf.model.reasoning_effort, EFFORTS)
    _one_of("model.structured_output", conf.model.structured_output, STRUCTURED)
    if conf.model.web_search and conf.model.kind == "offline":
        raise InputError("model.web_search=true: the offline engineer has no network; choose another model")
    for role in conf.model.by_role:
        _one_of("model.by_role", role, tuple(f.name for f in fields(conf.agent.roles)))
    least: dict[str, tuple[float | None, float]] = {
        "attempts": (conf.attempts, 1),
        "seed": (conf.seed, 0),
        "ray.hosts": (conf.ray.hosts, 1),
        "ray.slots": (conf.ray.slots, 1),
        "executor.cpus": (conf.executor.cpus, 1),
        "executor.processes": (conf.executor.processes, 1),
        "model.tries": (conf.model.tries, 1),
        "model.give_up_after": (conf.model.give_up_after, 1),
        "model.max_concurrency": (conf.model.max_concurrency, 1),
        "profile.models": (conf.profile.models, 1),
        "profile.solutions": (conf.profile.solutions, 1),
    }
    least |= {
        f"profile.{k}": (getattr(conf.profile, k), 0)
        for k in ("outer_steps", "inner_steps", "ensemble_rounds", "debug_tries")
    }
    least |= {f"evaluation.{k}": (v, 1) for k, v in vars(conf.evaluation).items()}
    for key, (value, floor) in least.items():
        if value is not None and value < floor:
            raise InputError(f"{key}={value}: must be at least {floor:g}")
    positive = {f"budget.{k}": v for k, v in vars(conf.budget).items()}
    positive |= {
        f"executor.{k}": getattr(conf.executor, k)
        for k in ("wall_seconds", "cpu_seconds", "memory_gib", "file_mib", "disk_mib", "output_kib")
    }
    positive |= {
        f"model.{k}": getattr(conf.model, k)
        for k in (
            "timeout_seconds",
            "backoff_seconds",
            "requests_per_minute",
            "tokens_per_minute",
            "spend_cap_dollars",
        )
    }
    for key, value in positive.items():
        if value is not None and not value > 0:
            raise InputError(f"{key}={value}: must be above 0")


def _one_of(key: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        raise InputError(f"{key}={value}: unknown{nearest(value, choices)}; valid: {', '.join(choices)}")
