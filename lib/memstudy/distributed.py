"""One training over several processes: PyTorch's DistributedDataParallel, started by torchrun.

Nothing needs to be said where a study is started by hand: then there is one process. Under
``torchrun`` the environment names the processes, and every step's batch is divided among them by
rows, in their order.
"""

from __future__ import annotations

import atexit
import contextlib
import functools

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from memstudy.core import torchrun
from memstudy.core.processes import Processes


def parallel(module: nn.Module, processes: Processes) -> nn.Module:
    """The module, with gradients averaged over the processes where there are several.

    All processes then have the main one's weights.
    """
    if processes.count == 1:
        return module
    return DistributedDataParallel(module, broadcast_buffers=False, gradient_as_bucket_view=True)


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
    return Processes() if torchrun.count() == 1 else _connected(device.type)


@functools.cache
def _connected(kind: str) -> Processes:
    if kind == "cuda":
        torch.cuda.set_device(torchrun.rank_here())
    dist.init_process_group("cpu:gloo,cuda:nccl" if kind == "cuda" else "gloo")
    atexit.register(leave)
    return Processes(dist.get_rank(), dist.get_world_size(), dist.new_group(backend="gloo"))


def leave() -> None:
    """Take leave of the other processes; nothing happens where there are none."""
    if dist.is_initialized():
        dist.destroy_process_group()
        _connected.cache_clear()
