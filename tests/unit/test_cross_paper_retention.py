"""X-1: encoders of equal size and beginnings, equal texts, a frozen encoder, and a rule that asks
for more than the last tokens."""

from __future__ import annotations

import itertools
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from memstudy import stages
from memstudy.core.claims import judge
from memstudy.core.context import Context
from memstudy.core.device import Device
from memstudy.core.errors import StopRequested
from memstudy.core.experiment import Unit
from memstudy.experiments.cross_paper.retention import config, measuring, readings, tables
from memstudy.experiments.cross_paper.retention.claims import CLAIMS
from memstudy.experiments.cross_paper.retention.config import (
    AUTOENCODER,
    CPU,
    FAMILIES,
    GPU,
    LAST,
    MOSAIC,
    SMOKE,
    TRANSFORMER,
    UNTRAINED,
    SourceConfig,
)
from memstudy.experiments.cross_paper.retention.figures import FIGURES
from memstudy.experiments.cross_paper.retention.readings import CAUSAL
from memstudy.experiments.embedding_information.config import (
    NEXT_TOKEN,
    NOTHING,
    REGENERATION,
    TEXT,
    UNIGRAM,
    part_name,
)
from memstudy.language_models.trained import streams
from memstudy.nn.autoencoder import Autoencoder
from memstudy.nn.language_model import count_parameters
from memstudy.plotting import render
from memstudy.study import Results

SEEDS = (10, 11, 12)
V, RATE = 40, 1e-3
every_family = pytest.mark.parametrize("family", FAMILIES)


def source(family, objective, settings=SMOKE):
    return unit(family, objective, settings).source


def unit(family, objective, settings=SMOKE):
    return settings.unit(family, objective, RATE if objective == NEXT_TOKEN else None)


@pytest.fixture
def context(tmp_path, monkeypatch):
    monkeypatch.setattr(stages, "CACHE", tmp_path / "cache")
    return new_context(tmp_path)


def new_context(folder, **more):
    return Context(Device("cpu", "cpu", 1, "float32"), folder / "checkpoint", made_by="us", **more)


@pytest.fixture(scope="module")
def text():
    return streams(SMOKE.text)


def equal(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


# ----------------------------------------------------------------------------- arms and beginnings


@pytest.mark.parametrize("settings", [CPU, GPU], ids=["cpu", "gpu"])
def test_both_families_have_about_as_many_weights(settings):
    with torch.device("meta"):
        sizes = [
            count_parameters(measuring.untrained(source(family, NOTHING, settings), 1024, 0))
            for family in FAMILIES
        ]
    assert abs(sizes[0] / sizes[1] - 1) < 0.005


def test_arms_differ_in_encoder_and_rate_alone():
    arms = config.arms(CPU)
    assert {replace(found, source=None) for found in arms.values()} == {
        replace(unit(MOSAIC, NOTHING, CPU), source=None)
    }
    for kind in (UNTRAINED, AUTOENCODER):
        mosaic, transformer = (arms[config.other_arm(family, kind)].source for family in FAMILIES)
        assert mosaic.shape != transformer.shape
        assert replace(mosaic, shape=transformer.shape) == transformer
    for rate in CPU.learning_rates:
        mosaic, transformer = (arms[config.causal_name(family, rate)] for family in FAMILIES)
        assert mosaic.source.recipe == replace(CPU.causal, learning_rate=rate)
        assert replace(mosaic.source, shape=transformer.source.shape) == transformer.source


def test_every_rate_is_tried_once_and_the_best_with_all_seeds():
    chosen = replace(CPU, winners={MOSAIC: 2})
    arms, once = config.arms(chosen), config.once(chosen)
    assert len(arms) == 2 * (len(CPU.learning_rates) + 2) and once < set(arms)
    assert len(once) == 2 * (len(CPU.learning_rates) - 1)
    assert config.causal_arm(chosen, MOSAIC) == "retention_mosaic_lr0.03"
    assert not {config.causal_arm(chosen, family) for family in FAMILIES} & once
    # Which rate is best renames nothing and changes no configuration: records stay valid.
    assert arms == config.arms(CPU)


@pytest.mark.parametrize("wrong", [{"recipe": None}, {"decoder": CPU.shapes[TRANSFORMER]}])
def test_configurations_that_contradict_themselves_are_refused(wrong):
    with pytest.raises(ValueError, match="and no others"):
        SourceConfig(**vars(source(MOSAIC, NEXT_TOKEN)) | wrong)


@every_family
def test_encoders_of_a_seed_start_alike_whatever_they_are_trained_for(family):
    first = measuring.untrained(source(family, NOTHING), V, 1)
    assert equal(
        first.state_dict(), measuring.trainee(source(family, NEXT_TOKEN), V, 1).state_dict()
    )
    inside = measuring.trainee(source(family, REGENERATION), V, 1).encoder.model
    first.head = None
    assert equal(first.state_dict(), inside.state_dict())
    other = measuring.untrained(source(family, NOTHING), V, 2)
    assert not torch.equal(other.embedding.weight, first.embedding.weight)


def test_decoders_of_a_seed_are_one_llama_whatever_the_encoder():
    made = []
    for family in FAMILIES:
        model = measuring.untrained(source(family, NOTHING), V, 1)
        made.append(measuring.new_probe(model, unit(family, NOTHING), 1))
    made += [measuring.trainee(source(family, REGENERATION), V, 1) for family in FAMILIES]
    for one, other in (made[:2], made[2:]):
        assert equal(one.decoder.state_dict(), other.decoder.state_dict())
        assert equal(one.spread.state_dict(), other.spread.state_dict())


# -------------------------------------------------------------------------------------- measuring


@pytest.mark.parametrize("objective", [NEXT_TOKEN, REGENERATION])
def test_both_families_read_the_same_sequences_for_the_same_task(objective, text, monkeypatch):
    seen = []
    monkeypatch.setattr(measuring.encoders, "run", lambda *given: seen.append(given))
    for family, seed in [(MOSAIC, 3), (TRANSFORMER, 3), (TRANSFORMER, 4)]:
        measuring.trained(source(family, objective), text, seed, stage=None)
    drawn = [batches(5, 4) for _, _, _, batches, *_ in seen]
    for ours, theirs in zip(drawn[0], drawn[1], strict=True):
        assert torch.equal(ours, theirs)
    assert not torch.equal(drawn[0][0], drawn[2][0])
    held_out = [given[4] for given in seen]
    assert torch.equal(held_out[0][0], held_out[1][0])
    for inputs, targets in (drawn[0], held_out[0]):
        if objective == REGENERATION:
            assert inputs.shape[1] == SMOKE.length and torch.equal(inputs, targets)
        else:
            assert inputs.shape[1] == SMOKE.window and torch.equal(inputs[:, 1:], targets[:, :-1])
            assert not torch.equal(inputs, targets)


@every_family
def test_a_probe_reads_the_last_vector_and_leaves_the_encoder_alone(family, text, context):
    vocab_size = text["train"].header.vocab_size
    model = measuring.untrained(source(family, NOTHING), vocab_size, 0).eval()
    start = measuring.new_probe(model, unit(family, NOTHING), 3)
    tokens = torch.randint(vocab_size, (4, SMOKE.length))
    assert torch.equal(start.encoder(tokens), model.hidden(tokens)[:, -1])
    found = measuring.probed(model, unit(family, NOTHING), text, 3, stages.Stages(context)).weights
    before = start.state_dict()
    changed = {name for name in before if not torch.equal(before[name], found[name])}
    assert any(name.startswith("decoder.") for name in changed)
    assert any(name.startswith("spread.") for name in changed)
    assert not any(name.startswith("encoder.") for name in changed)


@every_family
def test_an_autoencoder_gives_the_encoder_that_was_trained(family, text, context):
    unit_stages, made = stages.Stages(context), source(family, REGENERATION)
    model, left = measuring.encoder(made, text, 0, unit_stages)
    assert not isinstance(model, Autoencoder) and not model.training
    weights = {f"encoder.model.{name}": value for name, value in model.state_dict().items()}
    assert all(torch.equal(value, left.weights[name]) for name, value in weights.items())
    again, _ = measuring.encoder(made, text, 0, unit_stages)
    assert equal(model.state_dict(), again.state_dict())
    start = measuring.trainee(made, text["train"].header.vocab_size, 0).encoder.model
    assert not equal(model.state_dict(), start.state_dict())
    other, _ = measuring.encoder(made, text, 1, unit_stages)
    assert not equal(model.state_dict(), other.state_dict())


def measured(name, folder, **more):
    made = config.arms(SMOKE)[name]
    return measuring.measure(Unit("cross_paper", name, 0, made), new_context(folder, **more))


def recorded(runs, table, settings=SMOKE):
    """Results of ``(arm, seed, facts)``."""
    found = [SimpleNamespace(run={"arm": a, "seed": s, "facts": f}) for a, s, f in runs]
    seeds = sorted({seed for _, seed, _ in runs})
    return Results(None, SimpleNamespace(retention=settings, seeds=seeds), tuple(found), table)


def test_what_is_measured_can_be_judged_drawn_and_told(tmp_path, monkeypatch):
    monkeypatch.setattr(stages, "CACHE", tmp_path / "cache")
    found = {name: measured(name, tmp_path) for name in config.arms(SMOKE)}
    table = pd.concat([one.table for one in found.values()])
    results = recorded([(name, 0, one.facts) for name, one in found.items()], table)
    for name, one in found.items():
        assert one.facts["parameters"] > 0 and set(one.facts["data"]) == {"train", TEXT}
        steps = 1 if name.endswith(UNTRAINED) else 2  # the probe's training, and the encoder's
        assert one.facts["tokens_seen"] == steps * SMOKE.probe.steps * SMOKE.probe.step_tokens
    assert len({one.facts["weights_sha256"] for one in found.values()}) == len(found)
    assert len({one.facts["windows_sha256"] for one in found.values()}) == 1
    for family, kind in itertools.product(FAMILIES, readings.KINDS):
        whole = results.select(
            model=readings.arm(results, family, kind),
            metric="accuracy",
            split=TEXT,
            part=SMOKE.part,
        )
        assert readings.accuracy(results, family, kind) == pytest.approx(whole.value.to_numpy())
        assert readings.positions(results, family, kind).shape == (1, SMOKE.length)
    assert judge(CLAIMS[0], CLAIMS[0].test(results), False).status == "inconclusive"  # one run
    assert len(tables.check_lines(results)) == 2 + 6 + 2 + 4 + 1
    names = [spec.name for spec in FIGURES]
    assert CLAIMS[0].figure in names
    for spec in FIGURES:
        assert render(spec, results)["png"].startswith(b"\x89PNG")


def test_a_run_that_was_stopped_in_its_probe_ends_as_an_undisturbed_one(tmp_path, monkeypatch):
    name = config.causal_arm(SMOKE, MOSAIC)
    monkeypatch.setattr(stages, "CACHE", tmp_path / "first")
    whole = measured(name, tmp_path / "first")
    cut, asked = tmp_path / "second", itertools.count()
    monkeypatch.setattr(stages, "CACHE", cut)

    def within_the_probe():
        return any(cut.rglob("*.pt")) and next(asked) == 2  # the encoder is kept by then

    with pytest.raises(StopRequested):
        measured(name, cut, stop_wanted=within_the_probe)
    assert (cut / "checkpoint").exists() and len(list(cut.rglob("*.pt"))) == 1
    again = measured(name, cut)
    pd.testing.assert_frame_equal(whole.table, again.table)
    assert again.facts["weights_sha256"] == whole.facts["weights_sha256"]


# ------------------------------------------------------------------------------------------ rule

FLOOR = 0.06
# Token accuracy before the last four tokens, and of these.
BETTER = {
    (MOSAIC, CAUSAL): (0.15, 0.9),
    (TRANSFORMER, CAUSAL): (0.10, 0.8),
    (MOSAIC, UNTRAINED): (0.06, 0.2),
    (TRANSFORMER, UNTRAINED): (0.06, 0.2),
    (MOSAIC, AUTOENCODER): (0.4, 0.4),
    (TRANSFORMER, AUTOENCODER): (0.4, 0.4),
}


def made_up(levels, seeds=None):
    """Results with given accuracies; all of a seed share a deviation as large as the leads."""
    rows, runs = [], []
    for (family, kind), (early, late) in levels.items():
        name = config.causal_arm(CPU, family) if kind == CAUSAL else config.other_arm(family, kind)
        for seed in (seeds or {}).get((family, kind), SEEDS):
            said = {"model": name, "seed": seed, "split": TEXT, "step": -1, "part": CPU.part}
            shift = 0.05 * (seed - 11)
            runs.append((name, seed, {}))
            for place in range(CPU.length):
                level = early if place < CPU.length - LAST else late
                row = {"metric": "accuracy_by_position", "position": place, "value": level + shift}
                rows.append(said | row)
            part = part_name(UNIGRAM, CPU.length)
            rows.append(said | {"metric": "accuracy", "part": part, "value": FLOOR})
    return recorded(runs, pd.DataFrame(rows), CPU)


def status(levels):
    return judge(CLAIMS[0], CLAIMS[0].test(made_up(levels)), False).status


def test_the_rule_passes_where_a_mosaic_holds_more_everywhere():
    found = CLAIMS[0].test(made_up(BETTER))
    assert [one.holds for one in found.conditions] == [True] * 4
    assert status(BETTER) == "reproduced at reduced scale"


def test_the_last_tokens_are_left_out_of_the_second_measure():
    found = made_up(BETTER)
    assert readings.lead(found, LAST).mean() == pytest.approx(0.05, abs=1e-3)
    whole = (0.05 * (CPU.length - LAST) + 0.1 * LAST) / CPU.length
    assert readings.lead(found).mean() == pytest.approx(whole, abs=1e-3)


def test_a_lead_in_the_last_tokens_alone_is_only_part():
    assert status(BETTER | {(MOSAIC, CAUSAL): (0.09, 1.0)}) == "partly"


def test_a_lead_that_was_there_before_training_is_only_part():
    levels = BETTER | {(MOSAIC, UNTRAINED): (0.15, 0.6)}
    found = CLAIMS[0].test(made_up(levels)).conditions
    assert {one.text.split(" ")[0]: one.holds for one in found} == {"accuracy": True, "gain": False}
    assert status(levels) == "partly"


def test_a_transformer_that_holds_more_refutes_it():
    swapped = dict(BETTER)
    for kind in readings.KINDS:
        swapped[MOSAIC, kind], swapped[TRANSFORMER, kind] = (
            BETTER[TRANSFORMER, kind],
            BETTER[MOSAIC, kind],
        )
    assert status(swapped) == "not reproduced"


@every_family
def test_a_probe_that_cannot_read_a_family_decides_nothing(family):
    levels = BETTER | {(family, AUTOENCODER): (FLOOR, FLOOR)}
    assert status(levels) == "inconclusive"
    told = [one.text for one in CLAIMS[0].test(made_up(levels)).conditions]
    assert any(f"control: autoencoder ({family})" in text for text in told)


def test_a_control_must_be_passed_on_the_measure_that_it_stands_for():
    levels = BETTER | {(MOSAIC, AUTOENCODER): (FLOOR, 0.9)}
    found = CLAIMS[0].test(made_up(levels)).conditions
    assert all(one.holds is None for one in found if "without" in one.text)
    assert all(one.holds for one in found if "all tokens" in one.text)


def test_runs_are_paired_by_their_seeds():
    found = made_up(BETTER, {(TRANSFORMER, CAUSAL): (11, 12), (MOSAIC, UNTRAINED): (10, 12)})
    assert readings.seeds(found) == [12]
    assert readings.lead(found, LAST) == pytest.approx([0.05], abs=1e-3)
    assert readings.gain(found, MOSAIC, LAST) == pytest.approx([0.09], abs=1e-3)
    assert len(readings.gain(found, TRANSFORMER)) == 1
    everything = made_up(BETTER)
    assert np.ptp(readings.accuracy(everything, MOSAIC, CAUSAL)) > 0.09
    assert np.ptp(readings.lead(everything)) < 1e-6
