"""Device, dtype and threads, chosen in one place."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

from memstudy.core.errors import UsageError

DEVICES = ("auto", "cpu", "cuda")


@dataclass(frozen=True)
class Device:
    """Where and how a run computes."""

    kind: str  # "cpu" or "cuda"
    name: str  # what the hardware calls itself, e.g. "NVIDIA H200"
    threads: int  # CPU threads that PyTorch may use in this process
    autocast: str  # dtype of autocast regions: "float32" (none) or "bfloat16"

    @property
    def torch(self) -> torch.device:
        """The same device as PyTorch names it."""
        import torch

        return torch.device(self.kind)

    def wait(self) -> None:
        """Until the device has done what it was given; a clock that is read sooner lies."""
        if self.kind == "cuda":
            import torch

            torch.cuda.synchronize()


def select(kind: str = "auto", threads: int | None = None) -> Device:
    """Choose a device and set this process up for it.

    Threads are always set explicitly: on a busy machine, spinning OpenMP threads can make two
    threads slower than one. Denormal numbers are flushed to zero on the CPU: a sharp soft-max
    makes many of them, and arithmetic on one can take a hundred times longer than on an ordinary
    number (measured: a three-moons training step 11 times faster, results equal to rounding).

    Args:
        kind: ``"auto"`` (a GPU if there is one), ``"cpu"`` or ``"cuda"``.
        threads: CPU threads; by default all that this process may run on.

    Raises:
        UsageError: unknown kind, or no GPU where one is asked for.
    """
    if kind not in DEVICES:
        raise UsageError(f"unknown device {kind!r}; choose one of {', '.join(DEVICES)}")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import torch

    if kind == "cuda" and not torch.cuda.is_available():
        raise UsageError("device 'cuda' was asked for, but PyTorch sees no GPU; use --device cpu")
    on_gpu = kind == "cuda" or (kind == "auto" and torch.cuda.is_available())
    threads = threads or available_cores()
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    if on_gpu:
        return Device("cuda", torch.cuda.get_device_name(), threads, "bfloat16")
    keep_freed_memory()
    return Device("cpu", cpu_name(), threads, "float32")


def keep_freed_memory() -> bool:
    """Let this process keep the memory that it frees, to use it again.

    The C library hands large blocks back to the system when they are freed, and the system clears
    them when they are asked for again. A training step asks for the same blocks over and over:
    keeping them saves about a fifth of its time (measured: d_model 128, two blocks, one thread).

    Returns:
        Whether the C library was told; False where it is not glibc.
    """
    import ctypes

    # Numbers of glibc's malloc.h, and what each is set to.
    mmap_max, trim_threshold, top_pad = (-4, 0), (-1, 2**31 - 1), (-2, 2**27)
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return False
    return all(mallopt(*setting) == 1 for setting in (mmap_max, trim_threshold, top_pad))


def available_cores() -> int:
    """Number of cores that this process may run on (not: that the machine has)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cpu_name() -> str:
    """Model name of the processor, or its architecture where the system does not tell."""
    import platform

    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
