"""Child seeds: the same everywhere and for ever, independent of each other."""

from __future__ import annotations

import numpy as np
import torch

from memstudy.core import seeds

# Recorded runs depend on these: a change would silently make other data.
KNOWN = {
    (0, "data", 0): 2740297886984710817,
    (0, "init", 0): 7615695542073086227,
    (7, "batches", 3): 5558990179469967019,
    (-1, "eval", 12345): 8621180043406520733,
}


def test_known_children_never_change():
    assert {key: seeds.child(*key) for key in KNOWN} == KNOWN
    assert seeds.child(0, "data") == KNOWN[0, "data", 0]


def test_children_differ_by_base_name_and_index():
    keys = [(b, n, i) for b in range(20) for n in ("data", "init", "a/1", "a") for i in range(20)]
    found = {seeds.child(*key) for key in keys}
    assert len(found) == len(keys)
    assert all(0 <= child < 2**63 for child in found)


def test_every_bit_of_a_child_is_set_half_of_the_time():
    children = np.array([seeds.child(base, "data") for base in range(4000)], dtype=">u8")
    shares = np.unpackbits(children.view(np.uint8)).reshape(4000, 64).mean(axis=0)
    assert shares[0] == 0  # fits into a signed integer
    assert abs(shares[1:] - 0.5).max() < 5 * 0.5 / np.sqrt(4000)


def test_generators_draw_from_their_own_stream():
    first = seeds.numpy_generator(1, "data").random(4)
    assert (first == seeds.numpy_generator(1, "data").random(4)).all()
    assert (first != seeds.numpy_generator(1, "init").random(4)).all()
    drawn = torch.rand(4, generator=seeds.torch_generator(1, "data"))
    assert torch.equal(drawn, torch.rand(4, generator=seeds.torch_generator(1, "data")))
    assert not torch.equal(drawn, torch.rand(4, generator=seeds.torch_generator(1, "data", 1)))


def test_generators_leave_the_global_ones_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    torch.rand(9, generator=seeds.torch_generator(3, "data"))
    assert torch.equal(torch.rand(3), expected)
