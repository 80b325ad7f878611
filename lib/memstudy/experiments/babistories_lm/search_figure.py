"""The figure of the search: the best validation loss of every setting that was tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memstudy.experiments.babistories_lm import readings
from memstudy.experiments.babistories_lm.readings import FAMILY_NAMES
from memstudy.language_models.config import MOSAIC, TRANSFORMER
from memstudy.plotting import FigureSpec, new_figure, not_tried

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from memstudy.study import Results


def search(results: Results) -> Figure:
    """Counterpart of Table 3: every setting of the search for both families."""
    found = {family: readings.searched(results, family) for family in (TRANSFORMER, MOSAIC)}
    if not found[MOSAIC]:
        return not_tried()
    figure, panels = new_figure(columns=2, height=4.2, sharey=True)
    rates, depth = readings.rates_searched(results), readings.blocks(results.profile.search.depth)
    columns = sorted({(run.dropout, run.weight_decay) for run in found[MOSAIC]})
    losses = [run.loss for runs in found.values() for run in runs]
    for axes, (family, runs) in zip(panels, found.items(), strict=True):
        values = np.full((len(rates), len(columns)), np.nan)
        for run in runs:
            column = columns.index((run.dropout, run.weight_decay))
            values[rates.index(run.learning_rate), column] = run.loss
        image = axes.imshow(
            values, cmap="cividis", vmin=min(losses), vmax=max(losses), aspect="auto"
        )
        middle = (min(losses) + max(losses)) / 2
        for (row, column), value in np.ndenumerate(values):
            if np.isnan(value):
                continue  # not tried
            best = value == runs[0].loss
            axes.text(
                column,
                row,
                f"{value:.3f}" + ("\nbest" if best else ""),
                ha="center",
                va="center",
                color="black" if value > middle else "white",
                fontweight="bold" if best else "normal",
            )
        axes.set_xticks(range(len(columns)), [f"{d:g} /\n{w:g}" for d, w in columns])
        axes.set_yticks(range(len(rates)), [f"{rate:g}" for rate in rates])
        axes.set(title=f"{FAMILY_NAMES[family]}, {depth}", xlabel="dropout / weight decay")
        axes.grid(False)
    panels[0].set(ylabel="peak learning rate")
    figure.colorbar(image, ax=panels, label="best validation loss (nats)", shrink=0.9)
    figure.suptitle(readings.text_name(results, results.profile.search_on), fontsize=13)
    return figure


SEARCH_FIGURE = FigureSpec(
    name="02_babistories_lm_search",
    counterpart="Table 3",
    caption="**The search behind the recipe, for both families.** Best validation loss of one "
    "short run a setting, on a seed of its own; empty cells were not tried. The paper searched "
    "for GPT2 alone and gave the mosaic the winner. *Look for* whether the two best cells are "
    "the same, and how much a family loses by the other's choice.",
    alt="Two heat maps, GPT2 and mosaic: rows are learning rates, columns are pairs of dropout "
    "and weight decay, cells give the validation loss; the best cell of each is marked.",
    draw=search,
)
