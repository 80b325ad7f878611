"""Races: two or more forms that compute the same thing, measured side by side in one process.

Forms take turns, round after round, so that whatever else the machine does meets them all alike.
Times are medians of the rounds; a ratio is the median of the rounds' ratios. With one CPU thread
the clock is the processor time of this process, which other load disturbs little; with more
threads, and on a GPU, it is the wall clock. Peak memory is what PyTorch's allocator held at most
beyond what it held before, weights not included.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch

from memstudy.benchmarking import records
from memstudy.benchmarking.records import Comparison
from memstudy.core import device as devices
from memstudy.core import provenance
from memstudy.core.device import Device

Form = Callable[[], object]


@dataclass
class Race:
    """Measures forms against each other; prints every comparison and keeps it."""

    device: Device
    rounds: int
    quick: bool = False
    comparisons: list[Comparison] = field(default_factory=list)

    @property
    def clock_name(self) -> str:
        """Which clock times are read from."""
        alone = self.device.kind == "cpu" and self.device.threads == 1
        return "processor time" if alone else "wall clock"

    def compare(
        self,
        part: str,
        what: str,
        forms: Mapping[str, Form],
        *,
        tokens: int = 0,
        flops_per_token: float = 0.0,
        memory: bool = False,
        scale: Mapping[str, float] | None = None,
        rounds: int | None = None,
        least_speed: float | None = None,
        most_memory: float | None = None,
    ) -> Comparison:
        """Measure some forms, print and keep the result.

        Args:
            part: the question that this answers, as a heading.
            what: shape and size of what is computed.
            forms: by name, ours first.
            tokens: that one call of a form reads; 0 where that is no measure.
            flops_per_token: operations a token, for the utilisation of the device.
            memory: measure peak memory too.
            scale: factor on the seconds of forms that do only a part of the work.
            rounds: other than the race's own.
            least_speed: how many times as fast as the others ours should be.
            most_memory: which share of the others' memory ours may need.
        """
        taken = self.turns(forms, rounds or self.rounds, scale or {})
        ours = next(iter(forms))
        speed = {
            name: statistics.median(b / a for a, b in zip(taken[ours], times, strict=True))
            for name, times in taken.items()
            if name != ours
        }
        comparison = Comparison(
            part=part,
            what=what,
            seconds={name: statistics.median(times) for name, times in taken.items()},
            speed=speed,
            bytes={name: self.peak_memory(form) for name, form in forms.items()} if memory else {},
            tokens=tokens,
            flops_per_token=flops_per_token,
            least_speed=least_speed,
            most_memory=most_memory,
        )
        self.comparisons.append(comparison)
        print(comparison.printed(), flush=True)
        return comparison

    def turns(
        self, forms: Mapping[str, Form], rounds: int, scale: Mapping[str, float]
    ) -> dict[str, list[float]]:
        """Seconds of each form in each round; every form runs once beforehand."""
        for form in forms.values():
            form()
        taken: dict[str, list[float]] = {name: [] for name in forms}
        for _ in range(rounds):
            for name, form in forms.items():
                taken[name].append(self.seconds(form) * scale.get(name, 1.0))
        return taken

    def seconds(self, form: Form) -> float:
        """How long one call takes."""
        clock = time.process_time if self.clock_name == "processor time" else time.perf_counter
        self.device.wait()
        start = clock()
        form()
        self.device.wait()
        return clock() - start

    def peak_memory(self, form: Form) -> int:
        """Largest number of bytes that PyTorch held beyond those it held before one call."""
        if self.device.kind == "cuda":
            self.device.wait()
            before = torch.cuda.memory_allocated()
            torch.cuda.reset_peak_memory_stats()
            form()
            self.device.wait()
            return torch.cuda.max_memory_allocated() - before
        with torch.profiler.profile(profile_memory=True) as profile:
            form()
        events = [e for e in profile.profiler.kineto_results.events() if e.name() == "[memory]"]
        held = peak = 0
        for event in sorted(events, key=lambda event: event.start_ns()):
            held += event.nbytes()
            peak = max(peak, held)
        return peak


class OtherWork:
    """How many cores other processes keep busy, from its making on; Linux tells."""

    def __init__(self) -> None:
        self._start = self._now()

    def cores(self) -> float | None:
        """Cores on average, or None where the system does not tell."""
        if self._start is None or (now := self._now()) is None:
            return None
        all_busy, own, wall = (b - a for a, b in zip(self._start, now, strict=True))
        return round(max(0.0, (all_busy - own) / max(wall, 1e-9)), 2)

    @staticmethod
    def _now() -> tuple[float, float, float] | None:
        """Seconds: all cores' at work, this process', and of the wall clock."""
        try:
            with open("/proc/stat", encoding="ascii") as stream:
                user, nice, system, _, _, *others = map(int, stream.readline().split()[1:9])
        except (OSError, ValueError):
            return None
        busy = (user + nice + system + sum(others)) / os.sysconf("SC_CLK_TCK")
        return busy, time.process_time(), time.perf_counter()


def main(
    name: str,
    description: str,
    measure: Callable[[Race, argparse.Namespace], None],
    parser: argparse.ArgumentParser | None = None,
    rounds: tuple[int, int] = (3, 2),
    on: tuple[str, ...] = ("cpu",),
) -> None:
    """Command line of a benchmark.

    Args:
        name: of the script, without suffix.
        description: one line.
        measure: runs the races.
        parser: with options of the script's own.
        rounds: by default, and with ``--quick``.
        on: devices that the benchmark can run on.
    """
    parser = parser or argparse.ArgumentParser()
    parser.description = description
    parser.add_argument("--quick", action="store_true", help="less of it; a rough answer")
    parser.add_argument("--rounds", type=int, help=f"rounds ({rounds[0]}; {rounds[1]} if quick)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default 1)")
    parser.add_argument("--device", choices=on, default="cpu")
    parser.add_argument("--save", action="store_true", help="keep it in benchmarks/results")
    options = parser.parse_args()
    if options.rounds is not None and options.rounds < 1:
        parser.error("--rounds must be at least 1")
    # Sets the threads, and flushes denormal numbers to zero for all sides alike.
    device = devices.select(options.device, options.threads)
    race = Race(device, options.rounds or rounds[options.quick], options.quick)
    made_by = provenance.capture(device)
    others = OtherWork()
    print(
        f"{device.name}, torch {torch.__version__}, threads {device.threads}, {race.clock_name}, "
        f"{device.autocast}, median of {race.rounds} rounds",
        flush=True,
    )
    measure(race, options)
    if options.save:
        record = records.Record(
            benchmark=name,
            made_by=made_by,
            clock=race.clock_name,
            rounds=race.rounds,
            quick=race.quick,
            other_work=others.cores(),
            comparisons=tuple(race.comparisons),
        )
        print(f"\nsaved: {records.save(record)}")
