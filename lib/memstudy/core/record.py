"""The two files of a recorded run: what they hold, and how they are written and verified.

- ``measurements.parquet``: a long table, one row a measurement (:data:`COLUMNS`);
- ``run.json``: configuration and its hash, seeds, data, code, machine, cost, outcome, and the
  SHA-256 of the table and of itself, so that a truncated or edited file is noticed. The earliest
  runs were recorded before there was a hash of the record itself, ``record_sha256``. They are read
  as well; edits of what is neither configuration nor table would not be noticed in them.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from memstudy.core.errors import UsageError, one_line
from memstudy.core.experiment import Measured, Unit, content_hash, plain

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
COMPLETED = "completed"  # the outcome of a unit that was measured to the end
MOST_BYTES = 1_000_000  # results are committed: a table is thinned to what a figure needs

DESCRIPTION = {"experiment": str, "arm": str, "seed": int, "config": dict}  # what config_hash is of
NEEDED = {
    **DESCRIPTION,
    "profile": str,
    "unit": str,
    "config_hash": str,
    "outcome": str,
    "measurements": dict,
    "started": str,
    "wall_seconds": int | float,
    "facts": dict,
}
NEEDED_WITHIN = {"device": {"name": str}, "git": {"commit": str | None}}


class StoreError(UsageError):
    """A recorded run that is missing or cannot be trusted; the message names it."""


def encode(
    profile: str, unit: Unit, run: Mapping[str, Any], measured: Measured
) -> dict[str, bytes]:
    """Both files of a run, by name.

    Raises:
        ValueError: the table has other columns, or is larger than a result may be.
        TypeError: a fact is nothing that JSON can hold.
    """
    table = checked_table(measured.table)
    stream = io.BytesIO()
    table.to_parquet(stream, index=False, compression="zstd")
    content = stream.getvalue()
    if len(content) > MOST_BYTES:
        raise ValueError(f"{len(content)} bytes of measurements; thin them to {MOST_BYTES}")
    described = plain(
        {
            "schema": SCHEMA,
            "profile": profile,
            "unit": unit.id,
            **unit.described(),
            "config_hash": unit.hash,
            **run,
            "facts": finite(measured.facts),
            "measurements": {"rows": len(table), "sha256": hashlib.sha256(content).hexdigest()},
        }
    )
    described["record_sha256"] = content_hash(described)
    text = json.dumps(described, indent=2, sort_keys=True, allow_nan=False) + "\n"
    return {TABLE: content, RUN: text.encode()}


def finite(value: Any) -> Any:
    """Facts as JSON can hold them: what is not finite as a word, numbers of NumPy as Python's.

    A loss that ran away must not cost the run that measured it.
    """
    if isinstance(value, Mapping):
        return {name: finite(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [finite(entry) for entry in value]
    if getattr(value, "ndim", None) == 0:
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def decode_run(content: bytes, name: str) -> dict[str, Any]:
    """What the bytes of a ``run.json`` say, verified.

    Args:
        content: the bytes.
        name: how the message of an error calls the file.

    Raises:
        StoreError: it is no JSON, lacks fields, has another schema version, or was altered after
            it was written, which only a record with a hash of its own can tell.
    """
    try:
        run = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{name} is corrupt ({one_line(error)})") from None
    if not isinstance(run, dict) or "schema" not in run:
        raise StoreError(f"{name} is not the record of a run")
    if run["schema"] != SCHEMA:
        raise StoreError(
            f"{name} has schema version {run['schema']!r}, this code reads version {SCHEMA}"
        )
    wrong = [key for key, kind in NEEDED.items() if not isinstance(run.get(key), kind)]
    for part, needed in NEEDED_WITHIN.items():
        held = run[part] if isinstance(run.get(part), dict) else {}
        keys = [key for key, kind in needed.items() if not isinstance(held.get(key, ...), kind)]
        wrong += [f"{part}.{key}" for key in keys]
    if wrong:
        raise StoreError(f"{name} lacks what a run must have: {', '.join(wrong)}")
    if run["config_hash"] != _hash({key: run[key] for key in DESCRIPTION}):
        raise StoreError(f"{name} was altered: its configuration does not give its hash")
    content_now = {key: value for key, value in run.items() if key != "record_sha256"}
    if "record_sha256" in run and run["record_sha256"] != _hash(content_now):
        raise StoreError(f"{name} was altered after it was written")
    return run


def decode_table(content: bytes, run: Mapping[str, Any], name: str) -> pd.DataFrame:
    """The table in the bytes of a ``measurements.parquet``, verified against its ``run.json``.

    Raises:
        StoreError: the table is truncated, altered, or has other columns.
    """
    if hashlib.sha256(content).hexdigest() != run["measurements"].get("sha256"):
        raise StoreError(f"{name} is truncated or was altered")
    try:
        return checked_table(pd.read_parquet(io.BytesIO(content)))
    except Exception as error:  # pyarrow has many ways to say that a file is unreadable
        raise StoreError(f"{name} is corrupt ({one_line(error)})") from None


def checked_table(table: pd.DataFrame) -> pd.DataFrame:
    """The table with exactly the columns and types of :data:`COLUMNS`.

    Raises:
        ValueError: columns are missing, unknown or twice there, or hold what they must not.
    """
    if sorted(map(str, table.columns)) != sorted(COLUMNS):
        raise ValueError(
            f"a table of measurements has the columns {list(COLUMNS)}, not {list(table.columns)}"
        )
    typed = table[list(COLUMNS)]
    other = {name: kind for name, kind in COLUMNS.items() if str(typed.dtypes[name]) != kind}
    if other:
        typed = typed.astype(other)
    for name, kind in COLUMNS.items():
        if kind == "float64" or str(table.dtypes[name]) == "int64":
            continue
        lost = kind == "int64" and (typed[name].to_numpy() != table[name].to_numpy()).any()
        if lost or table[name].isna().any():
            raise ValueError(f"the column {name!r} holds what is no {kind}")
    return typed.reset_index(drop=True)


def empty_table() -> pd.DataFrame:
    """A table of measurements without rows."""
    return checked_table(pd.DataFrame({name: [] for name in COLUMNS}))


def _hash(value: Any) -> str:
    """Content hash of what JSON gave; empty where it holds numbers that no run can hold."""
    try:
        return content_hash(value)
    except ValueError:
        return ""
