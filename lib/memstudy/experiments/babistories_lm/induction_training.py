"""Trains a model on the induction task, and tests it now and then while it learns."""

from __future__ import annotations

from typing import Any

import torch

from memstudy.core import seeds
from memstudy.core.context import Context
from memstudy.core.device import Device
from memstudy.core.experiment import Measured, Unit
from memstudy.evaluation import autocast, in_mode
from memstudy.experiments.babistories_lm.induction import (
    LATER,
    SECOND,
    InductionConfig,
    Sequences,
    batches,
    counting,
    evaluation_set,
    scored,
)
from memstudy.language_models.config import MOSAIC
from memstudy.nn.language_model import LanguageModel, count_parameters
from memstudy.nn.mosaic import MemoryMosaic, MosaicConfig
from memstudy.nn.transformer import Transformer, TransformerConfig
from memstudy.records import long_table
from memstudy.training import Schedule, TrainingConfig, train
from memstudy.watching import Watched

LOG_POINTS = 100  # points of the training loss that are kept


def measure(unit: Unit, context: Context) -> Measured:
    """Train the model of a unit; its accuracy on new sequences during training and at the end.

    Rows: ``induction_accuracy`` by step, split ``"test"``, part ``"second occurrence"`` or
    ``"later occurrences"``; ``loss`` in nats at scored positions, by step, splits ``"test"`` and
    ``"batch"``. The last step is the result: no weights are chosen by looking at the test.

    Args:
        unit: its configuration is an :class:`InductionConfig`.
        context: device, checkpoints, progress.

    Raises:
        StopRequested: the context wants to stop; a checkpoint is saved.
        TrainingDiverged: a loss was not finite.
    """
    config: InductionConfig = unit.config
    model = new_model(config, seeds.torch_generator(unit.seed, "init"))
    model.to(context.device.torch)
    test = evaluation_set(config)
    watched = Watched(context, config.evaluate_every, lambda: tested(model, test, context.device))
    result = train(
        model,
        training_config(config),
        batches(config, unit.seed),
        watched,
        seed=seeds.child(unit.seed, "dropout"),
    )
    losses = result.rows(max(1, config.steps // LOG_POINTS))
    rows = watched.rows + [row for row in losses if row["metric"] == "loss"]
    chance = counting(test)
    facts = {
        "parameters": count_parameters(model),
        "sequences_seen": config.steps * config.batch_size,
        "tokens_per_second": round(result.positions_per_second, 1),
        "counting_accuracy": {
            SECOND: float(chance[test.occurrence == 2].mean()),
            LATER: float(chance[test.occurrence > 2].mean()),
        },
        "scored_positions": {
            SECOND: int((test.occurrence == 2).sum()),
            LATER: int((test.occurrence > 2).sum()),
        },
    }
    return Measured(long_table(rows, unit), facts)


def new_model(config: InductionConfig, generator: torch.Generator) -> LanguageModel:
    """A new model.

    Both families start in the convention ``fan_in``: at these small widths GPT2's weights of
    standard deviation 0.02 would be so close to zero that they would have to grow first.

    Args:
        config: its shape.
        generator: source of the initial weights.
    """
    shape: dict[str, Any] = {
        "vocab_size": config.vocabulary,
        "d_model": config.d_model,
        "n_heads": config.n_heads,
        "n_blocks": config.n_blocks,
        "context_length": config.length,
        "init": "fan_in",
    }
    if config.family == MOSAIC:
        return MemoryMosaic(MosaicConfig(**shape), generator)
    return Transformer(TransformerConfig(**shape), generator)


def training_config(config: InductionConfig) -> TrainingConfig:
    """The recipe in the words of the training loop."""
    return TrainingConfig(
        steps=config.steps,
        batch_size=config.batch_size,
        weight_decay=config.weight_decay,
        evaluate_every=config.steps,  # nothing: Watched does it
        keep_best=(),
        schedule=Schedule(
            peak=config.learning_rate,
            final=0.0,
            warmup_steps=config.warmup_steps,
            fall_until=config.steps,
        ),
    )


def tested(model: LanguageModel, sequences: Sequences, device: Device) -> list[dict[str, Any]]:
    """Accuracy and loss of a model at the scored positions, as rows without step.

    Args:
        model: on the device.
        sequences: the test.
        device: where to compute.
    """
    inputs, targets = (tensor.to(device.torch) for tensor in scored(sequences))
    which = torch.from_numpy(sequences.occurrence).to(device.torch)
    with torch.no_grad(), in_mode(model, training=False), autocast(device):
        hidden = model.hidden(inputs)[which >= 2].float()  # (scored positions, d_model)
    with torch.no_grad():  # outside autocast: the likeliest symbol is not a matter of rounding
        logits = model.logits_from_hidden(hidden)  # (scored positions, vocabulary)
    targets, which = targets[which >= 2], which[which >= 2]
    right = logits.argmax(-1) == targets
    loss = torch.nn.functional.cross_entropy(logits, targets)
    accuracy = {SECOND: right[which == 2], LATER: right[which > 2]}
    rows: list[dict[str, Any]] = [
        {
            "metric": "induction_accuracy",
            "split": "test",
            "part": part,
            "value": float(hits.double().mean()),
        }
        for part, hits in accuracy.items()
    ]
    return [*rows, {"metric": "loss", "split": "test", "value": float(loss)}]
