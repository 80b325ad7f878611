"""Absolute paths of the repository, found from this file and from nowhere else."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
LIBRARY = ROOT / "lib" / "memstudy"
EXPERIMENTS = LIBRARY / "experiments"
NOTEBOOKS = ROOT / "notebooks"
DATA = ROOT / "data"
RESULTS = DATA / "results"
CACHE = DATA / "cache"
FIGURES = ROOT / "figures"


def shown(path: Path) -> str:
    """``path`` as people should see it: relative to the repository when it lies inside."""
    path = Path(path)
    try:
        return str(path.resolve().relative_to(ROOT))
    except ValueError:
        return str(path)
