"""Figures of the smaller questions: quantised memories, copies, examples, edits, missing cards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memstudy.experiments.sparse_memory import measures as m
from memstudy.experiments.sparse_memory import readings
from memstudy.experiments.sparse_memory.config import CONTROL, MAIN, PLANTED_COPIES
from memstudy.experiments.sparse_memory.drawing import (
    MEMORY_COLOUR,
    NOTHING_COLOUR,
    OTHER_COLOUR,
    PARTS,
    points,
)
from memstudy.plotting import FigureSpec, band, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from memstudy.study import Results


def codecs(results: Results) -> list[str]:
    """Forms in which memories were stored, the largest first."""
    found = results.select(model=MAIN, metric=m.VECTOR_BYTES)
    sizes = found.groupby("part")["value"].first()
    return sizes.sort_values(ascending=False).index.tolist()


def robust(results: Results) -> Figure:
    """Three panels: bytes of a vector, threshold of the overlap filter, number of examples."""
    figure, (left, middle, right) = new_figure(columns=3, height=4.2, sharey=True)
    names = codecs(results)
    values, sizes = (
        [readings.scores(results, MAIN, metric, m.HELD_OUT, name) for name in names]
        for metric in (m.ACCURACY, m.VECTOR_BYTES)
    )
    style = {"color": MEMORY_COLOUR, "marker": "o"}
    points(left, range(len(names)), values, **style)
    left.set_xticks(range(len(names)), [f"{size[0]:g}" for size in sizes])
    left.set(xlabel="bytes a vector", ylabel="accuracy", ylim=(-0.03, 1.03))
    left.set(title="stored smaller")

    percent, found = readings.by_position(
        results, m.ACCURACY, m.PLANTED, m.FILTERED, PLANTED_COPIES
    )
    places = np.arange(len(percent))
    band(middle, places, found[:, ::-1], "found cards", MEMORY_COLOUR, marker="o")
    lines = {m.CLEAN: ("no copies", MEMORY_COLOUR, "--"), m.OFF: ("nothing", NOTHING_COLOUR, ":")}
    for part, (label, colour, style) in lines.items():
        level = readings.scores(results, PLANTED_COPIES, m.ACCURACY, m.PLANTED, part).mean()
        middle.axhline(level, color=colour, ls=style, label=label)
    labels = ["none" if share == 100 else f".{share}" for share in percent[::-1]]
    middle.set_xticks(places, labels)
    middle.set(xlabel="overlap filter", title="copies in the bank")

    for part in (m.ON, m.OFF):
        label, colour, marker = PARTS[part]
        counts, found = readings.by_position(results, m.ACCURACY, m.SHOTS, part)
        band(right, counts, found, label, colour, marker=marker)
    right.set_xticks(counts)
    right.set(xlabel="examples before", title="few shots")
    for axes in (middle, right):
        axes.legend()
    return figure


def edits(results: Results) -> Figure:
    """Edited facts, and confident wrong answers."""
    figure, (left, right) = new_figure(columns=2, height=4.6, sharey=True)
    shown = (
        ("before the edit,\nown card", m.ACCURACY, m.UNEDITED, m.ON),
        ("after it,\nnew card", m.ACCURACY, m.EDITED, m.ON),
        ("after it, new card:\nold value", m.OLD, m.EDITED, m.ON),
        ("after it, nothing:\nold value", m.OLD, m.EDITED, m.OFF),
    )
    values = [readings.scores(results, MAIN, *which) for _, *which in shown]
    points(left, range(len(shown)), values, color=MEMORY_COLOUR, marker="o")
    left.set_xticks(range(len(shown)), [label for label, *_ in shown], rotation=35, ha="right")
    left.set(ylabel="share of first mentions", title="edited facts", ylim=(-0.03, 1.03))
    wrong = (
        ("has a card:\nreads it", MAIN, m.HELD_OUT, m.ON, MEMORY_COLOUR),
        ("has a card:\nreads nothing", MAIN, m.HELD_OUT, m.OFF, MEMORY_COLOUR),
        ("has none:\nreads others", MAIN, m.MISSING, m.IRRELEVANT, OTHER_COLOUR),
        ("has none:\nnever memory", CONTROL, m.MISSING, m.OFF, NOTHING_COLOUR),
    )
    for place, (_, arm, split, part, colour) in enumerate(wrong):
        found = readings.scores(results, arm, m.CONFIDENT_WRONG, split, part)
        points(right, [place], [found], color=colour, marker="o")
    right.set_xticks(range(len(wrong)), [label for label, *_ in wrong], rotation=35, ha="right")
    right.set(title="confident wrong answers")
    return figure


ROBUST = FigureSpec(
    name="09_sparse_memory_robust",
    counterpart="Tables 16, 23 and 24",
    caption="**Three questions to the main arm.** Left: held-out cards after their vectors were "
    "stored in fewer bytes (the first point is bfloat16). Middle: cards found by search in a bank "
    "with planted copies of the evaluation, by the threshold of the overlap filter; dashed: in the "
    "bank without copies. Right: a "
    "passage behind passages about others. Means with 95 % intervals over runs.",
    alt="Three panels of accuracy: against bytes a vector, against the threshold of the overlap "
    "filter with a dotted line for reading nothing, and against the number of examples before.",
    draw=robust,
)
EDITS = FigureSpec(
    name="09_sparse_memory_edits",
    counterpart="none (section 1 says it) and Table 19, which has no row without memory",
    caption="**New cards and missing cards.** Left: after all facts of some training entities have "
    "changed, the same weights read new cards; how often they say the new and the old value. "
    "Right: share of first mentions answered wrongly with a probability above one half. Means with "
    "95 % intervals over runs.",
    alt="Two panels of shares: right and old values before and after an edit, and confident wrong "
    "answers with and without a card.",
    draw=edits,
)
