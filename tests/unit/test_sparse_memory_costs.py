"""The cost and storage formulas give the numbers of the paper."""

import dataclasses

import pytest

from memstudy.experiments.sparse_memory import costs
from memstudy.experiments.sparse_memory.costs import PAPER, CostShape

TERA = 1e12


@pytest.mark.parametrize(
    "value, printed, exact",
    [
        (costs.parameter_write(PAPER) / TERA, 2.24, 2.2385),
        (costs.memory_write(PAPER) / TERA, 0.308, 0.30818),
        (costs.memory_read(PAPER) / TERA, 1.44e-4, 1.4418e-4),
        (costs.text_read(PAPER) / TERA, 0.624, 0.62422),
        (costs.thresholds(PAPER)[0], 0.494, 0.4938),
        (costs.thresholds(PAPER)[1], 13_400, 13_388),
        (costs.memory_read_share(PAPER), 2.28e-3, 2.884e-3 / 1.264),
        (costs.forward(PAPER, 256, 128) / TERA, 1.264, 1.2642),
        (PAPER.non_embedding_parameters, 2.43e9, 2.433e9),
    ],
)
def test_numbers_of_the_paper(value, printed, exact):
    assert value == pytest.approx(printed, rel=0.01)
    assert value == pytest.approx(exact, rel=5e-4)


def test_writing_and_reading_that_cost_nothing():
    assert costs.text_write(PAPER) == costs.parameter_read(PAPER) == 0


def test_terms_of_writing_a_memory():
    """Query and output, key and value, feed-forward, attention, choice of tokens (in TFlop)."""
    d, layers, tokens = 3200, 22, 128
    terms = [
        2 * layers * tokens * 2 * d**2,
        2 * layers * tokens * 2 * d * 640,
        2 * (layers - 1) * tokens * 3 * d**2,
        2 * layers * tokens**2 * d,
        2 * layers * tokens**2 * d,
    ]
    assert [round(term / TERA, 4) for term in terms] == [0.1153, 0.0231, 0.1652, 0.0023, 0.0023]
    assert sum(terms) == costs.memory_write(PAPER)


def test_the_small_model_of_the_ablation():
    small = CostShape(n_blocks=40, n_heads=32, head_dim=64, d_hidden=2048)
    assert small.non_embedding_parameters == pytest.approx(0.923e9, rel=1e-3)


def test_the_cheapest_format_changes_at_the_thresholds():
    low, high = costs.thresholds(PAPER)
    for uses, expected in [
        (0.0, "text"),
        (0.99 * low, "text"),
        (1.01 * low, "memory"),
        (0.99 * high, "memory"),
        (1.01 * high, "parameters"),
    ]:
        assert costs.cheapest(PAPER, uses) == expected
    for uses, pair in [(low, ("text", "memory")), (high, ("memory", "parameters"))]:
        one, other = (costs.total(PAPER, form, uses) for form in pair)
        assert one == pytest.approx(other, rel=1e-9)
    assert costs.text_or_parameters(PAPER) == pytest.approx(3.59, abs=0.005)


def test_what_the_paper_leaves_out_moves_the_upper_threshold():
    """A hundred exposures for a fact; an embedder of queries with 0.3 billion weights."""
    low, high = costs.thresholds(PAPER, exposures=100)
    assert low == costs.thresholds(PAPER)[0] and high == pytest.approx(1.55e6, rel=0.005)
    query = 2 * 0.3e9 * 64 / 5
    low, high = costs.thresholds(PAPER, query=query)
    assert low == costs.thresholds(PAPER)[0] and high == pytest.approx(245, rel=0.01)
    one, other = (costs.total(PAPER, form, high, query=query) for form in ("memory", "parameters"))
    assert one == pytest.approx(other)


def test_a_step_of_the_second_stage_is_twice_one_of_the_first():
    assert costs.training_step_ratio(PAPER) == 2.0


def test_bytes_of_a_memory_and_of_every_step_towards_it():
    steps = costs.compressions(PAPER)
    sizes = [step.bytes_per_reference for step in steps]
    assert sizes == [72_089_600, 36_044_800, 7_208_960, 450_560, 39_424]
    assert [step.factor for step in steps[1:]] == [2, 5, 16, pytest.approx(11.43, abs=0.005)]
    assert sizes[0] / sizes[3] == 160 and sizes[0] / sizes[4] == pytest.approx(1828.6, abs=0.05)
    assert costs.memory_bytes(PAPER) == 450_560 and costs.memory_bytes(PAPER, 14) == 39_424
    assert costs.against_own_cache(PAPER) == 32


def test_bytes_of_the_bank():
    """The printed totals are binary terabytes of 1.12e8 references."""
    bank = [n * 1.12e8 / 2**40 for n in (72_089_600, 450_560, 39_424)]
    assert bank == pytest.approx([7340, 45.9, 4.02], rel=2e-3)
    retrieval = 32 * 5 * costs.memory_bytes(PAPER)
    assert retrieval == pytest.approx(72.1e6, rel=1e-3)


def test_memory_need_not_pay():
    """A model whose memories keep every token in all layers has no interval of its own."""
    dense = dataclasses.replace(PAPER, kept_tokens=128, n_memory_layers=44)
    low, high = costs.thresholds(dense)
    assert low > costs.thresholds(PAPER)[0] and high < costs.thresholds(PAPER)[1]
