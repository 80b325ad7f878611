"""The narrator: turns templates into sentences and decides how people and things are called.

A person is called by a pronoun only where the reader can tell who is meant: a subject when the
sentence before spoke of the same person and named nobody else with that pronoun, an object when the
sentence before named them, and nobody else with that pronoun has come up since.
"""

from __future__ import annotations

from random import Random
from typing import Any

from memstudy.corpora.story_world.grammar import Groups, Template, capital, render
from memstudy.corpora.story_world.world import Person, Thing, World

# How often a pronoun is chosen where it is clear, and how many may follow each other.
PRONOUN_SHARE = 0.85
LONGEST_PRONOUN_RUN = 4
# How often a thing is called "the red kite" rather than "the kite".
FULL_THING_SHARE = 0.2
LEAD_SHARE = 0.35
# How often two are called "the two friends" rather than by their names.
TWO_FRIENDS_SHARE = 0.25


class Narrator:
    """Tells one story: renders templates in order and keeps track of the discourse."""

    def __init__(self, rng: Random, groups: Groups) -> None:
        self.random = rng.random
        self.groups = groups
        self.world = World()
        self.units: list[str] = []
        self.length = 0  # characters told
        self.facts: dict[str, Any] = {}  # what every template may name: weather, home, ...
        self.used: set[str] = set()  # words that a draw must not repeat
        self.cast: dict[str, Any] = {}
        self.references: list[tuple[int, str, str]] = []  # unit, name, "name"/"pronoun"/"quoted"
        self._told: set[int] = set()
        self._subject: Any = None
        self._named: tuple[Person, ...] = ()
        self._here: list[Person] = []  # people named so far in this unit
        self._quoted: list[Person] = []  # the same, in quotations
        self._run = 0

    # Choosing ------------------------------------------------------------------------------

    def pick(self, options: Any) -> Any:
        """One of ``options``, all equally likely."""
        return options[int(self.random() * len(options))]

    def chance(self, share: float) -> bool:
        """True in ``share`` of the cases."""
        return self.random() < share

    def draw(self, pairs: tuple[tuple[str, str], ...], keep: str) -> str:
        """A word of a class that the story has not drawn yet (four tries)."""
        used = self.used
        for _ in range(4):
            base, text = pairs[int(self.random() * len(pairs))]
            if base not in used:
                break
        used.add(base)
        if keep:
            self.cast[keep] = base
        return text

    # Telling -------------------------------------------------------------------------------

    def tell(self, group: str, lead: str = "", **cast: Any) -> str:
        """Add one unit: a template of ``group``, filled with ``cast``.

        Args:
            group: name of the group of templates.
            lead: group of phrases ("Then, ") that may stand before a template that begins with
                its subject; a phrase that names the day always does, if such a template is found.
            cast: people (A, B, C), things, places, activities and words for the slots.

        Returns:
            The text of the unit.
        """
        template = self._choose(group, lead)
        text = self._compose(template, lead, cast)
        self._commit(template, text)
        return text

    def _choose(self, group: str, lead: str) -> Template:
        """A template of ``group`` that this story has not told yet (eight tries)."""
        lines = self.groups[group]
        told = self._told
        must_lead = lead.startswith("day")
        for _ in range(8):
            template = lines[int(self.random() * len(lines))]
            if id(template) not in told and (template.takes_lead or not must_lead):
                break
        told.add(id(template))
        return template

    def _compose(self, template: Template, lead: str, cast: dict[str, Any]) -> str:
        self.cast = cast
        self._here = []
        self._quoted = []
        parts: list[str] = []
        if lead and template.takes_lead and (lead.startswith("day") or self.random() < LEAD_SHARE):
            render(self.pick(self.groups[lead]).ops, self, parts)
            parts.append(" ")
        render(template.ops, self, parts)
        return capital("".join(parts))

    def _commit(self, template: Template, text: str) -> None:
        self.units.append(text)
        self.length += len(text) + 1
        self.world.clock = len(self.units)
        cast = self.cast
        role = template.subject
        self._subject = (cast["A"], cast["B"]) if role == "AB" else cast.get(role)
        self._named = tuple(cast[role] for role in template.roles)

    # Referring -----------------------------------------------------------------------------

    def value(self, key: str) -> Any:
        """What the slot ``{key}`` stands for in this unit."""
        cast = self.cast
        return cast[key] if key in cast else self.facts[key]

    def name(self, person: Person, attribute: str) -> str:
        """The name of ``person`` (or its possessive form)."""
        self._here.append(person)
        self.references.append((len(self.units), person.name, "name"))
        return getattr(person, attribute)

    def mention(self, person: Person, attribute: str) -> str:
        """Words for ``person`` that the template itself has chosen."""
        self._here.append(person)
        self.references.append((len(self.units), person.name, "name"))
        return getattr(person, attribute)

    def quote(self, person: Person, attribute: str) -> str:
        """The name of ``person`` in the mouth of somebody: no antecedent for the narrator."""
        self._quoted.append(person)
        self.references.append((len(self.units), person.name, "quoted"))
        return getattr(person, attribute)

    def refer(self, person: Person, case: str) -> str:
        """Pronoun of ``person`` in the case "he", "him" or "his" where that is clear, else name."""
        clear = self._is_clear(person, case) and self.random() < PRONOUN_SHARE
        self._here.append(person)
        if clear and self._run < LONGEST_PRONOUN_RUN:
            self._run += 1
            self.references.append((len(self.units), person.name, "pronoun"))
            return getattr(person, case)
        self._run = 0
        self.references.append((len(self.units), person.name, "name"))
        return person.possessive if case == "his" else person.name

    def _is_clear(self, person: Person, case: str) -> bool:
        he = person.he
        here = self._here
        if any(other is not person and other.he == he for other in (*here, *self._quoted)):
            return False
        if person in here:
            cast = (self.cast.get(role) for role in "ABC")
            return not any(o is not None and o is not person and o.he == he for o in cast)
        if case == "he" and not here and self._subject is not person:
            return False
        named = self._named
        return person in named and not any(o is not person and o.he == he for o in named)

    def sight(self) -> str:
        """Something to be seen at the place ``p`` of the cast."""
        parts: list[str] = []
        lines = self.groups[f"sight.{self.value('p').group}"]
        render(lines[int(self.random() * len(lines))].ops, self, parts)
        return "".join(parts)

    def both(self) -> str:
        """``they`` where A and B were just spoken of, else both names or "the two friends"."""
        one, two = self.cast["A"], self.cast["B"]
        here = self._here
        subject = self._subject
        if (one in here and two in here) or (
            not here
            and (subject == (one, two) or (len(self._named) == 2 and {*self._named} == {one, two}))
        ):
            self._here += (one, two)
            return "they"
        known = self.facts.get("pair") == (one, two)
        if known and not here and self.random() < TWO_FRIENDS_SHARE:
            self._here += (one, two)
            return f"the two {self.facts['pair_noun']}"
        return self.both_names()

    def both_names(self) -> str:
        """``Tom and Lily``."""
        return f"{self.name(self.cast['A'], 'name')} and {self.name(self.cast['B'], 'name')}"

    def the(self, thing: Thing) -> str:
        """``the kite``, now and then ``the red kite``."""
        if type(thing) is not Thing:
            return thing.the
        return thing.the_full if self.random() < FULL_THING_SHARE else thing.the
