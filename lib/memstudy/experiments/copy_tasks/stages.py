"""Models of the stages: built, trained once each, found again by the hash of their history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import nn

from memstudy.batching import Batch, Batches, random_windows
from memstudy.core import seeds
from memstudy.core.experiment import plain
from memstudy.corpora.packing import TokenStream
from memstudy.evaluation import Objective
from memstudy.experiments.copy_tasks.config import (
    BLANK,
    CAUSAL,
    COMBINED,
    COPY,
    FULL_CONTEXT,
    NO_MEMORY,
    RECURRENT,
    TRAINABLE,
    MemoryStage,
    RecipeConfig,
    ShapeConfig,
    SourceStage,
)
from memstudy.experiments.copy_tasks.networks import new_network
from memstudy.experiments.copy_tasks.scoring import Symbols, asked, curve_rows
from memstudy.experiments.copy_tasks.second_half import SecondHalf
from memstudy.language_models.trained import (
    evaluation_windows,
    stream_facts,
    streams,
)
from memstudy.nn.autoencoder import Autoencoder, Encoder
from memstudy.nn.language_model import LanguageModel, TokenPredictor, count_parameters
from memstudy.nn.memory_model.model import MemoryLayout, MemoryModel
from memstudy.nn.memory_model.objectives import TaskLoss, combined_task
from memstudy.nn.memory_model.recurrent import RecurrentMemoryModel
from memstudy.stages import Kept, StageContext, Stages, weights_sha256
from memstudy.training import Schedule, TrainingConfig, train
from memstudy.watching import Watched

Stage = SourceStage | MemoryStage


@dataclass(frozen=True)
class TrainedStage:
    """The model of a stage in evaluation mode, and how it came to its weights."""

    model: TokenPredictor
    rows: list[dict[str, Any]]  # learning curves of all its stages, in long form
    facts: dict[str, Any]  # parameters, tokens_seen, weights_sha256, stages, data


def trained_stage(
    stage: Stage,
    seed: int,
    stages: Stages,
    text: dict[str, TokenStream] | None = None,
) -> TrainedStage:
    """The model that a stage, its history and a seed determine.

    Args:
        stage: the last stage; those before it, and that of a frozen encoder, are trained first
            unless they are found.
        seed: base seed of all of them.
        stages: the stages of the unit: its context, and where models are left.
        text: the streams of ``stage.text`` where they are open already.

    Raises:
        StopRequested: a training has been interrupted; a checkpoint is saved.
        TrainingDiverged: a loss was not finite.
        MissingCorpus: the text is not at hand, nor its packed stream.
    """
    text = text or streams(stage.text)

    def earlier(one: Stage | None) -> TrainedStage | None:
        return one and trained_stage(one, seed, stages, text)

    before = encoder = None
    if isinstance(stage, MemoryStage):
        before, encoder = earlier(stage.before), earlier(stage.encoder)
    symbols = Symbols.of(text["train"].header.vocab_size)

    def make(own: StageContext) -> Kept:
        model = build(stage, seed, symbols, encoder)
        if before:
            inherit(model, before.model)
        return _train(stage, seed, own, model, text, symbols)

    found = stages.once(described(stage, seed), make)
    model = build(stage, seed, symbols, encoder)
    model.load_state_dict(found.weights)
    model.to(stages.device.torch).eval()
    lines = [*before.facts["stages"]] if before else []
    lines.append(found.facts | {"weights_made_by": found.made_by})
    facts = {
        "parameters": count_parameters(model),
        "trained_parameters": sum(p.numel() for p in model.parameters() if p.requires_grad),
        "vocab_size": symbols.vocab_size,
        "tokens_seen": sum(line["tokens_seen"] for line in lines),
        "weights_sha256": found.facts["weights_sha256"],
        "stages": lines,
        "data": {split: stream_facts(stream) for split, stream in text.items()},
    }
    if encoder:
        facts["encoder"] = {
            "weights_sha256": encoder.facts["weights_sha256"],
            "blocks_sha256": blocks_sha256(source_model(encoder.model)),
            "blocks_sha256_here": blocks_sha256(model.encoder.model),
        }
    return TrainedStage(model, [*(before.rows if before else []), *found.rows], facts)


def described(stage: Stage, seed: int) -> dict[str, Any]:
    """What determines the weights of a stage: all stages before it are part of it."""
    return {"copy_tasks": type(stage).__name__, "stage": plain(stage), "seed": seed}


def build(
    stage: Stage,
    seed: int,
    symbols: Symbols,
    encoder: TrainedStage | None = None,
    decoder: LanguageModel | None = None,
) -> TokenPredictor:
    """A model with initial weights; at equal seeds all arms have the same decoder.

    Args:
        stage: says which.
        seed: base seed.
        symbols: the vocabulary.
        encoder: where a frozen encoder comes from.
        decoder: of a memory model, in the place of a new one.
    """

    def network(shape: ShapeConfig, part: str, tied: bool = False) -> LanguageModel:
        generator = seeds.torch_generator(seed, f"init/{part}")
        return new_network(shape, symbols.rows, generator, tied)

    if isinstance(stage, SourceStage):
        model = network(stage.shape, "source")
        if stage.objective == CAUSAL:
            return model
        generator = seeds.torch_generator(seed, "init/spread")
        decoder = network(stage.shape, "source decoder", tied=True)
        return Autoencoder(Encoder(model), decoder, generator=generator)
    layout = layout_of(stage)
    decoder = decoder or network(stage.decoder_shape, "decoder")
    if stage.memory == FULL_CONTEXT:
        return decoder
    if stage.memory == RECURRENT:
        return RecurrentMemoryModel(decoder, layout)
    generator = seeds.torch_generator(seed, "init/bridge")
    if stage.memory == NO_MEMORY:
        return MemoryModel(None, decoder, layout)
    if stage.memory == TRAINABLE:
        source = Encoder(network(stage.encoder_shape, "encoder"))
    else:
        table = seeds.torch_generator(seed, "init/table")
        source = Encoder(source_model(encoder.model), stage.memory, generator=table)
    return MemoryModel(source, decoder, layout, generator)


def layout_of(stage: MemoryStage) -> MemoryLayout:
    """How the sequences of a stage are cut; slots as in the paper."""
    return MemoryLayout(chunk=stage.chunk, n_chunks=stage.n_chunks)


def source_model(model: nn.Module) -> LanguageModel:
    """The language model inside an encoder, or the one that an encoder is made of."""
    return model.encoder.model if hasattr(model, "encoder") else model


def inherit(model: MemoryModel, before: MemoryModel) -> None:
    """Take over the weights of the stage before; the control without memories: its decoder's."""
    if model.encoder is None:
        model.decoder.load_state_dict(before.decoder.state_dict())
    else:
        model.load_state_dict(before.state_dict())


def blocks_sha256(model: LanguageModel) -> str:
    """SHA-256 of the weights of a model's blocks and final norm: what stays frozen."""
    weights = model.state_dict()
    kept = ("blocks.", "final_norm.")
    return weights_sha256({name: w for name, w in weights.items() if name.startswith(kept)})


def batches_of(stage: Stage, stream: TokenStream, seed: int, symbols: Symbols) -> Batches:
    """Training batches: the same sequences for all arms of a seed.

    A stage goes on where the one before it stopped. A copy is of the first half of the sequence
    that the causal task reads whole.
    """
    if isinstance(stage, SourceStage):
        windows = random_windows(stream, stage.chunk, seeds.child(seed, "batches/source"))
        if stage.objective == CAUSAL:
            return windows
        return lambda step, size: (windows(step, size)[0],) * 2
    length = stage.chunk * stage.n_chunks
    windows = random_windows(stream, length, seeds.child(seed, "batches"))

    def batch(step: int, size: int) -> Batch:
        text, _ = windows(stage.steps_before + step, size)
        if stage.task == COMBINED:
            return combined_task(text, stage.chunk, cue=symbols.cue if stage.cue else None)
        return asked(stage.task, text, stage.chunk, symbols)

    return batch


def objective_of(stage: Stage, model: TokenPredictor) -> Objective:
    """The mean over the targets that count; of combined tasks the sum of both means."""
    loss = TaskLoss()
    if isinstance(stage, SourceStage) or stage.task == CAUSAL:
        return loss
    half = SecondHalf(model)
    if stage.task in (COPY, BLANK):
        return lambda _, batch: loss(half, batch)
    return lambda _, batch: loss(model, batch, half)


def training_config(recipe: RecipeConfig) -> TrainingConfig:
    """The recipe in the words of the training loop; the last weights are the ones that count."""
    return TrainingConfig(
        steps=recipe.steps,
        batch_size=recipe.batch_size,
        micro_batch_size=recipe.micro_batch_size,
        schedule=Schedule(
            peak=recipe.learning_rate,
            final=0.0,
            warmup_steps=recipe.warmup_steps,
            fall_until=recipe.steps,
            shape="linear",
        ),
        betas=(0.9, 0.999),
        weight_decay=0.0,
        evaluate_every=recipe.steps,
        keep_best=(),
    )


def _train(
    stage: Stage,
    seed: int,
    own: StageContext,
    model: TokenPredictor,
    text: dict[str, TokenStream],
    symbols: Symbols,
) -> Kept:
    recipe = stage.recipe
    offset, length = 0, stage.chunk
    if isinstance(stage, MemoryStage):
        offset, length = stage.steps_before, stage.chunk * stage.n_chunks
    windows, _ = evaluation_windows(text["validation"], length, recipe.evaluation_windows)
    watched = Watched(
        own,
        max(1, recipe.steps // recipe.evaluations),
        lambda: curve_rows(stage, model, windows, own.device, symbols),
    )
    result = train(
        model,
        training_config(recipe),
        batches_of(stage, text["train"], seed, symbols),
        watched,
        seed=seeds.child(seed, "dropout"),
        objective=objective_of(stage, model),
    )
    weights = {key: value.cpu() for key, value in model.state_dict().items()}
    facts = {
        "task": stage.objective if isinstance(stage, SourceStage) else stage.task,
        "memory": "" if isinstance(stage, SourceStage) else stage.memory,
        "steps": recipe.steps,
        "tokens_seen": recipe.steps * recipe.batch_size * length,
        "tokens_per_second": round(result.positions_per_second, 1),
        "weights_sha256": weights_sha256(weights),
    }
    rows = [row | {"step": row["step"] + offset} for row in watched.rows]
    return Kept(weights, rows, facts, own.made_by)
