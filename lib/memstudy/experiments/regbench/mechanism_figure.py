"""One automaton, one of its sequences, and what models say will come next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memstudy.experiments.regbench import readings
from memstudy.experiments.regbench.architecture_config import LABELS
from memstudy.experiments.regbench.automata import LETTERS, SYMBOLS, Automaton, decode
from memstudy.experiments.regbench.config import data_config
from memstudy.experiments.regbench.sequences import SequenceRecipe, Split, out_of_distribution
from memstudy.plotting import COLOURS, FigureSpec, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from memstudy.study import Results


BEND = 0.15  # of the arrows, relative to their length


def test_split(results: Results) -> Split:
    """The test sequences of the profile, drawn again from their seed."""
    data = data_config(results.profile, results.profile.in_distribution_at)
    recipe = SequenceRecipe(data.strings, data.letters)
    # Test and validation do not depend on the training set: one environment is enough.
    return out_of_distribution(1, 1, data.test, data.seed, sequence_recipe=recipe).test


def mechanism(results: Results) -> Figure:
    """The automaton of the first test sequence, and predictions along its beginning."""
    size = results.profile.environments[-1]
    names = readings.architectures(results, size)
    split = test_split(results)
    arms = {name: readings.chosen(results, name, size).arm for name in names}
    rows = {
        f"{LABELS[name]}, {size:,} environments": readings.predictions(
            results, arm, results.seeds_of(arm)[0]
        )
        for name, arm in arms.items()
    }
    seed = results.profile.data.seed
    rows["in-context 3-gram"] = readings.predictions(results, "3-gram", seed)
    time = len(next(iter(rows.values())))
    rows = {"exact": split.distributions([0])[0, :time], **rows}
    figure, panels = new_figure(
        rows=1 + len(rows), height=3.6 + 1.9 * len(rows),
        gridspec_kw={"height_ratios": [2.2] + [1] * len(rows)},
    )  # fmt: skip
    automaton = split.automata[split.owners[0]]
    draw_automaton(panels[0], automaton)
    for axes, (name, distributions) in zip(panels[1:], rows.items(), strict=True):
        image = draw_predictions(axes, distributions, automaton, name)
    tokens = decode(split.inputs[0, :time].tolist())
    panels[-1].set_xticks(range(time), list(tokens), fontsize=9)
    panels[-1].set(xlabel="symbol just read (| ends a string)")
    figure.colorbar(image, ax=panels[1:], label="probability of the next letter", shrink=0.5)
    return figure


def draw_automaton(axes: Axes, automaton: Automaton) -> None:
    """States on a circle, edges as arrows with their letters; every edge is equally likely."""
    angles = np.pi / 2 - 2 * np.pi * np.arange(automaton.n_states) / automaton.n_states
    places = np.stack((2.6 * np.cos(angles), np.sin(angles)), axis=1)
    letters: dict[tuple[int, int], list[str]] = {}
    for state, edges in enumerate(automaton.edges):
        for token, target in edges:
            letters.setdefault((state, target), []).append(SYMBOLS[token])
    for (state, target), symbols in letters.items():
        draw_edge(axes, places[state], places[target], ",".join(symbols), loop=state == target)
    for state, place in enumerate(places):
        axes.text(
            *place, "start" if state == 0 else str(state), ha="center", va="center", fontsize=10,
            bbox={"boxstyle": "circle", "facecolor": "white", "edgecolor": COLOURS["analytic"]},
        )  # fmt: skip
    axes.set(xlim=(-3.4, 3.4), ylim=(-1.35, 1.35), aspect="equal")
    axes.set_axis_off()
    axes.set_title("a test automaton: all edges of a state are equally likely", loc="left")


def draw_edge(
    axes: Axes, start: np.ndarray, end: np.ndarray, letters: str, loop: bool = False
) -> None:
    """A curved arrow with its letters; a loop is written beside the state."""
    if loop:
        axes.text(*(start * 1.22), f"↺ {letters}", ha="center", va="center", fontsize=11)
        return
    axes.annotate(
        "", xy=end, xytext=start,
        arrowprops={
            "arrowstyle": "-|>", "connectionstyle": f"arc3,rad={BEND}", "color": "0.45",
            "shrinkA": 14, "shrinkB": 14,
        },
    )  # fmt: skip
    # On the arrow's own curve (a quadratic one), nearer to its start: opposite arrows differ.
    along = end - start
    bend = (start + end) / 2 + BEND * np.array([along[1], -along[0]])
    at = 0.3
    place = (1 - at) ** 2 * start + 2 * at * (1 - at) * bend + at**2 * end
    axes.text(
        *place, letters, ha="center", va="center", fontsize=11, color=COLOURS["transformer"],
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.8},
    )  # fmt: skip


def draw_predictions(axes: Axes, distributions: np.ndarray, automaton: Automaton, name: str):
    """Probabilities of the automaton's own letters, and of all others together."""
    own = list(automaton.letters)
    others = [token for token in range(1, 1 + len(LETTERS)) if token not in own]
    shown = np.vstack((distributions[:, own].T, distributions[:, others].sum(axis=1)))
    image = axes.imshow(shown, aspect="auto", vmin=0, vmax=1, cmap="Blues", interpolation="none")
    axes.set_yticks(range(len(shown)), [*decode(own), "other"], fontsize=9)
    axes.set_xticks([])
    axes.grid(False)
    axes.set_title(name, loc="left", fontsize=12)
    return image


MECHANISM = FigureSpec(
    name="04_regbench_mechanism",
    counterpart="none: how the task looks",
    caption="**One language.** Top: the automaton of the first test sequence; no model has seen "
    "it. Below: probability of the next letter after each symbol of the sequence's beginning, "
    "exact and as predicted by each architecture (first seed) and by the in-context 3-gram. *Look "
    "for* predictions that become sharp when a state is met again.",
    alt="Above, a graph with states on a circle and arrows that bear letters. Below, one heat map "
    "for the exact distribution, each architecture and a 3-gram: letters against the position in "
    "the sequence, dark where the letter is likely.",
    draw=mechanism,
)
