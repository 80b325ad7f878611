"""Workers that are actors on a Ray cluster: the same packs, the same store, other machines.

Results, checkpoints and the checkout of the study lie in folders that all machines of the cluster
share; each worker makes sure of that, and that its code is the same, before it begins. A machine
that is lost takes its workers with it: what they were at is given to another worker once, which
goes on from the last checkpoint.
"""

from __future__ import annotations

import contextlib
import os
import queue
import re
import signal
import socket
import threading
import traceback
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from memstudy.core import device as devices
from memstudy.core import paths, provenance
from memstudy.core.errors import UsageError, one_line
from memstudy.core.experiment import Unit
from memstudy.core.writing import remove, write_file
from memstudy.execution import PATIENCE, Job
from memstudy.scheduling import Tell
from memstudy.workers import work_off

SILENCE = 1.0  # seconds after which a worker answers that it has nothing to tell
REACH = 10.0  # seconds that a cluster may take to answer
PASSED_ON = "MEMSTUDY_"  # how the names of the study's environment variables begin


@dataclass(frozen=True)
class Home:
    """By what a worker recognises that its machine has the same folders and the same code."""

    token: Path  # a file in the cache
    library_sha256: str

    def check(self) -> None:
        """Make sure that this process is at home.

        Raises:
            UsageError: it is not.
        """
        here = socket.gethostname()
        if not self.token.exists():
            raise UsageError(
                f"machine {here} of the cluster does not see {self.token.parent}; all its machines "
                "must share the checkout, the results and the cache (--out)"
            )
        if provenance.library_sha256() != self.library_sha256:
            raise UsageError(f"machine {here} of the cluster has another version of the library")


class Cluster:
    """The executor whose workers are actors of Ray.

    Args:
        experiment: name of the experiment.
        job: what the workers need to know.
        address: of the cluster, ``host:port`` or ``auto``; None: one is started on this machine,
            and ended by :meth:`close`.
        workers: how many; None: as many as there is room for.
        most: packs there are; more workers would have nothing to do.

    Raises:
        UsageError: Ray is not installed, or there is no such cluster, or it has no room.
    """

    retries = 1

    def __init__(
        self, experiment: str, job: Job, address: str | None, workers: int | None, most: int
    ) -> None:
        self._experiment, self._job = experiment, job
        self._ray = imported()
        threads = job.threads or 1
        self._job = Job(job.profile, job.where, job.device, threads, job.force)
        asked = workers or max(1, devices.available_cores() // threads)
        connect(self._ray, address, cpus=asked * threads)
        try:
            machines = [node["Resources"] for node in self._ray.nodes() if node["Alive"]]
            room, gpus = room_for(machines, job.device, threads)
            self.size = max(1, min(workers or room, room, most))
            self._needs = {
                "num_cpus": threads,
                "num_gpus": gpus,
                "runtime_env": {"env_vars": passed_on(os.environ)},
            }
            self._home = Home(
                token=job.where.cache / f".cluster-{uuid.uuid4().hex}.tmp",
                library_sha256=provenance.library_sha256(),
            )
            write_file(self._home.token, b"")
        except BaseException:
            self._ray.shutdown()
            raise

    def hire(self, number: int) -> ClusterWorker:
        """An actor, on whatever machine there is room for it."""
        # It is asked for news, sent packs and dismissed while it works: three calls at a time.
        actor_class = self._ray.remote(Actor).options(max_concurrency=3, **self._needs)
        return ClusterWorker(
            number, self._ray, actor_class.remote(self._experiment, self._job, self._home)
        )

    def listen(self, workers: Sequence[ClusterWorker], tell: Tell) -> None:
        """See :class:`memstudy.scheduling.Executor`."""
        by_answer = {worker.answer: worker for worker in workers}
        answers, _ = self._ray.wait(list(by_answer), num_returns=1, timeout=PATIENCE)
        for answer in answers:
            worker = by_answer[answer]
            try:
                news = self._ray.get(answer)
            except self._ray.exceptions.RayError as error:
                if not isinstance(error, self._ray.exceptions.RayActorError):
                    worker.kill()  # its answer was lost; it may be alive, and at its pack
                tell(worker, "gone", epitaph(error))
                continue
            worker.ask()
            for kind, content in news:
                if kind == "gone":
                    worker.kill()  # it has nothing more to do, and makes room
                tell(worker, kind, content)

    def close(self) -> None:
        """Leave the cluster; end it if it was started for this run."""
        remove(self._home.token)
        self._ray.shutdown()


class ClusterWorker:
    """An actor as the scheduling process sees it."""

    def __init__(self, number: int, ray: Any, actor: Any) -> None:
        self.number = number
        self._ray, self._actor = ray, actor
        self.ask()

    def ask(self) -> None:
        """Ask for what happens next; ``answer`` will hold it."""
        self.answer = self._actor.news.remote()

    def begin(self, pack: list[Unit]) -> None:
        """See :class:`memstudy.scheduling.Worker`."""
        self._actor.begin.remote(pack)

    def dismiss(self) -> None:
        """See :class:`memstudy.scheduling.Worker`."""
        self._actor.begin.remote(None)

    def kill(self) -> None:
        """See :class:`memstudy.scheduling.Worker`."""
        self._ray.kill(self._actor)


class Actor:
    """What runs on a machine of the cluster.

    It works in a thread of its own, from the first line to the last: how PyTorch computes (its
    threads, what it does with denormal numbers) is set for each thread.
    """

    def __init__(self, experiment: str, job: Job, home: Home) -> None:
        self._packs: queue.SimpleQueue = queue.SimpleQueue()  # None: no more
        self._news: queue.SimpleQueue = queue.SimpleQueue()
        work = threading.Thread(target=self._work, args=(experiment, job, home), daemon=True)
        work.start()

    def begin(self, pack: list[Unit] | None) -> None:
        """Execute this next; None: stop and end."""
        self._packs.put(pack)

    def news(self) -> list[tuple[str, Any]]:
        """What happened since the last call; waits a moment if nothing did."""
        found = []
        with contextlib.suppress(queue.Empty):
            found.append(self._news.get(timeout=SILENCE))
            while True:
                found.append(self._news.get_nowait())
        return found

    def _work(self, experiment: str, job: Job, home: Home) -> None:
        def receive() -> list[Unit]:
            if (pack := self._packs.get()) is None:
                raise EOFError
            return pack

        def tell(kind: str, content: Any) -> None:
            self._news.put((kind, content))

        reason = ""
        try:
            home.check()
            work_off(experiment, job, receive, lambda: not self._packs.empty(), tell)
        except UsageError as error:
            tell("refused", str(error))
        except BaseException as error:
            traceback.print_exc()
            reason = f"{type(error).__name__}: {one_line(error)}"
        tell("gone", reason)


def epitaph(error: Exception) -> str:
    """Why an actor answers no more, as far as Ray says it in a word."""
    lines = str(error).strip().splitlines() or [""]
    if "creation task" in lines[0]:
        return f"its worker on the cluster could not start ({lines[-1].strip()})"
    return "its worker on the cluster was lost"


def passed_on(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that workers need as well: where the library is, and the study's own."""
    found = {name: value for name, value in environment.items() if name.startswith(PASSED_ON)}
    path = [str(paths.LIBRARY.parent), *filter(None, [environment.get("PYTHONPATH")])]
    return found | {"PYTHONPATH": os.pathsep.join(path)}


def imported() -> Any:
    """The package ray.

    Raises:
        UsageError: it is not installed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        with own_signals():
            import ray
            import ray.exceptions
    except ImportError:
        raise UsageError(
            "--executor ray needs the package ray, which is not installed; "
            'install it with: pip install "memstudy[cluster]" (or: pip install ray)'
        ) from None
    return ray


def connect(ray: Any, address: str | None, cpus: int) -> None:
    """Start a cluster on this machine, or go to the one at an address.

    Args:
        ray: the package.
        address: see :class:`Cluster`.
        cpus: that the started one says it has.

    Raises:
        UsageError: there is none at that address.
    """
    # Workers print nothing: what they have to say comes as events.
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    if address is None:
        options |= {"address": "local", "num_cpus": cpus, "include_dashboard": False}
    else:
        if address != "auto":
            check_reachable(address)
        options |= {"address": address}
    try:
        with own_signals():
            ray.init(**options)
    except Exception as error:  # Ray's own ways to say so are many
        what = f"no Ray cluster at {address}" if address else "Ray cannot be started here"
        raise UsageError(f"{what} ({one_line(error)})") from None


def check_reachable(address: str) -> None:
    """Find out quickly whether somebody listens at ``host:port``; Ray itself tries for minutes.

    Raises:
        UsageError: nobody does, or it is no address.
    """
    found = re.fullmatch(r"([\w.-]+):(\d{1,5})", address)
    if not found or not 0 < int(found[2]) < 65536:
        raise UsageError(f"{address!r} is no address of a cluster; write host:port or auto")
    try:
        socket.create_connection((found[1], int(found[2])), timeout=REACH).close()
    except OSError as error:
        raise UsageError(
            f"no Ray cluster answers at {address} ({error.strerror or one_line(error)}); start one "
            f"there with: ray start --head --port {found[2]}"
        ) from None


def room_for(machines: Sequence[Mapping[str, float]], device: str, threads: int) -> tuple[int, int]:
    """How many workers a cluster has room for, and how many GPUs each of them needs.

    Args:
        machines: what each machine of the cluster has, as Ray counts it. A worker is on one of
            them: what is left over on several makes no room.
        device: one of memstudy.core.device.DEVICES.
        threads: of a worker.

    Raises:
        UsageError: there is no room for one.
    """
    with_gpu = any(machine.get("GPU", 0) >= 1 for machine in machines)
    if device == "cuda" and not with_gpu:
        raise UsageError("device 'cuda' was asked for, but the cluster has no GPU")
    rooms = [int(machine.get("CPU", 0) // threads) for machine in machines]
    gpus = int(device != "cpu" and with_gpu)
    if gpus:
        rooms = [
            min(room, int(machine.get("GPU", 0)))
            for room, machine in zip(rooms, machines, strict=True)
        ]
    if not sum(rooms):
        and_gpu = " and a GPU" if gpus else ""
        raise UsageError(
            f"no machine of the cluster has {threads} CPU(s){and_gpu} for a worker; see --threads"
        )
    return sum(rooms), gpus


@contextlib.contextmanager
def own_signals() -> Iterator[None]:
    """Ray takes SIGTERM for itself; afterwards it is as it was."""
    main = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if main:
            signal.signal(signal.SIGTERM, before)
