"""Means, spreads and intervals, computed in one way everywhere.

Every figure and every rule has the percentile bootstrap. Of few values it is too narrow: of three
it lies between the least and the greatest one, and contains the mean of a normal distribution in
three samples of four only. :func:`student_t` is exact for normal values, however few; verdicts are
computed with it too (:mod:`memstudy.core.claims`). :func:`coverage` measures both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

AT_ONCE = 2**20  # values resampled at once: bounds the memory, and belongs to the seed


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % interval."""

    mean: float
    low: float  # lower end; of the bootstrap the 2.5 % quantile of the means
    high: float  # upper end; of the bootstrap the 97.5 % quantile
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
    values = _finite_vector(values)
    low, high = bootstrap_band(values[:, None], draws, seed)
    return Interval(float(values.mean()), float(low[0]), float(high[0]), values.size)


def student_t(values: np.ndarray) -> Interval:
    """The mean with the 95 % interval of Student's t, mean +- t(n - 1) s / sqrt(n).

    Args:
        values: (n,) independent values, one a seed; of a single one the interval is unbounded.

    Raises:
        ValueError: there are no values, or some are not finite.
    """
    from scipy.special import stdtrit

    values = _finite_vector(values)
    mean, n = float(values.mean()), values.size
    if n == 1:
        return Interval(mean, -np.inf, np.inf, n)
    half = float(stdtrit(n - 1, 0.975)) * float(values.std(ddof=1)) / np.sqrt(n)
    return Interval(mean, mean - half, mean + half, n)


def coverage(
    interval: Callable[[np.ndarray], Interval], n: int, samples: int = 2000, seed: int = 0
) -> float:
    """Share of samples of n normal values whose interval contains the true mean; 0.95 is promised.

    Args:
        interval: :func:`bootstrap` or :func:`student_t`.
        n: values a sample.
        samples: number of samples.
        seed: of the samples.
    """
    drawn = np.random.default_rng(seed).normal(size=(samples, n))
    found = [interval(values) for values in drawn]
    return float(np.mean([one.low <= 0 <= one.high for one in found]))


def _finite_vector(values: np.ndarray) -> np.ndarray:
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 1 or values.size == 0 or not np.isfinite(values).all():
        raise ValueError("an interval needs a non-empty vector of finite values")
    return values


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
