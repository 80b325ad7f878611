"""The figures of the experiment, drawn from recorded runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memstudy.core.statistics import bootstrap_band
from memstudy.experiments.copy_tasks.config import FROZEN, NO_MEMORY, TRAINABLE
from memstudy.experiments.pretrained_decoder import readings
from memstudy.experiments.pretrained_decoder.config import (
    GENERAL,
    MEMORIES,
    OWN,
    PRETRAINED,
    SCRATCH,
    STARTS,
    arm_name,
)
from memstudy.experiments.pretrained_decoder.tables import MEMORY_WORDS, START_WORDS
from memstudy.plotting import COLOURS, PAPER_MARKER, FigureSpec, band, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from memstudy.study import Results

# One colour for each way in which a model comes by its memories, as in the copy tasks.
MEMORY_COLOURS = {
    NO_MEMORY: COLOURS["analytic"],
    TRAINABLE: COLOURS["recurrent"],
    FROZEN: COLOURS["transformer"],
}
START_COLOURS = {PRETRAINED: COLOURS["mosaic_one_unit"], SCRATCH: COLOURS["mosaic"]}
# There, the logarithm of LAMBADA's perplexity after copy training less that before (5.434).
PAPER_FORGOTTEN = {"2,000 steps": np.log(5.417 / 5.434), "34,000 steps": np.log(6.402 / 5.434)}
GAINING = (TRAINABLE, FROZEN)


def curves(results: Results) -> Figure:
    """Copy accuracy over steps: a row a decoder, a column a start."""
    decoders = readings.decoders(results)
    figure, panels = new_figure(
        rows=len(decoders),
        columns=2,
        height=1.0 + 3.4 * len(decoders),
        sharey="row",
        sharex="row",
        squeeze=False,
    )
    for decoder, row in zip(decoders, panels, strict=True):
        for start, axes in zip(STARTS, row, strict=True):
            for memory in MEMORIES:
                steps, values = readings.curve(results, arm_name(decoder.label, start, memory))
                band(axes, steps, values, MEMORY_WORDS[memory], MEMORY_COLOURS[memory])
            axes.set_title(f"{decoder.title},\n{START_WORDS[start]}", fontsize=12)
        row[0].set_ylim(bottom=0)  # when both are drawn: the scale is shared and then fixed
        row[0].set_ylabel("copy accuracy")
    for axes in panels[-1]:
        axes.set_xlabel("steps of copy training")
    handles = panels[0][0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=3)
    return figure


def gains(results: Results) -> Figure:
    """BM-15: what memories add to copy accuracy, pretrained beside from random weights."""
    decoders = readings.decoders(results)
    figure, panels = new_figure(
        columns=len(decoders), height=4.6, sharey=len(decoders) > 1, squeeze=False
    )
    places = np.arange(len(GAINING))
    for decoder, axes in zip(decoders, panels[0], strict=True):
        for start, shift in zip(STARTS, (-0.2, 0.2), strict=True):
            values = [readings.gain(results, decoder.label, start, m) for m in GAINING]
            _bars(axes, places + shift, values, START_COLOURS[start], START_WORDS[start])
        axes.axhline(0, color="0.2", lw=1)
        axes.set_xticks(places, [MEMORY_WORDS[memory].replace(" ", "\n") for memory in GAINING])
        axes.set_title(decoder.title, fontsize=12)
    panels[0][0].set_ylabel("accuracy over no memory")
    handles = panels[0][0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=2)
    return figure


def forgetting(results: Results) -> Figure:
    """The pretrained decoders' own next-token loss after the copy training less that before."""
    shown = [
        (decoder, text)
        for decoder in readings.decoders(results)
        for text in (OWN, GENERAL)
        if len(readings.forgotten(results, arm_name(decoder.label, PRETRAINED, NO_MEMORY), text))
    ]
    figure, panels = new_figure(columns=len(shown), height=4.8, squeeze=False)
    places = np.arange(len(MEMORIES))
    told = {OWN: "the copied text", GENERAL: "another text"}
    for (decoder, text), axes in zip(shown, panels[0], strict=True):
        for place, memory in zip(places, MEMORIES, strict=True):
            arm = arm_name(decoder.label, PRETRAINED, memory)
            values = [readings.forgotten(results, arm, text)]
            _bars(axes, [place], values, MEMORY_COLOURS[memory], MEMORY_WORDS[memory])
        for (steps, value), edge in zip(PAPER_FORGOTTEN.items(), ("0.6", "0"), strict=True):
            paper = PAPER_MARKER | {"markeredgecolor": edge, "markeredgewidth": 2}
            axes.plot(len(places), value, **paper, label=f"paper, LAMBADA, {steps}")
        axes.axhline(0, color="0.2", lw=1)
        axes.set_xticks([*places, len(places)], ["no\nmem.", "train-\nable", "frozen", "paper"])
        axes.tick_params(axis="x", labelsize=11)
        axes.set_title(f"{decoder.title},\nheld-out: {told[text]}", fontsize=10)
    panels[0][0].set_ylabel("change of own loss (nat)")
    handles = panels[0][0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=3, fontsize=10)
    return figure


def _bars(axes: Axes, places: np.ndarray, values: list[np.ndarray], colour: str, label: str):
    """Means of some runs as bars, with their intervals where there are several runs."""
    means = np.array([one.mean() for one in values])
    axes.bar(places, means, width=0.36, color=colour, alpha=0.8, label=label)
    for place, mean, one in zip(places, means, values, strict=True):
        if len(one) > 1:
            low, high = bootstrap_band(one[:, None])
            error = np.abs(np.stack((mean - low, high - mean)))
            axes.errorbar(place, mean, yerr=error, color="0.1", capsize=4)


FIGURES = (
    FigureSpec(
        name="08_pretrained_decoder_curves",
        counterpart="the paper's copy training of a pretrained Llama",
        caption="**Copying with memories, by what the decoder knows before.** Accuracy inside "
        "chunks on validation texts over the steps of copy training, mean and 95 % interval over "
        "seeds (lines without a band have one seed). Left: the decoder is pretrained; right: the "
        "same architecture from random weights; each with the best learning rate of its stated "
        "grid. *Look for* the distance of the coloured curves from the grey one: what memories add "
        "to guessing the next word.",
        alt="A row of two panels for each decoder, pretrained on the left and from random weights "
        "on the right: copy accuracy against steps without memories (grey), with a trainable "
        "encoder (green) and with a frozen autoencoder (orange).",
        draw=curves,
    ),
    FigureSpec(
        name="08_pretrained_decoder_gains",
        counterpart="the paper's gains in 30,000 steps",
        caption="**What memories add to copy accuracy.** After equally many steps, over the same "
        "decoder without memories; bars are means, lines 95 % intervals over seeds. The paper's "
        "numbers, about 1 point for a pretrained Llama 3.2 1B and about 15 from random weights, "
        "are what one model gains in 30,000 steps and not what memories add: they are not drawn. "
        "*Look for* orange bars below blue ones (BM-15).",
        alt="Bars of the gain in copy accuracy for the trainable encoder and the frozen "
        "autoencoder, pretrained beside from random weights, one panel a decoder.",
        draw=gains,
    ),
    FigureSpec(
        name="08_pretrained_decoder_forgetting",
        counterpart="the paper's benchmarks of the decoder before and after copy training",
        caption="**What the decoder forgets.** Change of the pretrained decoder's own next-token "
        "loss on held-out text by copy training; above 0 it has forgotten. The slots and memories "
        "are left out. Circles: change of the logarithm of LAMBADA's perplexity in the paper, "
        "another text and model. *Look for* bars far above the circles.",
        alt="Bars of the change of next-token loss in nats for three arms, one panel a decoder and "
        "held-out text, beside hollow circles at the paper's changes after 2,000 and 34,000 steps.",
        draw=forgetting,
    ),
)
