"""Recorded runs as one file that travels: packed on the machine that computed, filed at home."""

from __future__ import annotations

import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from memstudy.core.errors import UsageError
from memstudy.core.provenance import file_sha256
from memstudy.core.store import (
    RUN,
    TABLE,
    Store,
    flush,
    move_into_place,
    one_line,
    read_run,
    read_table,
    writing_to,
)

FORMAT = "memstudy-runs-1"
MANIFEST = "manifest.json"


@dataclass
class Filed:
    """What became of the runs of an archive; unit ids with experiment and profile."""

    new: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)  # stood here already, equal
    kept: list[str] = field(default_factory=list)  # stood here already, different, kept


def pack(store: Store, experiment: str, profile: str) -> Path:
    """Pack all runs of a profile into ``<store root>/../<experiment>-<profile>.tar``.

    Returns:
        The archive, replaced whole: an interrupted call leaves the one before.

    Raises:
        StoreError: a run is corrupt.
        UsageError: the archive cannot be written.
    """
    target = store.root.parent / f"{experiment}-{profile}.tar"
    members: dict[str, Path] = {}
    for unit_id in store.unit_ids(experiment, profile):
        folder = store.folder(experiment, profile, unit_id)
        read_table(folder, read_run(folder))
        for name in (TABLE, RUN):
            members[f"{experiment}/{profile}/{unit_id}/{name}"] = folder / name
    hashes = {name: file_sha256(path) for name, path in members.items()}
    manifest = json.dumps({"format": FORMAT, "sha256": hashes}, indent=1, sort_keys=True).encode()
    temporary = target.with_suffix(f".{os.getpid()}.tmp")
    with writing_to(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with tarfile.open(temporary, "w") as tar:
                header = tarfile.TarInfo(MANIFEST)
                header.size = len(manifest)
                tar.addfile(header, io.BytesIO(manifest))
                for name, path in members.items():
                    tar.add(path, arcname=name)
            flush(temporary)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    return target


def unpack(archive: Path, store: Store, force: bool = False) -> Filed:
    """Verify an archive whole, then file its runs one by one.

    Raises:
        UsageError: the archive cannot be read or does not verify; nothing is filed then.
    """
    if not archive.is_file():
        raise UsageError(f"there is no archive {archive}; give the .tar that `run --out` wrote")
    with tempfile.TemporaryDirectory() as scratch:
        folders = verified(archive, Path(scratch))
        filed = Filed()
        with writing_to(store.root):
            for key, folder in folders.items():
                file_run(key, folder, store, force, filed)
    return filed


def verified(archive: Path, scratch: Path) -> dict[tuple[str, str, str], Path]:
    """Extract into ``scratch`` and verify; returns (experiment, profile, unit id) -> folder."""
    refusal = f"{archive} does not verify, nothing was filed"
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(scratch, filter="data")
        manifest: dict[str, Any] = json.loads((scratch / MANIFEST).read_text(encoding="utf-8"))
        hashes = dict(manifest["sha256"])
        known = manifest["format"] == FORMAT
    except (tarfile.TarError, OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{refusal} ({one_line(error)})") from None
    if not known:
        raise UsageError(f"{refusal} (its format is not {FORMAT})")
    found = {p.relative_to(scratch).as_posix() for p in scratch.rglob("*") if p.is_file()}
    if found - {MANIFEST} != set(hashes):
        raise UsageError(f"{refusal} (its files are not those that it lists)")
    for name, expected in hashes.items():
        if file_sha256(scratch / name) != expected:
            raise UsageError(f"{refusal} ({name} has another hash than listed)")
    return check_runs(scratch, hashes, refusal)


def check_runs(
    scratch: Path, names: Iterable[str], refusal: str
) -> dict[tuple[str, str, str], Path]:
    """Check that every folder is a run of a known experiment with a matching configuration."""
    from memstudy.core import experiment as experiments

    folders: dict[tuple[str, str, str], Path] = {}
    for name in names:
        parts = Path(name).parts
        if len(parts) != 4 or parts[3] not in (TABLE, RUN):
            raise UsageError(f"{refusal} (it holds {name}, which is no part of a run)")
        folders[parts[:3]] = scratch.joinpath(*parts[:3])
    expected: dict[tuple[str, str], dict[str, str]] = {}
    for (name, profile, unit_id), folder in folders.items():
        run = read_run(folder)
        read_table(folder, run)
        if (name, profile) not in expected:
            experiment = experiments.load(name)
            units = experiment.units(experiment.profile(profile))
            expected[name, profile] = {unit.id: unit.hash for unit in units}
        if expected[name, profile].get(unit_id) != run["config_hash"]:
            raise UsageError(
                f"{refusal} ({unit_id} was made with another configuration than {name} has here)"
            )
    return folders


def file_run(
    key: tuple[str, str, str], folder: Path, store: Store, force: bool, filed: Filed
) -> None:
    """Move one verified run into the store, atomically."""
    target = store.folder(*key)
    label = "/".join(key)
    if target.exists() and all(same(folder / name, target / name) for name in (TABLE, RUN)):
        filed.known.append(label)
        return
    if target.exists() and not force:
        filed.kept.append(label)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.parent / f".{key[2]}.{os.getpid()}.tmp"
    try:
        shutil.copytree(folder, temporary)
        move_into_place(temporary, target, replace=force)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    filed.new.append(label)


def same(one: Path, other: Path) -> bool:
    """Whether two files exist with equal bytes."""
    return other.is_file() and one.read_bytes() == other.read_bytes()
