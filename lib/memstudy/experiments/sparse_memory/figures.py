"""The figures of the experiment, drawn from recorded runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memstudy.experiments.sparse_memory import measures as m
from memstudy.experiments.sparse_memory import readings
from memstudy.experiments.sparse_memory.config import (
    CONTROL,
    FROM_START,
    INITS,
    LABELS,
    MAIN,
    RAG,
)
from memstudy.experiments.sparse_memory.drawing import (
    MEMORY_COLOUR,
    NOTHING_COLOUR,
    OTHER_COLOUR,
    PARTS,
    PROMPT_COLOUR,
    legend_below,
    points,
)
from memstudy.experiments.sparse_memory.modes import IN_PROMPT, MODES, PLAIN, WARM
from memstudy.experiments.sparse_memory.side_figures import EDITS, ROBUST
from memstudy.plotting import COLOURS, FigureSpec, band, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from memstudy.study import Results

RULE_STYLES = {
    "softmax": (COLOURS["mosaic"], "-", "o"),
    "exponential": (COLOURS["ablation"], "--", "s"),
    "masked": (COLOURS["recurrent"], "-.", "^"),
    "key_norm": (COLOURS["transformer"], "--", "v"),
    "last": (COLOURS["state_space"], ":", "D"),
    "random": (COLOURS["analytic"], ":", "x"),
}


def reading(results: Results) -> Figure:
    """What the main arm knows with its own card, another's and none; and among distractors."""
    figure, (left, right) = new_figure(columns=2, height=4.8, sharey=True)
    splits = (m.USED, m.HELD_OUT, m.NEW)
    for shift, part in zip((-0.2, 0, 0.2), (m.ON, m.OFF, m.SWAPPED), strict=True):
        label, colour, marker = PARTS[part]
        values = [readings.scores(results, MAIN, m.ACCURACY, split, part) for split in splits]
        places = np.arange(len(splits)) + shift
        points(left, places, values, color=colour, marker=marker, label=label)
    left.set_xticks(range(len(splits)), ["in training", "held out", "new\nrelations"])
    left.set(ylabel="accuracy, first mentions", ylim=(-0.03, 1.03), xlabel="entities")
    counts, found = readings.by_position(results, m.ACCURACY, m.HELD_OUT, m.AMONG)
    band(right, counts, found, "own card", MEMORY_COLOUR, marker="o")
    right.plot(counts, floor(results, counts), ls="--", color="0.3", label="ignores the name")
    right.set(xlabel="cards that a chunk reads", title="held out, one card relevant")
    right.set_xticks(counts)
    right.legend()
    legend_below(figure, left, 3)
    return figure


def floor(results: Results, counts: np.ndarray) -> np.ndarray:
    """Accuracy of a reader that matches relations but not entities: E[1 / (1 + others)].

    Each of the other cards states the relation with probability facts / relations.
    """
    world = results.profile.world
    share = world.facts / world.relations
    # The mean of 1 / (1 + Binomial(n - 1, p)) is (1 - (1 - p)^n) / (n p).
    return (1 - (1 - share) ** counts) / (counts * share)


def stages(results: Results) -> Figure:
    """Counterpart of Fig. 11: learning with memory from the start, from stage 2 on, and never.

    On the right also stage 1 from other initial weights.
    """
    figure, panels = new_figure(columns=2, height=4.8)
    arms = (
        (MAIN, m.ON, MEMORY_COLOUR, "-"),
        (MAIN, m.OFF, MEMORY_COLOUR, ":"),
        (FROM_START, m.ON, OTHER_COLOUR, "-"),
        (CONTROL, m.OFF, NOTHING_COLOUR, "-"),
    )
    for axes, metric in zip(panels, (m.NLL, m.COPYING), strict=True):
        for arm, part, colour, style in arms:
            label = LABELS[arm] + (", reads nothing" if (arm, part) == (MAIN, m.OFF) else "")
            steps, found = readings.curve(results, arm, metric, m.HELD_OUT, part)
            band(axes, steps, found, label, colour, linestyle=style)
        for arm, style in zip(INITS if metric == m.COPYING else (), ("--", ":"), strict=False):
            steps, found = readings.curve(results, arm, metric, m.HELD_OUT, m.OFF)
            band(axes, steps, found, LABELS[arm], PROMPT_COLOUR, linestyle=style)
        axes.axvline(results.profile.steps[0], color="0.3", lw=1, ls="--", zorder=0)
        axes.set(xlabel="training step")
    panels[0].set(ylabel="nats a value", title="first mentions, held out")
    panels[1].set(ylabel="accuracy", title="repeated mentions", ylim=(-0.03, 1.03))
    legend_below(figure, panels[1], 2)
    return figure


def sparsity(results: Results) -> Figure:
    """The sweep over kept tokens and rules: what is covered and what can be said."""
    figure, (left, right) = new_figure(columns=2, height=5.0, sharey=True)
    for rule in results.profile.test.selections:
        colour, style, marker = RULE_STYLES[rule]
        for axes, metric in ((left, m.COVERAGE), (right, m.ACCURACY)):
            sizes, found = readings.by_position(results, metric, m.HELD_OUT, rule)
            band(axes, sizes, found, rule, colour, linestyle=style, marker=marker)
    length = results.profile.world.reference_length
    for axes in (left, right):
        axes.set_xscale("log", base=2)
        shares = [f"R/{length // size}" if size < length else "R" for size in sizes]
        axes.set_xticks(sizes, [f"{a}\n{b}" for a, b in zip(sizes, shares, strict=True)])
        axes.minorticks_off()
        axes.set(xlabel="tokens kept (S)", ylim=(-0.03, 1.03))
        axes.axvline(results.profile.kept_tokens, color="0.3", lw=1, ls="--", zorder=0)
    left.set(ylabel="share", title="values covered")
    right.set(title="accuracy, held out")
    legend_below(figure, left, 3)
    return figure


def arms(results: Results) -> Figure:
    """Every arm that reads: accuracy on held-out and on training entities."""
    names = [name for name in results.profile.arms if not name.startswith(CONTROL)]
    figure, axes = new_figure(height=1.6 + 0.42 * len(names))
    for split, colour, marker in ((m.HELD_OUT, MEMORY_COLOUR, "o"), (m.USED, OTHER_COLOUR, "D")):
        values = [readings.scores(results, name, m.ACCURACY, split, m.ON) for name in names]
        label = "held-out entities" if split == m.HELD_OUT else "entities as often as in training"
        points(axes, range(len(names)), values, True, color=colour, marker=marker, label=label)
    axes.set_yticks(range(len(names)), [LABELS[name] for name in names])
    axes.invert_yaxis()
    axes.set(xlabel="accuracy with own card, first mentions", xlim=(-0.03, 1.03))
    legend_below(figure, axes, 2)
    return figure


def front(results: Results) -> Figure:
    """Counterpart of Fig. 2: accuracy against size, and against speed."""
    figure, (left, right) = new_figure(columns=2, height=4.8)
    known = readings.sizes(results)
    places = [count / 1e6 for count in known.values()]
    values = [readings.scores(results, name, m.ACCURACY, m.USED, m.OFF) for name in known]
    style = {"color": NOTHING_COLOUR, "marker": "s", "linestyle": "-"}
    points(left, places, values, label="never any memory", **style)
    own = readings.scores(results, MAIN, m.ACCURACY, m.USED, m.ON)
    points(left, places[:1], [own], color=MEMORY_COLOUR, marker="o", label="with memories")
    left.set(xlabel="million parameters", ylabel="accuracy, first mentions", ylim=(-0.03, 1.03))
    left.set(title="entities as in training")
    left.legend()
    for arm, mode, colour, marker in (
        (MAIN, WARM, MEMORY_COLOUR, "o"),
        (RAG, IN_PROMPT, PROMPT_COLOUR, "D"),
    ):
        speed = readings.speeds(results, mode).mean()
        found = readings.scores(results, arm, m.ACCURACY, m.HELD_OUT, m.RETRIEVED)
        points(right, [speed], [found], color=colour, marker=marker, label=LABELS[arm])
    speed = readings.speeds(results, PLAIN).mean()
    found = readings.scores(results, CONTROL, m.ACCURACY, m.HELD_OUT, m.OFF)
    points(right, [speed], [found], color=NOTHING_COLOUR, marker="s", label=LABELS[CONTROL])
    right.set(xlabel="tokens per second", title="held-out entities", ylim=(-0.03, 1.03))
    right.set_xlim(0, None)
    right.legend()
    return figure


def speed(results: Results) -> Figure:
    """Counterpart of Table 21: tokens a second in five modes."""
    figure, axes = new_figure(height=3.6)
    shown = {PLAIN: NOTHING_COLOUR, IN_PROMPT: PROMPT_COLOUR}
    for place, mode in enumerate(MODES):
        values = readings.speeds(results, mode)
        colour = shown.get(mode, MEMORY_COLOUR)
        axes.barh(place, values.mean(), color=colour, alpha=0.35)
        axes.plot(values, np.full(len(values), place), "|", color=colour, ms=14, mew=1.6)
    axes.set_yticks(range(len(MODES)), MODES)
    axes.invert_yaxis()
    axes.set(xlabel="generated tokens per second", xlim=(0, None))
    return figure


def popularity(results: Results) -> Figure:
    """Counterpart of Fig. 8: what the weights know and what memories add, by popularity."""
    figure, axes = new_figure(height=4.6)
    first = np.array(results.profile.test.buckets)
    shown = (
        (MAIN, m.ON, "main arm, own card", MEMORY_COLOUR, "-", "o"),
        (MAIN, m.OFF, "main arm, nothing", MEMORY_COLOUR, ":", "s"),
        (CONTROL, m.OFF, LABELS[CONTROL], NOTHING_COLOUR, "-", "^"),
    )
    for arm, part, label, colour, style, marker in shown:
        _, found = readings.by_position(results, m.ACCURACY, m.RANKED, part, arm)
        band(axes, first, found, label, colour, linestyle=style, marker=marker)
    ends = [*(first[1:] - 1), results.profile.world.train_entities]
    axes.set_xscale("log")
    axes.set_xticks(first, [f"{a}–{b}" for a, b in zip(first, ends, strict=True)])
    axes.minorticks_off()
    axes.set(xlabel="rank of popularity", ylabel="accuracy, first mentions", ylim=(-0.03, 1.03))
    axes.legend()
    return figure


def spec(name: str, draw, counterpart: str, caption: str, alt: str) -> FigureSpec:
    """A figure of this notebook."""
    return FigureSpec(f"09_sparse_memory_{name}", counterpart, caption, alt, draw)


FIGURES = (
    spec(
        "reading",
        reading,
        "Fig. 1 (qualitative there); distractors: none, the paper does not vary their number",
        "**A memory written once is read later.** Accuracy on values at their first mention when "
        "each passage reads its own entity's card, nothing, or another entity's card (left); and "
        "when the own card lies among others (right). Means with 95 % intervals over runs. "
        "*Look for* the fall from own to another's card: it is what the content of the memory "
        "does. Dashed: a reader that finds the relation but does not look whose card it is.",
        "Left: accuracy for three groups of entities with three markers each. Right: accuracy "
        "against the number of cards that a chunk reads, above or on a dashed curve that falls.",
    ),
    spec(
        "stages",
        stages,
        "Fig. 11",
        "**Two stages against memory from the start.** Left: loss on values of held-out entities "
        "at first mention; right: accuracy on repeated mentions, which can be copied from the "
        "text. Mean and 95 % interval over runs; the dashed line is where stage 2 begins. *Look "
        "for* where copying appears, and whether reading comes before or after it.",
        "Two panels against the training step with curves for memory in stage 2, memory from the "
        "start and never any memory; a dashed vertical line between the stages. On the right also "
        "two lines of the first stage from other initial weights.",
    ),
    spec(
        "sparsity",
        sparsity,
        "none: the paper keeps 8 of 128 tokens and tests no other number or rule (M3-7)",
        "**How many tokens, chosen by which rule.** The main arm's weights read memories with more "
        "and fewer tokens a head, chosen by six rules. Left: share of the values that some head "
        "keeps; right: accuracy. Dashed line: what the weights were trained with. *Look for* "
        "whether accuracy follows coverage: then the choice limits, not the reading.",
        "Two panels against the number of kept tokens on a logarithmic axis, one line for each of "
        "six rules; both rise towards keeping all tokens.",
    ),
    spec(
        "arms",
        arms,
        "none: the paper has none of these controls",
        "**Every way of reading.** Accuracy with the own card, for training with dense and with "
        "sparser memories, in other layers, without gradient into the memories, with learned "
        "slots of equal size, and with the card as text in the prompt. Means with 95 % intervals.",
        "A row for each trained arm with two markers: accuracy on held-out entities and on those "
        "of the training texts.",
    ),
    spec(
        "front",
        front,
        "Fig. 2",
        "**Memory against size, and against the prompt.** Left: accuracy on entities as often as "
        "in training, over parameters without embeddings. Right: accuracy on held-out entities "
        "with the card that a search has found, over decoding speed (measured on a shape of its "
        "own, see the next figure). *Look for* a point that is both above and right of another.",
        "Left: a line of memory-less models over their size and one point with memories. Right: "
        "three points of accuracy over tokens per second.",
    ),
    spec(
        "speed",
        speed,
        "Table 21",
        "**Decoding speed, in one run.** Bars are means, ticks the single timings (the first is "
        "left out). Warm: all memories are on disk; cold: each is encoded when it is first asked "
        "for. No memory is asked for twice and none is kept in RAM, as in the paper.",
        "Five horizontal bars of generated tokens per second: no retrieval, memories warm and "
        "cold, references in the prompt, dense memories.",
    ),
    spec(
        "popularity",
        popularity,
        "Fig. 8",
        "**Frequent facts move into the weights.** Accuracy by popularity of the entity in the "
        "training texts, with the own card and with nothing. Mean and 95 % interval over runs. "
        "*Look for* the distance between the upper and the lower lines: it is memory's gain.",
        "Accuracy against ranges of popularity rank: a line with the own card above two lines "
        "without, which fall towards rare entities.",
    ),
    ROBUST,
    EDITS,
)
