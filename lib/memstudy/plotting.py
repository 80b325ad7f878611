"""One look for all figures: colours by model family, sizes legible at half width, stable files.

Every figure is saved as PNG and SVG, byte for byte the same from the same recorded runs, and is
shown in a notebook with an alternative text.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from memstudy.core.statistics import bootstrap_band
from memstudy.core.writing import write_if_changed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from memstudy.study import Results

# One colour a model family, everywhere (Okabe and Ito's palette, told apart without colour vision).
COLOURS = {
    "mosaic": "#0072B2",
    "mosaic_one_unit": "#D55E00",
    "transformer": "#E69F00",
    "recurrent": "#009E73",
    "state_space": "#CC79A7",
    "ablation": "#56B4E9",
    "ablation_2": "#CC79A7",
    "analytic": "#555555",
}
PAPER_MARKER = {"marker": "o", "markerfacecolor": "none", "linestyle": "none", "markersize": 8}
WIDTH = 9.0  # inches; a figure is read at half this width in the README
DPI = 120

STYLE = {
    "figure.dpi": DPI,
    "savefig.dpi": DPI,
    "figure.constrained_layout.use": True,
    "font.size": 13,
    "axes.titlesize": 13,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.alpha": 0.25,
    "lines.linewidth": 2.0,
    "legend.framealpha": 0.9,
    "legend.edgecolor": "none",
    "legend.fontsize": 11,
    "svg.hashsalt": "memstudy",
    "svg.fonttype": "none",
}


@dataclass(frozen=True)
class FigureSpec:
    """A figure of the study and its counterpart in the paper."""

    name: str  # stem of the files, "NN_slug_what"
    counterpart: str  # figure of the paper, or "none: ..." and why it is here
    caption: str  # what is shown and what to look for
    alt: str  # alternative text: what one would see
    draw: Callable[[Any], Figure]  # study.Results -> Figure


@contextmanager
def styled() -> Iterator[None]:
    """The study's style inside the block; global settings are left as they are."""
    import matplotlib

    with matplotlib.rc_context({**matplotlib.rcParamsDefault, **STYLE, "backend": "agg"}):
        yield


def render(spec: FigureSpec, results: Results) -> dict[str, bytes]:
    """Draw a figure; returns its files by suffix, ``"png"`` and ``"svg"``."""
    with styled():
        figure = spec.draw(results)
        files = {}
        for suffix, metadata in (("png", {"Software": None}), ("svg", {"Date": None})):
            stream = io.BytesIO()
            figure.savefig(stream, format=suffix, metadata=metadata)
            files[suffix] = stream.getvalue()
    return files


def show(spec: FigureSpec, results: Results, folder: Path) -> None:
    """Draw a figure, save it as PNG and SVG into ``folder``, show it in the notebook."""
    from IPython.display import Image, Markdown, display

    files = render(spec, results)
    for suffix, content in files.items():
        write_if_changed(folder / f"{spec.name}.{suffix}", content)
    display(Image(data=files["png"], format="png", alt=spec.alt), Markdown(spec.caption))


def new_figure(rows: int = 1, columns: int = 1, height: float = 4.0, **options: Any):
    """A figure of the study's width and its axes, without pyplot's global list of figures."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height))
    return figure, figure.subplots(rows, columns, **options)


def not_tried() -> Figure:
    """What stands in place of a figure in a profile that does not have its runs."""
    figure, axes = new_figure()
    axes.text(0.5, 0.5, "not tried in this profile", ha="center")
    return figure


def band(axes: Axes, x: np.ndarray, curves: np.ndarray, label: str, colour: str, **style: Any):
    """Mean over runs as a line, its 95 % bootstrap interval as a band.

    Args:
        axes: where to draw.
        x: (points,).
        curves: (runs, points).
        label: of the line, without the number of runs.
        colour: of both.
        style: of the line.
    """
    axes.plot(x, curves.mean(axis=0), color=colour, label=label, **style)
    if len(curves) > 1:
        low, high = bootstrap_band(curves)
        axes.fill_between(x, low, high, color=colour, alpha=0.25, linewidth=0)
