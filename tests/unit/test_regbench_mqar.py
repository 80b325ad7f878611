"""Multi-query associative recall: what may be known of the task without looking up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from memstudy.core import seeds
from memstudy.experiments.regbench import mqar
from memstudy.experiments.regbench.architecture_config import NAMES, ArchitectureConfig
from memstudy.experiments.regbench.mqar import BLANK, UNASKED, MqarConfig

SHAPE = ArchitectureConfig(name="mosaic", d_model=16, n_heads=2, n_blocks=2)
CONFIG = MqarConfig(
    architecture=SHAPE, vocabulary=64, length=64, pairs=(4, 8, 16), evaluation_pairs=(2, 5, 16)
)
CROWDED = replace(CONFIG, vocabulary=34)  # 16 keys, all of them in use with 16 pairs


def drawn(pairs: int, count: int = 300, config: MqarConfig = CONFIG) -> mqar.Sequences:
    return mqar.draw_sequences(config, pairs, count, seeds.numpy_generator(3, "test"))


def resized(length: int, **changed: float) -> MqarConfig:
    return replace(CONFIG, length=length, pairs=(2,), evaluation_pairs=(2,), **changed)


@pytest.mark.parametrize("filler", mqar.FILLERS)
@pytest.mark.parametrize("pairs", [1, 4, 16])
@pytest.mark.parametrize("config", [CONFIG, CROWDED])
def test_every_query_has_one_right_answer_that_stands_earlier(
    config: MqarConfig, pairs: int, filler: str
) -> None:
    sequences = drawn(pairs, config=replace(config, filler=filler))
    half = config.vocabulary // 2
    for tokens, asked, answers in zip(
        sequences.tokens, sequences.asked, sequences.answers, strict=True
    ):
        keys, values = tokens[0 : 2 * pairs : 2], tokens[1 : 2 * pairs : 2]
        assert len({*keys, *values}) == 2 * pairs, "keys and values are all different"
        assert keys.min() > BLANK and keys.max() < half <= values.min()
        queries = np.flatnonzero(asked != UNASKED)
        assert sorted(asked[queries]) == list(range(pairs)), "each pair is asked for once"
        assert queries.min() >= 2 * pairs, "no query before the last pair"
        for place in queries:
            (pair_place, query_place) = np.flatnonzero(tokens == tokens[place])
            assert query_place == place, "a key stands in its pair and in its query alone"
            assert answers[place] == tokens[pair_place + 1]
        assert (answers[asked == UNASKED] == UNASKED).all()
        others = np.setdiff1d(np.arange(2 * pairs, config.length), queries)
        if filler == "blank":
            assert (tokens[others] == BLANK).all()
        assert not set(tokens[others]) & set(keys)


@pytest.mark.parametrize("filler", mqar.FILLERS)
def test_looking_up_scores_one(filler: str) -> None:
    sequences = drawn(16, config=replace(CONFIG, filler=filler))
    asked = sequences.asked != UNASKED
    assert (mqar.look_up(sequences.tokens) == sequences.answers)[asked].all()
    assert (mqar.look_up(sequences.tokens)[:, : 2 * 16] == UNASKED).all()


def test_without_looking_up_nobody_beats_one_out_of_the_pairs() -> None:
    """The best guess from slot or from order of the queries, fitted to the sequences themselves."""
    pairs, count = 4, 20_000
    sequences = drawn(pairs, count)
    place = np.argwhere(sequences.asked != UNASKED)[:, 1]
    rank = np.tile(np.arange(pairs), count)
    pair = sequences.asked[sequences.asked != UNASKED]
    for known in (place, rank):
        table = np.zeros((CONFIG.length, pairs))
        np.add.at(table, (known, pair), 1)
        assert table.max(1).sum() / table.sum() == pytest.approx(mqar.chance(pairs), abs=0.01)


def test_keys_and_values_are_fresh_in_every_sequence() -> None:
    sequences = drawn(8, 4000)
    half = CONFIG.vocabulary // 2
    keys, values = sequences.tokens[:, 0:16:2], sequences.tokens[:, 1:16:2]
    for symbols, low, high in ((keys, 1, half), (values, half, CONFIG.vocabulary)):
        counts = np.bincount(symbols.ravel(), minlength=high)
        assert (counts[:low] == 0).all()
        assert np.abs(counts[low:high] / counts[low:high].mean() - 1).max() < 0.2
    assert len(set(zip(keys.ravel(), values.ravel(), strict=True))) == (half - 1) * half


def test_random_symbols_are_uniform_but_for_the_keys() -> None:
    config = replace(CONFIG, filler="random")
    others = drawn(1, 4000, config).tokens[:, 4:]
    counts = np.bincount(others.ravel(), minlength=CONFIG.vocabulary)
    # A key is missing in the rows where it is one, and stands once at the query (slot 0 included).
    assert np.abs(counts / counts.mean() - 1).max() < 0.15


def slots_of(sequences: mqar.Sequences, pairs: int) -> np.ndarray:
    """(sequences, pairs) slots in the order of the pairs, read off the sequences."""
    places = np.argwhere(sequences.asked != UNASKED)[:, 1].reshape(-1, pairs)
    order = sequences.asked[sequences.asked != UNASKED].reshape(-1, pairs).argsort(1)
    assert (places % 2 == 0).all()
    return (np.take_along_axis(places, order, 1) - 2 * pairs) // 2


@pytest.mark.parametrize("power", [0.01, 1.0, 2.0])
def test_the_slot_of_a_single_query_follows_the_power_law(power: float) -> None:
    sequences = drawn(1, 20_000, resized(20, power=power))
    law = np.arange(1, 10) ** (power - 1.0)
    found = np.bincount(slots_of(sequences, 1).ravel(), minlength=9) / 20_000
    assert found == pytest.approx(law / law.sum(), abs=0.015)


def test_two_slots_are_drawn_one_after_the_other() -> None:
    """Probability that a slot is used: drawn first, or drawn second from what was left."""
    sequences = drawn(2, 20_000, resized(16))
    law = np.arange(1, 7) ** -0.99
    law /= law.sum()
    used = [
        law[i] + sum(law[j] * law[i] / (1 - law[j]) for j in range(6) if j != i) for i in range(6)
    ]
    slots = slots_of(sequences, 2)
    assert np.bincount(slots.ravel(), minlength=6) / 20_000 == pytest.approx(used, abs=0.015)
    assert np.bincount(slots[:, 0], minlength=6) / 20_000 == pytest.approx(
        np.array(used) / 2, abs=0.015
    ), "the first pair has no better slots than the second"


def test_pairs_may_fill_all_the_room() -> None:
    slots = slots_of(drawn(16), 16)
    assert (np.sort(slots, 1) == np.arange(16)).all()


def test_test_sets_are_the_same_for_all_models() -> None:
    sets = mqar.evaluation_sets(CONFIG)
    assert tuple(sets) == CONFIG.evaluation_pairs
    other = mqar.evaluation_sets(
        replace(CONFIG, architecture=replace(SHAPE, name="lstm"), steps=1, pairs=(3,), batch_size=1)
    )
    for pairs, sequences in sets.items():
        assert sequences.tokens.shape == (CONFIG.evaluation_sequences, CONFIG.length)
        assert np.array_equal(sequences.tokens, other[pairs].tokens)
        assert (np.sum(sequences.asked != UNASKED, 1) == pairs).all()
    alone = mqar.evaluation_sets(replace(CONFIG, evaluation_pairs=(5,)))
    assert np.array_equal(alone[5].tokens, sets[5].tokens), "a set does not depend on the others"


def test_a_batch_has_equal_shares_of_all_numbers_of_pairs() -> None:
    parts = mqar.draw_mixed(CONFIG, 20, np.random.default_rng(0))
    assert [len(part.tokens) for part in parts] == [7, 7, 6]
    assert [int((part.asked[0] != UNASKED).sum()) for part in parts] == [4, 8, 16]


def test_names() -> None:
    assert {f"mqar_{name}": name for name in NAMES} == mqar.ARMS
    assert [mqar.pairs_of(mqar.part(pairs)) for pairs in (4, 64)] == [4, 64]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"length": 63}, "length is 63; it must be even"),
        ({"pairs": (4, 17)}, "17 pairs and as many queries do not fit 64 symbols; from 1 to 16"),
        ({"evaluation_pairs": (0,)}, "0 pairs"),
        ({"pairs": ()}, "at least one number each"),
        ({"vocabulary": 32}, "16 pairs need more than the 15 keys"),
        ({"filler": "noise"}, "unknown filler 'noise'; choose one of blank, random"),
        ({"power": 0.0}, "power is 0.0"),
        ({"batch_size": 2}, "a batch of 2 has no room for 3"),
    ],
)
def test_impossible_tasks_are_refused(changed: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(CONFIG, **changed)
