"""The figures of the attention maps, drawn from recorded runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memstudy.experiments.attention_maps import readings
from memstudy.experiments.attention_maps.config import (
    ABSOLUTE,
    ALIBI,
    EXTENDED,
    FACTOR,
    LONG,
    ROPE,
    TRAINED,
    arms,
    longer_arm,
    times_longer,
)
from memstudy.experiments.attention_maps.summaries import RECENT
from memstudy.language_models.config import MOSAIC
from memstudy.plotting import COLOURS, FigureSpec, band, new_figure, not_tried

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from memstudy.study import Results

# One colour a family; transformers are told apart by their lines where they share a panel.
STYLES = {
    MOSAIC: {"label": "mosaic", "colour": COLOURS["mosaic"], "linestyle": "-"},
    ABSOLUTE: {
        "label": "transformer, learned positions",
        "colour": COLOURS["transformer"],
        "linestyle": "-",
    },
    ROPE: {"label": "transformer, RoPE", "colour": COLOURS["transformer"], "linestyle": "-"},
    ALIBI: {"label": "transformer, ALiBi", "colour": COLOURS["transformer"], "linestyle": ":"},
}
TEXTS = {
    "babistories": "BabiStories",
    "stories": "short stories, a stand-in for BabiStories",
    "story_world": "generated stories, a stand-in for BabiStories",
}


def rows(results: Results) -> Figure:
    """Counterpart of Fig. 12: rows at the length of training."""
    return row_panels(results, (ABSOLUTE, MOSAIC), TRAINED)


def long_rows(results: Results) -> Figure:
    """Counterpart of Fig. 13: rows at three times the length of training."""
    return row_panels(results, (ROPE, ALIBI, MOSAIC), LONG)


def row_panels(results: Results, shown: tuple[str, ...], split: str) -> Figure:
    """Mean rows of some arms side by side: heads of the first run thin, mean of all runs thick."""
    length = results.profile.context_length
    figure, panels = new_figure(columns=len(shown), height=4.2, sharey=True)
    for axes, arm in zip(panels, shown, strict=True):
        weights = readings.attention(results, arm, split)  # (runs, heads, positions)
        if arm == MOSAIC:
            weights = weights[..., :-1]  # it never reads itself
        colour, name = STYLES[arm]["colour"], STYLES[arm]["label"]
        position = np.arange(weights.shape[2])
        for number, head in enumerate(weights[0]):
            label = "heads of one run" if number == 0 else None
            axes.plot(position, head, color=colour, lw=0.8, alpha=0.55, label=label)
        band(axes, position, weights.mean(1), "mean of heads, runs", "black", lw=1.6)
        axes.axhline(1 / len(position), color="0.45", lw=1.2, ls="--", label="equal weights")
        if split == LONG:
            mark(axes, (FACTOR - 1) * length, "L back")
        axes.set(title=name.replace(", ", ",\n"), xlabel="position read", yscale="log")
        axes.margins(x=0.02)
    windows = len(position) + (arm == MOSAIC)
    panels[0].set(ylabel="attention of the last position", ylim=(0.01 / windows, 1))
    panels[-1].legend(loc="lower center", fontsize=10)
    name_text(figure, results, f"windows of {windows} tokens")
    return figure


def long_loss(results: Results) -> Figure:
    """What the paper lacks: what reading beyond the length of training does to the loss."""
    length = results.profile.context_length
    figure, (whole, apart) = new_figure(columns=2, height=4.4)
    for arm in (ROPE, ALIBI, MOSAIC):
        style = dict(STYLES[arm])
        label, colour = style.pop("label"), style.pop("colour")
        curves = smooth(readings.losses(results, arm, LONG), length)
        band(whole, middles(curves, 0, length), curves, label, colour, **style)
        draw_rise(apart, results, arm, label, colour, **style)
    mark(whole, length, "L")
    whole.set(title="all tokens", xlabel="position in the window", ylabel="loss (nat)")
    mark_limits(apart)
    apart.legend(loc="lower right", fontsize=10)
    name_text(figure, results, f"windows of {FACTOR * length} tokens, L = {length}")
    return figure


def draw_rise(
    axes: Axes, results: Results, arm: str, label: str, colour: str, **style: object
) -> None:
    """Rise of the loss beyond L, along the window."""
    length = results.profile.context_length
    curves = smooth(readings.excess(results, arm), length)
    band(axes, middles(curves, length, length), curves, label, colour, **style)


def mark_limits(axes: Axes) -> None:
    """The axis of the rise, with the limits of the rule; linear up to the larger one."""
    for limit in (0.02, 0.1):
        axes.axhline(limit, color="0.45", lw=1.2, ls="--")
    axes.axhline(0, color="0.2", lw=1)
    axes.set_yscale("symlog", linthresh=0.1, linscale=1.5)
    ticks = [-0.1, -0.05, 0, 0.02, 0.05, 0.1, 0.3, 1, 3]
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set(
        title="against the same tokens\nread in windows of L",
        xlabel="position in the window",
        ylabel="rise of the loss (nat)",
    )


def longer(results: Results) -> Figure:
    """Rows and the rise of the loss before and after longer training; no rule rests on it."""
    if not results.profile.longer:
        return not_tried()
    figure, (rows_at_l, rises) = new_figure(columns=2, height=4.8)
    times = times_longer(results.profile)
    for arm in (ABSOLUTE, ROPE, ALIBI, MOSAIC):
        name, colour, line = (STYLES[arm][key] for key in ("label", "colour", "linestyle"))
        name = name.removeprefix("transformer, ")
        for which, width in ((arm, 1.0), (longer_arm(arm), 2.4)):
            label = f"{name}, {times} x the steps" if which != arm else None
            if arm in (ABSOLUTE, MOSAIC):
                weights = readings.attention(results, which)  # (runs, heads, positions)
                weights = weights[..., : -1 if arm == MOSAIC else None].mean(1)
                position = np.arange(weights.shape[1])
                band(rows_at_l, position, weights, label, colour, lw=width)
            if arm in EXTENDED:
                draw_rise(rises, results, which, label, colour, lw=width, ls=line)
    rows_at_l.axhline(1 / len(position), color="0.45", lw=1.2, ls="--")
    rows_at_l.set(
        title="mean of heads and runs",
        xlabel="position read",
        ylabel="attention of the last position",
        yscale="log",
    )
    mark_limits(rises)
    for axes in (rows_at_l, rises):
        axes.legend(loc="upper left", fontsize=10)
    name_text(
        figure, results, f"L = {results.profile.context_length}; thin: as in the other figures"
    )
    return figure


def smooth(curves: np.ndarray, length: int) -> np.ndarray:
    """Mean over neighbouring positions, an eighth of the trained length at a time."""
    width = max(1, length // 8)
    kernel = np.full(width, 1 / width)
    return np.stack([np.convolve(curve, kernel, mode="valid") for curve in curves])


def middles(curves: np.ndarray, first: int, length: int) -> np.ndarray:
    """Positions at the middle of what :func:`smooth` averaged."""
    return first + (max(1, length // 8) - 1) / 2 + np.arange(curves.shape[1])


def leak(results: Results) -> Figure:
    """Counterpart of Fig. 15: recent ends of the rows, and their width against λ_φ."""
    from matplotlib import colormaps

    figure, (ends, widths) = new_figure(columns=2, height=4.4)
    leaks, half = readings.leaks(results), readings.half_widths(results)  # (runs, heads)
    weights = readings.attention(results, MOSAIC)[0]  # (heads, positions) of the first run
    back = np.arange(min(RECENT, weights.shape[1] - 1))
    newest_first = weights[:, -2::-1][:, : len(back)]
    order = np.argsort(-leaks[0])
    shades = colormaps["Blues"](np.linspace(1.0, 0.35, len(order)))
    for head, shade in zip(order, shades, strict=True):
        label = f"{leaks[0, head]:.2g}"
        ends.plot(back, newest_first[head], color=shade, label=label, marker=".", ms=5)
    ends.axhline(1 / (weights.shape[1] - 1), color="0.45", lw=1.2, ls="--")
    ends.set(
        yscale="log",
        xlabel="pairs back from the newest",
        ylabel="attention of the last position",
        title="heads of one run",
    )
    ends.legend(title="leak λ", ncols=1 + len(order) // 6, loc="upper right", fontsize=10)
    for run, marker in zip(range(len(leaks)), "osD^vP*X" * 4, strict=False):
        widths.plot(leaks[run], half[run], marker, color=COLOURS["mosaic"], alpha=0.7, ms=8)
    correlation = readings.pooled_spearman(leaks, half).mean
    widths.set(
        xscale="log",
        xlabel="leak coefficient λ of the head",
        ylabel="half-width of the peak (pairs)",
        title=f"all runs: Spearman {correlation:.2f}",
    )
    widths.set_ylim(bottom=min(-0.2, -0.04 * half.max()))
    name_text(figure, results, "mosaic, one block")
    return figure


def mark(axes: Axes, place: float, name: str) -> None:
    """A named vertical line."""
    axes.axvline(place, color="#C00000", lw=1.5, zorder=0)
    axes.annotate(
        name,
        (place, 0.93),
        (4, 0),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        color="#C00000",
        fontsize=11,
    )


def name_text(figure: Figure, results: Results, more: str) -> None:
    """Say on the figure what the models were trained on and are reading."""
    corpus = arms(results.profile)[MOSAIC].model.text.corpus
    figure.suptitle(f"{TEXTS.get(corpus, corpus)}; {more}", fontsize=12)


FIGURES = (
    FigureSpec(
        name="05_attention_maps_rows",
        counterpart="Fig. 12",
        caption="**Where the last position looks.** Attention of the last position of a window to "
        "every position, averaged over windows, one block. Thin: heads of the first run. Black: "
        "mean over heads and runs, with its 95 % interval over runs. Dashed: the same weight for "
        "every position. *Look for* a spike at position 0, and for how far the rows stray from "
        "the dashed line before the newest tokens.",
        alt="Two panels, a transformer with learned positions and a mosaic: weight against the "
        "position that is read on a logarithmic axis, one thin line a head and a thick mean, with "
        "a dashed line where all positions have equal weights.",
        draw=rows,
    ),
    FigureSpec(
        name="05_attention_maps_long_rows",
        counterpart="Fig. 13",
        caption="**The same at three times the length of training.** Models that can read windows "
        "of any length. Red line: as far back as a training window ever reached; what stands left "
        "of it is farther from the reader than anything in training. *Look for* a change at the "
        "red line.",
        alt="Three panels, transformers with RoPE and with ALiBi and a mosaic: weight against the "
        "position that is read in windows of three times the trained length, on a logarithmic "
        "axis, with a red line one trained length before the end.",
        draw=long_rows,
    ),
    FigureSpec(
        name="05_attention_maps_long_loss",
        counterpart="none: the paper shows maps, not what they are worth",
        caption="**What reading farther than in training costs.** Left: loss by position, averaged "
        "over neighbouring positions; the models read the same windows, so bumps of the text are "
        "common to all. Right: the same beyond L, minus the loss of the very same tokens when no "
        "window is longer than L. Bands: 95 % interval over runs. Dashed: the two limits "
        "of the rule; the axis is linear up to 0.1. *Look for* curves above and below zero.",
        alt="Left, loss by position up to three times the trained length for RoPE, ALiBi and "
        "mosaic, with a red line at the trained length. Right, the rise of the loss of the same "
        "tokens against windows of the trained length, with dashed lines at two limits.",
        draw=long_loss,
    ),
    FigureSpec(
        name="05_attention_maps_leak",
        counterpart="Fig. 15",
        caption="**A head's leak sets how far its recent peak reaches.** Left: weights of the "
        "newest pairs in the heads of one run, the darker the larger the leak. Right: half-width "
        "of the peak against the leak, every head of every run (one marker a run); 0: no peak. "
        "*Look for* points that rise to the right.",
        alt="Left, weight against distance from the newest pair, one line for each head of a "
        "mosaic, labelled with its leak coefficient. Right, half-width of the recent peak against "
        "the leak coefficient on a logarithmic axis, one point a head.",
        draw=leak,
    ),
    FigureSpec(
        name="05_attention_maps_longer",
        counterpart="none: the paper shows one length of training",
        caption="**What longer training changes.** Left: mean rows in windows of L, as in the "
        "first figure. Right: rise of the loss beyond L, as in the third. Thin: the models of the "
        "other figures; thick: the same after a longer schedule. Bands: 95 % interval over runs. "
        "Dashed: equal weights, and the two limits of the rule, which rests on the thin lines "
        "alone. *Look for* thick lines that leave the thin ones.",
        alt="Left, weight against the position that is read on a logarithmic axis, for a "
        "transformer with learned positions and a mosaic. Right, the rise of the loss against the "
        "position in windows of three times the trained length, for RoPE, ALiBi and the mosaic. "
        "Each thin as in the other figures and thick after longer training.",
        draw=longer,
    ),
)
