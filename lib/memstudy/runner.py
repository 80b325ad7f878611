"""Executes the missing units of an experiment and records them.

Units are independent, so a grid can be stopped, killed and called again at any moment: what is
recorded stays, what is not is done by the next call. Units that may train together (equal
``pack_key``) are executed as one pack. Locks keep two processes from doing the same work.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from memstudy.core import device as devices
from memstudy.core import paths, progress, provenance
from memstudy.core.errors import StopRequested, UsageError
from memstudy.core.experiment import Experiment, Unit, packs, select_units
from memstudy.core.store import Store, read_run
from memstudy.execution import PATIENCE, Event, Executor, Job, Places
from memstudy.workers import Pool


@dataclass(frozen=True)
class Options:
    """How to run a grid; nothing here changes a result."""

    seeds: tuple[int, ...] | None = None  # None: all of the profile
    only: str | None = None  # unit id, shell pattern or part of unit ids
    force: bool = False  # measure again what is recorded
    workers: int = 1  # local processes
    device: str = "auto"
    threads: int | None = None  # per process; default: cores divided by workers


@dataclass
class Report:
    """What a call of :func:`run` did."""

    asked: int  # units asked for
    recorded: list[str] = field(default_factory=list)  # unit ids, recorded by this call
    failed: dict[str, str] = field(default_factory=dict)  # unit id -> reason
    stopped: str = ""  # "", "budget" or "interrupt"
    missing: int = 0  # units of those asked for that are still not recorded

    @property
    def complete(self) -> bool:
        """Whether every unit asked for is recorded."""
        return self.missing == 0


def places(profile: Any, out: Path | None = None) -> Places:
    """Where the results of a profile belong.

    Recorded profiles go to ``data/results``, others to ``data/cache``; ``out`` overrides both.
    """
    if out is not None:
        out = Path(out).absolute()
        return Places(Store(out / "results"), out / "cache")
    root = paths.RESULTS if profile.recorded else paths.CACHE / "results"
    return Places(Store(root), paths.CACHE)


def run(
    experiment: Experiment,
    profile_name: str,
    options: Options,
    where: Places,
    stop_wanted: Callable[[], str] = lambda: "",
    echo: Callable[[str], None] = print,
) -> Report:
    """Execute and record the missing units of a profile.

    A profile that is never recorded is there to try the code as it is now: its units are measured
    every time.

    Args:
        experiment: what to run.
        profile_name: one of its profiles.
        options: restrictions, workers, device.
        where: store and cache.
        stop_wanted: returns why to stop ("interrupt", "budget"), or "".
        echo: takes one line of text for the user.

    Raises:
        UsageError: unknown profile or seeds, a record that cannot be trusted, a folder that cannot
            be written, a full disk. Units recorded so far are kept.
    """
    profile = experiment.profile(profile_name)
    units = select_units(experiment, profile_name, options.seeds, options.only)
    force = options.force or not profile.recorded
    todo = units if force else where.store.missing(profile_name, units)
    # Packs of the whole grid: they stay the same, whatever is recorded or asked for.
    wanted = {unit.id for unit in todo}
    grid = packs(experiment.units(profile), profile.pack_size)
    work = [[unit for unit in pack if unit.id in wanted] for pack in grid]
    work = [pack for pack in work if pack]
    workers = max(1, min(options.workers, len(work)))
    for line in plan(experiment, profile_name, units, todo, workers, options, where.store):
        echo(line)
    where.store.prepare(experiment.name, profile_name)
    if not todo:
        return Report(asked=len(units))
    threads = options.threads or max(1, devices.available_cores() // workers)
    job = Job(profile_name, where, options.device, threads, force)
    view = View(experiment.name, len(todo), echo)
    try:
        if workers > 1:
            pool = Pool(experiment.name, job, workers, view.event)
            stopped = pool.run(work, stop_wanted)
        else:
            stopped = run_here(Executor(experiment, job), work, stop_wanted, view.event)
    finally:
        view.close()
    left = [unit for unit in todo if unit.id not in view.recorded]
    if not force:
        left = where.store.missing(profile_name, left)
    return Report(len(units), view.recorded, view.failed, stopped, len(left))


def run_here(
    executor: Executor, work: Sequence[list[Unit]], stop_wanted: Callable[[], str], event: Event
) -> str:
    """Execute packs one after another in this process; returns why it stopped, or ""."""
    waiting = deque(work)
    while waiting:
        if reason := stop_wanted():
            return reason
        pack = waiting.popleft()
        try:
            if not executor.execute(pack, stop_wanted, event):
                waiting.append(pack)  # another process is at it, and may not finish it
                time.sleep(PATIENCE)
        except StopRequested:
            return stop_wanted()
    return ""


def plan(
    experiment: Experiment,
    profile_name: str,
    units: Sequence[Unit],
    todo: Sequence[Unit],
    workers: int,
    options: Options,
    store: Store,
) -> list[str]:
    """Lines that tell what a run will do and how long it should take."""
    profile = experiment.profile(profile_name)
    lines = [
        f"{experiment.name}, profile {profile_name} ({profile.scale}): {len(units)} units, "
        f"{len(units) - len(todo)} recorded, {len(todo)} to do"
    ]
    if todo:
        device = devices.select(options.device, options.threads)
        seconds, source = expected_seconds(experiment, profile_name, todo, device, store)
        lines.append(
            f"expected: about {progress.duration(seconds / workers)} with "
            f"{workers} worker{'s' if workers > 1 else ''} ({source}); "
            f"results go to {paths.shown(store.root / experiment.name / profile_name)}"
        )
    return lines


def expected_seconds(
    experiment: Experiment,
    profile_name: str,
    todo: Sequence[Unit],
    device: devices.Device,
    store: Store,
) -> tuple[float, str]:
    """Expected seconds of one worker for ``todo``, and what the estimate rests on."""
    here = provenance.machine_class(device)
    known: dict[str, list[float]] = {}
    for unit_id in store.unit_ids(experiment.name, profile_name):
        try:
            earlier = read_run(store.folder(experiment.name, profile_name, unit_id))
        except UsageError:
            continue  # told where it matters; an estimate can do without it
        if earlier.get("machine_class") == here and earlier["outcome"] == "completed":
            known.setdefault(earlier["arm"], []).append(float(earlier["wall_seconds"]))
    cost = experiment.profile(profile_name).cost
    if not known:
        return cost.unit_seconds * len(todo), f"stated cost on {cost.hardware}"
    overall = median(seconds for runs in known.values() for seconds in runs)
    total = sum(median(known.get(unit.arm, [overall])) for unit in todo)
    return total, f"from {sum(map(len, known.values()))} earlier runs on this kind of machine"


class View:
    """Shows what happens while a grid runs, and keeps what came of each unit."""

    def __init__(self, title: str, total: int, echo: Callable[[str], None]) -> None:
        self.recorded: list[str] = []
        self.failed: dict[str, str] = {}
        self._found: list[str] = []  # recorded by another process
        self._echo = echo
        self._bars = progress.Bars(total, title)

    def event(self, kind: str, content: Any, worker: int = 1) -> None:
        """Take note of an event (see :data:`memstudy.execution.Event`) and show it."""
        if kind == "step":
            self._bars.step(worker, *content)
        elif kind == "recorded":
            self.recorded.append(content)
            self._bars.finished(worker)
        elif kind == "found":
            self._found.append(content)
            self._bars.finished(worker)
        elif kind == "failed":
            unit_id, reason = content
            self.failed[unit_id] = reason
            self._bars.finished(worker)
            with self._bars.lifted():
                self._echo(f"failed: {unit_id}: {reason}")
        elif kind == "lost":
            unit_ids, reason = content
            for unit_id in unit_ids:
                if unit_id not in {*self.recorded, *self._found, *self.failed}:
                    self.event("failed", (unit_id, reason), worker)

    def close(self) -> None:
        """Remove all bars."""
        self._bars.close()
