"""Attention maps: definitions on rows whose truth is known, measurement, rules, a smoke run."""

import itertools

import numpy as np
import pandas as pd
import pytest
import torch

from memstudy import study
from memstudy.core import claims, experiment
from memstudy.core.device import Device
from memstudy.experiments.attention_maps import config, measuring, readings, summaries, tables
from memstudy.experiments.attention_maps.config import (
    ABSOLUTE,
    ALIBI,
    ARMS,
    EXTENDED,
    LONG,
    PIECES,
    ROPE,
    TRAINED,
)
from memstudy.experiments.attention_maps.figures import FIGURES
from memstudy.experiments.babistories_lm import config as stories
from memstudy.experiments.babistories_lm.profiles import PROFILES as LANGUAGE_MODELS
from memstudy.language_models.config import MOSAIC
from memstudy.language_models.trained import build, streams
from memstudy.plotting import render

EXPERIMENT = experiment.load("attention_maps")
SMOKE, CPU_PROFILE = config.PROFILES["smoke"], config.PROFILES["cpu"]
CPU = Device("cpu", "cpu", 1, "float32")
VOCAB, SEEDS, HEADS, LENGTH = 50, 3, 4, 256
L = SMOKE.context_length


def normal(row):
    return row / row.sum()


# ------------------------------------------------------------------------------------- definitions


def test_a_flat_row_is_flat_by_every_measure():
    row = np.full(300, 1 / 300)
    assert summaries.sink_mass(row) == pytest.approx(1 / 300)
    assert summaries.coefficient_of_variation(row) == pytest.approx(0, abs=1e-12)
    assert summaries.recency_mass(row, 299) == pytest.approx(16 / 300)
    assert summaries.length_ratio(row) == pytest.approx(1)
    assert summaries.half_width(row, 299) == 0


def test_a_sink_is_seen_and_leaves_the_other_measures_alone():
    row = np.full(300, 0.5 / 299)
    row[0] = 0.5
    assert summaries.sink_mass(row) == 0.5
    assert summaries.coefficient_of_variation(row) == pytest.approx(0, abs=1e-12)
    assert summaries.half_width(row, 299) == 0


def test_the_variation_is_that_of_positions_1_to_before_l_minus_33():
    row = np.ones(100)
    row[[0, 67, 98]] = 50.0  # the beginning and the newest do not count
    assert summaries.coefficient_of_variation(row) == 0
    row[[1, 66]] = 3.0
    part = row[1:67]
    assert summaries.coefficient_of_variation(row) == pytest.approx(part.std() / part.mean())


def test_variation_by_chance_is_what_a_noisy_flat_row_shows():
    generator = np.random.default_rng(0)
    rows = 1 + 0.1 * generator.standard_normal((5, 4000))
    found = summaries.variation_by_chance(rows, np.full(rows.shape, 0.1))
    np.testing.assert_allclose(summaries.coefficient_of_variation(rows), found, rtol=0.05)


def test_recency_mass_counts_back_from_the_newest_that_can_be_read():
    row = np.zeros(100)
    row[82:99] = 1.0
    row[99] = 7.0
    assert summaries.recency_mass(row, newest=98) == 16
    assert summaries.recency_mass(row, newest=99) == 22


def test_length_ratio_of_a_row_that_decays_geometrically():
    row = normal(0.99 ** np.arange(300)[::-1])
    assert summaries.length_ratio(row) == pytest.approx(0.99**100)
    assert summaries.length_ratio(np.r_[np.zeros(200), np.ones(100)]) == 0


@pytest.mark.parametrize("reach", [1, 2, 5, 9])
@pytest.mark.parametrize("end", [1, 2])
def test_half_width_of_a_box_of_pairs(reach, end):
    """A box of n pairs falls to half between its last pair and the next one."""
    row = np.full(200, 1.0)
    newest = len(row) - end
    row[newest - reach + 1 : newest + 1] = 9.0
    assert summaries.half_width(row, newest) == pytest.approx(reach - 0.5)


def test_half_width_of_an_exponential_peak_is_its_half_life():
    distance = np.arange(400)[::-1]
    for decay in (0.5, 0.7, 0.9):
        row = 1 + 20 * decay**distance
        found = summaries.half_width(row, 399)
        assert found == pytest.approx(np.log(0.5) / np.log(decay), abs=0.06)


def test_half_width_is_counted_from_the_newest_where_the_peak_stands_further_back():
    row = np.ones(200)
    row[200 - 1 - 4] = 9.0
    assert summaries.half_width(row, 199) == pytest.approx(4.5)


def test_a_head_without_a_peak_ranks_below_the_narrowest_peak():
    shallow, narrow = np.ones(200), np.ones(200)
    shallow[-20:] = 1.9  # below twice the flat level
    narrow[-1] = 2.1
    assert summaries.half_width(shallow, 199) == 0 < summaries.half_width(narrow, 199)
    far = np.ones(200)
    far[200 - 1 - summaries.RECENT] = 50.0  # not recent
    assert summaries.half_width(far, 199) == 0


def test_summaries_treat_every_row_alone():
    rows = np.random.default_rng(1).random((3, 4, 120))
    for measure in (
        summaries.coefficient_of_variation,
        summaries.length_ratio,
        lambda r: summaries.half_width(r, 118),
    ):
        whole = measure(rows)
        assert whole.shape == (3, 4)
        assert whole[2, 1] == pytest.approx(float(measure(rows[2, 1])))


def test_windows_too_short_to_have_a_flat_part_are_refused():
    with pytest.raises(ValueError, match="longer windows"):
        summaries.coefficient_of_variation(np.ones(20))


# ------------------------------------------------------------------------------- arms and profiles


@pytest.mark.parametrize("name", config.PROFILES)
def test_mosaic_and_absolute_are_the_models_of_the_language_model_experiment(name):
    """Equal configurations have one name on disk, so nothing is trained twice."""
    known = stories.arms(LANGUAGE_MODELS[name])
    found = config.arms(config.PROFILES[name])
    assert found[MOSAIC].model == known["stories_mosaic_1"].model
    assert found[ABSOLUTE].model == known["stories_transformer_1"].model
    for arm in (ROPE, ALIBI):
        assert found[arm].model.shape.position == arm
        assert found[arm].model.recipe == found[ABSOLUTE].model.recipe
        assert found[arm].model.text == found[MOSAIC].model.text


def test_longer_arms_have_four_times_the_steps_and_the_models_of_the_other_experiment():
    found, known = config.arms(CPU_PROFILE), stories.arms(LANGUAGE_MODELS["cpu"])
    assert found["mosaic_longer"].model == known["stories_mosaic_1_longer"].model
    assert found["absolute_longer"].model == known["stories_transformer_1_longer"].model
    for arm in ARMS:
        usual, longer = found[arm], found[config.longer_arm(arm)]
        assert longer.model.recipe.steps == 4 * usual.model.recipe.steps
        assert longer.model == stories.trained_longer(usual.model, 4)
        assert (longer.windows, longer.extended) == (usual.windows, usual.extended)


def test_smoke_reads_generated_text_only():
    assert {unit.model.text.corpus for unit in config.arms(SMOKE).values()} == {"story_world"}


def test_learned_positions_are_not_asked_for_more_and_refuse_it():
    found = config.arms(SMOKE)
    names = {*EXTENDED, *map(config.longer_arm, EXTENDED)}
    assert {arm for arm, unit in found.items() if unit.extended} == names
    with pytest.raises(ValueError, match="learned positions end at"):
        config.MapsUnit(found[ABSOLUTE].model, SMOKE.windows, extended=True)
    with pytest.raises(ValueError, match="learned positions end at"):
        untrained(ABSOLUTE).attention_rows(torch.zeros(1, 3 * L, dtype=torch.int64))


# -------------------------------------------------------------------------------------- measuring


def untrained(arm, seed=0):
    unit = config.arms(SMOKE)[arm]
    return build(unit.model.shape, VOCAB, torch.Generator().manual_seed(seed)).eval()


def tokens(count, length, seed=0):
    drawn = torch.randint(VOCAB, (count, length + 1), generator=torch.Generator().manual_seed(seed))
    return drawn[:, :-1].contiguous(), drawn[:, 1:].contiguous()


@pytest.mark.parametrize("arm", ARMS)
def test_mean_rows_are_means_and_standard_errors_over_windows(arm):
    model, (x, _) = untrained(arm), tokens(7, L)
    mean, error = measuring.mean_rows(model, x, CPU, size=3)
    each = torch.cat([model.attention_rows(x[i : i + 1])[0] for i in range(7)]).double().numpy()
    assert mean.shape == error.shape == (2, L)
    np.testing.assert_allclose(mean, each.mean(0), rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(error, each.std(0, ddof=1) / 7**0.5, rtol=1e-3, atol=1e-7)
    np.testing.assert_allclose(mean.sum(1), 1, rtol=1e-5)
    assert (mean[:, -1] == 0).all() == (arm == MOSAIC)


def test_rows_are_without_dropout():
    model, (x, _) = untrained(MOSAIC), tokens(2, L)
    for module in model.modules():
        for name in ("residual_dropout", "attention_dropout"):
            if hasattr(module, name):
                setattr(module, name, 0.5)
    quiet, _ = measuring.mean_rows(model, x, CPU, size=2)
    again, _ = measuring.mean_rows(model.train(), x, CPU, size=2)
    np.testing.assert_array_equal(quiet, again)
    assert model.training


@pytest.mark.parametrize("arm", EXTENDED)
def test_three_lengths_work_with_a_model_made_for_one(arm):
    model, unit, batch = untrained(arm), config.arms(SMOKE)[arm], tokens(2, 3 * L)
    table = pd.DataFrame(measuring.measured(model, unit, LONG, batch, CPU))
    rows = table[table.metric == "attention"]
    assert len(rows) == 2 * 3 * L
    np.testing.assert_allclose(rows.groupby("part")["value"].sum(), 1, rtol=1e-5)
    losses = table[(table.metric == "loss_by_position") & (table.split == LONG)]
    assert losses["position"].tolist() == list(range(3 * L))
    assert np.isfinite(table["value"]).all()


def test_pieces_predict_each_token_beyond_l_once_with_at_most_l_of_context():
    model, batch = untrained(ROPE), tokens(2, 3 * L)
    pieces = measuring.losses_in_pieces(model, batch, L, CPU, size=2).values
    assert pieces.shape == (2, 2 * L)
    x, y = batch
    for position in (L, L + 7, 2 * L - 1, 2 * L, 3 * L - 1):
        start = position - L // 2 - (position - L) % (L // 2)
        piece = slice(start, start + L)
        alone = model.loss(x[:, piece], y[:, piece], reduction="none")[:, position - start]
        np.testing.assert_allclose(pieces[:, position - L], alone.detach(), rtol=1e-5)


def test_the_rise_compares_the_same_tokens():
    """A model that reads one token back and no further gains and loses nothing by length."""
    model, unit, batch = untrained(ALIBI), config.arms(SMOKE)[ALIBI], tokens(3, 3 * L)
    attention = model.blocks[0].context_layer
    with torch.no_grad():
        attention.output.weight.zero_()
    table = pd.DataFrame(measuring.measured(model, unit, LONG, batch, CPU)).set_index("metric")
    assert table["value"]["loss_rise"] == pytest.approx(0, abs=1e-6)
    with torch.no_grad():
        attention.output.weight.normal_()
        attention.project.weight.normal_()
    table = pd.DataFrame(measuring.measured(model, unit, LONG, batch, CPU)).set_index("metric")
    assert abs(table["value"]["loss_rise"]) > 1e-5


@pytest.mark.parametrize("arm, newest", [(MOSAIC, 98), (ABSOLUTE, 99)])
def test_the_newest_pair_of_a_mosaic_stands_before_its_last_position(arm, newest):
    rows = np.ones((2, 100))
    rows[:, newest - 2 : newest + 1] = 9.0
    unit, error = config.arms(SMOKE)[arm], np.zeros((2, 100))
    found = pd.DataFrame(measuring.head_summaries(unit, TRAINED, rows, error))
    values = found[found["part"] == "head 1"].set_index("metric")["value"]
    assert values["half_width"] == pytest.approx(2.5)
    assert values["recency_mass"] == pytest.approx(13 + 27)


def test_forward_passes_are_counted_as_they_are_made():
    unit = config.arms(SMOKE)[MOSAIC]
    for split, batch in ((TRAINED, tokens(5, L)), (LONG, tokens(3, 3 * L))):
        made = itertools.count()
        list(measuring.measured(untrained(MOSAIC), unit, split, batch, CPU, made.__next__))
        assert next(made) == measuring.passes(unit, batch, split)


def test_leaks_are_those_of_the_contextual_memory_and_of_mosaics_alone():
    model = untrained(MOSAIC)
    expected = torch.exp(-10 * model.blocks[0].context_layer.key.decay.abs()).tolist()
    assert [row["value"] for row in measuring.leaks(model)] == pytest.approx(expected)
    assert list(measuring.leaks(untrained(ROPE))) == []


# ------------------------------------------------------------------------------------------ rules


def synthetic(maps=False, longer=None, **changes):
    """Results of three runs in which every claim holds, but for what is changed.

    Rules need scalars alone; ``maps`` adds what figures need. Models trained for longer are like
    the others but for the changes in ``longer``.
    """
    usual, other = truth_of(changes), truth_of(changes | (longer or {}))
    rows = [
        row | {"model": name, "seed": seed}
        for seed in range(SEEDS)
        for arm in ARMS
        for name, truth in ((arm, usual), (config.longer_arm(arm), other))
        for row in one_model(arm, np.random.default_rng(seed), truth)
        if maps or "position" not in row
    ]
    columns = ["metric", "value", "split", "part", "position", "model", "seed"]
    table = pd.DataFrame(rows).reindex(columns=columns)
    table = table.fillna({"split": "", "part": "", "position": -1}).astype({"position": int})
    return study.Results(EXPERIMENT, CPU_PROFILE, (), table)


def truth_of(changes):
    truth = {
        "sink": {MOSAIC: 1.0, ABSOLUTE: 60.0},  # weight on position 0 in units of 1/L
        "rough": {MOSAIC: 0.05, ABSOLUTE: 0.8},  # spread of the flat part
        "decay": {MOSAIC: 0.0, ROPE: 0.0, ALIBI: 6.0},  # e-folds over a third of the long row
        "rise": {MOSAIC: -0.01, ROPE: 0.6, ALIBI: 0.0},
        "leaks": (0.9, 0.6, 0.3, 0.1),
        "peaks": (0.95, 0.8, 0.6, 0.3),  # decay of the recent peak, head by head
    }
    return {
        name: value | changes.get(name, {}) if isinstance(value, dict) else changes.get(name, value)
        for name, value in truth.items()
    }


def one_model(arm, generator, truth):
    unit = config.arms(CPU_PROFILE)[arm]
    for split in (TRAINED, LONG) if unit.extended else (TRAINED,):
        length = LENGTH if split == TRAINED else 3 * LENGTH
        back = np.arange(length)[::-1]
        rows = 1 + truth["rough"].get(arm, 0.3) * generator.uniform(-1, 1, (HEADS, length))
        if arm == MOSAIC:
            rows += 20 * np.array(truth["peaks"])[:, None] ** np.maximum(back - 1, 0)
            rows[:, -1] = 0
        if split == LONG:
            rows *= np.exp(-truth["decay"][arm] * back / LENGTH)
        if arm in truth["sink"]:
            rows[:, 0] = truth["sink"][arm] * rows[:, 1:].sum(1) / length
        rows /= rows.sum(1, keepdims=True)
        for head, row in enumerate(rows):
            where = {"metric": "attention", "split": split, "part": f"head {head}"}
            yield from measuring.positions_of(row, **where)
        yield from measuring.head_summaries(unit, split, rows, rows / 100)
        curve = 3 + np.exp(-np.arange(length) / 20) + 0.05 * generator.standard_normal(length)
        beyond = np.arange(length) >= LENGTH
        rise = truth["rise"].get(arm, 0.0) * beyond
        where = {"metric": "loss_by_position"}
        yield from measuring.positions_of(curve + rise, **where, split=split)
        if split == LONG:
            yield from measuring.positions_of(curve[beyond], LENGTH, **where, split=PIECES)
            value = truth["rise"][arm] + 0.001 * generator.standard_normal()
            yield {"metric": "loss_rise", "split": split, "value": value}
    if arm == MOSAIC:
        for head, value in enumerate(truth["leaks"]):
            yield {"metric": "leak", "part": f"head {head}", "value": value}


def statuses(results):
    return {verdict.claim.id: verdict.status for verdict in results.verdicts()}


def test_the_rules_hold_where_everything_is_as_the_paper_says():
    assert statuses(synthetic()) == dict.fromkeys(("MM-14", "MM-15", "MM-16"), claims.REDUCED)


@pytest.mark.parametrize(
    "claim, changes",
    [
        ("MM-14", {"sink": {ABSOLUTE: 5.0}}),
        ("MM-14", {"sink": {MOSAIC: 4.0}}),
        ("MM-14", {"rough": {MOSAIC: 0.6}}),
        ("MM-15", {"decay": {MOSAIC: 1.0}}),
        ("MM-15", {"decay": {MOSAIC: -0.5}}),
        ("MM-15", {"decay": {ALIBI: 1.0}}),
        ("MM-15", {"rise": {MOSAIC: 0.05}}),
        ("MM-15", {"rise": {ROPE: 0.05}}),
    ],
)
def test_one_part_that_does_not_hold_makes_it_partly(claim, changes):
    found = statuses(synthetic(**changes))
    assert found.pop(claim) == claims.PARTLY
    assert set(found.values()) == {claims.REDUCED}


def test_longer_training_is_told_and_changes_no_verdict():
    reversed_peaks = (0.3, 0.6, 0.8, 0.95)
    found = synthetic(
        longer={"sink": {ABSOLUTE: 5.0}, "rise": {ROPE: 0.05}, "peaks": reversed_peaks}
    )
    assert statuses(found) == dict.fromkeys(("MM-14", "MM-15", "MM-16"), claims.REDUCED)
    told = {
        verdict.claim.id: verdict.evidence.ours.split("; after 4 times the steps: ")
        for verdict in found.verdicts()
    }
    for claim, before, after in (
        ("MM-14", "transformer 48.", "transformer 4.9"),
        ("MM-15", "RoPE +0.6", "RoPE +0.05"),
        ("MM-16", "0.97 over 12 heads", "-0.97 over 12 heads"),
    ):
        assert before in told[claim][0], told
        assert after in told[claim][1], told


@pytest.mark.parametrize(
    "peaks, status",
    [
        ((0.8, 0.95, 0.6, 0.3), claims.REDUCED),  # two neighbours change places: 0.8
        ((0.8, 0.95, 0.3, 0.6), claims.NOT_REPRODUCED),  # twice: 0.6
        ((0.3, 0.6, 0.8, 0.95), claims.NOT_REPRODUCED),  # the other way round: -1
    ],
)
def test_the_leak_must_order_the_widths(peaks, status):
    assert statuses(synthetic(peaks=peaks))["MM-16"] == status


def test_equal_widths_decide_nothing():
    found = synthetic(peaks=(0.0,) * HEADS, rough={MOSAIC: 0.0})
    assert statuses(found)["MM-16"] == claims.INCONCLUSIVE


def test_spearman_shares_ranks_and_does_not_see_monotone_maps():
    x = np.array([0.1, 0.4, 0.2, 0.9])
    assert readings.spearman(x, np.exp(x)) == pytest.approx(1)
    assert readings.spearman(x, -x) == pytest.approx(-1)
    assert readings.spearman([1, 2, 3, 4], [1, 2, 2, 3]) == pytest.approx(0.9486832980505138)
    assert np.isnan(readings.spearman(x, np.ones(4)))


def test_pooling_sees_all_heads_and_resamples_runs():
    x = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    interval = readings.pooled_spearman(x, x**3)
    assert (interval.mean, interval.low, interval.high) == pytest.approx((1, 1, 1))
    worse = readings.pooled_spearman(x, np.array([[1.0, 2.0], [4.0, 3.0], [5.0, 6.0]]))
    assert worse.low == pytest.approx(-1)  # one run alone has the order the wrong way round


def test_heads_are_read_in_their_order_also_beyond_nine():
    rows = [
        {"metric": "leak", "split": "", "part": f"head {head}", "value": head, "model": MOSAIC}
        for head in (11, 2, 10, 0, 1, 3, 4, 5, 6, 7, 8, 9)
    ]
    table = pd.DataFrame(rows).assign(seed=0, position=-1)
    results = study.Results(EXPERIMENT, CPU_PROFILE, (), table)
    assert readings.leaks(results)[0].tolist() == list(range(12))


# ------------------------------------------------------------------------------------------ whole


@pytest.fixture(scope="module")
def smoke():
    return study.results("attention_maps", profile="smoke", mode="run")


def test_a_smoke_run_goes_from_text_to_verdicts(smoke):
    assert {v.status for v in smoke.verdicts()} == {claims.INCONCLUSIVE}  # two seeds, not three
    assert smoke.seeds_of(MOSAIC) == list(SMOKE.seeds)
    assert len(list(tables.check_lines(smoke))) == (3 + 9) + (1 + 8) + (2 + 6) + (1 + 2)
    for arm in ARMS:
        rows = readings.attention(smoke, arm)
        assert rows.shape == (2, 2, L)
        np.testing.assert_allclose(rows.sum(-1), 1, rtol=1e-5)
    assert (readings.attention(smoke, MOSAIC)[..., -1] == 0).all()
    shown = [found.run["facts"]["windows_sha256"] for found in smoke.recorded]
    assert len({each[TRAINED] for each in shown}) == 1
    assert len({each[LONG] for each in shown if LONG in each}) == 1
    assert {LONG in each for each in shown} == {True, False}


def test_windows_come_from_the_validation_text_at_both_lengths(smoke):
    unit = config.arms(SMOKE)[MOSAIC]
    stream = streams(unit.model.text)["validation"]
    everything = stream.tokens.tolist()
    for split, shape in ((TRAINED, (6, L)), (LONG, (4, 3 * L))):
        x, y = measuring.windows(stream, unit, split)
        assert x.shape == y.shape == shape
        assert torch.equal(x[:, 1:], y[:, :-1])
        starts = [
            i for i in range(len(everything) - L) if everything[i : i + L] == x[0, :L].tolist()
        ]
        assert starts


@pytest.fixture(scope="module")
def drawable():
    return synthetic(maps=True)


@pytest.mark.parametrize("spec", FIGURES, ids=lambda spec: spec.name)
def test_figures_are_drawn(spec, drawable):
    assert render(spec, drawable)["png"].startswith(b"\x89PNG")
