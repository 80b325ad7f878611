"""Acts: what can happen in a story, done to the world and told in the same breath.

A method that changes the world also tells the change, so that text and world cannot part.
"""

from __future__ import annotations

from typing import Any

from memstudy.corpora.story_world import lexicon
from memstudy.corpora.story_world.casting import Casting
from memstudy.corpora.story_world.lexicon import HOME, Place
from memstudy.corpora.story_world.lexicon.nouns import article
from memstudy.corpora.story_world.world import Person, Thing

GREETING_SHARE = 0.4
# How often a story that tells nothing optional still says what the hero loves to do.
LOVES_SHARE = 0.2
# Stories of SHORT characters or fewer tell nothing optional, those of LONG or more everything.
SHORT, LONG = 850, 1500
SPARE_A_FEATURE = 0.1
PLAYTHINGS = frozenset({"hard_toy", "soft_toy", "sport_toy", "instrument"})


class Acts(Casting):
    """Casting that lets its people go, give, take, say and feel."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._been: list[Place] = []
        wanted = (self.need.target - SHORT) / (LONG - SHORT) - SPARE_A_FEATURE * len(
            self.need.features
        )
        self._spare = min(max(wanted, 0.0), 1.0)

    # Beginning -----------------------------------------------------------------------------

    def begin(self, place: Place = HOME) -> None:
        """Introduce the hero and what they love to do."""
        hero = self.hero
        self.world.appear(hero, place)
        self.tell("open.child" if self.child_hero else "open.animal", A=hero)
        if self.chance(LOVES_SHARE) or self.optional():
            doing = self.activity()
            self.world.do(hero, doing.base)
            self.tell("loves", A=hero, v=doing)
        elif self.optional():
            self.tell("likes.child" if self.child_hero else "likes.animal", A=hero)

    def have(self, person: Person, thing: Thing) -> None:
        """``person`` has owned ``thing`` for some time."""
        self.world.own(person, thing)
        self.tell("has.toy" if thing.kind in PLAYTHINGS else "has.thing", A=person, x=thing)

    def day(self) -> str:
        """Begin the day of the story: tell it, or return the lead that the next act is given."""
        if self.chance(0.5) and self.optional():
            self.tell("day.solo", A=self.hero)
            return ""
        return "day.start"

    def new_day(self) -> None:
        """A night passes."""
        self._set_weather("fair_weather")
        self.fair = True
        self.tell("day.after", A=self.hero)

    # Moving --------------------------------------------------------------------------------

    def go(
        self,
        place: Place,
        a: Person,
        b: Person | None = None,
        lead: str = "lead.next",
        how: str = "",
    ) -> None:
        """``a`` (with ``b``) goes to ``place``; ``how`` names a group of its own for it."""
        self.world.go(a, place)
        who = "one"
        if b is not None:
            self.world.go(b, place)
            who = "two"
        if place is HOME:
            self.tell(how or f"go.home.{who}", lead, A=a, B=b)
        else:
            first = not self._been
            lead = "" if (first or how) and lead == "lead.next" else lead
            self._been.append(place)
            kind = "in." if place.group == "house" else "" if first else "on."
            group = how or f"go.{kind}{who}"
            self.tell(group, lead, A=a, B=b, p=place, v=self.activity(place))

    def been(self, place: Place) -> None:
        """The story has come to ``place`` by a sentence of its own."""
        self._been.append(place)

    def look(self, a: Person, b: Person | None = None) -> None:
        """``a`` (and ``b``) see what there is to be seen where they are, if there is room."""
        place = a.place
        if not self.optional() and self.need.adjective_role != "place":
            return
        if self.need.adjective_role == "place" and "adjective" in self._open:
            self._open.discard("adjective")
            adjective = self.need.adjective
            self.tell("place.adj", A=a, p=place, padj=adjective,
                      padj_a=f"{article(adjective)} {adjective}")  # fmt: skip
        elif b is None:
            self.tell("arrive.one", A=a, p=place)
        else:
            self.tell("arrive.two", A=a, B=b, p=place)

    def join(self, person: Person, how: str = "meet") -> None:
        """``person`` enters the story where the hero is: they meet there, or ``visit`` him."""
        place = self.hero.place
        self.world.appear(person, place)
        self.tell(how, A=self.hero, B=person, p=place, v=self.activity(place))
        known = how == "visit" or (how == "meet" and self.facts["pair_noun"] == "friends")
        if known and self.chance(GREETING_SHARE):
            self.say(person, self.hero, "greet", sure=False)

    # Handing things around -----------------------------------------------------------------

    def give(self, a: Person, thing: Thing, b: Person, group: str = "give", **cast: Any) -> None:
        """``a`` hands ``thing`` to ``b``."""
        self.world.give(a, thing, b)
        self.tell(group, A=a, B=b, x=thing, **cast)

    def take(self, a: Person, thing: Thing, group: str = "take", **cast: Any) -> None:
        """``a`` picks ``thing`` up."""
        self.world.take(a, thing)
        self.tell(group, A=a, x=thing, **cast)

    # Saying and feeling --------------------------------------------------------------------

    def say(self, a: Person, b: Person, group: str, sure: bool = True, **cast: Any) -> None:
        """``a`` says to ``b`` a line of ``group``, which holds one quotation.

        Unless it is ``sure``, only if there is room.
        """
        if not sure and not self.optional():
            return
        template = self._choose(group, "")
        text = self._compose(template, "", {"A": a, "B": b, "p": a.place, **cast})
        quotes = text.split('"')
        if len(quotes) == 3:
            self.world.say(a, b, _sentence(quotes[1]))
        self._commit(template, text)

    def also(self, group: str, **cast: Any) -> None:
        """Tell a line of ``group`` if there is room."""
        if self.optional():
            self.tell(group, **cast)

    def feel(self, person: Person, feeling: str, sure: bool = True) -> None:
        """``person`` feels something of the class ``feeling``: glad, sad, afraid, angry, ...

        Unless it is ``sure``, only if there is room.
        """
        if not sure and not self.optional():
            return
        word = self.pick(lexicon.word_classes()[feeling]).base
        self.world.feel(person, word)
        self.tell(f"feel.{feeling}", A=person, f=word)

    def notice_feeling(self, a: Person, b: Person, feeling: str) -> None:
        """``a`` sees that ``b`` feels what was just told, ``sad`` or ``glad``, if there is room."""
        told = {word.base for word in lexicon.word_classes()[feeling]}
        if b.feeling in told and self.optional():
            self.tell(f"see.feeling.{feeling}", A=a, B=b, f=b.feeling)

    def optional(self) -> bool:
        """Whether to tell what the plot can do without: the longer the story, the oftener."""
        return self.random() < self._spare


def _sentence(quote: str) -> str:
    """``quote`` as a sentence of its own: closed by a full stop if a comma closed it."""
    return f"{quote[:-1]}." if quote.endswith(",") else quote
