"""The one training loop of all language models: AdamW on a schedule, watched and resumable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from memstudy.batching import Batch, Batches, Weight, counted_targets
from memstudy.core.context import Context
from memstudy.distributed import join
from memstudy.evaluation import Objective, in_mode, next_token_loss
from memstudy.monitoring import NonFinite
from memstudy.optimisation import Schedule, TrainingConfig
from memstudy.training_loop import Best, Loop, State, own_randomness

__all__ = ["Best", "Schedule", "TrainingConfig", "TrainingDiverged", "TrainingResult", "train"]


@dataclass(frozen=True)
class TrainingResult:
    """What a training leaves behind besides the model's last weights."""

    log: dict[str, Tensor]  # (steps,) each: "loss" before the update, its parts, "gradient_norm"
    evaluations: list[dict[str, Any]]  # long rows: metric, split, step (updates done), value (nats)
    best: dict[str, Best]  # by evaluation set; those of keep_best that were given
    positions: int  # inputs read, padding included; of several tensors a batch, those of the first
    positions_per_second: float  # over the steps alone; NaN for a training of very few steps
    state: State | None  # restoring it skips the training; shares memory with the model

    def rows(self, every: int = 1) -> list[dict[str, Any]]:
        """Long rows (metric, split, step, value) of the log (split "batch") and the evaluations.

        Args:
            every: steps over which the log is averaged; a row bears the number of updates done.
        """
        return [
            {
                "metric": name,
                "split": "batch",
                "step": min(first + every, len(values)),
                "value": float(values[first : first + every].mean()),
            }
            for name, values in self.log.items()
            for first in range(0, len(values), every)
        ] + self.evaluations


class TrainingDiverged(RuntimeError):
    """A loss or a gradient became NaN or infinite; the last checkpoint is from before that.

    Attributes:
        step: updates that had been done.
        result: the training up to there, with the best weights.
    """

    def __init__(self, message: str, step: int, result: TrainingResult) -> None:
        super().__init__(message)
        self.step = step
        self.result = result


def train(
    model: nn.Module,
    config: TrainingConfig,
    batches: Batches,
    context: Context,
    *,
    seed: int,
    evaluation_sets: Mapping[str, Batch] | None = None,
    objective: Objective = next_token_loss,
    weight: Weight = counted_targets,
) -> TrainingResult:
    """Train a model in place, on the context's device; go on where an earlier call stopped.

    Under torchrun every process calls it with the same arguments; each takes its rows of every
    batch, and the first one saves and decides to stop. With equal ``micro_batch_size``, and shares
    that are multiples of it, even the dropout masks are those of a single process.

    Args:
        model: has ``parameter_groups`` and what the objective needs. Moved to the device; it keeps
            its training or evaluation mode.
        config: how to train.
        batches: source of training batches; see :mod:`memstudy.batching`.
        context: device, checkpoint, progress, the wish to stop. An experiment that trains in
            stages passes, for each, an object with the same ``device``, ``restored`` and
            ``advance`` that files the stage's state under its name.
        seed: of the dropout masks, and of whatever else the objective draws from PyTorch's global
            generators, whose state is the same after the call as before.
        evaluation_sets: fixed sequences by split, such as ``"train"`` and ``"validation"``; those
            named in ``config.keep_best`` choose the best weights.
        objective: the loss, or several by name, whose sum is minimised.
        weight: how much a piece of a batch counts against others; the losses of an objective must
            be means over something proportional to it.

    Raises:
        StopRequested: the context wants to stop; a checkpoint is saved.
        TrainingDiverged: NaN or infinity; the checkpoint is left as it was before.
        ValueError: the checkpoint belongs to another seed, or a batch cannot be divided.
    """
    processes = join(context.device.torch)
    loop = Loop(model, config, context, processes, seed, objective, weight)
    saved = context.restored()
    if saved is not None:
        loop.load(saved)
    try:
        with in_mode(model, training=True), own_randomness(context.device.torch):
            loop.run(batches, evaluation_sets or {})
    except NonFinite as error:
        message = f"{error}; a lower learning rate or a longer warm-up may help"
        raise TrainingDiverged(message, error.step, result_of(loop, None)) from None
    return result_of(loop, loop.state())


def result_of(loop: Loop, state: State | None) -> TrainingResult:
    """What has come of a training so far; arguments as in :func:`train` and TrainingResult."""
    names, values = loop.log.names, loop.log.values
    columns = torch.tensor(values, dtype=torch.float64).reshape(len(values), len(names)).unbind(1)
    return TrainingResult(
        log=dict(zip(names, columns, strict=True)),
        evaluations=loop.evaluations,
        best=loop.best,
        positions=loop.positions,
        positions_per_second=loop.speed.per_second,
        state=state,
    )
