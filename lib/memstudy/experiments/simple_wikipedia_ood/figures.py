"""The figures of the experiment, drawn from recorded runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memstudy.core.statistics import bootstrap_band
from memstudy.experiments.simple_wikipedia_ood import readings
from memstudy.experiments.simple_wikipedia_ood.config import trainings
from memstudy.language_models.config import MOSAIC, TRANSFORMER
from memstudy.plotting import COLOURS, FigureSpec, band, new_figure, not_tried

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from memstudy.study import Results

CORPUS_NAMES = {
    "babistories": "BabiStories",
    "stories": "children's stories (stand-in)",
    "story_world": "generated stories (stand-in)",
    "simplewiki": "Simple English Wikipedia",
    "encyclopedia_world": "generated encyclopedia (stand-in)",
}
BETTER_FROM = 50  # tokens, in the paper's words; its curve could not be read
GROUPS = 32  # points of a curve: neighbouring positions are averaged


def loss_by_position(results: Results) -> Figure:
    """Counterpart of Fig. 10, of the models that the rule speaks of."""
    return draw_by_position(results, longer=False)


def longer(results: Results) -> Figure:
    """The same of the models that were trained for longer."""
    return draw_by_position(results, longer=True) if results.profile.longer else not_tried()


def draw_by_position(results: Results, longer: bool) -> Figure:
    """Loss along the window, foreign text above, own stories below."""
    texts = list(results.profile.foreign)
    figure, rows = new_figure(
        rows=2,
        columns=len(texts),
        height=7.2,
        sharex="col",
        squeeze=False,
        gridspec_kw={"height_ratios": [2.6, 1]},
    )
    for text, above, below in zip(texts, *rows, strict=True):
        for family in (TRANSFORMER, MOSAIC):
            read = (results, text, family)
            draw_curves(above, *read, readings.FOREIGN, longer, ls="-")
            draw_curves(below, *read, readings.OWN, longer, ls="--", lw=1.2)
        mark_paper(above)
        above.set_title(title(results, text), fontsize=12)
        mark_positions(below, results)
    if longer:
        figure.suptitle(f"after {results.profile.models.longer} times the steps", fontsize=12)
    rows[0, 0].set(ylabel="loss on the articles (nat)")
    rows[1, 0].set(ylabel="loss on their\nown stories (nat)")
    figure.legend(*rows[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def draw_curves(
    axes: Axes, results: Results, text: str, family: str, split: str, longer: bool, **style: object
) -> None:
    """Loss by position of a family: mean over seeds and band, neighbouring positions averaged.

    The first group, where nothing has been read yet, is left out: the axis serves the others.
    """
    group = results.profile.models.shape.context_length // GROUPS
    positions, curves = readings.loss_by_position(results, text, family, split, group, longer)
    label = f"{family}, {len(curves)} seeds"
    band(axes, positions[1:], curves[:, 1:], label, COLOURS[family], **style)


def title(results: Results, text: str) -> str:
    """What the models of a panel were trained on, and what they read."""
    own = results.profile.models.texts[text].corpus
    foreign = results.profile.foreign[text].corpus
    return f"trained on {CORPUS_NAMES[own]},\nread {CORPUS_NAMES[foreign]}"


def mark_paper(axes: Axes) -> None:
    """A thin line where the paper says that the mosaic becomes better."""
    label = f"the paper: mosaic better\nafter about {BETTER_FROM} tokens"
    axes.axvline(BETTER_FROM, color="0.3", lw=1.2, ls=":", zorder=0, label=label)


def mark_positions(axes: Axes, results: Results) -> None:
    """The axis of positions, with marks where bins begin."""
    length = results.profile.models.shape.context_length
    axes.set_xticks(range(0, length + 1, length // 4))
    axes.set(xlim=(0, length), xlabel="position in the window (tokens)")


def difference(results: Results) -> Figure:
    """What the paper does not show: the paired difference in every bin, with its interval.

    One row of panels, and a second one where models were trained for longer.
    """
    texts, kinds = list(results.profile.foreign), trainings(results.profile)
    figure, panels = new_figure(
        rows=len(kinds),
        columns=len(texts),
        height=1.2 + 3.6 * len(kinds),
        sharex="col",
        sharey="col",
        squeeze=False,
    )
    for longer, row in zip(kinds, panels, strict=True):
        for axes, text in zip(row, texts, strict=True):
            draw_difference(axes, readings.paired(results, text, longer))
        named = f"after {results.profile.models.longer} times the steps:\n" if longer else ""
        row[0].set(ylabel=f"{named}transformer's loss − mosaic's (nat)")
    for axes, text in zip(panels[0], texts, strict=True):
        windows = readings.paired(results, text).windows
        axes.set_title(f"{title(results, text)}\n({windows:,} windows)", fontsize=12)
    for axes in panels[-1]:
        mark_positions(axes, results)
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure


def draw_difference(axes: Axes, pairs: readings.Paired) -> None:
    """One panel: the mean over pairs with its interval over windows, and every pair."""
    centres = pairs.starts + pairs.width / 2
    mean = pairs.difference.mean(axis=0)
    low, high = bootstrap_band(pairs.difference)
    for single in (pairs.transformer - pairs.mosaic).mean(axis=1):
        axes.plot(centres, single, color="0.55", marker=".", ms=6, lw=0.8)
    # Once more without points, for the legend alone.
    axes.plot([], [], color="0.55", marker=".", lw=0.8, label="each pair of equal seed")
    axes.errorbar(
        centres,
        mean,
        yerr=np.stack((mean - low, high - mean)),
        color=COLOURS["mosaic"],
        marker="o",
        capsize=4,
        label=f"mean of {pairs.seeds} pairs, 95 %\ninterval over windows",
    )
    axes.axhline(0, color="0.2", lw=1.0)
    mark_paper(axes)


FIGURES = (
    FigureSpec(
        name="03_simple_wikipedia_ood_by_position",
        counterpart="Fig. 10",
        caption="**What reading on teaches.** Loss at each position of windows that begin where "
        "an article (top) or a story of the training text's kind (bottom, dashed) begins; mean and "
        "95 % interval over seeds. Neighbouring positions are averaged, 32 groups a window; the "
        "first is left out, so that the axis serves the others. No value of the paper's figure "
        "could be read; the dotted line marks its statement. A stand-in takes the place of the "
        "paper's BabiStories or of Simple English Wikipedia. "
        "*Look for* a transformer that is flat on the right of the upper panels, and a mosaic "
        "that goes on falling.",
        alt="Two columns, one for each pair of training text and foreign text. Above, the loss of "
        "mosaic and transformer on encyclopedia articles against the position in the window, with "
        "a dotted line at 50 tokens; below, dashed, their loss on stories of their own kind.",
        draw=loss_by_position,
    ),
    FigureSpec(
        name="03_simple_wikipedia_ood_difference",
        counterpart="Fig. 10, as a paired difference",
        caption="**Which model reads better, window by window.** Transformer's loss minus the "
        "mosaic's on the same windows, in eight bins: mean over seeds with its 95 % interval over "
        "windows, and each pair of equal seed in grey, which shows how much the seeds differ. "
        "Below, where it was tried, the same for models trained for longer, on which no rule "
        "rests. Above zero the mosaic is better. *Look for* points above zero in every bin from "
        "position 64 on (MM-10, upper left panel).",
        alt="Panels of the difference of the losses of transformer and mosaic in eight bins of the "
        "window, a column for each pair of texts and a row for each length of training, with error "
        "bars, thin grey lines of single seeds, a line at zero and a dotted line at 50 tokens.",
        draw=difference,
    ),
    FigureSpec(
        name="03_simple_wikipedia_ood_longer",
        counterpart="Fig. 10, after longer training",
        caption="**The same after longer training.** Loss at each position as in the first figure, "
        "of the models that notebook 02 trained for several times the steps; no rule rests on "
        "them. *Look for* curves of mosaic and transformer that part along the upper left panel.",
        alt="As the first figure, for models trained for longer: above, the loss of mosaic and "
        "transformer on encyclopedia articles against the position in the window; below, dashed, "
        "their loss on stories of their own kind.",
        draw=longer,
    ),
)
