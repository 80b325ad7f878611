"""Numbers read from the recorded tables of the experiment memory_hierarchy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from memstudy.experiments.memory_hierarchy.config import (
    FORMULAS,
    PAPER_SHAPE,
    counted_arm,
    disk_arm,
)

if TYPE_CHECKING:
    from memstudy.study import Results

TERA = 1e12
# The paper's totals are binary terabytes, and fit this number of references (its text rounds it).
BINARY_TERABYTE = 2**40
REFERENCES = 1.12e8


@dataclass(frozen=True)
class Printed:
    """A number that the paper prints, and where ours is found."""

    name: str
    printed: float
    metric: str
    part: str
    unit: float = 1.0  # ours is divided by it


COST_NUMBERS = (
    Printed("parameters, write (TFlop)", 2.24, "operations", "parameters write", TERA),
    Printed("memory, write (TFlop)", 0.308, "operations", "memory write", TERA),
    Printed("memory, read (TFlop)", 1.44e-4, "operations", "memory read", TERA),
    Printed("text, read (TFlop)", 0.624, "operations", "text read", TERA),
    Printed("memory cheaper than text from n", 0.494, "uses", "memory over text"),
    Printed("parameters cheaper than memory from n", 13_400, "uses", "parameters over memory"),
)
# Bytes of a reference after each step: they follow from the printed shape, exactly.
STEP_BYTES = {
    "all layers, heads and tokens": 72_089_600,
    "memory layers": 36_044_800,
    "key-value heads": 7_208_960,
    "kept tokens": 450_560,
    "vector quantisation": 39_424,
}
BANK_TERABYTES = {
    "all layers, heads and tokens": 7340.0,
    "kept tokens": 45.9,
    "vector quantisation": 4.02,
}
PRINTED_FACTORS = {"kept tokens": 160, "vector quantisation": 1830}


def formula(results: Results, metric: str, part: str = "", shape: str = PAPER_SHAPE) -> float:
    """A formula's value at a shape."""
    rows = results.select(metric=metric, part=part, split=shape, model=FORMULAS)
    return float(rows["value"].item())


def ours(results: Results, number: Printed, shape: str = PAPER_SHAPE) -> float:
    """Our value of a printed number, in its unit."""
    return formula(results, number.metric, number.part, shape) / number.unit


def step_bytes(results: Results, shape: str = PAPER_SHAPE) -> dict[str, int]:
    """Bytes of a reference after each step from all keys and values to the quantised memory."""
    rows = results.select(metric="bytes_per_reference", split=shape, model=FORMULAS)
    rows = rows.sort_values("position")
    return {part: int(value) for part, value in zip(rows["part"], rows["value"], strict=True)}


@dataclass(frozen=True)
class Count:
    """Operations of one computation, counted and by formula."""

    what: str
    counted: float
    formula: float
    reasons: dict[str, float]  # operations by which they differ

    @property
    def ratio(self) -> float:
        """Counted over formula."""
        return self.counted / self.formula

    @property
    def unexplained(self) -> float:
        """Operations that neither the formula nor a reason accounts for."""
        return self.counted - self.formula - sum(self.reasons.values())


def counts(results: Results, shape: str) -> list[Count]:
    """Everything that was counted at a shape."""
    table = results.select(model=counted_arm(shape))
    found = []
    for what in table.loc[table["metric"] == "operations_counted", "part"]:
        own = table[table["part"] == what]
        value = own.drop_duplicates("metric").set_index("metric")["value"]
        why = own[own["metric"] == "operations_difference"].set_index("split")["value"]
        found.append(
            Count(what, value["operations_counted"], value["operations_formula"], why.to_dict())
        )
    return found


def own_cache_bytes(results: Results, shape: str) -> int:
    """Bytes of the keys and values that the model itself made of a reference."""
    rows = results.select(metric="own_cache_bytes", model=counted_arm(shape))
    return int(rows["value"].item())


@dataclass(frozen=True)
class Bank:
    """A bank that was written."""

    form: str
    memories: int
    formula: int  # bytes
    on_disk: int  # bytes of all files
    identical: bool | None  # None: the records cannot be decoded

    @property
    def excess(self) -> float:
        """Share by which the files are larger than the formula says."""
        return self.on_disk / self.formula - 1


def banks(results: Results, shape: str) -> list[Bank]:
    """The banks that were written at a shape, the one in bfloat16 first."""
    table = results.select(model=disk_arm(shape))
    found = []
    for form, own in table.groupby("split", sort=False):
        total = own.groupby("metric")["value"].sum()
        same = bool(total["read_back_identical"]) if "read_back_identical" in total else None
        sizes = (int(total[name]) for name in ("memories", "bytes_formula", "bytes_on_disk"))
        found.append(Bank(str(form), *sizes, same))
    return found
