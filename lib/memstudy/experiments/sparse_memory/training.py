"""Training in stages: every stage is found by the hash of its history, or trained now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch

from memstudy.batching import Batch, Batches
from memstudy.core import seeds
from memstudy.core.experiment import plain
from memstudy.experiments.sparse_memory import measuring
from memstudy.experiments.sparse_memory.cards import Texts, World, training_texts
from memstudy.experiments.sparse_memory.config import ModelConfig, StageConfig, TestConfig
from memstudy.experiments.sparse_memory.factbook import any_world
from memstudy.experiments.sparse_memory.reader import (
    CardReader,
    MakeDecoder,
    new_decoder,
    new_reader,
    reader_loss,
)
from memstudy.nn.language_model import count_parameters
from memstudy.stages import Kept, StageContext, Stages, weights_sha256
from memstudy.training import Schedule, TrainingConfig, train
from memstudy.watching import Watched

LOG_POINTS = 50  # points of the training loss that are kept of a stage


@dataclass(frozen=True)
class TrainedReader:
    """A model in evaluation mode, and how it came to its weights."""

    reader: CardReader
    world: World
    rows: list[dict[str, Any]]  # learning curves of all its stages, in long form
    facts: dict[str, Any]  # parameters, tokens_seen, weights_sha256, stages


def trained_reader(
    config: ModelConfig,
    test: TestConfig,
    seed: int,
    stages: Stages,
    decoder: MakeDecoder = new_decoder,
) -> TrainedReader:
    """The model that a configuration and a seed determine.

    Stages without references are shared: equal stages of several arms are trained once.

    Args:
        config: world, shape, recipe and stages.
        test: what the learning curve is made of.
        seed: of initial weights and texts; models of one seed read the same texts in one order.
        stages: of the unit: its context, and where models are left.
        decoder: makes the decoder of the shape that the configuration names.

    Raises:
        StopRequested: a training has been interrupted; a checkpoint is saved.
        TrainingDiverged: a loss was not finite.
    """
    world = any_world(config.world)
    weights: dict[str, Any] = {}
    rows: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    for stage in range(len(config.stages)):
        reader = new_reader(config, stage, seed, decoder)
        inherit(reader, weights)
        described = {
            "experiment": "sparse_memory",
            "model": plain(replace(config, stages=config.stages[: stage + 1])),
            "curve": [test.curve_texts, test.curve_every],
            "seed": seed,
        }

        def make(own: StageContext, stage=stage, reader=reader) -> Kept:
            return train_stage(config, test, stage, seed, reader, world, own)

        found = stages.once(described, make)
        weights, rows = found.weights, rows + found.rows
        lines.append(found.facts | {"weights_made_by": found.made_by})
    reader.load_state_dict(weights)
    reader.to(stages.device.torch).eval()
    facts = {
        "parameters": count_parameters(reader),
        "tokens_seen": sum(line["tokens_seen"] for line in lines),
        "weights_sha256": lines[-1]["weights_sha256"],
        "stages": lines,
    }
    return TrainedReader(reader, world, rows, facts)


def inherit(reader: CardReader, weights: dict[str, Any]) -> None:
    """Take over what the stage before has learned; learned slots may be new."""
    if weights:
        missing, extra = reader.load_state_dict(weights, strict=False)
        if extra or any(name != "slots" for name in missing):
            raise ValueError(f"the stage before does not fit: {[*missing, *extra]}")


def train_stage(
    config: ModelConfig,
    test: TestConfig,
    stage: int,
    seed: int,
    reader: CardReader,
    world: World,
    context: StageContext,
) -> Kept:
    """Train one stage; arguments as those of :func:`trained_reader`, and the model it begins with.

    The last step's weights count: nothing is chosen by looking at a test.
    """
    own, recipe = config.stages[stage], config.recipe
    reader.to(context.device.torch)
    before = sum(earlier.steps for earlier in config.stages[:stage])
    curve = measuring.curve(reader, world, test, context.device)
    watched = Watched(context, test.curve_every, curve)
    result = train(
        reader,
        training_config(config, own),
        batches(world, own, seed, before),
        watched,
        seed=seeds.child(seed, f"stage {stage}"),
        objective=reader_loss,
    )
    kept = {name: value.detach().cpu().clone() for name, value in reader.state_dict().items()}
    losses = result.rows(max(1, own.steps // LOG_POINTS))
    rows = watched.rows + [row for row in losses if row["metric"] == "loss"]
    tokens = own.steps * recipe.batch_size * world.config.chunks * world.config.chunk_length
    facts = {
        "steps": own.steps,
        "tokens_seen": tokens,
        "tokens_per_second": round(result.positions_per_second, 1),
        "reads": "" if own.reading is None else own.reading.way,
        "weights_sha256": weights_sha256(kept),
    }
    named = [row | {"step": row["step"] + before} for row in rows]
    return Kept(kept, named, facts, context.made_by)


def batches(world: World, stage: StageConfig, seed: int, before: int) -> Batches:
    """Training batches of a stage; step 0 is step ``before`` of the whole training.

    Chunks retrieve the card of the entity that they are about.
    """

    def batch(step: int, batch_size: int) -> Batch:
        texts = training_texts(world, batch_size, seed, before + step)
        inputs_and_targets = as_batch(texts)
        if stage.reading is None:
            return inputs_and_targets
        return (*inputs_and_targets, torch.from_numpy(world.cards[texts.entities]))

    return batch


def as_batch(texts: Texts) -> Batch:
    """Inputs and targets, (texts, chunks · chunk_length) each."""
    tokens = torch.from_numpy(texts.tokens)
    return tokens[:, :-1].contiguous(), tokens[:, 1:].contiguous()


def training_config(config: ModelConfig, stage: StageConfig) -> TrainingConfig:
    """The recipe of a stage in the words of the training loop."""
    recipe = config.recipe
    return TrainingConfig(
        steps=stage.steps,
        batch_size=recipe.batch_size,
        micro_batch_size=recipe.micro_batch_size,
        weight_decay=recipe.weight_decay,
        evaluate_every=stage.steps,  # nothing: Watched does it
        keep_best=(),
        compile=recipe.compile,
        schedule=Schedule(
            peak=stage.learning_rate,
            final=0.0,
            warmup_steps=min(recipe.warmup_steps, stage.steps),
            fall_until=stage.steps,
            shape="linear",
            fall_from=max(
                min(recipe.warmup_steps, stage.steps),
                round((1 - recipe.fall_share) * stage.steps),
            ),
        ),
    )
