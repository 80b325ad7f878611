"""Scores along the sequences, what the readings make of them, and the conditions of the claims."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from test_regbench_metrics import score

from memstudy import plotting, study
from memstudy.core import experiment
from memstudy.core.claims import NOT_REPRODUCED, PARTLY, REDUCED, judge
from memstudy.core.errors import UsageError
from memstudy.core.store import Recorded
from memstudy.experiments.regbench import (
    claims,
    learning,
    measuring,
    mechanism_figure,
    metrics,
    oracles,
    profiles,
    published,
    readings,
    run,
    tables,
)
from memstudy.experiments.regbench.automata import DELIMITER, N_TOKENS, PAD
from memstudy.experiments.regbench.config import DataConfig, data_config
from memstudy.experiments.regbench.measuring import POSITION, STRINGS, TEST, TEST_IN
from memstudy.experiments.regbench.metrics import EVERY_POSITION
from memstudy.records import long_table

DATA = DataConfig(3, validation=2, test=23, strings=(2, 5), letters=(1, 12))


@pytest.fixture(scope="module")
def split():
    return learning.splits_of(DATA)[0].test


def noisy(tokens):
    """A predictor that depends on the tokens alone: weights from a fixed table."""
    table = np.random.default_rng(0).random((N_TOKENS, N_TOKENS)) + 0.1
    return table[tokens] / table[tokens].sum(-1, keepdims=True)


# ------------------------------------------------------------------------------------- measuring


def test_scores_by_position_are_those_of_the_whole_padded_split(split):
    """The slow way: everything at once, padding included."""
    found = measuring.scores_of(split, noisy)
    for convention in metrics.CONVENTIONS:
        scored = metrics.scored_positions(split.inputs, split.labels, convention)
        slow = score(noisy(split.inputs), split.distributions(), scored)
        rows = {
            row["metric"]: row["value"]
            for row in measuring.rows_of(found, TEST)
            if row["part"] == convention
        }
        assert rows["accuracy"] == pytest.approx(slow.accuracy, abs=1e-12)
        assert rows["tvd"] == pytest.approx(slow.tvd, abs=1e-12)
        assert rows["ties"] == slow.ties and rows["positions"] == slow.n_positions


def test_the_exact_distribution_is_perfect_everywhere(split):
    rows = iter(np.argsort(split.lengths, kind="stable"))

    def exact(tokens):
        chosen = [next(rows) for _ in tokens]
        return split.distributions(chosen)[:, : tokens.shape[1]]

    table = pd.DataFrame(measuring.rows_of(measuring.scores_of(split, exact), TEST))
    for metric, perfect in (("accuracy", 1.0), ("tvd", 0.0)):
        values = table[table.metric.str.startswith(metric)].value
        assert np.allclose(values, perfect, atol=1e-12)


@pytest.mark.parametrize("by", [POSITION, STRINGS])
def test_groups_add_up_to_the_whole(by, split):
    table = pd.DataFrame(measuring.rows_of(measuring.scores_of(split, noisy), TEST))
    counts = table[table.metric == f"positions by {by}"].set_index("position").value
    assert counts.sum() == (split.inputs != PAD).sum()
    for metric in ("accuracy", "tvd"):
        parts = table[table.metric == f"{metric} by {by}"].set_index("position").value
        whole = table[(table.metric == metric) & (table.part == EVERY_POSITION)].value.item()
        assert (parts * counts).sum() / counts.sum() == pytest.approx(whole)


def test_finished_strings_count_the_delimiters_read(split):
    finished = measuring.scores_of(split, noisy).finished_strings
    for row in range(len(split)):
        for place in range(split.lengths[row] - 1):
            read = split.inputs[row, : place + 1]
            assert finished[row, place] == (read == DELIMITER).sum()


def test_what_is_no_distribution_is_refused(split):
    with pytest.raises(ValueError, match="probabilities that sum to 1"):
        measuring.scores_of(split, lambda tokens: 2 * noisy(tokens))


def test_shown_predictions_are_those_of_the_first_sequence(split):
    table = pd.DataFrame(measuring.shown_predictions(split, noisy))
    wide = table.pivot(index="position", columns="part", values="value")
    time = len(wide)
    assert time == min(measuring.SHOWN, split.lengths[0] - 1)
    expected = noisy(split.inputs[:1])[0, :time]
    assert np.allclose(wide[[str(token) for token in range(N_TOKENS)]], expected)


# --------------------------------------------------------------------------------------- whole


@pytest.fixture(scope="module")
def smoke():
    return study.results("regbench", profile="smoke", mode="run")


def test_smoke_runs_and_every_figure_can_be_drawn(smoke):
    for spec in smoke.experiment.figures():
        assert plotting.render(spec, smoke)["png"].startswith(b"\x89PNG")
    assert len(smoke.check_lines()) > 3


def test_two_models_of_one_size_read_the_same_test(smoke):
    data = {
        point.arm: readings.facts(smoke, point.arm, 0)["data"]["test"]["sha256"]
        for point in smoke.profile.points
    }
    assert len(data) == 7 and len(set(data.values())) == 1


def test_oracles_are_measured_on_the_models_test(smoke):
    test = learning.splits_of(data_config(smoke.profile, 6))[0].test
    scored = metrics.scored_positions(test.inputs, test.labels, EVERY_POSITION)
    direct = score(oracles.in_context_ngram(test.inputs, 3), test.distributions(), scored)
    assert readings.oracle(smoke, "3-gram", "tvd") == pytest.approx(direct.tvd)
    assert readings.oracle(smoke, "3-gram", "accuracy") == pytest.approx(direct.accuracy)
    assert readings.oracle_names(smoke) == [
        "uniform letters", "1-gram", "2-gram", "3-gram", "4-gram",
    ]  # fmt: skip


# -------------------------------------------------------------------------------------- claims


def results_with(values, losses=None, sizes=(100, 500)):
    """Results in which (architecture, environments, metric, split) have given values a seed.

    Args:
        values: for every key one value a seed.
        losses: validation loss by arm; default 1.
        sizes: environments of the profile.
    """
    smoke = run.PROFILES["smoke"]
    points = [
        dataclasses.replace(point, environments=size, seeds=(0, 1, 2))
        for size in sizes
        for point in smoke.points[:3]
    ]
    profile = dataclasses.replace(
        smoke,
        name="cpu",
        seeds=(0, 1, 2),
        points=tuple(points),
        in_distribution_at=100,
        mqar=(),
    )
    recorded, tables = [], []
    for unit in experiment.select_units(
        dataclasses.replace(run.EXPERIMENT, profiles={"cpu": profile}), "cpu"
    ):
        if unit.arm == "oracles":
            continue
        name, size = unit.arm.split("_")[:2]
        rows = [
            {"metric": metric, "split": split, "part": EVERY_POSITION, "value": found[unit.seed]}
            for (architecture, environments, metric, split), found in values.items()
            if (architecture, environments) == (name, int(size))
        ]
        table = long_table(rows, unit)
        loss = (losses or {}).get(unit.arm, 1.0)
        facts = {"best": {"validation": {"step": 1, "loss": loss}}}
        recorded.append(
            Recorded(unit.id, {"arm": unit.arm, "seed": unit.seed, "facts": facts}, table)
        )
        tables.append(table)
    return study.Results(run.EXPERIMENT, profile, tuple(recorded), pd.concat(tables))


def as_in_the_paper(shift=0.0, sizes=(100, 500)):
    """Every architecture at the paper's points, the seeds close together."""
    around = np.array([-0.002, 0.0, 0.002])
    values = {}
    for name in ("mosaic", "transformer", "lstm"):
        for metric in ("accuracy", "tvd"):
            curve = published.curve(metric, name)
            for size in sizes:
                offset = shift if name == "mosaic" else 0.0
                values[name, size, metric, TEST] = curve[size] + offset + around
        values[name, 100, "accuracy", TEST_IN] = 0.9 + around
    return values


def verdict(number, values, **more):
    claim = claims.CLAIMS[number - 11]
    assert claim.id == f"MM-{number}"
    return judge(claim, claim.test(results_with(values, **more)), at_paper_scale=False)


@pytest.mark.parametrize("number", [11, 12, 13])
def test_the_papers_own_values_pass_every_rule(number):
    assert verdict(number, as_in_the_paper()).status == REDUCED


def test_values_too_far_from_the_papers_fail():
    assert verdict(11, as_in_the_paper(shift=0.05)).status == PARTLY
    assert verdict(11, as_in_the_paper(shift=-0.05)).status == PARTLY
    assert verdict(12, as_in_the_paper(shift=0.08)).status == PARTLY


def test_a_baseline_with_a_lower_distance_fails_mm12():
    values = as_in_the_paper()
    values["lstm", 500, "tvd", TEST] = np.array([0.1, 0.1, 0.1])
    found = verdict(12, values)
    assert found.status == PARTLY and "LSTM" in found.reason and "at 500" in found.reason


def test_mm12_is_judged_at_every_size_of_the_published_curve_that_was_trained_on():
    sizes = (100, 300, 40_000)  # the paper has no point at 300, and MM-11 names no 40,000
    values = as_in_the_paper(sizes=(100, 40_000))
    assert verdict(12, values, sizes=sizes).status == REDUCED
    values["lstm", 40_000, "tvd", TEST] = np.array([0.1, 0.1, 0.1])
    found = verdict(12, values, sizes=sizes)
    assert found.status == PARTLY and "at 40000" in found.reason
    assert all(
        "40000" not in part.text for part in verdict(11, values, sizes=sizes).evidence.conditions
    )


def test_baselines_that_do_not_learn_the_languages_either_fail_mm13():
    values = as_in_the_paper()
    for name in ("transformer", "lstm"):
        values[name, 100, "accuracy", TEST_IN] = values[name, 100, "accuracy", TEST]
    assert verdict(13, values).status == NOT_REPRODUCED


def test_the_setting_with_the_lowest_validation_loss_stands_for_an_architecture():
    results = results_with(as_in_the_paper())
    (point,) = readings.tried(results, "mosaic", 100)
    other = dataclasses.replace(
        point,
        setting=dataclasses.replace(
            point.setting,
            recipe=dataclasses.replace(point.setting.recipe, learning_rate=0.5),
        ),
        seeds=(0,),
    )
    facts = {"best": {"validation": {"step": 1, "loss": 0.5}}}
    run_ = {"arm": other.arm, "seed": 0, "facts": facts}
    more = dataclasses.replace(
        results,
        profile=dataclasses.replace(results.profile, points=(*results.profile.points, other)),
        recorded=(*results.recorded, Recorded("other", run_, results.table[:0])),
    )
    assert readings.chosen(results, "mosaic", 100) == point
    assert readings.chosen(more, "mosaic", 100) == other

    later = dataclasses.replace(
        more, recorded=tuple(found for found in more.recorded if found.run["seed"] > 0)
    )
    assert readings.tried(later, "mosaic", 100) == [point]
    with pytest.raises(UsageError, match="mosaic at 100 environments has no run"):
        readings.chosen(dataclasses.replace(more, recorded=()), "mosaic", 100)


def test_seeds_without_the_first_one_can_be_read_too(smoke):
    later = study.results("regbench", profile="smoke", seeds=[1])
    assert len(later.recorded) < len(smoke.recorded)
    assert len(later.check_lines()) > 3
    assert tables.settings(later) and tables.setting_lines(later)
    mechanism_figure.mechanism(later)


def test_published_curves_have_the_sizes_of_the_figure():
    for metric in ("accuracy", "tvd"):
        for name in ("mosaic", "transformer", "lstm", "mamba", "gla", "linear_attention_plain"):
            assert list(published.curve(metric, name)) == [100, 500, 1000, 2500, 40_000]
    assert published.curve("accuracy", "transformer")[2500] == 0.925
    assert published.curve("tvd", "mosaic", published.ORIGINAL) == {}


def test_units_are_independent_of_what_else_a_profile_trains():
    """More points, or more seeds of one, leave the hashes of the others as they are."""
    profile = run.PROFILES["smoke"]
    fewer = dataclasses.replace(profile, points=profile.points[:1])
    before = {unit.id: unit.hash for unit in run.EXPERIMENT.units(profile)}
    after = {unit.id: unit.hash for unit in run.EXPERIMENT.units(fewer)}
    assert after.items() <= before.items()


def test_profiles_hold_what_they_say():
    """The paper's search: 54 settings at five sizes for eleven architectures, six without heads."""
    paper, gpu = run.PROFILES["paper"], run.PROFILES["gpu"]
    assert len(paper.points) == (5 * 54 + 6 * 18) * 5 == 1890
    assert gpu.environments == paper.environments == (100, 500, 1000, 2500, 40_000)
    at = {size: {p.setting.architecture.name for p in gpu.points if p.environments == size}
          for size in gpu.environments}  # fmt: skip
    assert len(at[2500]) == 11 and at[40_000] == {"mosaic", "transformer"}
    units = run.EXPERIMENT.units(gpu)
    assert len({unit.id for unit in units}) == len(units)
    assert [unit.config.data.environments for unit in units[:3]] == [100, 100, 100]


def test_curves_are_of_architectures_that_were_trained_at_more_than_the_control_size():
    results = study.Results(run.EXPERIMENT, run.PROFILES["smoke"], (), pd.DataFrame())
    assert readings.architectures(results, 6) == ["mosaic", "transformer", "lstm", "gla"]
    assert readings.across_sizes(results) == ["mosaic", "transformer", "lstm"]
    points = tuple(point for point in results.profile.points if point.environments == 6)
    alone = dataclasses.replace(
        results, profile=dataclasses.replace(results.profile, points=points)
    )
    assert readings.across_sizes(alone) == ["mosaic", "transformer", "lstm", "gla"]


def test_a_model_with_the_published_defect_never_stands_for_its_architecture():
    """Even with the lowest validation loss it is shown apart."""
    results = results_with(as_in_the_paper())
    (point,) = readings.tried(results, "lstm", 100)
    flat = dataclasses.replace(point, setting=profiles.with_published_defect(point.setting))
    assert flat.arm == f"{point.arm}_flat"
    more = dataclasses.replace(
        results,
        profile=dataclasses.replace(results.profile, points=(flat, *results.profile.points)),
    )
    assert readings.chosen(more, "lstm", 100) == point
    assert readings.defective(more) == [flat] and readings.defective(results) == []
