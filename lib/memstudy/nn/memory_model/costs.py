"""What a memory model costs against full context: attended pairs, operations, stored vectors.

n tokens in S chunks of n/S, fixed slots. Pairs of a query and a key are counted for the whole
square of a pass, the masked half included, as a dense product computes them.
"""

from __future__ import annotations

from memstudy.nn.llama import LlamaConfig
from memstudy.nn.memory_model.model import MemoryLayout


def prefill_pairs(n: float, n_chunks: float) -> float:
    """Pairs of reading n tokens that all become memories: n²/S in the encoder, S² in the decoder.

    Full context has n².
    """
    return n**2 / n_chunks + n_chunks**2


def best_chunk_count(n: float) -> float:
    """S with the fewest :func:`prefill_pairs`: (n²/2)^(1/3), at which they grow as n^(4/3)."""
    return (n**2 / 2) ** (1 / 3)


def stored_pairs(n: float, n_chunks: float) -> float:
    """Keys and values that a step of decoding reads in each block: S memories, n/S tokens.

    Full context has n.
    """
    return n_chunks + n / n_chunks


def cache_bytes(config: LlamaConfig, positions: int, bytes_per_number: int = 2) -> int:
    """Bytes of the keys and values of one sequence of ``positions`` vectors in all blocks."""
    head_dim = config.d_model // config.n_heads
    return 2 * config.n_blocks * config.kv_heads * head_dim * positions * bytes_per_number


def llama_flops(config: LlamaConfig, time: int, logits: int) -> int:
    """Operations of a forward pass over one sequence; a multiplication and an addition are two.

    Products of matrices alone are counted, as PyTorch's own counter does.

    Args:
        config: the shape.
        time: vectors read.
        logits: positions of which logits are made; 0 for an encoder.
    """
    d_model = config.d_model
    keys_and_values = 2 * d_model * config.kv_heads // config.n_heads
    weights = d_model * (2 * d_model + keys_and_values + 3 * config.inner_width)
    blocks = config.n_blocks * (2 * weights * time + 4 * d_model * time**2)
    return blocks + 2 * d_model * config.vocab_size * logits


def memory_prefill_flops(
    encoder: LlamaConfig, decoder: LlamaConfig, layout: MemoryLayout, tokens: int
) -> int:
    """Operations of :meth:`MemoryModel.prefill` on one sequence of that many tokens."""
    done = (tokens - 1) // layout.chunk
    bridge = 2 * encoder.d_model * decoder.d_model * (encoder.d_model != decoder.d_model)
    encoding = llama_flops(encoder, layout.chunk, logits=0) + bridge
    read = layout.slots_before(done) + tokens - done * layout.chunk
    return done * encoding + llama_flops(decoder, read, logits=1)
