"""A toy experiment: two arms that iterate a map, slowly, with checkpoints and breakages on demand.

``settings.json`` beside this file says how slow it is and what breaks. It is no part of the
configuration of a unit, so that a test can repair what it broke.
"""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from memstudy.core import seeds
from memstudy.core.claims import Claim, Evidence, above
from memstudy.core.experiment import Cost, Experiment, Measured, Profile, Unit

NAME = "toy"
SETTINGS = {
    "seeds": 3,
    "steps": 20,  # of every unit
    "pause": 0.0,  # seconds a step
    "pack_size": 1,
    "unit_seconds": 90.0,  # stated cost
    "breaks": {},  # unit id -> one of the words that `measured` and `execute` know
    "save_at": [],  # steps after which to save, whatever the time
}


def settings() -> dict:
    """What the test asked for."""
    path = Path(__file__).with_name("settings.json")
    asked = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return SETTINGS | asked


@dataclass(frozen=True)
class ToyConfig:
    """What determines a unit."""

    rate: float  # of the logistic map
    steps: int


def units(profile: Profile) -> list[Unit]:
    """Two arms, all seeds."""
    steps = settings()["steps"]
    return [
        Unit(NAME, arm, seed, ToyConfig(rate, steps), pack_key=arm)
        for arm, rate in (("calm", 2.9), ("wild", 3.9))
        for seed in profile.seeds
    ]


def execute(pack, context):
    """Iterate the map for all units of the pack at once; every value is measured."""
    asked = settings()
    state = context.restored() or {
        "step": 0,
        "values": [[seeds.child(unit.seed, "init") / 2**63] for unit in pack],
        "begun": [0],
    }
    if state["step"]:
        state["begun"] = [*state["begun"], state["step"]]
    config = pack[0].config
    for step in range(state["step"], config.steps):
        for unit, values in zip(pack, state["values"], strict=True):
            break_now(asked["breaks"].get(unit.id), step, state["begun"])
            values.append(config.rate * values[-1] * (1 - values[-1]))
        state["step"] = step + 1
        time.sleep(asked["pause"])
        if step + 1 in asked["save_at"]:
            context.save(state)
        context.advance(step + 1, config.steps, lambda: state, loss=state["values"][0][-1])
    found = [
        measured(unit, values, state["begun"], asked["breaks"].get(unit.id))
        for unit, values in zip(pack, state["values"], strict=True)
    ]
    return found[: -1 if "short" in asked["breaks"].values() else None]


def break_now(how: str | None, step: int, begun: list[int]) -> None:
    """Ways to break in the middle of the work."""
    if step == 5 and how == "raise":
        raise ValueError("the map left the interval\nand a second line")
    if step == 5 and how == "exit":
        os._exit(7)
    if step == 5 and (how == "kill" or (how == "kill the first" and len(begun) == 1)):
        os.kill(os.getpid(), signal.SIGKILL)
    if step == 5 and how == "memory":
        raise MemoryError


def measured(unit: Unit, values: list[float], begun: list[int], how: str | None) -> Measured:
    """The table of one unit, or what is not fit to be recorded."""
    import numpy as np
    import pandas as pd

    n = 300_000 if how == "large" else len(values)
    table = pd.DataFrame(
        {
            "metric": "value",
            "value": np.random.default_rng(0).random(n) if how == "large" else values,
            "split": "",
            "part": "",
            "step": range(n),
            "position": -1,
            "model": unit.arm,
            "seed": unit.seed,
        }
    )
    if how == "columns":
        table = table.rename(columns={"part": "component"})
    facts = {"parameters": np.int64(1), "begun_at_steps": begun, "worst": float("inf")}
    if how == "facts":
        facts["made_of"] = {1, 2}
    return Measured(table, facts)


def stays_in_the_interval(results) -> Evidence:
    """TOY-1."""
    means = [results.select(seed=seed)["value"].mean() for seed in results.profile.seeds]
    return Evidence("mean", len(means), (above("mean > 0", means, 0.0),))


def profile(name: str, recorded: bool = True) -> Profile:
    """All profiles are alike."""
    asked = settings()
    return Profile(
        name=name,
        seeds=tuple(range(asked["seeds"])),
        cost=Cost(asked["unit_seconds"], "one abacus", "nothing"),
        recorded=recorded,
        at_paper_scale=False,
        scale="a toy",
        pack_size=asked["pack_size"],
    )


EXPERIMENT = Experiment(
    name=NAME,
    notebook="99_toy",
    title="A toy",
    profiles={
        "smoke": profile("smoke", recorded=False),
        "cpu": profile("cpu"),
        "gpu": profile("gpu"),
    },
    units=units,
    execute=execute,
    claims=(
        Claim(
            id="TOY-1",
            paper="none",
            where="nowhere",
            statement="the map stays in the interval",
            paper_value="none",
            rule="mean > 0",
            seeds=3,
            figure="99_toy",
            test=stays_in_the_interval,
        ),
    ),
)
