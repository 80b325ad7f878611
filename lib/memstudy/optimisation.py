"""The recipe of a training: its configuration, learning rates, AdamW, clipping."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

SHAPES = ("cosine", "linear", "constant")


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Learning rate by step: a linear rise, then a fall of one of three shapes.

    - Memory Mosaics, BabiStories: 0 to 5e-3 in 2,000 steps, cosine to 1e-4 at step 80,000.
    - RegBench: ``initial=1e-6``, a rise over 20 epochs, cosine to 0.1 of the peak over 200 epochs,
      ``fall_from=0``: the clock of the cosine runs during the rise already.
    - Memory models: a linear fall to 0.
    - Memory^3: constant for nine tenths (``fall_from``), then a linear fall.
    """

    peak: float  # learning rate at the end of the rise
    final: float  # learning rate at the end of the fall and from there on
    warmup_steps: int  # steps of the rise; 0: none
    fall_until: int  # step at which the fall ends
    initial: float = 0.0  # learning rate of step 0
    shape: str = "cosine"  # of the fall: "cosine", "linear", or "constant" (none at all)
    fall_from: int | None = None  # step at which the fall's clock starts; None: end of the rise

    def __post_init__(self) -> None:
        """Refuse schedules that make no sense (ValueError)."""
        if self.shape not in SHAPES:
            raise ValueError(f"unknown shape {self.shape!r}; choose one of {', '.join(SHAPES)}")
        if min(self.peak, self.final, self.initial, self.warmup_steps) < 0:
            raise ValueError("learning rates and steps of a schedule must not be negative")
        if self.fall_until < max(self.warmup_steps, self._fall_from):
            raise ValueError(
                f"the fall ends at step {self.fall_until}, before it starts at {self._fall_from} "
                f"or before the rise of {self.warmup_steps} steps has ended"
            )

    @property
    def _fall_from(self) -> int:
        return self.warmup_steps if self.fall_from is None else self.fall_from

    def at(self, step: int) -> float:
        """Learning rate of a step, counted from 0."""
        if step < self.warmup_steps:
            return self.initial + (self.peak - self.initial) * step / self.warmup_steps
        if self.shape == "constant" or step < self._fall_from:
            return self.peak
        if step >= self.fall_until:
            return self.final
        passed = (step - self._fall_from) / (self.fall_until - self._fall_from)
        left = (1 + math.cos(math.pi * passed)) / 2 if self.shape == "cosine" else 1 - passed
        return self.final + (self.peak - self.final) * left


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How a model is trained. The defaults are those of Memory Mosaics on BabiStories."""

    steps: int  # updates of the weights; the paper: 80,000
    batch_size: int  # sequences a step, over all processes and micro-batches; the paper: 512
    schedule: Schedule  # learning rate; the paper: 0 to 5e-3 in 2,000 steps, cosine to 1e-4
    micro_batch_size: int | None = None  # sequences a forward pass; None: all of a process at once
    betas: tuple[float, float] = (0.9, 0.95)  # of AdamW; RegBench: (0.9, 0.999)
    epsilon: float = 1e-8  # of AdamW; PyTorch's default, as in the paper
    weight_decay: float = 0.1  # decoupled; on tensors of two dimensions and more
    decay_all: bool = False  # decay scalars and norms too, as the RegBench runs do
    clip_norm: float | None = 1.0  # length of the longest gradient; None: no clipping
    evaluate_every: int = (
        2000  # steps between evaluations; one more before the first and at the end
    )
    # For each of these evaluation sets the weights with the lowest loss on it are kept.
    keep_best: tuple[str, ...] = ("validation",)
    compile: bool = False  # torch.compile, block by block: pays on a GPU, and in long runs only

    def __post_init__(self) -> None:
        """Refuse numbers that make no sense (ValueError)."""
        for name in ("steps", "batch_size", "micro_batch_size", "evaluate_every"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} is {value}; it must be at least 1")
        if self.clip_norm is not None and not self.clip_norm > 0:
            raise ValueError(f"clip_norm is {self.clip_norm}; give a positive length, or None")


class Trainable(Protocol):
    """What a model must have to be optimised."""

    def parameter_groups(self, weight_decay: float, decay_all: bool = False) -> list[dict]:
        """Groups for an optimiser; see :meth:`memstudy.nn.language_model.LanguageModel`."""


def adamw(model: Trainable, config: TrainingConfig) -> torch.optim.AdamW:
    """AdamW over the model's groups, in one fused kernel; the learning rate is set at every step.

    Args:
        model: has ``parameter_groups``.
        config: decay, betas, epsilon.
    """
    groups = model.parameter_groups(config.weight_decay, config.decay_all)
    return torch.optim.AdamW(groups, lr=0.0, betas=config.betas, eps=config.epsilon, fused=True)


def clip_gradients(parameters: Iterable[nn.Parameter], limit: float | None) -> Tensor:
    """Shorten the gradient, taken as one vector, to ``limit`` where it is longer.

    Args:
        parameters: those that may have a gradient.
        limit: Euclidean length; None leaves the gradients as they are.

    Returns:
        The length before clipping, a scalar tensor.
    """
    parameters = [parameter for parameter in parameters if parameter.grad is not None]
    norm = nn.utils.get_total_norm([parameter.grad for parameter in parameters])
    if limit is not None:
        nn.utils.clip_grads_with_norm_(parameters, limit, norm)
    return norm
