"""Training on multi-query associative recall, and what a run records."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from memstudy.batching import IGNORED
from memstudy.core.context import Context
from memstudy.core.device import select
from memstudy.core.errors import StopRequested
from memstudy.core.experiment import Unit
from memstudy.experiments.regbench import mqar, mqar_training
from memstudy.experiments.regbench.architecture_config import ArchitectureConfig
from memstudy.experiments.regbench.architectures import new_model
from memstudy.experiments.regbench.mqar import ARMS, MqarConfig
from memstudy.experiments.regbench.run import execute
from memstudy.nn.language_model import LanguageModel

SHAPE = ArchitectureConfig(name="mosaic", d_model=8, n_heads=2, n_blocks=1)
SMALL = MqarConfig(
    architecture=SHAPE,
    vocabulary=32,
    length=24,
    pairs=(2, 3),
    evaluation_pairs=(2, 6),
    batch_size=4,
    steps=4,
    warmup_steps=1,
    evaluate_every=2,
    evaluation_sequences=16,
)


def unit(arm: str, **changed: object) -> Unit:
    config = replace(SMALL, architecture=replace(SHAPE, name=ARMS[arm]), **changed)
    return Unit("regbench", arm, 0, config)


def context(folder: Path, **options: object) -> Context:
    return Context(select("cpu", 1), folder / "checkpoint", **options)


def test_units_compute_in_float32_whatever_the_device_prefers(tmp_path: Path) -> None:
    arm = "mqar_transformer"
    device = select("cpu", 1)
    (plain,), (half,) = (
        execute([unit(arm)], Context(replace(device, autocast=dtype), tmp_path / dtype))
        for dtype in ("float32", "bfloat16")
    )
    assert plain.table.equals(half.table)
    assert half.facts["matrix_products"] == "float32"


def test_batches_are_a_pure_function_of_seed_and_step() -> None:
    first = mqar_training.batches(SMALL, 1)
    tokens, targets = first(5, 8)
    first(6, 8)
    other = replace(SMALL, architecture=replace(SHAPE, name="lstm"))
    for again in (first(5, 8), mqar_training.batches(other, 1)(5, 8)):
        assert torch.equal(again[0], tokens) and torch.equal(again[1], targets)
    assert not torch.equal(first(6, 8)[0], tokens)
    assert not torch.equal(mqar_training.batches(SMALL, 2)(5, 8)[0], tokens)


def test_only_queries_have_a_target() -> None:
    sequences = mqar.evaluation_sets(SMALL)[6]
    tokens, targets = (tensor.numpy() for tensor in mqar_training.scored(sequences))
    assert tokens.shape == targets.shape == (16, 24)
    asked = sequences.asked != mqar.UNASKED
    assert np.array_equal(targets != IGNORED, asked)
    assert np.array_equal(targets[asked], sequences.answers[asked])
    tokens, targets = mqar_training.batches(SMALL, 0)(0, 4)
    assert tokens.shape == (4, 24)
    assert (targets != IGNORED).sum(1).tolist() == [2, 2, 3, 3]


@pytest.mark.parametrize("name", ["mosaic", "transformer"])
def test_the_loss_at_the_queries_is_the_model_s_own(name: str) -> None:
    """Values and gradients, in float64."""
    batch = mqar_training.batches(SMALL, 0)(0, 4)
    gradients = []
    for loss in (
        mqar_training.recall_loss,
        lambda model, batch: model.loss(*batch, ignore_index=IGNORED),
    ):
        generator = torch.Generator().manual_seed(0)
        model = new_model(replace(SHAPE, name=name), 32, 24, generator).double()
        value = loss(model, batch)
        value.backward()
        gradients.append([value.detach(), *(p.grad for p in model.parameters())])
    for ours, whole in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, whole)


class Looker(LanguageModel):
    """Looks up in the first ``reach`` symbols; where that finds nothing, answers 0."""

    def __init__(self, vocabulary: int, reach: int | None = None) -> None:
        torch.nn.Module.__init__(self)
        self.embedding = torch.nn.Embedding.from_pretrained(torch.eye(vocabulary) * 50)
        self.logit_scale = 1.0
        self.reach = reach

    def hidden(self, tokens: torch.Tensor) -> torch.Tensor:
        known = tokens.numpy().copy()
        known[:, 2 * 2 : 2 * 6] = 0 if self.reach else known[:, 2 * 2 : 2 * 6]
        found = torch.from_numpy(mqar.look_up(known)).clamp(min=0)
        return torch.nn.functional.one_hot(found, self.embedding.num_embeddings).float()


def test_looking_up_scores_one() -> None:
    rows = mqar_training.tested(Looker(32), mqar.evaluation_sets(SMALL), select("cpu", 1))
    assert [(row["metric"], row["part"]) for row in rows] == [
        ("mqar_accuracy", "2 pairs"),
        ("loss", "2 pairs"),
        ("mqar_accuracy", "6 pairs"),
        ("loss", "6 pairs"),
    ]
    assert [row["value"] for row in rows if row["metric"] == "mqar_accuracy"] == [1.0, 1.0]
    assert all(row["value"] < 1e-6 for row in rows if row["metric"] == "loss")


def test_a_model_that_knows_two_of_six_pairs_scores_a_third() -> None:
    sets = {6: mqar.evaluation_sets(SMALL)[6]}
    accuracy, _ = mqar_training.tested(Looker(32, reach=2), sets, select("cpu", 1))
    assert accuracy["value"] == pytest.approx(1 / 3)


def test_a_test_in_pieces_is_the_test_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    model = new_model(SHAPE, 32, 24, torch.Generator().manual_seed(0))
    sequences = mqar.evaluation_sets(SMALL)[6]
    whole = mqar_training.answered(model, sequences, select("cpu", 1))
    assert len(whole[0]) == len(whole[1]) == 16 * 6
    monkeypatch.setattr(mqar_training, "TESTED_AT_ONCE", 5 * 24)
    pieces = mqar_training.answered(model, sequences, select("cpu", 1))
    assert torch.equal(whole[0], pieces[0])
    torch.testing.assert_close(whole[1], pieces[1])


@pytest.mark.parametrize("arm", ARMS)
def test_a_run_of_every_arm(arm: str, tmp_path: Path) -> None:
    measured = mqar_training.measure(unit(arm, steps=2, evaluate_every=1), context(tmp_path))
    table = measured.table
    accuracy = table[table.metric == "mqar_accuracy"]
    assert set(accuracy.part) == {"2 pairs", "6 pairs"} and set(accuracy.split) == {"test"}
    assert list(accuracy[accuracy.part == "6 pairs"].step) == [0, 1, 2]
    assert accuracy.value.between(0, 1).all()
    losses = table[table.metric == "loss"]
    assert list(losses[losses.split == "batch"].step) == [1, 2]
    start = losses[(losses.split == "test") & (losses.step == 0)]
    assert start.value.to_numpy() == pytest.approx(np.log(32), abs=1.5), "nothing is known yet"
    assert (table.model == arm).all() and (table.seed == 0).all()
    facts = measured.facts
    assert facts["sequences_seen"] == 8
    assert facts["chance"] == {"2 pairs": 1 / 2, "6 pairs": 1 / 6}
    assert facts["parameters"] > facts["context_parameters"] > 0 < facts["state_size"]


def test_an_interrupted_run_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    whole = mqar_training.measure(unit("mqar_transformer"), context(tmp_path / "whole")).table
    broken = tmp_path / "broken"
    stops = itertools.chain([False, False, True], itertools.repeat(False))
    with pytest.raises(StopRequested):
        mqar_training.measure(
            unit("mqar_transformer"), context(broken, stop_wanted=lambda: next(stops))
        )
    again = mqar_training.measure(unit("mqar_transformer"), context(broken)).table
    pd.testing.assert_frame_equal(whole, again, check_exact=True)


def test_a_seed_repeats_and_another_differs(tmp_path: Path) -> None:
    one, again, other = (
        mqar_training.measure(replace(unit("mqar_lstm"), seed=seed), context(tmp_path / str(at)))
        for at, seed in enumerate((0, 0, 1))
    )
    assert one.table.equals(again.table)
    assert not np.array_equal(one.table.value, other.table.value)


def test_a_small_mosaic_learns_to_recall(tmp_path: Path) -> None:
    """Far above one out of the pairs, which is all that can be had without looking up."""
    config = replace(
        SMALL,
        architecture=replace(SHAPE, d_model=32),
        pairs=(2, 6),
        batch_size=32,
        steps=80,
        learning_rate=1e-2,
        warmup_steps=10,
        evaluate_every=80,
        evaluation_sequences=64,
    )
    learned = Unit("regbench", "mqar_mosaic", 0, config)
    table = mqar_training.measure(learned, context(tmp_path)).table
    final = table[(table.metric == "mqar_accuracy") & (table.step == 80)]
    assert (final.value > 0.8).all()
