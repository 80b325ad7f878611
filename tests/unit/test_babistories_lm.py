"""Arms, parity, readings, claims and figures of the language models, on made-up results."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
import torch

from memstudy.core.claims import INCONCLUSIVE, NOT_REPRODUCED, PARTLY, REDUCED, judge
from memstudy.core.store import Recorded
from memstudy.experiments.babistories_lm import (
    claims,
    controls,
    figures,
    longer_training,
    readings,
    tables,
)
from memstudy.experiments.babistories_lm.config import (
    ABLATIONS,
    COPIED,
    FAN_IN,
    FAN_IN_ONLY,
    LONGER,
    NAME,
    STORIES,
    WORLD,
    LanguageModelUnit,
    Tuned,
    arm_name,
    arms,
    search_units,
    units,
    with_tuned,
)
from memstudy.experiments.babistories_lm.profiles import PROFILES
from memstudy.experiments.babistories_lm.prompts import KINDS as PROMPT_KINDS
from memstudy.experiments.babistories_lm.prompts import PROMPTS
from memstudy.experiments.babistories_lm.run import EXPERIMENT
from memstudy.language_models.config import FAMILIES, MOSAIC, TRANSFORMER, with_convention
from memstudy.language_models.trained import build
from memstudy.plotting import render, styled
from memstudy.records import long_table
from memstudy.study import Results, markdown_table

KINDS = ("holder", "where", "kind", "said")
OWN_CLAIMS = tuple(claim for claim in claims.CLAIMS if claim.id != "MM-8")  # it has its own tests
OWN_FIGURES = [spec for spec in figures.FIGURES if not spec.name.endswith("_induction")]
every_profile = pytest.mark.parametrize("name", list(PROFILES))


class World:
    """What the made-up models do; the defaults are a world in which every rule holds."""

    def __init__(self, profile="cpu", **changes):
        self.profile = PROFILES[profile]
        self.gap = {1: 0.1}  # depth -> GPT2's best loss minus the mosaic's
        self.wobble = 0.001  # how far the gaps of the seeds lie apart
        self.right = {MOSAIC: 0.6, TRANSFORMER: 0.6}  # share of questions answered rightly
        self.hits = {MOSAIC: 0.3, TRANSFORMER: 0.3}  # share of continuations with a key word
        self.gap_of_text = {}  # text -> gap, at every depth
        self.__dict__.update(changes)

    def results(self) -> Results:
        """Recorded runs of this world, made by hand."""
        recorded = []
        for unit in units(self.profile):
            if not isinstance(unit.config, LanguageModelUnit):
                continue
            rows, facts = self.measured(unit)
            run = {"arm": unit.arm, "seed": unit.seed, "unit": unit.id, "facts": facts}
            recorded.append(Recorded(unit.id, run, long_table(rows, unit)))
        table = pd.concat([found.table for found in recorded], ignore_index=True)
        experiment = replace(EXPERIMENT, claims=OWN_CLAIMS)
        return Results(experiment, self.profile, tuple(recorded), table)

    def measured(self, unit):
        shape, recipe = unit.config.model.shape, unit.config.model.recipe
        label = next(
            (text for text in self.profile.texts if unit.arm.startswith(f"{text}_")),
            self.profile.search_on,
        )
        gap = self.gap_of_text.get(label, self.gap.get(shape.n_blocks, 0.0))
        gap += self.wobble * (unit.seed % 3 - 1)
        best = 3.0 - 0.2 * np.log2(shape.n_blocks)
        best += gap if shape.family == TRANSFORMER else 0.0
        if unit.arm.startswith("search_"):
            best += 0.01 * abs(np.log(recipe.learning_rate / 3e-3)) + shape.dropout
        best -= 0.05 if COPIED in unit.arm else 0.0
        best += 0.05 * (not shape.leaky) + 0.02 * (not shape.look_ahead)
        steps = np.linspace(0, recipe.steps, 8).round().astype(int)
        rows = [
            {"metric": "loss", "split": split, "step": step, "value": best + rise + 5 * 0.3**place}
            for split, rise in (("train", -0.05), ("validation", 0.0))
            for place, step in enumerate(sorted(set(steps)))
        ]
        best_row = {"metric": "best_loss", "split": "validation", "step": recipe.steps}
        rows.append({**best_row, "value": best})
        facts = {
            "parameters": 1000 * shape.n_blocks,
            "data": {split: self.text_facts(split) for split in ("train", "validation")},
        }
        if unit.config.prompts is not None:
            rows += self.hit_rows(shape.family, unit.config.prompts.samples)
            facts["continuations"] = [f"to *bed* | {p.number}\nand slept" for p in PROMPTS]
        if unit.config.consistency is not None:
            rows += self.answer_rows(shape.family, unit.config.consistency.questions)
            facts["cloze_chance"] = 0.25
        return rows, facts

    @staticmethod
    def text_facts(split):
        documents = {"train": 2000, "validation": 100}[split]
        return {
            "corpus": "made_up",
            "documents": documents,
            "tokens": 216 * documents,
            "characters": 864 * documents,
            "tokenizer": "bpe-4096@made_up",
        }

    def hit_rows(self, family, samples):
        generator = np.random.default_rng(FAMILIES.index(family))
        rows = []
        for prompt in PROMPTS:
            hit = (generator.random(samples + 1) < self.hits[family]).astype(float)
            part = f"prompt {prompt.number:02}"
            common = {"metric": "key_word_hit", "part": part}
            rows.append({**common, "split": "greedy", "value": hit[-1]})
            rows += [
                {**common, "split": "sampled", "position": sample, "value": hit[sample]}
                for sample in range(samples)
            ]
        return rows

    def answer_rows(self, family, questions):
        right = np.arange(questions) < round(self.right[family] * questions)
        return [
            {
                "metric": "cloze_correct",
                "split": "test",
                "part": KINDS[index % len(KINDS)],
                "position": index,
                "value": float(value),
            }
            for index, value in enumerate(right)
        ]


@cache
def made_up(profile: str) -> Results:
    """Results of the default world, made once."""
    return World(profile).results()


@pytest.fixture(scope="module")
def results():
    return made_up("cpu")


def model_arms(profile):
    """Arms that train a language model on a text."""
    return {arm: u for arm, u in arms(profile).items() if isinstance(u, LanguageModelUnit)}


def verdict(results, claim_id):
    (claim,) = [claim for claim in claims.CLAIMS if claim.id == claim_id]
    return judge(claim, claim.test(results), results.profile.at_paper_scale)


# --- configuration ------------------------------------------------------------------------------


@every_profile
def test_every_text_family_and_depth_is_an_arm_and_the_ablations_have_one_block(name):
    profile = PROFILES[name]
    expected = {
        arm_name(text, family, depth)
        for text in profile.texts
        for family in FAMILIES
        for depth in profile.depths
    } | {arm_name(profile.ablated_on, MOSAIC, 1, what) for what in ABLATIONS}
    if profile.tuned:
        expected |= {
            arm_name(profile.search_on, MOSAIC, depth, COPIED) for depth in profile.copied_at
        }
        expected |= {
            arm_name(profile.ablated_on, TRANSFORMER, depth, FAN_IN) for depth in profile.depths[:2]
        }
        expected |= {
            arm_name(profile.ablated_on, TRANSFORMER, depth, FAN_IN_ONLY)
            for depth in profile.depths
        }
    expected |= {f"{arm}_{LONGER}" for arm in profile.trained_longer}
    assert set(model_arms(profile)) == expected
    assert 1 in profile.depths


@every_profile
def test_families_differ_in_the_family_and_in_what_the_search_chose(name):
    profile = PROFILES[name]
    same = tuple(Tuned(1e-3, 0.0, 0.1) for _ in FAMILIES)
    for settings in (profile.tuned, dict(zip(FAMILIES, same, strict=True))):
        found = model_arms(replace(profile, tuned=settings))
        for text in profile.texts:
            for depth in profile.depths:
                mosaic, transformer = (found[arm_name(text, f, depth)].model for f in FAMILIES)
                mosaic = replace(mosaic, shape=replace(mosaic.shape, family=TRANSFORMER))
                if settings is profile.tuned and settings:
                    mosaic = with_tuned(mosaic, settings[TRANSFORMER])
                assert mosaic == transformer


def test_the_control_differs_from_the_mosaic_in_the_family_and_is_no_gpt2_of_its_own():
    profile = PROFILES["cpu"]
    found = model_arms(profile)
    for depth in profile.depths[:2]:
        control = found[arm_name(profile.ablated_on, TRANSFORMER, depth, FAN_IN)].model
        mosaic = found[arm_name(profile.ablated_on, MOSAIC, depth)].model
        assert control.recipe == mosaic.recipe and control.text == mosaic.text
        assert control.shape.init == "fan_in" and control.shape.family == TRANSFORMER
        assert control.shape.dropout == mosaic.shape.dropout
        assert control.shape.n_blocks == depth


def test_a_transformer_with_the_mosaics_weights_alone_differs_in_nothing_else():
    profile = PROFILES["cpu"]
    found = model_arms(profile)
    for depth in profile.depths:
        own = found[arm_name(profile.ablated_on, TRANSFORMER, depth)].model
        other = found[arm_name(profile.ablated_on, TRANSFORMER, depth, FAN_IN_ONLY)].model
        assert other == replace(own, shape=with_convention(own.shape, "fan_in"))


def test_longer_training_stretches_the_schedule_and_nothing_else():
    profile = PROFILES["cpu"]
    found = model_arms(profile)
    assert profile.trained_longer
    for arm in profile.trained_longer:
        own, longer = found[arm], found[f"{arm}_{LONGER}"]
        short = {
            name: getattr(own.model.recipe, name)
            for name in ("steps", "warmup_steps", "evaluate_every")
        }
        for name, value in short.items():
            assert getattr(longer.model.recipe, name) == 4 * value
        recipe = replace(longer.model.recipe, **short)
        assert replace(longer, model=replace(longer.model, recipe=recipe)) == own


def test_the_copied_recipe_is_the_transformers():
    profile = PROFILES["cpu"]
    found = model_arms(profile)
    for depth in (1, 4):
        copied = found[arm_name(profile.search_on, MOSAIC, depth, COPIED)].model
        transformer = found[arm_name(profile.search_on, TRANSFORMER, depth)].model
        assert copied == replace(transformer, shape=replace(transformer.shape, family=MOSAIC))
        assert copied != found[arm_name(profile.search_on, MOSAIC, depth)].model


def test_an_ablation_differs_from_the_whole_mosaic_in_one_field():
    profile = PROFILES["cpu"]
    found = model_arms(profile)
    whole = found[arm_name(WORLD, MOSAIC, 1)].model
    for what, change in ABLATIONS.items():
        ablated = found[arm_name(WORLD, MOSAIC, 1, what)].model
        assert ablated != whole
        assert ablated == replace(whole, shape=replace(whole.shape, **change))


@every_profile
def test_questions_are_asked_on_the_world_and_prompts_on_the_other_text(name):
    profile = PROFILES[name]
    for arm, unit in model_arms(profile).items():
        assert (unit.consistency is not None) == arm.startswith(f"{WORLD}_")
        assert (unit.prompts is not None) == arm.startswith(f"{STORIES}_")


def test_the_search_tries_every_combination_for_both_families_on_a_seed_of_its_own():
    profile = PROFILES["cpu"]
    grid = profile.search
    tried = {
        family: {
            (u.config.model.recipe.learning_rate, s.dropout, u.config.model.recipe.weight_decay)
            for u in search_units(profile)
            if (s := u.config.model.shape).family == family
        }
        for family in FAMILIES
    }
    assert tried[MOSAIC] == tried[TRANSFORMER]
    rectangle = len(grid.learning_rates) * len(grid.dropouts) * len(grid.weight_decays)
    assert len(tried[MOSAIC]) == rectangle + len(grid.further_rates)
    assert {unit.seed for unit in search_units(profile)} == {grid.seed}
    assert grid.seed not in profile.seeds
    assert all(u.config.model.recipe.steps == grid.steps for u in search_units(profile))


def test_every_unit_is_distinct():
    for profile in PROFILES.values():
        found = units(profile)
        assert len({unit.hash for unit in found}) == len({unit.id for unit in found}) == len(found)


def test_the_stated_cost_counts_the_language_models():
    paper = PROFILES["paper"]
    trained = [unit for unit in units(paper) if not unit.arm.startswith("induction_")]
    assert f" {len(trained)} trainings" in paper.cost.text


@every_profile
def test_parameters_are_equal_block_by_block_up_to_seven_scalars_a_head(name):
    """12 d² weights and two norms a block (section A.7); MM-A1's network has as many weights."""
    shape = PROFILES[name].shape
    d, heads = shape.d_model, shape.n_heads
    common = {"n_blocks": 1}
    variants = {
        12 * d * d + 2 * d: replace(shape, family=TRANSFORMER, **common),
        12 * d * d + 2 * d + 7 * heads: replace(shape, family=MOSAIC, **common),
        12 * d * d + 2 * d + 4 * heads: replace(shape, family=MOSAIC, **common, **ABLATIONS["mlp"]),
    }
    for expected, variant in variants.items():
        one, three = (
            parameters(replace(variant, n_blocks=blocks), vocab_size=64) for blocks in (1, 3)
        )
        assert (three - one) / 2 == expected, variant


def parameters(shape, vocab_size):
    with torch.device("meta"):  # shapes without storage
        model = build(shape, vocab_size, None)
    return sum(parameter.numel() for parameter in model.parameters())


# --- readings -----------------------------------------------------------------------------------


def test_differences_are_transformer_minus_mosaic_of_the_same_seed(results):
    found = readings.loss_differences(results, WORLD, 1)
    assert found == pytest.approx([0.099, 0.1, 0.101])


def test_curves_are_over_tokens_and_by_seed(results):
    found = readings.curves(results, STORIES, MOSAIC, 2, "validation")
    recipe, shape = results.profile.recipe, results.profile.shape
    assert found.tokens[0] == 0
    assert found.tokens[-1] == recipe.steps * recipe.batch_size * shape.context_length
    assert found.values.shape == (3, 8)
    assert (np.diff(found.values) < 0).all()


def test_nats_a_character_divide_the_tokeniser_out(results):
    assert readings.nats_a_character(results, "stories_mosaic_1", 2.0) == pytest.approx(0.5)


def test_the_mean_over_samples_and_seeds_comes_before_the_bootstrap_over_prompts(results):
    shares = readings.key_word_shares(results, "stories_mosaic_1")
    table = results.select(metric="key_word_hit", model="stories_mosaic_1", split="sampled")
    expected = [table[table["part"] == f"prompt {n:02}"]["value"].mean() for n in range(1, 25)]
    assert shares == pytest.approx(expected)
    found = readings.paired(results, STORIES, 1)
    assert found.difference.n == len(PROMPTS)
    assert found.mosaic == pytest.approx(shares.mean())
    assert readings.paired(results, WORLD, 1).difference.n == 400


def test_kinds_share_out_questions_and_prompts(results):
    arm = "world_mosaic_1"
    whole = readings.consistency(results, arm)
    by_kind = [readings.consistency(results, arm, kind) for kind in KINDS]
    assert whole == pytest.approx([0.6] * 3)
    assert whole == pytest.approx(np.mean(by_kind, axis=0))
    counts = [sum(p.kind == kind for p in PROMPTS) for kind in PROMPT_KINDS]
    assert sum(counts) == len(PROMPTS)
    hits = [readings.key_word_hits(results, "stories_mosaic_1", k) for k in PROMPT_KINDS]
    mean = np.average(hits, axis=0, weights=counts)
    assert mean == pytest.approx(readings.key_word_hits(results, "stories_mosaic_1"))


def test_ablations_are_ablated_minus_full(results):
    found = {one.name: one for one in readings.ablations(results)}
    assert found["no_leak"].loss == pytest.approx([0.05] * 3)
    assert found["no_look_ahead"].loss == pytest.approx([0.02] * 3)
    assert found["mlp"].consistency == pytest.approx([0.0] * 3)
    assert set(readings.ABLATION_IDS) == set(readings.ABLATION_NAMES) == set(ABLATIONS)


def test_the_search_is_sorted_and_its_winner_compared_with_the_recipe(results):
    runs = readings.searched(results, TRANSFORMER)
    assert [run.loss for run in runs] == sorted(run.loss for run in runs)
    assert (runs[0].learning_rate, runs[0].dropout) == (3e-3, 0.0)
    rates = readings.rates_searched(results)
    edges = {run.learning_rate: readings.on_the_edge(results, run) for run in runs}
    assert edges == {rate: rate in (rates[0], rates[-1]) for rate in rates}
    best = Tuned(runs[0].learning_rate, runs[0].dropout, runs[0].weight_decay)
    for setting, used in ((best, True), (replace(best, weight_decay=1.0), False)):
        profile = replace(results.profile, tuned={TRANSFORMER: setting, MOSAIC: setting})
        assert readings.winner_is_used(replace(results, profile=profile), TRANSFORMER) is used


def test_a_mosaic_with_the_transformers_recipe_stands_beside_its_own(results):
    assert readings.copied_on(results, STORIES) == (1, 4)
    assert readings.copied_on(results, WORLD) == ()
    assert readings.copied_on(made_up("paper"), STORIES) == ()
    own, copied = (
        readings.loss_differences(results, STORIES, 1, *what) for what in ((), (COPIED,))
    )
    assert copied == pytest.approx(own + 0.05)
    assert "+0.150" in verdict(results, "MM-6").evidence.ours


def test_the_control_has_a_row_and_a_line_at_each_of_its_depths(results):
    depths = readings.fan_in_only_depths(results)
    assert depths and readings.fan_in_only_depths(made_up("paper")) == ()
    assert readings.fan_in_depths(made_up("paper")) == ()
    rows = controls.conventions(results).rows
    assert [row[0] for row in rows] == [str(n) for n in depths]
    lines = [line for line in controls.check_lines(results) if "mosaic's weights" in line]
    assert len(lines) == len(depths) + len(readings.fan_in_depths(results))
    assert sum("not tried" in row for row in rows) == len(depths) - len(
        readings.fan_in_depths(results)
    )


def test_longer_training_stands_beside_the_shorter_of_the_same_arms(results):
    found = longer_training.comparisons(results)
    before, after = found[::2], found[1::2]
    assert {arm for pair in before for arm in (pair.mosaic, pair.transformer)} == set(
        results.profile.trained_longer
    )
    for one, other in zip(before, after, strict=True):
        assert other.tokens == 4 * one.tokens == 4 * readings.tokens_seen(results)
        assert (other.text, other.depth, other.copied) == (one.text, one.depth, one.copied)
        assert other.mosaic == f"{one.mosaic}_{LONGER}"
    assert sum(pair.copied for pair in found) == 2
    assert longer_training.comparisons(made_up("paper")) == []


def test_the_table_of_longer_training_has_the_differences_of_its_arms(results):
    pairs = longer_training.comparisons(results)
    for pair, row in zip(pairs, longer_training.table(results).rows, strict=True):
        mosaic, transformer = (
            longer_training.losses(results, arm) for arm in (pair.mosaic, pair.transformer)
        )
        gap = World().gap.get(pair.depth, 0.0) + 0.05 * pair.copied
        assert (transformer - mosaic).mean() == pytest.approx(gap)
        assert row[5].startswith(f"{gap:+.3f}")
    lines = longer_training.check_lines(results)
    assert len(lines) == len(pairs) and all("tokens: loss mosaic" in line for line in lines)


def test_what_stands_in_for_babistories_says_so(results):
    assert "stand-in" in readings.text_name(results, STORIES)
    assert "stand-in" not in readings.text_name(made_up("paper"), STORIES)
    assert readings.text_name(results, WORLD) == "generated story world"


# --- claims -------------------------------------------------------------------------------------


@pytest.mark.parametrize("claim", ["MM-6", "MM-7", "MM-9"])
def test_a_world_like_the_papers_reproduces_at_reduced_scale(results, claim):
    assert verdict(results, claim).status == REDUCED


def test_one_seed_with_the_other_sign_spoils_mm_6():
    assert verdict(World(wobble=0.15).results(), "MM-6").status == NOT_REPRODUCED
    assert verdict(World(gap={1: -0.1}).results(), "MM-6").status == NOT_REPRODUCED


def test_both_texts_have_to_agree():
    one = World(gap_of_text={WORLD: -0.2})
    assert verdict(one.results(), "MM-6").status == PARTLY
    assert verdict(one.results(), "MM-7").status == PARTLY


@pytest.mark.parametrize(
    "gap, wobble, holds",
    [(0.0, 0.001, True), (0.04, 0.05, None), (0.08, 0.001, False), (-0.08, 0.001, False)],
)
def test_mm_7_asks_for_the_whole_interval(gap, wobble, holds):
    found = verdict(World(gap={4: gap}, wobble=wobble).results(), "MM-7")
    assert {condition.holds for condition in found.evidence.conditions} == {holds}


def test_mm_7_is_read_at_the_greatest_depth():
    found = verdict(World("gpu", gap={12: 0.2}).results(), "MM-7")
    assert found.status == NOT_REPRODUCED
    assert found.evidence.ours.startswith("12 blocks")


def test_unequal_answers_fail_and_so_do_unequal_continuations():
    answers = verdict(World(right={MOSAIC: 0.8, TRANSFORMER: 0.5}).results(), "MM-9")
    assert answers.status == PARTLY and "consistency" in answers.reason
    words = verdict(World(hits={MOSAIC: 0.8, TRANSFORMER: 0.1}).results(), "MM-9")
    assert words.status == PARTLY and "key words" in words.reason


def test_models_that_learned_nothing_are_not_called_equally_good():
    guessing = World(right={MOSAIC: 0.25, TRANSFORMER: 0.25}, hits={MOSAIC: 0, TRANSFORMER: 0})
    assert verdict(guessing.results(), "MM-9").status == INCONCLUSIVE


def test_two_seeds_are_too_few():
    smoke = made_up("smoke")
    assert {found.status for found in smoke.verdicts()} == {INCONCLUSIVE}


def test_the_width_of_the_interval_is_told(results):
    conditions = verdict(results, "MM-9").evidence.conditions
    assert all("wide" in condition.measured for condition in conditions)
    assert len(conditions) == 4  # two depths, two measures


# --- tables and figures -------------------------------------------------------------------------


@every_profile
def test_every_table_and_line_can_be_made(name):
    found = made_up(name)
    for table in (
        tables.corpora(found),
        tables.depths(found),
        tables.paper_losses(),
        tables.ablations(found),
        tables.search(found),
        *(tables.continuations(found, depth) for depth in readings.shown_depths(found)),
    ):
        assert {len(row) for row in table.rows} <= {len(table.head)}
        assert markdown_table(*table).count("\n") == len(table.rows) + 2
    lines = tables.check_lines(found)
    assert all("\n" not in line for line in lines)
    assert len(set(lines)) == len(lines)


def test_the_lines_say_what_the_tables_say(results):
    lines = "\n".join(tables.check_lines(results))
    assert "text: short stories (stand-in for BabiStories), train | 2,000 | 432,000" in lines
    assert "MM-A4 | world, 2 blocks: transformer - mosaic +0.000 [-0.001, +0.001] (n = 3)" in lines
    assert "MM-A2 | no_leak, ablated - full: loss +0.050 [+0.050, +0.050] (n = 3)" in lines
    assert "search, transformer: best of 14: 0.003, 0, 0.01" in lines
    assert "MM-A4 | world, 1 " not in lines


def test_depths_that_the_paper_leaves_out_are_marked():
    found = tables.depths(made_up("gpu"))
    assert [row[1] for row in found.rows if row[0] == found.rows[0][0]][:5] == [
        "1",
        "2 (MM-A4)",
        "4 (MM-A4)",
        "8",
        "12",
    ]


def test_a_continuation_cannot_break_its_table(results):
    markdown = markdown_table(*tables.continuations(results, 1))
    cells = markdown.splitlines()[2]
    assert cells.replace("\\|", "").count("|") == 5
    assert "to &#42;bed&#42; \\| 1 and slept" in cells


@pytest.mark.parametrize("spec", OWN_FIGURES, ids=lambda spec: spec.name)
def test_every_figure_can_be_drawn(spec):
    files = render(spec, made_up("smoke"))
    assert files["png"].startswith(b"\x89PNG")
    with styled():
        assert spec.draw(made_up("cpu")).axes
    assert spec.name.startswith("02_babistories_lm_")
    assert len(spec.alt) > 40


def test_the_papers_points_stand_only_where_they_are_comparable(results):
    paper = made_up("paper")
    assert figures.comparable(paper, STORIES)
    assert not figures.comparable(paper, WORLD)
    assert not figures.comparable(results, STORIES)


def test_claims_point_to_figures_and_the_study_is_named():
    names = {spec.name for spec in figures.FIGURES}
    assert {claim.figure for claim in OWN_CLAIMS} <= names
    assert {"MM-6", "MM-7", "MM-9"} <= {claim.id for claim in claims.CLAIMS}
    assert NAME == "babistories_lm"
