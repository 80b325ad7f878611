"""The rules on the three moons, applied to made-up counts."""

from types import SimpleNamespace

import pytest

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
