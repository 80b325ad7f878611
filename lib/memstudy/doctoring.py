"""Looks over the machine, the installation and the recorded runs: one line a finding.

A *problem* is what makes a command of the study fail or a number untrustworthy; a *note* is what
one should know, such as packages that differ from the lock.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from memstudy.core import experiment as experiments
from memstudy.core import paths
from memstudy.core.errors import UsageError, one_line
from memstudy.core.experiment import Experiment

OK, NOTE, PROBLEM = "ok", "note", "problem"
Findings = Iterator[tuple[str, str]]  # (level, text)

OLDEST_PYTHON = (3, 11)
LITTLE_MEMORY = 4e9  # bytes available; a three-moons pack of the cpu profile takes about 1 GB
LITTLE_DISK = 5e9  # bytes free; checkpoints and corpora take a few GB
NO_DISK = 2e8
ROOM_FOR = {  # extras of pyproject.toml -> what cannot be done without them
    "notebooks": "draw figures and execute notebooks",
    "text": "prepare corpora",
    "test": "run the tests",
}


def examine(echo: Callable[[str], None]) -> int:
    """Print all findings; returns the exit code, 1 if there is a problem."""
    levels = []
    for check in (python, packages, device, memory, disk, git, kernels, corpora, recorded):
        try:
            for level, text in check():
                levels.append(level)
                echo(f"{level:8}{text}")
        except Exception as error:  # a doctor that falls ill must say so and see to the rest
            levels.append(PROBLEM)
            echo(f"{PROBLEM:8}{check.__name__}: {type(error).__name__}: {one_line(error)}")
    counts = [f"{levels.count(level)} {level}" for level in (PROBLEM, NOTE, OK)]
    echo(f"in all: {', '.join(counts)}")
    return 1 if PROBLEM in levels else 0


def python() -> Findings:
    """The interpreter."""
    fit = sys.version_info >= OLDEST_PYTHON
    needed = "" if fit else f"; {'.'.join(map(str, OLDEST_PYTHON))} or newer is needed"
    words = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    yield OK if fit else PROBLEM, f"{words}{needed}"
    if sys.dont_write_bytecode:
        # The environment is made without compiled modules, see bootstrap.py.
        yield (
            NOTE,
            (
                "PYTHONDONTWRITEBYTECODE is set: every process compiles PyTorch again, which takes "
                "longer than many runs; unset it (make does)"
            ),
        )


def packages() -> Findings:
    """What is installed, against pyproject.toml and requirements.lock."""
    import tomllib

    described = paths.ROOT / "pyproject.toml"
    if not described.is_file():
        yield NOTE, "there is no pyproject.toml, as on a bare machine, to compare packages with"
        return
    project = tomllib.loads(described.read_text(encoding="utf-8"))["project"]
    if absent := missing(project["dependencies"]):
        yield PROBLEM, f"not installed: {', '.join(absent)}; nothing can be run without"
    for extra, purpose in ROOM_FOR.items():
        if absent := missing(project["optional-dependencies"].get(extra, [])):
            yield NOTE, f"not installed: {', '.join(absent)}; needed to {purpose} (extra {extra})"
    lock = paths.ROOT / "requirements.lock"
    if not lock.is_file():
        yield NOTE, "there is no requirements.lock to compare versions with"
        return
    pins = dict(
        line.split("==") for line in lock.read_text(encoding="utf-8").split() if "==" in line
    )
    here = {name: found.split("+")[0] for name in pins if (found := version(name))}
    other = [f"{name} {here[name]} ({pins[name]})" for name in here if here[name] != pins[name]]
    if other:
        yield NOTE, f"other versions than in requirements.lock: {', '.join(other)}"
    else:
        yield OK, f"{len(here)} packages, all as in requirements.lock"


def missing(requirements: list[str]) -> list[str]:
    """Names in requirements like ``numpy>=2`` that are not installed."""
    import re

    names = (re.match(r"[\w.-]+", requirement)[0] for requirement in requirements)
    return [name for name in names if version(name) is None]


def version(name: str) -> str | None:
    """Version of an installed package, or None."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def device() -> Findings:
    """Where runs would compute."""
    from memstudy.core import device as devices

    chosen = devices.select()
    yield OK, f"computes on {chosen.kind}: {chosen.name}, {chosen.threads} CPU threads"


def memory() -> Findings:
    """Memory that is available."""
    try:
        with open("/proc/meminfo", encoding="utf-8") as lines:
            told = dict(line.split(":") for line in lines)
        available = int(told["MemAvailable"].split()[0]) * 1024  # said in kB
    except (OSError, ValueError, KeyError):
        yield NOTE, "the system does not tell how much memory is available"
        return
    yield NOTE if available < LITTLE_MEMORY else OK, f"{available / 1e9:.1f} GB memory available"


def disk() -> Findings:
    """Space for results and checkpoints."""
    free = shutil.disk_usage(paths.ROOT).free
    level = PROBLEM if free < NO_DISK else NOTE if free < LITTLE_DISK else OK
    yield level, f"{free / 1e9:.1f} GB disk space free"
    for folder in (paths.RESULTS, paths.CACHE):
        standing = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
        if not standing.is_dir() or not os.access(standing, os.W_OK):
            yield PROBLEM, f"{paths.shown(standing)} is no folder that can be written"


def git() -> Findings:
    """Which code this is."""
    from memstudy.core.provenance import git_state

    state = git_state()
    if state["commit"] is None:
        yield NOTE, "not a git checkout: runs recorded here cannot name their commit"
    elif state["clean"]:
        yield OK, f"commit {state['commit'][:9]}, clean"
    else:
        yield NOTE, f"commit {state['commit'][:9]} with changes in lib/ that are not committed"


def kernels() -> Findings:
    """Whether notebooks would be executed by this Python."""
    if version("jupyter_client") is None or version("ipykernel") is None:
        yield NOTE, "no kernel for notebooks (extra notebooks)"
        return
    from jupyter_client.kernelspec import KernelSpecManager

    program = Path(KernelSpecManager().get_kernel_spec("python3").argv[0])
    if program.is_absolute() and program != Path(sys.executable):
        yield PROBLEM, f"the kernel python3 is another Python: {program}"
    else:
        yield OK, "the kernel python3 is this Python"


def corpora() -> Findings:
    """The folder with corpora, where one is named."""
    from memstudy.corpora.places import FOLDER_VARIABLE, default_places

    named = default_places().folder
    if named:
        found = named.is_dir()
        yield (
            OK if found else PROBLEM,
            f"{FOLDER_VARIABLE} {'is' if found else 'is no folder:'} {named}",
        )


def recorded() -> Findings:
    """Every recorded run of every experiment, verified."""
    for name in experiments.names():
        experiment = experiments.load(name)
        for profile in experiment.profiles.values():
            if profile.recorded:
                yield from grid(experiment, profile)
    strange = {path.name for path in paths.RESULTS.glob("[!.]*/")} - set(experiments.names())
    for name in sorted(strange):
        yield NOTE, f"{paths.shown(paths.RESULTS / name)} belongs to no experiment"


def grid(experiment: Experiment, profile: Any) -> Findings:
    """The recorded runs of one profile, verified."""
    from memstudy.core.store import Store, run_command
    from memstudy.core.writing import temporaries

    store, label = Store(paths.RESULTS), f"{experiment.name}, profile {profile.name}"
    units = experiment.units(profile)
    standing = set(store.unit_ids(experiment.name, profile.name))
    runs = []
    for unit in units:
        try:
            runs.append(store.read(profile.name, unit))
        except UsageError as error:
            yield PROBLEM, str(error)
    found = [run for run in runs if run is not None]
    failed = [run for run in found if not run.completed]
    for run in failed:
        yield NOTE, f"{label}: {run.unit_id} failed: {run.run.get('reason')}"
    unsure = [run for run in found if not run.run.get("git", {}).get("clean")]
    if unsure:
        yield NOTE, f"{label}: {len(unsure)} runs were made by code that was not committed"
    if strange := sorted(standing - {unit.id for unit in units}):
        yield NOTE, f"{label}: {len(strange)} runs of no unit, such as {strange[0]}"
    left = temporaries(paths.RESULTS / experiment.name / profile.name)
    if left:
        yield NOTE, f"{label}: {len(left)} temporary folders, of runs at work or killed"
    complete = len(found) - len(failed)
    if complete == len(units):
        yield OK, f"{label}: {complete} runs, all verified"
    elif standing:
        command = run_command(experiment.name, profile.name)
        yield NOTE, f"{label}: {complete} of {len(units)} runs; the others: {command}"
