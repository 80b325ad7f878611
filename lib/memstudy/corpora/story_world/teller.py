"""The teller of a story: acts, fillers for the gaps, features, and the end that ties it up.

This is what the plots are written with.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from memstudy.corpora.story_world import lexicon
from memstudy.corpora.story_world.acts import Acts
from memstudy.corpora.story_world.casting import Doing, contains_word
from memstudy.corpora.story_world.knowledge import Fact, known_facts
from memstudy.corpora.story_world.lexicon import Place
from memstudy.corpora.story_world.lexicon.nouns import article, plural
from memstudy.corpora.story_world.world import Person, Thing

# Characters that a filler adds on average; a gap is filled while this much is missing.
FILLER_LENGTH = 70
MOST_FILLERS = 4
# How much of the wanted length stands before the moral and the last line.
BEFORE_THE_END = 0.88
# How often a gap, and the end, tells again something known since at least RECAP_AGE units.
RECAP_SHARE = 0.22
RECAP_AGE = 1
ALL_FEATURES = frozenset({"dialogue", "conflict", "moral", "twist", "bad ending", "foreshadowing"})


class Plot(NamedTuple):
    """A way for a story to go."""

    tell: Callable[[Teller], None]
    kinds: tuple[str, ...]  # kinds of nouns that it can turn on: things, animals, places
    features: frozenset[str]  # story features that it can carry


class Teller(Acts):
    """Tells a story from its first to its last line, as a plot directs."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.plot = ""
        self._recapped: set[Fact] = set()

    # Features ------------------------------------------------------------------------------

    def hint(self, group: str, **cast: Any) -> None:
        """Foreshadow what will happen."""
        self.world.mark("hint")
        self.tell(group, **cast)

    def payoff(self, group: str, **cast: Any) -> None:
        """What was foreshadowed happens."""
        self.world.mark("payoff")
        self.tell(group, **cast)

    def reveal(self, group: str, **cast: Any) -> None:
        """A twist: something turns out to be other than it seemed."""
        self.world.mark("reveal")
        self.tell(group, **cast)

    # Fillers -------------------------------------------------------------------------------

    def gap(self, share: float, a: Person, b: Person | None = None) -> None:
        """Room for small talk, play and sights, until ``share`` of the wanted length is told."""
        goal = share * self.need.target - FILLER_LENGTH / 2
        if self.chance(RECAP_SHARE):
            self.recap()
        for _ in range(MOST_FILLERS):
            if self.length >= goal:
                return
            self._fill(a, b)

    def _fill(self, a: Person, b: Person | None) -> None:
        place = a.place
        outdoors = place is not None and place.outdoors
        draw = self.random()
        if b is not None:
            if draw < 0.45:
                self.tell("chat", A=a, B=b)
            elif draw < 0.75:
                v, w = self.two_activities(place)
                self.world.do(a, v.base)
                self.world.do(b, v.base)
                self.tell("play.two", A=a, B=b, v=v, w=w)
            else:
                self.tell("snack.two", A=a, B=b)
        elif draw < 0.1:
            self.tell("snack.one", A=a)
        elif draw < 0.3:
            v, w = self.two_activities(place)
            self.world.do(a, v.base)
            self.tell("play.one", A=a, v=v, w=w)
        elif draw < 0.5 and outdoors:
            self.tell("weather.fair" if self.fair else "weather.foul", A=a)
        elif draw < 0.65 and outdoors:
            self.tell("cameo", A=a)
        elif draw < 0.75 and outdoors:
            self.tell("sense", A=a)
        elif draw < 0.87 and len(self.units) < 4:
            self.tell("likes.child" if self.child_hero else "likes.animal", A=a)
        else:
            self.tell("thought", A=a, v=self.activity())

    def recap(self) -> bool:
        """Tell again something that the reader knows; False if there is nothing."""
        events, now = self.world.events, self.world.clock
        pending = set(known_facts(events, now + 1))  # what the next unit leaves as it is
        facts = [
            fact
            for fact in known_facts(events, now, RECAP_AGE)
            if fact in pending and fact not in self._recapped and fact.who in ("", self.hero.name)
        ]
        if not facts:
            return False
        fact = self.pick(facts)
        self._recapped.add(fact)
        people = {person.name: person for person in self.world.people}
        things = {thing.noun: thing for thing in self.world.things}
        self.world.recap(fact.who or fact.what, fact.kind, fact.answer)
        self.tell(
            f"recap.{fact.kind}",
            A=people.get(fact.who),
            B=people.get(fact.by),
            x=things.get(fact.what),
            answer=fact.answer,
        )
        return True

    def quarrel(self, a: Person, b: Person) -> None:
        """``a`` and ``b`` fall out over what to do, and make up."""
        v, w = self.two_activities(a.place)
        self.world.mark("quarrel")
        self.tell("quarrel.start", A=a, B=b, v=v, w=w)
        if self.chance(0.6):
            self.feel(self.pick((a, b)), "angry")
        self.world.mark("make_up")
        self.tell("quarrel.end", A=a, B=b, v=v, w=w)

    # Ending --------------------------------------------------------------------------------

    def finish(self, theme: str, a: Person, b: Person | None = None) -> None:
        """Bring the story to its end: what is still asked for, the moral, the last line."""
        self._meet_needs(a)
        if self.chance(RECAP_SHARE):
            self.recap()
        together = b is not None and b.place is a.place
        if together:
            self.gap(BEFORE_THE_END, a, b)
        elif self.length < BEFORE_THE_END * self.need.target - FILLER_LENGTH / 2:
            self.tell("walk.home", A=a)
        if self.has("moral"):
            self._moral(theme, a, b)
        place = self._place_told()
        open_verb = "verb" in self._open
        v = self._required_doing() if open_verb else self.activity(a.place)
        if open_verb:
            self.world.do(a, v.base)
        group = ("end.verb." if open_verb else "end.") + ("two" if together else "one")
        self.tell(group, A=a, B=b, v=v, p=place)

    def bad_end(
        self, a: Person, feeling: str, x: Thing | None = None, theme: str = "care",
        b: Person | None = None,
    ) -> None:  # fmt: skip
        """End badly: ``a`` is left with a bad feeling."""
        self._meet_needs(a)
        self.feel(a, feeling)
        self.world.mark("bad_end")
        if self.has("moral"):
            self._moral(theme, a, b)
        if x is not None:
            self.tell("end.bad", A=a, x=x)
        elif b is not None:
            self.tell("end.bad.friend", A=a, B=b, p=self._place_told())
        else:
            self.tell("end.bad.alone", A=a)

    def _moral(self, theme: str, a: Person, b: Person | None) -> None:
        self.world.mark("moral")
        group = f"moral.{theme}" if b is not None or theme != "team" else "moral.practice"
        self.tell(group, A=a, B=b)

    def _place_told(self) -> Place:
        """The last place but home that the story has been to, else a new one."""
        return self._been[-1] if self._been else self.place()

    def _meet_needs(self, a: Person) -> None:
        """Tell whatever the story was asked for and has not told yet."""
        need = self.need
        text = " ".join(self.units)
        if self.has("dialogue") and text.count('"') < 4:
            self.tell("need.dialogue.bad" if self.has("bad ending") else "need.dialogue", A=a)
        if self.has("conflict") and not any(e.what == "quarrel" for e in self.world.events):
            raise ValueError("this plot has no conflict")
        if "verb" in self._open and self.has("bad ending"):
            v = self._required_doing()
            self.world.do(a, v.base)
            self.tell("need.verb", A=a, v=v)
        if not self.told_noun():
            self._tell_noun(a)
        if not contains_word(" ".join(self.units), need.adjective):
            self._tell_adjective(a)

    def _required_doing(self) -> Doing:
        doing = self.activity()
        while doing.verb != self.need.verb:
            doing = self.activity()
        return doing

    def told_noun(self) -> bool:
        """Whether the required noun, or its plural, stands in the story already."""
        text = " ".join(self.units)
        if contains_word(text, self.need.noun):
            return True
        return contains_word(text, plural(self.need.noun.replace(" ", "_")))

    def _tell_noun(self, a: Person) -> None:
        noun = self.need.noun
        kind = self.need.noun_kind
        if kind in lexicon.PLACE_GROUPS:
            self.tell("need.place", A=a, n=noun)
            return
        adjective = "little"
        if kind in lexicon.ANIMAL_KINDS:
            if self.need.adjective_role == "creature":
                adjective = self.need.adjective
            group = "need.animal"
        else:
            group = "need.thing"
            fitting = lexicon.adjectives_for(kind)
            adjective = self.need.adjective
            if self.need.adjective_role != "thing" or adjective not in fitting:
                adjective = self.pick(fitting)
        self.tell(group, A=a, n=noun, n_a=f"{article(adjective)} {adjective} {noun}")

    def _tell_adjective(self, a: Person) -> None:
        adjective = self.need.adjective
        self.tell(
            f"need.{self.need.adjective_role}.adjective",
            A=a,
            adj=adjective,
            adj_a=f"{article(adjective)} {adjective}",
        )
