"""What torchrun says of this process: one of several that train one model together.

Only the environment is read, so that the command line can ask before PyTorch is imported.
"""

from __future__ import annotations

import os


def count() -> int:
    """Processes in all; 1 where torchrun has not started this one."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def count_here() -> int:
    """Processes on this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1"))


def rank_here() -> int:
    """Number of this process among those of its machine, from 0: which GPU is its own."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def is_main() -> bool:
    """Whether this process is the one that reports, saves and decides to stop."""
    return count() == 1 or os.environ.get("RANK", "0") == "0"
