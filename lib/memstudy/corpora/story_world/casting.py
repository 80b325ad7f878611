"""Casting: who and what a story is about, drawn so that the three required words find a part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple

from memstudy.corpora.story_world import lexicon
from memstudy.corpora.story_world.grammar import Groups, Template, render
from memstudy.corpora.story_world.lexicon import Place
from memstudy.corpora.story_world.lexicon.nouns import article
from memstudy.corpora.story_world.narrator import Narrator
from memstudy.corpora.story_world.world import Person, Thing

PARENTS = (
    ("she", "mom", ("Mom", "Mommy", "Mama", "Mother")),
    ("he", "dad", ("Dad", "Daddy", "Papa", "Father")),
    ("she", "grandma", ("Grandma", "Granny", "Nana")),
    ("he", "grandpa", ("Grandpa", "Grandfather")),
    ("she", "aunt", ("Auntie",)),
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
CHILD_FRIENDS = ("friend", "best friend", "good friend", "cousin", "neighbor", "classmate")
ANIMAL_FRIENDS = ("friend", "best friend", "neighbor", "old friend")
ANIMAL_HERO_KINDS = ("pet", "farm_animal", "wood_animal", "wild_animal")
ANIMAL_HERO_SHARE = 0.25
# How often an activity uses the required verb as long as nothing has told it.
REQUIRED_VERB_SHARE = 0.7
JOBS_OF_MEN = "mailman fisherman policeman postman king prince knight wizard waiter shepherd sailor"
JOBS_OF_WOMEN = "queen princess"


class Need(NamedTuple):
    """What a story was asked for: the three words, the features, a length."""

    verb: str
    verb_forms: tuple[str, ...]  # base, past, -ing: one of them must be told
    verb_kind: str  # kind of activities that has the verb
    noun: str
    adjective: str
    noun_kind: str  # kind of thing, kind of animal, or group of places
    adjective_role: str  # "thing", "trait", "creature" or "place"
    features: frozenset[str]
    target: int  # characters


@dataclass(slots=True)
class Doing:
    """An activity with its object: ``climb the tall oak``."""

    verb: str
    base: str
    ed: str
    ing: str
    places: frozenset[str] = frozenset()  # groups of places where it can be done; empty: any

    def __str__(self) -> str:
        return self.base


class Casting(Narrator):
    """Narrator that draws people, animals, things, places and activities for its story."""

    def __init__(self, rng: Random, groups: Groups, need: Need) -> None:
        super().__init__(rng, groups)
        self.need = need
        self._open = {"noun", "adjective", "verb"}  # requirements that nothing has taken yet
        self.used.add(need.noun)
        weather = "fair_weather" if self.chance(0.9) else "foul_weather"
        self.fair = weather == "fair_weather"
        self._set_weather(weather)
        self.facts["part"] = self.pick(("morning", "afternoon", "day"))
        self.facts["weekday"], self.facts["weekday2"] = self.pick(WEEKDAYS), self.pick(WEEKDAYS)
        self.hero = self._make_hero()

    def has(self, feature: str) -> bool:
        """Whether the story was asked for ``feature``."""
        return feature in self.need.features

    def _set_weather(self, group: str) -> None:
        word = self.pick(lexicon.word_classes()[group]).base
        self.facts["weather"] = word
        self.facts["weather_a"] = f"{article(word)} {word}"

    # Casting -------------------------------------------------------------------------------

    def _first_name(self, he: str) -> str:
        names = lexicon.boys() if he == "he" else lexicon.girls()
        taken = {person.name[0] for person in self.world.people}
        name = self.pick(names)
        while name[0] in taken:
            name = self.pick(names)
        return name

    def _trait(self, class_name: str = "trait", role: str = "trait") -> str:
        if "adjective" in self._open and self.need.adjective_role == role:
            self._open.discard("adjective")
            return self.need.adjective
        return self.pick(lexicon.word_classes()[class_name]).base

    def _make_hero(self) -> Person:
        he = "he" if self.chance(0.5) else "she"
        need = self.need
        as_animal = self.chance(ANIMAL_HERO_SHARE)
        if need.noun_kind in ANIMAL_HERO_KINDS and self.chance(0.5):
            as_animal = True
            kind = need.noun
            self._open.discard("noun")
        elif as_animal:
            kind = self.animal(ANIMAL_HERO_KINDS)
        else:
            kind = "boy" if he == "he" else "girl"
        self.child_hero = not as_animal
        self.facts["home"] = self.line("home.animal" if as_animal else "home.child")
        name = self._first_name(he)
        intro = f"{article(kind)} {kind} named {name}"
        hero = Person(name, he, kind, intro, self._trait(), animal=as_animal)
        self.used.add(kind)
        self.world.people.append(hero)
        return hero

    def animal(self, kinds: Sequence[str] = lexicon.ANIMAL_KINDS) -> str:
        """A kind of animal that is not in the story yet; the required one if it fits."""
        if "noun" in self._open and self.need.noun_kind in kinds:
            self._open.discard("noun")
            return self.need.noun
        words = lexicon.word_classes()
        word = self.pick(words[self.pick(kinds)]).base
        while word in self.used:
            word = self.pick(words[self.pick(kinds)]).base
        self.used.add(word)
        return word

    def friend(self, kin: bool = False) -> Person:
        """A friend of the hero, of the hero's own sort (child or animal).

        Args:
            kin: whether it may be a brother or a sister, who live in the same house.
        """
        hero = self.hero
        he = hero.he if self.chance(0.35) else ("she" if hero.he == "he" else "he")
        name = self._first_name(he)
        if self.child_hero:
            sibling = "brother" if he == "he" else "sister"
            relation = self.pick(CHILD_FRIENDS)
            if kin and self.chance(0.3):
                relation = f"{self.pick(('little', 'big', 'twin'))} {sibling}"
            kind = "boy" if he == "he" else "girl"
            intro = f"{hero.his} {relation} {name}"
        else:
            relation = self.pick(ANIMAL_FRIENDS)
            kind = self.animal(ANIMAL_HERO_KINDS)
            intro = f"{hero.his} {relation} {name} the {kind}"
        person = Person(name, he, kind, intro, self._trait(role=""), animal=not self.child_hero)
        self.facts["pair"] = (hero, person)
        self.facts["pair_noun"] = "friends"
        self.world.people.append(person)
        return person

    def stranger(self) -> Person:
        """Somebody of the hero's sort whom the hero does not know yet."""
        he = "he" if self.chance(0.5) else "she"
        name = self._first_name(he)
        if self.child_hero:
            kind = "boy" if he == "he" else "girl"
        else:
            kind = self.animal(ANIMAL_HERO_KINDS)
        intro = f"{article(kind)} {kind} named {name}"
        person = Person(name, he, kind, intro, self._trait(role=""), animal=not self.child_hero)
        self.facts["pair"] = (self.hero, person)
        self.facts["pair_noun"] = "new friends"
        self.world.people.append(person)
        return person

    def parent(self) -> Person:
        """Mom, Dad or another grown-up of the hero's family."""
        he, kind, names = self.pick(PARENTS)
        name = names[0] if self.chance(0.5) else self.pick(names)
        person = Person(name, he, kind, f"{self.hero.his} {kind}")
        self.world.people.append(person)
        return person

    def adult(self) -> Person:
        """A grown-up known by their work: the baker."""
        jobs = lexicon.word_classes()["person"]
        kind = self.pick(jobs).base
        while kind in self.used:
            kind = self.pick(jobs).base
        he = "he" if self.chance(0.5) else "she"
        if kind in JOBS_OF_MEN.split():
            he = "he"
        elif kind in JOBS_OF_WOMEN.split():
            he = "she"
        self.used.add(kind)
        person = Person(f"the {kind}", he, kind, f"{article(kind)} {kind}")
        self.world.people.append(person)
        return person

    def creature(self, kinds: Sequence[str] = lexicon.ANIMAL_KINDS) -> Person:
        """An animal without a name: the owl."""
        kind = self.animal(kinds)
        trait = self._trait("creature", "creature")
        person = Person(f"the {kind}", "it", kind, f"{article(trait)} {trait} {kind}", trait=trait)
        self.world.people.append(person)
        return person

    def thing(self, kinds: Sequence[str]) -> Thing:
        """A thing of one of ``kinds``: the required noun if it fits, else any."""
        need = self.need
        if "noun" in self._open and need.noun_kind in kinds:
            self._open.discard("noun")
            noun, kind = need.noun, need.noun_kind
        else:
            kind = self.pick(kinds)
            noun = self.pick(lexicon.word_classes()[kind]).base
            while noun in self.used:
                noun = self.pick(lexicon.word_classes()[kind]).base
        self.used.add(noun)
        fitting = lexicon.adjectives_for(kind)
        if (
            "adjective" in self._open
            and need.adjective_role == "thing"
            and need.adjective in fitting
        ):
            self._open.discard("adjective")
            adjective = need.adjective
        else:
            adjective = self.pick(fitting)
        return Thing(noun, kind, adjective)

    def seed(self, plant: Thing) -> Thing:
        """The seed from which ``plant`` grows."""
        self.used.add("seed")
        return Thing("seed", "small_nature", "tiny")

    def map(self) -> Thing:
        """An old treasure map."""
        self.used.add("map")
        return Thing("map", "paper_thing", "old")

    def basket(self) -> Thing:
        """Something to carry many things in."""
        noun = self.pick(("basket", "bag", "backpack"))
        self.used.add(noun)
        return Thing(noun, "house_thing", self.pick(lexicon.adjectives_for("clothes")))

    def project(self) -> str:
        """Something to build: ``a house for a hamster``."""
        return self.line("project")

    def place(self, *groups: str) -> Place:
        """A place of one of ``groups`` (any outdoors if none is given)."""
        groups = groups or lexicon.OUTDOOR_GROUPS
        if "noun" in self._open and self.need.noun_kind in groups:
            self._open.discard("noun")
            places = lexicon.places_in(self.need.noun_kind)
            return next(place for place in places if place.noun == self.need.noun)
        group = self.pick(groups)
        place = self.pick(lexicon.places_in(group))
        while place.noun in self.used:
            place = self.pick(lexicon.places_in(group))
        self.used.add(place.noun)
        return place

    def house_of(self, person: Person) -> Place:
        """The home of somebody else than the hero."""
        the = f"{person.possessive} house"
        return Place("house", "house", the, f"at {the}", f"to {the}")

    def spot(self, place: Place) -> str:
        """Where in ``place`` a thing can lie."""
        return self.pick(lexicon.spots(place.group))

    def day_word(self) -> str:
        """When: ``tomorrow``, ``Sunday``."""
        return "tomorrow" if self.chance(0.3) else self.pick(WEEKDAYS)

    def activity(self, where: Place | None = None, kind: str = "") -> Doing:
        """Something to do at ``where``; the required verb if it fits and is still open."""
        if not kind:
            outdoors = where.outdoors if where else self.chance(0.7)
            kind = "outdoor_play" if outdoors else "indoor_play"
            if where is None and "verb" in self._open:
                kind = self.need.verb_kind
        options = lexicon.activities(kind)
        group = where.group if where else ""
        chosen = None
        if "verb" in self._open and self.chance(REQUIRED_VERB_SHARE):
            for option in options:
                if option.base == self.need.verb and _allowed(option, group):
                    chosen = option
        while chosen is None or not _allowed(chosen, group):
            chosen = self.pick(options)
        phrase, groups = self.pick(chosen.objects)
        while group and groups and group not in groups:
            phrase, groups = self.pick(chosen.objects)
        places = groups
        if phrase:
            parts: list[str] = []
            render(self.groups[f"object:{phrase}"][0].ops, self, parts)
            phrase = " " + "".join(parts)
        forms = (chosen.base, chosen.past, chosen.ing)
        return Doing(chosen.base, *(form + phrase for form in forms), places)

    def two_activities(self, where: Place | None = None, kind: str = "") -> tuple[Doing, Doing]:
        """Two activities with different verbs; arguments as in :meth:`activity`."""
        one, two = self.activity(where, kind), self.activity(where, kind)
        while two.verb == one.verb:
            two = self.activity(where, kind)
        return one, two

    def _commit(self, template: Template, text: str) -> None:
        super()._commit(template, text)
        if "verb" in self._open:
            for form in self.need.verb_forms:
                if form in text and contains_word(text, form):
                    self._open.discard("verb")

    def line(self, group: str, **cast: Any) -> str:
        """Text of a template of ``group``, for use inside another one."""
        self.cast = cast
        parts: list[str] = []
        render(self.pick(self.groups[group]).ops, self, parts)
        return "".join(parts)


def _allowed(activity: lexicon.Activity, group: str) -> bool:
    return not group or any(not groups or group in groups for _, groups in activity.objects)


def contains_word(text: str, word: str) -> bool:
    """Whether ``word`` stands in ``text`` with no letter on either side (capitals aside)."""
    low = text.lower()
    start = low.find(word)
    while start >= 0:
        end = start + len(word)
        before = start == 0 or not (low[start - 1].isalpha() or low[start - 1] == "-")
        after = end == len(low) or not (low[end].isalpha() or low[end] == "-")
        if before and after:
            return True
        start = low.find(word, start + 1)
    return False
