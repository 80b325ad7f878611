"""The figures of the language models, drawn from recorded runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memstudy.core.statistics import bootstrap
from memstudy.experiments.babistories_lm import controls, prompts, readings
from memstudy.experiments.babistories_lm.claims import INDISTINGUISHABLE
from memstudy.experiments.babistories_lm.config import COPIED, FAN_IN, FAN_IN_ONLY, arm_name
from memstudy.experiments.babistories_lm.induction_figure import INDUCTION_FIGURE
from memstudy.experiments.babistories_lm.longer_figure import LONGER_FIGURE
from memstudy.experiments.babistories_lm.readings import FAMILY_NAMES
from memstudy.experiments.babistories_lm.search_figure import SEARCH_FIGURE
from memstudy.language_models.config import FAMILIES, MOSAIC, TRANSFORMER
from memstudy.plotting import COLOURS, PAPER_MARKER, FigureSpec, band, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from memstudy.study import Results

LINES = {"validation": "-", "train": ":"}
# Fig. 9 as far as its values are known: (depth, family) -> final loss of a split, nats a token.
PAPER_POINTS = {
    (1, TRANSFORMER): {"validation": 2.0},
    (1, MOSAIC): {"validation": 1.9},
    (12, MOSAIC): {"train": 1.33, "validation": 1.50},
}
ABLATION_LABELS = {
    "mlp": "feed-forward network\nfor persistent memory",
    "no_leak": "no leaky average",
    "no_look_ahead": "no look-ahead",
}


def curves(results: Results) -> Figure:
    """Counterpart of Fig. 9: loss against tokens seen, one panel a depth, one row a text."""
    texts, depths = readings.texts(results), readings.depths(results)
    many = readings.tokens_seen(results) > 2e9
    scale, word = (1e9, "billion") if many else (1e6, "million")
    figure, panels = new_figure(
        len(texts), len(depths), 2.9 * len(texts) + 0.6, sharex=True, sharey="row", squeeze=False
    )
    for row, text in zip(panels, texts, strict=True):
        top, bottom = -np.inf, np.inf
        for axes, depth in zip(row, depths, strict=True):
            for family in FAMILIES:
                for split, line in LINES.items():
                    found = readings.curves(results, text, family, depth, split)
                    label = f"{FAMILY_NAMES[family]}, {split}"
                    colour = COLOURS[family]
                    style = {"linestyle": line, "linewidth": 1.6}
                    band(axes, found.tokens / scale, found.values, label, colour, **style)
                    top = max(top, found.values[:, found.values.shape[1] // 4].max())
                    bottom = min(bottom, found.values.min())
                if comparable(results, text):
                    known = mark_paper(axes, depth, family, found.tokens[-1] / scale)
                    bottom = min(bottom, *known) if known else bottom
        row[0].set(ylabel=f"{readings.text_title(results, text)}\nloss (nats a token)")
        row[0].set_ylim(bottom - 0.05 * (top - bottom), top + 0.05 * (top - bottom))
    for axes, depth in zip(panels[0], depths, strict=True):
        axes.set_title(readings.blocks(depth))
    panels[0][0].locator_params(axis="x", nbins=3)
    panels[-1][len(depths) // 2].set_xlabel(f"{word} tokens seen")
    handles, labels = panels[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4)
    return figure


def comparable(results: Results, text: str) -> bool:
    """Whether the paper's losses may stand on the same axis: its corpus, tokeniser and recipe."""
    corpus = results.profile.texts[text].corpus
    return results.profile.at_paper_scale and corpus == readings.PAPER_CORPUS


def mark_paper(axes: Axes, depth: int, family: str, tokens: float) -> list[float]:
    """The paper's final losses as hollow markers; returns them."""
    known = list(PAPER_POINTS.get((depth, family), {}).values())
    for loss in known:
        axes.plot(tokens, loss, color=COLOURS[family], **PAPER_MARKER)
    return known


def mark_controls(axes: Axes, results: Results, places: dict[int, float]) -> None:
    """Transformers with the mosaic's weights."""
    marks = {FAN_IN_ONLY: "s", FAN_IN: "D"}
    for depth, _, _, others in controls.by_convention(results):
        for name, losses in others.items():
            label = f"GPT2, {controls.CONVENTIONS[name]}" if depth == min(places) else None
            style = {"color": COLOURS[TRANSFORMER], "marker": marks[name], "ls": "", "mfc": "none"}
            axes.plot(np.full(len(losses), places[depth]), losses, label=label, **style)


def mark_copied(axes: Axes, results: Results, text: str, places: dict[int, float]) -> None:
    """Mosaics with the transformer's recipe."""
    for depth in readings.copied_on(results, text):
        losses = readings.best_losses(results, text, MOSAIC, depth, COPIED)
        label = "mosaic, GPT2's recipe" if depth == min(places) else None
        style = {"color": COLOURS["ablation"], "marker": "x", "ls": "", "ms": 7}
        axes.plot(np.full(len(losses), places[depth]), losses, label=label, **style)


def depths(results: Results) -> Figure:
    """Best validation loss by depth, every run, and the difference of the families."""
    texts, blocks = readings.texts(results), readings.depths(results)
    figure, (tops, bottoms) = new_figure(
        2, len(texts), 6.2, sharex=True, squeeze=False, height_ratios=[3, 2]
    )
    for other in bottoms[1:]:
        other.sharey(bottoms[0])  # differences can be compared between texts, losses cannot
    places = np.arange(len(blocks))
    for text, top, bottom in zip(texts, tops, bottoms, strict=True):
        for family, shift in zip(FAMILIES, (-0.08, 0.08), strict=True):
            best = np.array([readings.best_losses(results, text, family, n) for n in blocks])
            colour = COLOURS[family]
            top.plot(places + shift, best.mean(1), color=colour, label=FAMILY_NAMES[family])
            top.plot(places + shift, best, ".", color=colour, markersize=8)
        place_of = dict(zip(blocks, places, strict=True))
        if readings.copied_on(results, text):
            mark_copied(top, results, text, place_of)
            top.legend(loc="upper right")
        if text == results.profile.ablated_on and readings.fan_in_depths(results):
            mark_controls(top, results, place_of)
            top.legend(loc="upper right", fontsize=9)
        low, high = top.get_ylim()
        top.set_ylim(low, high + 0.85 * (high - low))  # room for the legend
        top.set(title=readings.text_title(results, text))
        bottom.axhspan(-INDISTINGUISHABLE, INDISTINGUISHABLE, color="0.9", zorder=0)
        bottom.axhline(0, color="0.4", lw=1)
        for place, n in zip(places, blocks, strict=True):
            differences = readings.loss_differences(results, text, n)
            dots_and_mean(bottom, place, differences, "black", vertical=True)
        bottom.set_xticks(places, [str(n) for n in blocks])
        bottom.set(xlabel="blocks")
        bottom.margins(x=0.15, y=0.2)
    tops[0].set(ylabel="best validation loss\n(nats a token)")
    bottoms[0].set(ylabel="GPT2 - mosaic\n(nats a token)")
    if not tops[0].get_legend():
        tops[0].legend(loc="upper right")
    return figure


def dots_and_mean(
    axes: Axes, place: float, values: np.ndarray, colour: str, vertical: bool = False
) -> None:
    """Every run as a small dot, their mean as a large one with its 95 % interval.

    Args:
        axes: where to draw.
        place: on the axis that does not carry the values.
        values: (runs,).
        colour: of all.
        vertical: values on the vertical axis.
    """
    found = bootstrap(values)
    at = np.full(len(values), place)
    ends = [found.low, found.high]
    for x, style in (
        ((at, values), {"marker": ".", "ls": "", "ms": 6, "alpha": 0.5}),
        (([place, place], ends), {"lw": 2}),
        (([place], [found.mean]), {"marker": "o", "ls": "", "ms": 7}),
    ):
        axes.plot(*(x if vertical else x[::-1]), color=colour, **style)


def ablations(results: Results) -> Figure:
    """MM-A1 to MM-A3: what a mosaic of one block loses without one of its mechanisms."""
    found = readings.ablations(results)
    asked = found[0].consistency is not None
    figure, panels = new_figure(1, 1 + asked, 3.4, sharey=True, squeeze=False)
    for place, ablation in enumerate(found):
        values = [ablation.loss, ablation.consistency]
        for axes, runs in zip(panels[0], values, strict=False):
            dots_and_mean(axes, place, runs, COLOURS["ablation"])
    for axes in panels[0]:
        axes.axvline(0, color=COLOURS["mosaic"], lw=1.5, zorder=0)
        axes.locator_params(axis="x", nbins=4)
        axes.margins(x=0.15, y=0.2)
    panels[0][0].set_yticks(range(len(found)), [ABLATION_LABELS[one.name] for one in found])
    panels[0][0].invert_yaxis()
    panels[0][0].set(title="right of the line: worse", xlabel="change of validation loss (nats)")
    if asked:
        panels[0][1].set(title="left of the line: worse", xlabel="change of consistency score")
    name = readings.text_name(results, results.profile.ablated_on)
    figure.suptitle(f"mosaic of one block, {name}", fontsize=13)
    return figure


def answers(results: Results) -> Figure:
    """MM-9: consistency score by kind of question, key-word hits by kind of prompt; by depth."""
    blocks = readings.depths(results)
    rows = [(text, kinds_of(results, text)) for text in readings.texts(results)]
    rows.sort(key=lambda row: readings.measures(results, row[0]))
    figure, panels = new_figure(
        len(rows),
        len(blocks),
        1.6 + sum(0.55 * len(kinds) for _, kinds in rows),
        sharex="row",
        sharey="row",
        squeeze=False,
        height_ratios=[len(kinds) for _, kinds in rows],
    )
    for row, (text, kinds) in zip(panels, rows, strict=True):
        asked = readings.measures(results, text)
        for axes, depth in zip(row, blocks, strict=True):
            for family, shift in zip(FAMILIES, (-0.16, 0.16), strict=True):
                arm = arm_name(text, family, depth)
                for place, kind in enumerate(kinds):
                    of = None if kind == "all" else kind
                    values = readings.scores(results, text, arm, of)
                    dots_and_mean(axes, place + shift, values, COLOURS[family])
            if asked == "consistency":
                axes.axvline(readings.chance(results, arm), color="0.4", lw=1.2, ls=":")
            axes.axhline(len(kinds) - 1.5, color="0.7", lw=1)
            axes.margins(x=0.1)
        row[0].set_yticks(range(len(kinds)), kinds)
        row[0].set_ylim(len(kinds) - 0.5, -0.5)
        row[0].set_ylabel(readings.text_title(results, text))
        middle = row[len(blocks) // 2]
        middle.set_xlabel(
            "share of right answers (dotted: chance)"
            if asked == "consistency"
            else "share of continuations with a key word"
        )
    for axes, depth in zip(panels[0], blocks, strict=True):
        axes.set_title(readings.blocks(depth))
    handles = [
        panels[0][0].plot([], [], "o", color=COLOURS[family], label=FAMILY_NAMES[family])[0]
        for family in FAMILIES
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return figure


def kinds_of(results: Results, text: str) -> list[str]:
    """Kinds of questions or prompts that the models of a text are asked, and "all"."""
    if readings.measures(results, text) == "prompts":
        return [*prompts.KINDS, "all"]
    return [*readings.question_kinds(results, arm_name(text, MOSAIC, 1)), "all"]


FIGURES = (
    FigureSpec(
        name="02_babistories_lm_curves",
        counterpart="Fig. 9",
        caption="**Learning curves by depth.** Loss on training and validation windows, dropout "
        "off; mean and 95 % interval over seeds. Rows: the texts, with what stands in for "
        "BabiStories named. The beginning of the training runs off the top. *Look for* the gap "
        "between the families in the left column and what is left of it in the right one; and for "
        "validation curves that turn upwards.",
        alt="A grid of panels with loss against tokens seen: columns are depths, rows are texts; "
        "each panel has training and validation curves of the mosaic and of GPT2.",
        draw=curves,
    ),
    FigureSpec(
        name="02_babistories_lm_depths",
        counterpart="Fig. 9 (its end points), and the depths it leaves out",
        caption="**Best validation loss by depth.** Top: every run and the mean. Bottom: GPT2 "
        "minus mosaic, seed by seed, with the mean and its 95 % interval; above zero the mosaic is "
        "better. Crosses: the mosaic with GPT2's recipe, as in the paper. Hollow: GPT2 with the "
        "mosaic's initial weights. Grey: the 0.05 nat within which the rule calls the two "
        "indistinguishable. *Look for* a difference above zero at one block and inside the grey at "
        "the greatest depth.",
        alt="For each text, top: best validation loss against number of blocks for the mosaic and "
        "GPT2. Bottom: their difference with intervals around a zero line and a grey band.",
        draw=depths,
    ),
    LONGER_FIGURE,
    INDUCTION_FIGURE,
    FigureSpec(
        name="02_babistories_lm_ablations",
        counterpart="none: asked for by the reviewers of the paper",
        caption="**What each mechanism is worth at one block.** Change of the best validation loss "
        "and of the consistency score when one mechanism is left out; every run, mean and 95 % "
        "interval. Blue line: the whole mosaic. *Look for* intervals that keep clear of the line.",
        alt="Two panels of points beside a vertical zero line, one row for each of three "
        "ablations: change of validation loss on the left, of consistency score on the right.",
        draw=ablations,
    ),
    FigureSpec(
        name="02_babistories_lm_answers",
        counterpart="Tables 1 and 5 (their numbers)",
        caption="**What the models say.** Top: share of questions on generated stories whose right "
        "answer is likelier than the wrong ones, by kind of question. Bottom: share of sampled "
        "continuations of the prompts that hold an expected key word, by kind of prompt. Small "
        "dots are seeds, large dots their mean with its 95 % interval. *Look for* kinds in which "
        "one colour is apart from the other, and for scores no better than the dotted line.",
        alt="A grid of panels, columns are depths. Top: consistency scores of both families by "
        "kind of question with a dotted line at chance. Bottom: key-word hits by kind of prompt.",
        draw=answers,
    ),
    SEARCH_FIGURE,
)
