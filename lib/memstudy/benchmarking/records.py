"""What a benchmark measured, as a file: one JSON record for each benchmark and machine."""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from memstudy.core import paths
from memstudy.core.errors import UsageError, one_line
from memstudy.core.writing import write_file

SCRIPTS = paths.ROOT / "benchmarks"
RECORDS = SCRIPTS / "results"
MOST_OTHER_WORK = 0.2  # cores, on what still counts as a quiet machine


@dataclass(frozen=True)
class Comparison:
    """Forms of one computation against each other; ours is the first in every dict."""

    part: str  # the question that this answers
    what: str  # shape and size of what was computed
    seconds: dict[str, float]  # of one call, median of the rounds
    speed: dict[str, float]  # how many times as fast as each other form ours is
    bytes: dict[str, int] = field(default_factory=dict)  # peak memory; empty: not measured
    tokens: int = 0  # that one call reads; 0 where that is no measure
    flops_per_token: float = 0.0  # of ours; 0 where not counted
    least_speed: float | None = None  # wanted of every speed
    most_memory: float | None = None  # wanted of ours over every other form's memory

    @property
    def ours(self) -> str:
        """Name of our form."""
        return next(iter(self.seconds))

    def memory(self, other: str) -> float:
        """Our peak memory as a share of another form's; NaN where it was not measured."""
        return self.bytes[self.ours] / self.bytes[other] if self.bytes else math.nan

    def missed(self, other: str) -> bool:
        """Whether ours is slower or larger than was wanted."""
        slow = self.least_speed is not None and self.speed[other] < self.least_speed
        large = self.most_memory is not None and self.memory(other) > self.most_memory
        return slow or large

    def printed(self) -> str:
        """Lines for the terminal."""
        lines = [f"\n{self.part}: {self.what}"]
        for name, seconds in self.seconds.items():
            words = [f"  {name:22}{seconds * 1e3:12,.1f} ms"]
            if self.tokens:
                words.append(f"{self.tokens / seconds:12,.0f} tokens/s")
            if self.bytes:
                words.append(f"{self.bytes[name] / 1e6:8,.0f} MB")
            if name in self.speed:
                words.append(f"  ours {self.speed[name]:.2f} times as fast")
                if self.bytes:
                    words.append(f", {self.memory(name):.2f} of its memory")
                words.append("  MISSED" if self.missed(name) else "")
            lines.append("".join(words))
        return "\n".join(lines)


@dataclass(frozen=True)
class Record:
    """Everything that one call of a benchmark measured, and what made it."""

    benchmark: str  # name of the script in benchmarks/
    made_by: dict[str, Any]  # code, machine and versions (memstudy.core.provenance)
    clock: str
    rounds: int
    quick: bool  # a rough answer, on the smallest shapes
    other_work: float | None  # cores that other processes kept busy meanwhile; None: not known
    comparisons: tuple[Comparison, ...]

    @property
    def busy(self) -> bool:
        """Whether other processes had more than a little of the machine."""
        return self.other_work is not None and self.other_work > MOST_OTHER_WORK

    @property
    def stem(self) -> str:
        """Name of the file: a later record of the same benchmark and machine replaces it."""
        device = self.made_by["device"]
        machine = re.sub(r"[^a-z0-9]+", "-", device["name"].lower()).strip("-")
        return f"{self.benchmark}-{machine}-{device['threads']}-threads"


def save(record: Record, folder: Path = RECORDS) -> str:
    """Write a record; returns where it stands."""
    path = folder / f"{record.stem}.json"
    text = json.dumps(asdict(record), indent=1, ensure_ascii=False) + "\n"
    write_file(path, text.encode())
    return paths.shown(path)


def load_all(folder: Path = RECORDS) -> list[Record]:
    """All records, by file name.

    Raises:
        UsageError: a file that is no record, or that stands under another name than its own.
    """
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            comparisons = tuple(Comparison(**each) for each in content.pop("comparisons"))
            record = Record(**content, comparisons=comparisons)
            stem = record.stem
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise UsageError(
                f"{paths.shown(path)} is no record of a benchmark ({type(error).__name__}: "
                f"{one_line(error)})"
            ) from None
        if stem != path.stem:
            raise UsageError(f"{paths.shown(path)} should be called {stem}.json")
        found.append(record)
    return found
