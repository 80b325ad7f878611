"""Train two encoders on the finite language to their optimum, and look at their vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from memstudy.batching import IGNORED, Batch
from memstudy.core import seeds
from memstudy.core.context import Context
from memstudy.core.experiment import Measured, Unit
from memstudy.evaluation import next_token_loss
from memstudy.experiments.embedding_information import finite_language
from memstudy.experiments.embedding_information.finite_language import FiniteConfig
from memstudy.nn.autoencoder import Autoencoder, Encoder
from memstudy.nn.language_model import count_parameters
from memstudy.nn.llama import Llama, LlamaConfig
from memstudy.records import long_table
from memstudy.stages import StageContext, Stages
from memstudy.training import Schedule, TrainingConfig, train


def measure(unit: Unit, context: Context) -> Measured:
    """Both trainings of a run, and what can be said of the vectors of all inputs.

    Rows, by part (``"untrained"``, ``"causal"``, ``"autoencoder"``):

    - ``excess_loss``: nats above the least possible loss; a next-token model is asked for the
      continuation alone, an autoencoder for all letters.
    - ``merging_cost``: rise of that loss when every vector is replaced by the mean over the inputs
      with the same continuation. ``least_merging_cost``: what it must be at least.
    - ``spread_within``, ``least_distance``: see :mod:`.finite_language`.
    - ``axis_1``, ``axis_2``: the vectors on their two main axes, one row an input (position).
    """
    config: FiniteConfig = unit.config
    inputs, classes = (x.to(context.device.torch) for x in sentences(config))
    causal = language_model(config, unit.seed)
    autoencoder = Autoencoder(
        Encoder(language_model(config, unit.seed)),
        new_llama(config, unit.seed, "init/decoder"),
        generator=seeds.torch_generator(unit.seed, "init/spread"),
    )
    targets = torch.cat((inputs[:, 1:], classes[:, None] + config.letters), dim=1)
    causal.to(inputs.device)
    rows = described("untrained", vectors_of(causal, inputs), classes)
    stages = Stages(context)
    fit(causal, (inputs, targets), config, unit.seed, stages.stage("causal"))
    fit(autoencoder, (inputs, inputs), config, unit.seed, stages.stage("autoencoder"))
    for part, model in (("causal", causal), ("autoencoder", autoencoder)):
        found = vectors_of(model, inputs)
        rows += described(part, found, classes)
        rows += merging(part, config, model, found, inputs, classes)
    facts = {
        "parameters": count_parameters(causal),
        "inputs": config.inputs,
        "continuations": config.continuations,
        "sequences_seen": 2 * config.steps * config.inputs,
    }
    return Measured(long_table(rows, unit), facts)


def sentences(config: FiniteConfig) -> tuple[Tensor, Tensor]:
    """All inputs after the start symbol, (inputs, 1 + length), and their continuations."""
    letters, continuations = map(torch.from_numpy, finite_language.language(config))
    start = torch.full((len(letters), 1), config.symbols - 1)
    return torch.cat((start, letters), dim=1), continuations


def language_model(config: FiniteConfig, seed: int) -> Llama:
    """A new language model: the encoder of both objectives, with the same initial weights."""
    return new_llama(config, seed, "init")


def new_llama(config: FiniteConfig, seed: int, name: str) -> Llama:
    """A new transformer of the configuration."""
    shape = LlamaConfig(
        vocab_size=config.symbols,
        d_model=config.d_model,
        n_heads=config.n_heads,
        n_blocks=config.n_blocks,
        context_length=1 + config.length,
        init="fan_in",
        tied=True,
    )
    return Llama(shape, seeds.torch_generator(seed, name))


def fit(
    model: nn.Module, data: Batch, config: FiniteConfig, seed: int, stage: StageContext
) -> None:
    """Train on the whole language at every step."""
    training = TrainingConfig(
        steps=config.steps,
        batch_size=config.inputs,
        schedule=Schedule(
            peak=config.learning_rate,
            final=0.0,
            warmup_steps=config.warmup_steps,
            fall_until=config.steps,
            shape="linear",
        ),
        betas=(0.9, 0.999),
        weight_decay=config.weight_decay,
        evaluate_every=config.steps,
        keep_best=(),
    )
    seed = seeds.child(seed, "dropout")
    train(model, training, lambda step, size: data, stage, seed=seed, objective=next_token_loss)


@torch.no_grad()
def vectors_of(model: nn.Module, inputs: Tensor) -> Tensor:
    """The vector of every input: (inputs, d_model)."""
    encoder = model.encoder if isinstance(model, Autoencoder) else Encoder(model)
    return encoder(inputs)


@torch.no_grad()
def loss_from(
    model: nn.Module, vectors: Tensor, config: FiniteConfig, inputs: Tensor, classes: Tensor
) -> float:
    """Loss that a model makes of given vectors, in nats an input, above the least possible.

    A language model predicts the continuation, an autoencoder the sentence; in both the least is 0.
    """
    if isinstance(model, Autoencoder):
        hidden, targets = model.decode(vectors, inputs.shape[1]), inputs
    else:
        hidden, targets = vectors[:, None], classes[:, None] + config.letters
    logits = (hidden * model.logit_scale) @ model.head_weight.T  # (inputs, positions, symbols)
    losses = nn.functional.cross_entropy(
        logits.mT.double(), targets, reduction="none", ignore_index=IGNORED
    )
    return losses.sum(1).mean().item()


def merging(
    part: str,
    config: FiniteConfig,
    model: nn.Module,
    vectors: Tensor,
    inputs: Tensor,
    classes: Tensor,
) -> list[dict[str, Any]]:
    """What it costs to give inputs with equal continuations one vector."""
    merged = finite_language.class_means(vectors.cpu().numpy(), classes.cpu().numpy())
    merged = torch.from_numpy(merged).to(vectors)
    losses = [loss_from(model, each, config, inputs, classes) for each in (vectors, merged)]
    least = config.ambiguity if isinstance(model, Autoencoder) else 0.0
    values = {
        "excess_loss": losses[0],
        "merging_cost": losses[1] - losses[0],
        "least_merging_cost": least - losses[0],
    }
    return [{"metric": metric, "part": part, "value": value} for metric, value in values.items()]


def described(part: str, vectors: Tensor, classes: Tensor) -> list[dict[str, Any]]:
    """Rows on where the vectors of all inputs lie."""
    points, named = vectors.cpu().double().numpy(), classes.cpu().numpy()
    values = {
        "spread_within": finite_language.spread_within(points, named),
        "least_distance": finite_language.least_distance(points),
    }
    rows = [{"metric": metric, "part": part, "value": value} for metric, value in values.items()]
    centred = points - points.mean(0)
    axes = centred @ np.linalg.svd(centred, full_matrices=False)[2][:2].T  # (inputs, 2)
    return rows + [
        {"metric": f"axis_{axis + 1}", "part": part, "position": place, "value": float(value)}
        for axis in (0, 1)
        for place, value in enumerate(axes[:, axis])
    ]
