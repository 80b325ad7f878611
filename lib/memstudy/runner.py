"""Executes the missing units of an experiment and records them.

Units are independent, so a grid can be stopped, killed and called again at any moment: what is
recorded stays, what is not is done by the next call. Units that may train together (equal
``pack_key``) are executed as one pack. A lock a pack keeps two processes from doing the same work.
"""

from __future__ import annotations

import math
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from memstudy.core import device as devices
from memstudy.core import paths, progress, provenance
from memstudy.core.context import Context
from memstudy.core.errors import StopRequested, UsageError
from memstudy.core.experiment import (
    Experiment,
    Measured,
    Unit,
    content_hash,
    packs,
    select_units,
)
from memstudy.core.store import Store, empty_table, one_line, read_run

Event = Callable[[str, Any], None]


@dataclass(frozen=True)
class Options:
    """How to run a grid; nothing here changes a result."""

    seeds: tuple[int, ...] | None = None  # None: all of the profile
    only: str | None = None  # shell pattern or part of unit ids
    force: bool = False  # measure again what is recorded
    workers: int = 1  # local processes
    budget: float | None = None  # seconds after which to stop
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


@dataclass(frozen=True)
class Places:
    """Where a run reads and writes."""

    store: Store
    cache: Path  # checkpoints and locks; safe to delete when nothing runs


def places(profile: Any, out: Path | None = None) -> Places:
    """Where the results of a profile belong.

    Recorded profiles go to ``data/results``, others to ``data/cache``; ``out`` overrides both.
    """
    if out is not None:
        return Places(Store(Path(out) / "results"), Path(out) / "cache")
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

    Args:
        experiment: what to run.
        profile_name: one of its profiles.
        options: restrictions, workers, budget, device.
        where: store and cache.
        stop_wanted: returns why to stop ("interrupt"), or "".
        echo: takes one line of text for the user.

    Raises:
        UsageError: unknown profile or seeds, a record that cannot be trusted, a folder that cannot
            be written, a full disk. Units recorded so far are kept.
    """
    profile = experiment.profile(profile_name)
    units = select_units(experiment, profile_name, options.seeds, options.only)
    todo = units if options.force else where.store.missing(profile_name, units)
    report = Report(asked=len(units), missing=len(todo))
    for line in plan(experiment, profile_name, units, todo, options, where.store):
        echo(line)
    if not todo:
        return report
    deadline = math.inf
    if options.budget is not None:
        # Stop a little early, so that the last checkpoint still falls inside the budget.
        deadline = time.time() + options.budget - min(10.0, 0.03 * options.budget)

    def why_stop() -> str:
        return stop_wanted() or ("budget" if time.time() > deadline else "")

    work = packs(todo, profile.pack_size)
    view = View(experiment.name, len(todo), min(options.workers, len(work)), echo)
    try:
        if options.workers > 1 and len(work) > 1:
            from memstudy.workers import run_in_processes

            stopped = run_in_processes(
                experiment, profile_name, work, options, where, why_stop, view
            )
        else:
            chosen = devices.select(options.device, options.threads)
            made_by = provenance.capture(chosen)
            job = Job(experiment, profile_name, where, chosen, made_by, options.force)
            stopped = run_here(job, work, why_stop, view)
    finally:
        view.close()
    report.recorded, report.failed, report.stopped = view.recorded, view.failed, stopped
    done = set(view.recorded)
    left = [unit for unit in todo if unit.id not in done]
    report.missing = len(where.store.missing(profile_name, left))
    return report


@dataclass(frozen=True)
class Job:
    """What executing packs of one grid needs, the same for all packs of a process."""

    experiment: Experiment
    profile_name: str
    where: Places
    device: devices.Device
    made_by: dict[str, Any]  # provenance of this process
    force: bool


def run_here(job: Job, work: Sequence[list[Unit]], why_stop: Callable[[], str], view: View) -> str:
    """Execute packs one after another in this process; returns why it stopped, or ""."""
    later: list[list[Unit]] = []
    for pack in work:
        if reason := why_stop():
            return reason
        if not execute_pack(job, pack, why_stop, view.event):
            later.append(pack)
    # Another process held these; when it is done there is nothing left to do for them.
    for pack in later:
        while not execute_pack(job, pack, why_stop, view.event):
            if reason := why_stop():
                return reason
            time.sleep(0.2)
    return why_stop() if view.interrupted else ""


def execute_pack(job: Job, pack: list[Unit], why_stop: Callable[[], str], event: Event) -> bool:
    """Execute and record one pack, unless another process is at it.

    Returns:
        False when another process holds the pack's lock.
    """
    from filelock import FileLock, Timeout

    from memstudy.core.store import writing_to

    key = content_hash([unit.hash for unit in pack])[:32]
    locks = job.where.cache / "locks"
    with writing_to(locks):
        locks.mkdir(parents=True, exist_ok=True)
        lock = FileLock(locks / f"{key}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return False
    try:
        todo = pack if job.force else job.where.store.missing(job.profile_name, pack)
        recorded_meanwhile = [unit for unit in pack if unit not in todo]
        event("recorded", [unit.id for unit in recorded_meanwhile])
        if todo:
            checkpoint = job.where.cache / "checkpoints" / job.experiment.name / f"{key}.pt"
            execute_locked(job, todo, checkpoint, why_stop, event)
    finally:
        lock.release()
    return True


def execute_locked(
    job: Job, pack: list[Unit], checkpoint: Path, why_stop: Callable[[], str], event: Event
) -> None:
    """Execute a pack whose lock is held, record each unit, tell ``event`` what happened."""
    names = ", ".join(unit.id for unit in pack)
    context = Context(
        device=job.device,
        checkpoint_path=checkpoint,
        stop_wanted=lambda: bool(why_stop()),
        on_progress=lambda done, total, shown: event("step", (names, done, total, shown)),
    )
    event("start", names)
    started = time.monotonic()
    try:
        results = job.experiment.execute(pack, context)
    except StopRequested:
        event("stopped", names)
        return
    except UsageError:
        raise
    except Exception as error:
        context.forget()
        if len(pack) > 1:
            # One broken unit must not take the others with it.
            for unit in pack:
                alone = checkpoint.with_name(f"{unit.hash[:32]}.pt")
                execute_locked(job, [unit], alone, why_stop, event)
            return
        record_failure(job, pack[0], error, time.monotonic() - started, event)
        return
    seconds = (time.monotonic() - started) / len(pack)
    for unit, measured in zip(pack, results, strict=True):
        run_facts = cost_facts(job, pack, seconds) | {"outcome": "completed", "reason": ""}
        job.where.store.write(job.profile_name, unit, run_facts, measured, job.force)
    context.forget()
    event("recorded", [unit.id for unit in pack])


def record_failure(job: Job, unit: Unit, error: Exception, seconds: float, event: Event) -> None:
    """Record that a unit failed, and why; the next run tries it again."""
    reason = f"{type(error).__name__}: {one_line(error)}"
    traceback.print_exception(error, file=sys.stderr)
    run_facts = cost_facts(job, [unit], seconds) | {"outcome": "failed", "reason": reason}
    measured = Measured(empty_table())
    job.where.store.write(job.profile_name, unit, run_facts, measured, replace=True)
    event("failed", (unit.id, reason))


def cost_facts(job: Job, pack: Sequence[Unit], seconds: float) -> dict[str, Any]:
    """Provenance and cost of one unit of a pack."""
    return {
        **job.made_by,
        "wall_seconds": round(seconds, 3),  # of the pack, divided by its units
        "packed_with": [unit.id for unit in pack],
        "peak_memory_bytes": provenance.peak_memory_bytes(job.device),
    }


def plan(
    experiment: Experiment,
    profile_name: str,
    units: Sequence[Unit],
    todo: Sequence[Unit],
    options: Options,
    store: Store,
) -> list[str]:
    """Lines that tell what a run will do and how long it should take."""
    profile = experiment.profile(profile_name)
    lines = [
        f"{experiment.name}, profile {profile_name} ({profile.scale}): {len(units)} units, "
        f"{len(units) - len(todo)} recorded, {len(todo)} to do"
    ]
    if not todo:
        return lines
    seconds, source = expected_seconds(experiment, profile_name, todo, options, store)
    lines.append(
        f"expected: about {progress.duration(seconds / options.workers)} with "
        f"{options.workers} worker{'s' if options.workers > 1 else ''} ({source}); "
        f"results go to {paths.shown(store.root / experiment.name / profile_name)}"
    )
    return lines


def expected_seconds(
    experiment: Experiment,
    profile_name: str,
    todo: Sequence[Unit],
    options: Options,
    store: Store,
) -> tuple[float, str]:
    """Expected seconds of one worker for ``todo``, and what the estimate rests on."""
    here = provenance.machine_class(devices.select(options.device, options.threads))
    known: dict[str, list[float]] = {}
    for unit_id in store.unit_ids(experiment.name, profile_name):
        try:
            run_facts = read_run(store.folder(experiment.name, profile_name, unit_id))
        except UsageError:
            continue  # told where it matters; an estimate can do without it
        if run_facts.get("machine_class") == here and run_facts["outcome"] == "completed":
            known.setdefault(str(run_facts.get("arm")), []).append(run_facts["wall_seconds"])
    cost = experiment.profile(profile_name).cost
    if not known:
        return cost.unit_seconds * len(todo), f"stated cost on {cost.hardware}"
    overall = median(seconds for runs in known.values() for seconds in runs)
    total = sum(median(known.get(unit.arm, [overall])) for unit in todo)
    return total, f"from {sum(map(len, known.values()))} earlier runs on this kind of machine"


class View:
    """One bar over units, one inside for each worker; collects what happened."""

    def __init__(self, title: str, total: int, workers: int, echo: Callable[[str], None]) -> None:
        self.recorded: list[str] = []
        self.failed: dict[str, str] = {}
        self.interrupted = False
        self._echo = echo
        self._units = progress.bar(total, title, unit="unit")
        self._inner: dict[str, Any] = {}
        self._free = list(range(workers, 0, -1))

    def event(self, kind: str, content: Any) -> None:
        """Take note of an event and show it."""
        if kind == "step":
            self._step(*content)
        elif kind == "recorded":
            self.recorded += content
            self._units.update(len(content))
            self._end(", ".join(content))
        elif kind == "failed":
            unit_id, reason = content
            self.failed[unit_id] = reason
            self._units.update(1)
            self._end(unit_id)
            self._echo(f"failed: {unit_id}: {reason}")
        elif kind == "stopped":
            self.interrupted = True
            self._end(content)

    def _step(self, names: str, done: int, total: int, shown: dict[str, float]) -> None:
        inner = self._inner.get(names)
        if inner is None or inner.total != total:
            self._end(names)
            position = self._free.pop() if self._free else 1
            inner = progress.bar(total, names[:40], position=position, unit="step")
            self._inner[names] = inner
        if shown:
            inner.set_postfix({k: f"{v:.4g}" for k, v in shown.items()}, refresh=False)
        inner.update(done - inner.n)

    def _end(self, names: str) -> None:
        inner = self._inner.pop(names, None)
        if inner is not None:
            self._free.append(-inner.pos)
            inner.close()

    def close(self) -> None:
        """Close all bars."""
        for names in list(self._inner):
            self._end(names)
        self._units.close()
