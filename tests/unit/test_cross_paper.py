"""Notebook 11 as one experiment: every unit finds the room that can measure it."""

from types import SimpleNamespace

import pytest

from memstudy.core import experiment
from memstudy.experiments.cross_paper import copied_languages, pairings, retention, unit_memories
from memstudy.experiments.cross_paper.copied_languages import config as languages_config
from memstudy.experiments.cross_paper.profiles import PROFILES, ROOMS, units
from memstudy.experiments.cross_paper.retention import config as retention_config
from memstudy.experiments.cross_paper.run import measured

ALL_ROOMS = ROOMS | {"retention": retention_config, "copied_languages": languages_config}
SIZES = ("SMOKE", "CPU", "GPU")


def test_every_room_says_what_it_asks():
    for room in (retention, unit_memories, pairings, copied_languages):
        assert room.__doc__.startswith("X-")


@pytest.mark.parametrize("size", SIZES)
def test_arms_have_names_of_their_own_and_one_room_each(size):
    arms = [
        (arm, config)
        for room in ALL_ROOMS.values()
        for arm, config in room.arms(getattr(room, size)).items()
    ]
    assert len({arm for arm, _ in arms}) == len(arms)
    for arm, config in arms:
        homes = [name for name, room in ALL_ROOMS.items() if isinstance(config, room.UNITS)]
        assert len(homes) == 1, arm


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_arms_that_choose_a_rate_have_the_first_seed_alone(profile):
    found = units(profile)
    assert len({unit.id for unit in found}) == len(found)
    for name, room in ROOMS.items():
        settings = getattr(profile, name)
        once = room.once(settings)
        for arm in room.arms(settings):
            seeds = [unit.seed for unit in found if unit.arm == arm]
            assert seeds == list(profile.seeds[:1] if arm in once else profile.seeds)


@pytest.mark.parametrize("name", ROOMS)
def test_a_unit_is_measured_by_its_own_room(name, monkeypatch):
    from importlib import import_module

    measuring = import_module(f"memstudy.experiments.cross_paper.{name}.measuring")
    monkeypatch.setattr(measuring, "measure", lambda unit, context: (name, unit.arm))
    arm, config = next(iter(ROOMS[name].arms(ROOMS[name].SMOKE).items()))
    assert measured(SimpleNamespace(config=config, arm=arm), None) == (name, arm)


def test_every_claim_names_a_figure_that_is_drawn():
    found = experiment.load("cross_paper")
    drawn = {spec.name for spec in found.figures()}
    assert {claim.figure for claim in found.claims} <= drawn
    assert len({claim.id for claim in found.claims}) == len(found.claims)
