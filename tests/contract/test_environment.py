"""One place for every fact about the environment, and the files that must agree with it."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from memstudy import bootstrap
from memstudy.core.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
LOCK_LINES = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
PINS = [line for line in LOCK_LINES if not line.startswith("#")]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))


def locked() -> dict[str, Version]:
    pairs = (line.split("==") for line in PINS)
    return {name: Version(version) for name, version in pairs}


def make_variable(name: str) -> str:
    return re.search(rf"^{name} *= *(.*)$", MAKEFILE, re.MULTILINE)[1]


# --- pyproject.toml and requirements.lock ----------------------------------------------------


@pytest.mark.parametrize("extra", [None, *EXTRAS])
def test_every_dependency_is_pinned_inside_its_range(extra: str | None) -> None:
    pins = locked()
    for text in EXTRAS[extra] if extra else PROJECT["dependencies"]:
        requirement = Requirement(text)
        assert canonicalize_name(requirement.name) in pins, f"`make lock` has not seen {text}"
        assert pins[canonicalize_name(requirement.name)] in requirement.specifier, text


def test_no_dependency_is_named_twice() -> None:
    everything = [*PROJECT["dependencies"], *(text for extra in EXTRAS.values() for text in extra)]
    names = [canonicalize_name(Requirement(text).name) for text in everything]
    assert len(names) == len(set(names))


def test_the_lock_is_plain_sorted_pins() -> None:
    """No local versions (+cpu), hosts, paths, hashes or options: it must hold everywhere."""
    for line in PINS:
        assert re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", line), line
    names = [line.split("==")[0] for line in PINS]
    assert names == sorted(set(names))
    assert not re.search(r"://|@|/home|/root|\+", "\n".join(LOCK_LINES))


def test_the_lock_holds_torch_and_what_builds_the_package() -> None:
    assert "torch==2.13.0" in PINS
    assert {"pip", "setuptools"} <= set(locked())


def test_no_lock_entry_is_for_one_kind_of_machine() -> None:
    assert not [pin for pin in PINS if pin.startswith(bootstrap.CUDA_PREFIXES)]


def test_the_code_admits_the_torch_of_gpu_nodes() -> None:
    torch = next(Requirement(text) for text in PROJECT["dependencies"] if "torch" in text)
    assert torch.specifier.contains("2.11.0") and torch.specifier.contains("2.13.0")


def test_the_oldest_python_is_the_same_everywhere() -> None:
    oldest = "{}.{}".format(*bootstrap.OLDEST_PYTHON)
    assert PROJECT["requires-python"] == f">={oldest}"
    assert f"{oldest} or newer" in MAKEFILE
    assert f"Python >= {oldest}" in MAKEFILE
    assert f"Python >= {oldest}" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    ruff = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]
    assert ruff["target-version"] == "py" + oldest.replace(".", "")


# --- environment.yml -------------------------------------------------------------------------


def conda_parts() -> tuple[dict[str, SpecifierSet], list[str]]:
    """The conda dependencies with their ranges, and the lines given to pip."""
    conda = [Requirement(entry) for entry in CONDA["dependencies"] if isinstance(entry, str)]
    pip = [entry["pip"] for entry in CONDA["dependencies"] if isinstance(entry, dict)]
    assert len(pip) == 1
    return {requirement.name: requirement.specifier for requirement in conda}, pip[0]


def test_conda_installs_python_pip_and_nothing_else() -> None:
    conda, _ = conda_parts()
    assert conda == {"python": SpecifierSet(PROJECT["requires-python"]), "pip": SpecifierSet()}


def test_conda_leaves_the_rest_to_the_package_itself() -> None:
    _, pip = conda_parts()
    constraint, package = pip
    assert constraint == "--constraint requirements.lock"
    path, extras = re.fullmatch(r"--editable (\S+)\[(\S+)\]", package).groups()
    assert path == "."
    assert sorted(extras.split(",")) == sorted(EXTRAS)


# --- Makefile, .gitignore --------------------------------------------------------------------


def run_make(*arguments: str, cwd: Path) -> str:
    """What make prints; without the variables that a calling make hands down."""
    command = ["env", "-u", "MAKEFLAGS", "-u", "MAKELEVEL", "-u", "MFLAGS", "make", *arguments]
    done = subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True)
    return done.stdout


def test_make_installs_extras_that_exist() -> None:
    assert set(make_variable("EXTRAS").split(",")) == set(EXTRAS) - {"cluster", "lab"}


def test_help_names_every_target_with_its_cost() -> None:
    phony = re.search(r"^\.PHONY: (help .*)$", MAKEFILE, re.MULTILINE)[1]
    targets = phony.replace("$(STEPS)", make_variable("STEPS")).split()
    documented = dict(re.findall(r"^([a-z]+):.*## (.+ \[.+\])$", MAKEFILE, re.MULTILINE))
    assert sorted(documented) == sorted(targets)
    help_lines = run_make(cwd=ROOT).splitlines()
    for target in targets:
        text, cost = documented[target].removesuffix("]").split(" [")
        shown = [line for line in help_lines if line.startswith(f"make {target} ")]
        assert len(shown) == 1 and text in shown[0] and shown[0].endswith(f" {cost}"), target


def test_make_works_from_any_folder_and_with_spaces(tmp_path: Path) -> None:
    folder = tmp_path / "it's  a folder"
    folder.mkdir()
    shutil.copy(ROOT / "Makefile", folder)
    expected = run_make(cwd=ROOT)
    assert run_make("-f", str(folder / "Makefile"), "help", cwd=tmp_path) == expected
    assert run_make("-f", "it's  a folder/Makefile", cwd=tmp_path) == expected
    assert expected in run_make("-C", str(folder), cwd=tmp_path)


def test_the_library_is_not_ignored() -> None:
    patterns = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    rules = {line.strip().strip("/") for line in patterns if line and not line.startswith("#")}
    assert not rules & {"lib", "lib*", "lib/memstudy", "data", "figures", "*.png", "*.parquet"}


def test_the_environment_is_ignored() -> None:
    assert "/.venv" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
