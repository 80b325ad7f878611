"""Processes that do one piece of work together: what the main one says, and what became of all.

All of them execute the same lines in the same order. What must happen once (reading and writing
files, looking at the clock, deciding to stop) is done by the main process inside :meth:`by_main`.
"""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from memstudy.core.errors import ProcessLost, one_line

if TYPE_CHECKING:
    from torch import Tensor

Value = TypeVar("Value")

MEETING = timedelta(minutes=5)  # how much later than another a process may be done


@dataclass(frozen=True)
class Processes:
    """The processes of a training, seen from one of them; by default it is alone."""

    rank: int = 0  # number of this process
    count: int = 1  # processes in all
    meeting: Any = None  # a group of their own for :meth:`meet`, apart from what trainings send

    @property
    def is_main(self) -> bool:
        """Whether this process is the one that reports, saves and decides to stop."""
        return self.rank == 0

    def rows(self, total: int) -> range:
        """Rows of this process out of ``total``: neighbours, shares as equal as can be."""
        start, stop = (total * rank // self.count for rank in (self.rank, self.rank + 1))
        return range(start, stop)

    def sum_(self, values: Tensor) -> Tensor:
        """Sum over all processes, in place."""
        if self.count > 1:
            import torch.distributed as dist

            dist.all_reduce(values)
        return values

    def by_main(self, make: Callable[[], Value]) -> Value:
        """What ``make`` gives in the main process, which alone calls it; every process asks.

        It travels between the processors, so nobody waits for a GPU.

        Raises:
            Exception: what ``make`` raised, in all processes; in the others it is marked as
                ``told``, because the main one tells it.
            ProcessLost: a process has ended.
        """
        if self.count == 1:
            return make()
        value, error = None, None
        if self.is_main:
            try:
                value = make()
            except Exception as raised:
                error = raised
        value, sent = self._from_main((value, portable(error)))
        if error := error or sent:
            if not self.is_main:
                error.told = True
            raise error
        return value

    def _from_main(self, value: Value) -> Value:
        import torch
        import torch.distributed as dist

        shared: list[Any] = [value]
        try:
            dist.broadcast_object_list(shared, src=0, device=torch.device("cpu"))
        except RuntimeError as error:
            raise ProcessLost(lost(error)) from None
        return shared[0]

    def meet(self, failure: Exception | None) -> Exception | None:
        """What went wrong in a piece of work: in the main process, else in another, else nothing.

        A process that failed alone leaves the others in the middle of the work, waiting for it.
        They can then not be brought together again, and all have to end.

        Args:
            failure: what went wrong in this process.

        Raises:
            ProcessLost: a process has ended, or does not come.
        """
        if self.count == 1:
            return failure
        import torch.distributed as dist

        found: list[Exception | None] = [None] * self.count
        try:
            dist.monitored_barrier(self.meeting, timeout=MEETING)
            dist.all_gather_object(found, portable(failure), group=self.meeting)
        except RuntimeError as error:
            raise ProcessLost(lost(failure or error)) from None
        if self.is_main and failure is not None:
            return failure
        first = next((error for error in found if error is not None), None)
        if first is not None and not self.is_main:
            first.told = True
        return first


def portable(error: Exception | None) -> Exception | None:
    """The error as it can be sent to another process, with its traceback as a note."""
    if error is None:
        return None
    try:
        sent = pickle.loads(pickle.dumps(error))
    except Exception:
        sent = RuntimeError(f"{type(error).__name__}: {one_line(error)}")
    sent.add_note("".join(traceback.format_exception(error)))
    return sent


def lost(error: Exception) -> str:
    """One line for whoever started the processes."""
    return (
        f"the processes of the training have lost each other ({one_line(error)}); "
        "the same command goes on from the last checkpoint"
    )
