"""Numbers read from the recorded table of the attention maps; torch is not needed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from memstudy.core.statistics import Interval
from memstudy.experiments.attention_maps.config import LONG, PIECES, TRAINED
from memstudy.language_models.config import MOSAIC

if TYPE_CHECKING:
    from memstudy.study import Results


def attention(
    results: Results, arm: str, split: str = TRAINED, metric: str = "attention"
) -> np.ndarray:
    """Mean attention rows of an arm: (runs, heads, positions)."""
    table = results.select(metric=metric, model=arm, split=split)
    wide = by_head(table).pivot(index=["seed", "head"], columns="position", values="value")
    return wide.to_numpy().reshape(table["seed"].nunique(), -1, wide.shape[1])


def heads(results: Results, arm: str, metric: str, split: str = TRAINED) -> np.ndarray:
    """A scalar of every head: (runs, heads)."""
    table = results.select(metric=metric, model=arm, split=split)
    return by_head(table).pivot(index="seed", columns="head", values="value").to_numpy()


def by_head(table: pd.DataFrame) -> pd.DataFrame:
    """The table with the number of the head as a column, so that head 10 comes after head 9."""
    return table.assign(head=table["part"].str.removeprefix("head ").astype(int))


def losses(results: Results, arm: str, split: str) -> np.ndarray:
    """Loss by position, in nats, averaged over windows: (runs, positions)."""
    table = results.select(metric="loss_by_position", model=arm, split=split)
    return table.pivot(index="seed", columns="position", values="value").to_numpy()


def excess(results: Results, arm: str) -> np.ndarray:
    """What more context than in training costs, in nats: (runs, positions from L on).

    Loss of a token in a long window minus loss of the same token in a window of L tokens.
    """
    pieces = losses(results, arm, PIECES)
    return losses(results, arm, LONG)[:, -pieces.shape[1] :] - pieces


def loss_rise(results: Results, arm: str) -> np.ndarray:
    """Mean of :func:`excess` over positions L to 3L - 1: (runs,)."""
    return results.select(metric="loss_rise", model=arm).sort_values("seed")["value"].to_numpy()


def leaks(results: Results, arm: str = MOSAIC) -> np.ndarray:
    """λ_φ of every head of a mosaic: (runs, heads)."""
    return heads(results, arm, "leak", split="")


def half_widths(results: Results, arm: str = MOSAIC) -> np.ndarray:
    """Half-width of the recent peak of every head of a mosaic, in pairs: (runs, heads)."""
    return heads(results, arm, "half_width")


def spearman(x: np.ndarray, y: np.ndarray) -> float:
    """Spearman's rank correlation; equal values share their mean rank; NaN where all are equal."""
    x_ranks, y_ranks = (pd.Series(np.ravel(values)).rank().to_numpy() for values in (x, y))
    if np.ptp(x_ranks) == 0 or np.ptp(y_ranks) == 0:
        return float("nan")
    return float(np.corrcoef(x_ranks, y_ranks)[0, 1])


def pooled_spearman(x: np.ndarray, y: np.ndarray, draws: int = 2000, seed: int = 0) -> Interval:
    """Spearman's correlation over the heads of all runs together, with its interval over runs.

    The few heads of one run do not make a rank correlation, so those of all runs are pooled. They
    are not independent of each other either, so whole runs are resampled for the interval.

    Args:
        x: (runs, heads).
        y: (runs, heads).
        draws: number of resamples.
        seed: of the resampling; fixed, so that a verdict never changes between two calls.
    """
    generator = np.random.default_rng(seed)
    chosen = np.sort(generator.integers(0, len(x), size=(draws, len(x))), axis=1)
    # A few runs can be drawn in a few ways only; their order does not matter.
    ways, which = np.unique(chosen, axis=0, return_inverse=True)
    found = np.array([spearman(x[runs], y[runs]) for runs in ways])[which.ravel()]
    low, high = np.quantile(found, [0.025, 0.975])
    return Interval(spearman(x, y), float(low), float(high), len(x))
