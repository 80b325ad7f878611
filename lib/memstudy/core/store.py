"""Recorded runs: one folder each, ``<root>/<experiment>/<profile>/<unit id>/``.

A run is written into a temporary folder beside its place, flushed, and renamed. A process that
dies at any moment leaves at most a temporary folder, whose name begins with a dot. What the two
files of a run hold is told in :mod:`memstudy.core.record`.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from memstudy.core import paths
from memstudy.core.experiment import Experiment, Measured, Unit
from memstudy.core.record import (
    COMPLETED,
    RUN,
    TABLE,
    StoreError,
    decode_run,
    decode_table,
    encode,
)
from memstudy.core.writing import remove, temporaries, write_folder, writing_to

ABANDONED_SECONDS = 3600  # a temporary folder this old belongs to a process that died


@dataclass(frozen=True)
class Recorded:
    """A run read back and verified."""

    unit_id: str
    run: Mapping[str, Any]  # content of run.json
    table: pd.DataFrame

    @property
    def completed(self) -> bool:
        """Whether the unit was measured to the end."""
        return self.run["outcome"] == COMPLETED


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
        found = self.read_with_files(profile, unit)
        return found[0] if found else None

    def read_with_files(self, profile: str, unit: Unit) -> tuple[Recorded, dict[str, bytes]] | None:
        """As :meth:`read`, with the bytes of both files, by name, that were verified."""
        folder = self.folder(unit.experiment, profile, unit.id)
        before = _identity(folder)
        if before is None:
            return None
        try:
            try:
                return _read(folder, profile, unit)
            except StoreError:
                # Another process may have put a new run in its place between the two files.
                if _identity(folder) == before:
                    raise
                return _read(folder, profile, unit)
        except StoreError as error:
            command = self.command(unit.experiment, profile)
            raise StoreError(
                f"{error}; left in place. Measure it anew with: {command} --only {unit.id} --force"
            ) from None

    def missing(self, profile: str, units: Sequence[Unit]) -> list[Unit]:
        """Units without a completed run (never recorded, or recorded as failed), in order."""
        found = ((unit, self.read(profile, unit)) for unit in units)
        return [unit for unit, recorded in found if recorded is None or not recorded.completed]

    def complete(self, profile: str, units: Sequence[Unit]) -> list[Recorded] | None:
        """All runs of the units asked for, verified; None where some are missing or failed.

        Raises:
            StoreError: as :meth:`read`.
        """
        found = []
        for unit in units:
            recorded = self.read(profile, unit)
            if recorded is None or not recorded.completed:
                return None
            found.append(recorded)
        return found

    def load(self, experiment: Experiment, profile: str, units: Sequence[Unit]) -> list[Recorded]:
        """All runs of the units asked for, verified.

        Raises:
            StoreError: some are missing or failed; the message names the command to run.
        """
        found = [self.read(profile, unit) for unit in units]
        complete = [recorded for recorded in found if recorded and recorded.completed]
        if len(complete) == len(units):
            return complete
        failed = [recorded for recorded in found if recorded and not recorded.completed]
        if failed:
            why = f"{len(failed)} failed, {failed[0].unit_id}: {failed[0].run.get('reason')}"
        else:
            why = f"first: {units[found.index(None)].id}"
        raise StoreError(
            f"{experiment.name}: {len(units) - len(complete)} of {len(units)} units of profile "
            f"{profile} are not recorded ({why}). Record them with: "
            f"{self.command(experiment.name, profile)}"
        )

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
            run: what is known about the run beside the unit (provenance, cost, outcome).
            measured: the table and the facts.
            replace: take the place of what stands there. That of a failed run is always taken.

        Returns:
            False when another process recorded the same unit first and ``replace`` is not set;
            its run then stands.

        Raises:
            UsageError: the folder cannot be written or the disk is full; nothing is left behind.
            ValueError, TypeError: the table or the facts are not what a run may hold.
        """
        files = encode(profile, unit, run, measured)
        folder = self.folder(unit.experiment, profile, unit.id)
        return write_folder(folder, files, replace or has_failed(folder))

    def prepare(self, experiment: str, profile: str) -> None:
        """Find out whether runs can be written, and remove what killed writers left long ago.

        Raises:
            UsageError: the folder of the profile cannot be written.
        """
        folder = self.root / experiment / profile
        trial = folder / f".trial.{os.getpid()}.tmp"
        with writing_to(folder):
            trial.mkdir(parents=True, exist_ok=True)
            trial.rmdir()
        for path in temporaries(folder):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > ABANDONED_SECONDS:
                    remove(path)

    def command(self, experiment: str, profile: str) -> str:
        """The command that records a profile in this store."""
        if self.root in (paths.RESULTS, paths.CACHE / "results"):
            return run_command(experiment, profile)
        return f"{run_command(experiment, profile)} --out {paths.shown(self.root.parent)}"


def read_run(folder: Path) -> dict[str, Any]:
    """``run.json`` of a folder, verified.

    Raises:
        StoreError: it is missing, or see :func:`memstudy.core.record.decode_run`.
    """
    return decode_run(_bytes(folder / RUN), paths.shown(folder / RUN))


def read_folder(folder: Path) -> tuple[dict[str, Any], pd.DataFrame, dict[str, bytes]]:
    """What stands in a folder, verified: ``run.json``, the table, and both files' bytes by name.

    Raises:
        StoreError: a file is missing, or see :mod:`memstudy.core.record`.
    """
    files = {name: _bytes(folder / name) for name in (RUN, TABLE)}
    run = decode_run(files[RUN], paths.shown(folder / RUN))
    return run, decode_table(files[TABLE], run, paths.shown(folder / TABLE)), files


def has_failed(folder: Path) -> bool:
    """Whether the record of a failure stands in a folder."""
    return outcome_of(folder) not in ("", COMPLETED)


def outcome_of(folder: Path) -> str:
    """Outcome of the run that stands in a folder; "" where none stands that can be trusted."""
    try:
        return read_run(folder)["outcome"]
    except StoreError:
        return ""


def run_command(experiment: str, profile: str) -> str:
    """The command that records a profile."""
    return f"python -m memstudy run {experiment} --profile {profile}"


def _read(folder: Path, profile: str, unit: Unit) -> tuple[Recorded, dict[str, bytes]]:
    run, table, files = read_folder(folder)
    if run["config_hash"] != unit.hash or run["profile"] != profile:
        raise StoreError(
            f"{paths.shown(folder)} was recorded with another configuration (hash "
            f"{run['config_hash'][:12]}, asked for {unit.hash[:12]})"
        )
    return Recorded(unit.id, run, table), files


def _identity(folder: Path) -> tuple[int, int] | None:
    """By what one folder is told from another that took its place; None if there is none."""
    try:
        found = os.lstat(folder)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise StoreError(f"{paths.shown(path)} is missing") from None
    except OSError as error:
        raise StoreError(f"{paths.shown(path)} cannot be read ({error.strerror})") from None
