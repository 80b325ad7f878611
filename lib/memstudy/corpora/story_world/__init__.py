"""The story world: generated text for language models, unlimited and reproducible offline.

Three kinds of documents, each a pure function of (seed, index, split):

* :func:`story`: a short children's story in the manner of TinyStories and BabiStories, told from a
  simulated world, so that names, pronouns, belongings and whereabouts stay consistent;
* :func:`article`: an encyclopedia article on an invented place or creature, in quite different
  words, sentences and layout: the out-of-distribution partner;
* :func:`cloze`: prompts cut from a story whose continuation follows from what stands before it.

Splits (``train``, ``validation``, ``test``) are disjoint by construction: the split's name is part
of the name of the random stream that a document is drawn from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from memstudy.core.errors import UsageError

if TYPE_CHECKING:
    from memstudy.corpora.story_world.encyclopedia import Article
    from memstudy.corpora.story_world.questions import Cloze, Question
    from memstudy.corpora.story_world.world import Event

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Story:
    """One generated story."""

    text: str  # the whole story, one line
    name: str  # first name of the hero
    words: tuple[str, str, str]  # verb, noun, adjective that were asked for
    features: tuple[str, ...]  # features that were asked for, in a fixed order
    opening: str  # the first words, as BabiStories forces them (1 to 12)
    plot: str  # how the story goes: "lost", "share", ...
    questions: tuple[Question, ...]  # questions on the whole story, with exact answers
    units: tuple[str, ...]  # the story in units of 1 to 4 sentences; text is their join
    events: tuple[Event, ...]  # what happened, each with the unit that tells it


def _check(index: int, split: str) -> None:
    if split not in SPLITS:
        raise UsageError(f"unknown split {split!r}; the story world has {', '.join(SPLITS)}")
    if index < 0:
        raise UsageError(f"a document has an index of 0 or more, not {index}")


def story(seed: int, index: int, split: str = "train") -> Story:
    """The story ``index`` of ``split`` in the world of ``seed``.

    Args:
        seed: base seed of the world.
        index: 0 or more; every index is another story.
        split: ``"train"``, ``"validation"`` or ``"test"``.

    Returns:
        The same story in every process and on every machine.

    Raises:
        UsageError: for a split that does not exist or a negative index.
    """
    from memstudy.corpora.story_world import telling

    _check(index, split)
    return telling.story(seed, index, split)


def stories(seed: int, start: int, count: int, split: str = "train") -> Iterator[Story]:
    """The stories ``start`` .. ``start + count - 1``, one after the other; see :func:`story`."""
    return (story(seed, index, split) for index in range(start, start + count))


def cloze(seed: int, index: int, split: str = "train") -> list[Cloze]:
    """Cloze prompts from the story ``index``, decided by what stands before them.

    Up to six a story, of as many kinds as it has facts for: who holds a thing, where it lies,
    where somebody is, what they want, how they feel, what they said, what animal they are. A
    language model is consistent where it gives ``prefix + correct`` a higher probability than
    every ``prefix + distractor``. Arguments and errors as in :func:`story`.
    """
    from memstudy.corpora.story_world import telling

    _check(index, split)
    return telling.cloze(seed, index, split)


def article(seed: int, index: int, split: str = "train") -> Article:
    """The encyclopedia article ``index`` of ``split``; arguments and errors as in :func:`story`."""
    from memstudy.corpora.story_world import encyclopedia

    _check(index, split)
    return encyclopedia.article(seed, index, split)


def articles(seed: int, start: int, count: int, split: str = "train") -> Iterator[Article]:
    """The articles ``start`` .. ``start + count - 1``, one after the other; see :func:`article`."""
    return (article(seed, index, split) for index in range(start, start + count))
