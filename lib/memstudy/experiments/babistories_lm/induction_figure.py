"""The figure of MM-8, drawn from recorded runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memstudy.experiments.babistories_lm.induction import ARMS, LATER, SECOND
from memstudy.experiments.babistories_lm.induction_claim import SOLVED, UNSOLVED, accuracies
from memstudy.plotting import COLOURS, FigureSpec, band, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from memstudy.study import Results

LINES = {1: "-", 2: "--"}  # by number of blocks


def induction(results: Results) -> Figure:
    """Accuracy of the three arms during training, at second and at later occurrences."""
    figure, panels = new_figure(columns=2, height=4.8, sharey=True)
    for axes, part in zip(panels, (SECOND, LATER), strict=True):
        for arm, (family, n_blocks) in ARMS.items():
            steps, found = accuracies(results, arm, part)
            blocks = "1 block" if n_blocks == 1 else f"{n_blocks} blocks"
            label = f"{family}, {blocks} ({len(found)} runs)"
            band(axes, steps, found, label, COLOURS[family], linestyle=LINES[n_blocks])
        guess = counting_accuracy(results, part)
        axes.axhline(guess, color="0.4", lw=1.2, ls=":", zorder=0, label="counts without pairing")
        axes.set(title=f"{part} of a bigram", xlabel="training step", xlim=(0, steps[-1]))
    for limit in (UNSOLVED, SOLVED):  # the rule speaks of the second occurrence alone
        panels[0].axhline(limit, color="0.4", lw=1.2, zorder=0)
    panels[0].set(ylabel="accuracy", ylim=(0, 1.04), yticks=[0, 0.25, UNSOLVED, 0.75, SOLVED])
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return figure


def counting_accuracy(results: Results, part: str) -> float:
    """Accuracy of the best guess that counts but does not look up; the same in every run."""
    values = [
        found.run["facts"]["counting_accuracy"][part]
        for found in results.recorded
        if found.run["arm"] in ARMS
    ]
    return float(np.mean(values))


INDUCTION_FIGURE = FigureSpec(
    name="02_babistories_lm_induction",
    counterpart="none: note 5 says it in words",
    caption="**Induction takes one block of memory units and two blocks of attention.** Share of "
    "right predictions after a symbol that begins a bigram, at its second occurrence in the "
    "sequence (left, the rule's) and at later ones (right); mean and 95 % interval over runs. "
    "Grey lines: 0.95 and 0.5, the thresholds of the rule. Dotted: the best guess of somebody who "
    "counts symbols but does not know which follows which. *Look for* which models come up to the "
    "upper line, and whether any model stays below the dotted one.",
    alt="Two panels of accuracy against training step with a line each for a mosaic of one block, "
    "a transformer of one block and a transformer of two blocks; the left one has horizontal lines "
    "at 0.95 and 0.5.",
    draw=induction,
)
