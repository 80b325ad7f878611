"""What the reader of a story knows after each sentence, replayed from the event log.

Questions, cloze prompts and the recap sentences in the stories all stand on the facts found here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from memstudy.corpora.story_world.lexicon.nouns import article
from memstudy.corpora.story_world.world import Event

# A feeling counts as known for so many units; then it may have changed.
FEELING_LASTS = 3


class Fact(NamedTuple):
    """Something that follows from the story so far.

    ==========  ============================================================================
    kind        meaning (fields that are not named are empty)
    ==========  ============================================================================
    holder      the thing ``what`` is in the hands of ``answer``
    lies        the thing ``what`` lies ``answer``: under the bench
    where       ``who`` is ``answer``: at the park
    wish        ``who`` wants ``answer``: a kite, to swim
    feeling     ``who`` feels ``answer``
    said        ``by`` said ``answer`` to ``who``
    kind        ``who`` is ``answer``: a rabbit (animals with a name only)
    ==========  ============================================================================
    """

    kind: str
    who: str
    what: str
    by: str
    answer: str
    since: int  # unit that told it


class Knowledge:
    """State of the world as the reader knows it; :meth:`follow` takes the events in order."""

    def __init__(self) -> None:
        # What is asked for -> (answer, unit that told it); a saying has several answers.
        self.holder: dict[str, tuple[str, int]] = {}
        self.lies: dict[str, tuple[str, int]] = {}
        self.where: dict[str, tuple[str, int]] = {}
        self.wish: dict[str, tuple[str, int]] = {}
        self.feeling: dict[str, tuple[str, int]] = {}
        self.kind: dict[str, tuple[str, int]] = {}
        self.said: dict[str, list[tuple[str, str, int]]] = {}

    def follow(self, event: Event) -> None:
        """Take one event into account."""
        kind, who, what, whom, where, at = event
        if kind in ("own", "take", "give"):
            self.holder[what] = (whom if kind == "give" else who, at)
            self.lies.pop(what, None)
        elif kind in ("lose", "use_up"):
            self.holder.pop(what, None)
            self.lies.pop(what, None)
        elif kind in ("put", "lie"):
            self.holder.pop(what, None)
            self.lies[what] = (where, at)
        elif kind == "go":
            self.where[who] = (where, at)
        elif kind == "leave":
            self.where.pop(who, None)
        elif kind == "want":
            self.wish[who] = (what, at)
        elif kind == "get":
            self.wish.pop(who, None)
        elif kind == "feel":
            self.feeling[who] = (what, at)
        elif kind == "say":
            self.said.setdefault(who, []).append((what, whom, at))
        elif kind == "appear" and whom == "animal":
            self.kind[who] = (f"{article(what)} {what}", at)

    def facts(self, now: int) -> list[Fact]:
        """Everything that can be asked about after ``now`` units."""
        found = [Fact("holder", "", x, "", *known) for x, known in self.holder.items()]
        found += [Fact("lies", "", x, "", *known) for x, known in self.lies.items()]
        found += [Fact("where", who, "", "", *known) for who, known in self.where.items()]
        found += [Fact("wish", who, "", "", *known) for who, known in self.wish.items()]
        found += [Fact("kind", who, "", "", *known) for who, known in self.kind.items()]
        found += [
            Fact("feeling", who, "", "", *known)
            for who, known in self.feeling.items()
            if now - known[1] <= FEELING_LASTS
        ]
        for by, sayings in self.said.items():
            if len(sayings) == 1:
                quote, to, at = sayings[0]
                found.append(Fact("said", to, "", by, quote, at))
        return found


def known_facts(events: Iterable[Event], now: int, age: int = 0) -> list[Fact]:
    """What the reader knows after the units 0 .. ``now`` - 1.

    Args:
        events: event log, in order.
        now: number of units told.
        age: leave out what was told in the last ``age`` units.
    """
    knowledge = Knowledge()
    for event in events:
        if event.at >= now:
            break
        knowledge.follow(event)
    return [fact for fact in knowledge.facts(now) if fact.since + age < now]
