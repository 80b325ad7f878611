"""Figures of the pairings, drawn from recorded runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memstudy.experiments.copy_tasks.config import CAUSAL, COMBINED
from memstudy.experiments.cross_paper.drawing import point
from memstudy.experiments.cross_paper.pairings import readings
from memstudy.experiments.cross_paper.pairings.config import (
    DECODERS,
    ENCODERS,
    MOSAIC,
    NONE,
    PLACED,
    TRANSFORMER,
)
from memstudy.plotting import COLOURS, FigureSpec, band, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from memstudy.study import Results

ENCODER_WORDS = {
    MOSAIC: "mosaic as encoder",
    TRANSFORMER: "transformer as encoder",
    NONE: "no memory",
}
ENCODER_COLOURS = {
    MOSAIC: COLOURS["mosaic"],
    TRANSFORMER: COLOURS["transformer"],
    NONE: COLOURS["analytic"],
}
DECODER_WORDS = {
    TRANSFORMER: "transformer",
    MOSAIC: "mosaic",
    PLACED: "mosaic with\npositions",
}
SHIFTS = dict(zip(ENCODERS, (-0.25, 0.0, 0.25), strict=True))
TASK_WORDS = {COMBINED: "next tokens and copies", CAUSAL: "next tokens alone"}


def pairings(results: Results) -> Figure:
    """X-3: copy accuracy and next-token loss of every pairing."""
    figure, (copied, causal) = new_figure(columns=2, height=5.2)
    for place, decoder in enumerate(DECODER_WORDS):
        for encoder in ENCODERS:
            colour, x = ENCODER_COLOURS[encoder], place + SHIFTS[encoder]
            label = ENCODER_WORDS[encoder] if place == 0 else None
            point(copied, x, readings.copied(results, encoder, decoder), colour, label)
            point(causal, x, readings.causal_loss(results, encoder, decoder), colour)
            if encoder != NONE and decoder in DECODERS:
                alone = readings.causal_loss(results, encoder, decoder, CAUSAL)
                point(causal, x, alone, colour, hollow=True)
    for axes in (copied, causal):
        axes.set_xticks(range(len(DECODER_WORDS)), DECODER_WORDS.values(), fontsize=11)
        axes.set(xlabel="decoder")
    copied.set(ylabel="copy accuracy inside chunks", ylim=(0, None))
    causal.set(ylabel="next-token loss (nat)")
    for hollow, task in enumerate((COMBINED, CAUSAL)):
        face = "white" if hollow else "0.3"
        causal.plot([], [], "o", color="0.3", markerfacecolor=face, label=TASK_WORDS[task])
    causal.legend(title="trained on", fontsize=10, title_fontsize=10)
    figure.legend(*copied.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def curves(results: Results) -> Figure:
    """Copy accuracy over training, a panel a decoder."""
    figure, panels = new_figure(columns=len(DECODER_WORDS), height=4.8, sharey=True)
    for (decoder, words), axes in zip(DECODER_WORDS.items(), panels, strict=True):
        for encoder in ENCODERS:
            steps, values = readings.curve(results, encoder, decoder)
            band(axes, steps, values, ENCODER_WORDS[encoder], ENCODER_COLOURS[encoder])
        axes.set(xlabel="steps", title=f"decoder: {words}")
    panels[0].set_ylabel("copy accuracy")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


FIGURES = (
    FigureSpec(
        name="11_cross_paper_pairings",
        counterpart="none: BM-11 asked of four pairings",
        caption="**Which family writes, and which reads, the memories of a memory model?** "
        "Left: copy accuracy inside chunks, without the first and the last token of each, by "
        "decoder and encoder; small dots are runs. Right: next-token loss of the same models "
        "(filled) and of models that were never asked for a copy (hollow). *Look for* points with "
        "an encoder above the grey one without memories: only there are memories read. The claim "
        "is about the first two decoders; the third asks what a mosaic lacks.",
        alt="Two panels of points with whiskers, grouped by decoder, one colour an encoder: copy "
        "accuracy at the left, next-token loss at the right.",
        draw=pairings,
    ),
    FigureSpec(
        name="11_cross_paper_pairings_curves",
        counterpart="none: when copying begins in each pairing",
        caption="**When does copying begin?** Copy accuracy on held-out text over training, "
        "the last token of each chunk included; bands over runs. *Look for* the step at which a "
        "curve leaves the grey one.",
        alt="Three panels, one a decoder, with rising curves of copy accuracy over steps, one for "
        "each encoder and one without memories.",
        draw=curves,
    ),
)
