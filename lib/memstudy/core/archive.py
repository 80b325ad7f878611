"""Recorded runs as one file that travels: packed on the machine that computed, filed at home."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from memstudy.core import experiment as experiments
from memstudy.core.errors import UsageError, one_line
from memstudy.core.experiment import Experiment
from memstudy.core.record import COMPLETED, MOST_BYTES, RUN, TABLE, decode_run, decode_table
from memstudy.core.store import Store, has_failed, outcome_of
from memstudy.core.writing import write_file, write_folder

FORMAT = "memstudy-runs-1"
MANIFEST = "manifest.json"

Key = tuple[str, str, str]  # experiment, profile, unit id
Files = dict[str, bytes]  # the two files of a run, by name


@dataclass
class Filed:
    """What became of the runs of an archive; unit ids with experiment and profile."""

    new: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)  # stood here already, equal
    kept: list[str] = field(default_factory=list)  # stood here already, different, kept
    failures: list[str] = field(default_factory=list)  # failed; a completed run stands here


def pack(store: Store, experiment: Experiment, profile: str) -> Path:
    """Pack the recorded runs of a profile into ``<store root>/../<experiment>-<profile>.tar``.

    Returns:
        The archive, replaced whole: an interrupted call leaves the one before.

    Raises:
        StoreError: a run cannot be trusted.
        UsageError: the archive cannot be written.
    """
    members: dict[str, bytes] = {}
    for unit in experiment.units(experiment.profile(profile)):
        if found := store.read_with_files(profile, unit):
            _, files = found
            for name in (TABLE, RUN):
                members[f"{experiment.name}/{profile}/{unit.id}/{name}"] = files[name]
    manifest = {"format": FORMAT, "sha256": {name: sha256(members[name]) for name in members}}
    members = {MANIFEST: json.dumps(manifest, indent=1, sort_keys=True).encode()} | members
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, content in members.items():
            header = tarfile.TarInfo(name)
            header.size = len(content)
            tar.addfile(header, io.BytesIO(content))
    target = store.root.parent / f"{experiment.name}-{profile}.tar"
    write_file(target, stream.getbuffer())
    return target


def unpack(archive: Path, store: Store, force: bool = False) -> Filed:
    """Verify an archive whole, then file its runs one by one.

    Args:
        archive: what :func:`pack` wrote.
        store: where to file.
        force: replace completed runs that differ from those of the archive; never by a failure.

    Raises:
        UsageError: the archive cannot be read or does not verify; nothing is filed then.
    """
    if not archive.is_file():
        raise UsageError(f"there is no archive {archive}; give the .tar that `run --out` wrote")
    try:
        runs = verified(read_members(archive))
    except (UsageError, ValueError, tarfile.TarError, OSError, RecursionError) as error:
        raise UsageError(
            f"{archive} does not verify, nothing was filed ({one_line(error)})"
        ) from None
    filed = Filed()
    for key, files in runs.items():
        file_run(key, files, store, force, filed)
    return filed


def read_members(archive: Path) -> dict[str, bytes]:
    """Contents of an archive by name, the manifest's list verified and left out.

    Nothing is extracted, so that a name cannot lead out of anywhere.

    Raises:
        ValueError, tarfile.TarError, OSError: it is not what :func:`pack` wrote.
    """
    members: dict[str, bytes] = {}
    with tarfile.open(archive, "r:") as tar:
        for member in tar:
            if not member.isreg() or member.name in members or member.size > 10 * MOST_BYTES:
                raise ValueError(f"{member.name!r} is no file of a recorded run")
            members[member.name] = tar.extractfile(member).read()
    manifest = json.loads(members.pop(MANIFEST, b"null"))
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ValueError(f"it has no {MANIFEST} of the format {FORMAT}")
    listed = manifest.get("sha256")
    if not isinstance(listed, dict) or listed.keys() != members.keys():
        raise ValueError("its files are not those that it lists")
    for name, content in members.items():
        if listed[name] != sha256(content):
            raise ValueError(f"{name} has another hash than listed")
    return members


def verified(members: Mapping[str, bytes]) -> dict[Key, Files]:
    """The runs that an archive's files make up.

    Raises:
        UsageError: a run is incomplete or corrupt, or does not belong to an experiment of this
            study with this configuration.
    """
    runs: dict[Key, Files] = {}
    for path, content in members.items():
        *key, name = path.split("/")
        if len(key) != 3 or name not in (TABLE, RUN):
            raise UsageError(f"{path!r} is no part of a recorded run")
        runs.setdefault(tuple(key), {})[name] = content
    hashes: dict[tuple[str, str], dict[str, str]] = {}
    for (name, profile, unit_id), files in runs.items():
        label = f"{name}/{profile}/{unit_id}"
        if len(files) != 2:
            raise UsageError(f"{label} is incomplete")
        if (name, profile) not in hashes:
            hashes[name, profile] = config_hashes(name, profile)
        run: dict[str, Any] = decode_run(files[RUN], f"{label}/{RUN}")
        decode_table(files[TABLE], run, f"{label}/{TABLE}")
        if run["profile"] != profile or hashes[name, profile].get(unit_id) != run["config_hash"]:
            raise UsageError(f"{label} was made with another configuration than it has here")
    return runs


def config_hashes(experiment: str, profile: str) -> dict[str, str]:
    """Configuration hash of each unit of a profile, as the code stands here."""
    found = experiments.load(experiment)
    return {unit.id: unit.hash for unit in found.units(found.profile(profile))}


def file_run(key: Key, files: Files, store: Store, force: bool, filed: Filed) -> None:
    """Put one verified run into the store, whole or not at all."""
    label, folder = "/".join(key), store.folder(*key)
    if all(same(content, folder / name) for name, content in files.items()):
        filed.known.append(label)
    elif outcome_of(folder) == COMPLETED and json.loads(files[RUN])["outcome"] != COMPLETED:
        filed.failures.append(label)
    elif write_folder(folder, files, replace=force or has_failed(folder)):
        filed.new.append(label)
    else:
        filed.kept.append(label)


def same(content: bytes, path: Path) -> bool:
    """Whether a file exists with this content."""
    return path.is_file() and path.read_bytes() == content


def sha256(content: bytes) -> str:
    """SHA-256 of some bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
