"""The template language, the narrator's references, the lexicon, the encyclopedia articles."""

from __future__ import annotations

import re
import statistics
from random import Random

import pytest

from memstudy.corpora import story_world
from memstudy.corpora.story_world import lexicon, library
from memstudy.corpora.story_world.encyclopedia import creatures, places
from memstudy.corpora.story_world.grammar import compile_groups
from memstudy.corpora.story_world.lexicon.nouns import article, plural
from memstudy.corpora.story_world.narrator import Narrator
from memstudy.corpora.story_world.world import Person, Thing

SEED = 22


def narrate(text: str, *groups: str, seed: int = 0, **cast) -> list[str]:
    narrator = Narrator(Random(seed), compile_groups([text], lexicon.word_classes()))
    for group in groups:
        narrator.tell(group, **cast)
    return narrator.units


def person(name: str, he: str) -> Person:
    return Person(name, he, "boy" if he == "he" else "girl", f"a child named {name}")


# Templates -------------------------------------------------------------------------------------


def test_alternatives_nest_and_may_be_empty():
    text = ":a\nOne[| [two|three] four].\n"
    found = {narrate(text, "a", seed=seed)[0] for seed in range(60)}
    assert found == {"One.", "One two four.", "One three four."}


def test_slots_begin_sentences_with_a_capital():
    tom = Person("the owl", "it", "owl", "an owl")
    units = narrate(':a\n{A.n} sat. {A.n} spoke. "Who?" {A.n} asked.\n', "a", A=tom)
    assert units == ['The owl sat. The owl spoke. "Who?" the owl asked.']


def test_draws_come_in_three_forms_and_can_be_kept():
    units = narrate(":a\n{#a wood_animal:k} met {#s bug}. The {k} ran.\n", "a", seed=3)
    found = re.fullmatch(r"(An?) (.+) met (.+)\. The (.+) ran\.", units[0])
    assert found.group(2) == found.group(4)
    assert found.group(1).lower() == article(found.group(2))


@pytest.mark.parametrize(
    "line, message",
    [
        ("{A} [ran|walked.", "open bracket"),
        ("{A} ran] home.", "stray bracket"),
        ('"Hello, said {A}.', "open quotation"),
        ('"I saw {B}," said {A}.', "pronoun in a quotation"),
        ("{A} saw {#a wombatt}.", "unknown class"),
        ("{@nowhere} came.", "groups without templates"),
    ],
)
def test_faulty_templates_are_refused(line, message):
    with pytest.raises(ValueError, match=message):
        compile_groups([f":a\n{line}\n"], lexicon.word_classes())


# References ------------------------------------------------------------------------------------


def subjects(text: str, a: Person, b: Person) -> set[str]:
    """First words of the second unit, over many seeds."""
    found = set()
    for seed in range(40):
        units = narrate(text, "one", "two", seed=seed, A=a, B=b)
        found.add(units[1].split()[0])
    return found


def test_subject_pronoun_where_it_is_clear():
    text = ":one\n{A.n} saw {B.n}.\n:two\n{A} ran.\n"
    assert subjects(text, person("Tom", "he"), person("Ann", "she")) == {"He", "Tom"}
    assert subjects(text, person("Tom", "he"), person("Ben", "he")) == {"Tom"}


def test_no_subject_pronoun_when_the_subject_changes():
    text = ":one\n{B.n} saw {A.n}.\n:two\n{A} ran.\n"
    assert subjects(text, person("Tom", "he"), person("Ann", "she")) == {"Tom"}


def test_an_optional_name_leaves_the_subject_open():
    text = ":one\n{A.n} sang. [It was loud|{B.n} was near].\n:two\n{A} ran.\n"
    assert subjects(text, person("Tom", "he"), person("Ann", "she")) == {"Tom"}


def test_object_pronoun_only_where_it_is_clear():
    text = ":one\n{A.n} met {B.n}.\n:two\n{A.n} waved at {B}.\n"

    def objects(a, b):
        return {narrate(text, "one", "two", seed=s, A=a, B=b)[1].split()[-1] for s in range(40)}

    assert objects(person("Tom", "he"), person("Ann", "she")) == {"her.", "Ann."}
    assert objects(person("Tom", "he"), person("Ben", "he")) == {"Ben."}


def test_they_means_the_two_just_named():
    text = ":one\n{A.n} met {B.n}.\n:two\n{AB} ran.\n:three\n{AB} ran.\n"
    tom, ann, sam = person("Tom", "he"), person("Ann", "she"), person("Sam", "he")
    narrator = Narrator(Random(0), compile_groups([text], lexicon.word_classes()))
    narrator.tell("one", A=tom, B=ann)
    assert narrator.tell("two", A=tom, B=ann) == "They ran."
    assert narrator.tell("three", A=tom, B=sam) == "Tom and Sam ran."


# Words -----------------------------------------------------------------------------------------


def test_articles_and_plurals():
    pairs = {"owl": "an", "hourglass": "an", "ukulele": "a", "unicorn": "a", "old hat": "an"}
    assert {word: article(word) for word in pairs} == pairs
    assert [plural(n) for n in ("fox", "cherry", "toy_mouse", "leaf", "monkey", "jump_rope")] == [
        "foxes", "cherries", "toy mice", "leaves", "monkeys", "jump ropes"
    ]  # fmt: skip


def test_words_of_a_class_are_distinct():
    for name, words in lexicon.word_classes().items():
        bases = [word.base for word in words]
        assert len(bases) == len(set(bases)), name


def test_every_thing_has_an_adjective_that_fits():
    for kind in lexicon.THING_KINDS:
        assert len(lexicon.adjectives_for(kind)) >= 8
    thing = Thing("owl", "soft_toy", "old")
    assert (thing.a, thing.an, thing.the_full) == ("an old owl", "an owl", "the old owl")


def test_every_place_has_spots_sights_and_something_to_do():
    for place in lexicon.all_places():
        assert len(lexicon.spots(place.group)) >= 10
        assert len(lexicon.sights(place.group)) >= 10
        assert place.at.endswith(place.noun) and place.to == f"to the {place.noun}"


def test_the_library_is_large():
    groups = library.templates()
    assert sum(len(lines) for lines in groups.values()) > 1500


# Encyclopedia ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def articles():
    return list(story_world.articles(SEED, 0, 600))


def test_articles_are_long_enough_for_windows_of_512_tokens(articles):
    """About 3.8 characters are a GPT-2 token here: 1,950 characters and more give 512 tokens."""
    lengths = [len(item.text) for item in articles]
    assert 1900 < statistics.mean(lengths) < 2600
    assert sum(length > 2050 for length in lengths) > 0.4 * len(lengths)
    assert min(lengths) > 700


def test_articles_are_unique_and_splits_disjoint(articles):
    texts = {item.text for item in articles}
    other = {item.text for item in story_world.articles(SEED, 0, 300, "validation")}
    assert len(texts) == 600 and len(other) == 300 and not texts & other


def test_articles_repeat_what_they_invented(articles):
    """The subject comes back throughout; most facts stand in the text more than once."""
    for item in articles:
        name = item.title.removeprefix("Mount ").removesuffix(" River").removesuffix(" Island")
        assert item.text.count(name) + item.text.count(name.lower()) >= 6, item.text
    again = [item.text.count(value) > 1 for item in articles for _, value in item.facts]
    assert sum(again) / len(again) > 0.5


def test_articles_are_clean(articles):
    for item in articles:
        text = item.text
        assert text.isascii() and text.startswith(f"{item.title}\n\n")
        assert "  " not in text and not re.search(r" [,.;:]|[{}\[\]|]|[,.;]{2}", text), text
        for paragraph in text.split("\n\n"):
            assert paragraph.count('"') % 2 == 0, paragraph
        for found, word in re.findall(r"\b([Aa]n?) ([a-z-]+)", text):
            vowel = word[0] in "aeiou" and not word.startswith(("uni", "one", "eu"))
            assert found.lower() == ("an" if vowel else "a"), (found, word)


def test_articles_do_not_speak_like_stories(articles):
    """Few 5-grams of the articles occur in stories: the other corpus is another language."""

    def grams(text):
        words = re.findall(r"[a-z']+", text.lower())
        return [tuple(words[i : i + 5]) for i in range(len(words) - 4)]

    seen = {gram for item in story_world.stories(SEED, 0, 500) for gram in grams(item.text)}
    found = [gram in seen for item in articles[:300] for gram in grams(item.text)]
    assert sum(found) / len(found) < 0.01


def test_every_fact_of_a_table_is_drawn():
    creature, place = creatures.draw(Random(0)), places.draw(Random(0))
    assert all(key in creature for _, key in creatures.BOX)
    assert all(key in place for box in places.BOX.values() for _, key in box)
