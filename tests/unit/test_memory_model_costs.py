"""Costs: the formulas against PyTorch's own counter, and what follows from them."""

import math

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from memstudy.nn.autoencoder import Encoder
from memstudy.nn.llama import Llama, LlamaConfig
from memstudy.nn.memory_model.costs import (
    best_chunk_count,
    cache_bytes,
    llama_flops,
    memory_prefill_flops,
    prefill_pairs,
    stored_pairs,
)
from memstudy.nn.memory_model.model import MemoryLayout, MemoryModel

SHAPE = dict(vocab_size=30, n_heads=2, n_blocks=2)
SMALL = LlamaConfig(**SHAPE, d_model=8)
LARGE = LlamaConfig(**SHAPE, d_model=16, n_kv_heads=1, d_hidden=24)
LAYOUTS = [MemoryLayout(chunk=6, n_chunks=4, slots=slots) for slots in ("fixed", "variable")]


def counted(compute):
    # Written out, attention is products that the counter knows on every device.
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        compute()
    return counter.get_total_flops()


@pytest.mark.parametrize("config", [SMALL, LARGE], ids=["plain", "grouped"])
def test_operations_of_a_llama_are_those_that_are_counted(config):
    model = Llama(config).eval()
    tokens = torch.zeros(3, 7, dtype=torch.long)
    assert counted(lambda: model(tokens)) == 3 * llama_flops(config, 7, logits=7)
    assert counted(lambda: model.hidden(tokens)) == 3 * llama_flops(config, 7, logits=0)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.slots)
@pytest.mark.parametrize("encoder", [SMALL, LARGE], ids=["bridge", "no bridge"])
def test_operations_of_a_memory_model_are_those_that_are_counted(encoder, layout):
    model = MemoryModel(Encoder(Llama(encoder)), Llama(LARGE), layout).eval()
    tokens = torch.zeros(2, layout.length, dtype=torch.long)
    for read in (1, 6, 7, 23):
        found = counted(lambda read=read: model.prefill(tokens[:, :read], 6))
        assert found == 2 * memory_prefill_flops(encoder, LARGE, layout, read)


def test_the_cache_has_as_many_bytes_as_the_formula_says():
    model = MemoryModel(Encoder(Llama(SMALL)), Llama(LARGE), LAYOUTS[0]).eval()
    _, state = model.prefill(torch.zeros(1, 13, dtype=torch.long), 6)
    found = sum(block[0].nbytes for block in state.layers)
    assert found == cache_bytes(LARGE, LAYOUTS[0].decoder_length, bytes_per_number=4)


def test_the_best_number_of_chunks_grows_as_the_power_two_thirds():
    sizes, best = [2**k for k in range(10, 17)], []
    for n in sizes:
        candidates = range(1, 4 * round(n ** (2 / 3)))
        least = min(candidates, key=lambda chunks: prefill_pairs(n, chunks))
        assert least == pytest.approx(best_chunk_count(n), abs=1)
        best.append(least)
    slope = math.log(best[-1] / best[0]) / math.log(sizes[-1] / sizes[0])
    assert slope == pytest.approx(2 / 3, abs=0.005)
    growth = prefill_pairs(sizes[-1], best[-1]) / prefill_pairs(sizes[0], best[0])
    assert math.log(growth) / math.log(sizes[-1] / sizes[0]) == pytest.approx(4 / 3, abs=0.005)


def test_pairs_by_hand():
    assert prefill_pairs(12, 4) == 4 * 9 + 16
    n = 4096
    assert min(range(1, n), key=lambda chunks: stored_pairs(n, chunks)) == 64  # sqrt(n)
    assert stored_pairs(n, 64) == 2 * 64
