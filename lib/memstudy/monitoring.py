"""What is watched during a training: losses of every step, speed, use of the device."""

from __future__ import annotations

import contextlib
import math
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from memstudy.nn.language_model import LanguageModel

LAG = {"cuda": 2}  # steps that the processor may be ahead of the device
WARMING = 3  # first steps of a call, which compile and allocate; left out of the speed


class NonFinite(Exception):
    """A number of a step is NaN or infinite."""

    def __init__(self, step: int, name: str, value: float) -> None:
        super().__init__(step, name, value)
        self.step = step

    def __str__(self) -> str:
        step, name, value = self.args
        return f"{name} of step {step} is {value}"


class StepLog:
    """Numbers of every step, the total loss first.

    A GPU works behind the processor. Reading a number at once would make the processor wait until
    the GPU has nothing left to do, so here it arrives some steps late; :meth:`drain` waits for all.

    Args:
        device: where the numbers come from.
    """

    def __init__(self, device: torch.device) -> None:
        self.names: list[str] = []
        self.values: list[list[float]] = []  # (steps, names)
        self._lag = LAG.get(device.type, 0)
        self._pending: deque[tuple[Tensor, torch.cuda.Event | None]] = deque()

    def push(self, names: list[str], values: Tensor) -> None:
        """Take the numbers of one more step, (names,).

        Raises:
            NonFinite: one that has arrived is NaN or infinite. It is not kept.
        """
        self.names = names
        if values.device.type == "cuda":
            host = torch.empty(values.shape, dtype=values.dtype, pin_memory=True)
            host.copy_(values, non_blocking=True)
            arrived = torch.cuda.Event()
            arrived.record()
            self._pending.append((host, arrived))
        else:
            self._pending.append((values, None))
        self._read(self._lag)

    def drain(self) -> None:
        """Wait until the numbers of all steps are here; raises as :meth:`push`."""
        self._read(0)

    def last(self) -> dict[str, float]:
        """The numbers that arrived last."""
        return dict(zip(self.names, self.values[-1], strict=True)) if self.values else {}

    def _read(self, left: int) -> None:
        while len(self._pending) > left:
            host, arrived = self._pending.popleft()
            if arrived is not None:
                arrived.synchronize()
            values = host.tolist()
            for name, value in zip(self.names, values, strict=True):
                if not math.isfinite(value):
                    raise NonFinite(len(self.values), name, value)
            self.values.append(values)


@dataclass
class Speed:
    """Positions a second, over the steps alone: without evaluations and checkpoints."""

    positions: int = 0  # inputs that the steps read, padding included
    seconds: float = 0.0  # that they took
    _warming: int = WARMING

    @property
    def per_second(self) -> float:
        """Positions a second; NaN before there is anything to count."""
        return self.positions / self.seconds if self.seconds else math.nan

    @contextlib.contextmanager
    def counting(self) -> Iterator[None]:
        """Count the time of the block."""
        counted, started = not self._warming, time.perf_counter()
        yield
        if counted:
            self.seconds += time.perf_counter() - started

    def count(self, positions: int) -> None:
        """Count the positions of one step."""
        if self._warming:
            self._warming -= 1
        else:
            self.positions += positions


def training_flops(model: LanguageModel, length: int) -> float:
    """Floating-point operations of a training step for each position of its windows.

    Forward pass and a backward pass of twice the work. A product of matrices counts, as usual, two
    operations for each multiplication: every weight of two dimensions or more takes part once a
    position (the tied embedding in the head; learned positions are only looked up), and every
    position meets ``length`` keys and values in each block, the masked ones included. Sums, norms,
    soft-max and the leaky average are left out: they have fewer operations than that by a factor
    of d_model or more.

    Args:
        model: of either family.
        length: positions of a window.
    """
    matrices = sum(weight.numel() for weight in model.parameters() if weight.dim() >= 2)
    if model.positions is not None:
        matrices -= model.positions.weight.numel()
    attention = 2 * length * model.config.n_blocks * model.config.d_model
    return 3 * 2.0 * (matrices + attention)
