"""The fixed-format lines of the notebook's check cell, beside the rule's own."""

from __future__ import annotations

from collections.abc import Iterator
from math import log
from typing import TYPE_CHECKING

from memstudy.experiments.simple_wikipedia_ood import claims, readings
from memstudy.experiments.simple_wikipedia_ood.config import (
    BINS,
    STORIES,
    WORLD,
    arm_name,
    trainings,
)
from memstudy.language_models.config import MOSAIC
from memstudy.records import facts

if TYPE_CHECKING:
    from memstudy.study import Results


def check_lines(results: Results) -> Iterator[str]:
    """The rule's conditions where they are not judged, then losses along the window."""
    for longer in trainings(results.profile):
        more = f" after {results.profile.models.longer} times the steps" if longer else ""
        if longer:
            yield from conditions(results, STORIES, f"on {{corpus}}{more}, not judged", longer)
        yield from conditions(results, WORLD, f"on generated text{more}, not judged", longer)
        for text in results.profile.foreign:
            yield from losses(results, text, longer, more)


def conditions(results: Results, text: str, heading: str, longer: bool) -> Iterator[str]:
    """Every condition of the rule on a pairing that it does not judge."""
    corpus = results.profile.foreign[text].corpus
    found = claims.evidence(readings.paired(results, text, longer), corpus)
    yield f"\n{heading.format(corpus=corpus)} | n = {found.n}\n  {found.ours}"
    for condition in found.conditions:
        yield f"  {condition}"


def losses(results: Results, text: str, longer: bool, more: str) -> Iterator[str]:
    """Losses of both families in every bin, and the last bin's difference pair by pair."""
    pairs = readings.paired(results, text, longer)
    arm = arm_name(results.profile, text, MOSAIC, longer)
    seed = results.seeds_of(arm)[0]
    read = readings.evaluation_facts(results, arm, seed)[readings.FOREIGN]
    corpus = results.profile.foreign[text].corpus
    yield f"\n{text} on {corpus}{more}: {read['windows']} of {read['eligible']} long articles"
    guesses = log(facts(results, arm)["vocab_size"])
    yield f"  losses in {BINS} parts of the window (uniform guesses: {guesses:.2f})"
    for name, found in (("mosaic", pairs.mosaic), ("transformer", pairs.transformer)):
        yield f"  {name}: " + " ".join(f"{loss:.2f}" for loss in found.mean(axis=(0, 1)))
    last = (pairs.transformer - pairs.mosaic).mean(axis=1)[:, -1]
    shown = ", ".join(f"{value:+.3f}" for value in last)
    yield f"  transformer - mosaic at {pairs.label(-1)}, each pair of equal seed: {shown} nat"
