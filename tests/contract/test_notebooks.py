"""What every notebook of the study promises its reader."""

import ast
import re

import nbformat
import pytest

from memstudy import notebooks
from memstudy.core import experiment, paths
from memstudy.reporting import best_results

NOTEBOOKS = notebooks.find(None)
EXPERIMENTS = {found.notebook: found for found in experiment.load_all()}
PARAMETERS = ["profile", "mode", "seeds"]
CHECK = "nbval-check-output"
MACHINE_PATH = re.compile(r"(/home/|/root/|/tmp/|/Users/|/work/|[A-Z]:\\\\)")


def read(path):
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tagged(notebook, tag):
    return [cell for cell in code_cells(notebook) if tag in cell.metadata.get("tags", [])]


def printed(cell):
    return "".join(output.get("text", "") for output in cell.outputs)


every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
every_argument = pytest.mark.parametrize("name", sorted(EXPERIMENTS))


def test_every_experiment_has_its_notebook_and_the_overview_comes_first():
    assert [path.stem for path in NOTEBOOKS] == ["00_overview", *sorted(EXPERIMENTS)]


@every_notebook
def test_stored_normalised_and_executed_from_top_to_bottom(path):
    text = path.read_text(encoding="utf-8")
    notebook = read(path)
    assert text == notebooks.as_text(notebooks.normalise(read(path)))
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))


@every_notebook
def test_short_cells_without_installs_magics_errors_warnings_or_machine_paths(path):
    cells = code_cells(read(path))
    assert len(cells) <= 25
    for cell in cells:
        assert len(cell.source.splitlines()) <= 25, cell.id
        assert not re.search(r"^\s*[%!]", cell.source, re.MULTILINE), cell.id
        for output in cell.outputs:
            assert output.output_type != "error", cell.id
            assert output.get("name") != "stderr", cell.id
            assert "application/vnd.jupyter.widget-view+json" not in output.get("data", {})
            shown = output.get("text", "") + str(output.get("data", {}).get("text/html", ""))
            assert not MACHINE_PATH.search(shown), cell.id
        assert not MACHINE_PATH.search(cell.source), cell.id


@every_notebook
def test_check_cells_stand_and_have_output(path):
    cells = tagged(read(path), CHECK)
    assert cells
    assert all(printed(cell).strip() for cell in cells)


@every_notebook
def test_images_have_an_alternative_text(path):
    for cell in code_cells(read(path)):
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                assert len(output.metadata["image/png"]["alt"]) > 40, cell.id


@every_argument
def test_the_cells_come_in_the_order_of_an_argument(name):
    notebook = read(paths.NOTEBOOKS / f"{name}.ipynb")
    sources = [cell.source for cell in notebook.cells]
    assert sources[0].startswith(f"# {name[:2]} · ")
    assert notebook.cells[1] in tagged(notebook, "parameters")
    figures = [f'results.show("{spec.name}")' for spec in EXPERIMENTS[name].figures()]
    landmarks = [
        "study.banner(",
        "## The data",
        "## The mechanism",
        "study.results(",
        "results.verdict_table()",
        *figures,
        "results.check_lines()",
        "## What this shows, what it does not",
    ]
    places = [next(i for i, text in enumerate(sources) if mark in text) for mark in landmarks]
    assert places == sorted(places)
    assert len(set(places)) == len(places)
    assert places[-1] == len(sources) - 1
    assert CHECK in notebook.cells[places[-2]].metadata.tags


@every_argument
def test_parameters_are_typed_and_commented(name):
    (cell,) = tagged(read(paths.NOTEBOOKS / f"{name}.ipynb"), "parameters")
    statements = ast.parse(cell.source).body
    assert all(isinstance(statement, ast.AnnAssign) for statement in statements)
    names = [statement.target.id for statement in statements]
    assert names[:3] == PARAMETERS
    assert len(names) <= 6
    assert all("  # " in line for line in cell.source.splitlines())


@every_argument
def test_the_notebook_shows_the_best_recorded_profile(name):
    (cell,) = tagged(read(paths.NOTEBOOKS / f"{name}.ipynb"), "parameters")
    values = {s.target.id: ast.literal_eval(s.value) for s in ast.parse(cell.source).body}
    assert values["mode"] == "load"
    assert values["profile"] == best_results(EXPERIMENTS[name]).profile.name


@every_argument
def test_the_card_names_every_claim(name):
    card = read(paths.NOTEBOOKS / f"{name}.ipynb").cells[0].source
    for claim in EXPERIMENTS[name].claims:
        assert re.search(rf"\b{re.escape(claim.id)}\b", card), claim.id


@every_argument
def test_every_number_in_the_conclusion_is_in_a_checked_cell(name):
    notebook = read(paths.NOTEBOOKS / f"{name}.ipynb")
    checked = " ".join(printed(cell) for cell in tagged(notebook, CHECK))
    known = set(re.findall(r"\d+(?:\.\d+)?", checked.replace(",", "")))
    for number in re.findall(r"(?<![\w-])\d+(?:\.\d+)?", notebook.cells[-1].source):
        assert number in known, f"{number} stands in the conclusion but in no checked cell"
