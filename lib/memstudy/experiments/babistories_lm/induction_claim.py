"""MM-8: what the paper says about induction, and the rule fixed before any run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memstudy.core.claims import Claim, Evidence, above, below
from memstudy.experiments.babistories_lm.induction import ARMS, SECOND
from memstudy.records import along, brief

if TYPE_CHECKING:
    import numpy as np

    from memstudy.study import Results

SOLVED = 0.95  # accuracy from which a model counts as doing induction
UNSOLVED = 0.5  # accuracy up to which it counts as not doing it


def accuracies(results: Results, arm: str, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Accuracy of an arm at every test of its training.

    Args:
        results: recorded runs.
        arm: one of the induction arms.
        part: which occurrences of the triggers.

    Returns:
        Steps, (tests,), and accuracies, (runs, tests).
    """
    table = results.select(metric="induction_accuracy", model=arm, part=part)
    return along(table, "step")


def named(arm: str) -> str:
    """An arm as the rule writes it, such as ``transformer(2)``."""
    family, n_blocks = ARMS[arm]
    return f"{family}({n_blocks})"


def one_block_of_memory_does_induction(results: Results) -> Evidence:
    """MM-8."""
    final = {arm: accuracies(results, arm, SECOND)[1][:, -1] for arm in ARMS}
    mosaic, one_block, two_blocks = ARMS
    conditions = (
        above(f"{named(mosaic)} >= {SOLVED}", final[mosaic], SOLVED),
        below(f"{named(one_block)} <= {UNSOLVED}", final[one_block], UNSOLVED),
        above(f"{named(two_blocks)} >= {SOLVED}", final[two_blocks], SOLVED),
    )
    told = ", ".join(f"{named(arm)} {brief(found, '.3f')}" for arm, found in final.items())
    return Evidence(told, min(map(len, final.values())), conditions)


INDUCTION_CLAIM = Claim(
    id="MM-8",
    paper="Memory Mosaics",
    where="note 5",
    statement="induction needs one mosaic block and two transformer blocks",
    paper_value="said in words, with reference to Bietti et al. (2023)",
    rule="accuracy on the second occurrence of a bigram, at the last training step, mean over "
    "seeds with its whole interval: mosaic(1) >= 0.95, transformer(1) <= 0.5, "
    "transformer(2) >= 0.95",
    seeds=5,
    figure="02_babistories_lm_induction",
    test=one_block_of_memory_does_induction,
)
