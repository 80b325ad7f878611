"""A copy of the study with a toy experiment in it, and ways to run its command line.

The library finds its experiments and its data from where it lies, so that a copy of its folder is
a study of its own: nothing in it needs to know about tests.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import runpy
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
LIBRARY = HERE.parent / "lib" / "memstudy"
STAND_IN = HERE / "toy" / "stand_in"
PATIENCE = 120  # seconds that a command may take on a busy machine

# Children of a fork server that has imported these already start in milliseconds.
forkserver = multiprocessing.get_context("forkserver")
PRELOAD = ["__main__", "torch", "pandas", "pyarrow.parquet", "filelock", "tqdm", "toystudy"]


@dataclass
class Done:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str


class Running:
    """A command at work in a process group of its own."""

    def __init__(self, process, folder: Path) -> None:
        self.process = process  # of subprocess or multiprocessing
        self.pid = process.pid
        self._folder = folder

    def wait(self) -> Done:
        """Wait for its end."""
        if isinstance(self.process, subprocess.Popen):
            code = self.process.wait(PATIENCE)
        else:
            self.process.join(PATIENCE)
            code = self.process.exitcode
            assert code is not None, "the command did not end"
        said = [(self._folder / name).read_text() for name in ("out", "err")]
        return Done(code, *said)

    def out(self) -> str:
        """What it has said so far."""
        return (self._folder / "out").read_text()

    def has_mapped(self, library: str) -> bool:
        """Whether it has begun to load a shared library; always, where the system cannot tell."""
        try:
            return library in Path(f"/proc/{self.pid}/maps").read_text()
        except OSError:
            return True

    def signal(self, number: int) -> None:
        """Send a signal to the whole group, as a terminal does."""
        os.killpg(self.pid, number)

    def kill(self) -> Done:
        """Kill the process alone, not its workers."""
        with contextlib.suppress(ProcessLookupError):  # it has just come to its own end
            os.kill(self.pid, signal.SIGKILL)
        return self.wait()


class ToyStudy:
    """A study with one experiment, ``toy``, below a folder of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        library = root / "lib" / "memstudy"
        ignored = shutil.ignore_patterns("__pycache__", "experiments", "nn")
        shutil.copytree(LIBRARY, library, ignore=ignored)
        self.experiment = library / "experiments" / "toy"
        shutil.copytree(HERE / "toy" / "experiment", self.experiment)
        shutil.copy(LIBRARY / "experiments" / "__init__.py", self.experiment.parent)
        self.results = root / "data" / "results" / "toy"
        self.cache = root / "data" / "cache"

    def set(self, **settings) -> None:
        """Change the toy's settings; see its ``run.py``."""
        path = self.experiment / "settings.json"
        before = json.loads(path.read_text()) if path.exists() else {}
        path.write_text(json.dumps(before | settings))

    def start(
        self,
        *arguments: str,
        cwd: Path | None = None,
        before: Callable[[], None] | None = None,
        real_torch: bool = False,
    ) -> Running:
        """Start ``python -m memstudy ...`` in a forked process that has imported PyTorch already.

        Args:
            arguments: of the command line.
            cwd: where to start it; default the study's root.
            before: function (picklable) to call in the process first.
            real_torch: whether its worker processes, which import everything anew, import PyTorch
                itself instead of the stand-in for it.
        """
        forkserver.set_forkserver_preload(PRELOAD)
        folder = self._folder_for_output()
        path = [str(self.root / "lib")] + ([] if real_torch else [str(STAND_IN)])
        where = str(cwd or self.root), str(folder)
        process = forkserver.Process(target=as_command, args=(path, arguments, *where, before))
        process.start()
        running = Running(process, folder)
        wait_until(lambda: (folder / "started").exists() or not process.is_alive())
        return running

    def run(self, *arguments: str, **options) -> Done:
        """Run a command to its end; see :meth:`start`."""
        return self.start(*arguments, **options).wait()

    def popen(
        self, *arguments: str, real_torch: bool = False, streams: dict | None = None
    ) -> Running:
        """Start ``python -m memstudy ...`` as a new program, with a stand-in for PyTorch."""
        return self.python("-m", "memstudy", *arguments, real_torch=real_torch, streams=streams)

    def python(
        self, *arguments: str, real_torch: bool = False, streams: dict | None = None
    ) -> Running:
        """Start Python on this study's library as a new program."""
        folder = self._folder_for_output()
        path = [str(self.root / "lib")] + ([] if real_torch else [str(STAND_IN)])
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(path), "OMP_NUM_THREADS": "1"}
        with open(folder / "out", "w") as out, open(folder / "err", "w") as err:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=self.root,
                env=environment,
                start_new_session=True,
                **(streams or {"stdout": out, "stderr": err, "stdin": subprocess.DEVNULL}),
            )
        return Running(process, folder)

    def records(self, profile: str = "cpu", root: Path | None = None) -> dict[str, dict]:
        """What the run.json of each recorded unit says."""
        folder = (root or self.results.parent) / "toy" / profile
        found = {}
        for path in sorted(folder.glob("[!.]*")):
            names = sorted(entry.name for entry in path.iterdir())
            assert names == ["measurements.parquet", "run.json"], path
            found[path.name] = json.loads((path / "run.json").read_text())
        return found

    def verified(self, profile: str = "cpu") -> set[str]:
        """Units that are recorded; fails if one of them is not whole."""
        from memstudy.core.store import read_folder

        found = set(self.records(profile))
        for unit_id in found:
            read_folder(self.results / profile / unit_id)
        return found

    def tables(self, profile: str = "cpu", root: Path | None = None) -> dict[str, str]:
        """Hash of each unit's measurements."""
        records = self.records(profile, root)
        return {name: run["measurements"]["sha256"] for name, run in records.items()}

    def checkpoints(self) -> list[Path]:
        """All checkpoints of units that are not recorded yet."""
        return sorted(self.cache.rglob("*.pt"))

    def leftovers(self) -> list[Path]:
        """Temporary files and folders anywhere in the study's data."""
        return sorted((self.root / "data").rglob(".*.tmp"))

    def _folder_for_output(self) -> Path:
        folder = self.root / "said" / str(time.monotonic_ns())
        folder.mkdir(parents=True)
        return folder


def as_command(path: list[str], arguments: tuple, cwd: str, folder: str, before) -> None:
    """Become ``python -m memstudy ...``: own process group, own streams, library of that study."""
    os.setsid()
    os.chdir(cwd)
    for number, name in ((1, "out"), (2, "err")):
        handle = os.open(f"{folder}/{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(handle, number)
    sys.path[:] = path + [entry for entry in sys.path if entry != str(LIBRARY.parent)]
    assert not any(name.startswith("memstudy") for name in sys.modules)
    sys.argv = ["memstudy", *arguments]
    if before is not None:
        before()
    Path(folder, "started").touch()
    runpy.run_module("memstudy", run_name="__main__", alter_sys=True)


def die_at(number: int, folder: str) -> None:
    """Have this process killed right before its n-th change to the files below a folder.

    Every change that Python makes is announced to audit hooks before it is made: so every moment
    at which a kill can leave something half done is met once.
    """
    changes = 0

    def hook(event: str, arguments: tuple) -> None:
        nonlocal changes
        if event == "open":
            changing = arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        else:
            changing = event in ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate")
        if changing and str(arguments[0]).startswith(folder):
            changes += 1
            if changes == number:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def wait_until(condition, seconds: float = PATIENCE, every: float = 0.005) -> None:
    """Wait until a condition holds, tested ``every`` so many seconds; fail after ``seconds``."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(every)


def alive(pid: int) -> bool:
    """Whether a process runs, zombies left out."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def children(pid: int) -> list[int]:
    """Process ids of a process's children."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        if parent == pid:
            found.append(int(path.parent.name))
    return found
