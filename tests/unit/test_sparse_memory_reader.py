"""Ways of reading cards, stages of training, and what is measured of a model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from memstudy.core import seeds
from memstudy.core.context import Context
from memstudy.core.device import select
from memstudy.experiments.sparse_memory import copies, measuring, sweeps, training
from memstudy.experiments.sparse_memory import measures as m
from memstudy.experiments.sparse_memory.cards import FIRST, make_world, training_texts
from memstudy.experiments.sparse_memory.config import (
    MAIN,
    PROMPT,
    SLOTS,
    ReadingConfig,
    model_config,
)
from memstudy.experiments.sparse_memory.measuring import answers, own_cards
from memstudy.experiments.sparse_memory.profiles import PROFILES, TINY
from memstudy.experiments.sparse_memory.reader import (
    CardReader,
    Reading,
    new_decoder,
    reader_loss,
)
from memstudy.stages import Stages

SMOKE = PROFILES["smoke"]
WORLD = make_world(SMOKE.world)
DEVICE = select("cpu", 1)
TEXTS = training_texts(WORLD, 4, seed=0, step=0)


def reader(**reading) -> CardReader:
    """A fresh reader in double precision; weights are the same for all ways of reading."""
    decoder = new_decoder(TINY, WORLD.vocabulary.size, seeds.torch_generator(0, "init")).double()
    settings = {"kept_tokens": 2, "n_layers": 1} | reading
    made = CardReader(
        decoder, WORLD.config, ReadingConfig(**settings), seeds.torch_generator(0, "slots")
    )
    return made.double()


def batch() -> tuple[torch.Tensor, ...]:
    """A training batch with references."""
    return (*training.as_batch(TEXTS), torch.from_numpy(WORLD.cards[TEXTS.entities]))


def test_references_in_the_prompt_are_text_before_the_text():
    model = reader(way=PROMPT)
    tokens, targets, references = batch()
    together = torch.cat((references.flatten(1), tokens), dim=1)
    length = references.flatten(1).shape[1]
    with torch.no_grad():
        plain = model.model(together)[:, length:]
        expected = torch.nn.functional.cross_entropy(plain.flatten(0, 1), targets.flatten())
        found = reader_loss(model, batch())
    assert float(found) == pytest.approx(float(expected), abs=1e-6)


def test_without_gradient_into_memories_the_loss_is_the_same_and_the_gradient_is_not():
    losses, gradients = [], []
    for stopped in (False, True):
        model = reader(stop_gradient=stopped, n_layers=2, kept_tokens=16)
        loss = reader_loss(model, batch())
        loss.backward()
        losses.append(float(loss.detach()))
        gradients.append(model.model.embedding.weight.grad.clone())
    assert losses[0] == losses[1]
    assert not torch.allclose(*gradients)
    # A word that stands on cards only is trained through memories or not at all.
    fillers = list(WORLD.vocabulary.fillers)
    assert gradients[0][fillers].abs().sum() > 0 == gradients[1][fillers].abs().sum()


def test_learned_slots_have_the_size_of_a_sparse_memory_and_are_trained():
    model, sparse = reader(way=SLOTS), reader()
    cards = torch.from_numpy(WORLD.cards[:3])
    found = model.write(cards)
    assert found.pairs.shape == sparse.write(cards).pairs.shape
    alone = model.write(cards[1:2])
    assert torch.allclose(found.pairs[1:2], alone.pairs, atol=1e-12)
    reader_loss(model, batch()).backward()
    assert model.slots.grad.abs().sum() > 0
    trained = {id(p) for group in model.parameter_groups(0.1) for p in group["params"]}
    assert trained == {id(p) for p in model.parameters()}


def test_without_look_ahead_a_chunk_does_not_read_its_own_card():
    model = reader(kept_tokens=SMOKE.world.reference_length)
    tokens = torch.from_numpy(TEXTS.tokens)[:, :-1]
    own = torch.from_numpy(WORLD.cards[TEXTS.entities])
    changed = own.clone()
    changed[:, 1] = torch.from_numpy(WORLD.cards[-4:])
    for lag, first in ((0, 1), (1, 2)):
        table = own_cards(model, WORLD, TEXTS, lag).table
        with torch.no_grad():
            before, after = (
                model.logits(tokens, Reading(cards, table)) for cards in (own, changed)
            )
        differs = (before - after).abs().amax(-1) > 1e-12
        start = 1 + first * WORLD.config.chunk_length
        assert not differs[:, :start].any()
        assert differs[:, start:].any(1).all()


class Oracle(CardReader):
    """Says the value of the card in front of it with certainty, by looking at the texts."""

    def logits(self, tokens, reading=None, generator=None):
        following = torch.from_numpy(TEXTS.tokens)[: len(tokens), 1:]
        found = torch.full((*following.shape, WORLD.vocabulary.size), -20.0)
        said = following if reading is not None else (following + 1) % WORLD.vocabulary.size
        return found.scatter(-1, said.unsqueeze(-1), 20.0)


def test_answers_are_scored_at_values_and_by_mention():
    fresh = reader()
    oracle = Oracle(fresh.model.decoder, WORLD.config, fresh.reading)
    rows = {}
    for part, reading in ((m.ON, own_cards(oracle, WORLD, TEXTS)), (m.OFF, None)):
        found = answers(oracle, TEXTS, reading, DEVICE, at_once=4)
        assert (found.mention == FIRST).sum() == (TEXTS.mentions == FIRST).sum()
        assert np.array_equal(found.meant, measuring.values_of(WORLD, TEXTS))
        rows[part] = {row["metric"]: row["value"] for row in found.rows(m.USED, part)}
    assert rows[m.ON][m.ACCURACY] == rows[m.ON][m.COPYING] == 1.0
    assert rows[m.ON][m.CONFIDENT_WRONG] == 0.0 == rows[m.OFF][m.ACCURACY]
    assert rows[m.OFF][m.CONFIDENT_WRONG] == 1.0
    assert rows[m.OFF][m.NLL] == pytest.approx(40.0, abs=0.1)


def test_answers_do_not_depend_on_how_many_texts_are_read_at_once():
    model = reader()
    reading = own_cards(model, WORLD, TEXTS)
    one, all_ = (answers(model, TEXTS, reading, DEVICE, at_once=n) for n in (1, 4))
    assert np.allclose(one.nll, all_.nll, atol=1e-9)
    late = answers(model, TEXTS, reading, DEVICE, at_once=4, from_token=1 + 8)
    kept = np.flatnonzero(np.nonzero(TEXTS.mentions[:, 1:])[1] + 1 >= 9)
    assert np.allclose(late.nll, all_.nll[kept], atol=1e-9)


def test_others_are_never_the_entity_itself():
    pool = measuring.carded(WORLD)
    assert not np.isin(WORLD.splits[m.MISSING], pool).any()
    found = measuring.others(WORLD, TEXTS.entities, pool)
    assert (found != TEXTS.entities).all() and np.isin(found, pool).all()
    assert (measuring.others(WORLD, pool, pool) != pool).all()


def test_coverage_of_dense_memories_is_whole_and_of_fewer_tokens_as_counted():
    entities = np.arange(6)
    dense = reader(kept_tokens=SMOKE.world.reference_length, n_layers=2)
    assert sweeps.coverage(dense, WORLD, entities, DEVICE) == 1.0
    model = reader(kept_tokens=2, n_layers=2)
    tokens = model.write(torch.from_numpy(WORLD.cards[:6])).tokens[:, 1]  # the first does not count
    expected = np.mean(
        [
            any(place in head.tolist() for head in kept)
            for kept, places in zip(tokens, WORLD.value_places[:6], strict=True)
            for place in places
        ]
    )
    assert sweeps.coverage(model, WORLD, entities, DEVICE) == pytest.approx(expected)


def test_the_filter_takes_the_first_candidates_below_the_threshold():
    candidates = np.array([[5, 3, 8, 1], [2, 4, 6, 7]])
    overlaps = np.array([[0.9, 0.1, 0.2, 0.0], [0.1, 0.7, 0.2, 0.3]])
    found = copies.first_below(candidates, overlaps, 2 / 3, 2)
    assert found.tolist() == [[3, 8], [2, 6]]
    assert copies.first_below(candidates, overlaps, 1.0, 2).tolist() == [[5, 3], [2, 4]]
    with pytest.raises(ValueError, match="fewer than 4"):
        copies.first_below(candidates, overlaps, 0.5, 4)


def test_stages_are_trained_once_and_found_again(tmp_path, monkeypatch):
    main = model_config(SMOKE, MAIN)
    context = Context(DEVICE, tmp_path / "checkpoint", made_by="this")
    found = training.trained_reader(main, SMOKE.test, 0, Stages(context, tmp_path))
    assert len(list(tmp_path.glob("*.pt"))) == 2
    assert found.facts["tokens_seen"] == 4 * 4 * 24
    assert {row["step"] for row in found.rows if row["metric"] == m.NLL} == {0, 1, 2, 3, 4}
    monkeypatch.setattr(training, "train_stage", None)  # nothing is trained any more
    again = training.trained_reader(main, SMOKE.test, 0, Stages(context, tmp_path))
    for name, value in found.reader.state_dict().items():
        assert torch.equal(value, again.reader.state_dict()[name])
    with pytest.raises(TypeError):  # another second stage is another model, after the same first
        other = replace(main.stages[1], learning_rate=1e-3)
        changed = replace(main, stages=(main.stages[0], other))
        training.trained_reader(changed, SMOKE.test, 0, Stages(context, tmp_path))
