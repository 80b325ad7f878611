"""Figures of the comparison, drawn from recorded runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memstudy.experiments.cross_paper.copied_languages import readings
from memstudy.experiments.cross_paper.copied_languages.config import (
    COPY,
    FAMILIES,
    JUDGED,
    MOSAIC,
    PLAIN,
    TWICE,
)
from memstudy.experiments.cross_paper.copied_languages.readings import ACCURACY, TVD
from memstudy.experiments.cross_paper.drawing import point
from memstudy.experiments.regbench import readings as regbench
from memstudy.experiments.regbench.measuring import STRINGS
from memstudy.plotting import COLOURS, FigureSpec, band, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from memstudy.study import Results

MEASURES = {ACCURACY: "accuracy (share of legal letters)", TVD: "total variation distance"}
KIND_WORDS = {
    PLAIN: "without copies",
    COPY: "with copies",
    TWICE: "without, twice the sequences an update",
}
SHIFTS = {PLAIN: -0.25, COPY: 0.0, TWICE: 0.25}
NGRAMS = {"2-gram": ":", "3-gram": "--"}
ASIDE = 1.07  # factor by which points of one learning rate are moved apart
LEAST_COUNTED = 200  # positions behind a point of a curve, for a mean worth drawing


def languages(results: Results) -> Figure:
    """X-4: both measures on unseen languages, and the control, by family and objective."""
    figure, panels = new_figure(columns=3, height=5.0)
    for axes, metric in zip(panels, MEASURES, strict=False):
        for family, kind in (*JUDGED, (MOSAIC, TWICE)):
            drawn(axes, family, kind, readings.scores(results, family, kind, metric))
        ngram_levels(axes, results, metric)
        axes.set(ylabel=MEASURES[metric])
    for family in FAMILIES:
        drawn(panels[2], family, PLAIN, readings.copied_by_itself(results, family))
        drawn(panels[2], family, COPY, readings.copied(results, family, COPY))
    panels[2].axhline(
        readings.known(results), color=COLOURS["analytic"], linestyle="-.", label="language known"
    )
    panels[2].set(ylabel="copy accuracy (share of letters)")
    for axes in panels:
        axes.set_xticks(range(len(FAMILIES)), FAMILIES)
        axes.set(ylim=(0, 1), xlim=(-0.5, len(FAMILIES) - 0.5))
    for kind, words in KIND_WORDS.items():
        colour = COLOURS["ablation"] if kind == TWICE else "0.3"
        face = colour if kind == COPY else "white"
        look = {"color": colour, "markerfacecolor": face, "markersize": 8}
        panels[0].plot([], [], "o", **look, label=words)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    panels[2].legend(fontsize=10)
    return figure


def drawn(axes: Axes, family: str, kind: str, values: np.ndarray) -> None:
    """An arm's runs in the place of its family and kind."""
    colour = COLOURS["ablation"] if kind == TWICE else COLOURS[family]
    point(axes, FAMILIES.index(family) + SHIFTS[kind], values, colour, hollow=kind != COPY)


def ngram_levels(axes: Axes, results: Results, metric: str) -> None:
    """Lines at what counting in the context alone would give."""
    if readings.has_oracles(results):
        for name, style in NGRAMS.items():
            level = regbench.oracle(results, name, metric)
            axes.axhline(
                level, color=COLOURS["analytic"], ls=style, lw=1.4, label=f"in-context {name}"
            )


def by_strings(results: Results) -> Figure:
    """Both measures by the number of strings read, a column a family."""
    figure, rows = new_figure(
        rows=len(MEASURES), columns=len(FAMILIES), height=7.2, sharex=True, sharey="row"
    )
    for row, metric in zip(rows, MEASURES, strict=True):
        for axes, family in zip(row, FAMILIES, strict=True):
            for kind, style in ((PLAIN, "--"), (COPY, "-")):
                places, curves, counts = readings.by_strings(results, family, kind, metric)
                enough = counts >= min(LEAST_COUNTED, counts.max() / 4)
                look = {"linestyle": style, "label": KIND_WORDS[kind], "colour": COLOURS[family]}
                band(axes, places[enough], curves[:, enough], **look)
            if readings.has_oracles(results):
                places, curves, counts = regbench.along(results, "3-gram", metric, STRINGS)
                enough = counts >= min(LEAST_COUNTED, counts.max() / 4)
                look = {"linestyle": ":", "label": "in-context 3-gram"}
                band(axes, places[enough], curves[:, enough], colour=COLOURS["analytic"], **look)
            axes.set(ylim=(0, 1))
        row[0].set(ylabel=MEASURES[metric])
    for axes, family in zip(rows[0], FAMILIES, strict=True):
        axes.set_title(family)
        axes.legend(fontsize=10)
    for axes in rows[-1]:
        axes.set(xlabel="strings finished before")
    return figure


def by_rate(results: Results) -> Figure:
    """Accuracy of every run against the learning rate, a column a family."""
    figure, panels = new_figure(columns=len(FAMILIES), height=4.4, sharey=True)
    for axes, family in zip(panels, FAMILIES, strict=True):
        tried = results.profile.copied_languages.learning_rates[family]
        for kind, aside in ((PLAIN, 1 / ASIDE), (COPY, ASIDE)):
            found = [readings.tried(results, family, kind, rate, ACCURACY) for rate in tried]
            places = np.repeat(tried, [len(values) for values in found]) * aside
            face = COLOURS[family] if kind == COPY else "white"
            look = {"color": COLOURS[family], "markerfacecolor": face, "markersize": 7}
            axes.plot(places, np.concatenate(found), "o", **look, label=KIND_WORDS[kind])
        ngram_levels(axes, results, ACCURACY)
        axes.set(title=family, xscale="log", xlabel="learning rate", ylim=(0.4, 0.9))
        axes.set_xticks(tried, [f"{rate:g}" for rate in tried])
        axes.minorticks_off()
    panels[0].set(ylabel=MEASURES[ACCURACY])
    panels[0].legend(fontsize=10, loc="lower right")
    return figure


FIGURES = (
    FigureSpec(
        name="11_cross_paper_languages",
        counterpart="none: MM-11 asked of models that also learn to copy",
        caption="**Does a copy objective change in-context learning?** Accuracy and total "
        "variation distance on unseen languages, at every position, of models trained without "
        "(hollow) and with copies (filled); small dots are runs, grey lines predictors without "
        "training. Light blue: a mosaic that computes as much as one with copies. Right, the "
        "control: letters of unseen copies that are named. *Look for* filled points near 1 at the "
        "right; only of such families can the other panels tell what copying does.",
        alt="Three panels with points and whiskers for mosaic and transformer, hollow without and "
        "filled with copies: accuracy, total variation distance, copy accuracy; grey horizontal "
        "lines for n-grams and for a predictor that knows the language.",
        draw=languages,
    ),
    FigureSpec(
        name="11_cross_paper_languages_strings",
        counterpart="none: the paper averages over positions",
        caption="**What is learnt within a sequence, with and without copies.** Both measures on "
        "unseen languages by the number of strings that the model has finished reading; bands "
        "over runs. *Look for* solid curves that leave the dashed ones, and for where: copies in "
        "training are announced after 5 to 9 strings.",
        alt="Four panels, accuracy above and total variation distance below, mosaic at the left "
        "and transformer at the right: a solid curve with and a dashed one without copies over "
        "the number of finished strings, and a dotted grey one for the 3-gram.",
        draw=by_strings,
    ),
    FigureSpec(
        name="11_cross_paper_languages_rates",
        counterpart="none: shows every run behind the choice of learning rates",
        caption="**Whether a model learns in context at all, run by run.** Accuracy on unseen "
        "languages against the learning rate, without (hollow) and with copies (filled); grey "
        "lines: n-grams without training. *Look for* points of one rate that lie far apart: the "
        "same model with other random numbers, which did not begin to learn in context in the "
        "updates that it had.",
        alt="Two panels, mosaic and transformer: a point for each run at its learning rate, hollow "
        "without and filled with copies, and two grey lines for n-grams.",
        draw=by_rate,
    ),
)
