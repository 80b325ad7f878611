"""Train a model to recall associations, and measure how many it can hold (MM-A5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from memstudy.batching import IGNORED, Batch, Batches
from memstudy.core import seeds
from memstudy.core.experiment import Measured, Unit
from memstudy.evaluation import in_mode
from memstudy.experiments.regbench import mqar
from memstudy.experiments.regbench.architectures import new_model, sizes
from memstudy.experiments.regbench.mqar import MqarConfig, Sequences
from memstudy.nn.cross_entropy import linear_cross_entropy
from memstudy.records import long_table
from memstudy.training import Schedule, TrainingConfig, train
from memstudy.watching import Watched

if TYPE_CHECKING:
    from memstudy.core.context import Context
    from memstudy.core.device import Device
    from memstudy.nn.language_model import LanguageModel

LOG_POINTS = 100  # points of the training loss that are kept
TESTED_AT_ONCE = 1 << 15  # symbols of a test that the model reads at once
BETAS = (0.9, 0.999)  # of AdamW: PyTorch's own, as in the zoology benchmark


def measure(unit: Unit, context: Context) -> Measured:
    """Train the model of a unit; its accuracy by number of pairs during training and at the end.

    Rows: ``mqar_accuracy`` (share of queries whose most probable answer is right) and ``loss`` in
    nats a query, by step, split ``"test"``, one part for each number of pairs, see
    :func:`~memstudy.experiments.regbench.mqar.part`; ``loss`` of the training, split ``"batch"``.
    The last step is the result: no weights are chosen by looking at the test.

    Args:
        unit: its configuration is an :class:`~memstudy.experiments.regbench.mqar.MqarConfig`.
        context: device, checkpoints, progress.

    Raises:
        StopRequested: the context wants to stop; a checkpoint is saved.
        TrainingDiverged: a loss was not finite.
    """
    config: MqarConfig = unit.config
    model = new_model(
        config.architecture,
        config.vocabulary,
        config.length,
        seeds.torch_generator(unit.seed, "init"),
    )
    model.to(context.device.torch)
    sets = mqar.evaluation_sets(config)
    watched = Watched(context, config.evaluate_every, lambda: tested(model, sets, context.device))
    result = train(
        model,
        training_config(config),
        batches(config, unit.seed),
        watched,
        seed=seeds.child(unit.seed, "dropout"),
        objective=recall_loss,
    )
    losses = result.rows(max(1, config.steps // LOG_POINTS))
    rows = watched.rows + [row for row in losses if row["metric"] == "loss"]
    facts = {
        **sizes(model, config.length),
        "sequences_seen": config.steps * config.batch_size,
        "matrix_products": context.device.autocast,
        "tokens_per_second": round(result.positions_per_second, 1),
        "chance": {mqar.part(pairs): mqar.chance(pairs) for pairs in config.evaluation_pairs},
    }
    return Measured(long_table(rows, unit), facts)


def batches(config: MqarConfig, seed: int) -> Batches:
    """Training batches with all numbers of pairs, a pure function of seed and step."""

    def batch(step: int, batch_size: int) -> Batch:
        generator = seeds.numpy_generator(seed, "batches", step)
        parts = [scored(part) for part in mqar.draw_mixed(config, batch_size, generator)]
        tokens, targets = zip(*parts, strict=True)
        return torch.cat(tokens), torch.cat(targets)

    return batch


def scored(sequences: Sequences) -> Batch:
    """Inputs and targets, (sequences, length) each; where nobody asks the target is ignored."""
    targets = np.where(sequences.asked == mqar.UNASKED, IGNORED, sequences.answers)
    return torch.from_numpy(sequences.tokens), torch.from_numpy(targets)


def recall_loss(model: LanguageModel, batch: Batch) -> Tensor:
    """Mean cross-entropy in nats at the queries.

    The same number as the model's own loss, but the head sees the queries alone, which are few:
    with a large vocabulary it would cost more than all else.
    """
    tokens, targets = batch
    scored = targets != IGNORED
    return linear_cross_entropy(
        model.hidden(tokens)[scored], model.embedding.weight, targets[scored], model.logit_scale
    )


def training_config(config: MqarConfig) -> TrainingConfig:
    """The recipe in the words of the training loop."""
    return TrainingConfig(
        steps=config.steps,
        batch_size=config.batch_size,
        betas=BETAS,
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


def tested(
    model: LanguageModel, sets: Mapping[int, Sequences], device: Device
) -> list[dict[str, Any]]:
    """Accuracy and loss of a model on each test set, as rows without step.

    Args:
        model: on the device.
        sets: by number of pairs.
        device: where to compute.
    """
    rows: list[dict[str, Any]] = []
    for pairs, sequences in sets.items():
        right, loss = answered(model, sequences, device)
        named = {"split": "test", "part": mqar.part(pairs)}
        rows += [
            {"metric": "mqar_accuracy", "value": float(right.double().mean())} | named,
            {"metric": "loss", "value": float(loss.double().mean())} | named,
        ]
    return rows


@torch.no_grad()
def answered(model: LanguageModel, sequences: Sequences, device: Device) -> tuple[Tensor, Tensor]:
    """Whether each query is answered right, and its loss in nats: (queries,) each, in order."""
    rows = max(1, TESTED_AT_ONCE // sequences.tokens.shape[1])
    right, losses = [], []
    with in_mode(model, training=False):
        for inputs, targets in zip(*(x.split(rows) for x in scored(sequences)), strict=True):
            inputs, targets = inputs.to(device.torch), targets.to(device.torch)
            asked = targets != IGNORED
            targets = targets[asked]
            logits = answers(model, inputs, asked)
            right.append((logits.argmax(-1) == targets).cpu())
            losses.append(torch.nn.functional.cross_entropy(logits, targets, reduction="none"))
    return torch.cat(right), torch.cat(losses).cpu()


def answers(model: LanguageModel, inputs: Tensor, asked: Tensor) -> Tensor:
    """Logits at the queries alone, (queries, vocabulary), in full precision."""
    hidden = model.hidden(inputs)[asked] * model.logit_scale
    return torch.nn.functional.linear(hidden, model.embedding.weight)
