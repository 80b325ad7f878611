"""The rules on the three moons, applied to made-up counts."""

from types import SimpleNamespace

import numpy as np
import pytest

from memstudy.core.claims import INCONCLUSIVE, NOT_REPRODUCED, REPRODUCED, judge
from memstudy.experiments.three_moons import claims, readings
from memstudy.experiments.three_moons.config import PLAIN_LOSS, REAL_MATRICES, THREE_UNITS

ARMS = (THREE_UNITS, REAL_MATRICES, PLAIN_LOSS)


@pytest.mark.parametrize(
    "runs, converged, holds",
    [
        (10, (8, 3, 3), [True, True, True]),
        (10, (7, 2, 9), [False, True, False]),
        (30, (24, 9, 9), [True, True, True]),
        (30, (8, 3, 3), [False, True, True]),
        (30, (23, 10, 10), [False, False, False]),
    ],
)
def test_convergence_is_judged_by_shares_of_the_runs(monkeypatch, runs, converged, holds):
    counts = dict(zip(ARMS, converged, strict=True))
    results = SimpleNamespace(seeds_of=lambda arm: list(range(runs)))
    monkeypatch.setattr(readings, "converged_seeds", lambda _, arm: list(range(counts[arm])))
    evidence = claims.two_tricks_make_it_reliable(results)
    assert [condition.holds for condition in evidence.conditions] == holds
    assert [condition.measured for condition in evidence.conditions] == [
        f"{count} of {runs}" for count in converged
    ]
    assert evidence.n == runs


@pytest.mark.parametrize(
    "ratios, status",
    [
        ([0.01, 0.03], REPRODUCED),
        ([0.01, 0.2], NOT_REPRODUCED),
        ([], INCONCLUSIVE),  # where no run converged there is no solution to look at
    ],
)
def test_the_moons_are_judged_in_converged_runs_alone(monkeypatch, ratios, status):
    results = SimpleNamespace(seeds_of=lambda arm: list(range(10)))
    monkeypatch.setattr(readings, "converged_seeds", lambda *_: list(range(len(ratios))))
    monkeypatch.setattr(readings, "permutation_ratios", lambda *_: np.array(ratios))
    (claim,) = [one for one in claims.CLAIMS if one.id == "MM-3"]
    assert judge(claim, claim.test(results), at_paper_scale=True).status == status
