"""The ways of running the experiment, and its units; torch is not needed here.

The seeds are none that the study has used elsewhere: those of an earlier form of these questions
had been looked at when the rules were written. With the first one learning rates were tried, and
for X-2 a further rule of selection, which no claim judges.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import ModuleType

from memstudy.core.experiment import Cost, Profile, Unit
from memstudy.experiments.cross_paper.config import NAME
from memstudy.experiments.cross_paper.copied_languages import config as copied_languages
from memstudy.experiments.cross_paper.pairings import config as pairings
from memstudy.experiments.cross_paper.retention import config as retention
from memstudy.experiments.cross_paper.unit_memories import config as unit_memories

# By the field of a profile that holds the settings, in the order of the claims.
ROOMS: dict[str, ModuleType] = {
    "retention": retention,
    "unit_memories": unit_memories,
    "pairings": pairings,
    "copied_languages": copied_languages,
}


@dataclass(frozen=True)
class CrossProfile(Profile):
    """A complete way of running the experiment: settings of each question."""

    retention: retention.RetentionSettings = field(default=retention.SMOKE)
    unit_memories: unit_memories.UnitMemoriesSettings = field(default=unit_memories.SMOKE)
    pairings: pairings.PairingSettings = field(default=pairings.SMOKE)
    copied_languages: copied_languages.LanguagesSettings = field(
        default=copied_languages.SMOKE
    )


def units(profile: CrossProfile) -> list[Unit]:
    """All units, question by question; arms that only choose a learning rate have one seed."""
    found = []
    for name, room in ROOMS.items():
        settings = getattr(profile, name)
        once = room.once(settings)
        for arm, config in room.arms(settings).items():
            seeds = profile.seeds[:1] if arm in once else profile.seeds
            found += [Unit(NAME, arm, seed, config) for seed in seeds]
    return found


def profile_of(size: str, **words: object) -> CrossProfile:
    """A profile with every question's settings of one size, such as ``"CPU"``."""
    settings = {name: getattr(room, size) for name, room in ROOMS.items()}
    return CrossProfile(at_paper_scale=False, pack_size=1, **words, **settings)


PROFILES = {
    "smoke": profile_of(
        "SMOKE",
        name="smoke",
        seeds=(0,),
        cost=Cost(0.5, "one CPU core", "half a minute"),
        recorded=False,
        scale="a few steps of tiny models; no scientific meaning",
    ),
    "cpu": profile_of(
        "CPU",
        name="cpu",
        seeds=(10, 11, 12),
        cost=Cost(335.0, "one CPU core", "about seven hours on 2 cores"),
        recorded=True,
        scale="models of 0.1 to 0.6 M parameters, vectors of 16 tokens, chunks of 6, cards of 32 "
        "words, 2,400 training languages",
    ),
    "gpu": profile_of(
        "GPU",
        name="gpu",
        seeds=(10, 11, 12),
        cost=Cost(400.0, "one modern GPU", "about nine hours on one GPU, in slices; estimated"),
        recorded=True,
        scale="models of some 10 M parameters, vectors of 64 tokens, chunks of 32, cards of 128 "
        "words, 10,000 training languages",
    ),
}
