"""The world of cards: facts, cards that state them, texts that use them."""

import numpy as np
import pytest

from memstudy.experiments.sparse_memory import cards
from memstudy.experiments.sparse_memory.cards import (
    FIRST,
    HELD_OUT,
    MISSING,
    NEW,
    REPEATED,
    TRAIN,
    WorldConfig,
    make_world,
    training_texts,
    write_texts,
)
from memstudy.experiments.sparse_memory.overlap import EVALUATION_THRESHOLD, overlap

SMALL = WorldConfig(
    first_names=8, last_names=8, train_entities=20, held_out=8, missing=4, new=4, values=12
)
WORLD = make_world(SMALL)


def test_a_world_is_a_function_of_its_configuration():
    again = make_world(SMALL)
    assert np.array_equal(again.cards, WORLD.cards)
    other = make_world(WorldConfig(**{**vars(SMALL), "seed": 1}))
    assert not np.array_equal(other.cards, WORLD.cards)


def test_every_card_states_name_and_facts_of_its_entity():
    assert WORLD.cards.shape == (36, SMALL.reference_length)
    for entity, card in enumerate(WORLD.cards):
        assert card[:2].tolist() == WORLD.names[entity].tolist()
        places = WORLD.value_places[entity]
        assert card[places].tolist() == WORLD.values[entity].tolist()
        assert card[places - 1].tolist() == WORLD.relations[entity].tolist()
        values = [token for token in card if token in WORLD.vocabulary.values]
        assert len(values) == SMALL.facts  # nothing else on the card is a value


def test_names_are_distinct_and_splits_share_no_entity():
    assert len(set(map(tuple, WORLD.names.tolist()))) == 36
    found = WORLD.splits
    assert [len(found[name]) for name in (TRAIN, HELD_OUT, MISSING, NEW)] == [20, 8, 4, 4]
    assert sorted(np.concatenate(list(found.values()))) == list(range(36))
    old = WORLD.vocabulary.relations[: SMALL.relations]
    assert np.isin(WORLD.relations[found[NEW]], old).sum() == 0
    assert np.isin(WORLD.relations[found[HELD_OUT]], old).all()


def test_training_texts_are_about_training_entities_and_popular_ones_come_up_more():
    entities = cards.draw_entities(WORLD, 4000, np.random.default_rng(0))
    counts = np.bincount(entities.flatten(), minlength=20) / entities.size
    assert len(counts) == 20
    assert np.abs(counts - WORLD.popularity).max() < 0.01
    again = (entities[:, 1:] == entities[:, :-1]).mean()
    by_chance = (WORLD.popularity**2).sum()
    assert abs(again - (0.25 + 0.75 * by_chance)) < 0.02


def test_texts_are_a_function_of_seed_and_step():
    one, same, other = (training_texts(WORLD, 6, seed=3, step=s) for s in (5, 5, 6))
    assert np.array_equal(one.tokens, same.tokens)
    assert not np.array_equal(one.tokens, other.tokens)
    assert one.tokens.shape == (6, 1 + SMALL.chunks * SMALL.chunk_length)
    assert (one.tokens[:, 0] == cards.BEGIN).all()


def test_mentions_are_the_values_and_the_first_comes_first():
    texts = training_texts(WORLD, 50, seed=0, step=0)
    for tokens, own, mentions, facts in zip(
        texts.tokens, texts.entities, texts.mentions, texts.facts, strict=True
    ):
        seen = set()
        for place in np.flatnonzero(np.isin(tokens, WORLD.vocabulary.values)):
            entity = own[(place - 1) // SMALL.chunk_length]
            assert WORLD.values[entity, facts[place]] == tokens[place]
            assert WORLD.relations[entity, facts[place]] == tokens[place - 1]
            key = (entity, facts[place])
            assert mentions[place] == (REPEATED if key in seen else FIRST)
            seen.add(key)
        assert (mentions > 0).sum() == np.isin(tokens, WORLD.vocabulary.values).sum()
    assert (texts.mentions == FIRST).sum() > 3 * 50
    assert (texts.mentions == REPEATED).sum() > 3 * 50


def test_an_edit_changes_every_value_and_nothing_else():
    edited = WORLD.edited()
    assert (edited.values != WORLD.values).all()
    assert np.isin(edited.values, WORLD.vocabulary.values).all()
    changed = edited.cards != WORLD.cards
    assert changed.sum() == WORLD.values.size
    assert np.take_along_axis(changed, WORLD.value_places, 1).all()


def test_a_text_is_no_copy_of_a_card_but_a_planted_copy_is():
    texts = training_texts(WORLD, 30, seed=1, step=0)
    start = 1 + SMALL.chunk_length
    for row in range(30):
        passage = texts.tokens[row, 1:start].tolist()
        own = WORLD.cards[texts.entities[row, 0]].tolist()
        assert 0 < overlap(passage, own) < 0.5
    for chunk in range(SMALL.chunks):
        copied = cards.copy_of(WORLD, texts, 0, chunk)
        assert len(copied) == SMALL.reference_length
        assert overlap(texts.tokens[0].tolist(), copied.tolist()) == 1 > EVALUATION_THRESHOLD
    short = write_texts(WORLD, np.zeros((1, 1), int), np.random.default_rng(0))
    with pytest.raises(ValueError, match="has no copy"):
        cards.copy_of(WORLD, short, 0, 0)


def test_words_are_shown_with_their_kind():
    shown = WORLD.vocabulary.words([0, 1, WORLD.vocabulary.values[3]])
    assert shown == "<s> Reference: v3"


@pytest.mark.parametrize("wrong", [{"first_names": 1}, {"facts": 40}, {"reference_length": 5}])
def test_impossible_worlds_are_refused(wrong):
    with pytest.raises(ValueError, match="need"):
        WorldConfig(**{**vars(SMALL), **wrong})
