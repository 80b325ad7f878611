"""The doctor: one line a finding, every run verified, exit code 1 if there is a problem."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from importlib import metadata

import pytest

from memstudy import doctoring

LINE = re.compile(r"(ok|note|problem) +\S.*")


@pytest.fixture
def clinic(study):
    """A study whose installation files fit this environment."""
    (study.root / "pyproject.toml").write_text(
        '[project]\ndependencies = ["numpy>=1", "pandas"]\n'
        '[project.optional-dependencies]\ntest = ["pytest>=8"]\n'
    )
    (study.root / "requirements.lock").write_text(
        f"# a comment\nnumpy=={metadata.version('numpy')}\npytest=={metadata.version('pytest')}\n"
    )
    return study


def examine(study):
    """Exit code and findings, by level."""
    done = study.run("doctor")
    assert done.err == ""
    *lines, last = done.out.splitlines()
    assert all(LINE.fullmatch(line) for line in lines)
    found = {"ok": [], "note": [], "problem": []}
    for line in lines:
        level, text = line.split(maxsplit=1)
        found[level].append(text)
    counts = ", ".join(f"{len(found[level])} {level}" for level in ("problem", "note", "ok"))
    assert last == f"in all: {counts}"
    assert done.code == (1 if found["problem"] else 0)
    return found


def test_a_healthy_study_has_no_problem(clinic):
    assert clinic.run("run", "toy", "--device", "cpu").code == 0
    found = examine(clinic)
    assert found["problem"] == []
    said = "\n".join(found["ok"])
    assert f"Python {sys.version.split()[0]} on " in said
    assert "2 packages, all as in requirements.lock" in said
    assert "computes on c" in said
    assert "toy, profile cpu: 6 runs, all verified" in said
    assert any("not a git checkout" in note for note in found["note"])
    assert any("6 runs were made by code that was not committed" in n for n in found["note"])


def test_that_no_compiled_modules_are_kept_is_a_note(monkeypatch):
    for forbidden in (True, False):
        monkeypatch.setattr(sys, "dont_write_bytecode", forbidden)
        notes = [text for level, text in doctoring.python() if level == doctoring.NOTE]
        assert ["compiles PyTorch again" in note for note in notes] == [True] * forbidden


def test_nothing_is_written(clinic):
    before = sorted(clinic.root.rglob("*.json"))
    examine(clinic)
    assert not (clinic.root / "data").exists()
    assert sorted(clinic.root.rglob("*.json")) == before


def test_every_run_that_cannot_be_trusted_is_a_line(clinic):
    clinic.run("run", "toy", "--device", "cpu")
    runs = clinic.results / "cpu"
    (runs / "calm-seed0" / "run.json").write_text("{")
    os.truncate(runs / "wild-seed2" / "measurements.parquet", 99)
    problems = examine(clinic)["problem"]
    assert len(problems) == 2
    assert "data/results/toy/cpu/calm-seed0/run.json is corrupt" in problems[0]
    assert "wild-seed2/measurements.parquet is truncated or was altered" in problems[1]
    assert "python -m memstudy run toy --profile cpu --only wild-seed2 --force" in problems[1]


def test_incomplete_failed_strange_and_left_over_runs_are_notes(clinic):
    clinic.set(breaks={"calm-seed1": "raise"})
    clinic.run("run", "toy", "--device", "cpu", "--only", "calm")
    runs = clinic.results / "cpu"
    shutil.copytree(runs / "calm-seed0", runs / "old_arm-seed0")
    shutil.copytree(runs / "calm-seed0", runs / ".calm-seed2.0.tmp")
    (clinic.results.parent / "forgotten").mkdir()
    found = examine(clinic)
    assert found["problem"] == []
    for text in (
        "toy, profile cpu: calm-seed1 failed: ValueError: the map left the interval",
        "toy, profile cpu: 2 of 6 runs; the others: python -m memstudy run toy --profile cpu",
        "toy, profile cpu: 1 runs of no unit, such as old_arm-seed0",
        "toy, profile cpu: 1 temporary folders, of runs at work or killed",
        "data/results/forgotten belongs to no experiment",
    ):
        assert text in found["note"]


def test_packages_are_compared_with_what_the_study_asks_for(clinic):
    (clinic.root / "pyproject.toml").write_text(
        '[project]\ndependencies = ["numpy", "no-such-package>=3"]\n'
        '[project.optional-dependencies]\nnotebooks = ["no-such-drawing"]\n'
    )
    (clinic.root / "requirements.lock").write_text("numpy==0.1\nno-such-package==3.0\n")
    found = examine(clinic)
    assert found["problem"] == ["not installed: no-such-package; nothing can be run without"]
    numpy = metadata.version("numpy")
    assert f"other versions than in requirements.lock: numpy {numpy} (0.1)" in found["note"]
    assert any("no-such-drawing; needed to draw figures" in note for note in found["note"])
    (clinic.root / "requirements.lock").unlink()
    assert any("no requirements.lock" in note for note in examine(clinic)["note"])


def test_places_and_corpora(clinic, tmp_path, monkeypatch):
    (clinic.root / "data").write_text("in the way")
    found = examine(clinic)
    assert found["problem"] == ["data is no folder that can be written"] * 2
    (clinic.root / "data").unlink()
    named = clinic.python("-c", DOCTOR.format(str(tmp_path))).wait()
    assert f"ok      MEMSTUDY_CORPORA is {tmp_path}" in named.out
    monkeypatch.setenv("HOME", str(tmp_path.parent))
    named = clinic.python("-c", DOCTOR.format(f"~/{tmp_path.name}")).wait()
    assert f"ok      MEMSTUDY_CORPORA is {tmp_path}" in named.out  # as corpora are looked for
    named = clinic.python("-c", DOCTOR.format("/nowhere")).wait()
    assert "problem MEMSTUDY_CORPORA is no folder: /nowhere" in named.out


DOCTOR = """
import os
from memstudy import doctoring
os.environ["MEMSTUDY_CORPORA"] = {!r}
for level, text in doctoring.corpora():
    print(f"{{level:8}}{{text}}")
"""


def test_a_doctor_that_falls_ill_says_so_and_sees_to_the_rest(clinic):
    (clinic.root / "pyproject.toml").write_text("this is no TOML")
    (clinic.experiment / "run.py").write_text("this is no Python")
    found = examine(clinic)
    assert [problem.split(":")[0] for problem in found["problem"]] == ["packages", "recorded"]
    assert any("computes on" in text for text in found["ok"])


def test_a_bare_machine_has_no_problem(clinic):
    """Nothing but the library and what it runs with."""
    for name in ("pyproject.toml", "requirements.lock"):
        (clinic.root / name).unlink()
    found = examine(clinic)
    assert found["problem"] == []
    assert any("no pyproject.toml, as on a bare machine" in note for note in found["note"])


def test_a_kernel_of_another_python_is_a_problem(clinic, tmp_path):
    folder = tmp_path / "jupyter" / "kernels" / "python3"
    folder.mkdir(parents=True)
    program = ["/usr/bin/python9", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (folder / "kernel.json").write_text(
        json.dumps({"argv": program, "display_name": "x", "language": "python"})
    )
    code = """
import os
os.environ["JUPYTER_PATH"] = {!r}
from memstudy import doctoring
print(*doctoring.kernels())
"""
    said = clinic.python("-c", code.format(str(tmp_path / "jupyter"))).wait()
    assert said.out == "('problem', 'the kernel python3 is another Python: /usr/bin/python9')\n"
    said = clinic.python("-c", code.format("/nowhere")).wait()
    assert said.out == "('ok', 'the kernel python3 is this Python')\n"
