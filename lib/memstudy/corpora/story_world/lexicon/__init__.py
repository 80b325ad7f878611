"""The words of the stories: names, nouns, adjectives, verbs, places, and how they are drawn.

A *class* is a list of words that may fill the same slot of a sentence. Its words come in three
forms: plain (``owl``), with the article (``an owl``) and plural (``owls``).
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from memstudy.corpora.story_world.lexicon import adjectives, names, nouns, places, verbs

ANIMAL_KINDS = (
    "pet",
    "farm_animal",
    "wood_animal",
    "wild_animal",
    "bird",
    "bug",
    "water_animal",
)
TOY_KINDS = ("hard_toy", "soft_toy", "sport_toy")
HOUSE_KINDS = ("household", "breakable")
FOOD_KINDS = ("fruit", "baked", "sweet", "snack")
# Kinds whose words one person can own, carry, lose and give away.
THING_KINDS = (
    *TOY_KINDS,
    "paper_thing",
    "instrument",
    "clothes",
    "accessory",
    "tool",
    "gadget",
    "household",
    "breakable",
    "small_nature",
    "fruit",
    "vegetable",
    "baked",
    "sweet",
    "snack",
)
ACTIVITY_KINDS = ("outdoor_play", "indoor_play", "chores", "skills", "stage", "contests")
OUTDOOR_GROUPS = ("green", "wood", "water", "hill", "farm", "town")
PLACE_GROUPS = (*OUTDOOR_GROUPS, "shop", "house", "hall")
# Classes that the sentences name and that are not kinds: joined kinds and short lists.
JOINED = {
    "animal": ANIMAL_KINDS,
    "toy": TOY_KINDS,
    "house_thing": ("household", "breakable"),
    "treat": ("fruit", "baked", "sweet", "snack"),
    "thing": (*TOY_KINDS, "household", "breakable", "accessory"),
}
LISTED = {
    "hopper": "frog rabbit kangaroo bunny cricket grasshopper hare",
    "low_thing": "log rock stump bush bench stone post barrel",
    "seat": "log rock stump bench stone step crate low_wall big_root box blanket pile_of_leaves",
    "cover": "tree bush rock fence wall hedge barrel cart log gate woodpile statue hay_bale shed",
    "hurdle": "puddle log stream rock stump bush ditch low_fence root flower_bed",
    "eye_color": "brown blue green gray",
    "shoe_like": "shoe boot sandal sneaker slipper",
    "machine": "car bus truck tractor train van taxi fire_truck bulldozer",
    "goodness": "kind brave honest patient gentle careful polite clever helpful generous",
    "number": "two three four five six seven eight nine ten",
    "relative": "cousin neighbor classmate",
}


class Word(NamedTuple):
    """One word of a class, in its three forms."""

    base: str
    with_article: str
    plural: str


def _word(raw: str, mass: bool = False) -> Word:
    base = raw.replace("_", " ")
    if mass:
        return Word(base, f"some {base}", base)
    return Word(base, f"{nouns.article(base)} {base}", nouns.plural(raw))


@cache
def word_classes() -> dict[str, tuple[Word, ...]]:
    """Every class of words that a slot ``{#class}`` can draw from."""
    table = {
        kind: tuple(_word(raw, kind in nouns.MASS) for raw in text.split())
        for kind, text in nouns.NOUNS.items()
    }
    for name, kinds in JOINED.items():
        table[name] = tuple(word for kind in kinds for word in table[kind])
    for name, text in LISTED.items():
        table[name] = tuple(_word(raw) for raw in text.split())
    for name, text in (adjectives.ADJECTIVES | adjectives.ADVERBS).items():
        table[name] = tuple(
            Word(w, f"{nouns.article(w)} {w}", w)
            for w in (raw.replace("_", " ") for raw in text.split())
        )
    table["adj"] = table["size"] + table["age"] + table["look"]
    return table


@cache
def adjectives_for(kind: str) -> tuple[str, ...]:
    """Adjectives that fit a thing of this kind."""
    fits = adjectives.FITS[kind]
    found = [word.base for name in fits for word in word_classes()[name]]
    return tuple(dict.fromkeys(found))


class Place(NamedTuple):
    """Where people can be: the words for it and its group (which sights and spots it has)."""

    noun: str
    group: str
    the: str  # the park
    at: str  # in the park
    to: str  # to the park

    def __str__(self) -> str:
        return self.the

    @property
    def outdoors(self) -> bool:
        """Whether the weather can be felt there."""
        return self.group in OUTDOOR_GROUPS


HOME = Place("home", "house", "the house", "at home", "home")


@cache
def all_places() -> tuple[Place, ...]:
    """Every place but home, in a fixed order."""
    found = []
    for group, text in places.PLACES.items():
        for entry in text.split():
            raw, _, preposition = entry.partition("|")
            noun = raw.replace("_", " ")
            the = f"the {noun}"
            found.append(Place(noun, group, the, f"{preposition} {the}", f"to {the}"))
    return tuple(found)


@cache
def places_in(*groups: str) -> tuple[Place, ...]:
    """The places of some groups."""
    return tuple(place for place in all_places() if place.group in groups)


def _split_list(text: str) -> tuple[str, ...]:
    return tuple(" ".join(item.split()) for item in text.split(";"))


@cache
def spots(group: str) -> tuple[str, ...]:
    """Prepositional phrases for where a thing lies at a place of this group."""
    return _split_list(places.SPOTS[group])


@cache
def sights(group: str) -> tuple[str, ...]:
    """Templates of what is seen at a place of this group."""
    return _split_list(places.SIGHTS[group])


class Activity(NamedTuple):
    """A verb with the templates of its objects; an object may be bound to groups of places."""

    base: str
    past: str
    ing: str
    objects: tuple[tuple[str, frozenset[str]], ...]


def _activity(line: str) -> Activity:
    forms, _, text = line.partition("|")
    base, past, ing = forms.split()
    objects = []
    for item in _split_list(text):
        phrase, _, groups = item.partition("@")
        phrase = phrase.strip()
        objects.append(
            (
                "" if phrase == "-" else phrase,
                frozenset(groups.split(",")) if groups else frozenset(),
            )
        )
    return Activity(base, past, ing, tuple(objects))


@cache
def activities(kind: str) -> tuple[Activity, ...]:
    """Activities of one kind: ``outdoor_play``, ``indoor_play``, ``chores``, ``skills``,
    ``stage`` or ``contests``."""
    return tuple(_activity(line) for line in getattr(verbs, kind.upper()).strip().splitlines())


@cache
def girls() -> tuple[str, ...]:
    """First names of girls."""
    return tuple(names.GIRLS.split())


@cache
def boys() -> tuple[str, ...]:
    """First names of boys."""
    return tuple(names.BOYS.split())


@cache
def content_words() -> frozenset[str]:
    """Every noun, verb, adjective and adverb of the lexicon, in its plain form."""
    words = {word.base for found in word_classes().values() for word in found}
    words |= {place.noun for place in all_places()}
    for kind in ACTIVITY_KINDS:
        words |= {activity.base for activity in activities(kind)}
    single = {part for word in words for part in re.findall(r"[a-z-]+", word)}
    return frozenset(single - {"of", "up", "on", "a", "the", "to", "out", "s", "in"})
