"""Workers that are local processes, and what every worker outside this process does.

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
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from typing import Any

from memstudy.core.errors import StopRequested, UsageError
from memstudy.core.experiment import Unit, load
from memstudy.execution import PATIENCE, Executing, Job
from memstudy.scheduling import Tell


class LocalProcesses:
    """The executor whose workers are processes of this machine.

    What kills a process here would kill the next one, too: nothing is tried again by itself.

    Args:
        experiment: name of the experiment.
        job: what the workers need to know.
        size: number of processes.
    """

    retries = 0

    def __init__(self, experiment: str, job: Job, size: int) -> None:
        self._experiment, self._job, self.size = experiment, job, size

    def hire(self, number: int) -> LocalWorker:
        """Start a process."""
        return LocalWorker(number, self._experiment, self._job)

    def listen(self, workers: Sequence[LocalWorker], tell: Tell) -> None:
        """See :class:`memstudy.scheduling.Executor`."""
        by_pipe = {worker.events: worker for worker in workers}
        for pipe in wait(list(by_pipe), timeout=PATIENCE):
            worker = by_pipe[pipe]
            try:
                kind, content = pipe.recv()
            except (EOFError, OSError):  # it has ended, perhaps in the middle of a word
                tell(worker, "gone", worker.epitaph())
            else:
                tell(worker, kind, content)

    def close(self) -> None:
        """There is nothing to give back."""


class LocalWorker:
    """A worker process as its parent sees it."""

    def __init__(self, number: int, experiment: str, job: Job) -> None:
        spawn = multiprocessing.get_context("spawn")  # a fork of a threaded process can hang
        packs, self._packs = spawn.Pipe(duplex=False)
        self.events, events = spawn.Pipe(duplex=False)
        self.number = number
        self.process = spawn.Process(
            target=work_in_process, args=(experiment, job, packs, events), daemon=True
        )
        with deaf_to_signals():
            self.process.start()
        packs.close()
        events.close()

    def begin(self, pack: list[Unit]) -> None:
        """Give the worker its next pack; one that has just died is noticed later."""
        with contextlib.suppress(BrokenPipeError):
            self._packs.send(pack)

    def dismiss(self) -> None:
        """Tell the worker to stop at the next checkpoint and end."""
        self._packs.close()

    def kill(self) -> None:
        """End the process at once."""
        self.process.kill()

    def epitaph(self) -> str:
        """Why a process that tells nothing any more has ended."""
        self.process.join()
        code = self.process.exitcode
        return f"its process was killed (signal {-code})" if code < 0 else "its process died"


def work_in_process(experiment: str, job: Job, packs: Connection, events: Connection) -> None:
    """Body of a worker process."""

    def tell(kind: str, content: Any) -> None:
        with contextlib.suppress(BrokenPipeError):  # the parent was killed; packs is closed, too
            events.send((kind, content))

    # While a pack is executed no other is sent: there is something to read only at the end.
    work_off(experiment, job, packs.recv, packs.poll, tell)


def work_off(
    experiment: str,
    job: Job,
    receive: Callable[[], list[Unit]],
    dismissed: Callable[[], bool],
    tell: Callable[[str, Any], None],
) -> None:
    """What a worker does, wherever it is: execute packs until there are none.

    Args:
        experiment: name of the experiment.
        job: what packs are executed for.
        receive: waits for the next pack; raises EOFError when there are no more.
        dismissed: whether to stop in the middle of a pack.
        tell: takes what happens; see :data:`memstudy.scheduling.Tell`.
    """
    try:
        executing = Executing(load(experiment), job)
        while True:
            pack = receive()
            busy = not executing.execute(pack, lambda: "dismissed" if dismissed() else "", tell)
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
