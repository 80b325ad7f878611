"""One recorded run is one folder with two files; it appears whole or not at all.

``<root>/<experiment>/<profile>/<unit id>/``

- ``measurements.parquet``: a long table, one row a measurement (:data:`COLUMNS`);
- ``run.json``: configuration and its hash, seeds, data, code, machine, cost, outcome, and the
  SHA-256 of the table, so that a truncated or edited table is noticed.

A run is written into a temporary folder beside its place, flushed, and renamed. A process that
dies at any moment leaves at most a temporary folder, which the next writer removes.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from memstudy.core import paths
from memstudy.core.errors import UsageError
from memstudy.core.experiment import Experiment, Measured, Unit
from memstudy.core.provenance import file_sha256

SCHEMA = 1
COLUMNS = {
    "metric": "string",  # what was measured
    "value": "float64",  # in the unit that the metric's name states
    "split": "string",  # which data: "train", "validation", the name of a triple ...
    "part": "string",  # which component of the model, or ""
    "step": "int64",  # training step after which it was measured, -1 where it does not apply
    "position": "int64",  # position or context length, -1 where it does not apply
    "model": "string",  # arm
    "seed": "int64",
}
TABLE = "measurements.parquet"
RUN = "run.json"
MOST_BYTES = 1_000_000  # results are committed: a table is thinned to what a figure needs
ABANDONED_SECONDS = 3600  # a temporary folder this old belongs to a process that died


class StoreError(UsageError):
    """A recorded run that cannot be trusted; the message names it and says what to do."""


@dataclass(frozen=True)
class Recorded:
    """A run read back and verified."""

    unit_id: str
    run: Mapping[str, Any]  # content of run.json
    table: pd.DataFrame

    @property
    def completed(self) -> bool:
        """Whether the unit was measured to the end."""
        return self.run["outcome"] == "completed"


class Store:
    """Recorded runs below one folder."""

    def __init__(self, root: Path = paths.RESULTS) -> None:
        self.root = Path(root)

    def folder(self, experiment: str, profile: str, unit_id: str) -> Path:
        """Where the run of that unit is, or would be."""
        return self.root / experiment / profile / unit_id

    def unit_ids(self, experiment: str, profile: str) -> list[str]:
        """Ids of all runs that stand in the store, whatever their state."""
        folder = self.root / experiment / profile
        if not folder.is_dir():
            return []
        return sorted(p.name for p in folder.iterdir() if p.is_dir() and p.name[0] != ".")

    def read(self, profile: str, unit: Unit) -> Recorded | None:
        """The verified run of a unit, or None when it has never been recorded.

        Raises:
            StoreError: the run is corrupt, truncated, of another schema version, or was made with
                another configuration than the one asked for. It is left in place.
        """
        folder = self.folder(unit.experiment, profile, unit.id)
        if not folder.exists():
            return None
        run = read_run(folder)
        if run["config_hash"] != unit.hash:
            raise StoreError(
                f"{paths.shown(folder)} was recorded with another configuration "
                f"(hash {str(run['config_hash'])[:12]}, asked for {unit.hash[:12]}); left in "
                f"place. Measure it anew with: {run_command(unit.experiment, profile)} "
                f"--only {unit.id} --force"
            )
        return Recorded(unit.id, run, read_table(folder, run))

    def missing(self, profile: str, units: Sequence[Unit]) -> list[Unit]:
        """Units without a completed run (never recorded, or recorded as failed), in order."""
        found = ((unit, self.read(profile, unit)) for unit in units)
        return [unit for unit, recorded in found if recorded is None or not recorded.completed]

    def load(self, experiment: Experiment, profile: str, units: Sequence[Unit]) -> list[Recorded]:
        """All runs of the units asked for, verified.

        Raises:
            StoreError: some are missing or failed; the message names the command to run.
        """
        missing = self.missing(profile, units)
        if missing:
            raise StoreError(
                f"{experiment.name}: {len(missing)} of {len(units)} units of profile {profile} "
                f"are not recorded (first: {missing[0].id}). Record them with: "
                f"{run_command(experiment.name, profile)}"
            )
        found = [self.read(profile, unit) for unit in units]
        return [recorded for recorded in found if recorded is not None]

    def write(
        self,
        profile: str,
        unit: Unit,
        run: Mapping[str, Any],
        measured: Measured,
        replace: bool = False,
    ) -> bool:
        """Record a unit, whole or not at all.

        Args:
            profile: name of the profile.
            unit: the unit.
            run: what :func:`memstudy.runner` knows about the run (provenance, cost, outcome).
            measured: the table and the facts.
            replace: take the place of a run that already stands there.

        Returns:
            False when another process recorded the same unit first and ``replace`` is not set;
            its run then stands.

        Raises:
            UsageError: the folder cannot be written or the disk is full; nothing is left behind.
            ValueError: the table has other columns, or is larger than a result may be.
        """
        folder = self.folder(unit.experiment, profile, unit.id)
        with writing_to(folder.parent):
            folder.parent.mkdir(parents=True, exist_ok=True)
            remove_abandoned(folder.parent)
            temporary = folder.parent / f".{unit.id}.{uuid.uuid4().hex}.tmp"
            try:
                temporary.mkdir()
                write_files(temporary, profile, unit, run, measured)
                return move_into_place(temporary, folder, replace)
            finally:
                shutil.rmtree(temporary, ignore_errors=True)


def write_files(
    folder: Path, profile: str, unit: Unit, run: Mapping[str, Any], measured: Measured
) -> None:
    """Write both files of a run into a temporary folder and flush them to the disk."""
    table = checked_table(measured.table)
    table.to_parquet(folder / TABLE, index=False, compression="zstd")
    size = (folder / TABLE).stat().st_size
    if size > MOST_BYTES:
        raise ValueError(f"{unit.id}: {size} bytes of measurements; thin them to {MOST_BYTES}")
    described = {
        "schema": SCHEMA,
        "profile": profile,
        "unit": unit.id,
        **unit.described(),
        "config_hash": unit.hash,
        **run,
        "facts": dict(measured.facts),
        "measurements": {"rows": len(table), "sha256": file_sha256(folder / TABLE)},
    }
    text = json.dumps(described, indent=2, sort_keys=True, allow_nan=False) + "\n"
    (folder / RUN).write_text(text, encoding="utf-8")
    for name in (TABLE, RUN):
        flush(folder / name)


def move_into_place(temporary: Path, folder: Path, replace: bool) -> bool:
    """Rename the finished folder into place; the system refuses a rename onto a full folder."""
    if replace and folder.exists():
        # Between the two renames the unit is absent, never broken.
        aside = temporary.with_suffix(".old.tmp")
        folder.rename(aside)
        temporary.rename(folder)
        shutil.rmtree(aside, ignore_errors=True)
        return True
    try:
        temporary.rename(folder)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            return False
        raise
    flush(folder.parent)
    return True


def read_run(folder: Path) -> dict[str, Any]:
    """``run.json`` of a folder, verified.

    Raises:
        StoreError: it is missing, is no JSON, lacks fields, or has another schema version.
    """
    path = folder / RUN
    remedy = f"left in place; delete the folder {paths.shown(folder)} and run the unit again"
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StoreError(f"{paths.shown(path)} is missing; {remedy}") from None
    except (ValueError, OSError) as error:
        raise StoreError(f"{paths.shown(path)} is corrupt ({one_line(error)}); {remedy}") from None
    needed = {"schema", "config_hash", "outcome", "measurements", "unit", "profile", "experiment"}
    if not isinstance(run, dict) or "schema" not in run:
        raise StoreError(f"{paths.shown(path)} is not the record of a run; {remedy}")
    if run["schema"] != SCHEMA:
        raise StoreError(
            f"{paths.shown(path)} has schema version {run['schema']!r}, this code reads version "
            f"{SCHEMA}; use the code that wrote it, or: {remedy}"
        )
    if not needed <= run.keys() or not isinstance(run["measurements"], dict):
        raise StoreError(f"{paths.shown(path)} lacks fields a run must have; {remedy}")
    return run


def read_table(folder: Path, run: Mapping[str, Any]) -> pd.DataFrame:
    """The measurements of a folder, verified against the hash in ``run.json``.

    Raises:
        StoreError: the table is missing, truncated, altered, or has other columns.
    """
    path = folder / TABLE
    remedy = f"left in place; delete the folder {paths.shown(folder)} and run the unit again"
    if not path.exists():
        raise StoreError(f"{paths.shown(path)} is missing; {remedy}")
    if file_sha256(path) != run["measurements"].get("sha256"):
        raise StoreError(f"{paths.shown(path)} is truncated or was altered; {remedy}")
    try:
        return checked_table(pd.read_parquet(path))
    except Exception as error:  # pyarrow has many ways to say that a file is unreadable
        raise StoreError(f"{paths.shown(path)} is corrupt ({one_line(error)}); {remedy}") from None


def checked_table(table: pd.DataFrame) -> pd.DataFrame:
    """The table with exactly the columns and types of :data:`COLUMNS`.

    Raises:
        ValueError: columns are missing or unknown.
    """
    strange = set(table.columns) ^ set(COLUMNS)
    if strange:
        raise ValueError(f"a table of measurements has the columns {list(COLUMNS)}; see {strange}")
    return table[list(COLUMNS)].astype(COLUMNS).reset_index(drop=True)


def empty_table() -> pd.DataFrame:
    """A table of measurements without rows."""
    return checked_table(pd.DataFrame({name: [] for name in COLUMNS}))


def remove_abandoned(folder: Path) -> None:
    """Remove temporary folders whose writers must have died long ago."""
    for path in folder.glob(".*.tmp"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > ABANDONED_SECONDS:
                shutil.rmtree(path, ignore_errors=True)


def flush(path: Path) -> None:
    """Ask the system to put a file or folder on the disk before going on."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """Turn the system's refusals to write below ``folder`` into one clear line.

    Raises:
        UsageError: no permission, read-only, or no space left.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise UsageError(
                f"no space left to write {paths.shown(folder)}; free some and run the same "
                "command again (what is recorded is kept)"
            ) from None
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
            raise UsageError(
                f"cannot write {paths.shown(folder)} ({error.strerror}); make it writable or "
                "choose another folder with --out"
            ) from None
        raise


def run_command(experiment: str, profile: str) -> str:
    """The command that records a profile."""
    return f"python -m memstudy run {experiment} --profile {profile}"


def one_line(error: BaseException) -> str:
    """First line of an error's message."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
