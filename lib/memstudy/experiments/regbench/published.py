"""The papers' own values, as data; see ``data/published/README.md`` for their origin."""

from __future__ import annotations

import csv

from memstudy.core.paths import DATA

MOSAICS = "mosaics_fig11"  # Memory Mosaics, Fig. 11
ORIGINAL = "regbench_fig"  # the paper that introduced the task; other sizes, slightly other values


def curve(metric: str, architecture: str, source: str = MOSAICS) -> dict[int, float]:
    """A published curve: number of environments to value, ascending; empty if there is none.

    Args:
        metric: ``"accuracy"`` or ``"tvd"``.
        architecture: as in ``architecture_config.py``.
        source: ``MOSAICS`` or ``ORIGINAL``.
    """
    with (DATA / "published" / "regbench.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    wanted = {"source": source, "metric": metric, "architecture": architecture}
    found = {
        int(row["environments"]): float(row["value"])
        for row in rows
        if all(row[name] == value for name, value in wanted.items())
    }
    return dict(sorted(found.items()))
