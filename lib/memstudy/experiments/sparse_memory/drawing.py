"""What the figures of this experiment share: points with intervals, names, colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from memstudy.core.statistics import bootstrap
from memstudy.experiments.sparse_memory import measures as m
from memstudy.plotting import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MEMORY_COLOUR = COLOURS["mosaic"]  # memories read
NOTHING_COLOUR = COLOURS["analytic"]  # nothing read
PROMPT_COLOUR = COLOURS["transformer"]  # references as text
OTHER_COLOUR = COLOURS["mosaic_one_unit"]
PARTS = {
    m.ON: ("own card", MEMORY_COLOUR, "o"),
    m.OFF: ("nothing", NOTHING_COLOUR, "s"),
    m.SWAPPED: ("another's card", OTHER_COLOUR, "^"),
    m.IRRELEVANT: ("irrelevant cards", OTHER_COLOUR, "^"),
}


def points(
    axes: Axes,
    places: Sequence[float],
    values: Sequence[np.ndarray],
    across: bool = False,
    **style,
) -> None:
    """Means over runs with 95 % bootstrap intervals.

    Args:
        axes: where to draw.
        places: of the points.
        values: (runs,) of each point.
        across: the values run to the right and the places down.
        style: of the markers.
    """
    found = [bootstrap(own) for own in values]
    mean = np.array([interval.mean for interval in found])
    ends = np.abs(np.array([[i.low for i in found], [i.high for i in found]]) - mean)
    style = {"linestyle": "none", "capsize": 4, "markersize": 8} | style
    if across:
        axes.errorbar(mean, places, xerr=ends, **style)
    else:
        axes.errorbar(places, mean, yerr=ends, **style)


def legend_below(figure, axes: Axes, columns: int) -> None:
    """One legend below the panels."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=columns)
