"""Arms and units; rules, figures and tables on synthetic results of profile smoke."""

from __future__ import annotations

import itertools
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from memstudy.core.claims import judge
from memstudy.experiments.sparse_memory import config, modes
from memstudy.experiments.sparse_memory import measures as m
from memstudy.experiments.sparse_memory.claims import CLAIMS
from memstudy.experiments.sparse_memory.config import (
    CONTROL,
    DENSE,
    FROM_START,
    MAIN,
    PLANTED_COPIES,
    RAG,
    SIXTEENTH_RANDOM,
    THROUGHPUT,
    model_config,
    units,
)
from memstudy.experiments.sparse_memory.profiles import PROFILES
from memstudy.study import Results

SMOKE, CPU = PROFILES["smoke"], PROFILES["cpu"]
SEEDS = (0, 1, 2)
SCORES = (m.ACCURACY, m.NLL, m.CONFIDENT_WRONG, m.COPYING, m.TEXT_NLL)


def value_of(arm: str, metric: str, split: str, part: str, position: int) -> float:
    """What the claims would like to see."""
    reads = part not in (m.OFF, m.SWAPPED, m.IRRELEVANT)
    sparse = {SIXTEENTH_RANDOM: 0.5, DENSE: 0.97}.get(arm, 0.95)
    sparse -= 0.05 * (arm == RAG)
    known = 0.0
    if split in (m.USED, m.UNEDITED):
        known = {"no_memory_1.5x": 0.3, "no_memory_2x": 0.4, "no_memory_4x": 0.6}.get(arm, 0.2)
    if split == m.RANKED:
        known = 0.6 - 0.5 * position
    right = sparse - (0.05 * position if split == m.SHOTS else 0) if reads else known
    if metric == m.NLL:
        return 4 * (1 - right) + 0.1 * (arm == FROM_START)
    if metric == m.CONFIDENT_WRONG:
        return 0.1 * (1 - right) if arm == MAIN and split != m.MISSING else 0.02
    return right if metric in (m.ACCURACY, m.COPYING) else 1.0


def rows_of_arm(profile: config.SparseMemoryProfile, arm: str):
    """(metric, split, part, position, value) that an arm measures."""
    test, reads = profile.test, not arm.startswith(CONTROL)
    parts = (m.ON, m.OFF, m.SWAPPED) if reads else (m.OFF,)
    places = [(split, part, -1) for split in (m.USED, m.HELD_OUT, m.NEW) for part in parts]
    places += [(m.RANKED, p, b) for p in parts[:2] for b in range(len(test.buckets))]
    places.append((m.MISSING, m.OFF, -1))
    if reads:
        places += [(m.MISSING, m.IRRELEVANT, -1)]
        places += list(itertools.product((m.EDITED, m.UNEDITED), (m.ON, m.OFF), (-1,)))
    if arm == config.REAL_MAIN:
        places += [(split, m.EMBEDDED, -1) for split in (m.HELD_OUT, m.NEW)]
    if arm in (MAIN, RAG, config.REAL_MAIN):
        places += [(split, m.RETRIEVED, -1) for split in (m.HELD_OUT, m.NEW)]
    if arm == MAIN:
        places += [(m.HELD_OUT, r, s) for r in test.selections for s in test.kept_tokens]
        places += [(m.HELD_OUT, m.AMONG, count) for count in test.memories]
        places.append((m.HELD_OUT, m.LAGGED, -1))
        places += [(m.SHOTS, part, n) for part in (m.ON, m.OFF) for n in test.shots]
        places += [(m.HELD_OUT, name, -1) for name in (m.BFLOAT16, *test.codecs)]
    for metric, (split, part, position) in itertools.product(SCORES, places):
        yield metric, split, part, position, value_of(arm, metric, split, part, position)
    for split, part in itertools.product((m.EDITED, m.UNEDITED), (m.ON, m.OFF)):
        yield m.OLD, split, part, -1, 0.1
    kept = config.reading(profile, arm).kept_tokens
    yield m.COVERAGE, m.HELD_OUT, m.ON, kept, 0.8
    for split in (m.HELD_OUT, m.NEW):
        yield m.RECALL, split, m.RETRIEVED, -1, 1.0
        yield m.RECALL, split, m.EMBEDDED, -1, 0.9
    for rule, size in itertools.product(test.selections, test.kept_tokens):
        yield m.COVERAGE, m.HELD_OUT, rule, size, size / 16
    for number, name in enumerate((m.BFLOAT16, *test.codecs)):
        yield m.VECTOR_BYTES, m.HELD_OUT, name, -1, 16.0 / 2**number


def rows_of_copies(profile: config.SparseMemoryProfile):
    """What is measured with copies in the bank, as :func:`rows_of_arm`."""
    percents = [round(100 * threshold) for threshold in profile.test.thresholds]
    places = [(m.OFF, -1), (m.CLEAN, -1), *((m.FILTERED, percent) for percent in percents)]
    for metric, (part, position) in itertools.product(SCORES, places):
        value = value_of(MAIN, metric, m.PLANTED, part, position)
        yield metric, m.PLANTED, part, position, value
    for part, percent in itertools.product((m.FILTERED, m.EVERY_WORD), percents):
        yield m.COPIES, m.PLANTED, part, percent, 9.0 * (percent > 70)
        yield m.OTHER_COPIES, m.PLANTED, part, percent, 5.0
        yield m.RECALL, m.PLANTED, part, percent, 0.95


def synthetic(profile=SMOKE) -> Results:
    """Recorded runs in which everything is as the paper says."""
    rows, recorded = [], []
    keys = ("metric", "split", "part", "position", "value")
    for seed, row in itertools.product(SEEDS, rows_of_copies(profile)):
        found = dict(zip(keys, row, strict=True))
        found["value"] += 0.001 * seed if found["metric"] in SCORES else 0
        rows.append(found | {"step": -1, "model": PLANTED_COPIES, "seed": seed})
    for arm, seed in itertools.product(profile.arms, SEEDS):
        blocks = model_config(profile, arm).shape.n_blocks
        own = {"non_embedding_parameters": 1000 * blocks, "parameters": 2000 * blocks}
        own |= {"tokens_seen": 512, "kept_tokens": config.reading(profile, arm).kept_tokens}
        recorded.append(SimpleNamespace(run={"arm": arm, "seed": seed, "facts": own}))
        jitter = 0.001 * seed
        for row in rows_of_arm(profile, arm):
            found = dict(zip(keys, row, strict=True))
            found["value"] += jitter if found["metric"] in SCORES else 0
            rows.append(found | {"step": -1, "model": arm, "seed": seed})
        parts = (m.ON, m.OFF) if not arm.startswith(CONTROL) else (m.OFF,)
        for step, part, metric in itertools.product(range(5), parts, SCORES):
            found = {"metric": metric, "split": m.HELD_OUT, "part": part, "step": step}
            found |= {"position": -1, "model": arm, "seed": seed}
            rows.append(found | {"value": 1 / (1 + step) + jitter})
    speeds = dict(zip(modes.MODES, (100.0, 70.0, 50.0, 40.0, 55.0), strict=True))
    for mode, timing in itertools.product(modes.MODES, range(9)):
        found = {"metric": m.SPEED, "split": "", "part": mode, "position": timing, "step": -1}
        found |= {"model": THROUGHPUT, "seed": 0}
        rows.append(found | {"value": speeds[mode] + 0.1 * timing})
    experiment = SimpleNamespace(name="sparse_memory")
    return Results(experiment, profile, tuple(recorded), pd.DataFrame(rows))


def test_arms_differ_and_the_first_stage_of_those_that_start_plain_is_one():
    models = {arm: model_config(CPU, arm) for arm in CPU.arms}
    assert len({repr(model) for model in models.values()}) == len(models)
    plain = models[CONTROL].stages[0]
    for arm, model in models.items():
        if arm != FROM_START:
            assert model.stages[0] == plain
    assert models[MAIN].stages[1].steps == models[CONTROL].stages[1].steps
    assert models["no_memory_1.5x"].shape.n_blocks == 9
    # The work of reading four cards of 32 words in half of the blocks doubles a step.
    assert config.step_ratio(CPU) == 2.0
    assert models["no_memory_compute"].stages[1].steps == 2 * CPU.steps[1]


def test_the_paper_profile_has_the_papers_numbers():
    paper = PROFILES["paper"]
    assert config.step_ratio(paper) == 2.0
    tokens = [s * 2048 * 2048 for s in paper.steps]
    assert tokens[0] == pytest.approx(3.1e12, rel=0.01)
    assert tokens[1] == pytest.approx(0.12e12, rel=0.01)
    assert config.reading(paper, MAIN).n_layers == 22


@pytest.mark.parametrize("name", PROFILES)
def test_units_of_a_profile(name):
    profile = PROFILES[name]
    found = units(profile)
    assert len({unit.id for unit in found}) == len(found)
    assert len(found) == (len(profile.arms) + 1) * len(profile.seeds) + 1
    assert all(unit.hash for unit in found)
    assert set(profile.arms) <= set(config.LABELS)
    assert len(set(config.LABELS.values())) == len(config.LABELS)
    assert sum(unit.arm == MAIN for unit in found) == len(profile.seeds)


def test_claims_hold_where_everything_is_as_the_paper_says():
    results = synthetic()
    assert [claim.id for claim in CLAIMS] == [f"M3-{n}" for n in range(3, 15)]
    for claim in CLAIMS:
        verdict = judge(claim, claim.test(results), at_paper_scale=False)
        assert verdict.status == "reproduced at reduced scale", (claim.id, verdict.reason)


def spoilt(results: Results, change) -> Results:
    table = results.table.copy()
    change(table)
    return replace(results, table=table)


@pytest.mark.parametrize(
    ("number", "where", "value"),
    [
        (3, {"model": MAIN, "metric": m.NLL, "split": m.HELD_OUT, "part": m.ON}, 4.0),
        (4, {"model": "no_memory_1.5x", "metric": m.ACCURACY, "split": m.USED}, 0.99),
        (5, {"model": FROM_START, "metric": m.NLL, "split": m.HELD_OUT, "part": m.ON}, 0.0),
        (6, {"model": MAIN, "metric": m.ACCURACY, "part": "PQ2x1"}, 0.9),
        (7, {"model": SIXTEENTH_RANDOM, "metric": m.ACCURACY, "part": m.ON}, 0.99),
        (8, {"part": modes.IN_PROMPT, "metric": m.SPEED}, 90.0),
        (10, {"model": MAIN, "metric": m.ACCURACY, "split": m.RANKED, "part": m.OFF}, 0.5),
        (11, {"model": PLANTED_COPIES, "metric": m.COPIES, "part": m.FILTERED}, 3.0),
        (11, {"model": PLANTED_COPIES, "metric": m.ACCURACY, "part": m.CLEAN}, 0.5),
        (12, {"model": MAIN, "metric": m.ACCURACY, "split": m.SHOTS}, 0.5),
        (13, {"model": MAIN, "metric": m.ACCURACY, "split": m.EDITED, "part": m.ON}, 0.5),
        (14, {"model": MAIN, "metric": m.CONFIDENT_WRONG, "part": m.IRRELEVANT}, 0.3),
    ],
)
def test_a_claim_fails_where_its_numbers_say_so(number, where, value):
    def change(table):
        chosen = table.step == -1
        for column, wanted in where.items():
            chosen &= table[column] == wanted
        assert chosen.any()
        table.loc[chosen, "value"] = value

    claim = CLAIMS[number - 3]
    evidence = claim.test(spoilt(synthetic(), change))
    assert False in [condition.holds for condition in evidence.conditions], claim.id


@pytest.mark.parametrize(
    ("number", "where"),
    [
        # A model that cannot copy; dense memories that are no better than none.
        (3, {"model": MAIN, "metric": m.COPYING, "split": m.HELD_OUT}),
        (7, {"model": DENSE, "metric": m.ACCURACY, "split": m.HELD_OUT}),
        # A search that finds other cards.
        (11, {"model": PLANTED_COPIES, "metric": m.RECALL, "part": m.FILTERED}),
    ],
)
def test_a_claim_is_undecided_where_its_control_is_missed(number, where):
    def change(table):
        chosen = table.step == -1
        for column, wanted in where.items():
            chosen &= table[column] == wanted
        assert chosen.any()
        table.loc[chosen, "value"] = 0.02

    claim = CLAIMS[number - 3]
    verdict = judge(claim, claim.test(spoilt(synthetic(), change)), at_paper_scale=False)
    assert verdict.status == "inconclusive"
    assert "control" in verdict.reason


def test_the_front_fails_only_where_the_prompt_is_both_better_and_faster():
    def better(table):
        table.loc[(table.model == RAG) & (table.part == m.RETRIEVED), "value"] = 1.0

    def faster(table):
        table.loc[table.part == modes.IN_PROMPT, "value"] = 90.0

    def both(table):
        better(table)
        faster(table)

    (front,) = (claim for claim in CLAIMS if claim.id == "M3-9")
    held = [
        front.test(spoilt(synthetic(), change)).conditions[0].holds
        for change in (better, faster, both)
    ]
    assert held == [True, True, False]


@pytest.mark.parametrize("profile", [SMOKE, CPU], ids=["smoke", "cpu"])
def test_figures_and_lines_are_drawn_from_whatever_is_recorded(profile):
    from memstudy.experiments.sparse_memory import figures, tables
    from memstudy.plotting import render

    results = synthetic(profile)
    shown = {spec.name for spec in figures.FIGURES}
    assert {claim.figure for claim in CLAIMS} <= shown
    for spec in figures.FIGURES:
        assert render(spec, results)["png"], spec.name
    assert len(tables.arms(results)) == len(profile.arms)
    for lines in tables.CHECKED:
        assert all(isinstance(line, str) for line in lines(results))


def test_a_reader_that_ignores_names_has_the_known_floor():
    import numpy as np

    from memstudy.experiments.sparse_memory.figures import floor

    world = replace(CPU.world, facts=3, relations=6, new_relations=6)
    results = SimpleNamespace(profile=replace(CPU, world=world))
    found = floor(results, np.array([1, 3, 5]))
    assert found == pytest.approx([1.0, 0.5833, 0.3875], abs=1e-4)
