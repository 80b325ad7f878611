"""Named child seeds: every random number of the study descends from one base seed.

A run has one base seed. Whatever needs randomness asks for a child by name, so that adding a new
consumer never shifts the numbers that an old one sees, and two models that are compared can be
given the same data while their initial weights differ.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import torch


def child(base: int, name: str, index: int = 0) -> int:
    """Seed of the child stream ``name`` (and ``index``) of the run seed ``base``.

    Args:
        base: base seed of the run, any integer.
        name: what the stream is for: ``"data"``, ``"init"``, ``"batches"``, ``"eval"``.
        index: which one of several equal streams (a worker, a replica).

    Returns:
        An integer in [0, 2**63): the first 8 bytes of a SHA-256, the same in every process and on
        every machine (Python's own ``hash`` is not).
    """
    digest = hashlib.sha256(f"{base}/{name}/{index}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def numpy_generator(base: int, name: str, index: int = 0) -> np.random.Generator:
    """NumPy generator (PCG64) of the child stream; see :func:`child`."""
    import numpy as np

    return np.random.default_rng(child(base, name, index))


def torch_generator(
    base: int, name: str, index: int = 0, device: str | torch.device = "cpu"
) -> torch.Generator:
    """PyTorch generator of the child stream; see :func:`child`.

    Draw data and initial weights with a CPU generator, so that they are equal on every device.
    """
    import torch

    return torch.Generator(device=device).manual_seed(child(base, name, index))
