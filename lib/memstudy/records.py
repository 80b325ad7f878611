"""What experiments write into their records, and how they read it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from memstudy.core.statistics import bootstrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy as np
    import pandas as pd

    from memstudy.core.experiment import Unit
    from memstudy.study import Results


def long_table(rows: Iterable[Mapping[str, Any]], unit: Unit) -> pd.DataFrame:
    """Rows as the long table of a unit; what a row does not say is empty, or -1 for a number."""
    import pandas as pd

    unsaid = {"split": "", "part": "", "step": -1, "position": -1}
    table = pd.DataFrame([unsaid | dict(row) for row in rows])
    return table.assign(model=unit.arm, seed=unit.seed)


def facts(results: Results, arm: str, seed: int | None = None) -> dict[str, Any]:
    """What the record of a run says beside its table; by default of the arm's first seed.

    Raises:
        ValueError: there is no such run.
    """
    chosen = results.seeds_of(arm)[:1] if seed is None else [seed]
    for found in results.recorded:
        if found.run["arm"] == arm and [found.run["seed"]] == chosen:
            return found.run["facts"]
    raise ValueError(f"no run of the arm {arm!r} with seed {seed}")


def along(table: pd.DataFrame, column: str) -> tuple[np.ndarray, np.ndarray]:
    """One number a run and place: the places in order, and (runs, places) numbers.

    Args:
        table: rows of one metric; ``value`` of each ``seed`` and place.
        column: the places, such as ``"step"`` or ``"position"``.

    Raises:
        ValueError: a run has two numbers for one place.
    """
    wide = table.pivot(index="seed", columns=column, values="value")
    return wide.columns.to_numpy(), wide.to_numpy()


def brief(values: np.ndarray, form: str) -> str:
    """Mean over runs with its 95 % interval, such as ``0.98 [0.97, 0.99]``; of one run, its value.

    Args:
        values: (runs,).
        form: of each of the three numbers, such as ``".2f"``; ``"+.3f"`` for differences.
    """
    if len(values) == 1:
        return f"{values[0]:{form}} (one run)"
    found = bootstrap(values)
    return f"{found.mean:{form}} [{found.low:{form}}, {found.high:{form}}]"
