"""The figures of the experiment, drawn from recorded runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memstudy.core.statistics import bootstrap_band
from memstudy.experiments.copy_tasks import readings
from memstudy.experiments.copy_tasks.arms import TABLES
from memstudy.experiments.copy_tasks.config import (
    BLANK,
    CAUSAL,
    COMBINED,
    COPY,
    FULL,
    MEMORY,
    MODES,
)
from memstudy.experiments.copy_tasks.tables import memory_arms
from memstudy.plotting import COLOURS, FigureSpec, band, new_figure

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from memstudy.study import Results

# One colour for each way in which a model comes by its memories.
NOTHING, LEARNED, AUTOENCODED = COLOURS["analytic"], COLOURS["recurrent"], COLOURS["transformer"]
FROM_CAUSAL, FROM_MEMORY = COLOURS["state_space"], COLOURS["ablation"]
STAGED, WHOLE = COLOURS["mosaic_one_unit"], COLOURS["mosaic"]

# Arms as the figures write them, in the order of section D, with their colours.
STRATEGIES = {
    "causal_full_context": ("causal, full context", WHOLE),
    "causal_none": ("causal, no memory", NOTHING),
    "causal_recurrent": ("causal, recurrent memory", LEARNED),
    "causal_memory": ("1 causal", LEARNED),
    "copy_none": ("copy, no memory", NOTHING),
    "copy_trainable": ("2 copy", LEARNED),
    "copy_causal_encoder": ("3 copy, causal encoder", FROM_CAUSAL),
    "copy_autoencoder": ("4 copy, autoencoder", AUTOENCODED),
    "blank_none": ("blank, no memory", NOTHING),
    "blank_autoencoder": ("5 blank, autoencoder", AUTOENCODED),
    "blank_memory_encoder": ("blank, encoder of 1", FROM_MEMORY),
    "blank_causal_encoder": ("blank, causal encoder", FROM_CAUSAL),
    "curriculum": ("6 curriculum", STAGED),
    "curriculum_without_memory": ("6 without memories", NOTHING),
    "curriculum_causal_encoder": ("7 curriculum, causal enc.", FROM_CAUSAL),
    "combined": ("8 causal + copy", LEARNED),
    "combined_cue": ("8 with the cue", LEARNED),
    "curriculum_then_combined": ("9 curriculum, then both", STAGED),
    "curriculum_then_causal": ("10 curriculum, then causal", STAGED),
}
QUESTIONS = {
    CAUSAL: "causal loss (nat)",
    COPY: "copy accuracy",
    BLANK: "blank-copy accuracy",
}
TABLE_WORDS = {"": "own table", "_new_table": "new table"}


def abilities(results: Results) -> Figure:
    """Every strategy at the three questions."""
    figure, panels = new_figure(columns=3, height=8.6, sharey=True)
    places = np.arange(len(STRATEGIES))
    for axes, mode in zip(panels, MODES, strict=True):
        metric = "loss" if mode == CAUSAL else "accuracy"
        for place, (arm, (_, colour)) in zip(places, STRATEGIES.items(), strict=True):
            for end in TABLES:
                if _is_asked(results, arm + end, mode):
                    values = readings.score(results, arm + end, mode, metric)
                    _point(axes, values, place + 0.2 * bool(end), colour, hollow=bool(end))
        axes.set_title(QUESTIONS[mode], fontsize=12)
        for place in places:
            axes.axhline(place + 0.5, color="0.9", lw=0.6, zorder=0)
    chance = readings.chance(results)
    panels[2].axvline(chance, color="0.3", ls=":", lw=1.2)
    panels[0].set_yticks(places, [words for words, _ in STRATEGIES.values()])
    panels[0].invert_yaxis()
    for axes in panels[1:]:
        axes.set_xlim(-0.03, 1.03)
    _table_legend(figure, panels[0])
    return figure


def curves(results: Results) -> Figure:
    """Accuracy over steps: copying, and copying blindly, with the encoders' own tables."""
    figure, panels = new_figure(columns=2, height=5.6, sharey=True)
    copied = {
        "copy_none": ("no memory", NOTHING),
        "copy_trainable": ("trainable encoder", LEARNED),
        "copy_autoencoder": ("frozen autoencoder", AUTOENCODED),
        "curriculum": ("blank copy before", STAGED),
        "curriculum_without_memory": ("... without memories", "0.65"),
    }
    blindly = {
        "blank_autoencoder": ("frozen autoencoder", AUTOENCODED),
        "curriculum": ("... half the steps", STAGED),
        "blank_memory_encoder": ("encoder of causal memory", FROM_MEMORY),
        "blank_causal_encoder": ("frozen causal encoder", FROM_CAUSAL),
    }
    for axes, arms, mode in zip(panels, (copied, blindly), (COPY, BLANK), strict=True):
        for arm, (words, colour) in arms.items():
            steps, values = readings.curve(results, arm, mode)
            band(axes, steps, values, words, colour)
        axes.set(xlabel="steps of all stages", title=QUESTIONS[mode], ylim=(0, 1.02))
        axes.legend(loc="upper center", bbox_to_anchor=(0.46, -0.15), ncols=2, fontsize=9)
    panels[1].axhline(readings.chance(results), color="0.3", ls=":", lw=1.2)
    panels[0].set_ylabel("accuracy inside chunks")
    return figure


def tables(results: Results) -> Figure:
    """BM-12b: the same arms with the autoencoder's own table of tokens, and with a new one."""
    figure, panels = new_figure(columns=3, height=4.8, sharey=True)
    shown = (
        ("copy_autoencoder", COPY, AUTOENCODED, "copy"),
        ("blank_autoencoder", BLANK, AUTOENCODED, "blank copy"),
        ("curriculum", COPY, STAGED, "blank copy, then copy"),
    )
    for axes, (arm, mode, colour, title) in zip(panels, shown, strict=True):
        for end, style in zip(TABLES, ("-", "--"), strict=True):
            steps, values = readings.curve(results, arm + end, mode)
            band(axes, steps, values, TABLE_WORDS[end], colour, ls=style)
        if mode == COPY:
            steps, values = readings.curve(results, "copy_none", COPY)
            band(axes, steps, values, "no memory", NOTHING, lw=1.2)
        axes.set(title=title, ylim=(0, 1.02))
    panels[1].set_xlabel("steps of all stages")
    panels[0].set_ylabel("accuracy inside chunks")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def places(results: Results) -> Figure:
    """Which tokens of a chunk can be had from its memory: blank copy by place in the chunk."""
    figure, axes = new_figure(height=4.6)
    shown = {
        "blank_autoencoder": ("autoencoder", AUTOENCODED),
        "blank_memory_encoder": ("encoder of a causal memory model", FROM_MEMORY),
        "blank_causal_encoder": ("encoder of a causal language model", FROM_CAUSAL),
    }
    for arm, (words, colour) in shown.items():
        for end, style in zip(TABLES, ("-", "--"), strict=True):
            where, values = readings.by_position(results, arm + end, BLANK)
            band(axes, where + 1, values, f"{words}, {TABLE_WORDS[end]}", colour, ls=style)
    chance = readings.chance(results)
    axes.axhline(chance, color="0.3", ls=":", lw=1.2, label="commonest token")
    axes.set(
        xlabel=f"place in a chunk of {results.profile.chunk} tokens (the first is never trained)",
        ylabel="blank-copy accuracy",
        ylim=(0, 1.02),
    )
    figure.legend(loc="outside lower center", ncols=2, fontsize=10)
    return figure


def costs(results: Results) -> Figure:
    """BM-14: attended pairs, time of reading, stored keys and values over n."""
    figure, (pairs, times, cache) = new_figure(columns=3, height=4.6)
    full = readings.counted(results, "pairs", FULL)
    least = readings.least_chunks(results)
    n = np.array(sorted(least))
    pairs.loglog(n, [full[m][1] for m in n], color=WHOLE, marker="o", label="full context")
    counted = np.array([least[m][1] for m in n])
    pairs.loglog(n, counted, color=AUTOENCODED, marker="o", label="memories, best S")
    line = counted[-1] * (n / n[-1]) ** (4 / 3)
    pairs.loglog(n, line, color="0.3", ls=":", label="slope 4/3")
    pairs.set(title="pairs attended to\nin reading n tokens")
    _mark_lengths(pairs, list(n)[::2])
    ratios = {
        "reading": (readings.time_ratios(results), STAGED, "o"),
        "a token": (readings.time_ratios(results, "token_seconds"), NOTHING, "s"),
    }
    for words, (found, colour, marker) in ratios.items():
        m = np.array(sorted(found))
        mean = np.array([found[k].mean() for k in m])
        ends = np.array([bootstrap_band(found[k][:, None]) for k in m])[..., 0]
        times.errorbar(
            m,
            mean,
            yerr=np.abs(ends.T - mean),
            color=colour,
            marker=marker,
            capsize=3,
            label=words,
        )
    times.axhline(1, color="0.2", lw=1)
    times.set(xscale="log", yscale="log", title="time, full context\nover memories")
    times.set_yticks((0.5, 1, 2, 4, 8), ("0.5", "1", "2", "4", "8"))
    times.minorticks_off()
    _mark_lengths(times, list(m))
    for part, colour in ((FULL, WHOLE), (MEMORY, AUTOENCODED)):
        found = readings.cache(results, part)
        m = sorted(found)
        cache.loglog(m, [found[k][0] / 1024 for k in m], color=colour, marker="o")
    cache.set(title="keys and values\nstored (KiB)")
    _mark_lengths(cache, m)
    pairs.legend(fontsize=9)
    times.legend(fontsize=9)
    return figure


def _is_asked(results: Results, arm: str, mode: str) -> bool:
    """Whether an arm was run, and, where losses are shown, trained for them."""
    stage = memory_arms(results).get(arm)
    return stage is not None and (mode != CAUSAL or stage.task in (CAUSAL, COMBINED))


def _mark_lengths(axes: Axes, lengths: list[int]) -> None:
    """Ticks at every other length, all of which are powers of two."""
    axes.set_xticks(lengths[::2], [f"{n // 1024}k" if n >= 1024 else str(n) for n in lengths[::2]])
    axes.minorticks_off()
    axes.set_xlabel("n")


def _point(axes: Axes, values: np.ndarray, place: float, colour: str, hollow: bool) -> None:
    """Mean of some runs, with its interval where there are several."""
    mean = values.mean()
    error = None
    if len(values) > 1:
        low, high = bootstrap_band(values[:, None])
        error = np.abs(np.stack((mean - low, high - mean)))
    axes.errorbar(
        mean,
        place,
        xerr=error,
        color=colour,
        marker="o",
        markersize=7,
        markerfacecolor="white" if hollow else colour,
        capsize=3,
    )


def _table_legend(figure: Figure, axes: Axes) -> None:
    """What filled and hollow points are."""
    words: Iterable[tuple[str, str]] = (
        ("0.3", "own table, or no frozen encoder"),
        ("white", "table drawn anew"),
    )
    for face, label in words:
        axes.plot([], [], "o", color="0.3", markerfacecolor=face, markersize=7, label=label)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2)


FIGURES = (
    FigureSpec(
        name="07_copy_tasks_abilities",
        counterpart="the paper's comparison of training strategies (curves, table)",
        caption="**What each strategy teaches.** All arms after equally many steps: mean and 95 % "
        "interval over seeds; numbers are ours, in the order of the author's "
        "recipes. Hollow points: the frozen encoder's table of tokens was drawn anew, as the "
        "official code does. Dotted: the commonest token. Left: lower is better; only arms whose "
        "last stage trained it. *Look for* the distance between memory and no memory on the left "
        "(BM-9), the arms that are good on the left and in the middle (BM-11), and hollow beside "
        "filled points (BM-12b).",
        alt="Three panels that share their rows, one a training strategy: causal loss, copy "
        "accuracy and blank-copy accuracy, as points with error bars, filled and hollow.",
        draw=abilities,
    ),
    FigureSpec(
        name="07_copy_tasks_curves",
        counterpart="the paper's curves of copy and blank copy",
        caption="**How copying is learned.** Accuracy on validation texts over the steps of all "
        "stages, mean and 95 % interval over seeds; frozen encoders with their own tables. Every "
        "stage has its own warm-up and fall of the learning rate; the curriculum's blank stage is "
        "in the right panel, its copy stage in the left one. *Look for* the yellow curve: does "
        "copy training alone use a frozen autoencoder, or stay at no memory as the paper says "
        "(BM-12)?",
        alt="Two panels of accuracy against steps. Left, copying: no memory, trainable encoder, "
        "frozen autoencoder, curriculum with and without memories. Right, blank copying with four "
        "encoders, and a dotted line at the frequency of the commonest token.",
        draw=curves,
    ),
    FigureSpec(
        name="07_copy_tasks_tables",
        counterpart="none: what the official code does to a frozen encoder's table",
        caption="**The frozen encoder with its own table of tokens, and with a new one.** Same "
        "blocks, same decoder at the start, same texts. With a new table (dashed) the first "
        "memories mean nothing, and the table must be learned through the frozen blocks. "
        "*Look for* the dashed curves: do they stay at no memory for longer than the solid ones "
        "(BM-12b)?",
        alt="Three panels of accuracy against steps for copy, blank copy and the curriculum, with "
        "a solid curve for the encoder's own table, a dashed one for a new table, and a grey one "
        "for no memory.",
        draw=tables,
    ),
    FigureSpec(
        name="07_copy_tasks_places",
        counterpart="the paper's information left in causal encoders",
        caption="**Which tokens a memory gives back.** Blank copy by the place of the token in its "
        "chunk, mean and 95 % interval over seeds. A causal encoder has just read the last token "
        "when its vector is taken, and little else is needed to predict the next one. *Look for* a "
        "curve that rises at the right end alone (BM-10, BM-13).",
        alt="Blank-copy accuracy against the place in the chunk for three frozen encoders, each "
        "with its own table (solid) and a new one (dashed).",
        draw=places,
    ),
    FigureSpec(
        name="07_copy_tasks_costs",
        counterpart="the paper's analysis of complexity",
        caption="**What reading n tokens costs.** Left: pairs of query and key, counted in the "
        "operations that PyTorch counts. Middle: time of full context over time of the memory "
        "model, in turns on one machine, mean and 95 % interval over rounds; above 1 memories are "
        "faster. Right: bytes of keys and values. S is the power of two next to the best. "
        "*Look for* the slope 4/3 on the left, and where the middle curve crosses 1 (BM-14).",
        alt="Three panels over n on logarithmic axes: attended pairs of full context and of the "
        "memory model with a line of slope 4/3, the ratio of times with a line at 1, and stored "
        "kibibytes.",
        draw=costs,
    ),
)
