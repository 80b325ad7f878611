"""What only the main arm is measured on: sizes, rules, distractors, shots, quantisers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from memstudy.core import seeds
from memstudy.experiments.sparse_memory import measures as m
from memstudy.experiments.sparse_memory.cards import Texts, World, write_texts
from memstudy.experiments.sparse_memory.codecs import Codec, FloatCodec
from memstudy.experiments.sparse_memory.embedding import SentenceEmbedder
from memstudy.experiments.sparse_memory.measuring import (
    Row,
    answers,
    carded,
    cards_of,
    evaluation_texts,
    own_cards,
)
from memstudy.experiments.sparse_memory.quantiser import VectorCodec
from memstudy.experiments.sparse_memory.reader import CardReader, Reading
from memstudy.experiments.sparse_memory.retrieval import CosineIndex, LexicalIndex
from memstudy.nn.explicit.memories import Memories
from memstudy.nn.explicit.reading import reading_table

if TYPE_CHECKING:
    from memstudy.core.device import Device
    from memstudy.experiments.sparse_memory.config import TestConfig

CODEC_CARDS = 1024  # cards whose memories train a quantiser


def coverage(reader: CardReader, world: World, entities: np.ndarray, device: Device) -> float:
    """Share of values that some head of a memory layer keeps, the model's first layer left out.

    In the first layer keys and values belong to single words, so a value there does not know its
    relation. A mosaic's pairs do, since its values look ahead: the pair of the relation holds the
    value that follows, and counts in every layer.
    """
    with torch.no_grad():
        generator = seeds.torch_generator(0, "selection", device=device.torch)
        cards = torch.from_numpy(world.cards[entities]).to(device.torch)
        tokens = reader.write(cards, generator).tokens
    if tokens is None:
        return float("nan")
    ahead = reader.model.ahead
    first = max(0, 1 - ahead - reader.reading.first_layer)
    tokens = tokens[:, first:].flatten(1) + ahead  # (cards, slots)
    places = torch.from_numpy(world.value_places[entities]).to(device.torch)
    kept = (places.unsqueeze(-1) == tokens.unsqueeze(1)).any(-1)  # (cards, facts)
    return float(kept.double().mean())


def coverage_rows(reader: CardReader, world: World, device: Device, part: str) -> list[Row]:
    """Coverage of the cards of held-out entities, with the model's own way of reading."""
    value = coverage(reader, world, world.splits[m.HELD_OUT], device)
    named = {"split": m.HELD_OUT, "part": part, "position": reader.reading.kept_tokens}
    return [] if np.isnan(value) else [{"metric": m.COVERAGE, "value": value} | named]


def size_and_rule_rows(
    reader: CardReader, world: World, test: TestConfig, device: Device
) -> list[Row]:
    """Other numbers of kept tokens, chosen by other rules, read by the same weights."""
    texts = evaluation_texts(world, m.HELD_OUT, test.texts, test)
    rows: list[Row] = []
    for size in test.kept_tokens:
        for rule in test.selections:
            reading = replace(reader.reading, kept_tokens=size, selection=rule)
            other = CardReader(reader.model.decoder, reader.world, reading)
            found = answers(other, texts, own_cards(other, world, texts), device, test.at_once)
            rows += found.rows(m.HELD_OUT, rule, size)
            rows += coverage_rows(other, world, device, rule)
    return rows


def distractor_rows(
    reader: CardReader, world: World, test: TestConfig, device: Device
) -> list[Row]:
    """Each chunk reads its own card among others; and what is lost without look-ahead."""
    texts = evaluation_texts(world, m.HELD_OUT, test.texts, test)
    pool = carded(world)
    generator = seeds.numpy_generator(world.config.seed, "evaluation/distractors")
    rows: list[Row] = []
    n, chunks = texts.entities.shape
    for count in test.memories:
        read = generator.choice(pool, size=(n, chunks, count))
        read[:, :, 0] = texts.entities
        references = torch.from_numpy(world.cards[read.reshape(n, -1)])
        reading = Reading(references, reading_table(chunks, count))
        found = answers(reader, texts, reading, device, max(1, test.at_once // count))
        rows += found.rows(m.HELD_OUT, m.AMONG, count)
    late = own_cards(reader, world, texts, lag=1)
    return rows + answers(reader, texts, late, device, test.at_once).rows(m.HELD_OUT, m.LAGGED)


def shot_rows(reader: CardReader, world: World, test: TestConfig, device: Device) -> list[Row]:
    """A passage about a held-out entity behind none, one or more passages about others."""
    rows: list[Row] = []
    pool = world.splits[m.HELD_OUT]
    generator = seeds.numpy_generator(world.config.seed, "evaluation/shots")
    place = generator.integers(len(pool), size=(4 * test.texts, 1))
    away = generator.integers(1, len(pool), size=(len(place), max(test.shots)))
    last, before = pool[place], pool[(place + away) % len(pool)]
    for count in test.shots:
        entities = np.concatenate((before[:, :count], last), axis=1)
        generator = seeds.numpy_generator(world.config.seed, "evaluation/shots/texts")
        texts = write_texts(world, entities, generator)
        start = 1 + count * world.config.chunk_length
        for part in (m.OFF, m.ON):
            reading = own_cards(reader, world, texts) if part == m.ON else None
            found = answers(reader, texts, reading, device, 4 * test.at_once, from_token=start)
            rows += found.rows(m.SHOTS, part, count)
    return rows


def chunk_words(world: World, texts: Texts) -> list[list[int]]:
    """The words of every chunk, text by text."""
    length = world.config.chunk_length
    cut = texts.tokens[:, 1:].reshape(len(texts.tokens), -1, length)
    return cut.reshape(-1, length).tolist()


Search = Callable[[World, np.ndarray, Texts], np.ndarray]  # bank, texts: card of each chunk


def lexical(world: World, pool: np.ndarray, texts: Texts) -> np.ndarray:
    """(chunks of all texts,) place in ``pool`` of the card that shares most words with each."""
    index = LexicalIndex(world.cards[pool].tolist())
    return index.search(chunk_words(world, texts), 1)[:, 0]


def by_vectors(embed: Callable[[Sequence[str]], np.ndarray]) -> Search:
    """The same by the cosine between vectors of both; words that mean nothing are left out."""

    def search(world: World, pool: np.ndarray, texts: Texts) -> np.ndarray:
        said, fillers = world.vocabulary.words, world.vocabulary.fillers
        cards = [said([t for t in card if t not in fillers]) for card in world.cards[pool].tolist()]
        chunks = [said(chunk) for chunk in chunk_words(world, texts)]
        return CosineIndex(embed(cards)).search(embed(chunks), 1)[:, 0]

    return search


def found_rows(
    reader: CardReader,
    world: World,
    test: TestConfig,
    device: Device,
    search: Search = lexical,
    part: str = m.RETRIEVED,
) -> list[Row]:
    """Each chunk reads the card that a search finds with the chunk's own words."""
    pool = carded(world)
    rows: list[Row] = []
    for split in (m.HELD_OUT, m.NEW):
        texts = evaluation_texts(world, split, test.texts, test)
        best = pool[search(world, pool, texts)].reshape(texts.entities.shape)
        reading = cards_of(reader, world, best)
        found = answers(reader, texts, reading, device, test.at_once)
        rows += found.rows(split, part)
        recall = float((best == texts.entities).mean())
        rows.append({"metric": m.RECALL, "value": recall, "split": split, "part": part})
    return rows


def embedded_rows(reader: CardReader, world: World, test: TestConfig, device: Device) -> list[Row]:
    """:func:`found_rows` with MiniLM's vectors of the words (extra ``pretrained``)."""
    search = by_vectors(SentenceEmbedder())
    return found_rows(reader, world, test, device, search, m.EMBEDDED)


def codec_rows(reader: CardReader, world: World, test: TestConfig, device: Device) -> list[Row]:
    """Memories that have been stored in a form and taken out again.

    Quantisers learn from cards of training entities, drawn without regard to popularity.
    """
    generator = seeds.numpy_generator(world.config.seed, "evaluation/codec")
    some = generator.permutation(world.config.train_entities)[:CODEC_CARDS]
    with torch.no_grad():
        pairs = reader.write(torch.from_numpy(world.cards[some]).to(device.torch)).pairs.cpu()
    codecs: dict[str, Codec] = {m.BFLOAT16: FloatCodec()}
    for factory in test.codecs:
        codec = VectorCodec.train(pairs, factory or None)
        codecs[codec.name] = codec
    texts = evaluation_texts(world, m.HELD_OUT, test.texts, test)
    rows: list[Row] = []
    for name, codec in codecs.items():
        own = own_cards(reader, world, texts)
        reading = Reading(own.references, own.table, through(codec))
        found = answers(reader, texts, reading, device, test.at_once)
        rows += found.rows(m.HELD_OUT, name)
        shape = pairs.shape[1:]
        size = codec.record_bytes(shape) / np.prod(shape[:-1])
        named = {"split": m.HELD_OUT, "part": name}
        rows.append({"metric": m.VECTOR_BYTES, "value": float(size)} | named)
    return rows


def through(codec: Codec):
    """What a codec makes of memories: stored and taken out again."""

    def change(memories: Memories) -> Memories:
        pairs = memories.pairs
        flat = pairs.flatten(0, -6).cpu().float()
        decoded = codec.decode(codec.encode(flat), flat.shape[1:])
        decoded = decoded.to(device=pairs.device, dtype=pairs.dtype)
        return Memories(decoded.view(pairs.shape), memories.n_kept)

    return change
