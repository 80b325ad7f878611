"""The induction task: what may be known of it, who can solve it, and what a run records."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from memstudy.batching import IGNORED
from memstudy.core import seeds
from memstudy.core.claims import judge
from memstudy.core.context import Context
from memstudy.core.device import select
from memstudy.core.errors import StopRequested
from memstudy.core.experiment import Unit
from memstudy.core.store import Recorded
from memstudy.experiments.babistories_lm import induction, induction_training
from memstudy.experiments.babistories_lm.induction import ARMS, LATER, SECOND, InductionConfig
from memstudy.experiments.babistories_lm.induction_claim import INDUCTION_CLAIM
from memstudy.experiments.babistories_lm.induction_figure import INDUCTION_FIGURE
from memstudy.experiments.babistories_lm.run import EXPERIMENT
from memstudy.nn.language_model import LanguageModel
from memstudy.plotting import render, styled
from memstudy.records import long_table
from memstudy.study import Results

CONFIG = InductionConfig(family="mosaic", n_blocks=1)
SMALL = replace(
    CONFIG,
    d_model=8,
    vocabulary=16,
    bigrams=4,
    length=24,
    batch_size=4,
    steps=4,
    warmup_steps=1,
    evaluate_every=2,
    evaluation_sequences=16,
)


def drawn(count: int = 200, config: InductionConfig = CONFIG) -> induction.Sequences:
    return induction.draw_sequences(config, count, seeds.numpy_generator(3, "test"))


def unit(arm: str, seed: int = 0) -> Unit:
    family, n_blocks = ARMS[arm]
    return Unit("babistories_lm", arm, seed, replace(SMALL, family=family, n_blocks=n_blocks))


def context(folder: Path, **options: object) -> Context:
    return Context(select("cpu", 1), folder / "checkpoint", **options)


def test_a_trigger_is_always_followed_by_its_output() -> None:
    sequences = drawn()
    for tokens, bigram in zip(sequences.tokens, sequences.bigram, strict=True):
        outputs: dict[int, set[int]] = {}
        triggers: dict[int, int] = {}
        for place in np.flatnonzero(bigram[:-1] >= 0):
            outputs.setdefault(tokens[place], set()).add(tokens[place + 1])
            assert triggers.setdefault(bigram[place], tokens[place]) == tokens[place]
        assert all(len(found) == 1 for found in outputs.values())
        found = [output for (output,) in outputs.values()]
        assert len({*outputs, *found}) == 2 * len(outputs), "triggers and outputs are all different"
        assert not set(tokens[bigram < 0]) & set(outputs), "a trigger stands nowhere else"


def test_occurrences_are_those_of_a_plain_count() -> None:
    sequences = drawn(20)
    for row, (tokens, bigram) in enumerate(zip(sequences.tokens, sequences.bigram, strict=True)):
        for place in range(CONFIG.length):
            seen = int((tokens[: place + 1] == tokens[place]).sum())
            assert sequences.occurrence[row, place] == (seen if bigram[place] >= 0 else 0)


def test_bigrams_and_symbols_are_fresh_in_every_sequence() -> None:
    sequences = drawn(2000)
    triggers = sequences.tokens[sequences.bigram >= 0]
    outputs = sequences.targets[sequences.occurrence > 0]
    for symbols in (triggers, outputs, sequences.tokens[:, 0]):
        counts = np.bincount(symbols, minlength=CONFIG.vocabulary)
        assert np.abs(counts / counts.mean() - 1).max() < 0.5
    pairs = {*zip(sequences.tokens[:, :-1][sequences.occurrence > 0], outputs, strict=True)}
    assert len(pairs) == CONFIG.vocabulary * (CONFIG.vocabulary - 1), "every pair occurs somewhere"


def test_looking_up_the_earlier_occurrence_is_always_right() -> None:
    sequences = drawn()
    found = induction.look_up(sequences.tokens)[:, :-1]
    assert (found == sequences.targets)[sequences.occurrence >= 2].all()
    first = sequences.occurrence == 1
    assert (found[first] == -1).all(), "a first occurrence leaves nothing to look up"


def test_without_the_pairing_nobody_comes_near_one_half() -> None:
    """Knowing the outputs, or outputs and counts: what one block could collect from a window."""
    sequences = induction.evaluation_set(CONFIG)
    second = sequences.occurrence == 2
    assert second.sum() > 3000
    assert 1 / CONFIG.bigrams < 0.2
    assert induction.counting(sequences)[second].mean() < 0.4


def test_the_counting_guesser_is_the_best_without_pairing() -> None:
    """Its probability is what a simulated guess among its candidates scores."""
    sequences = drawn(3000)
    generator = np.random.default_rng(0)
    chance = induction.counting(sequences)
    hits = []
    for row, place in np.argwhere(sequences.occurrence == 2):
        seen = sequences.earlier[row, place]
        hits.append(generator.choice(np.flatnonzero(seen == 1)) == sequences.bigram[row, place])
    assert np.mean(hits) == pytest.approx(chance[sequences.occurrence == 2].mean(), abs=0.015)
    assert np.isnan(chance[sequences.occurrence < 2]).all()


def test_frequency_alone_is_no_help() -> None:
    """Guessing the symbol that is most frequent so far stays far below one half."""
    sequences = drawn(300)
    hits = []
    for row, place in np.argwhere(sequences.occurrence == 2):
        counts = np.bincount(sequences.tokens[row, :place], minlength=CONFIG.vocabulary)
        hits.append(counts.argmax() == sequences.targets[row, place])
    assert np.mean(hits) < 0.15


def test_batches_are_a_pure_function_of_seed_and_step() -> None:
    first = induction.batches(CONFIG, 1)
    tokens, targets = first(5, 8)
    first(6, 8)
    for again in (first(5, 8), induction.batches(replace(CONFIG, family="transformer"), 1)(5, 8)):
        assert torch.equal(again[0], tokens) and torch.equal(again[1], targets)
    assert not torch.equal(first(6, 8)[0], tokens)
    assert not torch.equal(induction.batches(CONFIG, 2)(5, 8)[0], tokens)


def test_only_scored_positions_have_a_target() -> None:
    sequences = drawn(50)
    tokens, targets = (tensor.numpy() for tensor in induction.scored(sequences))
    assert tokens.shape == targets.shape == (50, CONFIG.length)
    assert np.array_equal(targets != IGNORED, sequences.occurrence >= 2)
    kept = targets != IGNORED
    assert np.array_equal(targets[kept], sequences.tokens[:, 1:][kept])


class Looker(LanguageModel):
    """Looks up; right at second occurrences alone if ``only_second``."""

    def __init__(self, only_second: bool = False) -> None:
        torch.nn.Module.__init__(self)
        self.only_second = only_second

    def hidden(self, tokens: torch.Tensor) -> torch.Tensor:
        found = torch.from_numpy(induction.look_up(tokens.numpy())).clamp(min=0)
        if self.only_second:
            seen = (tokens[:, None] == tokens[:, :, None]).tril().sum(-1)
            found = torch.where(seen == 2, found, tokens)
        return torch.nn.functional.one_hot(found, CONFIG.vocabulary).float() * 50

    def logits_from_hidden(self, hidden: torch.Tensor) -> torch.Tensor:
        return hidden


@pytest.mark.parametrize(("only_second", "later"), [(False, 1.0), (True, 0.0)])
def test_the_score_is_that_of_the_predictions(only_second: bool, later: float) -> None:
    rows = induction_training.tested(Looker(only_second), drawn(), select("cpu", 1))
    found = {row.get("part", row["metric"]): row["value"] for row in rows}
    assert found[SECOND] == 1.0
    assert found[LATER] == later
    assert (found["loss"] < 1e-6) == (not only_second)


def test_the_likeliest_symbol_is_not_a_matter_of_rounding() -> None:
    class Scaled(Looker):
        def logits_from_hidden(self, hidden: torch.Tensor) -> torch.Tensor:
            assert not torch.is_autocast_enabled("cpu") and hidden.dtype == torch.float32
            return hidden

    half = replace(select("cpu", 1), autocast="bfloat16")
    assert induction_training.tested(Scaled(), drawn(), half)[0]["value"] == 1.0


@pytest.mark.parametrize("arm", ARMS)
def test_a_run_of_every_arm(arm: str, tmp_path: Path) -> None:
    measured = induction_training.measure(unit(arm), context(tmp_path))
    table = measured.table
    accuracy = table[table.metric == "induction_accuracy"]
    assert set(accuracy.part) == {SECOND, LATER} and set(accuracy.split) == {"test"}
    assert list(accuracy[accuracy.part == SECOND].step) == [0, 2, 4]
    assert accuracy.value.between(0, 1).all()
    losses = table[table.metric == "loss"]
    assert list(losses[losses.split == "test"].step) == [0, 2, 4]
    assert list(losses[losses.split == "batch"].step) == [1, 2, 3, 4]
    assert (table.model == arm).all() and (table.seed == 0).all()
    assert measured.facts["sequences_seen"] == 16
    assert 0 < measured.facts["counting_accuracy"][SECOND] < 1


def test_an_interrupted_run_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    whole = induction_training.measure(
        unit("induction_transformer_1"), context(tmp_path / "whole")
    ).table
    broken = tmp_path / "broken"
    steps = iter([False, False, True])
    with pytest.raises(StopRequested):
        induction_training.measure(
            unit("induction_transformer_1"), context(broken, stop_wanted=lambda: next(steps))
        )
    again = induction_training.measure(unit("induction_transformer_1"), context(broken)).table
    assert whole.equals(again)


def test_models_of_one_seed_differ_in_nothing_but_family_and_blocks(tmp_path: Path) -> None:
    arms = [unit(arm).config for arm in ARMS]
    assert {(c.family, c.n_blocks) for c in arms} == set(ARMS.values())
    assert len({replace(c, family="mosaic", n_blocks=1) for c in arms}) == 1


def test_impossible_tasks_are_refused() -> None:
    with pytest.raises(ValueError, match="need 40 different symbols"):
        replace(CONFIG, bigrams=20)
    with pytest.raises(ValueError, match="bigram_share"):
        replace(CONFIG, bigram_share=0.0)
    with pytest.raises(ValueError, match="unknown family"):
        replace(CONFIG, family="recurrent")


def synthetic(final: dict[str, float], runs: int = 5, spread: float = 0.01) -> Results:
    """Recorded runs whose accuracies rise to given values."""
    tables, recorded = [], []
    steps = np.arange(0, 1001, 100)
    for arm, seed in itertools.product(ARMS, range(runs)):
        one = unit(arm, seed)
        for part in (SECOND, LATER):
            top = min(1.0, final[arm] + spread * (seed - (runs - 1) / 2))
            curve = top / (1 + np.exp(-(steps - 400 - 20 * seed) / 50))
            curve[-1] = top
            named = {"metric": "induction_accuracy", "split": "test", "part": part}
            rows = [
                named | {"step": int(step), "value": float(value)}
                for step, value in zip(steps, curve, strict=True)
            ]
            tables.append(long_table(rows, one))
        guess = {"counting_accuracy": {SECOND: 0.4, LATER: 0.58}}
        recorded.append(Recorded(one.id, {"arm": arm, "seed": seed, "facts": guess}, tables[-1]))
    profile = EXPERIMENT.profile("smoke")
    return Results(EXPERIMENT, profile, tuple(recorded), pd.concat(tables, ignore_index=True))


HOLDS = dict(zip(ARMS, (0.98, 0.1, 0.97), strict=True))


@pytest.mark.parametrize(
    ("changed", "runs", "status"),
    [
        ({}, 5, "reproduced at reduced scale"),
        ({}, 4, "inconclusive"),
        ({"induction_mosaic_1": 0.9}, 5, "partly"),
        ({"induction_transformer_1": 0.6}, 5, "partly"),
        ({"induction_transformer_2": 0.6}, 5, "partly"),
        ({"induction_transformer_2": 0.951}, 5, "inconclusive"),
        (dict(zip(ARMS, (0.1, 0.9, 0.1), strict=True)), 5, "not reproduced"),
    ],
)
def test_the_verdict_follows_the_rule(changed: dict[str, float], runs: int, status: str) -> None:
    evidence = INDUCTION_CLAIM.test(synthetic(HOLDS | changed, runs))
    assert evidence.n == runs
    assert judge(INDUCTION_CLAIM, evidence, at_paper_scale=False).status == status


def test_the_verdict_looks_at_the_last_step_and_the_second_occurrence() -> None:
    results = synthetic(HOLDS)
    table = results.table
    table.loc[table.part == LATER, "value"] = 0.5
    table.loc[table.step < 1000, "value"] = 0.5
    evidence = INDUCTION_CLAIM.test(results)
    assert all(condition.holds for condition in evidence.conditions)
    assert evidence.ours.startswith("mosaic(1) 0.98")


def test_the_figure_draws_every_arm() -> None:
    spec = INDUCTION_FIGURE
    assert spec.name == INDUCTION_CLAIM.figure
    with styled():
        figure = spec.draw(synthetic(HOLDS))
    labels = figure.axes[0].get_legend_handles_labels()[1]
    assert labels == [
        "mosaic, 1 block (5 runs)",
        "transformer, 1 block (5 runs)",
        "transformer, 2 blocks (5 runs)",
        "counts without pairing",
    ]
    assert render(spec, synthetic(HOLDS))["png"] == render(spec, synthetic(HOLDS))["png"]
