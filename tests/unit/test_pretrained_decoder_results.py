"""Readings, rule, tables and figures of the pretrained decoders on results whose truth is known."""

import numpy as np
import pandas as pd
import pytest

from memstudy import study
from memstudy.core import experiment
from memstudy.core.errors import UsageError
from memstudy.core.store import Recorded
from memstudy.experiments.pretrained_decoder import readings, tables
from memstudy.experiments.pretrained_decoder.arms import units
from memstudy.experiments.pretrained_decoder.config import DecoderUnit, RatesUnit
from memstudy.experiments.pretrained_decoder.figures import FIGURES
from memstudy.experiments.pretrained_decoder.profiles import PROFILES
from memstudy.plotting import render

EXPERIMENT = experiment.load("pretrained_decoder")
PROFILE = PROFILES["cpu"]
# As the paper says it is: final copy accuracy by start and memory.
TRUTH = {
    ("pretrained", "none"): 0.45,
    ("pretrained", "trainable"): 0.47,
    ("pretrained", "frozen"): 0.48,
    ("scratch", "none"): 0.30,
    ("scratch", "trainable"): 0.42,
    ("scratch", "frozen"): 0.50,
}
OWN_LOSSES = {"before": 3.0, "after": 3.25}


def synthetic(seeds=(0, 1, 2), **changes):
    """Results of profile cpu; ``changes`` are values of TRUTH, as in ``scratch_frozen=0.3``."""
    truth = {key: changes.get("_".join(key), value) for key, value in TRUTH.items()}
    recorded, rows = [], []
    for unit in units(PROFILE):
        if unit.random and unit.seed not in seeds:
            continue
        generator = np.random.default_rng([unit.seed, len(unit.arm)])
        facts, found = {}, []
        if unit.arm == "autoencoder":
            found = [row("accuracy", "reconstruction", "inside", -1, 0.97)]
        if isinstance(unit.config, RatesUnit):
            tried = unit.config.unit.rates.tried
            found = [row("rate_loss", "", f"{r:g}", -1, 3.0 + n) for n, r in enumerate(tried)]
        if isinstance(unit.config, DecoderUnit):
            config = unit.config
            facts = {"learning_rate": config.rates.tried[0], "steps": config.stage.recipe.steps}
            facts["chance"] = {"accuracy": 0.05, "loss": 5.0}
            end = truth[config.start, config.stage.memory] + 0.002 * generator.standard_normal()
            for step in np.linspace(0, config.stage.recipe.steps, 6).astype(int):
                part = step / config.stage.recipe.steps
                found.append(row("curve_accuracy", "copy", "", step, end * part**0.5))
            found += [row("accuracy", "copy", "inside", -1, end), row("loss", "copy", "inside")]
            for text in ("own", "general") if config.general else ("own",):
                found += [row("own_loss", text, when, -1, v) for when, v in OWN_LOSSES.items()]
        recorded.append(
            Recorded(unit.id, {"arm": unit.arm, "seed": unit.seed, "facts": facts}, pd.DataFrame())
        )
        rows += [one | {"model": unit.arm, "seed": unit.seed} for one in found]
    return study.Results(EXPERIMENT, PROFILE, tuple(recorded), pd.DataFrame(rows))


def row(metric, split, part, step=-1, value=3.0):
    return {"metric": metric, "split": split, "part": part, "step": step, "value": value}


def status(results):
    (verdict,) = results.verdicts()
    return verdict.status


def test_the_rule_holds_where_the_paper_is_right_and_only_there():
    assert status(synthetic()) == "reproduced at reduced scale"
    assert status(synthetic(pretrained_trainable=0.60)) == "partly"
    assert status(synthetic(pretrained_frozen=0.70)) == "partly"
    opposite = {f"pretrained_{memory}": 0.90 for memory in ("trainable", "frozen")}
    opposite |= {f"scratch_{memory}": 0.45 for memory in ("trainable", "frozen")}
    assert status(synthetic(**opposite)) == "not reproduced"


def test_what_has_hardly_been_learnt_from_scratch_is_nothing_to_fall_short_of():
    idle = {"scratch_trainable": 0.37, "pretrained_trainable": 0.46}
    assert status(synthetic(**idle)) == "inconclusive"


def test_perfect_copies_from_both_starts_are_no_modest_profit():
    ceiling = {f"{s}_{m}": 0.98 for s in ("pretrained", "scratch") for m in ("trainable", "frozen")}
    assert status(synthetic(**ceiling)) == "partly"


def test_some_seeds_keep_the_trials():
    results = synthetic(seeds=(1,))
    assert [line[-1] for line in tables.rates(results)[:8]].count("chosen") == 2


def test_a_best_rate_at_an_edge_is_told_and_curves_say_when_memories_are_ahead():
    results = synthetic()  # the first rate of each grid is the best
    assert readings.at_an_edge(results, "stand_in", "scratch")
    assert any("edge of its grid" in line for line in tables.check_lines(results))
    assert readings.ahead_from(results, "stand_in", "scratch", "trainable") == 1080
    assert readings.ahead_from(results, "stand_in", "scratch", "none") is None
    late = synthetic(scratch_trainable=0.10)
    assert readings.ahead_from(late, "stand_in", "scratch", "trainable") is None


def test_gains_are_over_the_control_of_the_same_start_seed_by_seed():
    results = synthetic()
    found = readings.gain(results, "stand_in", "scratch", "trainable")
    assert found.shape == (3,)
    assert found == pytest.approx(0.12, abs=0.01)
    accuracy = readings.score(results, "stand_in_scratch_trainable", "accuracy")
    control = readings.score(results, "stand_in_scratch_none", "accuracy")
    assert found == pytest.approx(accuracy - control)
    assert readings.gain(results, "smollm2", "pretrained", "none") == pytest.approx(0.0)


def test_no_common_seed_is_told_in_one_line():
    with pytest.raises(UsageError, match="no seed has all of"):
        readings.seeds(synthetic(), "stand_in_scratch_none", "nobody")


def test_forgetting_is_after_less_before_and_absent_where_not_measured():
    results = synthetic()
    found = readings.forgotten(results, "smollm2_pretrained_trainable", "general")
    assert found == pytest.approx([0.25])
    assert len(readings.forgotten(results, "stand_in_pretrained_trainable", "general")) == 0


def test_tables_and_check_lines_name_every_arm_and_the_chosen_rates():
    results = synthetic()
    arms = {unit.arm for unit in units(PROFILE) if isinstance(unit.config, DecoderUnit)}
    lines = "\n".join(tables.check_lines(results))
    assert all(arm in lines for arm in arms) and len(arms) == 12
    assert len(tables.scores(results)) == 12
    assert [line[-1] for line in tables.rates(results)].count("chosen") == 4
    assert len(tables.own_losses(results)) == 3 + 2 * 3
    for rows, head in (
        (tables.scores(results), tables.HEAD),
        (tables.rates(results), tables.RATES_HEAD),
        (tables.own_losses(results), tables.OWN_HEAD),
    ):
        assert {len(line) for line in rows} == {len(head)}


@pytest.mark.parametrize("spec", FIGURES, ids=[spec.name for spec in FIGURES])
def test_figures_are_drawn_the_same_twice(spec):
    results = synthetic()
    first, second = render(spec, results), render(spec, results)
    assert first == second
    assert b"SmolLM2-135M" in first["svg"]
