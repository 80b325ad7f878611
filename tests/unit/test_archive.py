"""Archives: what does not verify files nothing, whatever is wrong with it."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tarfile

import pandas as pd
import pytest

from memstudy.core import archive, experiment, record
from memstudy.core.archive import pack, unpack
from memstudy.core.errors import UsageError
from memstudy.core.experiment import Measured
from memstudy.core.store import Store

MADE_BY = {"started": "2026-01-02T03:04:05", "device": {"name": "x"}, "git": {"commit": None}}
COMPLETED = {"outcome": "completed", "reason": "", "wall_seconds": 1.0} | MADE_BY
FAILED = COMPLETED | {"outcome": "failed", "reason": "it broke"}
MOONS = experiment.load("three_moons")  # any experiment will do: nothing is executed
PROFILE = "gpu"
UNITS = MOONS.units(MOONS.profile(PROFILE))[:3]
RUN_NAME = f"three_moons/{PROFILE}/{UNITS[0].id}/run.json"
TABLE_NAME = f"three_moons/{PROFILE}/{UNITS[0].id}/measurements.parquet"


def measured(value=1.0):
    row = {"metric": "loss", "split": "", "part": "", "step": -1, "position": -1}
    return Measured(pd.DataFrame([row | {"value": value, "model": "a", "seed": 0}]))


@pytest.fixture
def packed(tmp_path):
    """An archive with three runs, one of them a failure."""
    store = Store(tmp_path / "away" / "results")
    for unit in UNITS[:2]:
        store.write(PROFILE, unit, COMPLETED, measured())
    store.write(PROFILE, UNITS[2], FAILED, Measured(record.empty_table()))
    return pack(store, MOONS, PROFILE)


@pytest.fixture
def home(tmp_path):
    return Store(tmp_path / "home")


def files_below(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def members_of(path):
    with tarfile.open(path) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}


def write(path, members, headers=()):
    """An archive with these files and further bare headers."""
    with tarfile.open(path, "w") as tar:
        for name, content in members.items():
            header = tarfile.TarInfo(name)
            header.size = len(content)
            tar.addfile(header, io.BytesIO(content))
        for header in headers:
            tar.addfile(header)


def listed(members):
    """The files with a manifest that fits them."""
    rest = {name: content for name, content in members.items() if name != archive.MANIFEST}
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in rest.items()}
    manifest = {"format": archive.FORMAT, "sha256": hashes}
    return {archive.MANIFEST: json.dumps(manifest).encode()} | rest


def test_what_was_packed_is_filed_byte_for_byte(packed, home, tmp_path):
    filed = unpack(packed, home)
    assert sorted(filed.new) == sorted(f"three_moons/{PROFILE}/{unit.id}" for unit in UNITS)
    assert files_below(home.root) == files_below(tmp_path / "away" / "results")
    assert home.read(PROFILE, UNITS[0]).completed
    again = unpack(packed, home)
    assert (again.new, len(again.known), again.kept) == ([], 3, [])


def test_equal_runs_make_equal_archives(packed, tmp_path):
    before = packed.read_bytes()
    assert pack(Store(tmp_path / "away" / "results"), MOONS, PROFILE).read_bytes() == before


def test_what_is_packed_is_what_was_verified(packed, tmp_path, monkeypatch):
    """Whatever another process does to the folders in the meantime."""
    away, before = Store(tmp_path / "away" / "results"), members_of(packed)
    read = Store.read_with_files

    def read_and_lose(store, profile, unit):
        found = read(store, profile, unit)
        shutil.rmtree(store.folder("three_moons", profile, unit.id), ignore_errors=True)
        return found

    monkeypatch.setattr(Store, "read_with_files", read_and_lose)
    assert members_of(pack(away, MOONS, PROFILE)) == before


def test_runs_of_no_unit_are_not_packed(packed, tmp_path):
    # They would make the whole archive unfit to be filed.
    away = tmp_path / "away" / "results"
    (away / "three_moons" / PROFILE / "an_arm_of_old-seed0").mkdir()
    (away / "three_moons" / PROFILE / f".{UNITS[0].id}.x.tmp").mkdir()
    assert members_of(pack(Store(away), MOONS, PROFILE)) == members_of(packed)


def test_a_corrupt_run_is_not_packed_and_the_archive_before_stays(packed, tmp_path):
    before = packed.read_bytes()
    away = Store(tmp_path / "away" / "results")
    (away.folder("three_moons", PROFILE, UNITS[0].id) / "run.json").write_text("{")
    with pytest.raises(UsageError, match="is corrupt"):
        pack(away, MOONS, PROFILE)
    assert packed.read_bytes() == before


def test_what_stands_here_is_kept_unless_forced(packed, home):
    home.write(PROFILE, UNITS[0], COMPLETED, measured(2.0))
    filed = unpack(packed, home)
    assert filed.kept == [f"three_moons/{PROFILE}/{UNITS[0].id}"]
    assert home.read(PROFILE, UNITS[0]).table["value"].tolist() == [2.0]
    assert len(unpack(packed, home, force=True).new) == 1
    assert home.read(PROFILE, UNITS[0]).table["value"].tolist() == [1.0]


def test_a_success_takes_the_place_of_a_failure_only(packed, home):
    home.write(PROFILE, UNITS[0], FAILED, Measured(record.empty_table()))
    home.write(PROFILE, UNITS[2], COMPLETED, measured(3.0))
    filed = unpack(packed, home)
    assert home.read(PROFILE, UNITS[0]).completed
    assert home.read(PROFILE, UNITS[2]).completed
    assert (filed.failures, filed.kept) == ([f"three_moons/{PROFILE}/{UNITS[2].id}"], [])


def test_a_failure_takes_the_place_of_no_success_even_if_forced(packed, home):
    home.write(PROFILE, UNITS[2], COMPLETED, measured(3.0))
    filed = unpack(packed, home, force=True)
    assert home.read(PROFILE, UNITS[2]).table["value"].tolist() == [3.0]
    assert filed.failures == [f"three_moons/{PROFILE}/{UNITS[2].id}"]
    assert len(filed.new) == 2 and not filed.kept


def link(name, kind=tarfile.SYMTYPE):
    header = tarfile.TarInfo(name)
    header.type, header.linkname = kind, "/etc/passwd"
    return header


def with_config(members, **changes):
    """The first run with another configuration, hashes and all."""
    run = json.loads(members[RUN_NAME])
    run |= changes
    run["config_hash"] = experiment.content_hash({k: run[k] for k in record.DESCRIPTION})
    run.pop("record_sha256")
    run["record_sha256"] = experiment.content_hash(run)
    return listed(members | {RUN_NAME: json.dumps(run).encode()})


def renamed(members, old, new):
    return listed({name.replace(old, new): content for name, content in members.items()})


SPOILT = {
    "flipped": lambda m: m | {TABLE_NAME: m[TABLE_NAME][:-1] + b"?"},
    "file missing": lambda m: {name: content for name, content in m.items() if name != RUN_NAME},
    "file unlisted": lambda m: m | {"three_moons/gpu/x/run.json": b"{}"},
    "list missing": lambda m: {n: c for n, c in m.items() if n != archive.MANIFEST},
    "list garbage": lambda m: m | {archive.MANIFEST: b"\xff\xfe"},
    "list deep": lambda m: m | {archive.MANIFEST: b"[" * 99_999},
    "list of another kind": lambda m: m | {archive.MANIFEST: b"[]"},
    "list without hashes": lambda m: m | {archive.MANIFEST: b'{"format": "memstudy-runs-1"}'},
    "another format": lambda m: (
        m | {archive.MANIFEST: m[archive.MANIFEST].replace(b"runs-1", b"runs-2")}
    ),
    "half a run": lambda m: listed({n: c for n, c in m.items() if n != RUN_NAME}),
    "a stray file": lambda m: listed(m | {"notes.txt": b"hello"}),
    "a name that leads out": lambda m: renamed(m, "three_moons/gpu", "../../gpu"),
    "a name from the root": lambda m: renamed(m, "three_moons/gpu", "/three_moons/gpu"),
    "dots for a unit": lambda m: renamed(m, UNITS[0].id, ".."),
    "unknown experiment": lambda m: renamed(m, "three_moons", "four_moons"),
    "unknown profile": lambda m: renamed(m, "/gpu/", "/tpu/"),
    "another profile": lambda m: renamed(m, "/gpu/", "/cpu/"),
    "unknown unit": lambda m: renamed(m, UNITS[0].id, "three_units-seed99"),
    "another configuration": lambda m: with_config(m, config={"train": 1}),
    "another seed": lambda m: with_config(m, seed=7),
    "a corrupt record": lambda m: listed(m | {RUN_NAME: b"{}"}),
    "tables exchanged": lambda m: listed(
        m | {TABLE_NAME: m[TABLE_NAME.replace(UNITS[0].id, UNITS[2].id)]}
    ),
}


@pytest.mark.parametrize("damage", SPOILT)
def test_a_spoilt_archive_files_nothing(packed, home, damage):
    write(packed, SPOILT[damage](members_of(packed)))
    refused(packed, home)


@pytest.mark.parametrize(
    "header", [link("x"), link(RUN_NAME + "2", tarfile.LNKTYPE), link("d", tarfile.CHRTYPE)]
)
def test_links_and_devices_are_refused(packed, home, header):
    write(packed, members_of(packed), [header])
    refused(packed, home)


def test_a_name_twice_is_refused(packed, home):
    members = members_of(packed)
    with tarfile.open(packed, "a") as tar:
        header = tarfile.TarInfo(RUN_NAME)
        header.size = len(members[RUN_NAME])
        tar.addfile(header, io.BytesIO(members[RUN_NAME]))
    refused(packed, home)


def test_another_kind_of_file_is_refused(packed, home, tmp_path):
    content = packed.read_bytes()
    for other in (b"", b"no archive", b"\0" * 10_240, b"PK\3\4" + content):
        packed.write_bytes(other)
        refused(packed, home)
    with tarfile.open(packed, "w:gz") as tar:
        tar.add(tmp_path / "away" / "results", arcname="x")
    refused(packed, home)
    for absent in (tmp_path / "nothing.tar", tmp_path):
        with pytest.raises(UsageError, match="there is no archive"):
            unpack(absent, home)


def refused(path, home):
    with pytest.raises(UsageError) as error:
        unpack(path, home)
    assert str(error.value).startswith(f"{path} does not verify, nothing was filed (")
    assert "\n" not in str(error.value)
    assert not home.root.exists()


def test_cut_anywhere_it_files_nothing(packed, home):
    content = packed.read_bytes()
    end = content.rstrip(b"\0")  # behind it there is padding only
    for length in range(0, len(end), 1999):
        packed.write_bytes(content[:length])
        refused(packed, home)


def test_flipped_anywhere_it_files_nothing_or_what_was_packed(packed, tmp_path):
    content = packed.read_bytes()
    expected = files_below(tmp_path / "away" / "results")
    for where in range(0, len(content), 1009):
        spoilt = bytearray(content)
        spoilt[where] ^= 0x10
        packed.write_bytes(bytes(spoilt))
        home = Store(tmp_path / f"home{where}")
        try:
            unpack(packed, home)
        except UsageError:
            assert not home.root.exists()
        else:
            assert files_below(home.root) == expected


def test_a_full_disk_at_home_is_one_line(packed, home, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("memstudy.core.writing._write_flushed", fail)
    with pytest.raises(UsageError, match="no space left"):
        unpack(packed, home)
    assert files_below(home.root) == {}
