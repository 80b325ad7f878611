"""Executing notebooks: several at a time give what one at a time gives, and one failure is one."""

import os
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import nbformat
import pytest
from nbclient.exceptions import DeadKernelError

from memstudy import notebooks
from memstudy.core.errors import UsageError


def write(folder, name, source):
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": notebooks.KERNEL})
    cells = [nbformat.v4.new_code_cell('mode = "load"', metadata={"tags": ["parameters"]})]
    notebook.cells = [*cells, nbformat.v4.new_code_cell(source)]
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    nbformat.write(notebook, folder / f"{name}.ipynb")
    return folder / f"{name}.ipynb"


def tasks(sources, target):
    target.mkdir()
    return [(path, target / path.name, {}) for path in sources]


def outcome(tasks, workers):
    found = list(notebooks.executions(tasks, workers))
    stored = {target.name: target.read_bytes() for _, target, _ in tasks if target.exists()}
    return {name: problem for name, problem, _ in found}, stored


@pytest.mark.slow
def test_two_at_a_time_store_what_one_at_a_time_stores(tmp_path):
    paths = [
        write(tmp_path, "00_one", "print(mode, 1 + 1)"),
        write(tmp_path, "01_bad", "raise KeyError('no such run')"),
        write(tmp_path, "02_two", "mode * 2"),
    ]
    one = outcome(tasks(paths, tmp_path / "one"), 1)
    two = outcome(tasks(paths, tmp_path / "two"), 2)
    assert one == two
    problems, stored = two
    assert problems["01_bad"].startswith("failed in cell 2: KeyError: 'no such run'")
    assert problems["00_one"] == problems["02_two"] == ""
    assert set(stored) == {"00_one.ipynb", "02_two.ipynb"}
    assert b"load 2" in stored["00_one.ipynb"] and b"loadload" in stored["02_two.ipynb"]


def test_every_worker_gets_its_share_of_the_cores(monkeypatch):
    kept = []
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {4, 1, 7}, raising=False)
    monkeypatch.setattr(os, "sched_setaffinity", lambda _, cores: kept.append(cores), raising=False)
    for number, workers in ((0, 2), (1, 2), (3, 4)):
        notebooks.take_share_of_cores(Numbers((number, workers)))
    assert kept == [[1, 7], [4], [1]]


class Numbers:
    """A queue that holds one thing."""

    def __init__(self, held):
        self.held = held

    def get(self):
        return self.held


def test_figures_go_where_the_user_said_whatever_folder_kernels_work_in(tmp_path, monkeypatch):
    asked = []

    def note(source, target, parameters):
        asked.extend((str(target), os.environ["MEMSTUDY_FIGURES"]))
        return ""

    monkeypatch.setattr(notebooks, "execute", note)
    monkeypatch.chdir(tmp_path)
    assert notebooks.execute_all(["00"], out=Path("here"), workers=1, echo=lambda line: None) == 0
    (notebook,) = notebooks.find(["00"])
    assert asked == [str(tmp_path / "here" / notebook.name), str(tmp_path / "here" / "figures")]


@pytest.mark.parametrize("error", [DeadKernelError("Kernel died"), ValueError("not JSON")])
def test_whatever_one_notebook_fails_of_the_others_are_executed(tmp_path, monkeypatch, error):
    executed = []

    def fail_once(source, target, parameters):
        executed.append(source)
        if len(executed) == 1:
            raise error
        return ""

    monkeypatch.setattr(notebooks, "execute", fail_once)
    said = []
    assert notebooks.execute_all(out=tmp_path, workers=1, echo=said.append) == 1
    assert executed == notebooks.find(None)
    assert f"failed: {type(error).__name__}: {error}" in said[0]
    assert all(": done (" in line for line in said[1:])


def test_a_process_that_dies_costs_its_own_notebook_alone(monkeypatch):
    """With it dies whatever else is in the pool."""

    class Pool(ThreadPoolExecutor):
        def __init__(self, workers, *_):
            super().__init__(1)
            self.broken = False

        def submit(self, work, task):
            return super().submit(self.work, task)

        def work(self, task):
            self.broken = self.broken or task[0].stem == "01_bad"
            if self.broken:
                raise BrokenProcessPool
            return task[0].stem, "", 1.0

    monkeypatch.setattr(notebooks, "ProcessPoolExecutor", Pool)
    names = ("00_one", "01_bad", "02_two", "03_three")
    found = notebooks.executions([(Path(name), Path(name), {}) for name in names], 2)
    problems = {name: problem for name, problem, _ in found}
    assert set(problems) == set(names)
    assert [name for name in names if problems[name]] == ["01_bad"]
    assert problems["01_bad"] == "failed: the process that executed it was killed or died"


def test_what_is_missing_is_said_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(notebooks, "PACKAGES", ("papermill", "no_such_package"))
    with pytest.raises(UsageError, match=r"needs no_such_package; install .*memstudy\[notebooks\]"):
        notebooks.execute_all(out=tmp_path / "out")
    monkeypatch.setattr(notebooks.paths, "NOTEBOOKS", tmp_path)
    with pytest.raises(UsageError, match="there are no notebooks in"):
        notebooks.execute_all(out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
