"""The same packs over local processes: one view, threads divided, one wish to stop for all.

A worker shares nothing with its parent but two pipes. On one it is sent packs; when that one is
closed, because the parent wants to stop, has no more work or was killed, it stops at the next
checkpoint and ends. On the other it tells what happens; when that one is closed the parent knows
that the worker has ended. They share no lock, so any of them may be killed at any moment without
holding up the others.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from typing import Any

from memstudy.core.errors import StopRequested, UsageError
from memstudy.core.experiment import Unit, load
from memstudy.execution import PATIENCE, Executor, Job


class Pool:
    """Worker processes of one grid.

    Args:
        experiment: name of the experiment.
        job: what the workers need to know.
        size: number of processes.
        event: is told what happens and in which worker; see :data:`memstudy.execution.Event`.
    """

    def __init__(
        self, experiment: str, job: Job, size: int, event: Callable[[str, Any, int], None]
    ) -> None:
        self._experiment, self._job, self._size, self._event = experiment, job, size, event
        self._waiting: deque[list[Unit]] = deque()
        self._workers: dict[Connection, Worker] = {}  # by the pipe on which they tell
        self._refusal = ""

    def run(self, work: Sequence[list[Unit]], stop_wanted: Callable[[], str]) -> str:
        """Execute packs; returns why it stopped, or "".

        A worker that dies takes only the pack with it that it was at; another takes its place.

        Raises:
            UsageError: the first one that a worker met; what the others recorded is kept.
        """
        self._waiting.extend(work)
        reason = ""
        try:
            while self._waiting or self._workers:
                reason = reason or stop_wanted()
                if reason or self._refusal:
                    self._dismiss_all()
                self._hire()
                for pipe in wait(list(self._workers), timeout=PATIENCE):
                    self._hear(self._workers[pipe])
        finally:
            for worker in self._workers.values():
                worker.process.kill()
        if self._refusal:
            raise UsageError(self._refusal)
        return reason

    def _hire(self) -> None:
        free = set(range(1, self._size + 1)) - {w.number for w in self._workers.values()}
        for number in sorted(free)[: len(self._waiting)]:
            worker = Worker(number, self._experiment, self._job)
            self._workers[worker.events] = worker
            worker.send(self._waiting.popleft())

    def _dismiss_all(self) -> None:
        self._waiting.clear()
        for worker in self._workers.values():
            worker.dismiss()

    def _hear(self, worker: Worker) -> None:
        try:
            kind, content = worker.events.recv()
        except (EOFError, OSError):  # it has ended, perhaps in the middle of a word
            self._bury(worker)
            return
        if kind == "refused":
            self._refusal = self._refusal or content
        elif kind == "ready":
            if content:
                self._waiting.append(worker.pack)  # another process is at it: look again later
            if self._waiting:
                worker.send(self._waiting.popleft())
            else:
                worker.dismiss()
        else:
            self._event(kind, content, worker.number)

    def _bury(self, worker: Worker) -> None:
        del self._workers[worker.events]
        worker.process.join()
        if worker.pack and not worker.dismissed:
            code = worker.process.exitcode
            reason = f"its process was killed (signal {-code})" if code < 0 else "its process died"
            self._event("lost", ([unit.id for unit in worker.pack], reason), worker.number)


class Worker:
    """A worker process as its parent sees it."""

    def __init__(self, number: int, experiment: str, job: Job) -> None:
        spawn = multiprocessing.get_context("spawn")  # a fork of a threaded process can hang
        packs, self._packs = spawn.Pipe(duplex=False)
        self.events, events = spawn.Pipe(duplex=False)
        self.number = number  # from 1
        self.pack: list[Unit] = []  # what it is at
        self.dismissed = False
        self.process = spawn.Process(
            target=work_off, args=(experiment, job, packs, events), daemon=True
        )
        with deaf_to_signals():
            self.process.start()
        packs.close()
        events.close()

    def send(self, pack: list[Unit]) -> None:
        """Give the worker its next pack; one that has just died is noticed later."""
        self.pack = pack
        with contextlib.suppress(BrokenPipeError):
            self._packs.send(pack)

    def dismiss(self) -> None:
        """Tell the worker to stop at the next checkpoint and end."""
        self.dismissed = True
        self._packs.close()


def work_off(experiment: str, job: Job, packs: Connection, events: Connection) -> None:
    """Body of a worker process: execute packs until there are none."""

    def tell(kind: str, content: Any) -> None:
        with contextlib.suppress(BrokenPipeError):  # the parent was killed; see why_stop
            events.send((kind, content))

    def why_stop() -> str:
        # While a pack is executed no other is sent: there is something to read only at the end.
        return "dismissed" if packs.poll() else ""

    try:
        executor = Executor(load(experiment), job)
        while True:
            busy = not executor.execute(packs.recv(), why_stop, tell)
            if busy:
                time.sleep(PATIENCE)
            tell("ready", busy)
    except (EOFError, StopRequested):
        pass
    except UsageError as error:
        tell("refused", str(error))


@contextlib.contextmanager
def deaf_to_signals() -> Iterator[None]:
    """Processes started inside never see Ctrl-C or SIGTERM, which go to their whole group.

    Only the parent decides. For itself the signals wait until the end of the block.
    """
    resource_tracker.ensure_running()  # its start would unblock the signals
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
