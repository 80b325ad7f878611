"""Executes one pack of units and records what it measured, in whatever process it is called.

:class:`Executing` does so; it is what every worker of every executor has inside. The simplest
executor is :class:`InProcess`: this process itself.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from memstudy.core import device as devices
from memstudy.core import provenance
from memstudy.core.context import Context
from memstudy.core.errors import ProcessLost, StopRequested, UsageError, one_line
from memstudy.core.experiment import Experiment, Measured, Unit, content_hash
from memstudy.core.processes import Processes
from memstudy.core.record import COMPLETED, empty_table
from memstudy.core.store import Store
from memstudy.core.writing import writing_to
from memstudy.scheduling import Tell

SHOWN_EVERY = 0.1  # seconds between two looks at the progress of a pack
PATIENCE = 0.2  # seconds before looking again at what another process is at

# What happened, and to what:
#   "step": (title, steps done, steps in all, numbers to show)
#   "recorded": id of a unit recorded just now
#   "found": id of a unit that another process has recorded meanwhile
#   "failed": (id of a unit, reason)
#   "retried": (ids of units, reason): the process that was at them is gone; another takes them
Event = Callable[[str, Any], None]


@dataclass(frozen=True)
class Places:
    """Where a run reads and writes."""

    store: Store
    cache: Path  # checkpoints and locks; safe to delete when nothing runs


@dataclass(frozen=True)
class Job:
    """What executing packs of one grid needs, in any process."""

    profile: str  # name of the profile
    where: Places
    device: str  # one of memstudy.core.device.DEVICES
    threads: int | None  # CPU threads of the process; None for all cores
    force: bool  # measure again what is recorded


class Executing:
    """Executes the packs of a job on this process's device.

    Args:
        experiment: what the packs belong to.
        job: how to execute them.
        processes: those that execute every pack together; the main one records.
    """

    def __init__(
        self, experiment: Experiment, job: Job, processes: Processes | None = None
    ) -> None:
        self.experiment = experiment
        self.job = job
        self.processes = processes or Processes()
        self.device = devices.select(job.device, job.threads)
        self.made_by = provenance.capture(self.device)
        if self.processes.count > 1:
            self.made_by["device"]["processes"] = self.processes.count

    def execute(self, pack: Sequence[Unit], why_stop: Callable[[], str], event: Event) -> bool:
        """Execute and record the units of a pack that are still missing.

        Args:
            pack: units that may be executed together.
            why_stop: tells why to stop, or "".
            event: is told what happens.

        Returns:
            False when another process is at one of the units; nothing was done then.

        Raises:
            StopRequested: a checkpoint is saved.
            UsageError: a record that cannot be trusted, a place that cannot be written.
            ProcessLost: one of several processes has ended.
        """
        with contextlib.ExitStack() as locks:
            todo = self.processes.by_main(lambda: self._claim(pack, locks, event))
            if todo:
                self._measure([unit for unit in pack if unit.id in todo], why_stop, event)
        return todo is not None

    def _claim(
        self, pack: Sequence[Unit], locks: contextlib.ExitStack, event: Event
    ) -> set[str] | None:
        """Take the locks of a pack; ids of its units that are missing, or None if they are held."""
        if not locks.enter_context(held(self.job.where.cache / "locks", pack)):
            return None
        store, profile = self.job.where.store, self.job.profile
        todo = {unit.id for unit in (pack if self.job.force else store.missing(profile, pack))}
        for unit in pack:
            if unit.id not in todo:
                event("found", unit.id)
        return todo

    def _measure(self, units: list[Unit], why_stop: Callable[[], str], event: Event) -> None:
        """Execute units together and record each; if that fails, each alone."""
        self.made_by["started"] = provenance.now()
        provenance.reset_peak_memory(self.device)
        context = self._context(units, why_stop, event)
        failure: Exception | None = None
        try:
            measured = self.experiment.execute(units, context)
            if len(measured) != len(units):
                raise ValueError(f"execute gave {len(measured)} results for {len(units)} units")
        except ProcessLost:
            raise
        except Exception as error:
            failure = error
        failure = self.processes.meet(failure)
        if isinstance(failure, StopRequested | UsageError):
            raise failure
        if failure:
            self.processes.by_main(context.forget)
        if failure and len(units) > 1:
            # One broken unit must not take the others with it.
            for unit in units:
                self._measure([unit], why_stop, event)
            return
        if failure:
            self.processes.by_main(
                lambda: self._record_failure(units[0], failure, context.seconds, event)
            )
            return
        self.processes.by_main(lambda: self._record_all(units, measured, context, event))

    def _record_all(
        self, units: Sequence[Unit], measured: Sequence[Measured], context: Context, event: Event
    ) -> None:
        cost = self._cost(units, context.seconds)
        for unit, found in zip(units, measured, strict=True):
            self._record(unit, found, cost, event)
        context.forget()

    def _context(self, units: list[Unit], why_stop: Callable[[], str], event: Event) -> Context:
        job, versions = self.job, self.made_by["versions"]
        title = units[0].id if len(units) == 1 else f"{units[0].id} and {len(units) - 1} more"
        shown_at = 0.0

        def show(done: int, total: int, shown: dict[str, float]) -> None:
            nonlocal shown_at
            if time.monotonic() - shown_at > SHOWN_EVERY:
                shown_at = time.monotonic()
                event("step", (title, done, total, {k: float(v) for k, v in shown.items()}))

        key = content_hash([unit.hash for unit in units])[:32]
        return Context(
            device=self.device,
            checkpoint_path=job.where.cache / "checkpoints" / self.experiment.name / f"{key}.pt",
            stop_wanted=lambda: bool(why_stop()),
            on_progress=show,
            made_by=content_hash([self.made_by["library_sha256"], self.device.name, versions]),
            by_main=self.processes.by_main,
        )

    def _record(self, unit: Unit, measured: Measured, cost: dict[str, Any], event: Event) -> None:
        job = self.job
        run = self.made_by | cost | {"outcome": COMPLETED, "reason": ""}
        try:
            job.where.store.write(job.profile, unit, run, measured, job.force)
        except UsageError:
            raise
        except Exception as error:
            self._record_failure(unit, error, cost["wall_seconds"], event)
        else:
            event("recorded", unit.id)

    def _record_failure(self, unit: Unit, error: Exception, seconds: float, event: Event) -> None:
        """Record that a unit failed, and why; the next run tries it again.

        A completed run that is to be measured again keeps its place.
        """
        traceback.print_exception(error, file=sys.stderr)
        reason = f"{type(error).__name__}: {one_line(error)}"
        run = self.made_by | self._cost([unit], seconds) | {"outcome": "failed", "reason": reason}
        self.job.where.store.write(self.job.profile, unit, run, Measured(empty_table()))
        event("failed", (unit.id, reason))

    def _cost(self, units: Sequence[Unit], seconds: float) -> dict[str, Any]:
        """What one unit of a pack cost."""
        return {
            "wall_seconds": round(seconds / len(units), 3),  # of the pack, divided by its units
            "packed_with": [unit.id for unit in units],
            "peak_memory_bytes": provenance.peak_memory_bytes(self.device),
        }


class InProcess:
    """The executor that is this process; under torchrun, one of several that work together.

    Args:
        start: makes what does the work; called when there is some.
        stop_wanted: returns why to stop, or ""; asked after every step of the work.
    """

    size = 1
    retries = 0

    def __init__(self, start: Callable[[], Executing], stop_wanted: Callable[[], str]) -> None:
        self._start, self._stop_wanted = start, stop_wanted

    def hire(self, number: int) -> Here:
        """See :class:`memstudy.scheduling.Executor`."""
        return Here(number, self._start())

    def listen(self, workers: Sequence[Here], tell: Tell) -> None:
        """Execute what the worker is to do, telling what happens meanwhile."""
        for worker in workers:
            pack, worker.pack = worker.pack, None
            if pack is None:
                tell(worker, "gone", "")
                continue
            event = functools.partial(tell, worker)
            try:
                busy = not worker.executing.execute(pack, self._stop_wanted, event)
            except StopRequested:
                tell(worker, "stopped", None)
            else:
                if busy:
                    time.sleep(PATIENCE)
                tell(worker, "ready", busy)

    def close(self) -> None:
        """There is nothing to give back."""


class Here:
    """The one worker of this process."""

    def __init__(self, number: int, executing: Executing) -> None:
        self.number = number
        self.executing = executing
        self.pack: list[Unit] | None = None  # to be executed

    def begin(self, pack: list[Unit]) -> None:
        """See :class:`memstudy.scheduling.Worker`."""
        self.pack = pack

    def dismiss(self) -> None:
        """Forget what has not been begun."""
        self.pack = None

    kill = dismiss


@contextlib.contextmanager
def held(folder: Path, units: Sequence[Unit]) -> Iterator[bool]:
    """Hold the locks of all units inside the block; False where another process has one of them.

    A process that dies loses its locks, however it dies.
    """
    from filelock import FileLock, Timeout

    with contextlib.ExitStack() as locks:
        with writing_to(folder):
            folder.mkdir(parents=True, exist_ok=True)
            try:
                for unit in units:
                    lock = FileLock(folder / f"{unit.hash[:32]}.lock")
                    locks.enter_context(lock.acquire(timeout=0))
                mine = True
            except Timeout:
                mine = False
        yield mine
