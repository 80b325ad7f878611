"""Verdicts are computed: every status, every side of an interval, and the interval itself."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from memstudy.core import claims
from memstudy.core.claims import (
    Claim,
    Condition,
    Evidence,
    above,
    below,
    controlled,
    fact,
    judge,
    within,
)
from memstudy.core.statistics import bootstrap, coverage, student_t

CLAIM = Claim("X-1", "paper", "Fig. 1", "says", "value", "rule", 5, "figure", test=None)


def evidence(*holds, n=5):
    return Evidence("ours", n, tuple(Condition(f"c{i}", "", h) for i, h in enumerate(holds)))


@pytest.mark.parametrize(
    ("holds", "status"),
    [
        ((True,), claims.REPRODUCED),
        ((True, True), claims.REPRODUCED),
        ((False,), claims.NOT_REPRODUCED),
        ((False, False), claims.NOT_REPRODUCED),
        ((True, False), claims.PARTLY),
        ((True, False, None), claims.PARTLY),
        ((False, None), claims.NOT_REPRODUCED),
        ((None,), claims.INCONCLUSIVE),
        ((True, None), claims.INCONCLUSIVE),
        ((), claims.INCONCLUSIVE),
    ],
)
def test_status_for_each_mixture_of_conditions(holds, status):
    for order in itertools.permutations(holds):
        assert judge(CLAIM, evidence(*order), at_paper_scale=True).status == status


def test_reduced_scale_caps_success_only():
    for holds in ((True,), (False,), (None,), (True, False)):
        full = judge(CLAIM, evidence(*holds), at_paper_scale=True).status
        small = judge(CLAIM, evidence(*holds), at_paper_scale=False).status
        assert small == (claims.REDUCED if full == claims.REPRODUCED else full)


@pytest.mark.parametrize("holds", [(True,), (False,), (None,), (True, False), ()])
def test_too_few_runs_are_inconclusive_whatever_they_say(holds):
    verdict = judge(CLAIM, evidence(*holds, n=4), at_paper_scale=True)
    assert verdict.status == claims.INCONCLUSIVE
    assert verdict.reason == "4 runs where the rule asks for 5"


def test_reasons_name_the_conditions():
    assert "c1" in judge(CLAIM, evidence(True, False), True).reason
    assert "c0" in judge(CLAIM, evidence(None, True), True).reason
    assert judge(CLAIM, evidence(), True).reason == "nothing was tested"
    assert claims.not_attempted(CLAIM, "why").status == claims.NOT_ATTEMPTED
    assert len(set(claims.STATUSES)) == 6


def test_truth_values_of_numpy_count_like_pythons():
    # `is False` would overlook numpy's, and a claim would hold although a part of it failed.
    found = Evidence("", 5, (fact("a", "", np.bool_(True)), fact("b", "", np.bool_(False))))
    assert judge(CLAIM, found, True).status == claims.PARTLY
    assert fact("a", "", np.bool_(False)).holds is False


@pytest.mark.parametrize(
    ("values", "is_below", "is_above"),
    [
        ([0.1, 0.2, 0.3], True, False),
        ([1.1, 1.2, 1.3], False, True),
        ([0.5, 1.5, 0.9], None, None),
        ([1.0, 1.0, 1.0], False, False),  # on the threshold is on no side of it
        ([2.0], False, True),
        ([], None, None),
        ([0.1, float("nan"), 0.2], None, None),
        ([0.1, float("inf")], None, None),
    ],
)
def test_a_condition_holds_when_the_whole_interval_does(values, is_below, is_above):
    assert below("", values, 1.0).holds is is_below
    assert above("", values, 1.0).holds is is_above
    assert below("", -np.array(values), -1.0).holds is is_above


@pytest.mark.parametrize(
    ("values", "inside"),
    [
        ([1.0, 1.1, 0.9], True),
        ([0.5, 1.5, 1.0], None),
        ([2.0, 2.1], False),
        ([-2.0, -2.1], False),
        ([2.0, 3.0, 1.4], None),
        ([1.5, 1.5], False),  # on the rim is outside
        ([-9.0, 9.0], None),
    ],
)
def test_a_mean_lies_within_when_the_whole_interval_does(values, inside):
    assert within("", values, 1.0, 0.5).holds is inside


def test_the_interval_of_students_t_is_the_textbooks():
    # Mean 2, s = 1, n = 3; 4.3027 is the 97.5 % quantile with two degrees of freedom.
    found = student_t(np.array([1.0, 2.0, 3.0]))
    assert (found.mean, found.n) == (2.0, 3)
    assert found.low == pytest.approx(2 - 4.302653 / np.sqrt(3), abs=1e-5)
    assert found.high == pytest.approx(2 + 4.302653 / np.sqrt(3), abs=1e-5)
    assert student_t(np.array([3.0])).low == -np.inf
    assert student_t(np.full(4, 3.0)).high == 3.0


def test_what_the_bootstrap_decides_and_students_t_does_not_is_said():
    sure, doubtful = above("", [1.0, 1.1, 1.2], 0.5), above("", [1.0, 1.1, 1.2], 0.95)
    assert sure.holds and doubtful.holds
    assert not sure.doubt and sure.cautious == sure
    assert doubtful.doubt == "not with Student's t, [0.852, 1.35]"
    assert doubtful.cautious.holds is None
    assert str(doubtful) == "holds: : 1.1 [1, 1.2] (n = 3); not with Student's t, [0.852, 1.35]"
    assert below("", [1.0, 1.1, 1.2], 0.95).holds is False
    assert below("", [1.0, 1.1, 1.2], 0.95).cautious.holds is None
    # Of one run there is no spread: the bootstrap believes it, Student's t decides nothing.
    assert below("", [2.0], 3.0).holds and below("", [2.0], 3.0).cautious.holds is None


def test_the_cautious_status_counts_what_both_intervals_decide():
    sure, doubtful = Condition("a", "", True), Condition("b", "", True, "doubt")
    failed = Condition("c", "", False, "doubt")
    for conditions, status, cautious in (
        ((sure,), claims.REPRODUCED, claims.REPRODUCED),
        ((sure, doubtful), claims.REPRODUCED, claims.INCONCLUSIVE),
        ((sure, failed), claims.PARTLY, claims.INCONCLUSIVE),
        ((doubtful, Condition("d", "", False)), claims.PARTLY, claims.NOT_REPRODUCED),
    ):
        verdict = judge(CLAIM, Evidence("ours", 5, conditions), True)
        assert (verdict.status, verdict.cautious) == (status, cautious)
        assert bool(verdict.with_t) == (status != cautious)
    few = judge(CLAIM, evidence(True, n=4), True)
    assert few.status == few.cautious == claims.INCONCLUSIVE


def test_a_control_that_is_in_doubt_puts_what_it_controls_in_doubt():
    judged = (Condition("more", "", True), Condition("less", "", False, "own doubt"))
    found = controlled(judged, Condition("control", "", True, "not with Student's t"))
    assert [one.holds for one in found] == [True, False]
    assert found[0].doubt == "with Student's t not passed: control"
    assert found[1].doubt == "own doubt"
    assert all(one.cautious.holds is None for one in found)


def test_a_condition_says_what_was_measured():
    assert below("t", [1.0, 2.0, 3.0], 9).measured.startswith("2 [")
    assert below("t", [1.0, 2.0, 3.0], 9).measured.endswith("(n = 3)")
    assert below("t", [], 9).measured == "no runs to measure it on"
    assert below("t", [1.0, float("nan")], 9).measured == "not finite in 1 of 2 runs"


def test_bootstrap_is_the_same_at_every_call():
    values = np.random.default_rng(1).normal(size=10)
    assert bootstrap(values) == bootstrap(values)
    assert bootstrap(values) != bootstrap(values, seed=1)
    assert bootstrap(values + 5).mean == pytest.approx(bootstrap(values).mean + 5)
    assert bootstrap(values + 5).low == pytest.approx(bootstrap(values).low + 5)


def test_where_a_control_is_missed_nothing_is_decided():
    judged = (Condition("more", "", True), Condition("less", "", False))
    assert controlled(judged, Condition("control", "", True)) == judged
    for missed in (False, None):
        found = controlled(judged, Condition("control", "", missed))
        assert [one.text for one in found] == ["more", "less", "control"]
        assert judge(CLAIM, Evidence("ours", 5, found), True).status == claims.INCONCLUSIVE


def test_bootstrap_agrees_with_the_naive_one():
    values = np.random.default_rng(2).normal(size=7)
    generator = np.random.default_rng(99)
    means = sorted(generator.choice(values, 7).mean() for _ in range(4000))
    found = bootstrap(values)
    assert found.low == pytest.approx(means[100], abs=0.05)
    assert found.high == pytest.approx(means[3900], abs=0.05)
    assert found.mean == pytest.approx(values.mean())


def test_bootstrap_of_many_values_needs_little_memory_and_is_narrow():
    found = bootstrap(np.random.default_rng(3).normal(size=50_000), draws=200)
    assert found.high - found.low == pytest.approx(2 * 1.96 / np.sqrt(50_000), rel=0.2)


@pytest.mark.parametrize(("n", "least"), [(5, 0.78), (10, 0.86), (40, 0.90)])
def test_coverage_of_the_interval(n, least):
    # The percentile bootstrap of few values is known to cover less than 95 %.
    generator = np.random.default_rng(n)
    samples = generator.normal(size=(400, n))
    hits = [(f := bootstrap(x, draws=500)).low <= 0 <= f.high for x in samples]
    assert least < np.mean(hits) < 0.985


def test_of_three_normal_values_students_t_keeps_its_promise_and_the_bootstrap_does_not():
    assert coverage(student_t, 3) == pytest.approx(0.95, abs=0.02)
    # From the least to the greatest: outside when all three lie on one side of the mean.
    assert coverage(bootstrap, 3, samples=500) == pytest.approx(1 - 2 * 0.5**3, abs=0.06)


def test_interval_of_one_value_is_that_value_and_of_none_an_error():
    assert bootstrap(np.array([3.0])).low == bootstrap(np.array([3.0])).high == 3.0
    for values in (np.array([]), np.array([np.nan]), np.ones((2, 2))):
        for interval in (bootstrap, student_t):
            with pytest.raises(ValueError, match="finite"):
                interval(values)
