"""The same packs over local processes: one view, threads divided, one wish to stop for all."""

from __future__ import annotations

import queue
import signal
import time
from collections.abc import Callable, Sequence
from typing import Any

from memstudy.core import device as devices
from memstudy.core import provenance
from memstudy.core.errors import UsageError
from memstudy.core.experiment import Experiment, Unit, load


def run_in_processes(
    experiment: Experiment,
    profile_name: str,
    work: Sequence[list[Unit]],
    options: Any,
    where: Any,
    why_stop: Callable[[], str],
    view: Any,
) -> str:
    """Execute packs in ``options.workers`` processes; returns why it stopped, or "".

    A process that dies takes only its own pack with it; the pack stays missing.

    Raises:
        UsageError: the first one that a worker met; packs recorded by the others are kept.
    """
    import multiprocessing

    spawn = multiprocessing.get_context("spawn")  # a fork of a threaded process can hang
    tasks, events, stop = spawn.Queue(), spawn.Queue(), spawn.Event()
    n_workers = min(options.workers, len(work))
    threads = options.threads or max(1, devices.available_cores() // n_workers)
    setting = (experiment.name, profile_name, where, options.device, threads, options.force)
    for pack in work:
        tasks.put(pack)
    for _ in range(n_workers):
        tasks.put(None)
    processes = [
        spawn.Process(target=work_off, args=(setting, tasks, events, stop), daemon=True)
        for _ in range(n_workers)
    ]
    for process in processes:
        process.start()
    reason, refused = "", None
    try:
        while any(process.is_alive() for process in processes) or not events.empty():
            if not reason and (reason := why_stop()):
                stop.set()
            try:
                kind, content = events.get(timeout=0.2)
            except queue.Empty:
                continue
            if kind == "refused":
                refused = refused or content
                stop.set()
            else:
                view.event(kind, content)
    finally:
        stop.set()
        for process in processes:
            process.join(timeout=60)
            if process.is_alive():
                process.terminate()
    if refused:
        raise UsageError(refused)
    return reason


def work_off(setting: tuple, tasks: Any, events: Any, stop: Any) -> None:
    """Body of a worker process: take packs until there are none."""
    from memstudy.runner import Job, execute_pack

    # Ctrl-C reaches the whole group; only the parent decides, through ``stop``.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    name, profile_name, where, device_kind, threads, force = setting
    chosen = devices.select(device_kind, threads)
    job = Job(load(name), profile_name, where, chosen, provenance.capture(chosen), force)

    def tell(kind: str, content: Any) -> None:
        events.put((kind, content))

    def why_stop() -> str:
        return "asked" if stop.is_set() else ""

    try:
        while not why_stop() and (pack := tasks.get()) is not None:
            while not execute_pack(job, pack, why_stop, tell):
                if why_stop():
                    return
                time.sleep(0.2)
    except UsageError as error:
        tell("refused", str(error))
