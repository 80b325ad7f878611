"""Memory models around given decoders: arms, starts, learning rates, own losses, refusals."""

import dataclasses
import math
import zlib

import numpy as np
import pytest
import torch

from memstudy.core.context import Context
from memstudy.core.device import Device
from memstudy.core.errors import StopRequested, UsageError
from memstudy.core.experiment import plain
from memstudy.corpora import smollm2
from memstudy.corpora.packing import write_stream
from memstudy.experiments.copy_tasks import stages as copy_stages
from memstudy.experiments.copy_tasks.config import COPY, FROZEN, NO_MEMORY, TRAINABLE
from memstudy.experiments.copy_tasks.scoring import asked
from memstudy.experiments.embedding_information.metrics import token_scores
from memstudy.experiments.pretrained_decoder import (
    building,
    measuring,
    run,
    scoring,
    training,
    weights,
)
from memstudy.experiments.pretrained_decoder.arms import arms, decoder_unit, stand_in_seed, units
from memstudy.experiments.pretrained_decoder.config import (
    HUB_MODEL,
    MEMORIES,
    PRETRAINED,
    SCRATCH,
    STAND_IN,
    STARTS,
    DecoderUnit,
    RatesUnit,
    arm_name,
)
from memstudy.experiments.pretrained_decoder.large import Large
from memstudy.experiments.pretrained_decoder.profiles import PROFILES
from memstudy.language_models import trained as room
from memstudy.language_models.config import TextConfig
from memstudy.nn.language_model import count_parameters
from memstudy.nn.llama import Llama
from memstudy.stages import Stages, weights_sha256
from memstudy.training import TrainingDiverged

CPU = Device("cpu", "test", 1, "float32")
TEXT = TextConfig(corpus="rhymes", tokenizer="letters")


class Letters:
    name, vocab_size, end_of_text, sha256 = "letters", 27, 26, "0" * 64

    def encode_batch(self, texts):
        return [np.frombuffer(text.encode(), np.uint8) % 26 for text in texts]


@pytest.fixture(autouse=True)
def rhymes(tmp_path, monkeypatch):
    """A corpus of two splits, packed; models are kept in the test's own folder."""

    def texts(split):
        words = [f"{zlib.crc32(f'{split}{n}'.encode())}" * 3 for n in range(30)]
        return ["".join(chr(97 + int(digit)) for digit in word) for word in words]

    packed = {
        split: write_stream(
            tmp_path / f"{split}.tokens",
            texts(split),
            Letters(),
            corpus="rhymes",
            split=split,
            key=split,
        )
        for split in ("train", "validation")
    }
    monkeypatch.setattr(room, "token_stream", lambda name, split, spec, limit: packed[split])
    monkeypatch.setattr("memstudy.stages.CACHE", tmp_path / "cache")
    return packed


def on_rhymes(profile):
    """A profile whose text is the test's own."""
    trials = []
    for one in profile.trials:
        training = one.decoder.training
        training = training and dataclasses.replace(training, text=TEXT)
        decoder = dataclasses.replace(one.decoder, training=training)
        trials.append(dataclasses.replace(one, decoder=decoder))
    return dataclasses.replace(profile, text=TEXT, trials=tuple(trials))


PROFILE = on_rhymes(PROFILES["smoke"])


def context(tmp_path, **changes):
    path = tmp_path / "checkpoints" / "unit.pt"
    return Context(device=CPU, checkpoint_path=path, made_by="this code", **changes)


def unit_of(decoder, start, memory):
    (trials,) = (one for one in PROFILE.trials if one.decoder.label == decoder)
    return decoder_unit(PROFILE, trials, start, memory)


def work_of(tmp_path, decoder, start, memory, seed=0):
    return building.Work.of(unit_of(decoder, start, memory), seed, Stages(context(tmp_path)))


# -------------------------------------------------------------------------------------------- arms


@pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))
def test_arms_of_a_decoder_differ_in_start_and_memory_alone(profile):
    found = arms(profile)
    for trials in profile.trials:
        described = set()
        for start in STARTS:
            for memory in MEMORIES:
                config, seeds = found[arm_name(trials.decoder.label, start, memory)]
                stage = dataclasses.replace(config.stage, memory=NO_MEMORY, encoder=None)
                same = dataclasses.replace(
                    config, stage=stage, start=SCRATCH, rates=trials.rates[SCRATCH]
                )
                described.add((str(plain(same)), seeds))
                assert config.start == start and config.stage.memory == memory
        assert len(described) == 1
    assert profile.judged in {trials.decoder.label for trials in profile.trials}


@pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))
def test_what_others_need_comes_before_them_and_names_are_unique(profile):
    found = units(profile)
    assert len({unit.id for unit in found}) == len({unit.hash for unit in found}) == len(found)
    kinds = [type(unit.config) for unit in found]
    assert kinds == sorted(kinds, key=lambda kind: kind is DecoderUnit)


def test_judged_decoders_have_three_runs():
    for name in ("cpu", "gpu", "paper"):
        profile = PROFILES[name]
        (trials,) = (one for one in profile.trials if one.decoder.label == profile.judged)
        assert trials.seeds == (0, 1, 2)


# ---------------------------------------------------------------------------------------- decoders


@pytest.mark.parametrize("decoder", [STAND_IN, HUB_MODEL])
def test_both_starts_have_one_architecture_and_seeds_one_encoder(tmp_path, decoder):
    built = {
        start: building.build(work_of(tmp_path, decoder, start, TRAINABLE)) for start in STARTS
    }
    known, new = built[PRETRAINED], built[SCRATCH]
    assert type(known.decoder) is type(new.decoder) is Llama
    assert count_parameters(known) == count_parameters(new)
    for name, weight in known.encoder.state_dict().items():
        assert torch.equal(weight, new.encoder.state_dict()[name])
    assert all(p.requires_grad for p in known.parameters())


def test_the_stand_in_is_the_language_model_that_was_trained(tmp_path):
    work = work_of(tmp_path, STAND_IN, PRETRAINED, NO_MEMORY)
    training = work.unit.decoder.training
    seed = stand_in_seed(0)
    wanted = copy_stages.trained_stage(training, seed, work.stages, work.text).model
    found = building.build(work).decoder
    tokens = torch.randint(27, (2, 9))
    assert torch.equal(found(tokens), wanted(tokens))
    other = building.build(work_of(tmp_path, STAND_IN, SCRATCH, NO_MEMORY)).decoder
    assert not torch.equal(other(tokens), wanted(tokens))


def test_a_frozen_encoder_is_the_autoencoders_and_stays_so(tmp_path):
    work = work_of(tmp_path, STAND_IN, SCRATCH, FROZEN)
    model = building.build(work)
    before = weights_sha256(model.encoder.state_dict())
    decoder = weights_sha256(model.decoder.state_dict())
    source = copy_stages.trained_stage(work.unit.stage.encoder, 0, work.stages, work.text)
    tokens = torch.randint(27, (3, 4))
    assert torch.equal(model.encoder(tokens), source.model.encoder(tokens))
    training.trained(work, model, 1e-2)
    assert weights_sha256(model.encoder.state_dict()) == before
    assert weights_sha256(model.decoder.state_dict()) != decoder


def test_weights_that_are_put_back_change_the_kept_rows_alone():
    shape = building.tiny(PROFILE.encoder, 12)
    whole = Llama(shape, torch.Generator().manual_seed(0))
    kept = [1, 5, 11]
    pretrained = weights.Pretrained(shape, whole.state_dict(), "test", "")
    decoder = pretrained.model(kept, rows=4)
    original = {name: w.clone() for name, w in whole.state_dict().items()}
    scoring.put_back(decoder, whole, kept)
    assert all(torch.equal(w, original[name]) for name, w in whole.state_dict().items())
    with torch.no_grad():
        for parameter in decoder.parameters():
            parameter += 1.0
    scoring.put_back(decoder, whole, kept)
    moved = (whole.embedding.weight != original["embedding.weight"]).any(1)
    assert moved.nonzero().flatten().tolist() == kept
    assert torch.equal(whole.final_norm.weight, original["final_norm.weight"] + 1)


# -------------------------------------------------------------------------------- rates and scores


def test_trials_are_made_once_for_all_arms_of_a_start(tmp_path, monkeypatch):
    made = []
    real = training.trained

    def spied(work, model, rate, steps=None):
        made.append((work.seed, work.unit.stage.memory, rate, steps))
        return real(work, model, rate, steps)

    monkeypatch.setattr(training, "trained", spied)
    first = training.tried_rates(unit_of(STAND_IN, SCRATCH, NO_MEMORY), Stages(context(tmp_path)))
    assert made == [(0, TRAINABLE, 1e-3, 2), (0, TRAINABLE, 3e-3, 2)]
    for memory in (TRAINABLE, FROZEN):
        assert (
            training.tried_rates(unit_of(STAND_IN, SCRATCH, memory), Stages(context(tmp_path)))
            == first
        )
    assert len(made) == 2
    config, _ = arms(PROFILE)["rates_stand_in_scratch"]
    assert isinstance(config, RatesUnit)
    assert training.tried_rates(config.unit, Stages(context(tmp_path))) == first and len(made) == 2


def test_the_chosen_rate_has_the_lowest_loss_and_a_divergence_loses(tmp_path, monkeypatch):
    assert training.chosen_rate({1e-3: 2.0, 3e-3: 1.5, 1e-2: 1.5}) == 3e-3

    def diverges(work, model, rate, steps=None):
        if rate > 2e-3:
            raise TrainingDiverged("too fast", 1, None)
        return {}

    monkeypatch.setattr(training, "trained", diverges)
    tried = training.tried_rates(unit_of(STAND_IN, SCRATCH, NO_MEMORY), Stages(context(tmp_path)))
    assert tried[3e-3] == training.DIVERGED and training.chosen_rate(tried) == 1e-3


def test_a_model_that_breaks_in_its_last_step_loses_its_trial(tmp_path, monkeypatch):
    def breaks(work, model, rate, steps=None):
        if rate > 2e-3:
            model.decoder.embedding.weight.data.fill_(math.nan)
        return {}

    monkeypatch.setattr(training, "trained", breaks)
    tried = training.tried_rates(unit_of(STAND_IN, SCRATCH, NO_MEMORY), Stages(context(tmp_path)))
    assert tried[3e-3] == training.DIVERGED and tried[1e-3] < training.DIVERGED


def test_the_stand_in_is_no_sibling_of_the_frozen_encoder(tmp_path):
    profile = dataclasses.replace(PROFILE, seeds=(0,))
    stage = building.build(work_of(tmp_path, STAND_IN, PRETRAINED, FROZEN))
    encoder, decoder = (m.embedding.weight.detach() for m in (stage.encoder.model, stage.decoder))
    assert encoder.shape == decoder.shape
    same = torch.nn.functional.cosine_similarity(encoder.flatten(), decoder.flatten(), dim=0)
    assert abs(float(same)) < 0.3
    # What is recorded of the stand-in is what the decoders begin with.
    (unit,) = (one for one in units(profile) if one.arm == STAND_IN)
    found = run.measured(unit, context(tmp_path))
    assert set(found.table["seed"]) == {0}
    begun = building.initial_decoder(work_of(tmp_path, STAND_IN, PRETRAINED, NO_MEMORY))
    assert weights_sha256(begun.state_dict()) == found.facts["weights_sha256"]


def test_scores_are_those_of_the_whole_model(tmp_path):
    work = work_of(tmp_path, HUB_MODEL, PRETRAINED, TRAINABLE)
    model, windows = building.build(work).eval(), work.windows(5)
    work.unit = dataclasses.replace(
        work.unit, decoder=dataclasses.replace(work.unit.decoder, precision="float32")
    )
    found = scoring.scores(work, model, windows)
    question = asked(COPY, windows, work.unit.stage.chunk, work.symbols)
    wanted = token_scores(model, question, CPU, batch_size=5)
    assert found.counted.sum() == wanted.counted.sum() == 5 * 2 * 3
    assert found.loss == pytest.approx(wanted.loss, rel=1e-5)
    assert found.accuracy == wanted.accuracy


def test_a_unit_trains_at_its_chosen_rate_and_measures_both_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(measuring, "tried_rates", lambda unit, stages: {1e-3: 2.0, 1e-2: 1.0})
    rows, facts = measuring.measured(unit_of(STAND_IN, PRETRAINED, TRAINABLE), 0, context(tmp_path))
    assert facts["learning_rate"] == 1e-2 and facts["steps"] == 4
    own = {row["part"]: row["value"] for row in rows if row["metric"] == "own_loss"}
    assert own.keys() == {"before", "after"} and own["before"] != own["after"]
    assert all(math.isfinite(row["value"]) for row in rows)
    assert [row["step"] for row in rows if row["metric"] == "curve_loss"] == [0, 2, 4]
    assert [row["part"] for row in rows if row["metric"] == "accuracy"] == ["inside"]


def test_checkpoints_are_few_but_made_where_the_work_is_to_stop(tmp_path):
    saved = []
    calls = iter([False] * 7 + [True] * 3)
    inner = context(tmp_path, stop_wanted=lambda: next(calls))
    inner.save = lambda state: saved.append(state)
    inner._saved_at = -1e9  # always due
    large = Large(Stages(inner), "stage", "bfloat16")
    assert large.device.autocast == "bfloat16" and inner.device.autocast == "float32"
    with pytest.raises(StopRequested):
        for done in range(1, 100):
            large.advance(done, 60, lambda: {})
    # Steps 3 and 6 of 60 are twentieths; it stops in step 8.
    assert len(saved) == 3


def test_without_the_package_a_run_is_refused_before_anything_is_trained(tmp_path, monkeypatch):
    monkeypatch.setattr(smollm2, "package_folder", lambda module: None)
    monkeypatch.setattr(weights, "CACHE", tmp_path / "nothing")
    monkeypatch.setattr(building, "streams", pytest.fail)
    (unit,) = (u for u in units(PROFILES["cpu"]) if u.id == "smollm2_pretrained_none-seed0")
    with pytest.raises(UsageError, match="pip install gguf") as refusal:
        run.execute([unit], context(tmp_path))
    assert "\n" not in str(refusal.value)
