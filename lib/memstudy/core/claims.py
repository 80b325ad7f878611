"""A claim of a paper, the rule that was fixed before any result, and its computed verdict.

Nobody types a verdict. A claim's ``test`` turns recorded results into :class:`Condition` objects,
and :func:`judge` turns these into one of the statuses below. A condition on a mean over seeds
*holds* when the whole 95 % bootstrap interval lies on the right side of its threshold, *fails*
when the whole interval lies on the wrong side, and is *undecided* when the interval contains it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import TYPE_CHECKING, Any

from memstudy.core.statistics import bootstrap

if TYPE_CHECKING:
    import numpy as np

REPRODUCED = "reproduced"
REDUCED = "reproduced at reduced scale"
PARTLY = "partly"
NOT_REPRODUCED = "not reproduced"
INCONCLUSIVE = "inconclusive"
NOT_ATTEMPTED = "not attempted"

STATUSES = (REPRODUCED, REDUCED, PARTLY, NOT_REPRODUCED, INCONCLUSIVE, NOT_ATTEMPTED)


@dataclass(frozen=True)
class Condition:
    """One part of a rule, evaluated."""

    text: str  # e.g. "err(lcm+10) / err(lcm-10) < 0.5, training triple"
    measured: str  # what was found, with spread and n
    holds: bool | None  # None: undecided, the interval contains the threshold

    def __post_init__(self) -> None:
        # A truth value of NumPy is neither True nor False where identity is asked for.
        if self.holds is not None:
            object.__setattr__(self, "holds", bool(self.holds))

    def __str__(self) -> str:
        word = {True: "holds", False: "fails", None: "undecided"}[self.holds]
        return f"{word}: {self.text}: {self.measured}"


@dataclass(frozen=True)
class Evidence:
    """What a claim's test found in recorded results."""

    ours: str  # our value in a few words, with its spread
    n: int  # number of independent runs behind it; 0 where nothing random is involved
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Claim:
    """What a paper says, how it is measured, and the rule fixed beforehand."""

    id: str  # "MM-1"
    paper: str  # "Memory Mosaics"
    where: str  # figure, table or section of the paper
    statement: str  # the claim in a few words
    paper_value: str  # the paper's own value, or how the paper shows it
    rule: str  # the rule in words, as fixed before any result
    seeds: int  # least number of runs; 0 where nothing random is involved
    figure: str  # stem of the figure that shows it
    test: Callable[[Any], Evidence]  # study.Results -> Evidence
    corrections: tuple[str, ...] = ()  # earlier rules and why each was plainly wrong


@dataclass(frozen=True)
class Verdict:
    """A claim with its computed status."""

    claim: Claim
    status: str  # one of STATUSES
    reason: str  # why, in one line
    evidence: Evidence | None = None  # None when not attempted


def below(text: str, values: Sequence[float] | np.ndarray, threshold: float) -> Condition:
    """Condition that the mean of ``values`` over runs lies below ``threshold``."""
    return _compare(text, values, threshold, sign=1.0)


def above(text: str, values: Sequence[float] | np.ndarray, threshold: float) -> Condition:
    """Condition that the mean of ``values`` over runs lies above ``threshold``."""
    return _compare(text, values, threshold, sign=-1.0)


def within(
    text: str, values: Sequence[float] | np.ndarray, centre: float, tolerance: float
) -> Condition:
    """Condition that the mean of ``values`` over runs lies within ``tolerance`` of ``centre``."""
    sides = (
        above(text, values, centre - tolerance),
        below(text, values, centre + tolerance),
    )
    holds = [side.holds for side in sides]
    whole = False if False in holds else None if None in holds else True
    return Condition(text, sides[0].measured, whole)


def fact(text: str, measured: str, holds: bool) -> Condition:
    """Condition about a count or another quantity that has no interval."""
    return Condition(text, measured, holds)


def controlled(conditions: Sequence[Condition], *controls: Condition) -> tuple[Condition, ...]:
    """Conditions that count if all controls are passed, and are undecided else.

    A control that is passed decides nothing, and is no condition; one that is not is shown.
    """
    missed = [control for control in controls if not control.holds]
    if not missed:
        return tuple(conditions)
    return tuple(replace(condition, holds=None) for condition in (*conditions, *missed))


def _compare(
    text: str, values: Sequence[float] | np.ndarray, limit: float, sign: float
) -> Condition:
    """Condition that the mean of sign * values lies below sign * limit."""
    if len(values) == 0:
        return Condition(text, "no runs to measure it on", None)
    wild = sum(not isfinite(value) for value in values)
    if wild:
        return Condition(text, f"not finite in {wild} of {len(values)} runs", None)
    interval = bootstrap(values)
    nearest, farthest = sorted(sign * (end - limit) for end in (interval.low, interval.high))
    holds = True if farthest < 0 else False if nearest >= 0 else None
    return Condition(text, str(interval), holds)


def judge(claim: Claim, evidence: Evidence, at_paper_scale: bool) -> Verdict:
    """Turn evidence into a verdict.

    Args:
        claim: the claim.
        evidence: what its test found.
        at_paper_scale: False caps the status at "reproduced at reduced scale".
    """
    failed = [c.text for c in evidence.conditions if c.holds is False]
    undecided = [c.text for c in evidence.conditions if c.holds is None]
    held = [c.text for c in evidence.conditions if c.holds]
    if evidence.n < claim.seeds:
        status, reason = INCONCLUSIVE, f"{evidence.n} runs where the rule asks for {claim.seeds}"
    elif failed and held:
        status, reason = PARTLY, "does not hold: " + "; ".join(failed)
    elif failed:
        status, reason = NOT_REPRODUCED, "does not hold: " + "; ".join(failed)
    elif undecided:
        status, reason = INCONCLUSIVE, "undecided: " + "; ".join(undecided)
    elif not held:
        status, reason = INCONCLUSIVE, "nothing was tested"
    else:
        status = REPRODUCED if at_paper_scale else REDUCED
        reason = "every condition holds"
    return Verdict(claim, status, reason, evidence)


def not_attempted(claim: Claim, reason: str) -> Verdict:
    """The verdict on a claim for which there are no recorded runs."""
    return Verdict(claim, NOT_ATTEMPTED, reason)
