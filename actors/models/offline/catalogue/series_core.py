"""Forecasts of one series: y at steps t, wanted at later steps, with cycles of given lengths in steps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from actors.models.offline.catalogue.task import Array


def waves(steps: Array, cycle: float, count: int) -> Array:
    """Sines and cosines of a cycle and its overtones, as many as its steps can carry."""
    angles = [2 * np.pi * k * steps / cycle for k in range(1, min(count, int((cycle + 0.01) // 2)) + 1)]
    return np.column_stack([f(a) for a in angles for f in (np.sin, np.cos)])


def weighted_fit(x: Array, y: Array, weights: Array, shrink: float = 1e-4) -> Array:
    """Coefficients of a weighted least-squares fit, slightly shrunk."""
    rows = np.vstack([x * weights[:, None], shrink * np.eye(x.shape[1])])
    return np.asarray(
        np.linalg.lstsq(rows, np.concatenate([y * weights, np.zeros(x.shape[1])]), rcond=None)[0]
    )


def wave_line(
    t: Array, y: Array, cycles: list[float], *, degree: int, half_life: float, overtones: int
) -> Callable[[Array], Array]:
    """A polynomial trend with seasonal waves of growing size, fitted to y at t, for any steps.

    half_life: of the weights, in steps; 0 for equal weights.
    """
    now, span = t[-1], max(t[-1] - t[0], 1.0)
    weights = 0.5 ** ((now - t) / (2 * half_life)) if half_life else np.ones(len(t))

    def design(steps: Array) -> Array:
        x = (steps - now) / span
        columns = [np.column_stack([x**k for k in range(degree + 1)])]
        for cycle in cycles:
            if span >= 1.5 * cycle and cycle > 1.9:
                columns.append(waves(steps, cycle, overtones))
                if span >= 5 * cycle:
                    columns.append(waves(steps, cycle, 2) * x[:, None])
        return np.hstack(columns)

    slope = weighted_fit(design(t), y, weights)
    return lambda steps: np.asarray(design(steps) @ slope)


def wave_trend(
    t: Array, y: Array, ahead: Array, cycles: list[float], *, degree: int, memory: float, overtones: int
) -> Array:
    """`wave_line` continued, the last residuals fading out; memory: half-life in horizons."""
    now, horizon = t[-1], max(ahead.max() - t[-1], 1.0)
    line = wave_line(t, y, cycles, degree=degree, half_life=memory * horizon, overtones=overtones)
    rest = y - line(t)
    fade = np.exp(-(now - t) / max(horizon / 20, 1.0))
    level = float(fade @ rest / fade.sum())
    return np.asarray(line(ahead) + level * np.exp(-(ahead - now) / (horizon / 2)))


def season_of(t: Array, y: Array, cycles: list[float], memory: float = 0.0) -> list[tuple[float, int, Array]]:
    """Seasonal waves around moving averages: a (cycle, overtones, coefficients) for each cycle."""
    found: list[tuple[float, int, Array]] = []
    rest = y.astype(float)
    for cycle in cycles:
        width = round(cycle)
        if len(y) < 2 * width or width < 2:
            continue
        padded = np.pad(rest, (width // 2, width - 1 - width // 2), mode="edge")
        swing = rest - np.convolve(padded, np.ones(width) / width, "valid")
        inner = (t >= t[0] + width / 2) & (t <= t[-1] - width / 2)
        count = max(1, min(6, int((cycle + 0.01) // 2)))
        weights = 0.5 ** ((t[-1] - t[inner]) / (2 * memory)) if memory else np.ones(int(inner.sum()))
        fit = weighted_fit(waves(t[inner], cycle, count), swing[inner], weights, 1e-2)
        found.append((cycle, count, fit))
        rest = rest - waves(t, cycle, count) @ fit
    return found


def season_at(steps: Array, found: list[tuple[float, int, Array]]) -> Array:
    """The seasonal part at any steps."""
    return np.asarray(sum((waves(steps, c, n) @ fit for c, n, fit in found), np.zeros(len(steps))))


def even_grid(t: Array, y: Array) -> tuple[Array, Array]:
    """The series on whole steps, gaps bridged by straight lines."""
    grid = np.arange(t[0], t[-1] + 0.5)
    return grid, np.interp(grid, t, y)


def damped_path(z: Array, horizon: int) -> Array:
    """Damped-trend smoothing whose three constants had the least errors over the horizon."""
    alpha, beta, damp = (
        g.ravel()
        for g in np.meshgrid(
            [0.05, 0.1, 0.2, 0.4, 0.7, 0.95],
            [0.0, 0.01, 0.03, 0.1, 0.3],
            [0.8, 0.9, 0.95, 0.98, 0.995, 1.0],
            indexing="ij",
        )
    )
    first = min(len(z) - 1, max(2, min(12, len(z) // 4)))
    level = np.full(alpha.shape, z[0])
    trend = np.full(alpha.shape, (z[first] - z[0]) / max(first, 1))
    leads = sorted({1, max(1, horizon // 4), max(1, horizon // 2), horizon})
    levels, trends = np.empty((len(z), len(alpha))), np.empty((len(z), len(alpha)))
    for i in range(1, len(z)):
        slope = damp * trend
        surprise = alpha * (z[i] - (level + slope))
        level, trend = level + slope + surprise, slope + beta * surprise
        levels[i], trends[i] = level, trend
    start = max(1, len(z) // 3)
    errors, counts = np.zeros((len(leads), len(alpha))), np.zeros(len(leads))
    for j, lead in enumerate(leads):
        growth = sum(damp**i for i in range(1, lead + 1))
        end = max(start, len(z) - lead)
        counts[j] = end - start
        made = levels[start:end] + growth * trends[start:end]
        errors[j] = np.abs(z[start + lead : end + lead, None] - made).sum(axis=0)
    seen = counts >= 3
    usual = np.abs(alpha - 0.4) + np.abs(beta - 0.03) + np.abs(damp - 0.95)
    mean = errors[seen] / counts[seen, None] if seen.any() else usual[None]
    best = int(np.argmin((mean / (mean.min(axis=1, keepdims=True) + 1e-12)).mean(axis=0)))
    return np.asarray(level[best] + np.cumsum(damp[best] ** np.arange(1, horizon + 1)) * trend[best])


def damped_trend(t: Array, y: Array, ahead: Array, cycles: list[float], memory: float = 0.0) -> Array:
    """Damped-trend smoothing of the series without its season, plus the season."""
    grid, z = even_grid(t, y)
    found = season_of(grid, z, cycles, memory)
    path = damped_path(z - season_at(grid, found), max(1, int(np.ceil(ahead.max() - grid[-1]))))
    return np.asarray(np.interp(ahead, grid[-1] + 1 + np.arange(len(path)), path) + season_at(ahead, found))


def self_regression(
    t: Array,
    y: Array,
    ahead: Array,
    cycles: list[float],
    *,
    lags: int,
    differenced: bool,
) -> Array:
    """Ridge autoregression of the series without its season, stepped forward, plus the season."""
    grid, z = even_grid(t, y)
    found = season_of(grid, z, cycles)
    z = z - season_at(grid, found)
    middle = 0.0 if differenced else float(z.mean())
    x = np.diff(z) if differenced else z - middle
    scale = float(x.std()) + 1e-9
    lags = min(lags, len(x) // 4)
    if lags < 1:
        return np.full(len(ahead), z[-1]) + season_at(ahead, found)
    past = np.lib.stride_tricks.sliding_window_view(x / scale, lags + 1)
    a, b = past[:, :lags], past[:, lags]
    fit = np.linalg.solve(a.T @ a + np.eye(lags), a.T @ b)
    drift = float(b.mean() * (1 - fit.sum())) if differenced else 0.0
    recent = list(x[-lags:] / scale)
    for _ in range(max(1, int(np.ceil(ahead.max() - grid[-1])))):
        recent.append(float(fit @ np.array(recent[-lags:])) + drift)
    path = np.array(recent[lags:]) * scale
    path = z[-1] + np.cumsum(path) if differenced else path + middle
    return np.asarray(np.interp(ahead, grid[-1] + 1 + np.arange(len(path)), path) + season_at(ahead, found))


def last_cycle(t: Array, y: Array, ahead: Array, cycles: list[float]) -> Array:
    """The values one (longest known) cycle earlier, with the drift between the last two cycles."""
    grid, z = even_grid(t, y)
    cycle = max([c for c in cycles if len(z) > c], default=1.0)
    back = np.ceil((ahead - grid[-1]) / cycle)
    width = round(cycle)
    drift = z[-width:].mean() - z[-2 * width : -width].mean() if len(z) >= 2 * width and width > 1 else 0.0
    return np.asarray(np.interp(ahead - back * cycle, grid, z) + 0.7 * drift * back)
