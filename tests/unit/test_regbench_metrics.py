"""RegBench's scores and its predictors without training."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pytest

from memstudy.experiments.regbench import automata, metrics, oracles, sequences
from memstudy.experiments.regbench.automata import DELIMITER, N_TOKENS, PAD
from memstudy.experiments.regbench.metrics import EVERY_POSITION, STRING_GOES_ON


@dataclass(frozen=True)
class Scores:
    """The slow way: means over the scored positions of whole padded sequences, all at once."""

    n_positions: int
    n_legal: int  # the likeliest token, the lowest of tied ones, is legal
    accuracy: float
    accuracy_with_random_ties: float  # expected, if one of the tied tokens is chosen at random
    ties: float  # share of positions with more than one likeliest token
    tvd: float


def score(predicted, exact, scored):
    """Scores at the positions ``scored``: (sequences, time, tokens) twice, (sequences, time)."""
    predicted, exact = predicted[scored].astype(np.float64), exact[scored]  # (positions, tokens)
    metrics.require_distributions(predicted)
    tied = metrics.likeliest_tokens(predicted)
    legal = metrics.likeliest_is_legal(predicted, exact)
    return Scores(
        n_positions=len(exact),
        n_legal=int(legal.sum()),
        accuracy=legal.mean(),
        accuracy_with_random_ties=((tied & (exact > 0)).sum(-1) / tied.sum(-1)).mean(),
        ties=(tied.sum(-1) > 1).mean(),
        tvd=metrics.total_variation(predicted, exact).mean(),
    )


@pytest.fixture(scope="module")
def split():
    return sequences.out_of_distribution(1, 1, 300, base_seed=0).test


@pytest.fixture(scope="module")
def exact(split):
    return split.distributions()


def scored(split, predicted, exact, convention=EVERY_POSITION):
    positions = metrics.scored_positions(split.inputs, split.labels, convention)
    return score(predicted, exact, positions)


def by_hand():
    """Two edges, a and b, from the start; then c; the sequence is ``a|bc``."""
    automaton = automata.minimal([{1: 1, 2: 1}, {3: 0}])
    tokens = np.array([automata.encode("a|bc")], dtype=np.uint8)
    states = np.array([[1, 0, 1, 0]], dtype=np.int8)
    return sequences.Split((automaton,), np.array([0]), tokens, states)


def certain(*letters):
    """Predictions that give all mass to one token each: (1, time, tokens)."""
    return np.eye(N_TOKENS)[automata.encode("".join(letters))][None]


@pytest.mark.parametrize("convention", metrics.CONVENTIONS)
def test_the_true_distribution_is_always_right(split, exact, convention):
    told = scored(split, split.distributions(), exact, convention)
    assert (told.accuracy, told.accuracy_with_random_ties, told.tvd) == (1.0, 1.0, 0.0)
    assert 0.5 < told.ties < 0.8  # two thirds of the states have two or three equal edges


@pytest.mark.parametrize("convention", metrics.CONVENTIONS)
def test_uniform_letters_are_as_far_off_as_published(split, exact, convention):
    told = scored(split, oracles.uniform_letters(split.inputs), exact, convention)
    assert told.tvd == pytest.approx(0.89, abs=0.005)
    assert told.tvd == pytest.approx(1 - told.accuracy_with_random_ties)  # (18 - m) / 18 and m / 18
    assert told.ties == 1.0


@pytest.mark.parametrize("order, accuracy, tvd", [(2, 0.835, 0.337), (3, 0.937, 0.265)])
def test_ngrams_are_as_good_as_published(split, exact, order, accuracy, tvd):
    told = scored(split, oracles.in_context_ngram(split.inputs, order), exact)
    assert told.accuracy == pytest.approx(accuracy, abs=0.02)
    assert told.tvd == pytest.approx(tvd, abs=0.015)


def test_conventions_differ_at_string_ends_alone(split):
    inputs, labels = split.inputs, split.labels
    every = metrics.scored_positions(inputs, labels, EVERY_POSITION)
    going_on = metrics.scored_positions(inputs, labels, STRING_GOES_ON)
    ends = split.tokens[:, 1:] == DELIMITER
    assert (every & ends).sum() == ends.sum() > 0
    np.testing.assert_array_equal(going_on, every & ~ends)
    assert (every.sum(axis=1) == split.lengths - 1).all()
    with pytest.raises(ValueError, match="need one of"):
        metrics.scored_positions(inputs, labels, "all")


def test_scores_by_hand():
    split = by_hand()
    exact = split.distributions()
    # After "a" comes c only, after "|" a or b, after "b" c. The first position is a string's end.
    told = scored(split, certain("d", "b", "c"), exact)
    assert (told.n_positions, told.n_legal) == (3, 2)
    assert told.tvd == pytest.approx((1 + 0.5 + 0) / 3)
    told = scored(split, certain("d", "b", "c"), exact, STRING_GOES_ON)
    assert (told.n_positions, told.accuracy) == (2, 1.0)
    assert told.tvd == pytest.approx((0.5 + 0) / 2)


def test_any_edge_is_legal_but_the_delimiter_never_is():
    split = by_hand()
    exact = split.distributions()
    assert scored(split, certain("c", "a", "c"), exact).accuracy == 1.0  # b was the one sampled
    assert scored(split, certain("|", "b", "c"), exact).n_legal == 2  # though "|" was what came
    assert scored(split, certain(".", "|", "."), exact).n_legal == 0


def test_ties_are_counted_and_the_lowest_token_stands_for_them():
    split = by_hand()
    predicted = np.zeros((1, 3, N_TOKENS))
    predicted[0, 0, [3, 4]] = 0.5  # c is legal, d is not
    predicted[0, 1, [1, 2]] = 0.5  # both legal
    predicted[0, 2, [2, 3, 4]] = [0.4, 0.4, 0.2]  # b is not legal, c is
    told = scored(split, predicted, split.distributions())
    assert told.ties == 1.0
    assert told.n_legal == 2  # c, a, and the illegal b
    assert 3 * told.accuracy_with_random_ties == pytest.approx(0.5 + 1 + 0.5)


def test_total_variation_is_half_the_distance_and_at_most_one():
    apart = metrics.total_variation(np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    near = metrics.total_variation(np.array([0.75, 0.25]), np.array([0.5, 0.5]))
    assert (apart, near) == (1.0, 0.25)


def test_what_is_no_distribution_is_refused(exact):
    metrics.require_distributions(exact[:2, 0])
    with pytest.raises(ValueError, match="predicted: every scored position"):
        metrics.require_distributions(np.log(exact[:2, 0] + 0.1))  # logits
    with pytest.raises(ValueError, match="exact: every scored position"):
        metrics.require_distributions(np.zeros((1, N_TOKENS)), "exact")  # padding


def naive_ngram(text, order):
    """The n-gram's prediction after one text, counted letter by letter."""
    strings = ["^" * (order - 1) + string for string in text.split("|")]
    shown = set(text) - {"|"}

    def probabilities(context):
        places = [
            (string, i)
            for string in strings
            for i in range(order - 1, len(string) + 1)
            if string[i - len(context) : i] == context
        ]
        followers = Counter(string[i] for string, i in places if i < len(string))
        if not context:
            return {letter: followers[letter] / followers.total() for letter in shown}
        lower = probabilities(context[1:])
        told = {letter: followers[letter] / len(places) for letter in followers}
        rest = 1 - sum(told.values())
        share = sum(lower[letter] for letter in shown if letter not in followers)
        for letter in shown - set(followers):
            told[letter] = rest * lower[letter] / share
        total = sum(told.values())
        return {letter: p / total for letter, p in told.items()}

    told = np.zeros(N_TOKENS)
    ending = strings[-1]
    for letter, p in probabilities(ending[len(ending) - order + 1 :]).items():
        told[automata.encode(letter)[0]] = p
    return told


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_ngrams_agree_with_counting_letter_by_letter(order):
    recipe = sequences.SequenceRecipe(strings=(3, 8), letters=(1, 9))
    split = sequences.out_of_distribution(8, 1, 1, 3, sequence_recipe=recipe).train
    predicted = oracles.in_context_ngram(split.inputs, order)
    for rows, inputs in zip(predicted, split.inputs, strict=True):
        text = automata.decode(inputs[inputs != PAD].tolist())
        for position in range(len(text)):
            expected = naive_ngram(text[: position + 1], order)
            np.testing.assert_allclose(rows[position], expected, atol=1e-12)
        assert (rows[len(text) :] == 0).all()


@pytest.mark.parametrize("order", [2, 3])
def test_ngrams_do_not_see_ahead(split, order):
    inputs = split.inputs[:20, :80].copy()
    before = oracles.in_context_ngram(inputs, order)
    inputs[:, 40:] = 1
    np.testing.assert_array_equal(oracles.in_context_ngram(inputs, order)[:, :40], before[:, :40])


def test_orders_out_of_range_are_refused(split):
    for order in (0, 5):
        with pytest.raises(ValueError, match="need 1 to 4"):
            oracles.in_context_ngram(split.inputs, order)
