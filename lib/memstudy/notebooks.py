"""Executes the notebooks headlessly, some at a time, and normalises what it stores.

In load mode with its own profile a notebook is executed in place; running it again gives the same
bytes. With another profile, or in run mode, the executed copy goes to another folder.
"""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from memstudy.core import paths
from memstudy.core.device import available_cores
from memstudy.core.errors import UsageError, one_line
from memstudy.core.progress import bar, duration
from memstudy.core.writing import write_if_changed, writing_to

KEPT_CELL_METADATA = ("tags",)
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
PACKAGES = ("papermill", "nbformat", "ipykernel")
MOST_WORKERS = 4  # by default: each takes up to a gigabyte of memory
LANGUAGE = {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"}


def execute_all(
    only: Sequence[str] | None = None,
    profile: str | None = None,
    mode: str = "load",
    out: Path | None = None,
    workers: int | None = None,
    echo: Callable[[str], None] = print,
) -> int:
    """Execute notebooks and write every figure.

    Args:
        only: beginnings of names of notebooks, such as numbers; or names without their numbers.
        profile: profile to show; default the one that each notebook names.
        mode: "load" or "run".
        out: folder for executed notebooks and figures; default in place for load mode with the
            notebooks' own profiles, else below ``data/cache``. The kernels, which work in another
            folder than this process, get it as an absolute path.
        workers: notebooks executed at a time; by default one a core, at most four.
        echo: takes one line of text for the user.

    Returns:
        Exit code: 0, or 1 when a notebook failed; the others are executed all the same.

    Raises:
        UsageError: no such notebook, packages that are missing, or a folder that cannot be written.
    """
    chosen = find(only)
    require_packages()
    in_place = out is None and mode == "load" and profile is None
    other = paths.CACHE / "executed" / (profile or mode)
    target = paths.NOTEBOOKS if in_place else Path(out or other).absolute()
    asked = {"mode": mode} | ({"profile": profile} if profile else {})
    tasks = [(path, target / path.name, {} if in_place else asked) for path in chosen]
    workers = min(len(tasks), workers or min(available_cores(), MOST_WORKERS))
    failed = 0
    progress = bar(len(chosen), "notebooks", unit="notebook")
    with writing_to(target):
        target.mkdir(parents=True, exist_ok=True)
    with kernel_environment(None if in_place else target / "figures"):
        for name, problem, seconds in executions(tasks, workers):
            failed += bool(problem)
            echo(f"{name}: {problem or 'done'} ({duration(seconds)})")
            progress.update(1)
    progress.close()
    return 1 if failed else 0


Task = tuple[Path, Path, dict[str, str]]  # arguments of :func:`execute`
Executed = tuple[str, str, float]  # name, what went wrong or "", seconds


def executions(tasks: list[Task], workers: int) -> Iterable[Executed]:
    """Execute notebooks, ``workers`` at a time, each with its share of the cores."""
    return map(timed, tasks) if workers == 1 else in_processes(tasks, workers)


def in_processes(tasks: list[Task], workers: int) -> Iterator[Executed]:
    """Execute notebooks in processes of their own."""
    # Fresh processes: a forked one would inherit the locks of whatever threads are running here.
    spawn = get_context("spawn")
    numbers = spawn.Queue()
    for number in range(workers):
        numbers.put((number, workers))
    with ProcessPoolExecutor(workers, spawn, take_share_of_cores, (numbers,)) as pool:
        futures = {pool.submit(timed, task): task for task in tasks}
        lost = []
        try:
            for future in as_completed(futures):
                try:
                    yield future.result()
                except BrokenProcessPool:
                    lost.append(futures[future])
        finally:
            pool.shutdown(cancel_futures=True)
    if len(tasks) == 1 and lost:
        yield tasks[0][0].stem, "failed: the process that executed it was killed or died", 0.0
        return
    for task in lost:  # one of them took the others with it: now each has a pool to itself
        yield from in_processes([task], 1)


def take_share_of_cores(numbers: Any) -> None:
    """Keep this process, and the kernels that it starts, to its share of the cores.

    Args:
        numbers: queue of (which worker, of how many).
    """
    number, workers = numbers.get()
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, cores[number % len(cores) :: workers])


def timed(task: Task) -> Executed:
    """Execute one notebook and take the time.

    Raises:
        UsageError: the folder for it cannot be written, which is no fault of this notebook.
    """
    started = time.monotonic()
    try:
        problem = execute(*task)
    except UsageError:
        raise
    except Exception as error:  # no JSON, a kernel that does not start or dies: others may do
        problem = f"failed: {type(error).__name__}: {one_line(error)}"
    return task[0].stem, problem, time.monotonic() - started


def find(only: Sequence[str] | None) -> list[Path]:
    """Paths of the notebooks, in the order of their numbers.

    Raises:
        UsageError: there are none, or one of ``only`` fits none.
    """
    found = sorted(paths.NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
    if not found:
        raise UsageError(f"there are no notebooks in {paths.shown(paths.NOTEBOOKS)}")
    if only is None:
        return found
    wanted: set[Path] = set()
    for name in only:
        fitting = {path for path in found if path.stem.startswith(name) or path.stem[3:] == name}
        if not fitting:
            names = ", ".join(path.stem for path in found)
            raise UsageError(f"there is no notebook {name!r}; choose one of {names}")
        wanted |= fitting
    return sorted(wanted)


def require_packages() -> None:
    """Refuse at once where notebooks cannot be executed.

    Raises:
        UsageError: with the command that installs what is missing.
    """
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"executing notebooks needs {' and '.join(missing)}; install what they need with: "
            'pip install "memstudy[notebooks]"'
        )


def execute(source: Path, target: Path, asked: dict[str, str]) -> str:
    """Execute one notebook and store it normalised; returns what went wrong, or "".

    A notebook that fails is not stored: what stood at ``target`` stays.
    """
    import nbformat
    import papermill

    known = papermill.inspect_notebook(str(source))
    parameters = {name: value for name, value in asked.items() if name in known}
    with tempfile.TemporaryDirectory() as scratch:
        executed = Path(scratch) / source.name
        try:
            papermill.execute_notebook(
                str(source),
                str(executed),
                parameters=parameters,
                kernel_name=KERNEL["name"],
                progress_bar=False,
                request_save_on_cell_execute=False,
                cwd=str(source.parent),
                coalesce_streams=True,
                extra_arguments=["--log-level=CRITICAL"],  # the kernel tells of its own end, too
            )
        except papermill.PapermillExecutionError as error:
            return f"failed in cell {error.exec_count}: {error.ename}: {one_line_of(error)}"
        notebook = nbformat.read(executed, as_version=4)
    write_if_changed(target, as_text(normalise(notebook)).encode())
    return ""


def one_line_of(error: Any) -> str:
    """The message of an error in a cell, without terminal colours."""
    return one_line(ValueError(re.sub(r"\x1b\[[0-9;]*m", "", error.evalue)))


def normalise(notebook: Any) -> Any:
    """Drop what differs between two equal executions: times, widget state, kernel's version."""
    notebook.metadata = {"kernelspec": dict(KERNEL), "language_info": dict(LANGUAGE)}
    for cell in notebook.cells:
        cell.metadata = {k: cell.metadata[k] for k in KEPT_CELL_METADATA if cell.metadata.get(k)}
        for output in cell.get("outputs", []):
            output.pop("transient", None)
    return notebook


def as_text(notebook: Any) -> str:
    """A notebook as it is stored: sorted keys, one space of indentation, final newline."""
    import nbformat

    return nbformat.writes(notebook).rstrip("\n") + "\n"


@contextmanager
def kernel_environment(figures: Path | None) -> Iterator[None]:
    """What kernels started inside the block inherit: quiet, patient threads, where figures go."""
    wanted = {"MEMSTUDY_QUIET": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    wanted |= {"MEMSTUDY_FIGURES": str(figures)} if figures else {}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
