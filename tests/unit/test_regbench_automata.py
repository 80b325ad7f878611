"""RegBench's automata and sequences: languages kept, minimal, told apart, the same everywhere."""

import hashlib
import itertools
import os
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from memstudy.core import paths, seeds
from memstudy.experiments.regbench import automata, sequences
from memstudy.experiments.regbench.automata import DELIMITER, PAD, AutomatonRecipe, minimal
from memstudy.experiments.regbench.sequences import IGNORED, SequenceRecipe

# Few languages, so that the same one is drawn again and again.
TINY = AutomatonRecipe(states=(2, 4), letters=(2, 3), edges=(1, 1))
SHORT = SequenceRecipe(strings=(1, 3), letters=(1, 4))
# From 0 by a to 1 and by b to 2; 1 and 2 are one state, which c leads back from.
MERGING = [{1: 1, 2: 2}, {3: 0}, {3: 0}, {4: 0}]


def drawn(count, recipe=None, name="drawn"):
    recipe = recipe or AutomatonRecipe()
    return [
        automata.draw_edges(seeds.numpy_generator(0, name, index), recipe) for index in range(count)
    ]


def edges_of(automaton):
    return [dict(edges) for edges in automaton.edges]


def same_language(left, right):
    """Whether two automata accept the same strings: walks both at once."""
    waiting, seen = [(0, 0)], {(0, 0)}
    while waiting:
        i, j = waiting.pop()
        if set(left[i]) != set(right[j]):
            return False
        pairs = {(left[i][letter], right[j][letter]) for letter in left[i]}
        waiting += pairs - seen
        seen |= pairs
    return True


def reachable(edges):
    found = {0}
    while True:
        more = found | {target for state in found for target in edges[state].values()}
        if more == found:
            return found
        found = more


def determinised(arcs, initial):
    """Subset construction of arcs {(state, letter, target)}: arcs of the subsets, and the first."""
    letters = {letter for _, letter, _ in arcs}
    start = frozenset(initial)
    waiting, seen, found = [start], {start}, set()
    while waiting:
        subset = waiting.pop()
        for letter in letters:
            target = frozenset(t for s, a, t in arcs if s in subset and a == letter)
            if not target:
                continue
            found.add((subset, letter, target))
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return found, start, seen


def states_by_brzozowski(edges):
    """Number of states of the minimal automaton: reverse, determinise, and both again."""
    arcs = {(t, a, s) for s, leaving in enumerate(edges) for a, t in leaving.items()}
    back, start, subsets = determinised(arcs, range(len(edges)))
    ends = {subset for subset in subsets if 0 in subset}
    again = {(t, a, s) for s, a, t in back}
    assert start in ends  # the empty string is accepted
    return len(determinised(again, ends)[2])


def test_draws_have_the_ranges_of_the_benchmark():
    every = drawn(400)
    assert {len(edges) for edges in every} == set(range(4, 13))
    assert {len(leaving) for edges in every for leaving in edges} == {1, 2, 3}
    assert {letter for edges in every for leaving in edges for letter in leaving} == set(
        range(1, 19)
    )
    for edges in every:
        for state, leaving in enumerate(edges):
            targets = list(leaving.values())
            assert state not in targets and len(set(targets)) == len(targets)


def test_alphabets_have_the_size_that_was_drawn():
    for edges in drawn(50, AutomatonRecipe(letters=(6, 6))):
        assert len({letter for leaving in edges for letter in leaving}) <= 6
    full = drawn(50, AutomatonRecipe(states=(12, 12), letters=(6, 6), edges=(3, 3)))
    assert all(len({a for leaving in edges for a in leaving}) == 6 for edges in full)


def test_targets_and_letters_are_drawn_evenly():
    recipe = AutomatonRecipe(states=(4, 4), letters=(4, 4), edges=(2, 2))
    every = drawn(1000, recipe)
    pairs = Counter(tuple(sorted(edges[1].values())) for edges in every)
    assert set(pairs) == {(0, 2), (0, 3), (2, 3)}
    assert max(pairs.values()) - min(pairs.values()) < 110  # 5 standard deviations of a count
    letters = Counter(letter for edges in every for letter in edges[0])
    assert len(letters) == 18 and max(letters.values()) < 1.4 * 1000 * 2 / 18


def test_minimising_keeps_the_language_and_only_reachable_states():
    for edges in drawn(200):
        automaton = automata.minimal(edges)
        small = edges_of(automaton)
        assert same_language(edges, small)
        assert reachable(small) == set(range(automaton.n_states))
        assert automaton.n_states <= len(reachable(edges))


def test_minimal_automata_have_as_many_states_as_brzozowski_finds():
    recipes = [TINY, AutomatonRecipe(states=(4, 7), letters=(3, 4), edges=(1, 2))]
    for recipe in recipes:
        for edges in drawn(100, recipe):
            assert minimal(edges).n_states == states_by_brzozowski(edges)


def test_every_two_states_of_a_minimal_automaton_are_told_apart_by_a_string():
    for edges in drawn(50):
        small = edges_of(minimal(edges))
        for first, second in itertools.combinations(range(len(small)), 2):
            order = [first, *(state for state in range(len(small)) if state != first)]
            from_first = [{a: order.index(t) for a, t in small[state].items()} for state in order]
            order = [second, *(state for state in range(len(small)) if state != second)]
            from_second = [{a: order.index(t) for a, t in small[state].items()} for state in order]
            assert not same_language(from_first, from_second)


def test_merging_makes_fewer_states_and_drops_what_cannot_be_reached():
    automaton = minimal(MERGING)
    assert automaton.edges == (((1, 1), (2, 1)), ((3, 0),))
    assert automaton.letters == (1, 2, 3)


def test_states_that_differ_only_far_ahead_stay_apart():
    ring = [{1: 1}, {1: 2}, {1: 3}, {2: 0}]
    assert minimal(ring).n_states == 4
    assert minimal([{1: 1}, {1: 2}, {1: 3}, {1: 0}]).edges == (((1, 0),),)  # a* alone


def test_automata_are_equal_exactly_when_their_languages_are():
    every = [minimal(edges) for edges in drawn(60, TINY)]
    equal = 0
    for left, right in itertools.combinations(every, 2):
        assert (left == right) == same_language(edges_of(left), edges_of(right))
        equal += left == right
    assert equal > 5  # the recipe does repeat itself


def test_numbering_of_states_does_not_matter():
    for index, edges in enumerate(drawn(50)):
        order = [0, *(1 + np.random.default_rng(index).permutation(len(edges) - 1)).tolist()]
        renumbered = [
            {a: order.index(t) for a, t in reversed(edges[state].items())} for state in order
        ]
        assert minimal(renumbered) == minimal(edges)


@pytest.mark.parametrize(
    "edges, told",
    [([{}], "no edge"), ([{0: 0}], "tokens 1..18"), ([{19: 0}], "1..18"), ([{1: 1}], "0..0")],
)
def test_what_is_no_automaton_is_refused(edges, told):
    with pytest.raises(ValueError, match=told):
        minimal(edges)


@pytest.mark.parametrize(
    "wrong",
    [
        {"edges": (1, 4)},
        {"edges": (0, 3)},
        {"letters": (4, 19)},
        {"letters": (5, 4)},
        {"states": (9, 4)},
        {"states": (3, 12)},
    ],
)
def test_impossible_recipes_of_automata_are_refused(wrong):
    with pytest.raises(ValueError):
        AutomatonRecipe(**wrong)


def test_distributions_agree_with_enumeration():
    for edges in drawn(20, AutomatonRecipe(states=(4, 5), letters=(4, 5))):
        automaton = minimal(edges)
        legal = {(): 1.0}  # probability of every string of the language, from the drawn edges
        for _ in range(4):
            longer = {}
            for prefix, probability in legal.items():
                state = 0
                for letter in prefix:
                    state = edges[state][letter]
                expected = np.zeros(automata.N_TOKENS)
                for letter in edges[state]:
                    expected[letter] = 1 / len(edges[state])
                    longer[(*prefix, letter)] = probability / len(edges[state])
                np.testing.assert_allclose(automaton.next_letter(prefix), expected)
                for letter in range(1, 19):
                    assert automaton.accepts([*prefix, letter]) == (letter in edges[state])
            legal = longer
            assert sum(legal.values()) == pytest.approx(1)


def test_nothing_follows_what_is_not_in_the_language():
    automaton = minimal(MERGING)
    assert automaton.accepts([]) and automaton.accepts(automata.encode("acbc"))
    assert not automaton.accepts(automata.encode("ab"))
    with pytest.raises(ValueError, match="'ab' is not in the language"):
        automaton.next_letter(automata.encode("ab"))


def test_samples_have_the_probabilities_of_the_automaton():
    automaton = minimal(MERGING)
    generator = np.random.default_rng(0)
    strings = Counter(automata.decode(automaton.sample(3, generator)) for _ in range(2000))
    assert set(strings) == {"aca", "acb", "bca", "bcb"}
    assert all(abs(count - 500) < 100 for count in strings.values())  # 5 standard deviations


def test_text_and_tokens_are_inverse():
    assert automata.encode(".ar|") == [PAD, 1, 18, DELIMITER]
    assert automata.decode(automata.encode("abc|r.")) == "abc|r."
    with pytest.raises(ValueError, match="no token for"):
        automata.encode("xyz")


@pytest.fixture(scope="module")
def splits():
    return sequences.out_of_distribution(60, 20, 30, base_seed=0)


def strings_of(row):
    return automata.decode([token for token in row.tolist() if token != PAD]).split("|")


def test_sequences_have_the_ranges_of_the_benchmark(splits):
    counts, lengths = set(), set()
    for split in (splits.train, splits.validation, splits.test):
        for row in split.tokens:
            strings = strings_of(row)
            counts.add(len(strings))
            lengths |= {len(string) for string in strings}
    assert counts == set(range(10, 20))
    assert lengths == set(range(1, 50))  # no empty string: no delimiter at an end, none doubled
    assert SequenceRecipe().longest == 949
    assert splits.train.lengths.mean() == pytest.approx(376, rel=0.1)


def test_strings_belong_to_the_language_of_their_own_automaton(splits):
    split = splits.test
    strange = 0
    for owner, row in zip(split.owners, split.tokens, strict=True):
        strings = [automata.encode(string) for string in strings_of(row)]
        assert all(split.automata[owner].accepts(string) for string in strings)
        other = split.automata[(owner + 1) % len(split.automata)]
        strange += not all(other.accepts(string) for string in strings)
    assert strange == len(split)


def test_padding_is_at_the_right_and_no_wider_than_the_longest(splits):
    split = splits.train
    assert split.lengths.max() == split.tokens.shape[1]
    real = np.arange(split.tokens.shape[1]) < split.lengths[:, None]
    assert ((split.tokens != PAD) == real).all()


def test_inputs_and_labels_are_shifted_and_string_ends_are_ignored(splits):
    split = splits.validation
    for row, inputs, labels in zip(split.tokens, split.inputs, split.labels, strict=True):
        sequence = row[row != PAD].tolist()
        assert inputs[inputs != PAD].tolist() == sequence[:-1]
        expected = [IGNORED if token == DELIMITER else token for token in sequence[1:]]
        assert labels[: len(expected)].tolist() == expected
        assert (labels[len(expected) :] == IGNORED).all()


def test_exact_distributions_follow_the_string_that_was_read(splits):
    split = splits.test
    rows = [3, 17, 4]
    exact = split.distributions(rows)
    inputs = split.inputs[rows]
    assert exact.shape == (3, split.tokens.shape[1] - 1, automata.N_TOKENS)
    for row, distributions, read in zip(rows, exact, inputs, strict=True):
        automaton = split.automata[split.owners[row]]
        text = automata.decode(read[read != PAD].tolist())
        for position in range(len(text)):
            prefix = automata.encode(text[: position + 1].split("|")[-1])
            np.testing.assert_array_equal(distributions[position], automaton.next_letter(prefix))
        assert (distributions[len(text) :] == 0).all()
    np.testing.assert_array_equal(exact, split.distributions()[rows])


def test_no_language_is_in_two_splits_or_twice_in_one():
    together = sequences.out_of_distribution(20, 6, 6, 0, TINY, SHORT)
    every = [
        automaton
        for split in (together.train, together.validation, together.test)
        for automaton in split.automata
    ]
    for left, right in itertools.combinations(every, 2):
        assert not same_language(edges_of(left), edges_of(right))
    drawn_again = [minimal(edges) for edges in drawn(32, TINY, "regbench/train/automata")]
    assert len(set(drawn_again)) < len(drawn_again)  # the draws themselves do repeat


def test_more_languages_than_there_are_is_refused():
    only = AutomatonRecipe(states=(2, 2), letters=(1, 1), edges=(1, 1))  # 18 languages: a*, ...
    assert len(sequences.distinct_automata(18, 0, "x", set(), only)) == 18
    with pytest.raises(ValueError, match="found only 18 of 19"):
        sequences.distinct_automata(19, 0, "x", set(), only)


def test_larger_training_sets_begin_with_smaller_ones_and_leave_the_rest_alone():
    small = sequences.out_of_distribution(10, 5, 5, 0, sequence_recipe=SHORT)
    large = sequences.out_of_distribution(30, 5, 5, 0, sequence_recipe=SHORT)
    assert large.train.automata[:10] == small.train.automata
    width = small.train.tokens.shape[1]
    np.testing.assert_array_equal(large.train.tokens[:10, :width], small.train.tokens)
    assert large.test.automata == small.test.automata
    np.testing.assert_array_equal(large.test.tokens, small.test.tokens)
    np.testing.assert_array_equal(large.validation.tokens, small.validation.tokens)
    other = sequences.out_of_distribution(10, 5, 5, 1, sequence_recipe=SHORT)
    assert not set(other.train.automata) & set(small.train.automata)


def test_in_distribution_splits_hold_new_sequences_of_the_training_automata(splits):
    inside = sequences.in_distribution(splits.train, 60, 70, base_seed=0)
    assert inside.train is splits.train
    for split, count in ((inside.validation, 60), (inside.test, 70)):
        assert split.automata == splits.train.automata
        assert split.owners.tolist() == [row % 60 for row in range(count)]
        for owner, row in zip(split.owners, split.tokens, strict=True):
            strings = [automata.encode(string) for string in strings_of(row)]
            assert all(splits.train.automata[owner].accepts(string) for string in strings)
    texts = [
        "|".join(strings_of(row))
        for split in (inside.train, inside.validation, inside.test)
        for row in split.tokens
    ]
    assert len(set(texts)) == len(texts)


def test_wrong_sizes_are_refused(splits):
    with pytest.raises(ValueError, match="train needs at least one sequence"):
        sequences.out_of_distribution(0, 1, 1, 0, sequence_recipe=SHORT)
    with pytest.raises(ValueError, match="test needs at least one sequence"):
        sequences.in_distribution(splits.train, 1, 0, 0)
    with pytest.raises(ValueError, match="letters"):
        SequenceRecipe(letters=(0, 4))


DIGEST = """
import hashlib
from memstudy.experiments.regbench import sequences
splits = sequences.out_of_distribution(20, 5, 5, base_seed=0)
for split in (splits.train, splits.validation, splits.test):
    print(hashlib.sha256(split.tokens.tobytes()).hexdigest()[:16])
"""


def test_every_process_draws_the_same_sequences():
    told = set()
    for hash_seed in ("0", "7"):
        environment = os.environ | {
            "PYTHONHASHSEED": hash_seed,
            "PYTHONPATH": str(paths.LIBRARY.parent),
        }
        told.add(
            subprocess.check_output([sys.executable, "-c", DIGEST], env=environment, text=True)
        )
    splits = sequences.out_of_distribution(20, 5, 5, base_seed=0)
    here = [
        hashlib.sha256(split.tokens.tobytes()).hexdigest()[:16]
        for split in (splits.train, splits.validation, splits.test)
    ]
    assert told == {"\n".join(here) + "\n"}
    # Recorded runs rest on these sequences: whatever changes them changes the experiment.
    assert here == ["e3462af4221af481", "513dd99e7f4f33ff", "65c1b678b6c2ac6a"]
