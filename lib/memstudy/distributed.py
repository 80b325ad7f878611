"""One training over several processes: PyTorch's DistributedDataParallel, started by torchrun.

Nothing needs to be said where a study is started by hand: then there is one process. Under
``torchrun`` the environment names the processes, and every step's batch is divided among them by
rows, in their order.
"""

from __future__ import annotations

import atexit
import contextlib
import os
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

Value = TypeVar("Value")


@dataclass(frozen=True)
class Processes:
    """The processes of a training, seen from one of them."""

    rank: int = 0  # number of this process
    count: int = 1  # processes in all

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
            dist.all_reduce(values)
        return values

    def from_main(self, value: Value) -> Value:
        """What the main process passed; every process must call it.

        It travels between the processors, so nobody waits for a GPU.
        """
        if self.count == 1:
            return value
        shared: list[Any] = [value]
        dist.broadcast_object_list(shared, src=0, device=torch.device("cpu"))
        return shared[0]

    def parallel(self, module: nn.Module) -> nn.Module:
        """The module, with gradients averaged over the processes where there are several.

        All processes then have the main one's weights.
        """
        if self.count == 1:
            return module
        return DistributedDataParallel(
            module, broadcast_buffers=False, gradient_as_bucket_view=True
        )


@contextlib.contextmanager
def synchronised(module: nn.Module, last: bool):
    """Average gradients in the last backward pass of a step only."""
    if last or not isinstance(module, DistributedDataParallel):
        yield
    else:
        with module.no_sync():
            yield


def join(device: torch.device) -> Processes:
    """The processes that torchrun started, or this one alone.

    The first call connects them; each process then computes on the GPU of its local rank.

    Args:
        device: where the processes compute; only its kind matters.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return Processes()
    if not dist.is_initialized():
        if device.type == "cuda":
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        dist.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo")
        atexit.register(leave)
    return Processes(dist.get_rank(), dist.get_world_size())


def leave() -> None:
    """Take leave of the other processes; nothing happens where there are none."""
    if dist.is_initialized():
        dist.destroy_process_group()
