"""Rows into a unit's table, facts out of its record, intervals in words."""

from types import SimpleNamespace

import numpy as np
import pytest

from memstudy.core.experiment import Unit
from memstudy.core.record import checked_table
from memstudy.records import brief, facts, long_table


def test_rows_become_a_table_that_the_store_takes():
    unit = Unit("study", "an_arm", 3, None)
    rows = [
        {"metric": "loss", "value": 1.5, "split": "test", "step": 7},
        {"metric": "leak", "value": 0.5, "part": "head 0", "position": 2},
    ]
    first, second = checked_table(long_table(iter(rows), unit)).to_dict("records")
    assert first.items() >= (rows[0] | {"part": "", "position": -1}).items()
    assert second.items() >= (rows[1] | {"split": "", "step": -1}).items()
    assert {(row["model"], row["seed"]) for row in (first, second)} == {("an_arm", 3)}
    assert "part" not in rows[0]


def recorded(*runs):
    found = [
        SimpleNamespace(run={"arm": arm, "seed": seed, "facts": {"of": (arm, seed)}})
        for arm, seed in runs
    ]
    seeds = {arm: sorted(seed for other, seed in runs if other == arm) for arm, _ in runs}
    return SimpleNamespace(recorded=found, seeds_of=lambda arm: seeds.get(arm, []))


def test_facts_are_those_of_the_run_or_of_the_first_seed():
    results = recorded(("a", 5), ("b", 1), ("a", 2))
    assert facts(results, "a") == {"of": ("a", 2)}
    assert facts(results, "a", 5) == {"of": ("a", 5)}
    for arm, seed in (("a", 1), ("c", None)):
        with pytest.raises(ValueError, match=f"no run of the arm '{arm}' with seed {seed}"):
            facts(results, arm, seed)


def test_an_interval_is_told_in_the_form_that_is_asked_for():
    assert brief(np.array([0.5, 0.5]), ".2f") == "0.50 [0.50, 0.50]"
    assert brief(np.array([-0.25, 0.25]), "+.3f") == "+0.000 [-0.250, +0.250]"
    assert brief(np.array([0.5]), ".1f") == "0.5 (one run)"
