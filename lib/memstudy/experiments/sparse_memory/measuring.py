"""What a model says at the values of texts, and what it reads while it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from memstudy.core import seeds
from memstudy.evaluation import autocast, in_mode
from memstudy.experiments.sparse_memory import measures as m
from memstudy.experiments.sparse_memory.cards import (
    FIRST,
    NOTHING,
    REPEATED,
    Texts,
    World,
    draw_entities,
    draw_from,
    write_texts,
)
from memstudy.experiments.sparse_memory.reader import CardReader, Reading, training_table

if TYPE_CHECKING:
    from memstudy.core.device import Device
    from memstudy.experiments.sparse_memory.config import TestConfig

Row = dict[str, Any]
CONFIDENT = 0.5  # probability above which an answer is called confident


@dataclass(frozen=True)
class Answers:
    """What a model says at the values of texts, in the order of the texts."""

    said: np.ndarray  # (values,) most probable token
    meant: np.ndarray  # (values,) the value
    nll: np.ndarray  # (values,) of the value, in nats
    probability: np.ndarray  # (values,) of what is said
    mention: np.ndarray  # (values,) FIRST or REPEATED
    text_nll: float  # mean over all tokens of the texts

    def rows(self, split: str, part: str, position: int = -1) -> list[Row]:
        """Scores as rows."""
        first, again = self.mention == FIRST, self.mention == REPEATED
        right = self.said == self.meant
        sure = self.probability > CONFIDENT
        found = {
            m.ACCURACY: right[first],
            m.NLL: self.nll[first],
            m.CONFIDENT_WRONG: (sure & ~right)[first],
            m.COPYING: right[again],
            m.TEXT_NLL: np.array([self.text_nll]),
        }
        named = {"split": split, "part": part, "position": position}
        return [
            {"metric": metric, "value": float(values.mean())} | named
            for metric, values in found.items()
            if len(values)
        ]


@torch.no_grad()
def answers(
    reader: CardReader,
    texts: Texts,
    reading: Reading | None,
    device: Device,
    at_once: int,
    from_token: int = 0,
) -> Answers:
    """What a model says.

    Args:
        reader: on the device.
        texts: the texts.
        reading: what they read, on the CPU; None: nothing.
        device: where to compute.
        at_once: texts a forward pass.
        from_token: first token of the texts that counts.
    """
    tokens, mentions = torch.from_numpy(texts.tokens), torch.from_numpy(texts.mentions)
    generator = seeds.torch_generator(0, "selection", device=device.torch)
    parts: list[tuple[Tensor, ...]] = []
    total = 0.0
    with in_mode(reader, training=False):
        for first in range(0, len(tokens), at_once):
            rows = slice(first, first + at_once)
            text = tokens[rows].to(device.torch)
            mention = mentions[rows, 1:].clone()
            mention[:, : max(from_token - 1, 0)] = NOTHING
            with autocast(device):
                logits = reader.logits(text[:, :-1], part_of(reading, rows, device), generator)
            logs = logits.float().log_softmax(-1)
            nll = -logs.gather(-1, text[:, 1:, None]).squeeze(-1)
            total += float(nll.double().sum())
            asked = (mention != NOTHING).to(device.torch)
            best, said = logs[asked].max(-1)
            meant = text[:, 1:][asked]
            found = (said, meant, nll[asked], best.exp(), mention[mention != NOTHING])
            parts.append(tuple(x.cpu() for x in found))
    joined = [torch.cat(column).numpy() for column in zip(*parts, strict=True)]
    return Answers(*joined, total / tokens[:, 1:].numel())


def part_of(reading: Reading | None, rows: slice, device: Device) -> Reading | None:
    """What some of the texts read, on the device."""
    if reading is None:
        return None
    table = reading.table if reading.table.dim() == 2 else reading.table[rows]
    references = reading.references[rows].to(device.torch)
    return Reading(references, table.to(device.torch), reading.change)


def evaluation_texts(world: World, split: str, count: int, test: TestConfig) -> Texts:
    """Fixed texts of a split, the same for every model and seed."""
    generator = seeds.numpy_generator(world.config.seed, f"evaluation/{split}")
    if split == m.USED:
        entities = draw_entities(world, count, generator)
    elif split in (m.EDITED, m.UNEDITED):
        generator = seeds.numpy_generator(world.config.seed, "evaluation/edited")
        some = np.arange(0, world.config.train_entities, test.edited_every)
        entities = draw_from(world, some, count, generator)
    else:
        own = world.splits[m.HELD_OUT if split == m.PLANTED else split]
        entities = draw_from(world, own, count, generator)
    return write_texts(world, entities, generator)


def bucket_texts(world: World, test: TestConfig, bucket: int) -> Texts:
    """Fixed texts about the entities of a popularity bucket."""
    ends = [*test.buckets[1:], world.config.train_entities + 1]
    ranks = np.arange(test.buckets[bucket], ends[bucket])
    generator = seeds.numpy_generator(world.config.seed, "evaluation/bucket", bucket)
    return write_texts(world, draw_from(world, ranks - 1, test.texts, generator), generator)


def own_cards(reader: CardReader, world: World, texts: Texts, lag: int = 0) -> Reading:
    """Each chunk reads the card of its entity, and those of the chunks before it."""
    return cards_of(reader, world, texts.entities, lag)


def cards_of(reader: CardReader, world: World, entities: np.ndarray, lag: int = 0) -> Reading:
    """Each chunk retrieves one card, (texts, chunks) entities; shared as in training."""
    table = training_table(reader.world, reader.reading, lag)
    chunks = entities.shape[1]
    return Reading(torch.from_numpy(world.cards[entities]), table[:chunks, :chunks])


def others(world: World, entities: np.ndarray, pool: np.ndarray) -> np.ndarray:
    """For each entity another one of a pool, the same wherever the entity occurs."""
    generator = seeds.numpy_generator(world.config.seed, "evaluation/others")
    place = generator.integers(len(pool), size=len(world.cards))
    found = pool[place[entities]]
    return np.where(found == entities, pool[(place[entities] + 1) % len(pool)], found)


def carded(world: World) -> np.ndarray:
    """Entities that have a card in the bank."""
    splits = world.splits
    return np.concatenate([splits[name] for name in ("train", m.HELD_OUT, m.NEW)])


def curve(
    reader: CardReader, world: World, test: TestConfig, device: Device
) -> Callable[[], list[Row]]:
    """A small test for the learning curve, for :class:`memstudy.watching.Watched`."""
    texts = {
        split: evaluation_texts(world, split, test.curve_texts, test)
        for split in (m.USED, m.HELD_OUT)
    }

    def measured() -> list[Row]:
        rows: list[Row] = []
        for split, own in texts.items():
            for part in (m.OFF, m.ON) if reader.reads else (m.OFF,):
                reading = own_cards(reader, world, own) if part == m.ON else None
                rows += answers(reader, own, reading, device, test.at_once).rows(split, part)
        return rows

    return measured


def core_rows(reader: CardReader, world: World, test: TestConfig, device: Device) -> list[Row]:
    """What every arm is measured on: all splits with and without references."""
    rows: list[Row] = []

    def measure(split: str, part: str, texts: Texts, reading: Reading | None, position=-1) -> None:
        found = answers(reader, texts, reading, device, test.at_once)
        rows.extend(found.rows(split, part, position))

    for split in (m.USED, m.HELD_OUT, m.NEW):
        texts = evaluation_texts(world, split, test.texts, test)
        measure(split, m.OFF, texts, None)
        if reader.reads:
            measure(split, m.ON, texts, own_cards(reader, world, texts))
            strangers = others(world, texts.entities, carded(world))
            measure(split, m.SWAPPED, texts, cards_of(reader, world, strangers))
    texts = evaluation_texts(world, m.MISSING, test.texts, test)
    measure(m.MISSING, m.OFF, texts, None)
    if reader.reads:
        strangers = others(world, texts.entities, carded(world))
        measure(m.MISSING, m.IRRELEVANT, texts, cards_of(reader, world, strangers))
    for bucket in range(len(test.buckets)):
        texts = bucket_texts(world, test, bucket)
        measure(m.RANKED, m.OFF, texts, None, bucket)
        if reader.reads:
            measure(m.RANKED, m.ON, texts, own_cards(reader, world, texts), bucket)
    return rows + (edited_rows(reader, world, test, device) if reader.reads else [])


def edited_rows(reader: CardReader, world: World, test: TestConfig, device: Device) -> list[Row]:
    """Training entities before and after all their facts have changed, with the card of the day."""
    rows: list[Row] = []
    changed = world.edited()
    for split, now, then in ((m.UNEDITED, world, changed), (m.EDITED, changed, world)):
        texts = evaluation_texts(now, split, test.texts, test)
        for part in (m.ON, m.OFF):
            reading = own_cards(reader, now, texts) if part == m.ON else None
            found = answers(reader, texts, reading, device, test.at_once)
            rows += found.rows(split, part)
            first = found.mention == FIRST
            old = values_of(then, texts)[first] == found.said[first]
            rows.append({"metric": m.OLD, "value": float(old.mean()), "split": split, "part": part})
    return rows


def values_of(world: World, texts: Texts) -> np.ndarray:
    """(values,) what a world holds to be the value at every mention of the texts."""
    row, place = np.nonzero(texts.mentions[:, 1:])
    place += 1
    entity = texts.entities[row, (place - 1) // world.config.chunk_length]
    return world.values[entity, texts.facts[row, place]]
