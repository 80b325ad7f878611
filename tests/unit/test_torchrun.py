"""``torchrun -m memstudy run``: one training over two processes, told, recorded and stopped as one.

The study's own language models, at a size of seconds, in a copy of the library.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from memstudy import runner
from memstudy.core import paths
from memstudy.core.errors import UsageError
from memstudy.core.store import read_folder
from toystudy import children, wait_until

UNIT = "world_mosaic_1-seed0"
PATIENCE = 600  # seconds that a command may take on a busy machine
STOPPED = r"0 recorded now, 1 of 1 missing; stopped \({}\): the same command goes on from here"
COMPLETE = "1 recorded now, 0 of 1 missing; complete"

TINY = """
PROFILES["cpu"] = replace(
    PROFILES["smoke"],
    name="cpu",
    recorded=True,
    recipe=replace(
        MEDIUM, steps=20, batch_size=5, warmup_steps=2, evaluate_every=5, evaluation_windows=3
    ),
)
"""
# Checkpoints after every step, and steps as slow as the environment asks for.
SLOW = """
import os, time
from memstudy.core import context as contexts

def slowly(self, *arguments, advance=contexts.Context.advance, **shown):
    time.sleep(float(os.environ["PAUSE"]))
    advance(self, *arguments, **shown)

contexts.CHECKPOINT_SECONDS = 0.0
contexts.Context.advance = slowly
"""


class Study:
    """A copy of the study whose profile ``cpu`` trains for twenty small steps."""

    def __init__(self, root: Path) -> None:
        self.root = root
        library = root / "lib" / "memstudy"
        shutil.copytree(paths.LIBRARY, library, ignore=shutil.ignore_patterns("__pycache__"))
        (root / "data").mkdir()
        shutil.copy(paths.DATA / "corpora.toml", root / "data")
        experiment = library / "experiments" / "babistories_lm"
        for name, more in (("profiles.py", TINY), ("run.py", SLOW)):
            with open(experiment / name, "a") as file:
                file.write(more)

    def start(self, processes: int, *more: str, pause: float = 0.0) -> subprocess.Popen:
        """Start ``run`` by hand or under torchrun."""
        torchrun = ["torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
        command = [sys.executable, "-m", *([*torchrun, "-m"] if processes > 1 else []), "memstudy"]
        options = ["babistories_lm", "--only", UNIT, "--device", "cpu", "--threads", "1", *more]
        return subprocess.Popen(
            [*command, "run", *options],
            cwd=self.root,
            env=os.environ
            | {
                "PYTHONPATH": str(self.root / "lib"),
                "OMP_NUM_THREADS": "1",
                "GLOO_SOCKET_IFNAME": "lo",
                "PAUSE": str(pause),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, processes: int, *more: str, pause: float = 0.0) -> tuple[int, str, str]:
        """Exit code, output and errors of a run that is left alone."""
        return ended(self.start(processes, *more, pause=pause))

    @property
    def folder(self) -> Path:
        """Where the unit is recorded."""
        return self.root / "data" / "results" / "babistories_lm" / "cpu" / UNIT

    def recorded(self):
        """Run and table of the unit; they are removed, and the model with them."""
        run, table, _ = read_folder(self.folder)
        shutil.rmtree(self.folder)
        shutil.rmtree(self.root / "data" / "cache" / "models")
        assert self.step() is None
        return run, table

    def step(self) -> int | None:
        """Step of the checkpoint, if there is one."""
        for path in (self.root / "data" / "cache" / "checkpoints").rglob("*.pt"):
            with contextlib.suppress(FileNotFoundError):
                return torch.load(path, weights_only=True)["state"]["step"]
        return None

    def after_some_steps(self, running: subprocess.Popen) -> None:
        """Wait until a run has left a checkpoint."""
        before = self.step() or 0
        # Reading a checkpoint takes a core away from those who train.
        wait_until(
            lambda: (self.step() or 0) > before + 1 or running.poll() is not None,
            PATIENCE,
            every=0.25,
        )
        assert running.poll() is None, running.communicate()


def ended(running: subprocess.Popen) -> tuple[int, str, str]:
    """Exit code, output and errors of a command, once it has ended."""
    try:
        out, err = running.communicate(timeout=PATIENCE)
    finally:
        running.kill()
    return running.returncode, out, err


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return Study(tmp_path_factory.mktemp("torchrun"))


@pytest.fixture(scope="module")
def alone(study):
    """What one process records."""
    code, out, err = study.run(1)
    assert code == 0, err
    assert COMPLETE in out
    return study.recorded()[1]


def same(table, other) -> None:
    """The same measurements to 1e-5."""
    names = [name for name in table.columns if name != "value"]
    assert table[names].equals(other[names])
    one, two = (torch.tensor(found["value"].to_numpy()) for found in (table, other))
    torch.testing.assert_close(one, two, rtol=1e-5, atol=1e-5)


@pytest.mark.slow
def test_stopped_by_two_and_one_lost_by_two_completed_by_two(study, alone):
    running = study.start(2, pause=0.3)
    study.after_some_steps(running)
    running.send_signal(signal.SIGINT)  # as a terminal does: to torchrun, not to what it started
    code, out, err = ended(running)
    assert code != 0
    assert len(re.findall(STOPPED.format("interrupt"), out)) == 1, (out, err)
    first = study.step()
    assert first

    running = study.start(1, pause=0.3)
    study.after_some_steps(running)
    running.send_signal(signal.SIGTERM)
    code, out, err = ended(running)
    assert (code, err) == (130, "")
    second = study.step()
    assert second > first

    running = study.start(2, pause=0.3)
    study.after_some_steps(running)
    os.kill(max(children(running.pid)), signal.SIGKILL)
    code, out, err = ended(running)
    assert code != 0
    assert not study.folder.exists()  # a lost process is no failure of the unit
    assert study.step() > second

    code, out, err = study.run(2)
    assert code == 0, err
    # One process tells what happens.
    assert out.splitlines()[0].startswith("babistories_lm, profile cpu")
    assert len(out.splitlines()) == 3
    assert out.splitlines()[-1] == COMPLETE
    run, table = study.recorded()
    assert run["device"]["processes"] == 2
    same(table, alone)


def test_workers_are_refused(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UsageError, match="under torchrun all processes work on one unit at a time"):
        runner.Options(workers=2).check()
