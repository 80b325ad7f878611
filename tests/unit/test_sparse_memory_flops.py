"""The cost formulas against PyTorch's counter of operations on a small model.

The paper counts the n²/2 pairs of causal attention; masked kernels, and the counter, count n². The
formulas must agree exactly once that is allowed for, and within 5 % where the study leaves out or
adds what the paper does not (no output map behind the last stored layer, a prefix).
"""

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from memstudy.experiments.sparse_memory import costs
from memstudy.experiments.sparse_memory.costs import CostShape
from memstudy.nn.explicit.config import ExplicitMemoryConfig
from memstudy.nn.explicit.model import ExplicitMemoryModel
from memstudy.nn.llama import Llama, LlamaConfig

S = CostShape(
    n_blocks=6,
    n_heads=4,
    n_kv_heads=2,
    head_dim=16,
    d_hidden=64,
    vocab_size=50,
    n_memory_layers=3,
    reference_length=32,
    kept_tokens=2,
    chunk_length=16,
    memories_per_chunk=2,
    context_length=48,
)
CONFIG = ExplicitMemoryConfig(
    prefix=(1,), n_memory_layers=3, reference_length=32, kept_tokens=2, chunk_length=16
)
LLAMA = LlamaConfig(vocab_size=50, d_model=64, n_heads=4, n_kv_heads=2, n_blocks=6, d_hidden=64)
MODEL = ExplicitMemoryModel(Llama(LLAMA, torch.Generator().manual_seed(0)), CONFIG).eval()
D, WEIGHTS = S.d_model, S.attention_weights + S.feed_forward_weights


def counted(run):
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        run()
    return counter.get_total_flops()


def tokens(*shape):
    return torch.zeros(shape, dtype=torch.long)


def test_weights_are_those_of_the_model():
    weights = sum(p.numel() for p in MODEL.decoder.blocks.parameters() if p.dim() > 1)
    assert weights == S.non_embedding_parameters


def test_forward_pass():
    whole = counted(lambda: MODEL.decoder.hidden(tokens(1, 40)))
    assert whole == costs.forward(S, 40, mean_context=40)  # all pairs
    assert costs.forward(S, 40, mean_context=20) < whole


def test_writing_parameters():
    """A piece's share of a training window of 48 tokens."""
    step = counted(lambda: MODEL.decoder(tokens(1, 48)).sum().backward())
    share = step * S.reference_length / S.context_length
    masked_pairs = 6 * S.n_blocks * S.reference_length * S.context_length * D
    assert share == costs.parameter_write(S) + masked_pairs


def test_writing_a_memory():
    found = counted(lambda: MODEL.write(tokens(1, 32), torch.tensor([32])))
    n, layers = 1 + 32, S.n_memory_layers  # the prefix is read as well
    maps = layers * n * S.attention_weights + (layers - 1) * n * S.feed_forward_weights
    attention, choice = (layers - 1) * 2 * n**2 * D, layers * 32**2 * D
    no_output_map = n * D**2
    assert found == 2 * (maps + attention + choice - no_output_map)
    assert found == pytest.approx(costs.memory_write(S), rel=0.05)


def test_writing_a_memory_at_the_size_of_a_gpu_run():
    """Same count as above, by its formula, with 12 blocks of width 512."""
    shape = dict(n_blocks=12, n_heads=8, n_kv_heads=2, head_dim=64, d_hidden=512)
    s = CostShape(**shape, vocab_size=8192, n_memory_layers=6, context_length=512)
    n, layers, d = 1 + 128, 6, 512
    maps = layers * n * s.attention_weights + (layers - 1) * n * s.feed_forward_weights
    found = 2 * (maps + (layers - 1) * 2 * n**2 * d + layers * 128**2 * d - n * d**2)
    assert found == pytest.approx(costs.memory_write(s), rel=0.05)


@torch.no_grad()
def test_reading_a_memory():
    written = MODEL.write(tokens(1, 1, 32), torch.tensor([[32]]))
    text = tokens(1, 16)
    extra = counted(lambda: MODEL.hidden(text, written)) - counted(lambda: MODEL.hidden(text))
    # The prefix stands among the queries, though the mask lets it read nothing.
    assert extra * 16 / 17 == costs.memory_read(S)


@torch.no_grad()
def test_reading_text():
    """Token by token nothing is computed for masked pairs: what a reference adds to a chunk."""

    def read(n):
        _, state = MODEL.decoder.prefill(tokens(1, 1), torch.tensor([1]), 1 + n)
        return counted(lambda: [MODEL.decoder.step(tokens(1), state) for _ in range(n)])

    heads = 2 * 32 * D * S.vocab_size  # a step makes logits, reading a reference need not
    added = read(32 + 16) - read(16) - heads
    unread = 2 * 32 * S.feed_forward_weights  # last block, which the paper leaves out
    assert added - unread == pytest.approx(costs.text_read(S), rel=0.05)
