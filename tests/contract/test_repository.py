"""What holds the repository together: names, floors, records, figures, generated files."""

import ast
import csv

import pytest

from memstudy import reporting, runner
from memstudy.core import experiment, paths
from memstudy.core.record import MOST_BYTES
from memstudy.core.store import Store

EXPERIMENTS = experiment.load_all()
PROFILES = [(found, name) for found in EXPERIMENTS for name in found.profiles]

# A room imports only from floors below it. What is not named stands on the floor of its folder.
FLOORS = {
    "core": 1,
    "corpora": 1,
    "nn": 1,
    "batching": 2,
    "distributed": 2,
    "errata": 2,
    "evaluation": 2,
    "monitoring": 2,
    "optimisation": 2,
    "scoring": 2,
    "stages": 2,
    "training": 2,
    "training_loop": 2,
    "watching": 2,
    "language_models": 2,
    "plotting": 2,
    "records": 2,
    "experiments": 3,
    "cluster": 4,
    "runner": 4,
    "scheduling": 4,
    "workers": 4,
    "execution": 4,
    "study": 5,
    "benchmarking": 6,
    "notebooks": 6,
    "page": 6,
    "reporting": 6,
    "doctoring": 6,
    "cli": 7,
    "__main__": 8,
}
every_experiment = pytest.mark.parametrize("found", EXPERIMENTS, ids=lambda found: found.name)
every_profile = pytest.mark.parametrize(
    "found, profile", PROFILES, ids=lambda part: getattr(part, "name", part)
)


@every_experiment
def test_one_name_leads_to_all_places(found):
    assert found.notebook[3:] == found.name
    assert (paths.EXPERIMENTS / found.name / "config.py").is_file()
    assert (paths.NOTEBOOKS / f"{found.notebook}.ipynb").is_file()
    assert all(spec.name.startswith(f"{found.notebook}_") for spec in found.figures())
    assert all(unit.experiment == found.name for unit in found.units(found.profile("smoke")))


@every_profile
def test_every_profile_gives_distinct_units(found, profile):
    settings = found.profile(profile)
    units = found.units(settings)
    assert settings.name == profile
    assert settings.recorded == (profile != "smoke")
    assert len({unit.id for unit in units}) == len({unit.hash for unit in units}) == len(units)
    assert {unit.seed for unit in units if unit.random} <= set(settings.seeds)
    for pack in experiment.packs(units, settings.pack_size):
        assert len({experiment.content_hash(unit.config) for unit in pack}) == 1


@every_experiment
def test_claims_point_to_figures_and_have_rules(found):
    figures = {spec.name for spec in found.figures()} | {""}
    for claim in found.claims:
        assert claim.figure in figures
        assert claim.rule and claim.statement and claim.where and claim.paper_value
    assert len({claim.id for claim in found.claims}) == len(found.claims)


def test_every_recorded_run_belongs_to_a_unit_and_verifies():
    store = Store(paths.RESULTS)
    for folder in (path for path in paths.RESULTS.iterdir() if path.is_dir()):
        found = experiment.load(folder.name)
        for profile in (path.name for path in folder.iterdir()):
            units = {unit.id: unit for unit in found.units(found.profile(profile))}
            recorded = store.unit_ids(found.name, profile)
            assert set(recorded) <= set(units)
            for unit_id in recorded:
                assert store.read(profile, units[unit_id]).completed
            for file in (folder / profile).rglob("*.*"):
                assert file.stat().st_size <= MOST_BYTES


def test_a_best_profile_is_recorded_completely_for_every_experiment():
    for found in EXPERIMENTS:
        best = reporting.best_results(found)
        assert best is not None, found.name
        where = runner.places(best.profile)
        assert not where.store.missing(best.profile.name, found.units(best.profile))


def test_figures_folder_holds_what_the_index_lists():
    with open(reporting.FIGURE_INDEX, encoding="utf-8") as stream:
        listed = {row["figure"] for row in csv.DictReader(stream)}
    for suffix in ("png", "svg"):
        assert {path.stem for path in paths.FIGURES.glob(f"*.{suffix}")} == listed


def test_readme_ledger_and_index_agree_with_the_recorded_runs():
    assert reporting.write(check=True) == []


def modules():
    return sorted(path for path in paths.LIBRARY.rglob("*.py"))


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(paths.LIBRARY)))
def test_rooms_import_from_floors_below(path):
    room = path.relative_to(paths.LIBRARY).with_suffix("").parts
    floor = FLOORS.get(room[0])
    if floor is None:  # __init__, bootstrap: stand alone
        floor = 0
    for imported in runtime_imports(ast.parse(path.read_text(encoding="utf-8"))):
        parts = imported.split(".")[1:]
        if not parts or parts[0] == room[0]:
            continue
        assert FLOORS.get(parts[0], 0) <= floor, f"{path.name} imports {imported}, a floor above"


def runtime_imports(tree):
    """Names of modules of the study that a file imports when it runs."""
    hidden = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and getattr(branch.test, "id", "") == "TYPE_CHECKING"
        for node in ast.walk(branch)
    }
    for node in ast.walk(tree):
        if id(node) in hidden:
            continue
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.startswith("memstudy"))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("memstudy"):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_files_of_the_library_can_be_read_in_one_sitting():
    long = {p.name: n for p in modules() if (n := len(p.read_text().splitlines())) > 400}
    assert not long
