"""Small JSON files that several processes may update at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import FileLock

from memstudy.core.writing import write_file


def read_json(path: Path) -> dict[str, Any]:
    """The object in ``path``; empty if the file is missing or unreadable."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def update_json(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Apply ``change`` to the object in ``path`` under a lock and write it back atomically."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock"):
        value = read_json(path)
        change(value)
        write_file(path, json.dumps(value, indent=1, sort_keys=True).encode() + b"\n")
