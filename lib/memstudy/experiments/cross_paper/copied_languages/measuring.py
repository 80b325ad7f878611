"""A model that learns languages, with or without copies, and its test on unseen languages."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import Tensor, nn

from memstudy.batching import Batch, shuffled_epochs
from memstudy.core import seeds
from memstudy.core.context import Context
from memstudy.core.experiment import Measured, Unit
from memstudy.evaluation import mean_losses
from memstudy.experiments.cross_paper.copied_languages.config import (
    COPY_ACCURACY,
    KNOWN,
    SIGNED,
    UNSIGNED,
    LanguagesUnit,
)
from memstudy.experiments.cross_paper.copied_languages.copies import (
    JOINT,
    SIGN,
    combined_batch,
    copies_of,
    copy_labels,
)
from memstudy.experiments.regbench import measuring as regbench
from memstudy.experiments.regbench import run
from memstudy.experiments.regbench.architectures import new_model
from memstudy.experiments.regbench.automata import N_TOKENS, PAD
from memstudy.experiments.regbench.config import OracleUnit
from memstudy.experiments.regbench.learning import (
    VALIDATION,
    as_batch,
    epoch_steps,
    loss_without_padding,
    sequence_recipe,
    sorted_by_length,
    splits_of,
    training_config,
)
from memstudy.experiments.regbench.measuring import AT_ONCE, TEST, Predict, Row
from memstudy.experiments.regbench.sequences import Split, Splits
from memstudy.nn.language_model import LanguageModel
from memstudy.nn.targets import IGNORED
from memstudy.records import long_table
from memstudy.stages import weights_sha256
from memstudy.training import TrainingResult, train

BETWEEN = {SIGNED: SIGN, UNSIGNED: JOINT}  # delimiters, by announcement


def measure(unit: Unit, context: Context) -> Measured:
    """The model of a unit on unseen languages, or the predictors without training.

    Rows: those of :func:`regbench.measuring.rows_of`; ``loss``, the next-token loss in nats on the
    test; ``copy_accuracy`` with and without a sign and of who knows the language; learning curves.

    Raises:
        StopRequested: the context wants to stop; a checkpoint is kept.
        TrainingDiverged: a loss was not finite.
    """
    if isinstance(unit.config, OracleUnit):
        return run.oracles(unit)
    config: LanguagesUnit = unit.config
    splits, _ = splits_of(config.data)
    model = untrained(config, unit.seed)
    result = trained(model, config, splits, context, unit.seed)
    model.load_state_dict(result.best[VALIDATION].weights)
    rows: list[Row] = result.rows(epoch_steps(config.setting.recipe, len(splits.train)))
    predict = run.predictor(model, context.device)
    rows += regbench.rows_of(regbench.scores_of(splits.test, predict), TEST)
    found = mean_losses(
        model,
        as_batch(splits.test),
        context.device,
        batch_size=AT_ONCE,
        objective=loss_without_padding,
    )
    rows += [{"metric": "loss", "split": TEST, "value": found["loss"]}]
    rows += copy_rows(splits.test, predict)
    return Measured(long_table(rows, unit), facts_of(model, config, splits, result))


def untrained(config: LanguagesUnit, seed: int) -> LanguageModel:
    """A new model; those of one architecture and seed are equal, whatever they are trained on."""
    longest = sequence_recipe(config.data).longest
    generator = seeds.torch_generator(seed, "init")
    return new_model(config.setting.architecture, N_TOKENS, longest, generator)


def trained(
    model: LanguageModel, config: LanguagesUnit, splits: Splits, context: Context, seed: int
) -> TrainingResult:
    """Train a model in place; see ``regbench.learning.learn``.

    The weights to be tested are those with the lowest next-token loss on validation sequences; on
    copies nothing is chosen.
    """
    recipe = config.setting.recipe
    data = combined_batch(splits.train) if config.copies else as_batch(splits.train)
    return train(
        model,
        training_config(recipe, len(splits.train)),
        sorted_by_length(shuffled_epochs(data, seeds.child(seed, "batches"))),
        context,
        seed=seeds.child(seed, "dropout"),
        evaluation_sets={VALIDATION: as_batch(splits.validation)},
        objective=combined_loss,
    )


def combined_loss(model: nn.Module, batch: Batch) -> Tensor | dict[str, Tensor]:
    """Next-token loss of the languages; of a combined batch that and the copy loss, to be added.

    Both are means over their targets. The languages come first, so that their dropout masks are
    those of a model without copies.
    """
    causal = loss_without_padding(model, batch[:2])
    if len(batch) == 2:
        return causal
    return {"causal": causal, "copy": loss_without_padding(model, batch[2:])}


def copy_rows(test: Split, predict: Predict) -> list[Row]:
    """Share of the copies' letters that are named, with both announcements; what knowledge gives.

    Who knows the language exactly, and copies nothing, names one of the likeliest letters and is
    right as often as its probability says.
    """
    found = {}
    for announced, between in BETWEEN.items():
        copies = copies_of(test, between)
        labels = copy_labels(copies, between)
        found[announced] = share_named(copies.inputs, labels, predict)
        known = copies.distributions().max(axis=-1)[labels != IGNORED]  # the same in both
    found[KNOWN] = float(known.mean())
    return [
        {"metric": COPY_ACCURACY, "split": TEST, "part": part, "value": value}
        for part, value in found.items()
    ]


def share_named(inputs: np.ndarray, labels: np.ndarray, predict: Predict) -> float:
    """Share of the labels that count whose token is the likeliest.

    Args:
        inputs: tokens (sequences, time), padded at the right.
        labels: (sequences, time), ``IGNORED`` where nothing is asked.
        predict: the predictor.
    """
    right = np.zeros(labels.shape, bool)
    lengths = (inputs != PAD).sum(axis=1)
    order = np.argsort(lengths, kind="stable")
    for first in range(0, len(order), AT_ONCE):
        rows = order[first : first + AT_ONCE]
        time = lengths[rows].max()
        said = predict(inputs[rows, :time]).argmax(axis=-1)
        right[rows, :time] = said == labels[rows, :time]
    return float(right[labels != IGNORED].mean())


def facts_of(
    model: LanguageModel, config: LanguagesUnit, splits: Splits, result: TrainingResult
) -> dict[str, Any]:
    """Sizes, effort and data of a training; ``weights_sha256`` is of the tested weights."""
    told = run.facts_of(model, config, splits, None, result)
    read = (copies_of(splits.train).lengths - 1).sum() if config.copies else 0
    return told | {
        "copy_tokens_seen": int(read) * config.setting.recipe.epochs,
        "weights_sha256": weights_sha256(model.state_dict()),
    }
