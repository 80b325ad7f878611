"""Training on RegBench: what a step reads, that padding counts nowhere, resuming, the recipe."""

import dataclasses

import numpy as np
import pytest
import torch

from memstudy.batching import IGNORED, pieces, shuffled_epochs
from memstudy.core import context as contexts
from memstudy.core import seeds
from memstudy.core.context import Context
from memstudy.core.device import Device
from memstudy.core.errors import StopRequested
from memstudy.experiments.regbench import learning
from memstudy.experiments.regbench.architecture_config import NAMES, ArchitectureConfig
from memstudy.experiments.regbench.architectures import new_model
from memstudy.experiments.regbench.automata import N_TOKENS, PAD
from memstudy.experiments.regbench.config import DataConfig, RecipeConfig

CPU = Device("cpu", "a processor", 1, "float32")
DATA = DataConfig(10, validation=6, test=5, in_distribution=7, strings=(2, 4), letters=(1, 9))
RECIPE = RecipeConfig(epochs=4, warmup_epochs=1, batch_size=4, micro_batch_size=2, clip_norm=1.0)


def shape(name, **more):
    return ArchitectureConfig(name=name, d_model=8, n_heads=2, n_blocks=1, **more)


def model(name="mosaic", **more):
    return new_model(shape(name, **more), N_TOKENS, 64, seeds.torch_generator(0, "init"))


def context(folder, **more):
    return Context(CPU, folder / "checkpoint.pt", **more)


@pytest.fixture(scope="module")
def splits():
    return learning.splits_of(DATA)


def test_the_control_holds_new_sequences_of_the_training_automata(splits):
    foreign, own = splits
    assert own.train is foreign.train
    assert set(own.test.automata) == set(foreign.train.automata)
    assert not set(foreign.test.automata) & set(foreign.train.automata)
    assert len(own.validation) == len(own.test) == 7
    assert learning.splits_of(dataclasses.replace(DATA, in_distribution=0))[1] is None


def test_batches_hold_every_sequence_once_an_epoch_and_the_longest_first(splits):
    data = learning.as_batch(splits[0].train)
    batches = learning.sorted_by_length(shuffled_epochs(data, 3))
    for epoch in range(2):
        read = [batches(3 * epoch + step, 4) for step in range(3)]
        assert [len(x) for x, _ in read] == [4, 4, 2]
        for x, y in read:
            lengths = (x != PAD).sum(1)
            assert (lengths[:-1] >= lengths[1:]).all()
            assert ((y != IGNORED) <= (x != PAD)).all()
        rows = sorted(tuple(row) for x, _ in read for row in x.tolist())
        assert rows == sorted(tuple(row) for row in data[0].tolist())


@pytest.mark.parametrize("name", NAMES)
def test_padding_changes_no_loss_and_no_gradient(name, splits):
    """A batch in pieces cut to their own longest is the whole padded batch, to rounding."""
    batch = learning.as_batch(splits[0].train)
    longer = tuple(
        torch.nn.functional.pad(t, (0, 9), value=fill)
        for t, fill in zip(batch, (PAD, IGNORED), strict=True)
    )
    found = []
    for size, objective in ((None, lambda m, b: m.loss(*b)), (2, learning.loss_without_padding)):
        trained = model(name).double()
        total = 0.0
        for piece in pieces(longer, size):
            loss = objective(trained, piece.batch) * piece.share
            loss.backward()
            total += loss.item()
        found.append((total, [p.grad.clone() for p in trained.parameters() if p.grad is not None]))
    (whole, gradients), (cut, others) = found
    assert whole == pytest.approx(cut, rel=1e-9)
    for one, other in zip(gradients, others, strict=True):
        # Learned positions that no sequence reaches have no gradient in either.
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-7)


def test_a_batch_without_padding_ends_with_its_longest_sequence(splits):
    x, y = learning.as_batch(splits[0].train)
    shorter, labels = learning.without_padding((x[3:], y[3:]))
    longest = int((x[3:] != PAD).sum(1).max())
    assert shorter.shape[1] == labels.shape[1] == longest < x.shape[1]
    assert (shorter[:, -1] != PAD).any()


def test_the_schedule_is_the_papers():
    """20 of 200 epochs rise from 1e-6; the cosine's clock starts at 0 and ends at a tenth."""
    config = learning.training_config(RecipeConfig(learning_rate=5e-4), 100)
    assert (config.steps, config.schedule.warmup_steps, config.evaluate_every) == (800, 80, 4)
    assert config.schedule.at(0) == 1e-6
    assert config.schedule.at(40) == pytest.approx((1e-6 + 5e-4) / 2)
    cosine = 5e-5 + (5e-4 - 5e-5) * (1 + np.cos(np.pi * 400 / 800)) / 2
    assert config.schedule.at(400) == pytest.approx(cosine)
    assert config.schedule.at(800) == pytest.approx(5e-5)
    assert config.decay_all and config.betas == (0.9, 0.999) and config.clip_norm is None
    assert learning.epoch_steps(RecipeConfig(), 40_000) == 1250


def test_keeps_the_best_weights_for_old_and_for_new_automata(splits, tmp_path):
    trained = model()
    result = learning.learn(trained, RECIPE, *splits, context(tmp_path), seed=1)
    assert set(result.best) == {learning.VALIDATION, learning.VALIDATION_IN}
    for split, best in result.best.items():
        losses = {row["step"]: row["value"] for row in result.evaluations if row["split"] == split}
        assert set(losses) == {0, 3, 6, 9, 12} and best.loss == min(losses.values())
    without = learning.learn(model(), RECIPE, splits[0], None, context(tmp_path / "b"), seed=1)
    assert set(without.best) == {learning.VALIDATION}
    assert torch.equal(without.log["loss"], result.log["loss"])


@pytest.mark.parametrize("name", ["mosaic", "transformer"])
def test_a_training_that_was_stopped_goes_on_as_if_nothing_had_happened(
    name, splits, tmp_path, monkeypatch
):
    monkeypatch.setattr(contexts, "CHECKPOINT_SECONDS", 1e9)
    dropout = {"dropout": 0.1, "embedding_dropout": 0.1, "attention_dropout": 0.1}
    whole, halves = model(name, **dropout), model(name, **dropout)
    result = learning.learn(whole, RECIPE, *splits, context(tmp_path / "whole"), seed=1)
    steps = iter(range(100))
    stopping = context(tmp_path / "halves", stop_wanted=lambda: next(steps) == 7)
    with pytest.raises(StopRequested):
        learning.learn(halves, RECIPE, *splits, stopping, seed=1)
    again = model(name, **dropout)
    resumed = learning.learn(again, RECIPE, *splits, context(tmp_path / "halves"), seed=1)
    for one, other in zip(whole.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, other)
    assert resumed.evaluations == result.evaluations
    for split, best in result.best.items():
        assert resumed.best[split].step == best.step
        for key, weights in best.weights.items():
            assert torch.equal(resumed.best[split].weights[key], weights)


def test_recipes_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match=r"warmup_epochs is 5; .* less than epochs, 5"):
        RecipeConfig(epochs=5, warmup_epochs=5)
