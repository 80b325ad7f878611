"""Training on RegBench: the data as batches, padding left out of loss and time.

Batches are the paper's: 32 random sequences, every sequence once an epoch. Their lengths lie
between 19 and 949 tokens, so that padding to the longest would be most of the work. The sequences
of a batch are therefore sorted by length and go through the model a few at a time, each few cut to
their own longest. Gradients add up to those of the whole batch: the mean over its targets.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from memstudy.batching import Batch, Batches, shuffled_epochs
from memstudy.core import seeds
from memstudy.core.context import Context
from memstudy.evaluation import next_token_loss
from memstudy.experiments.regbench.automata import PAD
from memstudy.experiments.regbench.config import DataConfig, RecipeConfig
from memstudy.experiments.regbench.sequences import (
    SequenceRecipe,
    Split,
    Splits,
    in_distribution,
    out_of_distribution,
)
from memstudy.training import Schedule, TrainingConfig, TrainingResult, train

VALIDATION = "validation"  # sequences of unseen automata choose the weights (Fig. 11)
VALIDATION_IN = "validation in distribution"  # new sequences of the training automata (Table 4)


def splits_of(data: DataConfig) -> tuple[Splits, Splits | None]:
    """Splits out of distribution, and in distribution where ``data`` has them."""
    recipe = sequence_recipe(data)
    foreign = out_of_distribution(
        data.environments, data.validation, data.test, data.seed, sequence_recipe=recipe
    )
    if not data.in_distribution:
        return foreign, None
    count = data.in_distribution
    return foreign, in_distribution(foreign.train, count, count, data.seed, recipe)


def sequence_recipe(data: DataConfig) -> SequenceRecipe:
    """Distribution of the sequences."""
    return SequenceRecipe(data.strings, data.letters)


def as_batch(split: Split) -> Batch:
    """Inputs and labels of a split, (sequences, longest - 1) int64, longest sequence first."""
    order = np.argsort(-split.lengths, kind="stable")
    inputs = split.inputs.astype(np.int64)[order]
    return torch.from_numpy(inputs), torch.from_numpy(split.labels[order])


def sorted_by_length(batches: Batches) -> Batches:
    """The same batches, each with its longest sequence first.

    Args:
        batches: source of batches (inputs padded at the right, labels).
    """

    def batch(step: int, batch_size: int) -> Batch:
        drawn = batches(step, batch_size)
        order = (drawn[0] != PAD).sum(1).argsort(descending=True, stable=True)
        return tuple(tensor[order] for tensor in drawn)

    return batch


def without_padding(batch: Batch) -> Batch:
    """A batch cut to its longest sequence.

    Models are causal: what stands after the end of a sequence changes nothing before it.
    """
    longest = int((batch[0] != PAD).any(0).sum())
    return tuple(tensor[:, :longest] for tensor in batch)


def loss_without_padding(model: nn.Module, batch: Batch) -> Tensor:
    """Mean cross-entropy in nats over the labels that count, without computing on padding."""
    return next_token_loss(model, without_padding(batch))


def epoch_steps(recipe: RecipeConfig, sequences: int) -> int:
    """Steps of an epoch over a training set of so many sequences."""
    return -(-sequences // recipe.batch_size)


def training_config(recipe: RecipeConfig, sequences: int) -> TrainingConfig:
    """The recipe in the words of the training loop.

    Args:
        recipe: epochs and rates.
        sequences: of the training set.
    """
    epoch = epoch_steps(recipe, sequences)
    rate = recipe.learning_rate
    return TrainingConfig(
        steps=recipe.epochs * epoch,
        batch_size=recipe.batch_size,
        micro_batch_size=recipe.micro_batch_size,
        schedule=Schedule(
            initial=1e-6,
            peak=rate,
            final=0.1 * rate,
            warmup_steps=recipe.warmup_epochs * epoch,
            fall_from=0,
            fall_until=recipe.epochs * epoch,
        ),
        betas=(0.9, 0.999),
        weight_decay=recipe.weight_decay,
        decay_all=True,
        clip_norm=recipe.clip_norm,
        evaluate_every=recipe.evaluate_epochs * epoch,
        keep_best=(VALIDATION, VALIDATION_IN),
    )


def learn(
    model: nn.Module,
    recipe: RecipeConfig,
    foreign: Splits,
    own: Splits | None,
    context: Context,
    seed: int,
) -> TrainingResult:
    """Train a model in place.

    Args:
        model: a new model.
        recipe: how.
        foreign: training sequences, and validation sequences of unseen automata.
        own: validation sequences of the training automata; None: none.
        context: device, checkpoints, progress.
        seed: base seed; order of the sequences and dropout descend from it.

    Returns:
        Learning curves, and the best weights on ``VALIDATION`` and ``VALIDATION_IN``.
    """
    chosen_on = {VALIDATION: as_batch(foreign.validation)}
    if own is not None:
        chosen_on[VALIDATION_IN] = as_batch(own.validation)
    return train(
        model,
        training_config(recipe, len(foreign.train)),
        sorted_by_length(shuffled_epochs(as_batch(foreign.train), seeds.child(seed, "batches"))),
        context,
        seed=seeds.child(seed, "dropout"),
        evaluation_sets=chosen_on,
        objective=loss_without_padding,
    )
