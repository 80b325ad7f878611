"""The one evaluator: losses of a language model on fixed windows, dropout off.

:func:`mean_losses` gives the mean of whatever a training minimises; :func:`token_losses` keeps the
loss of every token, from which means, losses by position and paired comparisons of two models are
made.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from memstudy.batching import IGNORED, Batch, Weight, counted_targets, pieces
from memstudy.core.device import Device
from memstudy.core.processes import Processes

# (model, batch) to a mean loss in nats, or to several named ones whose sum counts.
Objective = Callable[[nn.Module, Batch], Tensor | Mapping[str, Tensor]]


def next_token_loss(model: nn.Module, batch: Batch) -> Tensor:
    """Mean cross-entropy in nats of the targets that count; ``batch`` is (tokens, targets)."""
    tokens, targets = batch
    return model.loss(tokens, targets, ignore_index=IGNORED)


def named_losses(found: Tensor | Mapping[str, Tensor]) -> tuple[list[str], Tensor]:
    """What an objective gave as names and one vector: ``"loss"``, the sum, then its parts.

    Only the sum carries a gradient.
    """
    if isinstance(found, Tensor):
        return ["loss"], found.unsqueeze(0)
    total = sum(found.values())
    return ["loss", *found], torch.stack([total, *(part.detach() for part in found.values())])


@contextlib.contextmanager
def in_mode(model: nn.Module, training: bool) -> Iterator[None]:
    """The model in training or evaluation mode inside the block; afterwards as it was before."""
    before = [(module, module.training) for module in model.modules()]
    model.train(training)
    try:
        yield
    finally:
        for module, was_training in before:
            module.training = was_training


def autocast(device: Device) -> torch.autocast:
    """The device's autocast region; without effect where it computes in float32."""
    return torch.autocast(device.kind, torch.bfloat16, enabled=device.autocast == "bfloat16")


@torch.no_grad()
def mean_losses(
    model: nn.Module,
    batch: Batch,
    device: Device,
    *,
    batch_size: int,
    objective: Objective = next_token_loss,
    weight: Weight = counted_targets,
    processes: Processes | None = None,
    on_batch: Callable[[], None] = lambda: None,
) -> dict[str, float]:
    """Mean of an objective over a set of sequences, every target with the same weight.

    Args:
        model: on the device.
        batch: the whole set.
        device: where to compute.
        batch_size: sequences a forward pass; it does not change the result but for rounding.
        objective: gives the mean loss, or named mean losses, of some of the sequences.
        weight: how much these count.
        processes: those that share the work; every one gets the result.
        on_batch: called after every forward pass; what it raises ends the evaluation.

    Returns:
        ``"loss"``, and each part by its name where the objective has several, in nats.
    """
    processes = processes or Processes()
    total: Tensor | float = 0.0
    names: list[str] = []
    with in_mode(model, training=False):
        for piece in pieces(batch, batch_size, processes.rows(len(batch[0])), weight):
            with autocast(device):
                found = objective(model, piece.to(device.torch).batch)
            names, losses = named_losses(found)
            total = total + losses.double() * piece.share
            on_batch()
    return dict(zip(names, processes.sum_(total).tolist(), strict=True))


class NotFinite(ValueError):
    """A model gives NaN or infinity where its losses are measured."""


@torch.no_grad()
def token_losses(
    model: nn.Module,
    batch: Batch,
    device: Device,
    *,
    batch_size: int,
    on_batch: Callable[[], None] = lambda: None,
) -> TokenLosses:
    """Cross-entropy of every token.

    Args:
        model: on the device; has ``loss(tokens, targets, reduction, ignore_index)``.
        batch: tokens and targets, each (windows, positions).
        device: where to compute.
        batch_size: windows a forward pass.
        on_batch: called after every forward pass; what it raises ends the evaluation.

    Raises:
        NotFinite: the model gives NaN or infinity.
    """
    tokens, targets = batch
    losses = np.empty(tuple(targets.shape), dtype=np.float32)
    with in_mode(model, training=False):
        for first in range(0, len(tokens), batch_size):
            part = slice(first, first + batch_size)
            x, y = (tensor[part].to(device.torch) for tensor in (tokens, targets))
            with autocast(device):
                found = model.loss(x, y, reduction="none", ignore_index=IGNORED)
            if not found.isfinite().all():
                raise NotFinite(f"the model gives a loss that is not finite from window {first} on")
            losses[part] = found.masked_fill(y == IGNORED, math.nan).float().cpu().numpy()
            on_batch()
    return TokenLosses(losses)


@dataclass(frozen=True)
class TokenLosses:
    """Cross-entropy of every token of some windows, in nats."""

    values: np.ndarray  # (windows, positions) float32; NaN where the target does not count

    @property
    def mean(self) -> float:
        """Mean over all tokens that count, in nats."""
        return float(np.nanmean(self.values, dtype=np.float64))

    def by_position(self) -> np.ndarray:
        """(positions,) mean over windows; NaN at positions where no target counts."""
        counts = np.isfinite(self.values).sum(0)
        sums = np.nansum(self.values, 0, dtype=np.float64)
        return np.divide(sums, counts, out=np.full(sums.shape, math.nan), where=counts > 0)

    def window_means(self, start: int = 0, stop: int | None = None) -> np.ndarray:
        """(windows,) mean of each window over positions ``start`` to ``stop`` - 1.

        Raises:
            ValueError: a window has no target that counts there.
        """
        part = self.values[:, start:stop]
        counts = np.isfinite(part).sum(1)
        if not counts.all():
            raise ValueError(
                f"{int((counts == 0).sum())} of {len(part)} windows have no target that counts "
                f"in positions {start} to {stop}"
            )
        return np.nansum(part, 1, dtype=np.float64) / counts

    def minus(self, other: TokenLosses, start: int = 0, stop: int | None = None) -> np.ndarray:
        """(windows,) difference of :meth:`window_means` of two models on the same windows.

        Being paired, the differences vary much less than the losses; their bootstrap
        (:func:`memstudy.core.statistics.bootstrap`) tells which model is better.

        Raises:
            ValueError: the windows are not the same.
        """
        if self.values.shape != other.values.shape or not np.array_equal(
            np.isfinite(self.values), np.isfinite(other.values)
        ):
            raise ValueError("losses can be paired only where both models saw the same windows")
        return self.window_means(start, stop) - other.window_means(start, stop)
