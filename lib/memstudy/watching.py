"""Between a computation and its context: tests during a training, progress by the pass.

The training loop asks its context for an earlier state and tells it after every step how far it is.
What stands in between can do more at these moments without the loop knowing of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from memstudy.core.context import Context
    from memstudy.core.device import Device

Row = dict[str, Any]


class Watched:
    """A context that tests the model now and then, and keeps the findings in the checkpoint.

    It goes to :func:`memstudy.training.train` in place of the unit's own context. The model is
    tested before the first step, after every ``every`` steps, and after the last. A training that
    was stopped goes on with the findings of the steps before, and no test is made twice. Under
    torchrun every process tests, and finds the same.

    Args:
        context: the unit's own.
        every: steps between two tests.
        test: makes the rows of a test, without ``step``; it must leave the model, and PyTorch's
            global generators, as it found them.

    Attributes:
        rows: findings so far in long form, each with ``step``, the number of updates done.

    Raises:
        ValueError: ``every`` is not positive.
    """

    def __init__(self, context: Context, every: int, test: Callable[[], list[Row]]) -> None:
        if every < 1:
            raise ValueError(f"a model is tested every 1 or more steps, not every {every}")
        self.device: Device = context.device
        self.rows: list[Row] = []
        self._context, self._every, self._test = context, every, test

    def restored(self) -> dict[str, Any] | None:
        """State of the training, if an earlier call left one; else the first test is due."""
        saved = self._context.restored()
        if saved is None:
            self._note(0)
            return None
        self.rows = saved["rows"]
        return saved["training"]

    def advance(
        self, done: int, total: int, state: Callable[[], dict[str, Any]], **shown: float
    ) -> None:
        """Test if it is due, then tell the context; arguments and what it raises are the same."""
        if done == total or done % self._every == 0:
            self._note(done)
        self._context.advance(
            done, total, lambda: {"training": state(), "rows": self.rows}, **shown
        )

    def _note(self, step: int) -> None:
        if not self.rows or self.rows[-1]["step"] < step:
            self.rows += [row | {"step": step} for row in self._test()]


def by_the_pass(context: Context, total: int) -> Callable[[], None]:
    """What to call after every forward pass of a measurement that keeps no checkpoint.

    Args:
        context: is told how far the measurement is; what it raises ends the measurement.
        total: forward passes.
    """
    done = 0

    def on_pass() -> None:
        nonlocal done
        done += 1
        context.advance(done, total)

    return on_pass
