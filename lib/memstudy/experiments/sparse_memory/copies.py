"""Copies of the evaluation in the bank, and the filter that takes them away (eq. 6; claim M3-11).

Some passages of the test are copied into the bank. A text must not read a copy of itself; a copy of
another text is to it a reference like any other. The search leaves out words that no card has: the
words at the beginning and end of a text stand in copies alone, are therefore rare, and would weigh
more than a name. How the search does with every word is recorded beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from memstudy.core import seeds
from memstudy.experiments.sparse_memory import measures as m
from memstudy.experiments.sparse_memory.cards import Texts, World, copy_of
from memstudy.experiments.sparse_memory.measuring import (
    Answers,
    Row,
    answers,
    carded,
    evaluation_texts,
)
from memstudy.experiments.sparse_memory.overlap import overlap
from memstudy.experiments.sparse_memory.reader import CardReader, Reading
from memstudy.experiments.sparse_memory.retrieval import LexicalIndex
from memstudy.experiments.sparse_memory.sweeps import chunk_words
from memstudy.nn.explicit.reading import reading_table

if TYPE_CHECKING:
    from memstudy.core.device import Device
    from memstudy.experiments.sparse_memory.config import TestConfig

SPARE = 6  # references that a search finds beyond those wanted, in case the filter takes some


@dataclass(frozen=True)
class Bank:
    """All cards, and copies behind them."""

    references: np.ndarray  # (cards + copies, reference_length) tokens
    cards: int  # how many of them are cards
    own: np.ndarray  # (chunks,) place of the card of whom each chunk of the test is about
    askers: np.ndarray  # (chunks,) text that each chunk is from
    copied: np.ndarray  # (copies,) text that each copy is of


def copies_rows(reader: CardReader, world: World, test: TestConfig, device: Device) -> list[Row]:
    """Accuracy with found cards from a bank with copies, by threshold; without any; and unread."""
    texts = evaluation_texts(world, m.PLANTED, test.texts, test)
    bank = with_copies(world, texts, test)
    rows = answers(reader, texts, None, device, test.at_once).rows(m.PLANTED, m.OFF)
    for part, words in ((m.FILTERED, known_words), (m.EVERY_WORD, chunk_words)):
        queries = words(world, texts)
        found, shares = candidates(bank, queries, texts, test)
        for threshold in test.thresholds:
            kept = first_below(found, shares, threshold, test.retrieved)
            percent = round(100 * threshold)
            rows += [row | {"part": part, "position": percent} for row in counted(bank, kept)]
            if part == m.FILTERED:
                said = read(reader, texts, bank, kept, test, device)
                rows += said.rows(m.PLANTED, part, percent)
    clean = LexicalIndex(bank.references[: bank.cards].tolist())
    kept = clean.search(known_words(world, texts), test.retrieved)
    rows += [row | {"part": m.CLEAN} for row in counted(bank, kept)]
    return rows + read(reader, texts, bank, kept, test, device).rows(m.PLANTED, m.CLEAN)


def with_copies(world: World, texts: Texts, test: TestConfig) -> Bank:
    """The bank of all cards, and copies of some passages of the test."""
    generator = seeds.numpy_generator(world.config.seed, "evaluation/copies")
    planted = np.argwhere(generator.random(texts.entities.shape) < test.planted)
    copies = [copy_of(world, texts, row, chunk) for row, chunk in planted]
    pool = carded(world)
    cards = world.cards[pool]
    places = {int(entity): place for place, entity in enumerate(pool)}
    own = np.array([places[int(entity)] for entity in texts.entities.reshape(-1)])
    references = np.concatenate((cards, np.array(copies).reshape(-1, cards.shape[1])))
    n, chunks = texts.entities.shape
    return Bank(references, len(cards), own, np.repeat(np.arange(n), chunks), planted[:, 0])


def known_words(world: World, texts: Texts) -> list[list[int]]:
    """The words of every chunk that some card has, text by text."""
    known = set(world.cards[carded(world)].reshape(-1).tolist())
    return [[word for word in words if word in known] for words in chunk_words(world, texts)]


def candidates(
    bank: Bank, queries: list[list[int]], texts: Texts, test: TestConfig
) -> tuple[np.ndarray, np.ndarray]:
    """What a search finds for every chunk, and how much of each stands in the chunk's text.

    Returns:
        References, (chunks, found) numbers, the best first, and their overlaps (eq. 6).
    """
    index = LexicalIndex(bank.references.tolist())
    found = index.search(queries, min(test.retrieved + SPARE, len(bank.references)))
    whole = np.repeat(texts.tokens, texts.entities.shape[1], axis=0).tolist()
    shares = [
        [overlap(text, bank.references[place].tolist()) for place in row]
        for text, row in zip(whole, found, strict=True)
    ]
    return found, np.array(shares)


def read(
    reader: CardReader,
    texts: Texts,
    bank: Bank,
    kept: np.ndarray,
    test: TestConfig,
    device: Device,
) -> Answers:
    """Answers of a model that reads (chunks, references) of the bank."""
    n, chunks = texts.entities.shape
    references = torch.from_numpy(bank.references[kept].reshape(n, chunks * test.retrieved, -1))
    reading = Reading(references, reading_table(chunks, test.retrieved))
    return answers(reader, texts, reading, device, max(1, test.at_once // test.retrieved))


def counted(bank: Bank, kept: np.ndarray) -> list[Row]:
    """What (chunks, references) of the bank are: own cards, copies of the text, other copies."""
    own = own_copies(kept, bank.askers, bank.cards, bank.copied)
    values = {
        m.RECALL: float((kept == bank.own[:, None]).any(1).mean()),
        m.COPIES: float(own),
        m.OTHER_COPIES: float((kept >= bank.cards).sum() - own),
    }
    return [{"metric": name, "value": value, "split": m.PLANTED} for name, value in values.items()]


def own_copies(read: np.ndarray, askers: np.ndarray, cards: int, copied: np.ndarray) -> int:
    """How often a text reads a copy of itself.

    Args:
        read: (questions, references) numbers in a bank of cards, and of copies behind them.
        askers: (questions,) the text that each question is from.
        cards: how many there are.
        copied: (copies,) the text that each copy is of.
    """
    if not len(copied):
        return 0
    source = copied[np.maximum(read - cards, 0)]
    return int(((read >= cards) & (source == askers[:, None])).sum())


def first_below(
    candidates: np.ndarray, overlaps: np.ndarray, threshold: float, n: int
) -> np.ndarray:
    """The first ``n`` candidates of each row whose overlap does not exceed a threshold.

    The same choice as that of :func:`memstudy.experiments.sparse_memory.overlap.without_copies`,
    for many thresholds of overlaps that are computed once.

    Raises:
        ValueError: a row has fewer.
    """
    good = overlaps <= threshold
    if (good.sum(1) < n).any():
        raise ValueError(f"fewer than {n} candidates pass the filter; search for more")
    order = np.argsort(~good, axis=1, kind="stable")[:, :n]
    return np.take_along_axis(candidates, order, axis=1)
