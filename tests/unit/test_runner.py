"""Grids in one process: what is recorded, what is tried again, what is never lost."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace

import pandas as pd
import pytest
import torch

from memstudy import execution, runner
from memstudy.core import provenance, record
from memstudy.core.errors import UsageError
from memstudy.core.experiment import Cost, Experiment, Measured, Profile, Unit
from memstudy.core.store import Store, StoreError
from memstudy.runner import Options, Places

CPU = Profile("cpu", (0, 1, 2, 3), Cost(60.0, "an abacus", "little"), True, False, "small", 2)


@dataclass(frozen=True)
class Config:
    steps: int = 10
    fresh: bool = False


class Grid:
    """An experiment in memory: two arms that train nothing, breakable at every step."""

    def __init__(self, profile: Profile = CPU) -> None:
        self.breaks: dict[str, Exception] = {}  # unit id -> what to raise in its fifth step
        self.spoils: dict[str, Measured] = {}  # unit id -> what to give instead of measurements
        self.packs: list[list[str]] = []  # what was executed together, in order
        self.resumed_at: list[int] = []  # step at which each of them began
        self.experiment = Experiment(
            "grid", "97_grid", "", {profile.name: profile}, self.units, self.execute, ()
        )

    def units(self, profile):
        return [Unit("grid", arm, s, Config(), arm) for arm in "ab" for s in profile.seeds]

    def execute(self, pack, context):
        state = context.restored() or {"step": 0, "values": torch.zeros(len(pack), 0)}
        self.packs.append([unit.id for unit in pack])
        self.resumed_at.append(state["step"])
        for step in range(state["step"], pack[0].config.steps):
            for unit in pack:
                if step == 5 and unit.id in self.breaks:
                    raise self.breaks[unit.id]
            generators = [torch.Generator().manual_seed(unit.seed * 99 + step) for unit in pack]
            drawn = torch.cat([torch.rand(1, 1, generator=g) for g in generators])
            state = {"step": step + 1, "values": torch.cat((state["values"], drawn), dim=1)}
            context.advance(step + 1, 10, lambda state=state: state, loss=drawn[0, 0])
        return [
            self.spoils.get(unit.id) or Measured(table(values.tolist()), {"parameters": 0})
            for unit, values in zip(pack, state["values"], strict=True)
        ]


def table(values):
    rows = {"metric": "x", "value": values, "split": "", "part": "", "step": -1, "position": -1}
    return pd.DataFrame(rows | {"model": "a", "seed": 0})


@pytest.fixture
def grid():
    return Grid()


@pytest.fixture
def where(tmp_path):
    return Places(Store(tmp_path / "results"), tmp_path / "cache")


def run(grid, where, stop_wanted=lambda: "", said=None, **options):
    options = Options(**{"device": "cpu", "threads": 1} | options)
    echo = (lambda line: None) if said is None else said.append
    profile = next(iter(grid.experiment.profiles))
    return runner.run(grid.experiment, profile, options, where, stop_wanted, echo)


def recorded(where, profile="cpu"):
    return where.store.unit_ids("grid", profile)


def values(where, unit_id):
    """What was measured, to compare to the bit."""
    path = where.store.folder("grid", "cpu", unit_id) / record.TABLE
    return path.read_bytes()


ALL = [f"{arm}-seed{seed}" for arm in "ab" for seed in range(4)]


def test_a_grid_is_recorded_once(grid, where):
    report = run(grid, where)
    assert (report.asked, report.recorded, report.failed, report.missing) == (8, ALL, {}, 0)
    assert report.complete
    assert grid.packs == [ALL[0:2], ALL[2:4], ALL[4:6], ALL[6:8]]
    again = run(grid, where)
    assert (again.asked, again.recorded, again.missing) == (8, [], 0)
    assert len(grid.packs) == 4
    assert not list((where.cache / "checkpoints").rglob("*.pt"))


def test_what_a_record_says_about_the_run(grid, where):
    run(grid, where)
    found = where.store.read("cpu", grid.units(CPU)[0]).run
    assert found["packed_with"] == ["a-seed0", "a-seed1"]
    assert found["outcome"] == "completed"
    assert 0 <= found["wall_seconds"] < 60
    assert found["peak_memory_bytes"] > 0
    assert len(found["library_sha256"]) == 64
    assert found["device"]["threads"] == 1


def test_a_record_says_when_its_own_pack_began_and_what_that_needed(grid, where, monkeypatch):
    begun, reset = [], []

    def now():
        begun.append(f"2026-01-01T00:00:{len(begun):02}+00:00")
        return begun[-1]

    monkeypatch.setattr(provenance, "now", now)
    monkeypatch.setattr(
        provenance, "reset_peak_memory", lambda device: reset.append(len(grid.packs))
    )
    monkeypatch.setattr(provenance, "peak_memory_bytes", lambda device: len(grid.packs))
    run(grid, where)
    found = [where.store.read("cpu", unit).run for unit in grid.units(CPU)]
    assert [run["started"] for run in found[::2]] == [run["started"] for run in found[1::2]]
    assert [run["started"] for run in found[::2]] == begun[-4:]
    assert reset == [0, 1, 2, 3]
    assert [run["peak_memory_bytes"] for run in found] == [1, 1, 2, 2, 3, 3, 4, 4]


def test_some_seeds_and_some_units(grid, where):
    run(grid, where, seeds=(1, 2), only=["a"])
    assert recorded(where) == ["a-seed1", "a-seed2"]
    # Packs stay what they are in the whole grid, so that checkpoints fit the next call.
    assert grid.packs == [["a-seed1"], ["a-seed2"]]
    report = run(grid, where)
    assert report.recorded == [name for name in ALL if name not in ("a-seed1", "a-seed2")]


def test_bad_selections_do_nothing(grid, where, tmp_path):
    for options in ({"seeds": (9,)}, {"only": ["zzz"]}, {"device": "tpu"}):
        with pytest.raises(UsageError):
            run(grid, where, **options)
    with pytest.raises(UsageError, match="no profile 'gpu'; choose one of cpu"):
        runner.run(grid.experiment, "gpu", Options(), where)
    assert grid.packs == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [ValueError("broke\nbadly"), MemoryError(), KeyError("x")])
def test_a_broken_unit_is_recorded_as_failed_and_the_others_go_on(grid, where, error, capsys):
    grid.breaks["a-seed1"] = error
    said = []
    report = run(grid, where, said=said)
    reason = f"{type(error).__name__}: {(str(error) or 'MemoryError').splitlines()[0]}"
    assert report.failed == {"a-seed1": reason}
    assert report.recorded == [name for name in ALL if name != "a-seed1"]
    assert (report.missing, report.complete) == (1, False)
    assert f"failed: a-seed1: {reason}" in said
    assert "Traceback" in capsys.readouterr().err  # once, for whoever wrote the experiment
    # The pack was tried together, then each unit alone.
    assert grid.packs[:3] == [["a-seed0", "a-seed1"], ["a-seed0"], ["a-seed1"]]
    with pytest.raises(StoreError, match=f"1 failed, a-seed1: {reason}"):
        where.store.load(grid.experiment, "cpu", grid.units(CPU))


def test_a_unit_recorded_beside_a_broken_one_is_what_it_would_have_been(grid, where, tmp_path):
    grid.breaks["a-seed1"] = ValueError("broke")
    run(grid, where)
    whole = Places(Store(tmp_path / "whole"), tmp_path / "other_cache")
    run(Grid(), whole)
    assert all(values(where, name) == values(whole, name) for name in ALL if name != "a-seed1")


def test_a_failed_unit_is_tried_again_alone(grid, where):
    grid.breaks["a-seed1"] = ValueError("broke")
    run(grid, where)
    grid.packs.clear()
    again = run(grid, where)
    assert list(again.failed) == ["a-seed1"]
    grid.breaks.clear()
    third = run(grid, where)
    assert grid.packs == [["a-seed1"], ["a-seed1"]]
    assert (third.recorded, third.missing) == (["a-seed1"], 0)
    assert where.store.read("cpu", grid.units(CPU)[1]).completed


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        (Measured(table([1.0]).drop(columns="part")), "ValueError: a table of measurements has"),
        (Measured(table([1.0]), {"a": {1, 2}}), "TypeError: configurations and facts hold"),
        (Measured(table([1.0]).assign(step=0.5)), "ValueError: the column 'step'"),
        ("no measurement", "AttributeError: "),
    ],
)
def test_measurements_that_cannot_be_recorded_are_a_failure_of_their_unit(
    grid, where, spoilt, reason
):
    grid.spoils["a-seed0"] = spoilt
    report = run(grid, where)
    assert list(report.failed) == ["a-seed0"]
    assert report.failed["a-seed0"].startswith(reason)
    assert report.recorded == ALL[1:]
    assert grid.packs[:2] == [ALL[0:2], ALL[2:4]]  # the others are not measured twice for it


def test_a_wrong_number_of_results_is_a_failure(grid, where):
    execute = grid.experiment.execute
    short = replace(grid.experiment, execute=lambda pack, context: execute(pack, context)[:-1])
    report = runner.run(short, "cpu", Options(only=["a-seed0"], threads=1), where, echo=len)
    assert report.failed == {"a-seed0": "ValueError: execute gave 0 results for 1 units"}


def test_facts_that_are_not_finite_do_not_cost_the_run(grid, where):
    grid.spoils["a-seed0"] = Measured(table([float("nan")]), {"loss": float("inf")})
    assert run(grid, where).complete
    assert where.store.read("cpu", grid.units(CPU)[0]).run["facts"] == {"loss": "inf"}


def test_bad_input_found_by_an_experiment_ends_the_grid_and_keeps_what_is_recorded(grid, where):
    grid.breaks["b-seed0"] = UsageError("there is no corpus; prepare it")
    with pytest.raises(UsageError, match="there is no corpus; prepare it"):
        run(grid, where)
    assert recorded(where) == ALL[:4]


def stop_after(calls):
    """Wish to stop at the n-th look."""
    left = iter(range(calls))
    return lambda: "" if next(left, None) is not None else "budget"


def test_a_grid_stopped_again_and_again_is_the_same_to_the_bit(grid, where, tmp_path):
    whole = Places(Store(tmp_path / "whole"), tmp_path / "other_cache")
    run(Grid(), whole)
    calls = 0
    while not (report := run(grid, where, stop_after(5))).complete:
        assert report.stopped == "budget"
        calls += 1
    assert calls == 8
    assert {name: values(where, name) for name in ALL} == {
        name: values(whole, name) for name in ALL
    }
    assert max(grid.resumed_at) > 0
    assert not list((where.cache / "checkpoints").rglob("*.pt"))


def test_seconds_of_a_resumed_run_are_those_of_all_calls(grid, where):
    def pausing():
        time.sleep(0.02)
        return next(reasons, "")

    reasons = iter([""] * 6 + ["budget", "budget"])
    run(grid, where, pausing, only=["a-seed0"])
    run(grid, where, lambda: time.sleep(0.02) or "", only=["a-seed0"])
    assert where.store.read("cpu", grid.units(CPU)[0]).run["wall_seconds"] > 0.02 * 10


def test_a_checkpoint_of_other_code_is_not_continued(grid, where, monkeypatch):
    run(grid, where, stop_after(5), only=["a-seed0"])
    monkeypatch.setattr("memstudy.core.provenance.library_sha256", lambda: "f" * 64)
    run(grid, where, only=["a-seed0"])
    assert grid.resumed_at == [0, 0]


def test_stopping_before_the_first_pack_and_after_the_last(grid, where):
    report = run(grid, where, lambda: "interrupt")
    assert (report.stopped, report.missing, grid.packs) == ("interrupt", 8, [])
    done = []
    report = run(grid, where, lambda: "budget" if len(recorded(where)) == 8 else "", said=done)
    assert (report.stopped, report.missing) == ("", 0)


def test_force_measures_again_and_says_what_it_did_not(grid, where):
    run(grid, where)
    before = values(where, "a-seed0")
    grid.spoils = {name: Measured(table([7.0])) for name in ALL}
    report = run(grid, where, stop_after(15), force=True)
    assert report.recorded == ["a-seed0", "a-seed1"]
    assert (report.stopped, report.missing, report.complete) == ("budget", 6, False)
    assert values(where, "a-seed0") != before
    assert values(where, "b-seed0") != values(where, "a-seed0")
    assert run(grid, where, force=True).complete
    assert where.store.missing("cpu", grid.units(CPU)) == []


def test_a_failure_under_force_does_not_cost_what_stood_there(grid, where):
    run(grid, where)
    before = values(where, "a-seed1")
    grid.breaks["a-seed1"] = MemoryError()
    report = run(grid, where, force=True)
    assert list(report.failed) == ["a-seed1"]
    assert not report.complete
    assert values(where, "a-seed1") == before
    assert where.store.read("cpu", grid.units(CPU)[1]).completed


def test_force_repairs_a_run_that_cannot_be_trusted(grid, where):
    run(grid, where)
    folder = where.store.folder("grid", "cpu", "a-seed1")
    (folder / "run.json").write_text("{")
    grid.packs.clear()
    with pytest.raises(StoreError, match=r"run.json is corrupt .* --only a-seed1 --force"):
        run(grid, where)
    assert grid.packs == []  # refused before any work
    assert run(grid, where, only=["a-seed1"], force=True).complete
    assert grid.packs == [["a-seed1"]]
    assert run(grid, where).recorded == []


def test_nothing_is_drawn_where_nobody_is_watching(grid, where, capsys):
    import ipykernel  # noqa: F401  # a process that has it is not yet the kernel of a notebook

    run(grid, where)
    assert capsys.readouterr() == ("", "")


def test_what_is_never_recorded_is_measured_every_time(where):
    grid = Grid(replace(CPU, name="smoke", recorded=False))
    assert len(run(grid, where).recorded) == 8
    assert len(run(grid, where).recorded) == 8


def test_places_that_cannot_be_written_are_told_before_the_work(grid, where, tmp_path):
    (tmp_path / "file").write_text("")
    for places in (
        Places(Store(tmp_path / "file" / "results"), where.cache),
        Places(where.store, tmp_path / "file" / "cache"),
    ):
        with pytest.raises(UsageError, match="cannot write"):
            run(grid, places)
    assert grid.packs == []


def test_a_full_disk_ends_the_grid_and_keeps_what_is_recorded(grid, where, monkeypatch):
    from memstudy.core import writing

    write = writing._write_flushed

    def full(path, content):
        if path.parent.name.startswith(".b-seed0"):
            raise OSError(28, "No space left on device")
        write(path, content)

    monkeypatch.setattr(writing, "_write_flushed", full)
    with pytest.raises(UsageError, match="no space left"):
        run(grid, where)
    assert recorded(where) == ALL[:4]
    monkeypatch.undo()
    assert run(grid, where).complete


def test_a_unit_held_by_another_process_is_waited_for(grid, where):
    units = grid.units(CPU)
    said = []
    with execution.held(where.cache / "locks", [units[1]]) as mine:
        assert mine
        working = threading.Thread(target=lambda: said.append(run(grid, where)))
        working.start()
        while len(recorded(where)) < 6:
            time.sleep(0.01)
        assert "a-seed0" not in recorded(where)  # its pack is held as one
        # The other process records its unit before it lets go.
        other = Measured(table([5.0]))
        like = where.store.read("cpu", units[2]).run
        about = {key: like[key] for key in ("outcome", "started", "wall_seconds", "device", "git")}
        where.store.write("cpu", units[1], about, other)
    working.join()
    report = said[0]
    assert report.recorded == [*ALL[2:], "a-seed0"]
    assert report.complete
    assert where.store.read("cpu", units[1]).table["value"].tolist() == [5.0]


def test_a_unit_that_another_process_gave_up_is_done_here(grid, where):
    said = []
    with execution.held(where.cache / "locks", [grid.units(CPU)[0]]):
        working = threading.Thread(target=lambda: said.append(run(grid, where)))
        working.start()
        while len(recorded(where)) < 6:
            time.sleep(0.01)
    working.join()
    assert sorted(said[0].recorded) == ALL


def test_waiting_for_another_process_can_be_stopped(grid, where):
    with execution.held(where.cache / "locks", grid.units(CPU)):
        report = run(grid, where, stop_after(3))
    assert (report.stopped, report.missing) == ("budget", 8)


def test_locks_are_released_whatever_happens(grid, where):
    grid.breaks = {"a-seed0": UsageError("no"), "a-seed1": ValueError("broke")}
    with pytest.raises(UsageError):
        run(grid, where)
    with execution.held(where.cache / "locks", grid.units(CPU)) as mine:
        assert mine
        with execution.held(where.cache / "locks", grid.units(CPU)[:1]) as twice:
            assert not twice


def test_expected_time_is_stated_until_there_are_runs_of_this_machine(grid, where):
    said = []
    run(grid, where, said=said, only=["a-seed0"])
    assert said[0].startswith("grid, profile cpu (small): 1 units, 0 recorded, 1 to do")
    assert said[1].startswith("expected: about 60 s with 1 worker (stated cost on an abacus)")
    for name in ("a-seed0", "b-seed0"):
        remade(where, name, wall_seconds=3600.0)
    said.clear()
    run(grid, where, said=said)
    assert "8 units, 1 recorded, 7 to do" in said[0]
    assert said[1].startswith("expected: about 7 h 00 min with 1 worker (from 1 earlier runs on")


def remade(where, unit_id, **changes):
    """The record of a unit with other content, if it stands."""
    import json

    from memstudy.core.experiment import content_hash

    path = where.store.folder("grid", "cpu", unit_id) / record.RUN
    if path.exists():
        run = json.loads(path.read_text()) | changes
        del run["record_sha256"]
        path.write_text(json.dumps(run | {"record_sha256": content_hash(run)}))


def test_runs_of_other_machines_and_broken_ones_do_not_count_for_the_estimate(grid, where):
    run(grid, where)
    remade(where, "a-seed0", wall_seconds=1e9, machine_class="another")
    remade(where, "a-seed1", wall_seconds=1e9, outcome="failed")
    folder = where.store.folder("grid", "cpu", "b-seed0")
    (folder / record.RUN).write_text("{")
    device = runner.devices.select("cpu", 1)
    units = grid.units(CPU)
    seconds, source = runner.expected_seconds(grid.experiment, "cpu", units, device, where.store)
    assert seconds < 60
    assert source == "from 5 earlier runs on this kind of machine"


def test_the_cache_may_vanish_between_calls(grid, where):
    import shutil

    run(grid, where, stop_after(5))
    shutil.rmtree(where.cache)
    assert run(grid, where).complete
