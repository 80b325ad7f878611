"""Means, spreads and intervals, computed in one way everywhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

AT_ONCE = 2**20  # values resampled at once: bounds the memory, and belongs to the seed


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % bootstrap interval."""

    mean: float
    low: float  # 2.5 % quantile of the bootstrap means
    high: float  # 97.5 % quantile
    n: int  # number of independent values (seeds, or paired windows where named)

    def __str__(self) -> str:
        return f"{self.mean:.3g} [{self.low:.3g}, {self.high:.3g}] (n = {self.n})"


def bootstrap(values: np.ndarray, draws: int = 10_000, seed: int = 0) -> Interval:
    """Percentile bootstrap of the mean.

    Args:
        values: (n,) independent values, one a seed.
        draws: number of resamples.
        seed: of the resampling; fixed, so that a verdict never changes between two calls.

    Raises:
        ValueError: there are no values, or some are not finite.
    """
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 1 or values.size == 0 or not np.isfinite(values).all():
        raise ValueError("bootstrap needs a non-empty vector of finite values")
    low, high = bootstrap_band(values[:, None], draws, seed)
    return Interval(float(values.mean()), float(low[0]), float(high[0]), values.size)


def bootstrap_band(
    curves: np.ndarray, draws: int = 1000, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """95 % bootstrap interval of the mean curve, whole runs resampled.

    Args:
        curves: (runs, points).
        draws: number of resamples.
        seed: of the resampling.

    Returns:
        Lower and upper ends, (points,) each; with one run both are the curve itself.
    """
    generator = np.random.default_rng(seed)
    means = np.empty((draws, curves.shape[1]))
    at_once = max(1, AT_ONCE // curves.size)
    for start in range(0, draws, at_once):
        count = min(at_once, draws - start)
        rows = generator.integers(0, len(curves), size=(count, len(curves)))
        means[start : start + count] = curves[rows].mean(axis=1)  # (count, runs, points) in between
    low, high = np.quantile(means, [0.025, 0.975], axis=0)
    return low, high
