"""Scalars that say what an attention row looks like; numpy alone.

A *row* holds the weights with which the last position of a window of L tokens reads positions
0 .. L-1, averaged over many windows; it sums to 1. A transformer's last position reads itself too,
a mosaic's does not: its newest pair stands at L-2, and its last entry is 0. Where that matters, a
function is told ``newest``, the position of the newest entry that can be read.

All functions take rows as (..., time) arrays and treat every row alone.
"""

from __future__ import annotations

import numpy as np

RECENT = 32  # newest entries in which a recent peak is looked for, and that flatness leaves out
MASS_OF = 16  # newest entries whose weights are the recency mass
PEAK_OVER_FLAT = 2.0  # a recent peak is at least so many times the flat level


def flat_part(rows: np.ndarray) -> np.ndarray:
    """Positions [1, L-33): without a sink at 0 and without the newest 32 pairs of a mosaic.

    Raises:
        ValueError: the window is too short to have such positions.
    """
    if rows.shape[-1] < RECENT + 4:
        raise ValueError(
            f"a row of {rows.shape[-1]} positions has no part that is neither its beginning nor "
            f"its newest {RECENT}; use longer windows"
        )
    return rows[..., 1 : -RECENT - 1]


def sink_mass(rows: np.ndarray) -> np.ndarray:
    """Weight on position 0. A row that does not care gives 1/L."""
    return rows[..., 0]


def coefficient_of_variation(rows: np.ndarray) -> np.ndarray:
    """Standard deviation over mean of the weights at positions [1, L-33)."""
    part = flat_part(rows)
    return part.std(-1) / part.mean(-1)


def variation_by_chance(rows: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Coefficient of variation that a flat row would show because the windows are finitely many.

    Args:
        rows: mean rows.
        errors: standard error of each of their entries, same shape.
    """
    return np.sqrt(np.square(flat_part(errors)).mean(-1)) / flat_part(rows).mean(-1)


def recency_mass(rows: np.ndarray, newest: int) -> np.ndarray:
    """Sum of the weights on the newest 16 entries."""
    return rows[..., newest + 1 - MASS_OF : newest + 1].sum(-1)


def length_ratio(rows: np.ndarray) -> np.ndarray:
    """Mean weight of the oldest third of the positions over that of the middle third.

    1 for a flat row. Where both thirds have no weight left at all it is 0.
    """
    third = rows.shape[-1] // 3
    oldest, middle = rows[..., :third].mean(-1), rows[..., third : 2 * third].mean(-1)
    return np.divide(oldest, middle, out=np.zeros_like(oldest), where=middle > 0)


def half_width(rows: np.ndarray, newest: int) -> np.ndarray:
    """How far back from the newest entry the recent peak reaches, in pairs.

    Let w(d) be the weight of the entry d places before the newest one, w(0) that of the newest. The
    flat level f is the median over positions [1, L-33). The peak is the largest w(d) with d < 32.
    The half-width is the smallest d, counted from the newest entry, at which w has fallen behind
    the peak to (peak + f) / 2, halfway between peak and flat level, interpolated linearly between
    two places. A peak of one single pair, p places before the newest, has a half-width of p + 1/2.

    A head has *no peak* where the largest weight is below twice the flat level; its half-width is
    0, so that it ranks below every head with a peak.

    Args:
        rows: (..., time) mean rows.
        newest: position of the newest entry that can be read.
    """
    flat = np.median(flat_part(rows), axis=-1)
    back = rows[..., newest::-1]  # w(0), w(1), ...
    found = [_one_width(*each) for each in zip(_each(back), flat.ravel(), strict=True)]
    return np.array(found).reshape(flat.shape)


def _each(rows: np.ndarray) -> np.ndarray:
    return rows.reshape(-1, rows.shape[-1])


def _one_width(weights: np.ndarray, flat: float) -> float:
    place = int(weights[:RECENT].argmax())
    peak = weights[place]
    if peak < PEAK_OVER_FLAT * flat:
        return 0.0
    level = (peak + flat) / 2
    # The median of a part of these weights is below the level, so some weight is.
    after = place + int(np.argmax(weights[place:] < level))
    before = weights[after - 1]
    return after - 1 + (before - level) / (before - weights[after])
