"""Questions with exact answers, and cloze prompts for language models.

Both ask for facts of :mod:`knowledge`, so their answers follow from the text before them.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from memstudy.core.seeds import child
from memstudy.corpora.story_world import lexicon, library
from memstudy.corpora.story_world.knowledge import Fact, known_facts
from memstudy.corpora.story_world.lexicon.nouns import article
from memstudy.corpora.story_world.narrator import Narrator
from memstudy.corpora.story_world.teller import Teller
from memstudy.corpora.story_world.world import Event

N_DISTRACTORS = 3
# At most so many cloze prompts a story, none before this unit.
MOST_CLOZES = 6
FIRST_UNIT = 3
# What is asked for was told before the last so many units.
CLOZE_AGE = 1

QUESTION_FORMS = {
    "holder": "Who has the {what} at the end?",
    "lies": "Where is the {what} at the end?",
    "where": "Where is {who} at the end?",
    "wish": "What does {who} still want at the end?",
    "feeling": "How does {who} feel at the end?",
    "said": "What did {by} say to {who}?",
    "kind": "What is {who}?",
    "wanted": "What did {who} want?",
}
# Things that nobody in this story said, but that fit any story.
COMMON_SAYINGS = (
    "Be careful with the glass.",
    "Come home before dark.",
    "Do not open the door.",
    "Always wash your hands.",
    "I will come back on Sunday.",
    "Never trust a hungry wolf.",
    "The early bird gets the worm.",
    "Please close the window.",
)
COMMON_WISHES = (
    "to go to sleep",
    "to fly like a bird",
    "to eat some soup",
    "to learn how to sing",
    "to build a snow castle",
    "to see the sea",
)
FEELINGS = ("glad", "sad", "afraid", "angry", "sorry", "tired", "bored")


class Question(NamedTuple):
    """A question about a story and its exact answer.

    ``kind`` is that of the :class:`~memstudy.corpora.story_world.knowledge.Fact`, or ``wanted``
    for a wish that may have come true.
    """

    kind: str
    question: str
    answer: str


class Cloze(NamedTuple):
    """A prompt for a language model whose continuation follows from what stands before it.

    ``prefix + correct`` is how a story of this world could go on; each of ``distractors``
    contradicts the prefix. Continuations begin with a space and end before the closing punctuation.

    The first ``told`` distractors name something that the story itself has named in the same role
    (another person who is there, a place where they were before): with none of them, remembering
    is enough to answer; with some, one must know what has changed. ``units`` is the number of
    units of the story in the prefix, ``fact`` what is asked for.
    """

    kind: str
    prefix: str
    correct: str
    distractors: tuple[str, ...]
    told: int
    units: int
    fact: Fact


def questions(events: Sequence[Event], n_units: int) -> tuple[Question, ...]:
    """Every question that the whole story answers.

    Args:
        events: event log of the story.
        n_units: number of its units.
    """
    found = [
        Question(fact.kind, QUESTION_FORMS[fact.kind].format(**fact._asdict()), fact.answer)
        for fact in known_facts(events, n_units)
    ]
    wishes: dict[str, list[str]] = {}
    for event in events:
        if event.kind == "want":
            wishes.setdefault(event.who, []).append(event.what)
    found += [
        Question("wanted", QUESTION_FORMS["wanted"].format(who=who), wish[0])
        for who, wish in wishes.items()
        if len(wish) == 1
    ]
    return tuple(found)


def clozes(teller: Teller, seed: int, index: int, split: str) -> list[Cloze]:
    """Cloze prompts from a told story, at most one for a fact, of as many kinds as there are."""
    rng = Random(child(seed, f"cloze/{split}", index))
    n_units = len(teller.units)
    candidates: dict[Fact, list[int]] = {}
    for now in range(FIRST_UNIT, n_units + 1):
        for fact in known_facts(teller.world.events, now, CLOZE_AGE):
            candidates.setdefault(fact, []).append(now)
    by_kind: dict[str, list[Fact]] = {}
    for fact in candidates:
        by_kind.setdefault(fact.kind, []).append(fact)
    chosen = [rng.choice(by_kind[kind]) for kind in sorted(by_kind)]
    rest = [fact for fact in candidates if fact not in chosen]
    rng.shuffle(rest)
    chosen = (chosen + rest)[:MOST_CLOZES]
    return [_cloze(teller, fact, rng.choice(candidates[fact]), rng) for fact in chosen]


def _cloze(teller: Teller, fact: Fact, now: int, rng: Random) -> Cloze:
    people = {person.name: person for person in teller.world.people}
    things = {thing.noun: thing for thing in teller.world.things}
    narrator = Narrator(rng, library.stems())
    stem = narrator.tell(
        f"recap.{fact.kind}",
        A=people.get(fact.who),
        B=people.get(fact.by),
        x=things.get(fact.what),
    )
    quote = '{}"{}"' if fact.kind == "said" else "{}{}"
    wrong, told = _distractors(teller, fact, now, rng)
    return Cloze(
        kind=fact.kind,
        prefix=" ".join([*teller.units[:now], stem]),
        correct=quote.format(" ", fact.answer),
        distractors=tuple(quote.format(" ", text) for text in wrong),
        told=told,
        units=now,
        fact=fact,
    )


def _distractors(teller: Teller, fact: Fact, now: int, rng: Random) -> tuple[list[str], int]:
    """Wrong answers of the same sort, those from the story itself first, and how many these are."""
    told = [event for event in teller.world.events if event.at < now]
    near, far = _POOLS[fact.kind](teller, fact, told)
    near = [text for text in dict.fromkeys(near) if text != fact.answer]
    far = [text for text in dict.fromkeys(far) if text != fact.answer and text not in near]
    rng.shuffle(near)
    wrong = near + rng.sample(far, min(len(far), N_DISTRACTORS))
    return wrong[:N_DISTRACTORS], min(len(near), N_DISTRACTORS)


Pool = tuple[list[str], list[str]]


def _names(teller: Teller, fact: Fact, told: list[Event]) -> Pool:
    near = [event.who for event in told if event.kind == "appear"]
    taken = {person.name for person in teller.world.people}
    return near, [name for name in lexicon.girls() + lexicon.boys() if name not in taken]


def _spots(teller: Teller, fact: Fact, told: list[Event]) -> Pool:
    near = [event.where for event in told if event.kind in ("lie", "put")]
    groups = [group for group in lexicon.PLACE_GROUPS if fact.answer in lexicon.spots(group)]
    return near, [spot for group in groups for spot in lexicon.spots(group)]


def _places(teller: Teller, fact: Fact, told: list[Event]) -> Pool:
    near = [event.where for event in told if event.kind == "go"]
    return near, [place.at for place in lexicon.all_places()]


def _wishes(teller: Teller, fact: Fact, told: list[Event]) -> Pool:
    near = [event.what for event in told if event.kind == "want"]
    for thing in teller.world.things:
        if thing.noun in fact.answer:
            known = [event.what for event in told if event.kind in ("own", "lie", "take")]
            others = [word.base for word in lexicon.word_classes()[thing.kind]]
            if fact.answer == thing.an:
                known, others = ([f"{article(n)} {n}" for n in nouns] for nouns in (known, others))
            else:
                known, others = (
                    [fact.answer.replace(thing.noun, noun) for noun in nouns]
                    for nouns in (known, others)
                )
            return near + known, others
    return near, list(COMMON_WISHES)


def _feelings(teller: Teller, fact: Fact, told: list[Event]) -> Pool:
    words = {name: {word.base for word in lexicon.word_classes()[name]} for name in FEELINGS}
    own = next(name for name in FEELINGS if fact.answer in words[name])
    near = [event.what for event in told if event.kind == "feel" and event.what not in words[own]]
    return near, sorted(word for name in FEELINGS if name != own for word in words[name])


def _sayings(teller: Teller, fact: Fact, told: list[Event]) -> Pool:
    near = [event.what for event in told if event.kind == "say" and event.who != fact.by]
    return near, list(COMMON_SAYINGS)


def _kinds(teller: Teller, fact: Fact, told: list[Event]) -> Pool:
    animals = [word.with_article for word in lexicon.word_classes()["animal"]]
    named = [f"{article(event.what)} {event.what}" for event in told if event.kind == "appear"]
    return [kind for kind in named if kind in animals], animals


_POOLS = {
    "holder": _names,
    "lies": _spots,
    "where": _places,
    "wish": _wishes,
    "feeling": _feelings,
    "said": _sayings,
    "kind": _kinds,
}
