"""Executing notebooks: several at a time give what one at a time gives, and one failure is one."""

import os

import nbformat
import pytest

from memstudy import notebooks


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
