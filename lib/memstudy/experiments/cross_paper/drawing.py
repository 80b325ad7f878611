"""What the figures of several questions draw alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memstudy.core.statistics import bootstrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def point(
    axes: Axes,
    place: float,
    values: np.ndarray,
    colour: str,
    label: str | None = None,
    hollow: bool = False,
) -> None:
    """Mean over runs with its 95 % interval, and every run as a small dot beside it.

    Args:
        axes: where to draw.
        place: on the horizontal axis.
        values: (runs,).
        colour: of all.
        label: for the legend.
        hollow: draw the mean as an open marker.
    """
    error = None
    if len(values) > 1:
        found = bootstrap(values)
        error = [[max(0.0, found.mean - found.low)], [max(0.0, found.high - found.mean)]]
    axes.errorbar(
        place,
        np.mean(values),
        yerr=error,
        color=colour,
        marker="o",
        markersize=8,
        markerfacecolor="white" if hollow else colour,
        capsize=4,
        linestyle="none",
        label=label,
    )
    dots = np.full(len(values), place + 0.1)
    axes.plot(dots, values, ".", color=colour, alpha=0.6, markersize=5)
