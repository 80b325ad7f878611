"""The figures of the embedding experiment, drawn from recorded runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memstudy.experiments.embedding_information import finite_language, readings
from memstudy.experiments.embedding_information.config import (
    AUTOENCODER,
    CAUSAL,
    CONTRASTIVE,
    ENCODER,
    MIXER_AUTOENCODER,
    OFFICIAL,
    ON_RANDOM,
    RANDOM,
    REPEAT,
    STRICT,
    UNIGRAM,
    UNTRAINED,
    part_name,
)
from memstudy.experiments.embedding_information.readings import MAIN
from memstudy.plotting import COLOURS, FigureSpec, band, new_figure
from memstudy.records import facts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from memstudy.study import Results

ENCODER_COLOURS = {
    UNTRAINED: COLOURS["analytic"],
    CAUSAL: COLOURS["transformer"],
    CONTRASTIVE: COLOURS["ablation_2"],
    AUTOENCODER: COLOURS["mosaic_one_unit"],
}
MIXER_COLOUR = COLOURS["ablation"]
METRICS = {"accuracy": "token accuracy", "entropy_ratio": "entropy ratio"}
TABLE_MARKERS = {STRICT: "o", OFFICIAL: "s"}


def retention(results: Results) -> Figure:
    """Counterpart of the tables of encoders: what each vector holds, by both probes."""
    profile = results.profile
    figure, panels = new_figure(2, 2, height=6.6, sharex="col", sharey="row")
    hard = readings.autoencoders(results)[profile.judged_length]
    for row, (metric, name) in zip(panels, METRICS.items(), strict=True):
        for place, arm in enumerate(MAIN):
            colour = ENCODER_COLOURS[arm]
            for shift, (table, found) in zip(
                (-0.13, 0.13), readings.tables(results, arm, metric).items(), strict=True
            ):
                points(row[0], place + shift, found, colour, TABLE_MARKERS[table], table)
            read = hard if arm == AUTOENCODER else arm
            found = readings.probed(results, read, metric, profile.judged_length)
            points(row[1], place, found, colour, "o", STRICT)
        found = readings.itself(results, hard, metric, profile.judged_length)
        points(row[1], len(MAIN) - 0.8, found, ENCODER_COLOURS[AUTOENCODER], "D", "its own")
        row[0].set(ylabel=name)
    for axes, length in zip(panels[0], (profile.length, profile.judged_length), strict=True):
        level = readings.values(results, CAUSAL, "accuracy", part_name(UNIGRAM, length)).mean()
        axes.axhline(level, color="0.45", lw=1.3, ls="--", label="commonest token")
        floats = profile.network.d_model / length
        axes.set(title=f"n = {length}: {floats:g} {'float' if floats == 1 else 'floats'} a token")
    for axes in panels[1]:
        axes.set_xticks(range(len(MAIN)), [label(arm) for arm in MAIN], fontsize=11)
        axes.margins(x=0.12)
    legend(panels[0][0], "upper left")
    legend(panels[0][1], "upper left")
    return figure


def points(axes: Axes, x: float, values: np.ndarray, colour: str, marker: str, name: str) -> None:
    """All runs as points beside each other, their mean as a bar."""
    spread = np.linspace(-0.05, 0.05, len(values)) if len(values) > 1 else np.zeros(1)
    axes.plot(x + spread, values, marker, color=colour, ms=7, alpha=0.8, label=name)
    axes.plot([x - 0.11, x + 0.11], [values.mean()] * 2, color=colour, lw=2)


def legend(axes: Axes, place: str) -> None:
    """One entry a name, in grey where several colours share it."""
    from matplotlib.lines import Line2D

    handles, names = axes.get_legend_handles_labels()
    found = dict(zip(names, handles, strict=True))
    shown = [
        handle
        if name == "commonest token"
        else Line2D([], [], color="0.3", marker=handle.get_marker(), ls="none", ms=7)
        for name, handle in found.items()
    ]
    named = [name if name == "commonest token" else f"{name} decoder" for name in found]
    named = [name.replace(f"{t} decoder", f"{t} probe") for name in named for t in [first(name)]]
    axes.legend(shown, named, loc=place, fontsize=10)


def first(name: str) -> str:
    """The first word."""
    return name.split()[0]


def label(arm: str) -> str:
    """Name of an encoder on an axis."""
    return {AUTOENCODER: "auto-\nencoder", CONTRASTIVE: "contras-\ntive"}.get(arm, arm)


def probes(results: Results) -> Figure:
    """How the probes learn: the comparison is one at equal steps, not at the end of learning."""
    figure, panels = new_figure(columns=2, height=4.2, sharey=True)
    length = results.profile.length
    for axes, table in zip(panels, (STRICT, OFFICIAL), strict=True):
        for arm in MAIN:
            steps, losses = readings.curve(results, arm, part_name(table, length))
            band(axes, steps, losses, arm, ENCODER_COLOURS[arm], marker=".")
        level = readings.values(results, CAUSAL, "loss", part_name(UNIGRAM, length)).mean()
        axes.axhline(level, color="0.45", lw=1.3, ls="--", label="frequencies alone")
        what = "the encoder's own table, frozen" if table == STRICT else "a new table, trained"
        axes.set(title=f"{table} probe:\n{what}", xlabel="step of the probe")
    panels[0].set(ylabel=f"held-out loss (nat), n = {length}")
    panels[1].legend(fontsize=10)
    return figure


def lengths(results: Results) -> Figure:
    """Counterpart of the table of retention by length, and where the retained tokens stand."""
    profile = results.profile
    figure, (by_length, by_place) = new_figure(columns=2, height=4.4, sharey=True)
    found = readings.length_sweep(results)
    band(by_length, profile.lengths, found, "causal", ENCODER_COLOURS[CAUSAL], marker="o")
    short = sorted({profile.length, profile.judged_length})
    both = np.stack([readings.probed(results, UNTRAINED, "accuracy", n) for n in short], axis=1)
    band(by_length, short, both, "untrained", ENCODER_COLOURS[UNTRAINED], marker="o")
    arms = readings.autoencoders(results)
    own = [readings.itself(results, arm, "accuracy", n).mean() for n, arm in arms.items()]
    style = {"color": ENCODER_COLOURS[AUTOENCODER], "marker": "D"}
    by_length.plot(list(arms), own, label="autoencoder, own decoder", **style)
    level = readings.values(results, CAUSAL, "accuracy", part_name(UNIGRAM, profile.length))
    by_length.axhline(level.mean(), color="0.45", lw=1.3, ls="--", label="commonest token")
    by_length.set_xscale("log", base=2)
    ticks = sorted({*profile.lengths, *arms})
    by_length.set_xticks(ticks, [str(tick) for tick in ticks])
    by_length.set(xlabel="tokens n of a sequence", ylabel="token accuracy", ylim=(0, 1.03))
    by_length.set_title(f"width {profile.network.d_model}")
    by_length.legend(fontsize=10)

    n = profile.judged_length
    for arm in MAIN:
        curves = readings.from_the_end(results, arm, n)
        back = np.arange(curves.shape[1])[:24]
        band(by_place, back, curves[:, : len(back)], arm, ENCODER_COLOURS[arm], marker=".")
    by_place.axhline(level.mean(), color="0.45", lw=1.3, ls="--")
    by_place.set(xlabel="tokens before the last one", title=f"by position, n = {n}, strict probe")
    by_place.legend(fontsize=10)
    return figure


def size(results: Results) -> Figure:
    """Whether more training or a wider model changes what a causal encoder's vector holds."""
    figure, (by_data, by_width) = new_figure(columns=2, height=4.2, sharey=True)
    tokens, found = readings.data_sweep(results)
    colour = ENCODER_COLOURS[CAUSAL]
    band(by_data, tokens, found, "causal", colour, marker="o")
    by_data.set(xscale="log", xlabel="training tokens", ylabel="token accuracy")
    widths, found = readings.width_sweep(results)
    band(by_width, widths, found, "causal", colour, marker="o")
    _, control = readings.width_sweep(results, UNTRAINED)
    band(by_width, widths, control, "untrained", ENCODER_COLOURS[UNTRAINED], marker="o")
    by_width.set_xscale("log", base=2)
    by_width.set_xticks(widths, [str(width) for width in widths])
    by_width.set(xlabel="width of encoder and decoder")
    for axes in (by_data, by_width):
        part = part_name(UNIGRAM, results.profile.judged_length)
        level = readings.values(results, CAUSAL, "accuracy", part).mean()
        axes.axhline(level, color="0.45", lw=1.3, ls="--", label="commonest token")
    by_data.set_ylim(0, 1.08 * by_data.get_ylim()[1])
    by_width.legend(fontsize=10)
    figure.suptitle(f"strict probe, n = {results.profile.judged_length}", fontsize=12)
    return figure


def autoencoder_kinds(results: Results) -> Figure:
    """Decoders, families, and what an autoencoder makes of tokens that are no text."""
    figure, (curves, random) = new_figure(columns=2, height=4.4, width_ratios=(3, 2))
    shown = {
        AUTOENCODER: ("transformer, unrolled", ENCODER_COLOURS[AUTOENCODER], "-"),
        REPEAT: ("transformer, repeated", ENCODER_COLOURS[AUTOENCODER], ":"),
        MIXER_AUTOENCODER: ("mixer, unrolled", MIXER_COLOUR, "-"),
    }
    for arm, (name, colour, line) in shown.items():
        steps, losses = readings.curve(results, arm, ENCODER)
        spent = facts(results, arm)["encoder_flops"] * steps / steps.max() / 1e12
        band(curves, spent, losses, name, colour, linestyle=line, marker=".")
    curves.set(
        xlabel="operations of the training (10¹²)",
        ylabel="held-out loss (nat)",
        title=f"regenerating n = {results.profile.length} tokens",
    )
    curves.legend(fontsize=10)

    n = results.profile.length
    bars = {
        "text,\nread text": readings.itself(results, AUTOENCODER, "loss", n),
        "text,\nread\nrandom": readings.itself(results, AUTOENCODER, "loss", n, RANDOM),
        "random,\nread\nrandom": readings.itself(results, ON_RANDOM, "loss", n, RANDOM),
    }
    for place, values in enumerate(bars.values()):
        points(random, place, values, ENCODER_COLOURS[AUTOENCODER], "o", "")
    chance = np.log(facts(results, AUTOENCODER)["vocab_size"])
    random.axhline(chance, color="0.2", lw=1.3, ls="--")
    random.annotate("ln V", (0, chance), (0, 4), textcoords="offset points", fontsize=11)
    random.set_xticks(range(len(bars)), list(bars), fontsize=10)
    random.set(title="trained on, reading", ylabel="loss (nat)")
    random.set_ylim(bottom=0)
    random.margins(x=0.2)
    return figure


def finite(results: Results) -> Figure:
    """BM-16: where the vectors of all inputs of the finite language lie."""
    figure, panels = new_figure(columns=3, height=3.7)
    colours = [COLOURS[name] for name in ("mosaic", "transformer", "recurrent", "state_space")]
    for axes, encoder in zip(panels, finite_language.ENCODERS, strict=True):
        places, classes = finite_language.shown_vectors(results, encoder)
        for number in range(classes.max() + 1):
            x, y = places[classes == number].T
            axes.plot(x, y, "o^sD"[number % 4], color=colours[number % 4], ms=6, alpha=0.7)
        within = finite_language.measured(results, "spread_within", encoder).mean()
        axes.set(title=f"{encoder}\n{within:.2f} of the variance within", aspect="equal")
        axes.set_xticklabels([])
        axes.set_yticklabels([])
        axes.set_adjustable("datalim")
    panels[0].set(ylabel="second main axis")
    panels[1].set(xlabel="first main axis")
    return figure


FIGURES = (
    FigureSpec(
        name="06_embedding_information_retention",
        counterpart="tables of mixers and transformers, information recovery",
        caption="**What the vector of the last token holds.** Token accuracy and entropy ratio of "
        "decoders that regenerate n tokens from one vector, for four encoders; points: runs, bars: "
        "their means. Left both probes: *strict*, nothing of the encoder is trained; *official*, a "
        "new table of tokens below its frozen blocks is. Right one float a token; a diamond there "
        "is the autoencoder's own decoder. *Look for* the distance between the autoencoder and the "
        "others, and how little training on the next token adds to no training.",
        alt="Four panels of points, one group an encoder: untrained, causal, contrastive, "
        "autoencoder. Above token accuracy with a dashed line at the commonest token's frequency, "
        "below entropy ratio; left short sequences with two kinds of probe, right longer ones.",
        draw=retention,
    ),
    FigureSpec(
        name="06_embedding_information_probes",
        counterpart="none: curves of the probes, since all comparisons are at equal steps",
        caption="**How the probes learn.** Held-out loss of the probes over their training, mean "
        "and 95 % interval over runs. Dashed: the loss of predicting the frequencies of tokens. "
        "*Look for* curves that are still falling: a number below is what a probe finds in these "
        "steps, and bounds from below what is there.",
        alt="Two panels, strict and official probe: held-out loss against steps of the probe, one "
        "line for each of four encoders, with a dashed line at the loss of token frequencies.",
        draw=probes,
    ),
    FigureSpec(
        name="06_embedding_information_lengths",
        counterpart="table of pretrained models by length",
        caption="**Longer sequences, same vector.** Left: token accuracy against the length of the "
        "sequence at constant width. Right: accuracy of the strict probe by position, counted "
        "back from the last token; of the autoencoder the one of that length. Bands: 95 % interval "
        "over runs. *Look for* how far back an encoder that was not "
        "trained to regenerate can be read.",
        alt="Left, token accuracy against sequence length on a logarithmic axis for causal, "
        "untrained and autoencoding encoders. Right, accuracy against the number of tokens before "
        "the last one for untrained, causal, contrastive and autoencoding encoders.",
        draw=lengths,
    ),
    FigureSpec(
        name="06_embedding_information_size",
        counterpart="none: said in words",
        caption="**More data, more width.** Token accuracy of the strict probe for causal encoders "
        "that saw less text (left) or are narrower (right). The decoder is as wide as the "
        "encoder: the grey line shows what a wider decoder alone does. *Look for* slopes: the "
        "rule allows 0.02 per tenfold of tokens and per doubling of width.",
        alt="Left, token accuracy against training tokens of causal encoders. Right, against width "
        "for causal and untrained encoders. A dashed line marks the commonest token's frequency.",
        draw=size,
    ),
    FigureSpec(
        name="06_embedding_information_autoencoders",
        counterpart="repeat_vs_unroll_transformer_figure, autoencoder_scaling_figure, "
        "random_loss_figure",
        caption="**Kinds of autoencoders.** Left: held-out loss against the operations spent. "
        "Right: loss of the autoencoder on text, of the same on uniformly drawn tokens, and of one "
        "that was trained on such tokens. Dashed: ln V, the loss of knowing nothing. *Look for* "
        "the order of the curves at their right ends, and for points above the dashed line.",
        alt="Left, held-out loss against training operations for a transformer autoencoder with "
        "unrolled and with repeated vector and for a mixer. Right, losses on text and on random "
        "tokens as points, with a dashed line at ln V.",
        draw=autoencoder_kinds,
    ),
    FigureSpec(
        name="06_embedding_information_finite",
        counterpart="none: the paper argues in words",
        caption="**A language with many inputs and few continuations.** The vectors of all inputs "
        "of the finite language on their two main axes, first run; colour and shape: the "
        "continuation. *Look for* clumps: an encoder that only has to predict the continuation "
        "lets inputs with the same one fall together, an autoencoder must not.",
        alt="Three scatter plots of the vectors of all inputs: untrained, causal, autoencoder. "
        "Colours and shapes of the points give the continuation; titles give the share of variance "
        "within equal continuations.",
        draw=finite,
    ),
)
