"""The environment that `make` builds: complete and current, or built anew.

Making environments and running pip are replaced by fakes that leave a trace, so nothing here
needs a network or more than a second.
"""

from __future__ import annotations

import ast
import os
import shutil
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from subprocess import Popen
from types import SimpleNamespace

import pytest

from memstudy import bootstrap
from memstudy.core.paths import LIBRARY

EXTRAS = ["notebooks", "test"]

# Run in a process of its own: a build whose pip takes its time, and may be killed in the middle.
SLOW_BUILD = """
import os, sys, time
from pathlib import Path
from memstudy import bootstrap

root, kill = Path(sys.argv[1]), sys.argv[2] == "kill"

def create(venv, interpreter):
    (venv / "bin").mkdir()
    os.symlink(Path(interpreter).resolve(strict=True), venv / "bin" / "python")

def pip(venv, root, guard, *arguments):
    with (root / "calls").open("a") as calls:
        calls.write("pip\\n")
    if kill and "-e" in arguments:
        os.kill(os.getpid(), 9)
    time.sleep(0.2)

bootstrap.create, bootstrap.pip = create, pip
bootstrap.ensure(root / ".venv", ["test"], root)
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "a checkout"
    root.mkdir()
    (root / bootstrap.PYPROJECT).write_text("[project]\n")
    (root / bootstrap.LOCK).write_text("torch==2.13.0\n")
    return root


@pytest.fixture
def study(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A checkout, its environment, `ensure()` for it and the pip calls that this led to."""
    calls: list[tuple[str, ...]] = []
    interpreter = checkout.parent / "python3"
    interpreter.touch()

    def create(venv: Path, _: str) -> None:
        (venv / "bin").mkdir()
        (venv / "bin" / "python").symlink_to(interpreter)

    def pip(venv: Path, root: Path, guard: int, *arguments: str) -> None:
        assert not bootstrap.read_stamp(venv), "declared complete before it was"
        calls.append(arguments)

    monkeypatch.setattr(bootstrap, "create", create)
    monkeypatch.setattr(bootstrap, "pip", pip)
    venv = checkout / ".venv"

    def ensure(extras: list[str] = EXTRAS, **options: object) -> int:
        """Ask for the environment; how many times that ran pip."""
        before = len(calls)
        bootstrap.ensure(venv, extras, checkout, **options)
        return len(calls) - before

    return SimpleNamespace(
        root=checkout, venv=venv, interpreter=interpreter, calls=calls, ensure=ensure
    )


def test_a_second_call_does_nothing(study: SimpleNamespace) -> None:
    assert study.ensure() > 0
    assert study.ensure() == 0


def test_everything_is_installed_with_the_lock_as_constraints(study: SimpleNamespace) -> None:
    study.ensure()
    assert all(("-c", bootstrap.LOCK) in pairwise(call) for call in study.calls)
    assert study.calls[-1][-2:] == ("-e", ".[notebooks,test]")


@pytest.mark.parametrize("name", [bootstrap.PYPROJECT, bootstrap.LOCK])
def test_a_changed_source_starts_anew(study: SimpleNamespace, name: str) -> None:
    study.ensure()
    (study.venv / "left over").touch()
    (study.root / name).write_text("something else\n")
    assert name in bootstrap.why_stale(study.venv, study.root)
    assert study.ensure() > 0
    assert not (study.venv / "left over").exists()
    assert study.ensure() == 0


def test_a_touched_but_equal_lock_changes_nothing(study: SimpleNamespace) -> None:
    study.ensure()
    os.utime(study.root / bootstrap.LOCK)
    assert study.ensure() == 0


def test_a_vanished_interpreter_starts_anew(study: SimpleNamespace) -> None:
    study.ensure()
    study.interpreter.rename(study.interpreter.with_name("gone"))
    assert bootstrap.why_stale(study.venv, study.root) == "its Python is gone"
    study.interpreter.touch()
    assert study.ensure() == 0


def test_an_interpreter_replaced_behind_its_name_starts_anew(study: SimpleNamespace) -> None:
    study.ensure()
    study.interpreter.unlink()
    study.interpreter.symlink_to(sys.executable)
    assert "interpreter" in bootstrap.why_stale(study.venv, study.root)


def test_another_python_is_used_only_when_asked_for(study: SimpleNamespace) -> None:
    study.ensure()
    assert study.ensure(interpreter=str(study.interpreter)) == 0
    assert study.ensure(interpreter="/opt/another/python3") > 0


@pytest.mark.parametrize("move", [shutil.move, shutil.copytree])
def test_a_moved_or_copied_checkout_starts_anew(study: SimpleNamespace, move: object) -> None:
    study.ensure()
    elsewhere = study.root.with_name("elsewhere")
    move(study.root, elsewhere)
    assert "checkout" in bootstrap.why_stale(elsewhere / ".venv", elsewhere)
    bootstrap.ensure(elsewhere / ".venv", EXTRAS, elsewhere)
    assert bootstrap.why_stale(elsewhere / ".venv", elsewhere) is None


def test_an_extra_is_added_without_building_anew(study: SimpleNamespace) -> None:
    study.ensure()
    (study.venv / "kept").touch()
    assert study.ensure([*EXTRAS, "lab"]) == 1
    assert study.calls[-1][-1] == ".[lab,notebooks,test]"
    assert (study.venv / "kept").exists()
    assert study.ensure() == 0, "what has more than asked for is good enough"


def test_an_extra_that_could_not_be_added_leaves_nothing_half_valid(
    study: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    study.ensure()

    def failing_pip(*arguments: object) -> None:
        raise bootstrap.SetupError("no network")

    with monkeypatch.context() as patch:
        patch.setattr(bootstrap, "pip", failing_pip)
        with pytest.raises(bootstrap.SetupError):
            study.ensure([*EXTRAS, "lab"])
    assert bootstrap.why_stale(study.venv, study.root) == "never finished"
    assert study.ensure() > 0
    assert study.ensure() == 0


@pytest.mark.parametrize("stamp", ["", "{", "{}", "null", "[]", '{"extras": 1}'])
def test_a_damaged_stamp_does_not_count(study: SimpleNamespace, stamp: str) -> None:
    study.ensure()
    (study.venv / bootstrap.STAMP).write_text(stamp)
    assert bootstrap.why_stale(study.venv, study.root) == "never finished"
    assert study.ensure() > 0


def test_a_folder_of_somebody_else_is_left_alone(study: SimpleNamespace) -> None:
    study.venv.mkdir()
    (study.venv / "pyvenv.cfg").write_text("home = /usr/bin\n")
    with pytest.raises(bootstrap.SetupError, match="left alone"):
        study.ensure()
    assert [entry.name for entry in study.venv.iterdir()] == ["pyvenv.cfg"]


def test_an_environment_of_another_checkout_is_left_alone(study: SimpleNamespace) -> None:
    study.ensure()
    other = study.root.with_name("other")
    other.mkdir()
    for name in (bootstrap.PYPROJECT, bootstrap.LOCK):
        shutil.copy(study.root / name, other / name)
    (other / ".venv").symlink_to(study.venv)
    with pytest.raises(bootstrap.SetupError, match="belongs to the checkout"):
        bootstrap.ensure(other / ".venv", EXTRAS, other)
    assert study.ensure() == 0


def test_an_old_python_gets_one_line(
    study: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "OLDEST_PYTHON", (99, 0))
    with pytest.raises(bootstrap.SetupError, match=r"needs 99\.0 or newer.*PYTHON=") as raised:
        study.ensure()
    assert "\n" not in str(raised.value)
    assert not study.calls


def test_an_old_python_can_read_the_file() -> None:
    source = (LIBRARY / "bootstrap.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 6))


def run_python(code: str, *arguments: str, python: str | Path = sys.executable) -> Popen:
    environment = {**os.environ, "PYTHONPATH": str(LIBRARY.parent)}
    return Popen([python, "-c", code, *arguments], env=environment, stdout=subprocess.DEVNULL)


def slow_build(root: Path, how: str, **options: Path) -> Popen:
    return run_python(SLOW_BUILD, str(root), how, **options)


def test_a_build_that_was_killed_is_built_anew(checkout: Path) -> None:
    assert slow_build(checkout, "kill").wait() == -signal.SIGKILL
    assert bootstrap.why_stale(checkout / ".venv", checkout) == "never finished"
    # make runs the next build with what looks like the environment's own Python
    half_built = checkout / ".venv" / "bin" / "python"
    assert slow_build(checkout, "finish", python=half_built).wait() == 0
    assert bootstrap.why_stale(checkout / ".venv", checkout) is None


def test_builds_at_once_do_the_work_once(checkout: Path) -> None:
    builds = [slow_build(checkout, "finish") for _ in range(3)]
    assert [build.wait() for build in builds] == [0, 0, 0]
    one_build = 2  # pip itself first, then the study
    assert len((checkout / "calls").read_text().splitlines()) == one_build


def fake_python(venv: Path, script: str) -> None:
    """Put a shell script where the environment's Python should be."""
    python = venv / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)


def test_nobody_builds_while_the_pip_of_a_killed_build_still_runs(checkout: Path) -> None:
    fake_python(checkout / ".venv", "touch started && sleep 0.5 && touch finished")
    code = (
        "import sys; from pathlib import Path; from memstudy import bootstrap\n"
        "root = Path(sys.argv[1])\n"
        "with bootstrap._guard(root / '.venv') as guard:\n"
        "    bootstrap.pip(root / '.venv', root, guard, 'install', 'torch')\n"
    )
    build = run_python(code, str(checkout))
    while not (checkout / "started").exists():
        assert build.poll() is None
    build.kill()
    assert build.wait() == -signal.SIGKILL
    with bootstrap._guard(checkout / ".venv"):
        assert (checkout / "finished").exists()


def test_pip_failing_is_one_line_that_names_its_log(checkout: Path) -> None:
    venv = checkout / ".venv"
    fake_python(venv, "echo Collecting torch; echo ERROR: No space left; exit 1")
    with (
        bootstrap._guard(venv) as guard,
        pytest.raises(bootstrap.SetupError, match=r"No space left.*pip\.log") as raised,
    ):
        bootstrap.pip(venv, checkout, guard, "install", "torch")
    assert "\n" not in str(raised.value)
    assert "Collecting torch" in (venv / bootstrap.LOG).read_text()


def test_the_lock_holds_on_any_platform() -> None:
    def item(name: str, version: str, **info: object) -> dict:
        return {"metadata": {"name": name, "version": version}, "download_info": info}

    report = {
        "environment": {
            "python_version": "3.11",
            "platform_system": "Linux",
            "platform_machine": "x86_64",
        },
        "install": [
            item("torch", "2.13.0+cpu", url="file:///wheels/torch.whl"),
            item("nvidia-cublas", "13.1.1.3", url="https://example.org/cublas.whl"),
            item("Jupyter_Core", "5.9.1", url="https://example.org/core.whl"),
            item("memstudy", "0.1.0", url="file:///here", dir_info={"editable": True}),
        ],
    }
    pins = [line for line in bootstrap.lock_text(report).splitlines() if line[0] != "#"]
    assert pins == ["jupyter-core==5.9.1", "torch==2.13.0"]
