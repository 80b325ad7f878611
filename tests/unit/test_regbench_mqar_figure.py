"""The figure of multi-query associative recall, drawn from synthetic runs."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from memstudy.experiments.regbench.architecture_config import NAMES
from memstudy.experiments.regbench.mqar import ARMS, part
from memstudy.experiments.regbench.mqar_figure import LOOKS, MQAR_FIGURE, accuracies, course
from memstudy.plotting import render, styled
from memstudy.study import Results

PAIRS = (4, 8, 16, 32)
STEPS = np.arange(0, 1001, 100)


def synthetic(arms: list[str], runs: int = 3) -> Results:
    """Recorded runs in which each arm holds its own number of pairs."""
    rows = []
    for (place, arm), seed in itertools.product(enumerate(arms), range(runs)):
        room = 60 / (1 + 2 * place) + seed
        for pairs, step in itertools.product(PAIRS, STEPS):
            learned = 1 / (1 + np.exp(-(step - 300 - 40 * seed) / 60))
            value = learned * min(1.0, room / pairs) + (1 - learned) / pairs
            found = {"metric": "mqar_accuracy", "split": "test", "part": part(pairs)}
            rows.append(found | {"step": step, "value": value, "model": arm, "seed": seed})
    experiment = SimpleNamespace(name="regbench")
    return Results(experiment, None, (), pd.DataFrame(rows))


def test_every_architecture_has_a_look_of_its_own() -> None:
    assert tuple(sorted(LOOKS)) == tuple(sorted(NAMES))
    assert len(set(LOOKS.values())) == len(LOOKS)


def test_readings() -> None:
    results = synthetic(["mqar_lstm", "mqar_mosaic"], runs=2)
    pairs, found = accuracies(results, "mqar_mosaic")
    assert pairs.tolist() == list(PAIRS) and found.shape == (2, 4)
    steps, curves = course(results, "mqar_mosaic", 16)
    assert steps.tolist() == STEPS.tolist() and curves.shape == (2, 11)
    assert np.array_equal(curves[:, -1], found[:, 2])
    assert found[:, 3] == pytest.approx([20 / 32, 21 / 32], abs=0.01)


def test_the_figure_has_a_line_for_each_arm_that_was_run() -> None:
    arms = ["mqar_mosaic", "mqar_transformer", "mqar_lstm"]
    results = synthetic(arms)
    with styled():
        left, right = MQAR_FIGURE.draw(results).axes
    labels = left.get_legend_handles_labels()[1]
    assert labels == [
        "mosaic (3 runs)",
        "transformer (3 runs)",
        "LSTM (3 runs)",
        "guess among the values",
    ]
    assert left.lines[0].get_ydata() == pytest.approx(accuracies(results, arms[0])[1].mean(0))
    assert left.lines[-1].get_ydata() == pytest.approx([1 / pairs for pairs in PAIRS])
    assert right.get_title() == "32 pairs"
    assert render(MQAR_FIGURE, results)["png"] == render(MQAR_FIGURE, results)["png"]


def test_one_run_of_every_architecture_can_be_drawn() -> None:
    with styled():
        left, _ = MQAR_FIGURE.draw(synthetic(list(ARMS), runs=1)).axes
    assert len(left.lines) == len(NAMES) + 1
