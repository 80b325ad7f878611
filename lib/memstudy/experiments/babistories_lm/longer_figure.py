"""The figure of longer training: losses and scores by the tokens that a model has seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memstudy.experiments.babistories_lm import longer_training, readings
from memstudy.experiments.babistories_lm.config import arm_name
from memstudy.experiments.babistories_lm.readings import FAMILY_NAMES
from memstudy.language_models.config import FAMILIES, MOSAIC, TRANSFORMER
from memstudy.plotting import COLOURS, FigureSpec, band, new_figure, not_tried

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from memstudy.study import Results

MILLION = 1e6
SCORES = {"consistency": "share of\nright answers", "prompts": "share with\na key word"}


def longer(results: Results) -> Figure:
    """Loss and score of every family, depth and text before and after longer training."""
    pairs = longer_training.comparisons(results)
    if not pairs:
        return not_tried()
    texts = [t for t in readings.texts(results) if any(pair.text == t for pair in pairs)]
    figure, panels = new_figure(2, len(texts), 6.2, sharex=True, squeeze=False)
    for text, top, bottom in zip(texts, *panels, strict=True):
        shown = [pair for pair in pairs if pair.text == text]
        draw_text(results, shown, top, bottom)
        asked = readings.measures(results, text)
        top.set(title=readings.text_title(results, text))
        bottom.set(xlabel="million tokens seen", ylabel=SCORES[asked])
        if asked == "consistency":
            chance = readings.chance(results, arm_name(text, MOSAIC, shown[0].depth))
            bottom.axhline(chance, color="0.4", lw=1.2, ls=":", label="chance")
    panels[0][0].set(ylabel="best validation loss\n(nats a token)")
    named = {}
    for axes in panels.flat:
        handles, labels = axes.get_legend_handles_labels()
        named |= dict(zip(labels, handles, strict=True))
    figure.legend(named.values(), named, loc="outside lower center", ncols=3)
    return figure


def draw_text(
    results: Results, pairs: list[longer_training.Comparison], top: Axes, bottom: Axes
) -> None:
    """Both panels of one text: a line for each family and depth, every run as a point."""
    tokens = sorted({pair.tokens for pair in pairs})
    for depth in sorted({pair.depth for pair in pairs}):
        style = {"ls": "--", "marker": "o", "mfc": "white"} if depth == 1 else {"marker": "o"}
        for copied in (False, True):
            same = [pair for pair in pairs if pair.depth == depth and pair.copied == copied]
            for family in FAMILIES if same else ():
                if copied and family == TRANSFORMER:
                    continue  # drawn already
                label = f"{FAMILY_NAMES[family]}, {readings.blocks(depth)}"
                label += ", GPT2's recipe" if copied else ""
                colour = COLOURS["ablation" if copied else family]
                arms = [getattr(pair, family) for pair in sorted(same, key=lambda p: p.tokens)]
                loss = np.stack([longer_training.losses(results, arm) for arm in arms], 1)
                score = np.stack([readings.scores(results, pairs[0].text, arm) for arm in arms], 1)
                at = np.array(tokens) / MILLION
                for axes, values in ((top, loss), (bottom, score)):
                    band(axes, at, values, label, colour, **style)
    top.set_xscale("log")
    ticks = [count / MILLION for count in tokens]
    top.set_xticks(ticks, [f"{tick:.1f}" for tick in ticks])
    top.minorticks_off()


LONGER_FIGURE = FigureSpec(
    name="02_babistories_lm_longer",
    counterpart="none: the paper's models saw twenty thousand times as many tokens",
    caption="**What longer training changes.** Top: best validation loss; bottom: share of "
    "questions answered rightly, or of continuations with an expected word; mean and 95 % interval "
    "over seeds. Dashed: one block; full lines: four. *Look for* the distance between the blue and "
    "the orange line of one kind, left and right.",
    alt="Two panels for each text, against the tokens that a model has seen: best validation loss "
    "above and the share of right answers or of expected words below, a line for each family and "
    "depth.",
    draw=longer,
)
