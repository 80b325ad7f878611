"""Entropy ratio and token accuracy against cases made by hand; the formula of H0 by experiment."""

import math

import numpy as np
import pytest
import torch

from memstudy.batching import IGNORED
from memstudy.core.device import Device
from memstudy.experiments.embedding_information.metrics import (
    entropy_ratio,
    token_scores,
    unigram_level,
    uninformed_loss,
)
from memstudy.nn.language_model import TokenPredictor

CPU = Device("cpu", "test", 1, "float32")
V = 8
_ = IGNORED


class Certain(TokenPredictor):
    """Gives logit ``strength`` to the token that it reads, 0 to all others."""

    logit_scale = 1.0

    def __init__(self, strength):
        super().__init__()
        self.head_weight = torch.eye(V)
        self.strength = strength
        self.modes = []

    def hidden(self, tokens):
        self.modes.append(self.training)
        return torch.nn.functional.one_hot(tokens, V) * self.strength


def scores(strength, inputs, targets, batch_size=2):
    batch = torch.tensor(inputs), torch.tensor(targets)
    return token_scores(Certain(strength), batch, CPU, batch_size=batch_size)


@pytest.mark.parametrize(
    "vocab_size, value",
    [(1024, 6.973), (4096, 8.359), (8000, 9.028), (30522, 10.368), (128256, 11.803)],
)
def test_the_uninformed_loss_of_the_paper(vocab_size, value):
    assert uninformed_loss(vocab_size) == pytest.approx(value, abs=0.001)


def test_the_formula_is_the_loss_of_uniform_logits():
    """By experiment, up to the 0.041/V by which the formula is too high and 4 standard errors."""
    generator = torch.Generator().manual_seed(0)
    vocab_size, draws = 64, 20_000
    logits = torch.rand(draws, vocab_size, dtype=torch.float64, generator=generator)
    targets = torch.randint(vocab_size, (draws,), generator=generator)
    losses = torch.nn.functional.cross_entropy(logits, targets, reduction="none")
    error = 4 * losses.std().item() / draws**0.5
    assert losses.mean().item() == pytest.approx(uninformed_loss(vocab_size), abs=error)
    # The logarithm of the sum varies little, so that the small correction shows.
    sums = logits.logsumexp(1)
    error = 4 * sums.std().item() / draws**0.5
    corrected = uninformed_loss(vocab_size) - 0.041 / vocab_size
    assert sums.mean().item() - 0.5 == pytest.approx(corrected, abs=error)
    equal = torch.nn.functional.cross_entropy(torch.zeros(1, vocab_size), targets[:1]).item()
    assert uninformed_loss(vocab_size) - equal == pytest.approx(0.0413, abs=1e-4)


def test_entropy_ratio_is_one_for_perfect_and_zero_for_uninformed():
    assert entropy_ratio(0.0, V) == 1
    assert entropy_ratio(uninformed_loss(V), V) == 0
    assert entropy_ratio(2.853, 8000) == pytest.approx(0.684, abs=5e-4)  # the paper's best


def test_equal_logits_cost_ln_v():
    found = scores(0.0, [[1, 2, 3]], [[1, 2, 3]])
    assert found.loss == pytest.approx(math.log(V), rel=1e-6)
    assert found.entropy_ratio(V) == pytest.approx(1 - math.log(V) / uninformed_loss(V))


def test_perfect_logits_give_one_and_one():
    found = scores(100.0, [[1, 2, 3], [4, 5, 6]], [[1, 2, 3], [4, 5, 6]])
    assert found.loss == 0 and found.accuracy == 1 and found.entropy_ratio(V) == 1


@pytest.mark.parametrize("batch_size", [1, 2, 3])
def test_targets_that_do_not_count_are_left_out_and_all_others_weigh_the_same(batch_size):
    """Two hits of five targets, not the mean 4/9 of the sequences' shares 1, 0 and 1/3."""
    inputs = [[1, 2, 3], [1, 2, 3], [1, 2, 3]]
    targets = [[1, _, _], [2, _, _], [1, 5, 6]]
    found = scores(math.log(3), inputs, targets, batch_size)
    assert found.accuracy == 2 / 5
    total = V - 1 + 3  # sum of the exponentials
    assert found.loss == pytest.approx((2 * math.log(total / 3) + 3 * math.log(total)) / 5)
    np.testing.assert_array_equal(found.accuracy_by_position(), [2 / 3, 0, 0])


def test_nothing_to_count_is_not_a_number_and_no_error():
    found = scores(1.0, [[1, 2]], [[_, _]])
    assert math.isnan(found.loss) and math.isnan(found.accuracy)
    assert math.isnan(found.entropy_ratio(V))
    assert np.isnan(found.accuracy_by_position()).all()


def test_dropout_is_off_and_the_mode_comes_back():
    model = Certain(1.0).train()
    batch = torch.tensor([[1, 2]]), torch.tensor([[1, 2]])
    token_scores(model, batch, CPU, batch_size=1)
    assert model.modes == [False] and model.training


def test_a_loss_that_is_not_finite_is_refused():
    with pytest.raises(ValueError, match="not finite from sequence 0"):
        scores(math.inf, [[1, 2]], [[1, 2]])


def test_the_unigram_level_by_hand():
    training = torch.tensor([[0, 0, 0], [1, 1, 2]])  # with one more each: 4, 3, 2, 1 of 10
    found = unigram_level(training, torch.tensor([[0, 3, _], [1, 0, _]]), 4)
    assert found.accuracy == 2 / 4
    expected = -(2 * math.log(0.4) + math.log(0.3) + math.log(0.1)) / 4
    assert found.loss == pytest.approx(expected)
