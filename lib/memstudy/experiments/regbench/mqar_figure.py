"""The figure of MM-A5, drawn from recorded runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memstudy.experiments.regbench.architecture_config import LABELS
from memstudy.experiments.regbench.mqar import ARMS, chance, pairs_of, part
from memstudy.plotting import COLOURS, FigureSpec, band, new_figure
from memstudy.records import along

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from memstudy.study import Results

# Colour by family; what shares a colour differs in marker and line.
LOOKS = {
    "mosaic": (COLOURS["mosaic"], "o", "-"),
    "transformer": (COLOURS["transformer"], "s", "-"),
    "lstm": (COLOURS["recurrent"], "^", "-"),
    "linear_attention": (COLOURS["recurrent"], "v", "--"),
    "linear_attention_plain": (COLOURS["recurrent"], "<", ":"),
    "retention": (COLOURS["recurrent"], ">", "-."),
    "gla": (COLOURS["recurrent"], "D", "--"),
    "rwkv": (COLOURS["recurrent"], "P", ":"),
    "s4d": (COLOURS["state_space"], "^", "-"),
    "mamba": (COLOURS["state_space"], "v", "--"),
    "h3": (COLOURS["state_space"], "<", ":"),
    "hyena": (COLOURS["state_space"], ">", "-."),
}


def accuracies(results: Results, arm: str) -> tuple[np.ndarray, np.ndarray]:
    """Accuracy of an arm at the end of its training, by number of pairs.

    Args:
        results: recorded runs.
        arm: one of the arms of this task.

    Returns:
        Numbers of pairs, (tests,), ascending, and accuracies, (runs, tests).
    """
    table = results.select(metric="mqar_accuracy", model=arm)
    table = table[table.step == table.step.max()]
    table = table.assign(pairs=table.part.map(pairs_of))
    return along(table, "pairs")


def course(results: Results, arm: str, pairs: int) -> tuple[np.ndarray, np.ndarray]:
    """Accuracy of an arm with a number of pairs during training: steps and (runs, tests)."""
    table = results.select(metric="mqar_accuracy", model=arm, part=part(pairs))
    return along(table, "step")


def recall(results: Results) -> Figure:
    """Accuracy by number of pairs at the end, and with the most pairs during training."""
    arms = [arm for arm in ARMS if (results.table.model == arm).any()]
    final = {arm: accuracies(results, arm) for arm in arms}
    tested = np.unique(np.concatenate([pairs for pairs, _ in final.values()]))
    most = int(tested[-1])

    rows_of_legend = -(-(len(arms) + 1) // 3)
    figure, (left, right) = new_figure(columns=2, height=3.9 + 0.25 * rows_of_legend, sharey=True)
    for arm, (pairs, found) in final.items():
        colour, marker, line = LOOKS[ARMS[arm]]
        runs = "1 run" if len(found) == 1 else f"{len(found)} runs"
        label = f"{LABELS[ARMS[arm]]} ({runs})"
        band(left, pairs, found, label, colour, linestyle=line, marker=marker)
        band(right, *course(results, arm, most), label, colour, linestyle=line)
    guess = {"color": "0.3", "lw": 1.4, "ls": (0, (1, 1.5)), "zorder": 1}
    left.plot(tested, [chance(pairs) for pairs in tested], label="guess among the values", **guess)
    right.axhline(chance(most), **guess)

    left.set_xscale("log", base=2)
    left.set_xticks(tested, [str(pairs) for pairs in tested])
    left.minorticks_off()
    left.set(xlabel="key-value pairs", ylabel="accuracy", ylim=(0, 1.04), title="after training")
    right.set(xlabel="training step", title=f"{most} pairs", xlim=(0, None))
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure


MQAR_FIGURE = FigureSpec(
    name="04_regbench_mqar",
    counterpart="none: the paper does not test associative recall (MM-A5); the task is that of "
    "Arora et al. 2023",
    caption="**How many associations each architecture recalls.** Share of right answers to "
    '"which value stood beside this key?" in sequences that hold more and more key-value pairs: '
    "after training (left), and with the most pairs during training (right); mean and 95 % "
    "interval over runs. Dotted: a guess that knows the values of the sequence but not their "
    "keys. *Look for* the number of pairs from which a line falls: a state of fixed size fills "
    "up, a memory that stores every pair does not. A line that still rises at the right of the "
    "right panel tells of slow learning, not of lack of room.",
    alt="Two panels of accuracy with a line for each architecture and its band: against the number "
    "of key-value pairs on a logarithmic axis, and against the training step; a dotted line falls "
    "as one over the number of pairs.",
    draw=recall,
)
