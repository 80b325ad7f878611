"""Quantised memories: code length, error, keys and values apart, the bank that holds them."""

import pytest
import torch

faiss = pytest.importorskip("faiss", reason="the quantiser needs the package faiss-cpu")

from memstudy.core.errors import UsageError  # noqa: E402
from memstudy.experiments.sparse_memory import costs  # noqa: E402
from memstudy.experiments.sparse_memory.bank import MemoryBank  # noqa: E402
from memstudy.experiments.sparse_memory.codecs import FloatCodec  # noqa: E402
from memstudy.experiments.sparse_memory.quantiser import FACTORIES, VectorCodec  # noqa: E402
from memstudy.nn.explicit.memories import Memories  # noqa: E402

SHAPE = (2, 2, 2, 4, 16)  # layers, key or value, kv_heads, slots, head_dim


def pairs(n, seed):
    """Vectors near a plane, as those of a trained model are; keys on another plane than values."""
    maps = torch.randn(2, 4, 16, generator=torch.Generator().manual_seed(7))
    generator = torch.Generator().manual_seed(seed)
    inner = torch.randn(n, 2, 2, 2, 4, 4, generator=generator)
    noise = 0.1 * torch.randn(n, *SHAPE, generator=generator)
    return torch.einsum("nlphsi,pio->nlphso", inner, maps) + noise


def error(codec, given):
    """Squared error over squared length, of keys and of values."""
    back = codec.decode(codec.encode(given), SHAPE)
    dims = (0, 1, 3, 4, 5)
    return (back - given).square().sum(dims) / given.square().sum(dims)


@pytest.fixture(scope="module")
def codec():
    return VectorCodec.train(pairs(60, seed=0), "Residual2x4,PQ8x4")


def test_code_lengths_are_those_of_the_paper():
    for width, size in ((80, 14), (64, 11), (32, 6)):
        assert faiss.index_factory(width, FACTORIES[width]).sa_code_size() == size
    assert costs.memory_bytes(costs.PAPER, 14) == 39_424


def test_bytes_of_a_record_are_those_of_its_codes(codec):
    assert codec.code_bytes == 5
    assert codec.record_bytes(SHAPE) == 2 * 2 * 2 * 4 * 5
    assert codec.encode(pairs(3, seed=1)).shape == (3, 160)
    assert codec.decode(codec.encode(pairs(3, seed=1)), SHAPE).shape == (3, *SHAPE)


def test_held_out_error_falls_with_bits_for_keys_and_values(codec):
    held_out = pairs(40, seed=5)
    coarse = error(VectorCodec.train(pairs(60, seed=0), "PQ4x4"), held_out)
    fine = error(codec, held_out)
    assert (fine < coarse).all() and (fine < 0.15).all()


def test_each_has_a_quantiser_of_its_own(codec):
    swapped = VectorCodec(*reversed(codec.quantisers), codec.name)
    held_out = pairs(40, seed=5)
    assert (error(swapped, held_out) > 2 * error(codec, held_out)).all()


def test_codewords_of_a_product_quantiser_come_back_as_they_are():
    codec = VectorCodec.train(pairs(60, seed=0), "PQ4x4")
    once = codec.decode(codec.encode(pairs(9, seed=3)), SHAPE)
    assert torch.equal(codec.decode(codec.encode(once), SHAPE), once)


def test_a_bank_of_codes_is_read_by_its_own_codec_only(codec, tmp_path):
    given = Memories(pairs(5, seed=2), torch.tensor([4, 4, 2, 4, 1]))
    codec.save(tmp_path / "codec.npz")
    create = dict(model="a" * 64, shape=SHAPE, codec=codec)
    with MemoryBank.create(tmp_path / "bank", **create) as bank:
        bank.write(range(5), given)
        assert bank.data_bytes == 5 * 160
    loaded = VectorCodec.load(tmp_path / "codec.npz")
    with MemoryBank.open(tmp_path / "bank", model="a" * 64, codec=loaded) as bank:
        found = bank.read([3, 0])
        expected = codec.decode(codec.encode(given.pairs[[3, 0]]), SHAPE)
        assert torch.equal(found.pairs, expected) and found.n_kept.tolist() == [4, 4]
    other = VectorCodec.train(pairs(60, seed=9), codec.name)
    for wrong in (other, FloatCodec()):
        with pytest.raises(UsageError, match=r"holds Residual2x4,PQ8x4:\w+, not"):
            MemoryBank.open(tmp_path / "bank", model="a" * 64, codec=wrong)


def test_refusals(tmp_path):
    with pytest.raises(UsageError, match="heads of width 16; choose one of 80, 64, 32"):
        VectorCodec.train(pairs(2, seed=0))
    with pytest.raises(UsageError, match="there is no quantiser"):
        VectorCodec.load(tmp_path / "none.npz")
    (tmp_path / "bad.npz").write_bytes(b"PK\x03\x04 not a file of arrays")
    with pytest.raises(UsageError, match="is damaged"):
        VectorCodec.load(tmp_path / "bad.npz")
