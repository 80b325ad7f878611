"""The figures of the three-moons experiment, drawn from recorded runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memstudy.experiments.three_moons import config, readings
from memstudy.plotting import COLOURS, FigureSpec, band, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from memstudy.study import Results

SPLIT_TITLES = {
    "train_triple": "a triple of periods seen in training",
    "validation_triple": "a triple never seen in training",
}
ONE = ("one unit", COLOURS["mosaic_one_unit"])
THREE = ("three units", COLOURS["mosaic"])


def one_unit(results: Results) -> Figure:
    """Counterpart of Fig. 4: error against context length, one memory unit."""
    return error_curves(results, [(config.ONE_UNIT, config.ONE_IDENTITY, *ONE)])


def three_units(results: Results) -> Figure:
    """Counterpart of Fig. 5: error against context length, three memory units."""
    return error_curves(results, [(config.THREE_UNITS, config.THREE_IDENTITY, *THREE)])


def error_curves(results: Results, arms: list[tuple[str, str, str, str]]) -> Figure:
    """Error after every context length on both triples, one panel each.

    Args:
        results: recorded runs.
        arms: (trained arm, arm with identity matrices, label, colour).
    """
    figure, panels = new_figure(columns=2, height=4.6, sharey=True)
    for axes, (split, title) in zip(panels, SPLIT_TITLES.items(), strict=True):
        for arm, identity, label, colour in arms:
            seeds = readings.converged_seeds(results, arm) if arm != config.ONE_UNIT else None
            curves = readings.errors(results, arm, split, seeds).curves
            context = np.arange(1, curves.shape[1] + 1)
            runs = f"{label}, {len(curves)} runs"
            if seeds is not None:
                runs = f"{label}, {len(curves)} of {len(results.seeds_of(arm))} runs (converged)"
            if len(curves):
                band(axes, context, curves, runs, colour)
            exact = readings.errors(results, identity, split).curves[0]
            axes.plot(
                context,
                exact,
                color=COLOURS["analytic"],
                lw=1.2,
                ls="--",
                label="identity matrices",
            )
        mark_periods(axes, split)
        axes.set(title=title, xlabel="context length T (observed points)", xlim=(0, len(context)))
        axes.legend(loc="upper right")
    panels[0].set(ylabel="mean absolute error\nof the next 25 predictions", ylim=(0, 0.9))
    return figure


def mark_periods(axes: Axes, split: str) -> None:
    """Grey lines where each moon has been round once, a red one where the whole sky has."""
    sky = readings.sky(split)
    for period in sky.periods:
        axes.axvline(period, color="0.6", lw=1.2, zorder=0)
    axes.axvline(sky.lcm, color="#C00000", lw=1.5, zorder=0)
    axes.annotate(
        "lcm", (sky.lcm, 0.02), (4, 0), textcoords="offset points", color="#C00000", fontsize=11
    )


def moduli(results: Results) -> Figure:
    """Counterpart of Fig. 6: moduli of the three matrices of the first converged run."""
    converged = readings.converged_seeds(results, config.THREE_UNITS)
    seed = converged[0] if converged else results.seeds_of(config.THREE_UNITS)[0]
    matrices = readings.moduli(results, config.THREE_UNITS, seed)
    figure, panels = new_figure(columns=3, height=3.4)
    sides = [
        (r"key extractor $|W_\varphi|$", "moon", "memory unit"),
        (r"value extractor $|W_\psi|$", "moon", "memory unit"),
        (r"output $|W_z|$", "memory unit", "moon"),
    ]
    top = matrices.max()
    for axes, matrix, (title, x, y) in zip(panels, matrices, sides, strict=True):
        image = axes.imshow(matrix, cmap="Blues", vmin=0, vmax=top)
        for (row, column), value in np.ndenumerate(matrix):
            colour = "white" if value > 0.6 * top else "black"
            axes.text(column, row, f"{value:.3f}", ha="center", va="center", color=colour)
        axes.set(title=title, xlabel=x, ylabel=y)
        axes.set_xticks(range(3), range(1, 4))
        axes.set_yticks(range(3), range(1, 4))
        axes.grid(False)
    figure.colorbar(image, ax=panels, label="modulus", shrink=0.8)
    state = "converged" if converged else "not converged"
    figure.suptitle(f"one run of three units (seed {seed}, {state})", fontsize=13)
    return figure


ARM_LABELS = {
    config.THREE_UNITS: ("both\ntricks", COLOURS["mosaic"]),
    config.REAL_MATRICES: ("real\nmatrices", COLOURS["ablation"]),
    config.PLAIN_LOSS: ("plain\nloss", COLOURS["ablation_2"]),
}


def convergence(results: Results) -> Figure:
    """What the paper lacks: every run's loss, and the share of runs that converge."""
    figure, (curves, shares) = new_figure(
        columns=2, height=4.4, gridspec_kw={"width_ratios": [1.7, 1]}
    )
    for arm, (label, colour) in ARM_LABELS.items():
        for run, loss in enumerate(readings.losses(results, arm)):
            window = min(readings.LAST_ITERATIONS, len(loss))
            smooth = np.convolve(loss, np.full(window, 1 / window), mode="valid")
            steps = np.arange(window, len(loss) + 1)
            name = label.replace("\n", " ") if run == 0 else None
            curves.plot(steps, smooth, color=colour, lw=1.2, label=name)
    curves.axhline(readings.CONVERGED_LOSS, color="0.4", lw=1.2, ls=":")
    curves.set(
        yscale="log",
        xlabel="training iteration",
        ylabel="clipped loss (mean of 10 iterations)",
        title="every run",
    )
    curves.legend(loc="upper right")
    for place, (arm, (_, colour)) in enumerate(ARM_LABELS.items()):
        runs = len(results.seeds_of(arm))
        count = len(readings.converged_seeds(results, arm))
        shares.bar(place, count / runs, color=colour, width=0.6)
        shares.text(place, count / runs + 0.02, f"{count} of {runs}", ha="center")
    shares.set_xticks(range(len(ARM_LABELS)), [label for label, _ in ARM_LABELS.values()])
    shares.tick_params(axis="x", labelsize=11)
    shares.set(ylim=(0, 1.12), ylabel="share of runs below the dotted line", title="converged")
    return figure


def memories(results: Results) -> Figure:
    """What the paper leaves open: which pairs a roll-out may read, and the off-by-one metric."""
    figure, panels = new_figure(columns=2, height=4.6, sharey=True)
    variants = [
        ("stored", "absolute_error", "predictions stored back (reported)", COLOURS["mosaic"], "-"),
        ("observed", "absolute_error", "observed pairs only", COLOURS["recurrent"], "-"),
        (
            "zeroed",
            "absolute_error_misaligned",
            "published script: zero values,\ncompared one step late",
            COLOURS["ablation_2"],
            "-",
        ),
    ]
    for axes, (split, title) in zip(panels, SPLIT_TITLES.items(), strict=True):
        for memory, metric, label, colour, line in variants:
            seeds = readings.converged_seeds(results, config.THREE_UNITS)
            if not seeds:
                continue
            found = readings.errors(results, config.THREE_UNITS, split, seeds, metric, memory)
            context = np.arange(1, found.curves.shape[1] + 1)
            band(axes, context, found.curves, label, colour, linestyle=line)
        mark_periods(axes, split)
        axes.set(title=title, xlabel="context length T (observed points)")
        axes.margins(x=0)
    panels[0].set(ylabel="mean absolute error\nof the next 25 predictions", ylim=(0, 0.9))
    if panels[1].get_legend_handles_labels()[0]:
        panels[1].legend(loc="upper right")
    return figure


FIGURES = (
    FigureSpec(
        name="01_three_moons_one_unit",
        counterpart="Fig. 4",
        caption="**One memory unit waits for the whole sky.** Error of the next 25 predictions "
        "after T observed points; mean and 95 % interval over runs. Grey lines: one period of "
        "each moon. Red line: the common period. *Look for* a curve that ignores the grey lines "
        "and falls only at the red one.",
        alt="Two panels of error against context length for one memory unit. In both the curve "
        "stays flat past the three moon periods and falls sharply at the common period.",
        draw=one_unit,
    ),
    FigureSpec(
        name="01_three_moons_three_units",
        counterpart="Fig. 5",
        caption="**Three memory units wait for one moon each.** As above, with three units. "
        "*Look for* a staircase: one step down at each grey line, low before the red one.",
        alt="Two panels of error against context length for three memory units. The curve steps "
        "down at each moon's period and is low before the common period.",
        draw=three_units,
    ),
    FigureSpec(
        name="01_three_moons_moduli",
        counterpart="Fig. 6",
        caption="**Each unit has taken one moon.** Moduli of the complex entries of the three "
        "matrices of the first converged run. *Look for* one dark square in every row and every "
        "column, at the same moon and unit in all three (the output has the axes swapped).",
        alt="Three matrices of three by three squares; each has one dark square in every row and "
        "column, the same permutation in all three, and nearly white squares elsewhere.",
        draw=moduli,
    ),
    FigureSpec(
        name="01_three_moons_convergence",
        counterpart="none: section 3 says it in words",
        caption="**What the two tricks are worth.** Left: clipped loss of every run. Right: share "
        "of runs that end below the dotted line. *Look for* which trick the share of "
        "converged runs depends on.",
        alt="Left, loss curves of all runs of three arms on a logarithmic axis, with a dotted "
        "line that marks convergence. Right, bars with the share of converged runs an arm.",
        draw=convergence,
    ),
    FigureSpec(
        name="01_three_moons_memories",
        counterpart="none: the paper does not say which pairs its roll-outs read",
        caption="**What a roll-out may remember, and a metric that compares the wrong times.** "
        "Three units. Storing predictions back against reading observed pairs only; and the "
        "published script's procedure, which stores zero values and compares each prediction "
        "with the point one step earlier. *Look for* the floor under the last one.",
        alt="Two panels of error against context length for three ways of rolling out; the "
        "published script's way never goes below a floor, the other two do.",
        draw=memories,
    ),
)
