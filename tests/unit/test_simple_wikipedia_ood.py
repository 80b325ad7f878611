"""Loss by position on foreign text: windows, records, readings, and the conditions of MM-10."""

import numpy as np
import pandas as pd
import pytest
import torch

from memstudy import plotting, runner, study
from memstudy.batching import IGNORED
from memstudy.core import experiment
from memstudy.core.claims import INCONCLUSIVE, NOT_REPRODUCED, PARTLY, REDUCED, judge
from memstudy.core.errors import UsageError
from memstudy.core.store import Recorded
from memstudy.corpora.packing import write_stream
from memstudy.evaluation import TokenLosses
from memstudy.experiments.babistories_lm import config as babistories_lm
from memstudy.experiments.babistories_lm.config import STORIES, WORLD
from memstudy.experiments.babistories_lm.profiles import PROFILES as LANGUAGE_MODELS
from memstudy.experiments.simple_wikipedia_ood import claims, config, data, readings, run, tables
from memstudy.experiments.simple_wikipedia_ood.readings import FOREIGN, OWN
from memstudy.language_models.config import FAMILIES, MOSAIC, TRANSFORMER

END = 0


class Letters:
    """Tokens are letters, a = 1 ...; end-of-text is 0."""

    name, sha256, vocab_size, end_of_text = "letters", "none", 27, END

    def encode_batch(self, texts):
        return [np.array([ord(c) - 96 for c in text], dtype=np.uint16) for text in texts]


@pytest.fixture
def stream(tmp_path):
    """Documents of 3, 8, 2, 9, 7 and 1 letters; each begins with a letter of its own."""
    texts = ["abb", "cdddeeff", "gh", "ijklmnopq", "rssssst", "u"]
    path = tmp_path / "letters.tokens"
    return write_stream(path, texts, Letters(), corpus="letters", split="all", key="k")


# ------------------------------------------------------------------------------------- windows


def test_article_windows_begin_at_articles_that_fill_them(stream):
    x, y = data.article_windows(stream, 6, 100)
    assert x[:, 0].tolist() == [3, 9, 18]  # c, i, r: those with 7 letters and more
    assert torch.equal(x[:, 1:], y[:, :-1])
    assert not (x == END).any() and not (y == END).any()


def test_article_windows_are_a_choice_that_depends_on_the_text_alone(stream):
    one, again = (data.article_windows(stream, 6, 2) for _ in range(2))
    assert data.windows_sha256(one) == data.windows_sha256(again)
    assert len(one[0]) == 2
    assert set(one[0][:, 0].tolist()) < {3, 9, 18}
    assert data.windows_sha256(one) != data.windows_sha256(data.article_windows(stream, 6, 3))


def test_a_text_without_long_articles_is_refused(stream):
    with pytest.raises(UsageError, match="letters has 12 tokens"):
        data.article_windows(stream, 11, 1)


def test_story_windows_count_a_storys_own_tokens_and_no_others(stream):
    x, y = data.story_windows(stream, 6, 100)
    # r's and u's windows of 6 + 1 tokens: r's fits into the stream, u's does not.
    assert x[:, 0].tolist() == [1, 3, 7, 9, 18]
    counted = [[t for t in row if t != IGNORED] for row in y.tolist()]
    assert counted == [
        [2, 2],
        [4, 4, 4, 5, 5, 6],
        [8],
        [10, 11, 12, 13, 14, 15],
        [19, 19, 19, 19, 19, 20],
    ]
    assert data.story_windows(stream, 6, 2)[0].tolist() == x[:2].tolist()


# -------------------------------------------------------------------------------------- records


def test_bins_of_all_windows_average_to_the_curve_by_position():
    width, length = 4, 4 * config.BINS
    losses = TokenLosses(np.random.default_rng(0).gamma(2, 2, (50, length)).astype(np.float32))
    bins = pd.DataFrame(run.window_rows(losses, width)).groupby("position")["value"].mean()
    curve = pd.DataFrame(run.position_rows(losses, FOREIGN))
    curve = curve[curve["metric"] == "loss_by_position"].set_index("position")["value"]
    naive = [np.mean([float(row[p]) for row in losses.values]) for p in range(length)]
    np.testing.assert_allclose(curve, naive, rtol=1e-12)
    np.testing.assert_allclose(bins, curve.to_numpy().reshape(-1, width).mean(1), rtol=1e-6)
    assert bins.index.tolist() == list(range(0, length, width))


def test_positions_that_no_window_reaches_are_not_recorded():
    values = np.array([[1.0, 2.0, np.nan, np.nan], [3.0, np.nan, np.nan, np.nan]], np.float32)
    rows = run.position_rows(TokenLosses(values), OWN)
    found = {(row["metric"], row["position"]): row["value"] for row in rows}
    assert found == {
        ("loss_by_position", 0): 2.0,
        ("windows_by_position", 0): 2.0,
        ("loss_by_position", 1): 2.0,
        ("windows_by_position", 1): 1.0,
    }


@pytest.mark.parametrize("name", config.PROFILES)
def test_the_models_are_exactly_those_of_the_experiment_that_trains_them(name):
    profile = config.PROFILES[name]
    trained = babistories_lm.arms(LANGUAGE_MODELS[name])
    assert set(profile.seeds) <= set(profile.models.seeds)
    for unit in config.units(profile):
        arm = unit.arm.split("_on_")[0]
        if arm in trained:
            assert unit.config.model == trained[arm].model
        else:  # what profile smoke tries here only
            model = trained[arm.removesuffix("_longer")].model
            assert unit.config.model == babistories_lm.trained_longer(model, 4)
        assert unit.config.model.shape.context_length % config.BINS == 0


def test_profiles_pair_both_families_on_both_texts_at_the_depth_of_the_paper_or_the_greatest():
    for name, profile in config.PROFILES.items():
        assert profile.depth == (12 if name in ("gpu", "paper") else max(profile.models.depths))
        lengths = 2 if name in ("smoke", "cpu") else 1
        assert len(config.units(profile)) == lengths * 2 * len(FAMILIES) * len(profile.seeds)
        real = profile.foreign[STORIES].corpus
        assert real == ("encyclopedia_world" if name == "smoke" else "simplewiki")
        assert name == "smoke" or profile.windows >= config.LEAST_WINDOWS


# ------------------------------------------------------------------------ readings and the claim

WIDTH = 32  # profile cpu: windows of 256
FEW = 200  # windows that are asked for here, so that the tests are fast
BASE = np.array([6.0, 5.4, 5.2, 5.15, 5.1, 5.08, 5.06, 5.04])  # nats, by bin
FLAT = np.array([6.0, 5.4, 5.2, 5.2, 5.2, 5.2, 5.2, 5.19])


def results_of(mosaic, transformer, windows=FEW, seeds=(0, 1, 2), texts=(STORIES,), hashes=None):
    """Results of profile cpu with given losses by bin, other noise for every window.

    Models that were trained for longer have the losses of the other family.
    """
    profile = config.PROFILES["cpu"]
    rng = np.random.default_rng(0)
    hard = rng.normal(0, 1, (windows, 1))  # how hard a window is, for all models alike
    recorded = []
    for unit in config.units(profile):
        if unit.seed not in seeds or not unit.arm.startswith(texts):
            continue
        means = mosaic if (MOSAIC in unit.arm) != ("longer" in unit.arm) else transformer
        losses = means + hard + rng.normal(0, 0.1, (windows, config.BINS))
        tokens = TokenLosses(np.repeat(losses, WIDTH, axis=1).astype(np.float32))
        rows = run.window_rows(tokens, WIDTH) + run.position_rows(tokens, FOREIGN)
        rows += run.position_rows(TokenLosses(tokens.values[:40] - 3), OWN)
        sha256 = (hashes or {}).get(unit.id, "equal")
        read = {"sha256": sha256, "windows": windows, "eligible": windows}
        facts = {"evaluation_windows": {FOREIGN: read}, "vocab_size": 4096}
        record = {"arm": unit.arm, "seed": unit.seed, "facts": facts}
        recorded.append(Recorded(unit.id, record, run.long_table(rows, unit)))
    table = pd.concat([found.table for found in recorded], ignore_index=True)
    return study.Results(run.EXPERIMENT, profile, tuple(recorded), table)


@pytest.fixture
def few_are_enough(monkeypatch):
    monkeypatch.setattr(claims, "LEAST_WINDOWS", FEW)


def verdict(results):
    (claim,) = claims.CLAIMS
    return judge(claim, claim.test(results), results.profile.at_paper_scale)


@pytest.fixture(scope="module")
def holding():
    return results_of(BASE - 0.05, FLAT, texts=(STORIES, WORLD))


@pytest.mark.usefixtures("few_are_enough")
def test_the_claim_holds_where_it_is_true(holding):
    found = verdict(holding)
    assert found.status == REDUCED
    assert found.evidence.n == 3
    texts = [condition.text for condition in found.evidence.conditions]
    assert len(texts) == 6 + 2
    for start, text in zip(range(64, 256, 32), texts, strict=False):
        assert f"[{start},{start + 32})" in text
    assert "better in 6 of 6 bins" in found.evidence.ours
    assert f"{FEW} windows" in found.evidence.ours


@pytest.mark.usefixtures("few_are_enough")
def test_longer_training_is_told_and_not_judged(holding):
    found = verdict(holding)
    before, after = found.evidence.ours.split("; after 4 times the steps, ")
    assert "better in 6 of 6 bins, by +0.19" in before
    assert "better in 0 of 6 bins, by -0.19" in after
    assert len(found.evidence.conditions) == 6 + 2
    lines = list(tables.check_lines(holding))
    assert sum("not judged" in line for line in lines) == 3
    assert sum(line.startswith("  fails: ") for line in lines) == 2 * 8  # those trained for longer
    assert sum(line.startswith("  holds: ") for line in lines) == 8


@pytest.mark.usefixtures("few_are_enough")
@pytest.mark.parametrize(
    "mosaic, transformer, failing",
    [
        (FLAT, BASE - 0.05, 8),  # the families exchanged
        (BASE - 0.05, BASE, 1),  # both go on falling, by as much: not flat
        (np.where(np.arange(8) == 4, 5.4, BASE - 0.05), FLAT, 1),  # worse in one bin
    ],
)
def test_the_claim_fails_where_it_is_false(mosaic, transformer, failing):
    found = verdict(results_of(mosaic, transformer))
    assert found.status == (NOT_REPRODUCED if failing == 8 else PARTLY)
    assert sum(c.holds is False for c in found.evidence.conditions) == failing


@pytest.mark.usefixtures("few_are_enough")
def test_bins_before_position_64_do_not_count():
    worse = np.where(np.arange(8) < 2, BASE + 1, BASE - 0.05)
    assert verdict(results_of(worse, FLAT)).status == REDUCED


@pytest.mark.usefixtures("few_are_enough")
@pytest.mark.parametrize("options", [{"windows": FEW - 1}, {"seeds": (0, 1)}])
def test_too_few_windows_or_seeds_leave_the_claim_undecided(options):
    assert verdict(results_of(BASE - 0.05, FLAT, **options)).status == INCONCLUSIVE


def test_the_rule_asks_for_two_thousand_windows(holding):
    assert config.LEAST_WINDOWS == 2000
    assert "at least 2000" in claims.CLAIMS[0].rule
    conditions = verdict(holding).evidence.conditions
    assert all("asks for 2000 windows" in condition.measured for condition in conditions)


def test_gains_and_differences_are_those_put_in(holding):
    pairs = readings.paired(holding, STORIES)
    np.testing.assert_allclose(pairs.difference.mean(0), FLAT - BASE + 0.05, atol=0.02)
    assert pairs.gain(MOSAIC).mean() == pytest.approx(5.2 - 5.04, abs=0.03)
    assert pairs.gain(TRANSFORMER).mean() == pytest.approx(0.01, abs=0.03)
    # Being paired, differences do not carry how hard a window is.
    assert pairs.difference.std(axis=0).max() < 0.2
    assert pairs.length == 256
    assert pairs.label(2) == "[64,96)"


def test_windows_are_paired_with_themselves(holding):
    """A window's row is its own in every model: put in the order of windows, not of the table."""
    shuffled = holding.table.sample(frac=1.0, random_state=0)
    other = study.Results(run.EXPERIMENT, holding.profile, holding.recorded, shuffled)
    one, two = (readings.paired(results, STORIES) for results in (holding, other))
    np.testing.assert_array_equal(one.difference, two.difference)


def test_the_middle_and_the_end_of_a_window_of_512_are_the_papers():
    starts = np.arange(0, 512, 64)
    losses = np.zeros((1, 1, 8))
    losses[..., 2], losses[..., 7] = 3.0, 1.0
    pairs = readings.Paired(starts, losses, 2 * losses)
    assert (pairs.label(2), pairs.label(-1)) == ("[128,192)", "[448,512)")
    assert (pairs.gain(MOSAIC).item(), pairs.gain(TRANSFORMER).item()) == (2.0, 4.0)
    assert pairs.label(pairs.judged_bins()[0]) == "[64,128)"
    assert len(pairs.judged_bins()) == 7


def test_models_that_read_other_windows_are_not_paired():
    arm = config.arm_name(config.PROFILES["cpu"], STORIES, MOSAIC)
    results = results_of(
        BASE, FLAT, windows=20, texts=(STORIES, WORLD), hashes={f"{arm}-seed1": "other"}
    )
    with pytest.raises(UsageError, match="2 different sets of windows"):
        readings.paired(results, STORIES)
    readings.paired(results, WORLD)


def test_grouped_curves_are_means_of_neighbours(holding):
    read = (holding, STORIES, MOSAIC, FOREIGN)
    positions, fine = readings.loss_by_position(*read)
    centres, coarse = readings.loss_by_position(*read, group=8)
    assert fine.shape == (3, 256) and coarse.shape == (3, 32)
    np.testing.assert_allclose(coarse, fine.reshape(3, 32, 8).mean(2))
    np.testing.assert_allclose(centres, positions.reshape(32, 8).mean(1))


def test_positions_with_few_stories_are_not_drawn():
    profile = config.PROFILES["cpu"]
    values = np.full((100, 256), 2.0, np.float32)
    values[20:, 101:] = np.nan  # from position 101 on only 20 stories
    (unit, *_) = config.units(profile)
    rows = run.position_rows(TokenLosses(values), OWN)
    rows += run.window_rows(TokenLosses(np.zeros((1, 256))), WIDTH)
    table = run.long_table(rows, unit)
    results = study.Results(run.EXPERIMENT, profile, (), table)
    read = (results, STORIES, MOSAIC, OWN)
    assert readings.loss_by_position(*read)[0].tolist() == list(range(101))
    assert readings.loss_by_position(*read, group=8)[1].shape == (1, 12)


def test_the_figures_can_be_drawn_and_name_their_texts(holding):
    for spec in run.EXPERIMENT.figures():
        drawn = plotting.render(spec, holding)["svg"].decode()
        for named in ("Simple English Wikipedia", "generated encyclopedia", "stand-in"):
            assert named in drawn, (spec.name, named)


# ---------------------------------------------------------------------------------- end to end


@pytest.mark.slow
def test_profile_smoke_runs_from_training_to_figures(tmp_path, monkeypatch):
    monkeypatch.delenv("MEMSTUDY_CORPORA", raising=False)
    where = runner.places(config.PROFILES["smoke"], tmp_path / "out")
    report = runner.run(
        run.EXPERIMENT, "smoke", runner.Options(threads=1), where, echo=lambda line: None
    )
    assert report.complete and not report.failed
    units = experiment.select_units(run.EXPERIMENT, "smoke")
    recorded = where.store.load(run.EXPERIMENT, "smoke", units)
    table = pd.concat([found.table for found in recorded], ignore_index=True)
    results = study.Results(run.EXPERIMENT, config.PROFILES["smoke"], tuple(recorded), table)
    assert verdict(results).status == INCONCLUSIVE
    for text in results.profile.foreign:
        pairs = readings.paired(results, text)
        assert (pairs.seeds, pairs.windows, pairs.length) == (2, 8, 64)
        _, curves = readings.loss_by_position(results, text, MOSAIC, FOREIGN, group=pairs.width)
        np.testing.assert_allclose(pairs.mosaic.mean(axis=1), curves, rtol=1e-5)
    assert {row["corpus"] for row in readings.texts(results)} == {
        "story_world",
        "encyclopedia_world",
    }
    assert len([line for line in tables.check_lines(results) if "long articles" in line]) == 4
    for spec in run.EXPERIMENT.figures():
        assert plotting.render(spec, results)["png"]
