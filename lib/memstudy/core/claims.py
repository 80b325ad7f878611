"""A claim of a paper, the rule that was fixed before any result, and its computed verdict.

Nobody types a verdict. A claim's ``test`` turns recorded results into :class:`Condition` objects,
and :func:`judge` turns these into one of the statuses below. A condition on a mean over seeds
*holds* when the whole 95 % bootstrap interval lies on the right side of its threshold, *fails*
when the whole interval lies on the wrong side, and is *undecided* when the interval contains it.

The bootstrap of three or five seeds is narrower than it promises (:mod:`memstudy.core.statistics`).
So every verdict has a second, cautious status: the same rule, where a condition is undecided unless
the interval of Student's t decides it alike, and the controls that it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf, isfinite
from typing import TYPE_CHECKING, Any

from memstudy.core.statistics import bootstrap, student_t

if TYPE_CHECKING:
    import numpy as np

    from memstudy.core.statistics import Interval

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
    doubt: str = ""  # why not with Student's t; "": decided alike, or there is no such interval

    def __post_init__(self) -> None:
        # A truth value of NumPy is neither True nor False where identity is asked for.
        if self.holds is not None:
            object.__setattr__(self, "holds", bool(self.holds))

    def __str__(self) -> str:
        word = {True: "holds", False: "fails", None: "undecided"}[self.holds]
        return f"{word}: {self.text}: {self.told}"

    @property
    def told(self) -> str:
        """What was found, and what speaks against trusting it."""
        return f"{self.measured}; {self.doubt}" if self.doubt else self.measured

    @property
    def cautious(self) -> Condition:
        """The same, undecided where the two intervals differ."""
        return replace(self, holds=None) if self.doubt else self


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
    cautious: str  # the status where Student's t must decide every condition alike
    evidence: Evidence | None = None  # None when not attempted

    @property
    def with_t(self) -> str:
        """What follows the status where the cautious one is another; else empty."""
        return "" if self.cautious == self.status else f" (with Student's t: {self.cautious})"


def below(text: str, values: Sequence[float] | np.ndarray, threshold: float) -> Condition:
    """Condition that the mean of ``values`` over runs lies below ``threshold``."""
    return _between(text, values, -inf, threshold)


def above(text: str, values: Sequence[float] | np.ndarray, threshold: float) -> Condition:
    """Condition that the mean of ``values`` over runs lies above ``threshold``."""
    return _between(text, values, threshold, inf)


def within(
    text: str, values: Sequence[float] | np.ndarray, centre: float, tolerance: float
) -> Condition:
    """Condition that the mean of ``values`` over runs lies within ``tolerance`` of ``centre``."""
    return _between(text, values, centre - tolerance, centre + tolerance)


def fact(text: str, measured: str, holds: bool | None) -> Condition:
    """Condition about a count or another quantity that has no interval.

    Args:
        text: the condition.
        measured: what was found.
        holds: whether it does; None where there was nothing to count.
    """
    return Condition(text, measured, holds)


def controlled(conditions: Sequence[Condition], *controls: Condition) -> tuple[Condition, ...]:
    """Conditions that count if all controls are passed, and are undecided else.

    A control that is passed decides nothing, and is no condition; one that is not is shown.
    """
    missed = [control for control in controls if not control.holds]
    if missed:
        return tuple(replace(condition, holds=None) for condition in (*conditions, *missed))
    doubted = [control.text for control in controls if control.doubt]
    if not doubted:
        return tuple(conditions)
    doubt = f"with Student's t not passed: {'; '.join(doubted)}"
    return tuple(replace(one, doubt=one.doubt or doubt) for one in conditions)


def _between(
    text: str, values: Sequence[float] | np.ndarray, least: float, most: float
) -> Condition:
    """Condition that the mean of values lies between two numbers, on neither of them."""
    if len(values) == 0:
        return Condition(text, "no runs to measure it on", None)
    wild = sum(not isfinite(value) for value in values)
    if wild:
        return Condition(text, f"not finite in {wild} of {len(values)} runs", None)
    interval = bootstrap(values)
    holds, wider = decided(interval, least, most), student_t(values)
    alike = decided(wider, least, most) == holds
    doubt = "" if alike else f"not with Student's t, [{wider.low:.3g}, {wider.high:.3g}]"
    return Condition(text, str(interval), holds, doubt)


def decided(interval: Interval, least: float, most: float) -> bool | None:
    """Whether a mean lies between two numbers, as far as its interval tells: None if it does not.

    Args:
        interval: of the mean.
        least: the mean must lie above it; -inf: below ``most`` is enough.
        most: the mean must lie below it; inf: above ``least`` is enough.
    """
    if (interval.low > least or least == -inf) and (interval.high < most or most == inf):
        return True
    return False if interval.high <= least or interval.low >= most else None


def judge(claim: Claim, evidence: Evidence, at_paper_scale: bool) -> Verdict:
    """Turn evidence into a verdict.

    Args:
        claim: the claim.
        evidence: what its test found.
        at_paper_scale: False caps the status at "reproduced at reduced scale".
    """
    status, reason = _status(claim, evidence, at_paper_scale)
    doubted = replace(evidence, conditions=tuple(c.cautious for c in evidence.conditions))
    return Verdict(claim, status, reason, _status(claim, doubted, at_paper_scale)[0], evidence)


def _status(claim: Claim, evidence: Evidence, at_paper_scale: bool) -> tuple[str, str]:
    """The status that evidence gives a claim, and why."""
    failed = [c.text for c in evidence.conditions if c.holds is False]
    undecided = [c.text for c in evidence.conditions if c.holds is None]
    held = [c.text for c in evidence.conditions if c.holds]
    if evidence.n < claim.seeds:
        return INCONCLUSIVE, f"{evidence.n} runs where the rule asks for {claim.seeds}"
    if failed:
        status = PARTLY if held else NOT_REPRODUCED
        return status, "does not hold: " + "; ".join(failed)
    if undecided:
        return INCONCLUSIVE, "undecided: " + "; ".join(undecided)
    if not held:
        return INCONCLUSIVE, "nothing was tested"
    return REPRODUCED if at_paper_scale else REDUCED, "every condition holds"


def not_attempted(claim: Claim, reason: str) -> Verdict:
    """The verdict on a claim for which there are no recorded runs."""
    return Verdict(claim, NOT_ATTEMPTED, reason, NOT_ATTEMPTED)
