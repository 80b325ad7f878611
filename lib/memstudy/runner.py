"""Executes the missing units of an experiment and records them.

Units are independent, so a grid can be stopped, killed and called again at any moment: what is
recorded stays, what is not is done by the next call. Units that may train together (equal
``pack_key``) are executed as one pack. Locks keep two processes from doing the same work.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

from memstudy.core import device as devices
from memstudy.core import paths, progress, provenance, torchrun
from memstudy.core.errors import UsageError
from memstudy.core.experiment import Experiment, Unit, packs, select_units
from memstudy.core.processes import Processes
from memstudy.core.record import COMPLETED
from memstudy.core.store import Store, read_run
from memstudy.execution import Executing, InProcess, Job, Places
from memstudy.scheduling import EXECUTORS, LOCAL, RAY, Executor, Schedule
from memstudy.workers import LocalProcesses


@dataclass(frozen=True)
class Options:
    """How to run a grid; results are equal to rounding, whatever stands here.

    Fewer seeds or units make smaller packs, other threads and devices other orders of summation.
    """

    seeds: tuple[int, ...] | None = None  # None: all of the profile
    only: Sequence[str] | None = None  # each a unit id, a shell pattern or a part of unit ids
    force: bool = False  # measure again what is recorded
    executor: str = LOCAL  # "local": this process or processes of this machine; "ray": a cluster
    address: str | None = None  # of a Ray cluster; None: one is started on this machine
    workers: int | None = None  # default: 1; on a cluster as many as it has room for
    device: str = "auto"
    threads: int | None = None  # a worker; default: this machine's cores divided, on a cluster 1

    def check(self) -> None:
        """Refuse what does not fit together.

        Raises:
            UsageError: in one line.
        """
        if self.executor not in EXECUTORS:
            raise UsageError(
                f"unknown executor {self.executor!r}; choose one of {', '.join(EXECUTORS)}"
            )
        if self.address is not None and self.executor != RAY:
            raise UsageError("--address names a Ray cluster; give --executor ray with it")
        if torchrun.count() > 1 and (self.executor != LOCAL or (self.workers or 1) > 1):
            raise UsageError(
                "under torchrun all processes work on one unit at a time; leave out --workers "
                "and --executor"
            )


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

    Under torchrun every process makes the same call, and all execute the same units in the same
    order. The main one alone reads and writes the store, looks at the clock and tells what happens;
    the reports of the others name no units.

    Raises:
        UsageError: unknown profile or seeds, options that do not fit together, a cluster that
            cannot be reached, a record that cannot be trusted, a folder that cannot be written, a
            full disk. Units recorded so far are kept.
        ProcessLost: one of torchrun's processes has ended.
    """
    options.check()
    profile = experiment.profile(profile_name)
    units = select_units(experiment, profile_name, options.seeds, options.only)
    force = options.force or not profile.recorded
    processes = joined(options)
    todo = processes.by_main(lambda: units if force else where.store.missing(profile_name, units))
    # Packs of the whole grid: they stay the same, whatever is recorded or asked for.
    wanted = {unit.id for unit in todo}
    grid = packs(experiment.units(profile), profile.pack_size)
    work = [[unit for unit in pack if unit.id in wanted] for pack in grid]
    work = [pack for pack in work if pack]
    job = Job(profile_name, where, options.device, options.threads, force)
    executor = executor_for(experiment, job, len(work), options, processes, stop_wanted)
    with contextlib.closing(executor):
        if processes.is_main:
            for line in plan(experiment, job, units, todo, options, executor.size):
                echo(line)
        processes.by_main(lambda: where.store.prepare(experiment.name, profile_name))
        if not todo:
            return Report(asked=len(units))
        view = View(experiment.name, len(todo), echo) if processes.is_main else Blind()
        try:
            stopped = Schedule(executor, view.event).run(
                work, lambda: processes.by_main(stop_wanted)
            )
        finally:
            view.close()
    left = [unit for unit in todo if unit.id not in view.recorded]
    if not force:
        left = processes.by_main(lambda: where.store.missing(profile_name, left))
    return Report(len(units), view.recorded, view.failed, stopped, len(left))


def joined(options: Options) -> Processes:
    """The processes that torchrun has started to work together, or this one alone."""
    if torchrun.count() == 1:
        return Processes()
    from memstudy.distributed import join

    return join(devices.select(options.device, options.threads).torch)


def executor_for(
    experiment: Experiment,
    job: Job,
    packs_to_do: int,
    options: Options,
    processes: Processes,
    stop_wanted: Callable[[], str],
) -> Executor:
    """Where the packs of a run are executed; the one place that decides it."""
    if options.executor == RAY and packs_to_do:
        from memstudy.cluster import Cluster

        return Cluster(experiment.name, job, options.address, options.workers, packs_to_do)
    workers = max(1, min(options.workers or 1, packs_to_do))
    share = devices.available_cores() // (workers * torchrun.count_here())
    job = replace(job, threads=options.threads or max(1, share))
    if workers > 1:
        return LocalProcesses(experiment.name, job, workers)
    return InProcess(lambda: Executing(experiment, job, processes), stop_wanted)


def plan(
    experiment: Experiment,
    job: Job,
    units: Sequence[Unit],
    todo: Sequence[Unit],
    options: Options,
    workers: int,
) -> list[str]:
    """Lines that tell what a run will do and how long it should take."""
    profile = experiment.profile(job.profile)
    recorded = f"{len(units) - len(todo)} recorded, {len(todo)} to do"
    lines = [
        f"{experiment.name}, profile {job.profile} ({profile.scale}): {len(units)} units, "
        + ("all to do, recorded or not" if job.force else recorded)
    ]
    if todo:
        # What machines a cluster has is not known here.
        alike = options.executor == LOCAL
        device = devices.select(options.device, options.threads) if alike else None
        store = job.where.store
        seconds, source = expected_seconds(experiment, job.profile, todo, device, store)
        lines.append(
            f"expected: about {progress.duration(seconds / workers)} with "
            f"{workers} worker{'s' if workers > 1 else ''} ({source}); "
            f"results go to {paths.shown(store.root / experiment.name / job.profile)}"
        )
    return lines


def expected_seconds(
    experiment: Experiment,
    profile_name: str,
    todo: Sequence[Unit],
    device: devices.Device | None,
    store: Store,
) -> tuple[float, str]:
    """Expected seconds of one worker for ``todo``, and what the estimate rests on.

    Args:
        experiment, profile_name, todo: what is to be done.
        device: where; None if that is not known.
        store: has the earlier runs on the same kind of machine.
    """
    here = provenance.machine_class(device) if device else None
    known: dict[str, list[float]] = {}
    for unit_id in store.unit_ids(experiment.name, profile_name):
        try:
            earlier = read_run(store.folder(experiment.name, profile_name, unit_id))
        except UsageError:
            continue  # told where it matters; an estimate can do without it
        if here and earlier.get("machine_class") == here and earlier["outcome"] == COMPLETED:
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
            self._bars.finished(worker)
        elif kind == "failed":
            unit_id, reason = content
            self.failed[unit_id] = reason
            self._bars.finished(worker)
            with self._bars.lifted():
                self._echo(f"failed: {unit_id}: {reason}")
        elif kind == "retried":
            unit_ids, reason = content
            with self._bars.lifted():
                self._echo(f"tried once more: {', '.join(unit_ids)}: {reason}")

    def close(self) -> None:
        """Remove all bars."""
        self._bars.close()


class Blind(View):
    """What stands in for the view in processes that are not the main one."""

    def __init__(self) -> None:
        self.recorded, self.failed = [], {}

    def event(self, kind: str, content: Any, worker: int = 1) -> None:
        """The main process takes note."""

    def close(self) -> None:
        """There are no bars."""
