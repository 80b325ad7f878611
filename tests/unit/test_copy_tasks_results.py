"""Readings, rules, tables and figures of the copy tasks on results whose truth is known."""

import numpy as np
import pandas as pd
import pytest

from memstudy import study
from memstudy.core import claims, experiment
from memstudy.core.store import Recorded
from memstudy.experiments.copy_tasks import readings, tables
from memstudy.experiments.copy_tasks.arms import COSTS, units
from memstudy.experiments.copy_tasks.config import MODES, RECONSTRUCTION, MemoryStage
from memstudy.experiments.copy_tasks.figures import FIGURES, STRATEGIES
from memstudy.experiments.copy_tasks.profiles import PROFILES
from memstudy.plotting import render

EXPERIMENT = experiment.load("copy_tasks")
CPU_PROFILE = PROFILES["cpu"]
UNITS = units(CPU_PROFILE)
CHANCE = 0.04
# As the paper says it is: (causal loss, copy, blank copy); what is not named is the last line.
TRUTH = {
    "autoencoder": (0.02, 0.99, 0.0),
    "copy_none": (9.0, 0.40, CHANCE),
    "copy_trainable": (9.0, 0.70, CHANCE),
    "copy_autoencoder": (9.0, 0.45, CHANCE),
    "copy_autoencoder_new_table": (9.0, 0.42, CHANCE),
    "blank_autoencoder": (9.0, 0.30, 0.60),
    "blank_autoencoder_new_table": (9.0, 0.30, 0.55),
    "curriculum": (9.0, 0.90, 0.50),
    "curriculum_new_table": (9.0, 0.85, 0.50),
    "causal_memory": (3.1, 0.40, 0.02),
    "causal_none": (3.2, 0.38, 0.02),
    "causal_full_context": (3.0, 0.50, 0.02),
    "causal_recurrent": (3.15, 0.40, 0.02),
    "blank_memory_encoder": (9.0, 0.20, 0.06),
    "blank_causal_encoder": (9.0, 0.20, 0.10),
    "blank_causal_encoder_new_table": (9.0, 0.20, 0.10),
    "combined_cue": (3.11, 0.95, 0.10),
    "curriculum_then_combined": (3.12, 0.97, 0.30),
    "": (9.0, 0.40, 0.05),
}
NOISE = 0.002


def synthetic(
    slower=1.0, wrong_count=0.0, rough_end=0.0, seeds=(0, 1, 2), one_run=(), curves=False, **changes
):
    """Results of profile cpu; ``changes`` are values of TRUTH."""
    truth = TRUTH | changes
    recorded, rows = [], []
    for unit in UNITS:
        if unit.random and unit.seed not in ((0,) if unit.arm in one_run else seeds):
            continue
        found, facts = list(cost_rows(slower, wrong_count)), {}
        if unit.arm != COSTS:
            generator = np.random.default_rng([unit.seed, len(unit.arm)])
            known = truth.get(unit.arm, truth[""])
            found = list(score_rows(unit, known, generator, rough_end, curves))
            facts = known_facts(unit)
        run = {"arm": unit.arm, "seed": unit.seed, "facts": facts}
        recorded.append(Recorded(unit.id, run, pd.DataFrame()))
        rows += [row | {"model": unit.arm, "seed": unit.seed} for row in found]
    return study.Results(EXPERIMENT, CPU_PROFILE, tuple(recorded), pd.DataFrame(rows))


def score_rows(unit, truth, generator, rough_end, curves):
    stage = unit.config.stage
    noise = NOISE * generator.standard_normal()
    if not isinstance(stage, MemoryStage):
        mode = RECONSTRUCTION if stage.objective == "autoencoder" else "causal"
        for metric, value in (("loss", truth[0]), ("accuracy", truth[1])):
            where = {"split": mode, "part": "inside", "step": -1, "position": -1}
            yield {"metric": metric, "value": value + noise} | where
        return
    for mode, value in zip(MODES, truth, strict=True):
        for part in ("inside", "official"):
            where = {"split": mode, "part": part, "step": -1, "position": -1}
            yield {"metric": "accuracy", "value": (value % 1) + noise} | where
            loss = value if mode == "causal" else 3.0
            yield {"metric": "loss", "value": loss + noise} | where
        for place in range(1, stage.chunk):
            rise = rough_end if place == stage.chunk - 1 else 0.0
            yield {
                "metric": "accuracy_by_position",
                "split": mode,
                "part": "inside",
                "step": -1,
                "position": place,
                "value": (value % 1) + rise + noise,
            }
    for one in stage.history if curves else ():
        modes = ("causal", "copy") if one.task == "combined" else (one.task,)
        for mode in modes:
            end = dict(zip(MODES, truth, strict=True))[mode]
            for step in np.linspace(0, one.recipe.steps, 5).astype(int):
                rise = 0.1 + (end - 0.1) * step / one.recipe.steps
                for metric in ("curve_loss", "curve_accuracy"):
                    yield {
                        "metric": metric,
                        "split": mode,
                        "part": "",
                        "position": -1,
                        "step": one.steps_before + step,
                        "value": rise + noise,
                    }


def known_facts(unit):
    stage = unit.config.stage
    facts = {"chance": {"accuracy": CHANCE, "loss": 5.0}, "parameters": 1}
    if isinstance(stage, MemoryStage):
        history = [{"steps": one.recipe.steps} for one in stage.history]
        text = [" the", " cat", "|", " sat"]
        said = {"text": text, "blank": [None, " dog", "|", " sat"], "copy": [None, *text[1:]]}
        facts |= {"stages": history, "passages": [said] * 3}
        if stage.encoder:
            facts["encoder"] = {"blocks_sha256": "a", "blocks_sha256_here": "a"}
    return facts


def cost_rows(slower, wrong_count):
    def row(metric, part, n, step, value):
        where = {"split": "", "part": part, "position": n, "step": step}
        return {"metric": metric, "value": float(value)} | where

    for n in CPU_PROFILE.costs.lengths:
        yield row("pairs", "full_context", n, 1, n**2)
        yield row("flops", "full_context", n, 1, n**2)
        yield row("flops_formula", "full_context", n, 1, n**2)
        for chunks in [2**k for k in range(1, int(np.log2(n)))]:
            pairs = n**2 / chunks + chunks**2
            yield row("pairs", "memory", n, chunks, pairs + 2 * chunks + 1)
            yield row("pairs_formula", "memory", n, chunks, pairs)
            yield row("flops", "memory", n, chunks, pairs + wrong_count)
            yield row("flops_formula", "memory", n, chunks, pairs)
    for n in CPU_PROFILE.costs.timed:
        for index in range(7):
            wobble = 1 + 0.01 * (index - 3)
            for metric in ("prefill_seconds", "token_seconds"):
                yield row(metric, "full_context", n, index, n**2 * wobble)
                yield row(metric, "memory", n, index, 800 * n * slower)
        for part, stored in (("full_context", n), ("memory", 2 * n**0.5)):
            yield row("cache_bytes", part, n, 8, stored)
            yield row("cache_bytes_formula", part, n, 8, stored)


def verdict(results, name):
    (claim,) = [one for one in EXPERIMENT.claims if one.id == name]
    return claims.judge(claim, claim.test(results), at_paper_scale=False)


def conditions(results, name):
    return [condition.holds for condition in verdict(results, name).evidence.conditions]


# ------------------------------------------------------------------------------------------- rules


def test_the_rules_hold_where_everything_is_as_the_paper_says():
    assert {found.status for found in synthetic().verdicts()} == {claims.REDUCED}


@pytest.mark.parametrize(
    "claim, place, changes",
    [
        ("BM-9", 0, {"causal_full_context": (3.15, 0.4, 0.02)}),
        ("BM-9", 1, {"causal_none": (3.05, 0.4, 0.02)}),
        ("BM-10", 0, {"causal_memory": (3.1, 0.4, 0.30)}),
        ("BM-11", 0, {"combined_cue": (3.11, 0.80, 0.1)}),
        ("BM-11", 1, {"combined_cue": (3.20, 0.95, 0.1)}),
        ("BM-11", 2, {"curriculum_then_combined": (3.11, 0.80, 0.1)}),
        ("BM-12", 0, {"copy_autoencoder": (9.0, 0.60, 0.04)}),
        ("BM-12", 1, {"blank_autoencoder": (9.0, 0.3, 0.45)}),
        ("BM-12", 3, {"curriculum_without_memory": (9.0, 0.95, 0.45)}),
        ("BM-12b", 0, {"copy_autoencoder_new_table": (9.0, 0.60, 0.04)}),
    ],
)
def test_a_part_that_does_not_hold_fails_alone(claim, place, changes):
    found = verdict(synthetic(**changes), claim)
    holds = [condition.holds for condition in found.evidence.conditions]
    assert holds[place] is False and all(holds[:place] + holds[place + 1 :])
    assert found.status == claims.PARTLY


def test_a_curriculum_no_better_than_blank_copy_fails():
    changed = synthetic(curriculum=(9.0, 0.55, 0.5))
    assert conditions(changed, "BM-12") == [True, True, False, True]


def test_the_last_token_of_a_chunk_is_judged_apart():
    """All accuracies are as before without the last token; BM-13's words alone change."""
    blank = {f"blank_causal_encoder{end}": (9.0, 0.2, 0.20) for end in ("", "_new_table")}
    assert conditions(synthetic(**blank), "BM-13") == [False] * 4
    kept = synthetic(rough_end=0.8)
    assert readings.without_last(kept, "blank_causal_encoder", "blank").max() < 0.15
    assert conditions(kept, "BM-13") == [True] * 4


@pytest.mark.parametrize("changes, place", [({"slower": 1000.0}, 3), ({"wrong_count": 1.0}, 0)])
def test_costs_that_are_not_as_claimed_fail(changes, place):
    assert conditions(synthetic(**changes), "BM-14")[place] is False


def test_faster_from_some_n_on_names_the_least_such_n():
    ratios = readings.time_ratios(synthetic())
    assert {n: bool((values > 1).all()) for n, values in ratios.items()} == {
        256: False, 512: False, 1024: True, 2048: True, 4096: True, 8192: True
    }  # fmt: skip
    assert "faster from n = 1024 on" in verdict(synthetic(), "BM-14").evidence.ours


def test_two_seeds_decide_nothing_that_asks_for_three():
    assert verdict(synthetic(seeds=(0, 1)), "BM-12").status == claims.INCONCLUSIVE


# ------------------------------------------------------------------------------ readings and tables


@pytest.fixture(scope="module")
def results():
    return synthetic(curves=True)


def test_arms_are_compared_at_the_seeds_that_both_have():
    results = synthetic(one_run=("combined",))
    one, other = readings.paired(results, {"copy_none": "copy", "combined": "copy"})
    assert len(one) == len(other) == 1


def test_a_curve_goes_on_over_the_stages(results):
    total = CPU_PROFILE.memory.steps
    steps, values = readings.curve(results, "curriculum", "copy")
    assert (steps[0], steps[-1]) == (total // 2, total) and values.shape == (3, 5)


def test_every_arm_is_in_the_table_and_every_strategy_in_the_figure(results):
    rows = {row[0]: row for row in tables.strategies(results)}
    assert set(rows) == set(tables.memory_arms(results))
    half = f"{CPU_PROFILE.memory.steps // 2:,}"
    assert rows["curriculum"][1] == f"blank {half} → copy {half}"
    assert set(STRATEGIES) <= set(rows)
    bases = {name.removesuffix("_new_table") for name in rows if "_stories" not in name}
    assert bases == set(STRATEGIES)
    assert len(tables.encoders(results)) == 3
    assert all(tables.frozen_stays_frozen(results).values())


def test_seeds_without_the_first_one_can_be_read_too():
    later = synthetic(seeds=(1, 2), one_run=("combined",), curves=True)
    assert later.seeds_of("combined") == [0] and later.seeds_of("copy_none") == [1, 2]
    assert len(later.verdicts()) == len(EXPERIMENT.claims)
    assert {row[0] for row in tables.strategies(later)} == set(tables.memory_arms(later))
    assert len(tables.check_lines(later)) > len(STRATEGIES)
    for spec in FIGURES:
        spec.draw(later)


def test_wrong_tokens_are_marked(results):
    text = ["a", "b", "c"]
    assert tables.marked_tokens(text, [None, "x", "c"]) == [("·", None), ("x", False), ("c", True)]
    shown = tables.passages(results, {"blank_autoencoder": "blank"}, 1)
    assert "<s><b>dog</b></s>&#124; sat" in shown


def test_check_lines_have_every_arm(results):
    lines = tables.check_lines(results)
    assert sum(line.startswith("curriculum") for line in lines) == 12
    assert f"commonest token | {CHANCE:.3f}" in lines


@pytest.mark.parametrize("spec", FIGURES, ids=lambda spec: spec.name)
def test_figures_are_drawn(spec, results):
    assert render(spec, results)["png"].startswith(b"\x89PNG")


def test_claims_name_figures_that_are_there():
    names = {spec.name for spec in FIGURES}
    assert {claim.figure for claim in EXPERIMENT.claims} <= names
