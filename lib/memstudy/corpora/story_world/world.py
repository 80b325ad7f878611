"""The small simulated world behind a story: who is where, who has what, wants what, feels how.

Every change goes through a method of :class:`World`, which refuses what cannot happen (giving away
what one does not hold, speaking to somebody who is elsewhere) and writes an :class:`Event`. The
event log is plain data: replaying it gives the state of the world after every sentence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from memstudy.corpora.story_world.lexicon import Place
from memstudy.corpora.story_world.lexicon.nouns import article, plural

GONE = "gone"


class Event(NamedTuple):
    """One change of the world, told in unit ``at`` of the story (a unit is 1 to 4 sentences).

    ==========  ===================================================================================
    kind        meaning
    ==========  ===================================================================================
    appear      ``who`` (a ``what``) enters the story ``where``; ``whom`` is "animal" for an animal
                with a name of its own
    go          ``who`` goes ``where``
    leave       ``who`` goes out of the story
    own         ``who`` holds ``what`` from the start, or has made or been given it out of sight
    lie         ``what`` lies ``where``; ``whom`` is the place (from now on the reader knows it)
    lose        ``who`` no longer has ``what``, and the reader does not know where it is
    take        ``who`` picks up ``what``
    put         ``who`` puts ``what`` down ``where``
    give        ``who`` gives ``what`` to ``whom``
    use_up      ``who`` eats or uses up ``what``, which is gone
    break       ``what`` breaks; ``mend`` makes it whole
    want        ``who`` wants ``what``; ``get`` says that the wish is over
    feel        ``who`` feels ``what``
    say         ``who`` says ``what`` to ``whom``
    do          ``who`` does ``what``
    recap       the reader is told again a fact about ``who`` (of the kind ``whom``): ``what``
    mark        ``what`` happens in the plot: quarrel, make_up, hint, payoff, reveal, moral, bad_end
    ==========  ===================================================================================
    """

    kind: str
    who: str
    what: str
    whom: str
    where: str
    at: int


@dataclass(slots=True, eq=False)
class Person:
    """Somebody in the story, person or animal, with the words that refer to them."""

    name: str  # "Tom", "Mom", "the baker", "the owl"
    he: str
    kind: str  # "boy", "rabbit", "baker"
    intro: str  # how the first mention calls them: "his friend Tom"
    trait: str = ""
    animal: bool = False  # an animal with a name of its own
    place: Place | None = None
    feeling: str = ""
    wish: str = ""

    @property
    def possessive(self) -> str:
        """``Tom's``."""
        return f"{self.name}'s"

    @property
    def vocative(self) -> str:
        """How the person is addressed: ``Tom``, ``baker``."""
        return self.name.removeprefix("the ")

    @property
    def him(self) -> str:
        """Object form of the pronoun."""
        return _FORMS[self.he][0]

    @property
    def his(self) -> str:
        """Possessive form of the pronoun."""
        return _FORMS[self.he][1]

    @property
    def himself(self) -> str:
        """Reflexive form of the pronoun."""
        return _FORMS[self.he][2]

    @property
    def a_trait(self) -> str:
        """The trait with its article: ``an honest``."""
        return f"{article(self.trait)} {self.trait}"

    @property
    def a_kind(self) -> str:
        """The kind with its article: ``a boy``."""
        return f"{article(self.kind)} {self.kind}"


_FORMS = {
    "he": ("him", "his", "himself"),
    "she": ("her", "her", "herself"),
    "it": ("it", "its", "itself"),
}


@dataclass(slots=True, eq=False)
class Thing:
    """Something that one person can hold."""

    noun: str
    kind: str
    adj: str
    holder: Person | None = None
    place: Place | None = None  # where it lies, if nobody holds it and the reader knows
    spot: str = ""  # "under the bench"
    owner: Person | None = None
    gone: bool = False
    broken: bool = False

    @property
    def full(self) -> str:
        """``red kite``."""
        return f"{self.adj} {self.noun}"

    @property
    def a(self) -> str:
        """``a red kite``."""
        return f"{article(self.adj)} {self.adj} {self.noun}"

    @property
    def an(self) -> str:
        """``a kite``."""
        return f"{article(self.noun)} {self.noun}"

    @property
    def the(self) -> str:
        """``the kite``."""
        return f"the {self.noun}"

    @property
    def pl(self) -> str:
        """``kites``."""
        return plural(self.noun.replace(" ", "_"))

    @property
    def the_full(self) -> str:
        """``the red kite``."""
        return f"the {self.adj} {self.noun}"


class World:
    """State of the world and the log of its changes.

    ``clock`` is the number of units told so far: events that happen now are told in that unit.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.people: list[Person] = []
        self.things: list[Thing] = []
        self.clock = 0

    def _log(
        self, kind: str, who: str = "", what: str = "", whom: str = "", where: str = ""
    ) -> None:
        self.events.append(Event(kind, who, what, whom, where, self.clock))

    def appear(self, person: Person, place: Place) -> None:
        """``person`` enters the story at ``place``."""
        if person.place is not None:
            raise ValueError(f"{person.name} is in the story already")
        person.place = place
        if person not in self.people:
            self.people.append(person)
        sort = "animal" if person.animal else ""
        self._log("appear", person.name, person.kind, sort, place.at)

    def go(self, person: Person, place: Place) -> None:
        """``person`` goes from where they are to ``place``."""
        if person.place is None:
            raise ValueError(f"{person.name} is not in the story yet")
        if person.place is not place:
            person.place = place
            self._log("go", person.name, where=place.at)

    def leave(self, person: Person) -> None:
        """``person`` goes out of the story."""
        person.place = None
        self._log("leave", person.name)

    def own(self, person: Person, thing: Thing) -> None:
        """``person`` holds ``thing``, which is new to the story."""
        if thing in self.things:
            raise ValueError(f"the {thing.noun} is in the story already")
        thing.holder = thing.owner = person
        self.things.append(thing)
        self._log("own", person.name, thing.noun)

    def lie(self, thing: Thing, place: Place, spot: str, owner: Person | None = None) -> None:
        """``thing`` lies at ``place`` in ``spot``, and from now on the reader knows it."""
        if thing.holder is not None:
            raise ValueError(f"the {thing.noun} is in the hands of {thing.holder.name}")
        if thing not in self.things:
            self.things.append(thing)
            thing.owner = owner
        thing.place, thing.spot = place, spot
        self._log("lie", what=thing.noun, whom=place.at, where=spot)

    def lose(self, person: Person, thing: Thing) -> None:
        """``thing`` slips from ``person``; nobody knows where it is."""
        self._require_held(person, thing)
        thing.holder = thing.place = None
        thing.spot = ""
        self._log("lose", person.name, thing.noun)

    def take(self, person: Person, thing: Thing) -> None:
        """``person`` picks up ``thing``, which lies where they are or was nobody's."""
        if thing.holder is not None:
            raise ValueError(f"the {thing.noun} is in the hands of {thing.holder.name}")
        if thing.gone or (thing.place is not None and thing.place is not person.place):
            raise ValueError(f"{person.name} cannot reach the {thing.noun}")
        if thing not in self.things:
            self.things.append(thing)
        thing.holder, thing.place, thing.spot = person, None, ""
        self._log("take", person.name, thing.noun)

    def put(self, person: Person, thing: Thing, spot: str) -> None:
        """``person`` puts ``thing`` down in ``spot`` of the place where they are."""
        self._require_held(person, thing)
        thing.holder, thing.place, thing.spot = None, person.place, spot
        self._log("put", person.name, thing.noun, where=spot)

    def vanish(self, thing: Thing) -> None:
        """``thing`` is no longer where it lay; the reader does not know where it is."""
        thing.holder = thing.place = None
        thing.spot = ""
        self._log("lose", what=thing.noun)

    def give(self, person: Person, thing: Thing, other: Person) -> None:
        """``person`` hands ``thing`` to ``other``, who is at the same place."""
        self._require_held(person, thing)
        self._require_together(person, other)
        thing.holder = other
        self._log("give", person.name, thing.noun, other.name)

    def use_up(self, person: Person, thing: Thing) -> None:
        """``person`` eats ``thing`` or uses it up."""
        self._require_held(person, thing)
        thing.holder, thing.gone = None, True
        self._log("use_up", person.name, thing.noun)

    def break_(self, thing: Thing) -> None:
        """``thing`` breaks."""
        thing.broken = True
        self._log("break", what=thing.noun)

    def mend(self, person: Person, thing: Thing) -> None:
        """``person`` makes ``thing`` whole again."""
        if not thing.broken:
            raise ValueError(f"the {thing.noun} is not broken")
        thing.broken = False
        self._log("mend", person.name, thing.noun)

    def want(self, person: Person, what: str) -> None:
        """``person`` wants ``what``: ``a kite``, ``to swim``."""
        person.wish = what
        self._log("want", person.name, what)

    def get(self, person: Person) -> None:
        """The wish of ``person`` is over: it came true or was given up."""
        if person.wish:
            self._log("get", person.name, person.wish)
            person.wish = ""

    def feel(self, person: Person, feeling: str) -> None:
        """``person`` feels ``feeling``."""
        person.feeling = feeling
        self._log("feel", person.name, feeling)

    def say(self, person: Person, other: Person, quote: str) -> None:
        """``person`` says ``quote`` to ``other``, who is at the same place."""
        self._require_together(person, other)
        self._log("say", person.name, quote, other.name)

    def do(self, person: Person, what: str) -> None:
        """``person`` does ``what``, wherever they are."""
        self._log("do", person.name, what, where=person.place.at if person.place else "")

    def mark(self, what: str) -> None:
        """Something happens in the plot that a story feature asks for."""
        self._log("mark", what=what)

    def recap(self, about: str, kind: str, answer: str) -> None:
        """The narrator tells again that the fact of ``kind`` about somebody is ``answer``."""
        self._log("recap", about, answer, kind)

    def _require_held(self, person: Person, thing: Thing) -> None:
        if thing.holder is not person or thing.gone:
            raise ValueError(f"{person.name} does not hold the {thing.noun}")

    def _require_together(self, person: Person, other: Person) -> None:
        if person.place is None or person.place is not other.place:
            raise ValueError(f"{person.name} and {other.name} are not at the same place")
