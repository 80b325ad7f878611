"""A machine with the six packages of pyproject.toml and nothing else runs and records experiments.

Notebook packages, plotting, ``datasets`` and tokenisers are hidden from a new process, which then
sees what a bare GPU node would see.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib

from memstudy.core import paths

DEPENDENCIES = tomllib.loads((paths.ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
# What draws, executes notebooks, writes reports, or serves a cluster; nothing of it runs units.
ELSEWHERE = ("plotting", "notebooks", "reporting", "benchmarking", "bootstrap", "__main__")

HIDE = """
import re, sys
from importlib import metadata

def closure(names):
    found, waiting = set(), list(names)
    while waiting:
        name = re.match(r"[\\w.-]+", waiting.pop())[0].lower().replace("_", "-")
        if name in found:
            continue
        try:
            needed = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        found.add(name)
        waiting += [need for need in needed if "extra ==" not in need]
    return found

kept = closure({dependencies!r})
hidden = {{
    module
    for module, owners in metadata.packages_distributions().items()
    if not {{owner.lower().replace("_", "-") for owner in owners}} & kept
}} - {{"memstudy", "pip", "setuptools", "pkg_resources", "_distutils_hack"}}

class Hide:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in hidden:
            raise ModuleNotFoundError(f"hidden: {{name}}", name=name)

assert "pytest" in hidden
sys.meta_path.insert(0, Hide())
"""

IMPORT_ALL = """
import importlib, pkgutil
import memstudy

def broken(name):
    raise ImportError(name)

for module in pkgutil.walk_packages(memstudy.__path__, "memstudy.", broken):
    last = module.name.split(".")[-1]
    if last not in {elsewhere!r} and "figure" not in last:
        importlib.import_module(module.name)
"""

RUN_ONE = """
from memstudy.cli import main

run = ["run", "three_moons", "--profile", "smoke", "--only", "three_units-seed0"]
code = main([*run, "--device", "cpu", "--threads", "1", "--out", {out!r}])
assert code == 0, code
assert main(["import", {out!r} + "/three_moons-smoke.tar", "--into", {out!r} + "/home"]) == 0
"""


def bare(code: str, **values: object) -> subprocess.CompletedProcess:
    """Run code in a process from which all but the dependencies and theirs are hidden."""
    text = HIDE.format(dependencies=DEPENDENCIES) + code.format(**values)
    return subprocess.run(
        [sys.executable, "-c", text],
        env=os.environ | {"PYTHONPATH": str(paths.LIBRARY.parent), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=600,
    )


def test_every_module_that_runs_experiments_can_be_imported() -> None:
    done = bare(IMPORT_ALL, elsewhere=ELSEWHERE)
    assert done.returncode == 0, done.stderr


def test_a_unit_is_run_packed_and_imported(tmp_path) -> None:
    done = bare(RUN_ONE, out=str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert "1 recorded now, 0 of 1 not measured; complete" in done.stdout
    assert "1 filed, 0 known already" in done.stdout
