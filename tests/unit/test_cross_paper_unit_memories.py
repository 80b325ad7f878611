"""Arms of the mosaics that read cards; measuring at profile smoke; rules and figures on made-up
results."""

from __future__ import annotations

import itertools
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest
import torch

from memstudy.core.claims import REDUCED, judge
from memstudy.core.context import Context
from memstudy.core.device import select
from memstudy.core.errors import StopRequested
from memstudy.core.experiment import Unit, content_hash
from memstudy.experiments.cross_paper.unit_memories import config, measuring
from memstudy.experiments.cross_paper.unit_memories.claims import CLAIMS
from memstudy.experiments.cross_paper.unit_memories.config import (
    ARMS,
    CPU,
    DENSE,
    DISTINCT,
    EIGHTH,
    GPU,
    NEVER,
    RANDOM,
    SIXTEENTH,
    SMOKE,
)
from memstudy.experiments.sparse_memory import measures as m
from memstudy.experiments.sparse_memory.reader import new_decoder
from memstudy.nn.language_model import count_parameters
from memstudy.plotting import render
from memstudy.stages import Stages
from memstudy.study import Results

SEEDS = (10, 11, 12)
DEVICE = select("cpu", 1)
STOP_AT = 3  # updates before a stop is asked for


# --- arms --------------------------------------------------------------------------------------


def test_arms_differ_in_what_they_read_and_in_nothing_else():
    arms = config.arms(CPU)
    kept = {arm: arms[arm].model.stages[1].reading for arm in ARMS}
    length = CPU.world.reference_length
    assert kept[NEVER] is None
    assert kept[DENSE].kept_tokens == length and kept[EIGHTH].kept_tokens == length // 8
    few = {arm: kept[arm].selection for arm in (SIXTEENTH, RANDOM, DISTINCT)}
    assert few == {SIXTEENTH: "softmax", RANDOM: "random", DISTINCT: "distinct"}
    assert {kept[arm].kept_tokens for arm in few} == {length // 16}
    others = set()
    for arm in ARMS:
        first, second = arms[arm].model.stages
        assert first.reading is None
        others.add((first, replace(second, reading=None)))
    assert len(others) == 1  # equal steps and rates, so that the first stage is trained once


def test_learning_rates_are_tried_with_all_pairs_and_the_winner_is_the_arm_itself():
    for settings in (SMOKE, CPU, GPU):
        arms = config.arms(settings)
        tried = config.rate_arms(settings)
        assert config.once(settings) == set(tried) and not set(tried) & set(ARMS)
        assert list(tried.values()) == sorted(settings.rates)
        models = {arms[arm].model for arm in tried}
        assert len(models) == len(settings.rates) and arms[DENSE].model in models
        assert [a for a in arms if arms[a].sweep] == [DENSE]


def test_the_mosaic_has_the_size_of_the_transformer_of_sparse_memory():
    from memstudy.experiments.sparse_memory.profiles import PROFILES

    sizes = [
        count_parameters(make(shape, 200, torch.Generator().manual_seed(0)))
        for make, shape in (
            (measuring.new_mosaic, CPU.shape),
            (new_decoder, PROFILES["cpu"].shape),
        )
    ]
    assert sizes[0] == pytest.approx(sizes[1], rel=1e-3)


def test_a_mosaic_is_never_taken_for_a_transformer_of_the_same_recipe():
    from memstudy.experiments.sparse_memory import config as sparse
    from memstudy.experiments.sparse_memory.profiles import PROFILES

    transformer = sparse.model_config(PROFILES["cpu"], sparse.DENSE)
    mosaic = config.arms(CPU)[DENSE].model
    assert transformer.world == mosaic.world and transformer.recipe == mosaic.recipe
    assert transformer.stages[1].reading.n_layers == mosaic.stages[1].reading.n_layers
    assert content_hash(transformer) != content_hash(mosaic)


# --- measuring ---------------------------------------------------------------------------------


def measured(folder, monkeypatch, arm, **context):
    """What a unit of profile smoke measures; models are left in the folder."""
    monkeypatch.setattr(measuring, "Stages", lambda found: Stages(found, folder))
    unit = Unit("cross_paper", arm, 10, config.arms(SMOKE)[arm])
    return measuring.measure(unit, Context(DEVICE, folder / "checkpoint", made_by="t", **context))


def test_an_arm_is_measured_with_and_without_cards_and_trained_once(tmp_path, monkeypatch):
    dense = measured(tmp_path, monkeypatch, DENSE)
    never = measured(tmp_path, monkeypatch, NEVER)
    assert len(list(tmp_path.glob("*.pt"))) == 3  # one first stage, two second ones
    assert dense.facts["parameters"] == never.facts["parameters"]
    assert dense.facts["tokens_seen"] == never.facts["tokens_seen"]
    assert (dense.facts["kept_tokens"], never.facts["kept_tokens"]) == (16, 0)
    found, unread = dense.table, never.table
    assert set(unread[unread.step >= 0].part) - {""} == {m.OFF}
    assert not (unread.part == m.ON).any()
    scored = found[(found.metric == m.NLL) & (found.split == m.HELD_OUT) & (found.step == -1)]
    assert {m.ON, m.OFF, m.SWAPPED, *SMOKE.test.selections} == set(scored.part)
    # All complete pairs hold all values; of fewer, a sweep says how many.
    covered = found[(found.metric == m.COVERAGE) & (found.position == 16)]
    assert len(covered) == 1 + len(SMOKE.test.selections) and (covered.value == 1).all()
    assert (found[(found.metric == m.COVERAGE) & (found.position == 1)].value < 1).all()
    fresh = found[(found.metric == m.TEXT_NLL) & (found.split == m.USED) & (found.step == -1)]
    assert (fresh.part == m.ON).sum() == 1  # by which a learning rate is chosen


def test_a_run_that_was_stopped_in_its_second_stage_ends_as_an_undisturbed_one(
    tmp_path, monkeypatch
):
    whole = measured(tmp_path / "whole", monkeypatch, DISTINCT)
    asked = itertools.count()
    with pytest.raises(StopRequested):
        measured(
            tmp_path / "cut", monkeypatch, DISTINCT, stop_wanted=lambda: next(asked) >= STOP_AT - 1
        )
    assert (tmp_path / "cut" / "checkpoint").exists()
    again = measured(tmp_path / "cut", monkeypatch, DISTINCT)
    assert again.facts["weights_sha256"] == whole.facts["weights_sha256"]
    compared = [table[table.metric != "tokens_per_second"] for table in (whole.table, again.table)]
    pd.testing.assert_frame_equal(*compared)


def test_coverage_counts_the_pair_of_the_relation_in_every_memory_layer():
    """A mosaic's value looks ahead: what says a fact is the pair before the value's place."""
    import numpy as np

    from memstudy.experiments.sparse_memory import sweeps
    from memstudy.experiments.sparse_memory.cards import make_world
    from memstudy.experiments.sparse_memory.config import ReadingConfig
    from memstudy.experiments.sparse_memory.reader import CardReader

    world = make_world(SMOKE.world)
    mosaic = measuring.new_mosaic(
        SMOKE.shape, world.vocabulary.size, torch.Generator().manual_seed(0)
    )
    reader = CardReader(mosaic, world.config, ReadingConfig(kept_tokens=2))
    kept = reader.write(torch.from_numpy(world.cards)).tokens.flatten(1).tolist()
    for card, (own, places) in enumerate(zip(kept, world.value_places, strict=True)):
        held = np.mean([place - 1 in own for place in places])
        assert sweeps.coverage(reader, world, np.array([card]), DEVICE) == held


# --- rules and figures -------------------------------------------------------------------------


def value_of(arm: str, metric: str, part: str, spread: float) -> float:
    """What the claims would like to see: dense .9, R/16 .88, random .3, nothing .03."""
    right = {DENSE: 0.9, SIXTEENTH: 0.88, RANDOM: 0.3, NEVER: 0.03}.get(arm, 0.6)
    if part in (m.OFF, m.SWAPPED):
        right = 0.03
    if metric == m.NLL:
        return 4 - 3.5 * right + spread
    return 0.99 if metric == m.COPYING else right + spread


def made_up(settings=SMOKE, **changed) -> Results:
    """Results in which every arm has three runs; ``changed`` replaces values by arm and metric."""
    rows, runs = [], []
    for arm, seed in itertools.product(ARMS, SEEDS):
        spread = 0.01 * (seed - 11)
        parts = (m.OFF,) if arm == NEVER else (m.ON, m.OFF, m.SWAPPED)
        for part, metric in itertools.product(parts, (m.ACCURACY, m.NLL, m.COPYING)):
            value = changed.get(f"{arm}/{metric}", value_of(arm, metric, part, spread))
            row = {"model": arm, "seed": seed, "metric": metric, "split": m.HELD_OUT, "part": part}
            rows += [row | {"value": value, "step": s, "position": -1} for s in (-1, 0, 2, 4)]
        kept = config.arms(settings)[arm].model.stages[1].reading
        kept = 0 if kept is None else kept.kept_tokens
        swept = itertools.product(settings.test.selections, settings.test.kept_tokens)
        places = [(m.ON, kept), *(swept if arm == DENSE else ())]
        for (part, size), metric in itertools.product(places, (m.COVERAGE, m.ACCURACY)):
            row = {"model": arm, "seed": seed, "metric": metric, "split": m.HELD_OUT, "part": part}
            rows.append(row | {"value": 0.5, "step": -1, "position": size})
        counted = changed.get(f"{arm}/parameters", 1000)
        facts = {"parameters": counted, "kept_tokens": kept}
        runs.append(SimpleNamespace(run={"arm": arm, "seed": seed, "facts": facts}))
    for arm, rate in config.rate_arms(settings).items():
        row = {"model": arm, "seed": SEEDS[0], "metric": m.TEXT_NLL, "split": m.USED}
        rows.append(row | {"part": m.ON, "value": 1 + rate, "step": -1, "position": -1})
    profile = SimpleNamespace(unit_memories=settings, seeds=SEEDS, at_paper_scale=False)
    experiment = SimpleNamespace(name="cross_paper", claims=CLAIMS)
    return Results(experiment, profile, tuple(runs), pd.DataFrame(rows))


def statuses(**changed) -> list[str]:
    results = made_up(**changed)
    return [judge(claim, claim.test(results), False).status for claim in CLAIMS]


def test_both_claims_hold_on_what_they_would_like_to_see():
    assert statuses() == [REDUCED, REDUCED]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        # no better than the control, although better than the same weights without memories
        ({f"{NEVER}/{m.ACCURACY}": 0.85}, ["partly", REDUCED]),
        ({f"{NEVER}/{m.NLL}": 0.1}, ["partly", REDUCED]),
        ({f"{NEVER}/parameters": 999}, ["partly", REDUCED]),
        # it cannot copy: no finding about memories
        ({f"{DENSE}/{m.COPYING}": 0.3}, ["inconclusive", REDUCED]),
        ({f"{SIXTEENTH}/{m.ACCURACY}": 0.8}, [REDUCED, "partly"]),
        ({f"{SIXTEENTH}/{m.ACCURACY}": 0.03}, [REDUCED, "not reproduced"]),
        ({f"{RANDOM}/{m.ACCURACY}": 0.89}, [REDUCED, "partly"]),
        # dense memories are not read: that fewer are not either says nothing
        ({f"{DENSE}/{m.ACCURACY}": 0.2}, ["partly", "inconclusive"]),
    ],
    ids=str,
)
def test_each_condition_and_control_decides(changed, expected):
    assert statuses(**changed) == expected


def test_claims_name_figures_that_exist_and_can_be_drawn():
    from memstudy.experiments.cross_paper.unit_memories.figures import FIGURES

    names = {spec.name for spec in FIGURES}
    assert {claim.figure for claim in CLAIMS} <= names
    assert all(name.startswith("11_cross_paper_unit_memories") for name in names)
    results = made_up()
    for spec in FIGURES:
        drawn = render(spec, results)["svg"].decode()
        assert "NaN" not in drawn and "distinct keys" in drawn


def test_lines_for_the_check_cell_name_arms_and_the_rate_at_an_edge():
    from memstudy.experiments.cross_paper.unit_memories.tables import check_lines

    lines = check_lines(made_up())
    assert f"{config.LABELS[DENSE]} | 16 | 0.900 [0.890, 0.910]" in lines[2]
    assert lines[3].startswith(f"{config.LABELS[NEVER]} | 0 | - | 0.030")
    assert lines[-1] == "taken: 0.003, lowest: 0.001; it is at an edge of the grid"
