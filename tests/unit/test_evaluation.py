"""The evaluator: exact means, independent of batches; pairs of models; continuations; key words."""

import math

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy, log_softmax

from memstudy.batching import counted_targets
from memstudy.core.device import Device
from memstudy.core.statistics import bootstrap
from memstudy.evaluation import TokenLosses, mean_losses, token_losses
from memstudy.nn.mosaic import MemoryMosaic, MosaicConfig
from memstudy.nn.transformer import Transformer, TransformerConfig
from memstudy.scoring import Cloze, cloze_scores, continuation_log_probs, mentions

CPU = Device("cpu", "test", 1, "float32")
SYMBOLS, LENGTH = 20, 12
SHAPE = dict(vocab_size=SYMBOLS, d_model=16, n_heads=2, n_blocks=1, context_length=LENGTH)
RATES = dict(residual_dropout=0.3, attention_dropout=0.3, embedding_dropout=0.3)
FAMILIES = {"mosaic": (MemoryMosaic, MosaicConfig), "gpt2": (Transformer, TransformerConfig)}
every_family = pytest.mark.parametrize("family", FAMILIES)


def build(family="gpt2", seed=0):
    model, config = FAMILIES[family]
    return model(config(**SHAPE, **RATES), torch.Generator().manual_seed(seed))


def windows(count=7, seed=0):
    """Windows whose targets count to different extents, row 0 wholly."""
    generator = torch.Generator().manual_seed(seed)
    tokens = torch.randint(SYMBOLS, (count, LENGTH + 1), generator=generator)
    targets = tokens[:, 1:].clone()
    for row in range(count):
        targets[row, LENGTH - row :] = -100
    return tokens[:, :-1].contiguous(), targets


@every_family
@pytest.mark.parametrize("batch_size", [1, 3, 50])
def test_mean_is_over_tokens_whatever_the_batch_size_and_without_dropout(family, batch_size):
    model, (x, y) = build(family), windows()
    model.train()
    model.blocks[0].eval()
    each = token_losses(model, (x, y), CPU, batch_size=batch_size)
    mean = mean_losses(model, (x, y), CPU, batch_size=batch_size)
    assert model.training and not model.blocks[0].training
    model.eval()
    with torch.no_grad():
        expected = cross_entropy(model(x).flatten(0, 1), y.flatten())
        tokens = cross_entropy(model(x).flatten(0, 1), y.flatten(), reduction="none").view(y.shape)
    assert mean["loss"] == pytest.approx(expected.item(), rel=1e-5)
    assert each.mean == pytest.approx(expected.item(), rel=1e-5)
    assert np.array_equal(np.isnan(each.values), (y == -100).numpy())
    np.testing.assert_allclose(each.values[y != -100], tokens[y != -100], rtol=1e-4, atol=1e-6)


def test_the_mode_comes_back_and_no_gradient_is_kept_even_after_an_error():
    model = build().train()

    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mean_losses(model, windows(), CPU, batch_size=2, on_batch=stop)
    assert model.training and torch.is_grad_enabled()
    assert all(p.grad is None for p in model.parameters())


def test_an_objective_with_several_losses():
    def objective(model, batch):
        x, _ = batch
        return {"one": (x >= 0).float().mean(), "two": x[:, 0].float().mean()}

    x, y = windows()
    found = mean_losses(
        build(), (x, y), CPU, batch_size=3, objective=objective, weight=lambda b: len(b[0])
    )
    expected = x[:, 0].float().mean().item()
    assert found == pytest.approx({"loss": 1 + expected, "one": 1.0, "two": expected})
    uneven = mean_losses(build(), (x, y), CPU, batch_size=3, objective=objective)
    shares = [counted_targets((x[i : i + 3], y[i : i + 3])) for i in (0, 3, 6)]
    firsts = [x[i : i + 3, 0].float().mean().item() for i in (0, 3, 6)]
    assert uneven["two"] == pytest.approx(np.average(firsts, weights=shares))


NAN = math.nan
KNOWN = TokenLosses(np.array([[1, 2, 3], [2, 4, NAN], [6, NAN, NAN]], dtype=np.float32))


def test_summaries_by_hand():
    assert KNOWN.mean == 3.0
    np.testing.assert_allclose(KNOWN.by_position(), [3, 3, 3])
    np.testing.assert_allclose(KNOWN.window_means(), [2, 3, 6])
    np.testing.assert_allclose(KNOWN.window_means(0, 1), [1, 2, 6])
    np.testing.assert_allclose(TokenLosses(KNOWN.values[1:]).by_position(), [4, 4, NAN])
    with pytest.raises(
        ValueError, match="1 of 3 windows have no target that counts in positions 1"
    ):
        KNOWN.window_means(1, 3)


def test_paired_differences_are_narrow_where_windows_differ_much():
    rng = np.random.default_rng(1)
    hardness = rng.normal(3, 2, size=(200, 1))
    one = TokenLosses((hardness + rng.normal(0, 0.1, (200, 8))).astype(np.float32))
    other = TokenLosses((hardness - 0.1 + rng.normal(0, 0.1, (200, 8))).astype(np.float32))
    gap = bootstrap(one.minus(other, 4, 8), draws=500)
    assert 0 < gap.low < 0.1 < gap.high < 0.2
    assert bootstrap(one.window_means(), draws=500).high - one.mean > 0.1
    with pytest.raises(ValueError, match="the same windows"):
        one.minus(TokenLosses(other.values[:, :4]))
    with pytest.raises(ValueError, match="the same windows"):
        KNOWN.minus(TokenLosses(np.nan_to_num(KNOWN.values)))


def test_a_broken_model_is_not_taken_for_missing_targets():
    model = build()
    with torch.no_grad():
        model.final_norm.weight[0] = NAN
    with pytest.raises(ValueError, match="not finite from window 0 on"):
        token_losses(model, windows(), CPU, batch_size=4)


def naive_log_prob(model, prefix, continuation):
    """One token after the other."""
    total, tokens = 0.0, list(prefix)
    for token in continuation:
        with torch.no_grad():
            logits = model.eval()(torch.tensor([tokens]))[0, -1]
        total += log_softmax(logits.double(), -1)[token].item()
        tokens.append(token)
    return total


PAIRS = [([1, 2, 3], [4, 5]), ([7], [8]), ([9, 3, 3, 1, 0, 2], [5, 5, 1]), ([0], [6, 1, 2, 2, 4])]


@every_family
@pytest.mark.parametrize("batch_size", [1, 3, 10])
def test_continuations_equal_one_token_after_the_other(family, batch_size):
    model = build(family)
    found = continuation_log_probs(model, PAIRS, CPU, batch_size=batch_size)
    expected = [naive_log_prob(model, *pair) for pair in PAIRS]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_empty_prefixes_and_continuations_are_refused():
    for pair in (([], [1]), ([1], [])):
        with pytest.raises(ValueError, match="pair 1 has an empty prefix or continuation"):
            continuation_log_probs(build(), [([1], [1]), pair], CPU)


def test_cloze_scores_choose_by_sum_or_by_mean_over_tokens():
    model = build()
    questions = [
        Cloze([1, 2], [[3], [4, 5, 6]], 0),
        Cloze([5], [[1, 2], [3, 4], [0, 1]], 2),
        Cloze([8, 8, 8], [[8, 8, 8, 8], [7]], 0),
    ]
    scores = cloze_scores(model, questions, CPU, batch_size=3)
    sums = [[naive_log_prob(model, q.prefix, o) for o in q.options] for q in questions]
    for found, expected in zip(scores.log_probs, sums, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5)
    by_sum = [int(np.argmax(s)) == q.answer for s, q in zip(sums, questions, strict=True)]
    means = [
        [s / len(o) for s, o in zip(total, q.options, strict=True)]
        for total, q in zip(sums, questions, strict=True)
    ]
    by_mean = [int(np.argmax(m)) == q.answer for m, q in zip(means, questions, strict=True)]
    assert by_sum != by_mean
    assert scores.correct().tolist() == by_sum
    assert scores.correct(per_token=True).tolist() == by_mean
    assert scores.margins()[0] == pytest.approx(sums[0][0] - sums[0][1], rel=1e-4)
    assert np.array_equal(scores.margins() > 0, scores.correct())
    assert scores.chance == pytest.approx((1 / 2 + 1 / 3 + 1 / 2) / 3)


@pytest.mark.parametrize(
    "text, key_words, found",
    [
        ("She went to bed.", ["to bed"], True),
        ("She went to\nBed!", ["to bed"], True),
        ("to bedside", ["to bed"], False),
        ("many colours", ["colors", "colours"], True),
        ("discolored", ["color"], False),
        ("I'm Alice, and this is Jack", ["I'm Alice"], True),
        ("no one", ["no"], True),
        ("nothing", ["no"], False),
        ("", ["no"], False),
        ("anything", [], False),
    ],
)
def test_key_words_are_whole_words(text, key_words, found):
    assert mentions(text, key_words) is found
