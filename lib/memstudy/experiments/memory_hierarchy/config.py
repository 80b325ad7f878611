"""Units and profiles of the experiment memory_hierarchy; torch is not needed here.

Arms: ``formulas``; ``counted_SHAPE``, the operations of a model of that shape; ``on_disk_SHAPE``,
a bank of its memories.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from memstudy.core.experiment import Cost, Profile, Unit
from memstudy.experiments.memory_hierarchy.shapes import SHAPES
from memstudy.experiments.sparse_memory.costs import CostShape

NAME = "memory_hierarchy"
FORMULAS = "formulas"
PAPER_SHAPE, OUR_SHAPE, SHALLOW_SHAPE = "paper", "medium", "small"
CODE_BYTES = 14  # of a quantised key or value: two residuals of 14 bits (4 bytes), 8 x 10 bits


@dataclass(frozen=True, kw_only=True)
class FormulaUnit:
    """Shapes at which all formulas are evaluated."""

    shapes: dict[str, CostShape]
    code_bytes: int = CODE_BYTES  # of a quantised key or value


@dataclass(frozen=True, kw_only=True)
class CountedUnit:
    """A model whose operations are counted."""

    shape: CostShape
    executed: bool  # False: shapes alone pass through the model, which has no storage
    prefix_length: int = 1  # tokens before each reference; the formulas know of none


@dataclass(frozen=True, kw_only=True)
class DiskUnit:
    """A bank of memories that is written and measured."""

    shape: CostShape
    n_memories: int  # in the bank
    code_bytes: int | None  # also a bank of codes of that length; None: bfloat16 only
    batch: int = 50  # memories that are written at a time


@dataclass(frozen=True)
class HierarchyProfile(Profile):
    """A complete way of running the experiment."""

    n_memories: dict[str, int] = field(default_factory=dict)  # in each shape's bank


def counted_arm(shape: str) -> str:
    """Name of the arm that counts the operations of a model."""
    return f"counted_{shape}"


def disk_arm(shape: str) -> str:
    """Name of the arm that writes a bank."""
    return f"on_disk_{shape}"


def units(profile: HierarchyProfile) -> list[Unit]:
    """All units; nothing in them is random."""
    configs: dict[str, object] = {FORMULAS: FormulaUnit(shapes=SHAPES)}
    for name, shape in SHAPES.items():
        # 2.4 billion weights would fill a machine; the counter looks at shapes only.
        configs[counted_arm(name)] = CountedUnit(shape=shape, executed=name != PAPER_SHAPE)
    for name, shape in SHAPES.items():
        code_bytes = CODE_BYTES if name == PAPER_SHAPE else None
        configs[disk_arm(name)] = DiskUnit(
            shape=shape, n_memories=profile.n_memories[name], code_bytes=code_bytes
        )
    return [Unit(NAME, arm, 0, config, random=False) for arm, config in configs.items()]


PROFILES = {
    "smoke": HierarchyProfile(
        name="smoke",
        seeds=(0,),
        cost=Cost(2.0, "one CPU core", "seconds"),
        recorded=False,
        at_paper_scale=False,
        scale="formulas and counts as in profile cpu, banks of a few memories",
        pack_size=1,
        n_memories={"paper": 2, "medium": 10, "small": 20},
    ),
    "cpu": HierarchyProfile(
        name="cpu",
        seeds=(0,),
        cost=Cost(5.0, "one CPU core", "about a minute on one core"),
        recorded=True,
        at_paper_scale=True,
        scale="formulas, counts and sizes at the paper's own shape, and at two of ours",
        pack_size=1,
        n_memories={"paper": 200, "medium": 1000, "small": 1000},
    ),
    "gpu": HierarchyProfile(
        name="gpu",
        seeds=(0,),
        cost=Cost(5.0, "one modern GPU", "about a minute"),
        recorded=True,
        at_paper_scale=True,
        scale="as profile cpu, operations counted on a GPU",
        pack_size=1,
        n_memories={"paper": 200, "medium": 1000, "small": 1000},
    ),
    "paper": HierarchyProfile(
        name="paper",
        seeds=(0,),
        cost=Cost(60.0, "one CPU core", "minutes, and 5 GB of disk for a while"),
        recorded=True,
        at_paper_scale=True,
        scale="as profile cpu, with a bank of 10,000 memories of the paper's shape",
        pack_size=1,
        n_memories={"paper": 10_000, "medium": 10_000, "small": 10_000},
    ),
}
