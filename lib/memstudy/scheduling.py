"""Which pack is executed where, and what happens when a worker is lost: the one scheduling loop.

It is the same for all executors. An executor says how workers are had: as this process itself
(:mod:`memstudy.execution`), as local processes (:mod:`memstudy.workers`) or as actors on a Ray
cluster (:mod:`memstudy.cluster`). What a worker does with a pack is the same everywhere, too: see
:class:`memstudy.execution.Executing`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from memstudy.core.errors import UsageError
from memstudy.core.experiment import Unit

LOCAL, RAY = "local", "ray"
EXECUTORS = (LOCAL, RAY)  # by the names that users give

SETTLED = ("recorded", "found", "failed")


class Worker(Protocol):
    """Something that executes one pack at a time."""

    number: int  # from 1; two workers at the same time have different ones

    def begin(self, pack: list[Unit]) -> None:
        """Execute a pack; what happens is heard by :meth:`Executor.listen`."""

    def dismiss(self) -> None:
        """Stop at the next checkpoint, then end."""

    def kill(self) -> None:
        """End at once."""


# What a worker says: its name, a kind and a content. Beside what happens to units (see
# memstudy.execution.Event):
#   "ready": whether the pack must be tried later, because another process is at it
#   "stopped": it was asked to stop, and has saved a checkpoint
#   "refused": something the user gave is wrong, in one line
#   "gone": why it has ended
Tell = Callable[[Worker, str, Any], None]


class Executor(Protocol):
    """Where packs are executed."""

    size: int  # workers at the same time
    retries: int  # how often a pack whose worker was lost is given to another one

    def hire(self, number: int) -> Worker:
        """A new worker."""

    def listen(self, workers: Sequence[Worker], tell: Tell) -> None:
        """Tell what these workers say; returns soon, even if they say nothing."""

    def close(self) -> None:
        """Give back what was taken for the workers."""


@dataclass(frozen=True)
class Task:
    """A pack that is to be executed."""

    pack: list[Unit]
    retries: int  # that are left


class Schedule:
    """Packs over the workers of an executor.

    Args:
        executor: where packs are executed.
        event: is told what happens to units and at which worker; see
            :data:`memstudy.execution.Event`.
    """

    def __init__(self, executor: Executor, event: Callable[[str, Any, int], None]) -> None:
        self._executor, self._event = executor, event
        self._waiting: deque[Task] = deque()
        self._tasks: dict[Worker, Task | None] = {}  # of the workers that have not ended
        self._dismissed: set[Worker] = set()
        self._settled: set[str] = set()  # ids of units
        self._refusal = ""

    def run(self, work: Sequence[list[Unit]], stop_wanted: Callable[[], str]) -> str:
        """Execute packs; returns why it stopped, or "".

        Raises:
            UsageError: the first one that a worker met; what the others recorded is kept.
        """
        self._waiting.extend(Task(pack, self._executor.retries) for pack in work)
        reason = ""
        try:
            while self._waiting or any(self._tasks.values()):
                reason = reason or stop_wanted()
                if reason or self._refusal:
                    self._waiting.clear()
                    self._dismiss(*self._tasks)
                self._hire()
                self._executor.listen(list(self._tasks), self._hear)
            while self._tasks:
                self._executor.listen(list(self._tasks), self._hear)
        finally:
            for worker in self._tasks:
                worker.kill()
        if self._refusal:
            raise UsageError(self._refusal)
        return reason

    def _hire(self) -> None:
        free = set(range(1, self._executor.size + 1)) - {worker.number for worker in self._tasks}
        for number in sorted(free)[: len(self._waiting)]:
            self._begin(self._executor.hire(number))

    def _begin(self, worker: Worker) -> None:
        task = self._waiting.popleft()
        self._tasks[worker] = task
        worker.begin(task.pack)

    def _dismiss(self, *workers: Worker) -> None:
        for worker in set(workers) - self._dismissed:
            self._dismissed.add(worker)
            worker.dismiss()

    def _hear(self, worker: Worker, kind: str, content: Any) -> None:
        task = self._tasks[worker]
        if kind == "ready":
            self._tasks[worker] = None
            if worker in self._dismissed:  # it said so before it heard, and ends by itself
                return
            if content:
                self._waiting.append(task)
            if self._waiting:
                self._begin(worker)
            else:
                self._dismiss(worker)
        elif kind == "stopped":
            self._tasks[worker] = None
            self._waiting.appendleft(task)
            self._dismiss(worker)
        elif kind == "refused":
            self._refusal = self._refusal or content
            self._dismissed.add(worker)  # it ends by itself
        elif kind == "gone":
            del self._tasks[worker]
            if task and worker not in self._dismissed:
                self._lose(task, content, worker.number)
        else:
            if kind in SETTLED:
                self._settled.add(content[0] if kind == "failed" else content)
            self._event(kind, content, worker.number)

    def _lose(self, task: Task, reason: str, number: int) -> None:
        """A worker has ended in the middle of a pack."""
        left = [unit for unit in task.pack if unit.id not in self._settled]
        if left and task.retries:
            self._waiting.appendleft(Task(left, task.retries - 1))
            self._event("retried", ([unit.id for unit in left], reason), number)
            return
        for unit in left:
            self._settled.add(unit.id)
            self._event("failed", (unit.id, reason), number)
