"""A world of real facts: figures of countries from the CIA World Factbook, on the same cards.

A fact is a figure of a country, such as its area or its median age; its value is the first two
digits, so that values come from a closed set of 90 words and must be known or read, not reasoned. A
country has more facts than a card holds, so it has several cards, each an *entity* of the world
with the country's name. Countries are held out whole. Popularity follows their population.

The last word of a country's name is a token of its own, so that of held-out countries it stands in
no training text: what is read of them is also what is read of a name never seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from memstudy.core import seeds
from memstudy.experiments.sparse_memory.cards import (
    Vocabulary,
    World,
    WorldConfig,
    make_world,
    world_of,
)

CORPUS = "factbook"
NO_COUNTRIES = ("European Union", "World")  # records that are none
# What a relation is called, and how its line begins in a record.
FIGURES = {
    "area": "Area, total",
    "boundaries": "Land boundaries, total",
    "coastline": "Coastline",
    "elevation": "Elevation, mean elevation",
    "forest": "Land use, forest",
    "population": "Population, total",
    "dependency": "Dependency ratios, total dependency ratio",
    "median age": "Median age, total",
    "growth": "Population growth rate",
    "births": "Birth rate",
    "deaths": "Death rate",
    "urban": "Urbanization, urban population",
    "infant mortality": "Infant mortality rate, total",
    "life expectancy": "Life expectancy at birth, total population",
    "fertility": "Total fertility rate",
    "obesity": "Obesity - adult prevalence rate",
    "emissions": "Carbon dioxide emissions, total emissions",
    "income": "Real GDP per capita, Real GDP per capita 2024",
    "product": "GDP (official exchange rate)",
    "inflation": "Inflation rate (consumer prices), Inflation rate (consumer prices) 2024",
    "labour": "Labor force",
    "unemployment": "Unemployment rate, Unemployment rate 2024",
    "electricity": "Electricity, consumption",
    "phones": "Telephones - mobile cellular, total subscriptions",
    "internet": "Internet users, percent of population",
}
NEW_FIGURES = {  # on cards of countries that are new after training
    "airports": "Airports",
    "exports": "Exports, Exports 2024",
    "imports": "Imports, Imports 2024",
}
VALUES = range(10, 100)  # first two digits


@dataclass(frozen=True, kw_only=True)
class FactbookConfig(WorldConfig):
    """A world of countries. Sizes that the data give are checked when they are read."""

    countries: int = 150  # in training texts
    held_out_countries: int = 24
    missing_countries: int = 10
    new_countries: int = 10
    cards_a_country: int = 6  # of a new country: one
    first_names: int = 12  # regions
    last_names: int = 194  # countries
    relations: int = len(FIGURES)
    new_relations: int = len(NEW_FIGURES)
    values: int = len(VALUES)
    train_entities: int = 900
    held_out: int = 144
    missing: int = 60
    new: int = 10

    def __post_init__(self) -> None:
        """Refuse numbers that contradict each other (ValueError)."""
        super().__post_init__()
        old = (self.countries, self.held_out_countries, self.missing_countries)
        entities = *(n * self.cards_a_country for n in old), self.new_countries
        if entities != (self.train_entities, self.held_out, self.missing, self.new):
            raise ValueError(f"{old} countries have {entities} cards; correct the configuration")
        if sum(old) + self.new_countries != self.last_names:
            raise ValueError(
                f"{self.last_names} names for {sum(old) + self.new_countries} countries"
            )


@dataclass(frozen=True)
class Country:
    """What a record says."""

    name: str
    region: str
    figures: Mapping[str, int]  # relation to the first two digits
    population: int


@dataclass(frozen=True)
class NamedVocabulary(Vocabulary):
    """A vocabulary whose words are shown as what they mean."""

    names: Mapping[int, str]

    def word(self, token: int) -> str:
        """A token as a reader sees it."""
        return self.names.get(token) or super().word(token)


def first_digits(text: str) -> int | None:
    """The first two digits that matter of the first number of a text: 0.46 gives 46, 7 gives 70."""
    found = re.search(r"\d[\d,]*\.?\d*", text)
    digits = re.sub(r"[,.]", "", found.group()).lstrip("0") if found else ""
    return int((digits + "0")[:2]) if digits else None


def read_country(document: Mapping[str, Any]) -> Country:
    """The figures of one record of the corpus."""
    wanted = {label: name for name, label in (FIGURES | NEW_FIGURES).items()}
    figures: dict[str, int] = {}
    population = 0
    for line in document["text"].splitlines():
        label, _, value = line.partition(": ")
        digits = first_digits(value) if label in wanted else None
        if digits is not None:
            figures.setdefault(wanted[label], digits)
        if label == FIGURES["population"] and not population:
            population = int(re.sub(r"\D", "", value.split(" ")[0]) or 0)
    return Country(document["title"], document["region"], figures, population)


def usable(country: Country, config: FactbookConfig) -> bool:
    """Whether it is a country that has facts for all of its cards."""
    if country.name in NO_COUNTRIES:
        return False
    return len(FIGURES.keys() & country.figures) >= config.facts * config.cards_a_country


def any_world(config: WorldConfig) -> World:
    """The world of a configuration, generated or of real facts.

    Raises:
        MissingCorpus: the records are not at hand; the message says how to get them.
    """
    if not isinstance(config, FactbookConfig):
        return make_world(config)
    from memstudy.corpora import loading

    return make(config, loading.documents(CORPUS, "all"))


def source() -> dict[str, str]:
    """Where real facts come from, for the record of a run."""
    from memstudy.corpora.registry import find

    found = find(CORPUS)
    return {"corpus": CORPUS, "origin": found.origin, "sha256": found.source.sha256}


def make(config: FactbookConfig, documents: Iterable[Mapping[str, Any]]) -> World:
    """The world of a configuration.

    Args:
        config: sizes.
        documents: records of the corpus.

    Raises:
        ValueError: fewer countries than the configuration names.
    """
    found = [c for c in map(read_country, documents) if usable(c, config)]
    generator = seeds.numpy_generator(config.seed, "factbook")
    chosen = _splits(config, found, generator)
    regions = sorted({country.region for country in found})
    relations, values, names = [], [], []
    for number, (country, new) in enumerate(chosen):
        cards = 1 if new else config.cards_a_country
        known = [n for n in (NEW_FIGURES if new else FIGURES) if n in country.figures]
        for some in generator.permutation(known)[: cards * config.facts].reshape(cards, -1):
            relations.append([[*FIGURES, *NEW_FIGURES].index(name) for name in some])
            values.append([country.figures[name] - VALUES.start for name in some])
            names.append((regions.index(country.region), number))
    vocabulary = _vocabulary(config, regions, [country.name for country, _ in chosen])
    return world_of(config, vocabulary, *map(np.array, (names, relations, values)), generator)


def _splits(
    config: FactbookConfig, found: list[Country], generator: np.random.Generator
) -> list[tuple[Country, bool]]:
    """Countries in the order of the splits, each one's most populous first; and which are new."""
    with_new = [i for i, c in enumerate(found) if len(NEW_FIGURES.keys() & c.figures) == 3]
    if len(found) < config.last_names or len(with_new) < config.new_countries:
        raise ValueError(
            f"{len(found)} countries have enough figures, {len(with_new)} of them those of new "
            f"ones; {config.last_names} and {config.new_countries} are needed"
        )
    new = generator.permutation(with_new)[: config.new_countries].tolist()
    others = generator.permutation([i for i in range(len(found)) if i not in new]).tolist()
    ends = np.cumsum([config.countries, config.held_out_countries, config.missing_countries])
    train, held_out, missing = (others[a:b] for a, b in zip((0, *ends[:-1]), ends, strict=True))
    return [
        (country, part is new)
        for part in (train, held_out, missing, new)
        for country in sorted((found[i] for i in part), key=lambda c: (-c.population, c.name))
    ]


def _vocabulary(config: FactbookConfig, regions: list[str], countries: list[str]) -> Vocabulary:
    plain = Vocabulary.of(config)
    shown = dict(zip(plain.first_names, regions, strict=False))
    shown |= dict(zip(plain.last_names, countries, strict=True))
    shown |= dict(zip(plain.relations, [*FIGURES, *NEW_FIGURES], strict=True))
    shown |= {token: str(value) for token, value in zip(plain.values, VALUES, strict=True)}
    return NamedVocabulary(**vars(plain), names=shown)
