"""Stages of memory models: what each is trained from, on what, and how it is scored."""

import dataclasses

import numpy as np
import pytest
import torch

from memstudy.core.context import Context
from memstudy.core.device import Device
from memstudy.core.errors import StopRequested
from memstudy.core.experiment import content_hash
from memstudy.experiments.copy_tasks import long_inputs, scoring, second_half, stages
from memstudy.experiments.copy_tasks.arms import COSTS, REPEATED, Plan, arms, units
from memstudy.experiments.copy_tasks.config import (
    AUTOENCODER,
    BLANK,
    CAUSAL,
    COMBINED,
    COPY,
    FROM_SOURCE,
    FROZEN,
    FULL_CONTEXT,
    INSIDE,
    NEW_TABLE,
    NO_MEMORY,
    OFFICIAL,
    TRAINABLE,
    CostUnit,
    MemoryStage,
    RecipeConfig,
    ShapeConfig,
    StageUnit,
)
from memstudy.experiments.copy_tasks.profiles import PROFILES
from memstudy.language_models import trained as room
from memstudy.language_models.config import TextConfig
from memstudy.nn.autoencoder import Encoder
from memstudy.nn.llama import Llama, LlamaConfig
from memstudy.nn.memory_model.model import MemoryLayout, MemoryModel
from memstudy.nn.memory_model.objectives import IGNORED, copy_task
from memstudy.stages import Stages
from rhymes import packed

CPU = Device("cpu", "test", 1, "float32")
TEXT = TextConfig(corpus="rhymes", tokenizer="letters")
SYMBOLS = scoring.Symbols.of(27)
RECIPE = RecipeConfig(
    steps=4,
    batch_size=3,
    learning_rate=1e-2,
    warmup_steps=1,
    evaluations=2,
    evaluation_windows=4,
)
PROFILE = dataclasses.replace(
    PROFILES["smoke"],
    texts={"world": TEXT},
    shape=ShapeConfig(d_model=8, n_heads=2, n_blocks=1),
    source=RECIPE,
    memory=RECIPE,
)
PLAN = Plan(PROFILE, TEXT)
SOURCE = PLAN.source(AUTOENCODER)


@pytest.fixture(autouse=True)
def rhymes(tmp_path, monkeypatch):
    """A corpus of two splits, packed."""
    streams = packed(tmp_path)
    monkeypatch.setattr(room, "token_stream", lambda name, split, spec, limit: streams[split])
    return streams


def context(tmp_path, **changes):
    path = tmp_path / "checkpoints" / "unit.pt"
    return Context(device=CPU, checkpoint_path=path, made_by="this code", **changes)


def get(tmp_path, stage, seed=0):
    return stages.trained_stage(stage, seed, Stages(context(tmp_path), tmp_path / "models"))


# -------------------------------------------------------------------------------------------- arms


@pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))
def test_all_arms_of_memory_models_have_equally_many_steps(profile):
    trained = [one.stage for one in arms(profile).values() if isinstance(one, StageUnit)]
    steps = {stage.steps for stage in trained if isinstance(stage, MemoryStage)}
    assert steps == {profile.memory.steps}
    assert {stage.recipe.steps for stage in trained} >= {profile.source.steps}


@pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))
def test_every_arm_with_a_frozen_encoder_is_there_with_both_tables(profile):
    found = arms(profile)
    frozen = [
        name
        for name, one in found.items()
        if isinstance(one, StageUnit)
        and isinstance(one.stage, MemoryStage)
        and one.stage.memory == FROZEN
    ]
    assert len(frozen) >= 8
    for name in frozen:
        base, _, _ = name.partition("_stories")
        other = found[f"{base}_new_table" + ("_stories" if "_stories" in name else "")]
        own = found[name]
        assert plain_but_memory(own.stage) == plain_but_memory(other.stage)
        assert other.stage.memory == NEW_TABLE


def plain_but_memory(stage):
    """A stage and those before it, without what distinguishes the two tables."""
    return [
        dataclasses.replace(one, memory=NO_MEMORY, encoder=None, before=None)
        for one in stage.history
    ], stage.encoder


def test_names_and_hashes_of_units_are_unique_and_encoders_come_first():
    for profile in PROFILES.values():
        found = units(profile)
        assert len({unit.id for unit in found}) == len({unit.hash for unit in found}) == len(found)
        order = [unit.arm for unit in found]
        assert order.index("autoencoder") < order.index("copy_autoencoder")
        assert order.index("causal_encoder") < order.index("blank_causal_encoder")
        assert order.index("causal_memory") < order.index("blank_memory_encoder")
        assert order.count(COSTS) == 1
        assert {order.count(arm) for arm in order if arm != COSTS} == {len(profile.seeds)}
    assert {f"{name}_stories" for name in REPEATED} <= {u.arm for u in units(PROFILES["cpu"])}


def test_the_stated_cost_counts_what_is_trained_once():
    def with_earlier(stage):
        """A stage and all that are trained before it."""
        yield stage
        for earlier in (getattr(stage, "before", None), getattr(stage, "encoder", None)):
            if earlier:
                yield from with_earlier(earlier)

    paper = PROFILES["paper"]
    trained = {
        content_hash(stages.described(stage, unit.seed)): stage.recipe.steps
        for unit in units(paper)
        if isinstance(unit.config, StageUnit)
        for stage in with_earlier(unit.config.stage)
    }
    least, most = min(trained.values()), max(trained.values())
    assert f" {len(trained)} trainings of {least:,} to {most:,} steps" in paper.cost.text


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"task": "sing"}, "unknown task 'sing'"),
        ({"memory": FROZEN}, "do not fit"),
        ({"encoder": SOURCE}, "do not fit"),
        ({"memory": FULL_CONTEXT}, "baseline of the causal task alone"),
        ({"n_chunks": 3}, "3 chunks have no half"),
        (
            {"before": PLAN.stage(BLANK, FROZEN, encoder=SOURCE), "memory": TRAINABLE},
            "keeps the encoder",
        ),
    ],
)
def test_stages_that_contradict_themselves_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(PLAN.stage(COPY, NO_MEMORY), **changes)


# ------------------------------------------------------------------------------------- second half


@pytest.mark.parametrize("slots", ["fixed", "variable"])
@pytest.mark.parametrize("blank", [None, 27])
def test_decoding_the_second_half_alone_changes_neither_losses_nor_gradients(slots, blank):
    config = LlamaConfig(vocab_size=64, d_model=8, n_heads=2, n_blocks=1)
    generator = torch.Generator().manual_seed(0)
    layout = MemoryLayout(chunk=3, n_chunks=4, slots=slots)
    model = MemoryModel(Encoder(Llama(config, generator)), Llama(config, generator), layout)
    model.double()
    half = second_half.SecondHalf(model)
    text = torch.randint(0, 27, (5, 6), generator=generator)
    inputs, targets = copy_task(text, 3, blank=blank)
    found = {}
    for name, one in (("whole", model), ("half", half)):
        model.zero_grad()
        loss = one.loss(inputs, targets, ignore_index=IGNORED)
        loss.backward()
        each = one.loss(inputs, targets, reduction="none", ignore_index=IGNORED)
        gradients = torch.cat([p.grad.flatten() for p in model.parameters()])
        found[name] = torch.cat([loss.detach()[None], each.detach().flatten(), gradients])
    torch.testing.assert_close(found["half"], found["whole"], rtol=1e-10, atol=1e-12)
    assert found["whole"].abs().sum() > 0


# ----------------------------------------------------------------------------------------- batches


def test_a_later_stage_reads_the_texts_that_plain_training_reads_then(rhymes):
    plain = PLAN.stage(COPY, NO_MEMORY)
    later = PLAN.curriculum(FROZEN, SOURCE)
    assert (later.steps_before, later.steps) == (2, 4)
    batches = {
        name: stages.batches_of(stage, rhymes["train"], 0, SYMBOLS)
        for name, stage in (("plain", plain), ("later", later), ("blank", later.before))
    }
    assert torch.equal(batches["plain"](3, 5)[0], batches["later"](1, 5)[0])
    assert torch.equal(batches["plain"](1, 5)[1], batches["blank"](1, 5)[1])
    assert not torch.equal(batches["plain"](0, 5)[0], batches["later"](0, 5)[0])


def test_all_tasks_read_the_same_text(rhymes):
    text = stages.batches_of(PLAN.stage(CAUSAL, TRAINABLE), rhymes["train"], 0, SYMBOLS)(0, 5)[0]
    both = stages.batches_of(PLAN.stage(COMBINED, TRAINABLE), rhymes["train"], 0, SYMBOLS)(0, 5)
    copied = stages.batches_of(PLAN.stage(COPY, TRAINABLE), rhymes["train"], 0, SYMBOLS)(0, 5)
    blank = stages.batches_of(PLAN.stage(BLANK, TRAINABLE), rhymes["train"], 0, SYMBOLS)(0, 5)
    half = text.shape[1] // 2
    assert torch.equal(both[0], text) and torch.equal(both[2], copied[0])
    assert torch.equal(copied[0][:, half:], text[:, :half])
    assert torch.equal(blank[0][:, :half], text[:, :half])
    assert (blank[0][:, half:] == SYMBOLS.blank).all()
    assert torch.equal(blank[1], copied[1])


def test_the_cue_stands_in_copies_of_arms_that_have_it(rhymes):
    stage = PLAN.stage(COMBINED, TRAINABLE, cue=True)
    *causal, copied, targets = stages.batches_of(stage, rhymes["train"], 0, SYMBOLS)(0, 5)
    half = copied.shape[1] // 2
    assert (copied[:, half : half + 3] == SYMBOLS.cue).all()
    assert not any((part == SYMBOLS.cue).any() for part in (*causal, targets))


def test_blank_and_cue_are_no_tokens_of_the_text():
    assert len({SYMBOLS.blank, SYMBOLS.cue, *range(27)}) == 29
    assert SYMBOLS.rows == 64 and scoring.Symbols.of(63).rows == 128


# ------------------------------------------------------------------------------------------ stages


def test_a_stage_begins_with_the_weights_of_the_one_before(tmp_path, monkeypatch):
    begun = {}
    real = stages.train

    def spied(model, *rest, **options):
        begun[len(begun)] = room.weights_sha256(model.state_dict())
        return real(model, *rest, **options)

    monkeypatch.setattr(stages, "train", spied)
    stage = PLAN.curriculum(FROZEN, SOURCE)
    first = get(tmp_path, stage.before)
    assert len(begun) == 2  # the autoencoder and the blank copy
    last = get(tmp_path, stage)
    assert len(begun) == 3 and begun[2] == first.facts["weights_sha256"]
    shown = [one["weights_sha256"] for one in last.facts["stages"]]
    assert shown == [first.facts["weights_sha256"], last.facts["weights_sha256"]]
    assert last.facts["weights_sha256"] not in begun.values()
    get(tmp_path, stage)
    assert len(begun) == 3  # found
    assert [row["step"] for row in last.rows if row["metric"] == "curve_loss"] == [0, 2, 2, 4]


def test_the_control_takes_the_decoder_and_no_memories(tmp_path, monkeypatch):
    stage = PLAN.curriculum(FROZEN, SOURCE).before
    before = get(tmp_path, stage)
    begun = []
    real = stages.train

    def spied(model, *rest, **options):
        begun.append(room.weights_sha256(model.decoder.state_dict()))
        return real(model, *rest, **options)

    monkeypatch.setattr(stages, "train", spied)
    control = get(tmp_path, PLAN.stage(COPY, NO_MEMORY, 2, before=stage))
    assert begun == [room.weights_sha256(before.model.decoder.state_dict())]
    assert control.model.encoder is None


@pytest.mark.parametrize("memory", FROM_SOURCE)
def test_a_frozen_encoder_stays_what_it_was_and_the_table_is_kept_or_new(tmp_path, memory):
    source = get(tmp_path, SOURCE)
    found = get(tmp_path, PLAN.stage(COPY, memory, encoder=SOURCE))
    encoder = found.facts["encoder"]
    assert encoder["weights_sha256"] == source.facts["weights_sha256"]
    assert encoder["blocks_sha256"] == encoder["blocks_sha256_here"]
    own, there = found.model.encoder.model.embedding, source.model.encoder.model.embedding
    assert torch.equal(own.weight, there.weight) == (memory == FROZEN)
    tokens = torch.arange(12).reshape(3, 4)
    same = torch.equal(found.model.encoder(tokens), source.model.encoder(tokens))
    assert same == (memory == FROZEN)
    fresh = stages.build(PLAN.stage(COPY, memory, encoder=SOURCE), 0, SYMBOLS, source)
    moved = not torch.equal(own.weight, fresh.encoder.model.embedding.weight)
    assert moved == (memory == NEW_TABLE)


def test_the_encoder_of_a_causal_memory_model_can_be_frozen(tmp_path):
    causal = PLAN.stage(CAUSAL, TRAINABLE)
    source = get(tmp_path, causal)
    found = get(tmp_path, PLAN.stage(BLANK, FROZEN, encoder=causal))
    tokens = torch.arange(8).reshape(2, 4)
    assert torch.equal(found.model.encoder(tokens), source.model.encoder(tokens))


def test_arms_of_a_seed_begin_with_the_same_decoder(tmp_path):
    source = get(tmp_path, SOURCE)
    kinds = [
        PLAN.stage(COPY, NO_MEMORY),
        PLAN.stage(COPY, TRAINABLE),
        PLAN.stage(COPY, NEW_TABLE, encoder=SOURCE),
    ]
    built = [stages.build(stage, 0, SYMBOLS, source) for stage in kinds]
    assert len({room.weights_sha256(one.decoder.state_dict()) for one in built}) == 1
    other = stages.build(kinds[0], 1, SYMBOLS)
    first = next(iter(built)).decoder.embedding.weight
    assert not torch.equal(other.decoder.embedding.weight, first)


def test_every_stage_before_is_part_of_the_hash():
    stage = PLAN.curriculum(FROZEN, SOURCE)
    recipe = dataclasses.replace(RECIPE, steps=6)
    others = [
        dataclasses.replace(stage, before=dataclasses.replace(stage.before, recipe=recipe)),
        dataclasses.replace(stage, encoder=dataclasses.replace(SOURCE, recipe=recipe)),
        dataclasses.replace(stage, cue=True),
    ]
    found = [content_hash(stages.described(one, 0)) for one in (stage, *others)]
    assert len({*found, content_hash(stages.described(stage, 1))}) == 5


def test_a_stage_does_not_go_on_from_the_checkpoint_of_another(tmp_path):
    whole = get(tmp_path, PLAN.curriculum(FROZEN, SOURCE))
    calls = iter([False] * 5 + [True] + [False] * 1000)
    stopped = context(tmp_path, stop_wanted=lambda: next(calls))
    stage, folder = PLAN.curriculum(FROZEN, SOURCE), tmp_path / "others"
    with pytest.raises(StopRequested):
        stages.trained_stage(stage, 0, Stages(stopped, folder))
    left = list(folder.glob("*.pt"))
    assert len(left) == 1  # the autoencoder; it was the blank copy that stopped
    resumed = stages.trained_stage(stage, 0, Stages(context(tmp_path), folder))
    assert resumed.facts["weights_sha256"] == whole.facts["weights_sha256"]


# ----------------------------------------------------------------------------------------- scoring


class Parrot(torch.nn.Module):
    """Names the token that stands so many places before; -1 is the one that follows."""

    def __init__(self, back):
        super().__init__()
        self.back = back

    def forward(self, tokens):
        named = torch.roll(tokens, self.back, dims=1)
        return 10.0 * torch.nn.functional.one_hot(named, SYMBOLS.rows).float()


def scores_of(model, mode, metric, part):
    stage = PLAN.stage(COPY, TRAINABLE)
    windows = torch.arange(32).reshape(2, 16) % 27
    rows = scoring.score_rows(stage, model, windows, CPU, SYMBOLS)
    return [
        row["value"]
        for row in rows
        if (row["metric"], row["split"], row.get("part")) == (metric, mode, part)
    ]


def test_who_names_what_follows_copies_perfectly_but_not_blindly():
    perfect = Parrot(-1)
    for part in (INSIDE, OFFICIAL):
        assert scores_of(perfect, COPY, "accuracy", part) == [1.0]
        assert scores_of(perfect, BLANK, "accuracy", part) == [0.0]
        assert scores_of(perfect, CAUSAL, "accuracy", part) == [1.0]
    assert scores_of(Parrot(0), COPY, "accuracy", INSIDE) == [0.0]


def test_the_official_way_counts_the_borders_and_the_other_does_not():
    text = torch.arange(16).reshape(1, 16)
    counted = {}
    for borders in (False, True):
        _, targets = scoring.asked(COPY, text, 4, SYMBOLS, borders=borders)
        counted[borders] = (targets != IGNORED).nonzero()[:, 1].tolist()
    assert counted[False] == [8, 9, 10, 12, 13, 14]  # inside chunks 2 and 3
    assert counted[True] == [7, 8, 9, 10, 11, 12, 13, 14]


def test_who_fails_at_the_borders_alone_is_perfect_inside():
    class Bordered(Parrot):
        def forward(self, tokens):
            logits = super().forward(tokens)
            logits[:, 3::4] = 0.0
            logits[:, 3::4, SYMBOLS.cue] = 1.0
            return logits

    assert scores_of(Bordered(-1), COPY, "accuracy", INSIDE) == [1.0]
    assert scores_of(Bordered(-1), COPY, "accuracy", OFFICIAL) == [6 / 8]
    assert scores_of(Bordered(-1), CAUSAL, "accuracy", OFFICIAL) == [12 / 15]


def test_accuracy_by_place_is_that_of_the_predicted_token():
    class Late(Parrot):
        def forward(self, tokens):
            logits = super().forward(tokens)
            logits[:, 0::4] = 0.0  # what predicts place 1 of each chunk knows nothing
            logits[:, 0::4, SYMBOLS.blank] = 1.0
            return logits

    assert scores_of(Late(-1), COPY, "accuracy_by_position", INSIDE) == [0.0, 1.0, 1.0]


def test_passages_line_up_with_the_text():
    stage, text = PLAN.stage(COPY, TRAINABLE), torch.arange(16).reshape(1, 16)
    (found,) = scoring.passages(stage, Parrot(-1), text, CPU, SYMBOLS)
    assert found["text"] == list(range(8))
    assert found[COPY] == [-1, 1, 2, 3, -1, 5, 6, 7]
    words = scoring.Words(lambda ids: f"<{ids[0]}>", SYMBOLS)
    assert words([-1, 3, SYMBOLS.blank]) == [None, "<3>", "□"]


def test_chance_is_the_commonest_token_of_the_training_text(rhymes):
    tokens = np.asarray(rhymes["train"].tokens)
    commonest = np.bincount(tokens).argmax()
    windows = torch.tensor([[commonest, commonest, (commonest + 1) % 26]])
    assert scoring.chance(rhymes["train"], windows)["accuracy"] == pytest.approx(2 / 3)


# ------------------------------------------------------------------------------------------- costs

COSTS_CONFIG = CostUnit(
    shape=ShapeConfig(d_model=8, n_heads=2, n_blocks=2),
    lengths=(32, 64),
    timed=(32,),
    rounds=1,
    decoded=2,
)


def test_counted_operations_are_the_formulas_and_pairs_those_of_all_products():
    rows = [row for n in (32, 64) for row in long_inputs.counted_rows(COSTS_CONFIG, n)]
    value = {(r["metric"], r["part"], r["position"], r["step"]): r["value"] for r in rows}
    for (metric, *where), found in value.items():
        if metric == "flops":
            assert found == value["flops_formula", *where]
    for chunks in long_inputs.chunk_counts(64):  # the encoder's squares, S memories and a token
        assert value["pairs", "memory", 64, chunks] == 64**2 / chunks + (chunks + 1) ** 2
    assert value["pairs", "full_context", 64, 1] == 65**2


def test_timings_are_in_turns_and_the_cache_is_what_the_formula_says():
    rows = long_inputs.timed_rows(COSTS_CONFIG, 32, CPU)
    seconds = [r for r in rows if r["metric"] == "prefill_seconds"]
    assert [r["part"] for r in seconds] == ["full_context", "memory"]
    assert all(r["value"] > 0 for r in seconds)
    held = {r["part"]: r["value"] for r in rows if r["metric"] == "cache_bytes"}
    chunks = long_inputs.chosen_chunk_count(32)
    assert held["memory"] == 4 * 2 * 2 * 8 * (chunks + 32 / chunks)
    assert held["full_context"] == 4 * 2 * 2 * 8 * 32


def test_the_chosen_number_of_chunks_is_the_nearest_power_of_two():
    assert long_inputs.chosen_chunk_count(1024) == 64  # the best is 80.6
    assert long_inputs.chosen_chunk_count(4096) == 256  # 203.2
