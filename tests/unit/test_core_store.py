"""Recorded runs: whole or absent, verified when read, never silently replaced."""

from __future__ import annotations

import errno
import json
import os
import shutil
import time
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

from memstudy.core import record, writing
from memstudy.core.errors import UsageError
from memstudy.core.experiment import Cost, Experiment, Measured, Profile, Unit, content_hash
from memstudy.core.store import Store, StoreError, read_run
from memstudy.core.writing import (
    temporaries,
    write_file,
    write_folder,
    write_if_changed,
    writing_to,
)


@dataclass(frozen=True)
class Config:
    rate: float = 0.1


UNIT = Unit("made_up", "a", 0, Config())
MADE_BY = {"started": "2026-01-02T03:04:05", "device": {"name": "x"}, "git": {"commit": None}}
COMPLETED = {"outcome": "completed", "reason": "", "wall_seconds": 1.0} | MADE_BY
FAILED = COMPLETED | {"outcome": "failed", "reason": "ValueError: it broke"}
PROFILE = Profile("cpu", (0, 1), Cost(1.0, "a core", "little"), True, False, "small", 1)
MADE_UP = Experiment(
    "made_up", "98", "", {"cpu": PROFILE}, lambda p: [replace(UNIT, seed=s) for s in p.seeds],
    None, (),
)  # fmt: skip


def table(values=(1.0, 2.0), **columns):
    rows = {
        "metric": "loss", "value": list(values), "split": "", "part": "",
        "step": -1, "position": -1, "model": "a", "seed": 0,
    }  # fmt: skip
    return pd.DataFrame(rows | columns)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "results")


@pytest.fixture
def folder(store):
    """The folder of a recorded run."""
    store.write("cpu", UNIT, COMPLETED, Measured(table(), {"parameters": 3}))
    return store.folder("made_up", "cpu", UNIT.id)


def test_what_is_written_is_read_back(store, folder):
    found = store.read("cpu", UNIT)
    assert found.completed
    assert found.run["facts"] == {"parameters": 3}
    assert found.run["config"] == {"rate": 0.1}
    assert list(found.table.columns) == list(record.COLUMNS)
    assert found.table["value"].tolist() == [1.0, 2.0]
    assert found.table.dtypes.map(str).to_dict() == record.COLUMNS
    assert sorted(path.name for path in folder.iterdir()) == ["measurements.parquet", "run.json"]
    assert store.unit_ids("made_up", "cpu") == [UNIT.id]
    assert temporaries(folder.parent) == []


def test_equal_measurements_give_equal_bytes(store, folder, tmp_path):
    other = Store(tmp_path / "other")
    other.write("cpu", UNIT, COMPLETED, Measured(table(), {"parameters": 3}))
    for name in ("run.json", "measurements.parquet"):
        assert (other.folder("made_up", "cpu", UNIT.id) / name).read_bytes() == (
            folder / name
        ).read_bytes()


def test_a_run_that_was_never_recorded_is_none_and_missing(store):
    assert store.read("cpu", UNIT) is None
    assert store.missing("cpu", [UNIT]) == [UNIT]
    assert store.unit_ids("made_up", "cpu") == []


def test_values_that_are_not_finite_survive(store):
    odd = [float("nan"), float("inf"), -0.0]
    facts = {"loss": np.float64("nan"), "steps": np.int64(7), "all": [np.float32(0.5), -np.inf]}
    store.write("cpu", UNIT, COMPLETED, Measured(table(odd), facts))
    found = store.read("cpu", UNIT)
    assert np.array_equal(found.table["value"], odd, equal_nan=True)
    assert found.run["facts"] == {"loss": "nan", "steps": 7, "all": [0.5, "-inf"]}


@pytest.mark.parametrize(
    ("measured", "error"),
    [
        (Measured(table().drop(columns="part")), "has the columns"),
        (Measured(table().assign(extra=1)), "has the columns"),
        (Measured(pd.concat([table(), table()], axis=1)), "has the columns"),
        (Measured(table(step=["one", "two"])), "one"),
        (Measured(table(step=[0.5, 1.0])), "column 'step' holds what is no int64"),
        (Measured(table(seed=[0, None])), "NA"),
        (Measured(table(metric=["loss", None])), "column 'metric' holds what is no string"),
        (Measured(table(np.random.default_rng(0).random(300_000))), "thin them"),
        (Measured(table(), {"model": object()}), "not object"),
    ],
)
def test_what_is_not_fit_to_be_recorded_leaves_nothing(store, measured, error):
    with pytest.raises((ValueError, TypeError), match=error):
        store.write("cpu", UNIT, COMPLETED, measured)
    assert not store.root.exists()


def test_who_records_first_stays(store, folder):
    before = (folder / "run.json").read_bytes()
    assert not store.write("cpu", UNIT, COMPLETED, Measured(table([9.0])))
    assert (folder / "run.json").read_bytes() == before
    assert store.write("cpu", UNIT, COMPLETED, Measured(table([9.0])), replace=True)
    assert store.read("cpu", UNIT).table["value"].tolist() == [9.0]
    assert temporaries(folder.parent) == []


def test_a_failure_gives_way_to_a_success_and_never_the_other_way_round(store):
    assert store.write("cpu", UNIT, FAILED, Measured(record.empty_table()))
    assert store.missing("cpu", [UNIT]) == [UNIT]
    assert store.write("cpu", UNIT, FAILED | {"reason": "again"}, Measured(record.empty_table()))
    assert store.read("cpu", UNIT).run["reason"] == "again"
    assert store.write("cpu", UNIT, COMPLETED, Measured(table()))
    assert store.missing("cpu", [UNIT]) == []
    assert not store.write("cpu", UNIT, FAILED, Measured(record.empty_table()))
    assert store.read("cpu", UNIT).completed


def test_load_names_what_is_missing_and_the_command(store, folder):
    units = MADE_UP.units(PROFILE)
    with pytest.raises(StoreError) as error:
        store.load(MADE_UP, "cpu", units)
    assert "1 of 2 units of profile cpu are not recorded (first: a-seed1)" in str(error.value)
    command = f"python -m memstudy run made_up --profile cpu --out {store.root.parent}"
    assert str(error.value).endswith(command)
    assert [run.unit_id for run in store.load(MADE_UP, "cpu", units[:1])] == ["a-seed0"]


def test_load_gives_the_reason_of_a_failure(store):
    units = MADE_UP.units(PROFILE)
    store.write("cpu", units[1], FAILED, Measured(record.empty_table()))
    with pytest.raises(StoreError, match="1 failed, a-seed1: ValueError: it broke"):
        store.load(MADE_UP, "cpu", units)


def test_the_command_for_the_studys_own_folder_needs_no_out():
    assert Store().command("x", "cpu") == "python -m memstudy run x --profile cpu"


def edited(folder, **changes):
    """A run.json with changed fields, as an editor would leave it."""
    run = json.loads((folder / "run.json").read_text()) | changes
    (folder / "run.json").write_text(json.dumps(run))


def resealed(folder, **changes):
    """A run.json with changed fields and a hash of its own that fits."""
    run = json.loads((folder / "run.json").read_text()) | changes
    run.pop("record_sha256")
    run["record_sha256"] = content_hash(run)
    (folder / "run.json").write_text(json.dumps(run))


def swap_table(folder):
    other = table([5.0]).to_parquet(index=False)
    (folder / "measurements.parquet").write_bytes(other)


def foreign_table(folder):
    content = pd.DataFrame({"a": [1]}).to_parquet(index=False)
    (folder / "measurements.parquet").write_bytes(content)
    resealed(folder, measurements={"sha256": record.hashlib.sha256(content).hexdigest()})


def flip(path, where):
    content = bytearray(path.read_bytes())
    content[where] ^= 1
    path.write_bytes(bytes(content))


DAMAGES = {
    "json emptied": (lambda f: (f / "run.json").write_bytes(b""), "run.json is corrupt"),
    "json cut": (lambda f: os.truncate(f / "run.json", 100), "run.json is corrupt"),
    "json garbage": (lambda f: (f / "run.json").write_bytes(b"\xff\x00\x9d"), "is corrupt"),
    "json deep": (lambda f: (f / "run.json").write_text("[" * 99_999), "is corrupt"),
    "json a list": (lambda f: (f / "run.json").write_text("[1]"), "not the record of a run"),
    "json null": (lambda f: (f / "run.json").write_text("null"), "not the record of a run"),
    "json gone": (lambda f: (f / "run.json").unlink(), "run.json is missing"),
    "json a folder": (
        lambda f: ((f / "run.json").unlink(), (f / "run.json").mkdir()),
        "run.json cannot be read",
    ),
    "other schema": (lambda f: edited(f, schema=2), "schema version 2, this code reads version 1"),
    "schema a word": (lambda f: edited(f, schema="1"), "schema version '1'"),
    "fields gone": (
        lambda f: (f / "run.json").write_text('{"schema": 1, "unit": "a"}'),
        "lacks what a run must have: experiment",
    ),
    "field of another type": (lambda f: edited(f, measurements=[]), "must have: measurements"),
    "start gone": (lambda f: resealed(f, started=None), "must have: started"),
    "time gone": (lambda f: resealed(f, wall_seconds="1"), "must have: wall_seconds"),
    "facts gone": (lambda f: resealed(f, facts=None), "must have: facts"),
    "device gone": (lambda f: resealed(f, device="x"), "must have: device.name"),
    "commit gone": (lambda f: resealed(f, git={}), "must have: git.commit"),
    "fact edited": (lambda f: edited(f, facts={"parameters": 4}), "altered after it was written"),
    "seconds edited": (lambda f: edited(f, wall_seconds=2.0), "altered after it was written"),
    "number not finite": (lambda f: edited(f, wall_seconds=float("nan")), "altered after"),
    "config edited": (lambda f: edited(f, config={"rate": 0.2}), "does not give its hash"),
    "config hash edited": (lambda f: edited(f, config_hash="0" * 64), "does not give its hash"),
    "other config": (
        lambda f: resealed(
            f,
            config={"rate": 0.2},
            config_hash=replace(UNIT, config=Config(0.2)).hash,
        ),
        "recorded with another configuration",
    ),
    "other profile": (lambda f: resealed(f, profile="gpu"), "another configuration"),
    "table emptied": (
        lambda f: (f / "measurements.parquet").write_bytes(b""),
        "measurements.parquet is truncated or was altered",
    ),
    "table cut": (lambda f: os.truncate(f / "measurements.parquet", 50), "is truncated"),
    "table flipped": (lambda f: flip(f / "measurements.parquet", 60), "was altered"),
    "table gone": (lambda f: (f / "measurements.parquet").unlink(), "parquet is missing"),
    "table swapped": (swap_table, "was altered"),
    "table of another kind": (foreign_table, "is corrupt"),
    "folder emptied": (lambda f: (shutil.rmtree(f), f.mkdir()), "run.json is missing"),
    "folder a file": (lambda f: (shutil.rmtree(f), f.write_text("?")), "cannot be read"),
    "folder a broken link": (lambda f: (shutil.rmtree(f), f.symlink_to("x")), "is missing"),
}


def content_of(path):
    """Everything at and below a path, to compare."""
    if path.is_symlink():
        return os.readlink(path)
    if path.is_file():
        return path.read_bytes()
    return {entry.name: content_of(entry) for entry in path.iterdir()}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_run_is_named_refused_and_left_in_place(store, folder, damage):
    break_it, complaint = DAMAGES[damage]
    break_it(folder)
    before = content_of(folder)
    for read in (
        lambda: store.read("cpu", UNIT),
        lambda: store.missing("cpu", [UNIT]),
        lambda: store.load(MADE_UP, "cpu", [UNIT]),
    ):
        with pytest.raises(StoreError) as error:
            read()
        message = str(error.value)
        assert complaint in message
        assert str(folder) in message
        assert "\n" not in message
        assert f"--out {store.root.parent} --only a-seed0 --force" in message
    if before:  # an empty folder has nothing to lose
        assert not store.write("cpu", UNIT, COMPLETED, Measured(table([9.0])))
        assert content_of(folder) == before
    # The command that the message names repairs it.
    assert store.write("cpu", UNIT, COMPLETED, Measured(table([9.0])), replace=True)
    assert store.read("cpu", UNIT).table["value"].tolist() == [9.0]
    assert temporaries(folder.parent) == []


def test_every_bit_of_a_run_counts(store, folder):
    whole = content_of(folder)
    run_length, table_length = (len(whole[n]) for n in ("run.json", "measurements.parquet"))
    places = [("run.json", i) for i in range(0, run_length, 13)]
    places += [("measurements.parquet", i) for i in range(0, table_length, 151)]
    for name, where in places:
        flip(folder / name, where)
        try:
            run = store.read("cpu", UNIT).run
        except StoreError:
            pass
        else:  # white space says nothing; without the name of its hash a record is an old one
            assert run == json.loads(whole["run.json"]) or "record_sha256" not in run
        (folder / name).write_bytes(whole[name])


def test_runs_recorded_before_records_had_a_hash_of_their_own_are_read(store, folder):
    run = json.loads((folder / "run.json").read_text())
    del run["record_sha256"]
    (folder / "run.json").write_text(json.dumps(run))
    assert store.read("cpu", UNIT).completed
    assert read_run(folder)["unit"] == UNIT.id


def test_two_writers_at_once_leave_one_whole_run(store):
    from concurrent.futures import ThreadPoolExecutor

    def write(number):
        measured = Measured(table([float(number)] * (number + 1)))
        return store.write("cpu", UNIT, COMPLETED, measured, replace=number % 2 == 0)

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(write, range(24)))
    assert any(results)
    values = store.read("cpu", UNIT).table["value"].tolist()
    assert values == [values[0]] * (int(values[0]) + 1)
    assert temporaries(store.root / "made_up" / "cpu") == []


def test_a_run_that_is_replaced_while_it_is_read_is_read_anew(store, folder, monkeypatch):
    """The table that is read belongs to another run.json than the one that was read."""
    path_read, replaced = writing.Path.read_bytes, []

    def read_bytes(path):
        if path.name == record.TABLE and not replaced:
            replaced.append(path)
            store.write("cpu", UNIT, COMPLETED, Measured(table([9.0])), replace=True)
        return path_read(path)

    monkeypatch.setattr(writing.Path, "read_bytes", read_bytes)
    found, files = store.read_with_files("cpu", UNIT)
    assert replaced and found.table["value"].tolist() == [9.0]
    assert files == {name: path_read(folder / name) for name in (record.RUN, record.TABLE)}


def test_leftovers_are_never_runs_and_are_removed_when_they_are_old(store, folder):
    left = folder.with_name(f".{UNIT.id}.0123.tmp")
    shutil.copytree(folder, left)
    young = folder.with_name(".a-seed1.0123.tmp")
    young.mkdir()
    os.utime(left, (time.time() - 7200,) * 2)
    assert store.unit_ids("made_up", "cpu") == [UNIT.id]
    store.prepare("made_up", "cpu")
    assert temporaries(folder.parent) == [young]
    assert store.read("cpu", UNIT).completed


def test_a_place_that_cannot_be_written_is_told_before_and_while_writing(tmp_path):
    (tmp_path / "file").write_text("in the way")
    for root in (tmp_path / "file", tmp_path / "file" / "below", "/proc/nowhere"):
        store = Store(root)
        with pytest.raises(UsageError, match=r"cannot write .* choose another folder with --out"):
            store.prepare("made_up", "cpu")
        with pytest.raises(UsageError, match="cannot write"):
            store.write("cpu", UNIT, COMPLETED, Measured(table()))
    assert (tmp_path / "file").read_text() == "in the way"


@pytest.mark.parametrize("failing", ["write", "fsync", "mkdir", "rename"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_disk_that_fails_at_any_moment_costs_nothing(store, folder, monkeypatch, failing, number):
    before = content_of(folder)

    def fail(*_, **__):
        raise OSError(number, os.strerror(number))

    target = {
        "write": (writing, "_write_flushed"),
        "fsync": (os, "fsync"),
        "mkdir": (writing.Path, "mkdir"),
        "rename": (writing.Path, "rename"),
    }[failing]
    with monkeypatch.context() as patch:
        patch.setattr(*target, fail)
        with pytest.raises(UsageError, match=r"no space left|cannot write"):
            store.write("cpu", UNIT, COMPLETED, Measured(table([9.0])), replace=True)
    assert content_of(folder) == before
    assert temporaries(folder.parent) == []


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "new" / "file"
    write_file(path, b"first")
    with monkeypatch.context() as patch:
        patch.setattr(writing.Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "")))
        with pytest.raises(UsageError, match="no space left"):
            write_file(path, b"second")
    assert path.read_bytes() == b"first"
    write_file(path, memoryview(b"third"))
    assert path.read_bytes() == b"third"
    assert temporaries(path.parent) == []


def test_what_is_equal_is_not_written_and_what_differs_is_replaced_whole(tmp_path, monkeypatch):
    path = tmp_path / "new" / "file"
    assert write_if_changed(path, b"first")
    before = path.stat()
    assert not write_if_changed(path, b"first")
    assert path.stat() == before
    with monkeypatch.context() as patch:
        patch.setattr(writing.os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "")))
        with pytest.raises(UsageError, match="no space left"):
            write_if_changed(path, b"second")
    assert path.read_bytes() == b"first"
    assert temporaries(path.parent) == []


def test_a_folder_in_the_way_is_not_replaced_unasked(tmp_path):
    assert write_folder(tmp_path / "run", {"a": b"1"}, replace=False)
    assert not write_folder(tmp_path / "run", {"a": b"2"}, replace=False)
    assert (tmp_path / "run" / "a").read_bytes() == b"1"
    assert write_folder(tmp_path / "run", {"b": b"3"}, replace=True)
    assert content_of(tmp_path / "run") == {"b": b"3"}


def test_refusals_of_the_system_are_one_line(tmp_path):
    with pytest.raises(UsageError) as error, writing_to(tmp_path):
        raise OSError(errno.EROFS, "Read-only file system")
    assert str(error.value).count("\n") == 0
    assert "Read-only file system" in str(error.value)
    with pytest.raises(ValueError, match="own"), writing_to(tmp_path):
        raise ValueError("own")
