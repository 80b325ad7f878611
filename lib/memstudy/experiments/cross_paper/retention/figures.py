"""Figures of the comparison, drawn from recorded runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memstudy.experiments.cross_paper.drawing import point
from memstudy.experiments.cross_paper.retention import readings
from memstudy.experiments.cross_paper.retention.config import (
    AUTOENCODER,
    FAMILIES,
    LAST,
    UNTRAINED,
)
from memstudy.plotting import COLOURS, FigureSpec, band, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from memstudy.study import Results

TICKS = (0.03, 0.05, 0.1, 0.2, 0.5, 1.0)
STYLES = {UNTRAINED: ":", readings.CAUSAL: "-", AUTOENCODER: "--"}
KIND_WORDS = {
    UNTRAINED: "untrained",
    readings.CAUSAL: "language model",
    AUTOENCODER: "autoencoder",
}
SHIFTS = dict(zip(FAMILIES, (-0.13, 0.13), strict=True))


def retention(results: Results) -> Figure:
    """X-1: accuracy of the probe by kind of encoder and family, on all tokens and on most."""
    figure, panels = new_figure(columns=len(readings.LEFT_OUT), height=4.8, sharey=True)
    words = [KIND_WORDS[kind].replace(" ", "\n") for kind in readings.KINDS]
    for axes, (measure, left_out) in zip(panels, readings.LEFT_OUT.items(), strict=True):
        for place, kind in enumerate(readings.KINDS):
            for family in FAMILIES:
                found = readings.accuracy(results, family, kind, left_out)
                label = family if place == 0 else None
                point(axes, place + SHIFTS[family], found, COLOURS[family], label)
        floor(axes, results)
        axes.set_xticks(np.arange(len(words)), words, fontsize=11)
        axes.set(title=measure, xlim=(-0.5, len(words) - 0.5))
    share_axis(panels[0])
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def by_position(results: Results) -> Figure:
    """Accuracy of the probe at every position of the sequence."""
    figure, axes = new_figure(height=4.8)
    for kind in readings.KINDS:
        for family in FAMILIES:
            found = readings.positions(results, family, kind)
            places = np.arange(1, found.shape[1] + 1)
            words = f"{family}, {KIND_WORDS[kind]}"
            band(axes, places, found, words, COLOURS[family], linestyle=STYLES[kind])
    floor(axes, results)
    end = results.profile.retention.length
    axes.axvspan(end - LAST + 0.5, end + 0.5, color="0.5", alpha=0.12, linewidth=0)
    axes.set(xlabel="position of the token in the sequence", xlim=(0.5, end + 0.5))
    share_axis(axes)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def floor(axes: Axes, results: Results) -> None:
    """A line at what always naming the commonest token would give."""
    level = readings.commonest(results)
    axes.axhline(level, color=COLOURS["analytic"], linestyle="-.", label="commonest token")


def share_axis(axes: Axes) -> None:
    """A logarithmic axis of accuracies with plain numbers."""
    axes.set_yscale("log")
    axes.set_yticks(TICKS, [f"{tick:g}" for tick in TICKS])
    axes.minorticks_off()
    axes.set(ylabel="token accuracy (log scale)", ylim=(0.8 * TICKS[0], 1.1))


FIGURES = (
    FigureSpec(
        name="11_cross_paper_retention",
        counterpart="none: BM-1 asked of both families",
        caption="**How much of a text is in a mosaic's last vector, and in a transformer's?** "
        "Share of held-out tokens that a fresh decoder regenerates from the frozen encoder's "
        f"vector, on all tokens (left) and without the last {LAST} of each sequence (right); "
        "small dots are runs, autoencoders the control. *Look for* language models above "
        "untrained encoders and above the line of the commonest token, and for whether the right "
        "panel agrees with the left.",
        alt="Two panels of points with whiskers, token accuracy on a logarithmic axis by kind of "
        "encoder, one colour a family, and a line for the commonest token.",
        draw=retention,
    ),
    FigureSpec(
        name="11_cross_paper_retention_positions",
        counterpart="none: where in the sequence the regenerated tokens stand",
        caption="**Which tokens does the vector give back?** Accuracy of the probe by position; "
        f"the vector is that of the last token, and the grey area has the last {LAST}. *Look for* "
        "how far before the end the language models' curves leave the commonest token's line.",
        alt="Curves of token accuracy over the position in the sequence on a logarithmic axis, "
        "one colour a family, one line style a kind of encoder; the last positions are shaded.",
        draw=by_position,
    ),
)
