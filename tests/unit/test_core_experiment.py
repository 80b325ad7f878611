"""The contract of experiments: hashes that never move, selections, packs."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace

import pytest

from memstudy.core import experiment as experiments
from memstudy.core.errors import UsageError
from memstudy.core.experiment import (
    Cost,
    Experiment,
    Profile,
    Unit,
    content_hash,
    packs,
    plain,
    select_units,
)


@dataclass(frozen=True)
class Inner:
    width: int = 3
    rates: tuple[float, ...] = (0.1, 1e-9)


@dataclass(frozen=True)
class Config:
    inner: Inner = field(default_factory=Inner)
    name: str = "a"
    clip: float | None = None


PROFILE = Profile("cpu", (0, 1, 10), Cost(1.0, "a core", "little"), True, False, "small", 2)


def units_of(profile):
    return [Unit("made_up", arm, seed, Config(), arm) for arm in "ab" for seed in profile.seeds]


MADE_UP = Experiment("made_up", "98_made_up", "", {"cpu": PROFILE}, units_of, None, ())


def ids(units):
    return [unit.id for unit in units]


def test_hash_of_a_unit_never_changes():
    # Recorded runs are found by it.
    unit = Unit("made_up", "a", 3, Config(), pack_key="anything")
    text = (
        '{"arm":"a","config":{"clip":null,"inner":{"rates":[0.1,1e-09],"width":3},"name":"a"},'
        '"experiment":"made_up","seed":3}'
    )
    assert unit.hash == hashlib.sha256(text.encode()).hexdigest()


def test_hash_depends_on_everything_that_determines_the_result_and_on_nothing_else():
    unit = Unit("made_up", "a", 3, Config(), pack_key="one")
    others = [
        replace(unit, experiment="other"),
        replace(unit, arm="b"),
        replace(unit, seed=4),
        replace(unit, config=Config(clip=0.5)),
        replace(unit, config=Config(inner=Inner(rates=(0.1, 1.0000000001e-9)))),
    ]
    assert len({unit.hash, *(other.hash for other in others)}) == 6
    assert replace(unit, pack_key="two").hash == unit.hash


def test_hash_ignores_the_order_of_keys_and_the_kind_of_sequence():
    assert content_hash({"b": [1, 2], "a": 1}) == content_hash({"a": 1, "b": (1, 2)})
    assert content_hash({"a": 1}) != content_hash({"a": 1.0})


def test_hash_refuses_what_has_no_canonical_text():
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="JSON"):
            content_hash({"rate": value})
    with pytest.raises(TypeError, match="not set"):
        plain({"rates": {1, 2}})


def test_selecting_seeds_and_units():
    assert len(select_units(MADE_UP, "cpu")) == 6
    assert ids(select_units(MADE_UP, "cpu", seeds=[10, 0])) == [
        "a-seed0", "a-seed10", "b-seed0", "b-seed10",
    ]  # fmt: skip
    assert ids(select_units(MADE_UP, "cpu", only=["b"])) == ["b-seed0", "b-seed1", "b-seed10"]
    assert ids(select_units(MADE_UP, "cpu", only=["*-seed1"])) == ["a-seed1", "b-seed1"]
    assert ids(select_units(MADE_UP, "cpu", only=["b-seed0", "a"]))[-1] == "b-seed0"


def test_an_exact_id_selects_one_unit_only():
    # Not also a-seed10: --force would measure it again for hours.
    assert ids(select_units(MADE_UP, "cpu", only=["a-seed1"])) == ["a-seed1"]


@pytest.mark.parametrize("seeds", [[5], [], [0, 1, 2], ["0"], [None, 3]])
def test_strange_seeds_are_refused(seeds):
    with pytest.raises(UsageError, match=r"\[0, 1, 10\]"):
        select_units(MADE_UP, "cpu", seeds=seeds)


def test_a_pattern_that_fits_nothing_is_refused_with_the_arms():
    with pytest.raises(UsageError, match=r"'c'; arms: a, b"):
        select_units(MADE_UP, "cpu", only=["a", "c"])


def test_packs_keep_the_order_and_never_mix_keys():
    grid = [Unit("x", arm, seed, None, arm) for seed in range(5) for arm in "ab"]
    found = packs(grid, 2)
    assert [ids(pack) for pack in found] == [
        ["a-seed0", "a-seed1"],
        ["b-seed0", "b-seed1"],
        ["a-seed2", "a-seed3"],
        ["b-seed2", "b-seed3"],
        ["a-seed4"],
        ["b-seed4"],
    ]


def test_units_without_a_key_stay_alone():
    grid = [Unit("x", "a", seed, None) for seed in range(3)]
    assert [len(pack) for pack in packs(grid, 9)] == [1, 1, 1]


def test_unknown_experiment_is_refused_with_the_known_ones():
    with pytest.raises(UsageError, match=r"unknown experiment 'nothing'.*three_moons"):
        experiments.load("nothing")
    with pytest.raises(UsageError):
        experiments.load("../core")


@pytest.mark.parametrize("name", experiments.names())
def test_every_experiment_meets_the_contract(name):
    found = experiments.load(name)
    assert found.name == name
    assert re.fullmatch(rf"\d\d_{name}", found.notebook)
    for profile_name, profile in found.profiles.items():
        assert profile.name == profile_name in experiments.PROFILE_NAMES
        assert profile.recorded == (profile_name != "smoke")
        units = found.units(profile)
        assert len({unit.id for unit in units}) == len(units) > 0
        for unit in units:
            assert re.fullmatch(r"[A-Za-z0-9_.+-]+", unit.id)
            assert unit.experiment == name
            assert len(unit.hash) == 64
        for pack in packs(units, profile.pack_size):
            assert len({content_hash(unit.config) for unit in pack}) == 1
