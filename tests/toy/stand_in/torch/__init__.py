"""A stand-in for PyTorch, for tests that start many processes and compute nothing with it.

Importing PyTorch takes seconds. What starts, stops and kills processes is tested with this, and
once more with PyTorch itself. Only what the core asks of it is here.
"""

import pickle
from types import SimpleNamespace


class Tensor:
    """Nothing is one."""


def save(value, stream):
    """Write a checkpoint."""
    pickle.dump(value, stream)


def load(path, map_location=None, weights_only=True):
    """Read a checkpoint."""
    with open(path, "rb") as stream:
        return pickle.load(stream)


def device(kind):
    """A device."""
    return kind


def set_num_threads(count):
    """Ignored."""


def set_flush_denormal(flush):
    """Ignored."""


def get_float32_matmul_precision():
    """As PyTorch says by default."""
    return "highest"


def are_deterministic_algorithms_enabled():
    """As PyTorch says by default."""
    return False


cuda = SimpleNamespace(is_available=lambda: False)
backends = SimpleNamespace(cpu=SimpleNamespace(get_cpu_capability=lambda: "stand-in"))
