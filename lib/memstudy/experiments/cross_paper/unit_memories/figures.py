"""The figures of the room, drawn from recorded runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memstudy.experiments.cross_paper.unit_memories import readings
from memstudy.experiments.cross_paper.unit_memories.config import (
    DENSE,
    DISTINCT,
    EIGHTH,
    EIGHTH_DISTINCT,
    LABELS,
    NEVER,
    RANDOM,
    SIXTEENTH,
)
from memstudy.experiments.sparse_memory import measures as m
from memstudy.experiments.sparse_memory.drawing import legend_below, points
from memstudy.plotting import COLOURS, FigureSpec, band, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from memstudy.study import Results

# All arms are mosaics, so that colours tell rules apart, and lines how much is kept.
STYLES = {
    DENSE: (COLOURS["mosaic"], "-"),
    EIGHTH: (COLOURS["mosaic_one_unit"], "--"),
    SIXTEENTH: (COLOURS["mosaic_one_unit"], "-"),
    EIGHTH_DISTINCT: (COLOURS["recurrent"], "--"),
    DISTINCT: (COLOURS["recurrent"], "-"),
    RANDOM: (COLOURS["state_space"], "-"),
    NEVER: (COLOURS["analytic"], ":"),
}
RULES = {
    "softmax": ("attention received", COLOURS["mosaic_one_unit"], "-", "o"),
    "masked": ("attention received, masked", COLOURS["transformer"], "--", "^"),
    "distinct": ("distinct keys", COLOURS["recurrent"], "-", "s"),
    "last": ("last", COLOURS["analytic"], ":", "D"),
    "random": ("random", COLOURS["state_space"], "--", "x"),
}
PARTS = {
    m.ON: ("own card", COLOURS["mosaic"], "o"),
    m.OFF: ("nothing", COLOURS["analytic"], "s"),
    m.SWAPPED: ("another's card", COLOURS["mosaic_one_unit"], "^"),
}


def reading(results: Results) -> Figure:
    """Accuracy of every arm with its own card, another's and none; and while it was trained."""
    figure, (left, right) = new_figure(columns=2, height=5.4, width_ratios=(1, 1.1))
    for part, (label, colour, marker) in PARTS.items():
        names = [arm for arm in STYLES if part == m.OFF or arm != NEVER]
        values = [readings.held_out(results, arm, m.ACCURACY, part) for arm in names]
        places = [list(STYLES).index(arm) for arm in names]
        style = {"color": colour, "marker": marker, "label": label}
        points(left, places, values, True, **style)
    left.set_yticks(range(len(STYLES)), [LABELS[arm] for arm in STYLES])
    left.invert_yaxis()
    left.set(xlabel="accuracy, first mentions", xlim=(-0.03, 1.03))
    start = results.profile.unit_memories.steps[0]
    for arm, (colour, line) in STYLES.items():
        part = m.OFF if arm == NEVER else m.ON
        steps, found = readings.curve(results, arm, m.ACCURACY, m.HELD_OUT, part)
        second = steps >= start
        band(right, steps[second] - start, found[:, second], LABELS[arm], colour, linestyle=line)
    right.set(xlabel="training step of stage 2", ylabel="accuracy with own card")
    right.set_ylim(-0.03, 1.03)
    left.legend(loc="lower center", bbox_to_anchor=(0.3, 1.0), ncols=3, columnspacing=1.0)
    legend_below(figure, right, 3)
    return figure


def sizes(results: Results) -> Figure:
    """The arm of all pairs reads fewer, chosen by several rules: what they hold, what is said."""
    figure, (left, right) = new_figure(columns=2, height=5.0, sharey=True)
    settings = results.profile.unit_memories
    for rule in settings.test.selections:
        label, colour, line, marker = RULES[rule]
        for axes, metric in ((left, m.COVERAGE), (right, m.ACCURACY)):
            kept, found = readings.by_position(results, metric, m.HELD_OUT, rule, DENSE)
            band(axes, kept, found, label, colour, linestyle=line, marker=marker)
    length = settings.world.reference_length
    for axes in (left, right):
        axes.set_xscale("log", base=2)
        shares = [f"R/{length // size}" if size < length else "R" for size in kept]
        axes.set_xticks(kept, [f"{a}\n{b}" for a, b in zip(kept, shares, strict=True)])
        axes.minorticks_off()
        axes.set(xlabel="pairs kept of each head (S)", ylim=(-0.03, 1.03))
    left.set(ylabel="share", title="values that some head keeps")
    right.set(title="accuracy, held out")
    legend_below(figure, left, 3)
    return figure


FIGURES: tuple[FigureSpec, ...] = (
    FigureSpec(
        "11_cross_paper_unit_memories",
        "none: no paper stores the units of a mosaic; the question of Fig. 1 of Memory³",
        "**Memory units, stored and read later.** Accuracy of Memory Mosaics on values at their "
        "first mention, in texts about entities of which nothing was trained. Left: when each "
        "passage reads its own entity's card, another entity's, or nothing. Right: with its own "
        "card during the second stage, before which none has read any; the mosaic that never does "
        "shows what can be guessed. Means "
        "with 95 % intervals over runs. R is the number of tokens of a card.",
        "Left: one row an arm with markers for accuracy with the own card, another's card and "
        "nothing. Right: curves of the same accuracy over the steps of the second stage of "
        "training, one an arm.",
        reading,
    ),
    FigureSpec(
        "11_cross_paper_unit_memories_sizes",
        "none: Memory³ tells no sweep; here by the rules that fit a mosaic",
        "**How few pairs, chosen how?** The mosaic that was trained with all pairs of a card reads "
        "fewer, without further training. Left: share of held-out values whose pair some head of "
        "a memory layer keeps. Right: accuracy on these values. Means with 95 % bands over runs.",
        "Two panels with one curve a rule over the number of kept pairs on a logarithmic axis: "
        "left the share of values held, right the accuracy.",
        sizes,
    ),
)
