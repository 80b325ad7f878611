"""nbval really compares: one shifted digit in a stored check turns it red."""

import subprocess
import sys

import nbformat
import pytest

from memstudy.core import paths

CHECK = "nbval-check-output"


def nbval(path):
    options = ["-p", "tests.nbval_plugin", "--nbval-lax", "--nbval-current-env"]
    options += ["--nbval-sanitize-with", "tests/notebooks.cfg"]
    command = [sys.executable, "-m", "pytest", *options, str(path)]
    return subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True)


@pytest.mark.slow
def test_a_shifted_number_turns_nbval_red(tmp_path):
    notebook = nbformat.read(paths.NOTEBOOKS / "01_three_moons.ipynb", as_version=4)
    checks = [c for c in notebook.cells if CHECK in c.metadata.get("tags", [])]
    text = checks[0].outputs[0].text
    digit = next(i for i, letter in enumerate(text) if letter in "12345678")
    shifted = text[:digit] + str(int(text[digit]) + 1) + text[digit + 1 :]
    checks[0].outputs[0].text = shifted
    path = tmp_path / "shifted.ipynb"
    nbformat.write(notebook, path)
    answer = nbval(path)
    assert answer.returncode == 1, answer.stdout
    assert "1 failed" in answer.stdout
