"""The figures of RegBench, drawn from recorded runs."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from memstudy.core.statistics import bootstrap, bootstrap_band
from memstudy.experiments.regbench import published, readings
from memstudy.experiments.regbench.architecture_config import LABELS, MOSAIC
from memstudy.experiments.regbench.measuring import POSITION, STRINGS, TEST, TEST_IN
from memstudy.experiments.regbench.mechanism_figure import MECHANISM
from memstudy.experiments.regbench.mqar_figure import LOOKS, MQAR_FIGURE
from memstudy.plotting import COLOURS, PAPER_MARKER, FigureSpec, band, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from memstudy.study import Results

MEASURES = {"accuracy": "accuracy (share of legal answers)", "tvd": "total variation distance"}
ORACLE_STYLES = {"2-gram": ":", "3-gram": "--", "4-gram": "-."}
LEAST_COUNTED = 200  # positions behind a point along the sequence, for a mean worth drawing


def environments(results: Results) -> Figure:
    """Counterpart of Fig. 11: both measures against the number of training environments."""
    figure, panels = new_figure(columns=2, height=5.4)
    for axes, metric in zip(panels, MEASURES, strict=True):
        for name in readings.across_sizes(results):
            draw_points(axes, results, name, metric)
        for name, style in ORACLE_STYLES.items():
            value = readings.oracle(results, name, metric)
            axes.axhline(
                value,
                color=COLOURS["analytic"],
                ls=style,
                lw=1.2,
                zorder=0,
                label=f"in-context {name}",
            )
        axes.set(xscale="log", xlabel="training environments", ylabel=MEASURES[metric], ylim=(0, 1))
        sizes = sorted({*results.profile.environments, *published.curve(metric, MOSAIC)})
        axes.set_xticks(sizes, [f"{size:,}" for size in sizes], rotation=30)
        axes.minorticks_off()
    hollow = {**PAPER_MARKER, "markeredgecolor": "0.3"}
    panels[0].plot([], [], **hollow, label="hollow: the paper")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4)
    return figure


def draw_points(axes: Axes, results: Results, name: str, metric: str) -> None:
    """Our points with intervals over seeds, other settings, the paper's as hollow markers."""
    sizes = [s for s in results.profile.environments if name in readings.architectures(results, s)]
    found = [bootstrap(readings.scores(results, name, size, metric)) for size in sizes]
    mean = np.array([interval.mean for interval in found])
    ends = np.array([[i.low for i in found], [i.high for i in found]])
    axes.errorbar(
        sizes,
        mean,
        yerr=np.abs(ends - mean),
        color=LOOKS[name][0],
        marker=LOOKS[name][1],
        capsize=4,
        label=f"{LABELS[name]} (n = {found[0].n})",
    )
    for size in sizes:
        for point in readings.tried(results, name, size)[1:]:
            values = readings.scores_of_arm(results, point.arm, metric)
            axes.plot(
                size, values.mean(), color=LOOKS[name][0], marker=LOOKS[name][1], ms=4, alpha=0.5
            )
    paper = published.curve(metric, name)
    style = {**PAPER_MARKER, "marker": LOOKS[name][1], "markeredgecolor": LOOKS[name][0]}
    axes.plot(paper.keys(), paper.values(), color=LOOKS[name][0], lw=0.8, alpha=0.6, zorder=1)
    axes.plot(paper.keys(), paper.values(), **style)


def in_distribution(results: Results) -> Figure:
    """Counterpart of Table 4: the same models on new strings of old and of new automata.

    One row an architecture, with the published point of Fig. 11 beside ours.
    """
    size = results.profile.in_distribution_at
    names = readings.architectures(results, size)
    height = 2.2 + max(2.2, 0.42 * len(names))
    figure, panels = new_figure(columns=2, height=height, sharey=True)
    for axes, metric in zip(panels, MEASURES, strict=True):
        for place, name in enumerate(names):
            look = {"color": LOOKS[name][0], "markersize": 8, "capsize": 4, "zorder": 3}
            for split, face in ((TEST_IN, None), (TEST, "white")):
                values = readings.scores(results, name, size, metric, split)
                low, high = bootstrap_band(values[:, None])
                spread = [values.mean() - low, high - values.mean()]
                marker = "s" if split == TEST_IN else "D"
                axes.errorbar(
                    values.mean(), place, xerr=spread, marker=marker, markerfacecolor=face, **look
                )
            best = readings.best_in_distribution(results, name)
            if best != readings.chosen(results, name, size):
                value = readings.scores_of_arm(results, best.arm, metric, TEST_IN).mean()
                axes.plot(value, place, "s", color=LOOKS[name][0], ms=5, alpha=0.6)
            paper = published.curve(metric, name).get(size)
            if paper is not None:
                axes.plot(paper, place, **PAPER_MARKER, markeredgecolor="0.3", zorder=4)
        axes.set_yticks(range(len(names)), [LABELS[name] for name in names])
        axes.set_xticks(np.arange(5) / 4, ["0", "0.25", "0.5", "0.75", "1"])
        axes.set(xlabel=MEASURES[metric], xlim=(0, 1), ylim=(len(names) - 0.5, -0.5))
    for marker, face, area, words in (
        ("s", None, 8, "new strings of training automata"),
        ("s", None, 5, "the same, setting chosen on such strings"),
        ("D", "white", 8, "strings of unseen automata"),
        ("o", "none", 8, "the paper, unseen automata"),
    ):
        dark = {"color": "0.3", "ls": "none", "markersize": area, "markerfacecolor": face}
        panels[0].plot([], [], marker=marker, label=words, **dark)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def in_context(results: Results) -> Figure:
    """What the paper does not show: how well each position is predicted, beside n-grams."""
    sizes = results.profile.environments
    figure, rows = new_figure(rows=2, columns=2, height=8.0, sharey="row", squeeze=False)
    size = sizes[-1]
    names = readings.architectures(results, size)
    for axes_row, metric in zip(rows, MEASURES, strict=True):
        for axes, by in zip(axes_row, (STRINGS, POSITION), strict=True):
            for name in names:
                arm = readings.chosen(results, name, size).arm
                draw_along(axes, results, arm, metric, by, color=LOOKS[name][0], label=LABELS[name])
            for name, style in ORACLE_STYLES.items():
                draw_along(
                    axes, results, name, metric, by,
                    color=COLOURS["analytic"], label=f"in-context {name}", ls=style, lw=1.4,
                )  # fmt: skip
            axes.set(ylim=(0, 1))
        axes_row[0].set(ylabel=MEASURES[metric])
    rows[1, 0].set(xlabel="strings finished before")
    rows[1, 1].set(xlabel="position in the sequence (tokens)")
    rows[0, 0].set_title(f"{size:,} training environments", loc="left")
    figure.legend(*rows[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def draw_along(
    axes: Axes, results: Results, model: str, metric: str, by: str, *, color: str, label: str,
    **style: object,
) -> None:  # fmt: skip
    """One curve along the sequence, where enough positions stand behind it."""
    places, curves, counts = readings.along(results, model, metric, by)
    enough = counts >= min(LEAST_COUNTED, counts.max() / 4)
    band(axes, places[enough], curves[:, enough], label, color, **style)


def learning(results: Results) -> Figure:
    """Loss during training on training, old and new automata, for each architecture and size."""
    sizes = results.profile.environments
    names = readings.across_sizes(results)
    figure, panels = new_figure(
        rows=len(sizes), columns=len(names), height=1.2 + 3.0 * len(sizes),
        sharex="row", sharey=True, squeeze=False,
    )  # fmt: skip
    lines = {
        "batch": ("training batches (dropout on)", ":"),
        "validation in distribution": ("new strings, training automata", "--"),
        "validation": ("unseen automata", "-"),
    }
    for (row, size), (column, name) in itertools.product(enumerate(sizes), enumerate(names)):
        axes = panels[row, column]
        if name not in readings.architectures(results, size):
            axes.set_axis_off()
            continue
        point = readings.chosen(results, name, size)
        for split, (words, style) in lines.items():
            draw_losses(axes, results, point.arm, split, words, color=LOOKS[name][0], ls=style)
        axes.set_title(f"{LABELS[name]}, {size:,} environments", fontsize=12)
        if row == len(sizes) - 1:
            axes.set(xlabel="step")
        if column == 0:
            axes.set(ylabel="loss (nat)")
    for words, style in lines.values():  # once more without points, for the legend alone
        panels[0, 0].plot([], [], color="0.3", ls=style, label=words)
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(
        handles[-len(lines) :], labels[-len(lines) :], loc="outside lower center", ncols=3
    )
    return figure


def draw_losses(
    axes: Axes, results: Results, arm: str, split: str, words: str, **style: object
) -> None:
    """Loss by step of one split, mean and band over seeds; nothing where it was not measured."""
    table = results.table
    table = table[(table.metric == "loss") & (table.model == arm) & (table.split == split)]
    if len(table):
        curves = table.pivot(index="seed", columns="step", values="value")
        colour_ = style.pop("color")
        band(axes, curves.columns.to_numpy(), curves.to_numpy(), words, colour_, **style)


FIGURES = (
    FigureSpec(
        name="04_regbench_environments",
        counterpart="Fig. 11",
        caption="**Learning to learn a language.** Share of positions whose likeliest letter is "
        "legal (left) and total variation distance to the exact distribution (right), for strings "
        "of 250 unseen automata, at every position as in the published figure; the mean over seeds "
        "and its 95 % interval. Small: settings that were tried with one seed and not chosen. "
        "Hollow: the paper's points. Architectures that were trained at one size alone stand in "
        "the next figure. Grey: in-context n-grams, which need "
        "no training. *Look for* a mosaic that is high from 100 environments on, beside a "
        "transformer near one half (MM-11, MM-12).",
        alt="Two panels, accuracy and total variation distance against the number of training "
        "environments on a logarithmic axis; filled markers for the study, hollow ones for the "
        "paper, grey horizontal lines for n-grams.",
        draw=environments,
    ),
    FigureSpec(
        name="04_regbench_in_distribution",
        counterpart="Table 4",
        caption="**Is it the language or the learning?** The same trainings on 100 environments, "
        "tested on new strings of the training automata (filled squares; weights chosen on such "
        "strings) and on strings of unseen automata (hollow diamonds); mean and 95 % interval over "
        "seeds. Small squares: the setting that a choice in distribution would have taken, where "
        "it is another one. Circles: the points of Fig. 11, to be compared with the diamonds; the "
        "paper's numbers in distribution could not be found. *Look for* squares far to the right "
        "of the diamonds in the left panel (MM-13).",
        alt="Two panels with one row an architecture: accuracy and total variation distance, "
        "filled squares in distribution, hollow diamonds out of distribution and hollow circles "
        "for the paper.",
        draw=in_distribution,
    ),
    FigureSpec(
        name="04_regbench_in_context",
        counterpart="none: the paper averages over positions",
        caption="**What is learned within a sequence.** Both measures by the number of strings "
        "that the model has finished reading, and by position, on unseen automata; band over "
        "seeds. In-context n-grams in grey. *Look for* curves that rise with every string: a model "
        "that does not learn in context is flat.",
        alt="Four panels: accuracy above and total variation distance below, against the number of "
        "finished strings at the left and the position at the right, one line an architecture and "
        "grey lines for n-grams.",
        draw=in_context,
    ),
    FigureSpec(
        name="04_regbench_learning",
        counterpart="none: learning curves",
        caption="**Memorising or learning.** Loss on training batches (dotted, dropout on), on new "
        "strings of the training automata (dashed, where measured) and on unseen automata (solid) "
        "of the chosen settings; band over seeds. *Look for* solid curves that rise while the "
        "dotted ones fall: the best weights on unseen automata are then early ones.",
        alt="A panel for each architecture and number of environments with three loss curves "
        "against the training step.",
        draw=learning,
    ),
    MQAR_FIGURE,
    MECHANISM,
)
