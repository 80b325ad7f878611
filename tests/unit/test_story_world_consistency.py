"""Nothing impossible happens in a story, and names, pronouns and questions follow from the log.

The event log is replayed here by rules of its own, written without the simulation's code.
"""

from __future__ import annotations

import re
from collections import defaultdict

import pytest

from memstudy.corpora import story_world
from memstudy.corpora.story_world import lexicon, telling
from memstudy.corpora.story_world.world import Event, Person, Thing, World

SEED = 21
N_STORIES = 1500


@pytest.fixture(scope="module")
def stories():
    return list(story_world.stories(SEED, 0, N_STORIES))


class Replay:
    """State of a story, from its event log; ``step`` asserts that an event is possible."""

    def __init__(self) -> None:
        self.place: dict[str, str] = {}
        self.hands: dict[str, str] = {}  # thing -> who holds it
        self.ground: dict[str, tuple[str, str]] = {}  # thing -> place, spot
        self.known: set[str] = set()
        self.gone: set[str] = set()
        self.broken: set[str] = set()
        self.wish: dict[str, str] = {}
        self.feels: dict[str, str] = {}
        self.said: dict[str, list[str]] = defaultdict(list)
        self.animal: dict[str, str] = {}
        self.gone_to: dict[str, str] = {}

    def step(self, event: Event) -> None:
        getattr(self, f"on_{event.kind}")(event)

    def on_appear(self, event):
        assert event.who not in self.place
        self.place[event.who] = event.where
        if event.whom == "animal":
            self.animal[event.who] = event.what

    def on_go(self, event):
        assert self.place[event.who] != event.where
        self.place[event.who] = self.gone_to[event.who] = event.where

    def on_leave(self, event):
        del self.place[event.who]
        self.gone_to.pop(event.who, None)

    def on_own(self, event):
        assert event.what not in self.known
        self.known.add(event.what)
        self.hands[event.what] = event.who

    def on_lie(self, event):
        assert event.what not in self.hands
        assert event.what not in self.gone
        self.known.add(event.what)
        self.ground[event.what] = (event.whom, event.where)

    def on_take(self, event):
        assert event.what not in self.hands
        assert event.what not in self.gone
        if event.what in self.ground:
            assert self.ground.pop(event.what)[0] == self.place[event.who]
        self.known.add(event.what)
        self.hands[event.what] = event.who

    def on_put(self, event):
        assert self.hands.pop(event.what) == event.who
        self.ground[event.what] = (self.place[event.who], event.where)

    def on_give(self, event):
        assert self.hands[event.what] == event.who
        assert event.who != event.whom
        assert self.place[event.who] == self.place[event.whom]
        self.hands[event.what] = event.whom

    def on_lose(self, event):
        if event.who:
            assert self.hands.pop(event.what) == event.who
        else:
            del self.ground[event.what]

    def on_use_up(self, event):
        assert self.hands.pop(event.what) == event.who
        self.gone.add(event.what)

    def on_break(self, event):
        assert event.what in self.known - self.broken
        self.broken.add(event.what)

    def on_mend(self, event):
        self.broken.remove(event.what)

    def on_want(self, event):
        self.wish[event.who] = event.what

    def on_get(self, event):
        assert self.wish.pop(event.who) == event.what

    def on_feel(self, event):
        self.feels[event.who] = event.what

    def on_say(self, event):
        assert self.place[event.who] == self.place[event.whom]
        self.said[event.who].append(event.what)

    def on_do(self, event):
        assert self.place.get(event.who, "") == event.where

    def on_mark(self, event):
        assert event.what in {
            "quarrel", "make_up", "hint", "payoff", "reveal", "moral", "bad_end"
        }  # fmt: skip

    def on_recap(self, event):
        assert event.what in self.answers(event.whom, event.who)

    def answers(self, kind: str, about: str, by: str = "") -> list[str]:
        """Right answers to a question of ``kind`` about a person or a thing."""
        if kind == "said":
            return self.said[by] if by else [q for all_by in self.said.values() for q in all_by]
        if kind == "lies":
            return [self.ground[about][1]] if about in self.ground else []
        if kind == "kind":
            return [f"{a} {self.animal[about]}" for a in ("a", "an") if about in self.animal]
        table = {
            "holder": self.hands,
            "where": self.gone_to,
            "wish": self.wish,
            "feeling": self.feels,
        }[kind]
        return [table[about]] if about in table else []


def replay(events, n_units: int) -> Replay:
    state = Replay()
    for event in events:
        if event.at >= n_units:
            break
        state.step(event)
    return state


# The world -------------------------------------------------------------------------------------


def test_every_event_is_possible(stories):
    """Hands hold what was given, nobody acts or speaks where they are not, recaps are true."""
    kinds = set()
    for item in stories:
        state = Replay()
        last = 0
        for event in item.events:
            assert last <= event.at < len(item.units)
            last = event.at
            state.step(event)
            kinds.add(event.kind)
        assert not {*state.hands} & {*state.ground}
        assert not {*state.hands} & state.gone
    assert {"give", "take", "put", "lose", "use_up", "break", "say", "recap"} <= kinds


def test_the_text_tells_the_events(stories):
    """Each event is told by its own unit (a spot may stand in the unit before)."""
    for item in stories:
        for event in item.events:
            unit = item.units[event.at].lower()
            here = " ".join(item.units[max(event.at - 1, 0) : event.at + 1]).lower()
            if event.kind in ("own", "take", "put", "lie", "give", "lose", "use_up"):
                assert event.what in unit, (event, unit)
            if event.kind in ("lie", "put"):
                assert event.where in here, (event, here)
            if event.kind == "go":
                place = event.where.split(" ", 1)[1].split(" ")[-1]
                assert place in unit, (event, unit)
            if event.kind == "feel":
                assert event.what in unit, (event, unit)
            if event.kind == "say":
                assert event.what.rstrip(".").lower() in unit, (event, unit)


def test_the_world_refuses_what_cannot_happen():
    world = World()
    here, there = lexicon.all_places()[:2]
    tom = Person("Tom", "he", "boy", "a boy named Tom")
    ann = Person("Ann", "she", "girl", "a girl named Ann")
    kite = Thing("kite", "sport_toy", "red")
    world.appear(tom, here)
    world.appear(ann, there)
    world.own(tom, kite)
    impossible = [
        lambda: world.appear(tom, here),
        lambda: world.give(ann, kite, tom),
        lambda: world.give(tom, kite, ann),
        lambda: world.say(tom, ann, "Hello."),
        lambda: world.take(ann, kite),
        lambda: world.lie(kite, there, "on a stone"),
        lambda: world.put(ann, kite, "on a stone"),
        lambda: world.own(ann, kite),
        lambda: world.mend(tom, kite),
    ]
    for act in impossible:
        with pytest.raises(ValueError):
            act()
    world.put(tom, kite, "on a stone")
    with pytest.raises(ValueError):
        world.take(ann, kite)


# Names and pronouns ----------------------------------------------------------------------------

PRONOUNS = {
    "he": {"he", "him", "his", "himself"},
    "she": {"she", "her", "hers", "herself"},
}


def outside_quotations(text: str) -> str:
    return re.sub(r'"[^"]*"', '""', text)


def test_pronouns_agree_with_the_people():
    """Where no he (or she) is in a story, no such pronoun stands outside quotations."""
    checked = 0
    for index in range(N_STORIES):
        teller = telling.tell(SEED, index, "train")
        present = {person.he for person in teller.world.people}
        words = set(re.findall(r"[a-z]+", outside_quotations(" ".join(teller.units)).lower()))
        for he in {"he", "she"} - present:
            # Grandpa, the old woman and the like are named in passing, never by pronoun.
            assert not words & PRONOUNS[he], (he, teller.units)
            checked += 1
    assert checked > 300


def test_a_pronoun_means_the_last_person_it_fits():
    """A chosen pronoun refers to the person who was last named among those with that pronoun.

    Names in the mouth of somebody count only as long as nobody else has been named.
    """
    pronouns = 0
    for index in range(N_STORIES):
        teller = telling.tell(SEED, index, "train")
        sort = {person.name: person.he for person in teller.world.people}
        last: dict[str, str] = {}
        for unit, name, how in teller.references:
            if how == "pronoun":
                pronouns += 1
                assert last[sort[name]] == name, (unit, name, teller.units)
            if how != "quoted" or sort[name] not in last:
                last[sort[name]] = name
    assert pronouns > 2 * N_STORIES


# Questions and cloze prompts -------------------------------------------------------------------


def test_every_answer_is_right(stories):
    kinds = set()
    for item in stories:
        state = replay(item.events, len(item.units))
        wanted = {(e.who, e.what) for e in item.events if e.kind == "want"}
        for question in item.questions:
            kinds.add(question.kind)
            assert question.question.endswith("?")
            if question.kind == "wanted":
                who = re.fullmatch(r"What did (.+) want\?", question.question).group(1)
                assert (who, question.answer) in wanted
                continue
            patterns = {
                "holder": r"Who has the (?P<about>.+) at the end\?",
                "lies": r"Where is the (?P<about>.+) at the end\?",
                "where": r"Where is (?P<about>.+) at the end\?",
                "wish": r"What does (?P<about>.+) still want at the end\?",
                "feeling": r"How does (?P<about>.+) feel at the end\?",
                "said": r"What did (?P<by>.+) say to (?P<about>.+)\?",
                "kind": r"What is (?P<about>.+)\?",
            }
            found = re.fullmatch(patterns[question.kind], question.question).groupdict()
            right = state.answers(question.kind, found["about"], found.get("by", ""))
            assert question.answer in right, (question, item.text)
    assert kinds == {
        "holder", "lies", "where", "wish", "feeling", "said", "kind", "wanted"
    }  # fmt: skip


@pytest.fixture(scope="module")
def prompts():
    return [
        (item, cloze)
        for index, item in enumerate(story_world.stories(SEED, 0, 600, "validation"))
        for cloze in story_world.cloze(SEED, index, "validation")
    ]


def right_answers(item, cloze) -> list[str]:
    state = replay(item.events, cloze.units)
    about = cloze.fact.what or cloze.fact.who
    return state.answers(cloze.kind, about, cloze.fact.by)


def test_cloze_prefix_decides_the_answer(prompts):
    """The correct continuation is right after the units of the prefix, every distractor wrong."""
    kinds = set()
    for item, cloze in prompts:
        kinds.add(cloze.kind)
        right = right_answers(item, cloze)
        assert cloze.correct.strip(' "') in {answer.strip(' "') for answer in right}, cloze
        assert len({cloze.correct, *cloze.distractors}) == 4
        for distractor in cloze.distractors:
            assert distractor.strip(' "') not in {answer.strip(' "') for answer in right}, cloze
    assert kinds == {"holder", "lies", "where", "wish", "feeling", "said", "kind"}


def test_cloze_prefix_is_a_story_cut_short(prompts):
    for item, cloze in prompts:
        told = " ".join(item.units[: cloze.units])
        assert cloze.prefix.startswith(told + " ")
        stem = cloze.prefix[len(told) + 1 :]
        assert stem and stem == stem.strip()
        assert cloze.correct.startswith(" ") and all(d.startswith(" ") for d in cloze.distractors)


def test_cloze_prefix_tells_the_answer(prompts):
    """What is asked for was told in words before the question (its head word, at least)."""
    for item, cloze in prompts:
        told = " ".join(item.units[: cloze.units]).lower()
        answer = cloze.correct.strip(' "').rstrip(".,!?").lower()
        whole = cloze.kind in ("holder", "feeling", "said", "lies")
        head = answer.removeprefix("the ") if whole else answer.split()[-1]
        assert head in told, (cloze, told)


def test_feelings_of_other_kinds_are_the_distractors(prompts):
    words = lexicon.word_classes()
    groups = [{word.base for word in words[name]} for name in ("glad", "sad", "afraid", "angry")]
    for _, cloze in prompts:
        if cloze.kind == "feeling":
            for group in groups:
                if cloze.correct.strip() in group:
                    assert not group & {d.strip() for d in cloze.distractors}


def test_told_distractors_stand_in_the_prefix(prompts):
    """The first ``told`` distractors were named in the story; holders mostly have some."""
    for item, cloze in prompts:
        assert 0 <= cloze.told <= 3
        text = " ".join(item.units[: cloze.units]).lower()
        for distractor in cloze.distractors[: cloze.told]:
            words = re.findall(r"[a-z]+", distractor.lower().removesuffix('"'))
            assert words[-1] in text, (cloze, text)
    holders = [cloze for _, cloze in prompts if cloze.kind == "holder"]
    assert sum(cloze.told > 0 for cloze in holders) > 0.8 * len(holders)
