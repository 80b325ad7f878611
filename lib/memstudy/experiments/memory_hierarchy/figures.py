"""The figures of the experiment memory_hierarchy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memstudy.experiments.memory_hierarchy import readings
from memstudy.experiments.memory_hierarchy.config import OUR_SHAPE, PAPER_SHAPE
from memstudy.experiments.memory_hierarchy.shapes import (
    ENCODERS,
    SHAPES,
    VARIANTS,
    query_operations,
)
from memstudy.experiments.sparse_memory import costs
from memstudy.plotting import COLOURS, PAPER_MARKER, FigureSpec, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from memstudy.study import Results

FORMAT_COLOURS = {
    "text": COLOURS["recurrent"],
    "memory": COLOURS["mosaic"],
    "parameters": COLOURS["mosaic_one_unit"],
}
SHAPE_TITLES = {
    "paper": "the paper's shape: 44 blocks, d 3200",
    "medium": "ours: 12 blocks, d 512",
    "small": "ours: 6 blocks, d 128",
}
SHAPE_MARKS = {
    "paper": ("o", COLOURS["analytic"]),
    "medium": ("s", COLOURS["mosaic"]),
    "small": ("^", COLOURS["transformer"]),
}
TEXT_BYTES_PER_TOKEN = 2
FACTOR_HEIGHT = 2500  # bytes: inside every bar, clear of all lines


def cost_curves(results: Results) -> Figure:
    """Counterpart of Fig. 4: operations against uses, at the paper's shape and at ours."""
    figure, panels = new_figure(columns=2, height=4.9)
    for axes, shape, unit, name in (
        (panels[0], PAPER_SHAPE, 1e12, "TFlop"),
        (panels[1], OUR_SHAPE, 1e9, "GFlop"),
    ):
        draw_costs(axes, results, shape, unit)
        axes.set(title=SHAPE_TITLES[shape], ylabel=f"operations ({name})")
    printed = {number.part: number.printed for number in readings.COST_NUMBERS}
    write, lower = printed["memory write"], printed["memory over text"]
    upper, trained = printed["parameters over memory"], printed["parameters write"]
    panels[0].plot(
        [lower, upper, 1.0, 0.01, 0.01],
        [write, trained, printed["text read"], write, trained],
        color="black",
        label="printed in the paper",
        clip_on=False,
        zorder=5,
        **PAPER_MARKER,
    )
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4)
    return figure


def draw_costs(axes: Axes, results: Results, shape: str, unit: float) -> None:
    """One line a format; where it is the cheapest, a strip of its colour."""
    uses = np.logspace(-2, 5.3, 400)
    trained = readings.formula(results, "operations", "parameters write", shape) / unit
    lower = readings.formula(results, "uses", "memory over text", shape)
    upper = readings.formula(results, "uses", "parameters over memory", shape)
    for form in costs.FORMATS:
        write, read = (
            readings.formula(results, "operations", f"{form} {action}", shape) / unit
            for action in ("write", "read")
        )
        line = write + read * uses
        axes.plot(
            uses,
            np.where(line <= 1.25 * trained, line, np.nan),
            label=form,
            lw=2.5,
            color=FORMAT_COLOURS[form],
        )
    ends = (uses[0], lower, upper, uses[-1])
    for form, left, right in zip(costs.FORMATS, ends[:-1], ends[1:], strict=True):
        axes.axvspan(left, right, color=FORMAT_COLOURS[form], alpha=0.1, lw=0)
    for threshold, words in ((lower, f"{lower:.3f}"), (upper, f"{upper:,.0f}")):
        axes.axvline(threshold, color="0.4", lw=1.2, ls=":")
        axes.annotate(
            words,
            (threshold, 1.19 * trained),
            (-6, 0),
            textcoords="offset points",
            ha="right",
            va="center",
        )
    axes.set(xscale="log", xlim=(uses[0], uses[-1]), ylim=(0, 1.25 * trained))
    axes.set(xlabel="expected uses n of a piece of knowledge")
    axes.set_xticks([1e-2, 1, 1e2, 1e4])


def counted(results: Results) -> Figure:
    """What the paper lacks: the formulas against a counter of operations."""
    figure, axes = new_figure(height=4.4)
    axes.axvspan(-5, 5, color="0.5", alpha=0.12, lw=0, label="the rule: 5 %")
    axes.axvline(0, color="0.3", lw=1.2)
    names = [count.what for count in readings.counts(results, OUR_SHAPE)]
    for offset, shape in zip((0.22, 0.0, -0.22), SHAPES, strict=True):
        found = {count.what: 100 * (count.ratio - 1) for count in readings.counts(results, shape)}
        marker, colour = SHAPE_MARKS[shape]
        judged = "" if shape in (PAPER_SHAPE, OUR_SHAPE) else " (not judged)"
        axes.plot(
            list(found.values()),
            [names.index(what) + offset for what in found],
            marker=marker,
            color=colour,
            ls="none",
            ms=9,
            label=SHAPE_TITLES[shape] + judged,
        )
    axes.set_yticks(range(len(names)), names)
    axes.set(
        ylim=(len(names) - 0.5, -0.5), xlabel="counted operations − formula (% of the formula)"
    )
    axes.set_xlim(-10, 10)
    axes.set_xticks(range(-10, 11, 5))
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def storage(results: Results) -> Figure:
    """The storage table: bytes of a reference from all keys and values to its memory."""
    figure, panels = new_figure(columns=2, height=5.0, gridspec_kw={"width_ratios": [5, 4]})
    draw_steps(panels[0], results, PAPER_SHAPE, codes=True)
    draw_steps(panels[1], results, OUR_SHAPE, codes=False)
    steps = list(readings.step_bytes(results))
    places = [steps.index(step) for step in readings.BANK_TERABYTES]
    printed = [
        total * readings.BINARY_TERABYTE / readings.REFERENCES
        for total in readings.BANK_TERABYTES.values()
    ]
    panels[0].plot(places, printed, color="black", label="printed in the paper", **PAPER_MARKER)
    panels[0].set(ylabel="bytes of a reference")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


STEP_LABELS = (
    "all keys\nand values",
    "memory\nlayers",
    "KV\nheads",
    "kept\ntokens",
    "14-byte\ncodes",
)


def draw_steps(axes: Axes, results: Results, shape: str, codes: bool) -> None:
    """A bar a step, the saving as an empty bar above it; files on disk as points."""
    sizes = list(readings.step_bytes(results, shape).values())[: 5 if codes else 4]
    before = [sizes[0], *sizes[:-1]]
    places = np.arange(len(sizes))
    axes.bar(places, before, width=0.7, color="none", edgecolor="0.6", ls=":", lw=1.2)
    axes.bar(places, sizes, width=0.7, color=COLOURS["ablation"])
    for place, (old, new) in enumerate(zip(before, sizes, strict=True)):
        if place:
            axes.text(
                place, FACTOR_HEIGHT, f"÷ {old / new:.3g}", ha="center", va="center", fontsize=11
            )
    cache = readings.own_cache_bytes(results, shape)
    axes.axhline(
        cache,
        color=COLOURS["mosaic_one_unit"],
        lw=1.8,
        ls="--",
        label="KV cache of the model itself",
    )
    text = TEXT_BYTES_PER_TOKEN * SHAPES[shape].reference_length
    axes.axhline(
        text, color=COLOURS["recurrent"], lw=1.8, ls="-.", label="tokens of the text, 2 bytes each"
    )
    banks = readings.banks(results, shape)
    axes.plot(
        [3, 4][: len(banks)],
        [bank.on_disk / bank.memories for bank in banks],
        "k.",
        ms=9,
        label="files on disk, a memory",
    )
    axes.set(yscale="log", title=SHAPE_TITLES[shape], ylim=(60, sizes[0] * 3))
    axes.set_xticks(places, STEP_LABELS[: len(sizes)])
    axes.tick_params(axis="x", labelsize=11)


def sensitivity(results: Results) -> Figure:
    """What the interval depends on: exposures, the embedding of queries, what is kept."""
    figure, (curves, ranges) = new_figure(
        columns=2, height=5.6, gridspec_kw={"width_ratios": [1, 1]}
    )
    paper = SHAPES[PAPER_SHAPE]
    exposures = np.logspace(0, 3, 50)
    colours = (COLOURS["mosaic"], COLOURS["ablation"], COLOURS["transformer"])
    for (name, weights), colour in zip(ENCODERS.items(), colours, strict=True):
        query = query_operations(paper, weights)
        upper = [costs.thresholds(paper, count, query)[1] for count in exposures]
        curves.plot(exposures, upper, color=colour, label=name)
    printed = {number.part: number.printed for number in readings.COST_NUMBERS}
    curves.plot([1], [printed["parameters over memory"]], color="black", **PAPER_MARKER)
    curves.set(xscale="log", yscale="log", xlim=(0.8, 1000), ylim=(100, 1e9))
    curves.set(xlabel="exposures until it is learned")
    curves.set(ylabel="uses from which parameters\nare cheaper than memory")
    curves.legend(title="embedding of queries:", loc="upper left", title_fontsize=11)
    for place, variant in enumerate(VARIANTS):
        lower, upper = variant.interval
        ours = variant.shape not in (paper,) and variant.shape in SHAPES.values()
        colour = COLOURS["transformer"] if ours else COLOURS["mosaic"]
        ranges.plot([lower, upper], [place, place], color=colour, lw=6, solid_capstyle="butt")
        words = f"{variant.name}: {lower:.2f} to {upper:,.0f}"
        ranges.text(0.13, place - 0.34, words, va="center", fontsize=11)
    marks = [printed["memory over text"], printed["parameters over memory"]]
    ranges.plot(marks, [0, 0], color="black", label="printed in the paper", **PAPER_MARKER)
    ranges.set_yticks([])
    ranges.legend(loc="lower right", handletextpad=0.2, borderpad=0.1)
    ranges.set(xscale="log", xlim=(0.1, 1e7), ylim=(len(VARIANTS), -0.8))
    ranges.set(xlabel="uses n for which memory is cheapest")
    ranges.spines["left"].set_visible(False)
    ranges.set_xticks([0.1, 10, 1e3, 1e5, 1e7])
    return figure


FIGURES = (
    FigureSpec(
        name="10_memory_hierarchy_costs",
        counterpart="Fig. 4",
        caption="**Which format is cheapest depends on how often a piece is used.** Operations of "
        "writing and n uses, by the formulas of appendix A. Left the paper's model with its "
        "printed numbers as open circles, right ours of 12 blocks. A strip has the colour of the "
        "cheapest format; numbers stand at its ends. *Look for* a wide middle strip: "
        "memory is written at a fraction of the cost of training and read for almost nothing.",
        alt="Two panels of operations against expected uses on a logarithmic axis, for text, "
        "memory and parameters. Text rises first, memory stays flat and rises late, parameters are "
        "a horizontal line; open circles of the paper's numbers lie on the lines of the left one.",
        draw=cost_curves,
    ),
    FigureSpec(
        name="10_memory_hierarchy_counted",
        counterpart="none: the paper counts by formula only",
        caption="**The formulas against a counter of operations.** What the study's own code "
        "executes, pairs hidden by masks left out, minus the formula. *Look for* points inside the "
        "grey band. What is left has a name, to the last operation: reading as text also runs the "
        "last feed-forward network, writing does not run the last attention; with few blocks an "
        "end is a large part of the whole.",
        alt="Six rows, one for each computation, with up to three points each: difference of "
        "counted operations and formula in percent at three shapes of a model. Most lie at zero; "
        "writing a memory and reading as text deviate, most at six blocks.",
        draw=counted,
    ),
    FigureSpec(
        name="10_memory_hierarchy_storage",
        counterpart="section 3.3 (a table of ours; the paper gives the factors in its text)",
        caption="**From all keys and values to a memory.** Bytes of one reference after each step "
        "(dotted: before it). The staircase begins at a model that has as many key-value heads as "
        "query heads; the model itself has fewer, and its own cache is the dashed line. Points: "
        "files of a bank that was written, for each memory. *Look for* the distance from the "
        "dashed line to the kept tokens (32 times), which is shorter than the staircase to the "
        "same bar (160 times), and for the text, far below both.",
        alt="Two panels of falling bars on a logarithmic axis of bytes, each step with its factor; "
        "points of files on disk at the end of the bars, a dashed line for the model's own cache "
        "and a dash-dotted line for the text far below.",
        draw=storage,
    ),
    FigureSpec(
        name="10_memory_hierarchy_sensitivity",
        counterpart="Fig. 4, with what it leaves out",
        caption="**What the interval depends on.** Left, from how many uses on parameters are "
        "cheaper, when a fact takes more than one exposure to be learned, and when the embedding "
        "of queries is counted. Right, the whole interval for some variants of the paper's shape "
        "(blue) and for our shapes (orange). *Look for* an upper end that moves by decades and a "
        "lower end that stays near one half in all variants but one.",
        alt="Left, three rising lines of uses against exposures on logarithmic axes, the ones "
        "with an embedding model far lower. Right, horizontal bars of the interval of uses in "
        "which memory is cheapest, for eight variants, with the paper's ends as open circles.",
        draw=sensitivity,
    ),
)
