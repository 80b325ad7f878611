"""What the experiment executes: each unit by the code of its own question."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from memstudy.core.experiment import Experiment, Measured, Unit
from memstudy.experiments.cross_paper.claims import CLAIMS
from memstudy.experiments.cross_paper.config import NAME
from memstudy.experiments.cross_paper.profiles import PROFILES, ROOMS, units

if TYPE_CHECKING:
    from memstudy.core.context import Context


def execute(pack: Sequence[Unit], context: Context) -> list[Measured]:
    """Measure the units of a pack; see the experiment's contract."""
    return [measured(unit, context) for unit in pack]


def measured(unit: Unit, context: Context) -> Measured:
    """What the room that knows the unit's configuration finds."""
    room = next(name for name, config in ROOMS.items() if isinstance(unit.config, config.UNITS))
    measuring = importlib.import_module(f"memstudy.experiments.{NAME}.{room}.measuring")
    return measuring.measure(unit, context)


EXPERIMENT = Experiment(
    name=NAME,
    notebook="11_cross_paper",
    title="Across the papers: four questions that none of them asks",
    profiles=PROFILES,
    units=units,
    execute=execute,
    claims=CLAIMS,
)
