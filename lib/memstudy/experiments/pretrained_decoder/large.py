"""What training a large decoder on a CPU needs: a precision of its own, and few checkpoints."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from torch.nn.attention import SDPBackend, sdpa_kernel

from memstudy.core.device import Device
from memstudy.stages import StageContext, Stages

SAVE_EVERY = 20  # parts of a training after each of which a checkpoint may be saved


class Large(StageContext):
    """A stage's context for large models: a precision of its own, and few checkpoints.

    A checkpoint of a model of 107 million weights has 1.3 GB. One is offered after each twentieth
    of a training, and where the work is to stop.
    """

    def __init__(self, stages: Stages, name: str, precision: str) -> None:
        super().__init__(stages, name)
        self.device = in_precision(stages.device, precision)

    def advance(
        self, done: int, total: int, state: Callable[[], dict[str, Any]], **shown: float
    ) -> None:
        """Tell the context; arguments and what it raises are the same."""
        context = self._stages.context
        if done % math.ceil(total / SAVE_EVERY) == 0 or context.by_main(context.stop_wanted):
            super().advance(done, total, state, **shown)
        else:
            context.on_progress(done, total, shown)


def in_precision(device: Device, precision: str) -> Device:
    """A CPU that multiplies matrices in a precision; GPUs stay as they are."""
    return replace(device, autocast=precision) if device.kind == "cpu" else device


@contextmanager
def short_attention(device: Device) -> Iterator[None]:
    """On a CPU, attention as plain products inside the block.

    For a dozen positions in bfloat16 the gradient of the fused kernel takes longer than all matrix
    products of a block together.
    """
    if device.kind == "cpu" and device.autocast == "bfloat16":
        with sdpa_kernel(SDPBackend.MATH):
            yield
    else:
        yield
