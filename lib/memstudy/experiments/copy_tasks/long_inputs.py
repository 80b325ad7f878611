"""What it costs to read n tokens and to write more: a memory model against full context (BM-14).

Both have the same decoder. The memory model has S chunks, all of which have become memories when
the next chunk begins: it reads n + 1 tokens, of which the last is decoded with S memories in front.
Full context reads the same n + 1 tokens at once. S is the power of two next to the best one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from memstudy.core import seeds
from memstudy.core.context import Context
from memstudy.core.device import Device
from memstudy.experiments.copy_tasks.config import FULL, MEMORY, CostUnit
from memstudy.nn.autoencoder import Encoder
from memstudy.nn.language_model import DecodingState
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

BYTES = 4  # of a number of the cache; both models compute in float32
Row = dict[str, Any]


def cost_rows(config: CostUnit, context: Context) -> list[Row]:
    """All costs in long form; ``position`` is n, ``step`` the number of chunks or the round.

    Args:
        config: lengths, shape, rounds.
        context: device and progress.
    """
    total, done, rows = len(config.lengths) + len(config.timed), 0, []
    for n in config.lengths:
        rows += counted_rows(config, n)
        done += 1
        context.advance(done, total)
    for n in config.timed:
        rows += timed_rows(config, n, context.device)
        done += 1
        context.advance(done, total)
    return rows


def chunk_counts(n: int) -> list[int]:
    """Powers of two that leave at least two tokens a chunk and two chunks."""
    return [2**k for k in range(1, int(math.log2(n)))]


def chosen_chunk_count(n: int) -> int:
    """The power of two nearest to the best number of chunks, by ratio."""
    return min(chunk_counts(n), key=lambda s: abs(math.log(s / best_chunk_count(n))))


def counted_rows(config: CostUnit, n: int) -> list[Row]:
    """Operations of reading n tokens: counted by PyTorch, by the formula, and of attention alone.

    The models have no data here (device ``meta``), so that any length can be counted.
    """
    rows = []
    model, tokens = _full(config).to("meta"), torch.zeros(1, n + 1, dtype=torch.long, device="meta")
    lengths = torch.full((1,), n + 1, device="meta")
    rows += _counted(
        lambda: model.prefill(tokens, lengths, n + 1), n, 1, FULL,
        llama_flops(model.config, n + 1, logits=1), n**2, config,
    )  # fmt: skip
    for chunks in chunk_counts(n):
        memory = _memory(config, n, chunks).to("meta")
        shape = memory.decoder.config
        rows += _counted(
            lambda memory=memory: memory.prefill(tokens, 1), n, chunks, MEMORY,
            memory_prefill_flops(shape, shape, memory.layout, n + 1),
            prefill_pairs(n, chunks), config,
        )  # fmt: skip
    return rows


def timed_rows(config: CostUnit, n: int, device: Device) -> list[Row]:
    """Seconds of reading n tokens and of writing some more, both models in turn, and the cache."""
    chunks = chosen_chunk_count(n)
    full, memory = _full(config), _memory(config, n, chunks)
    draw = seeds.torch_generator(config.seed, "tokens")
    tokens = torch.randint(0, config.vocab_size, (1, n + 1), generator=draw)
    more = min(config.decoded, memory.layout.chunk - 1)
    place = device.torch
    full, memory, tokens = full.to(place).eval(), memory.to(place).eval(), tokens.to(place)
    lengths = torch.full((1,), n + 1, device=place)
    read = {
        FULL: lambda: full.prefill(tokens, lengths, n + 1 + more),
        MEMORY: lambda: memory.prefill(tokens, 1 + more),
    }
    decoder = {FULL: full, MEMORY: memory.decoder}
    rows: list[Row] = []
    with torch.no_grad():
        for index in range(-1, config.rounds):  # the first one warms up
            for part, reading in read.items():
                seconds, (_, state) = _timed(reading, device)
                writing, _ = _timed(lambda p=part, s=state: _write(decoder[p], s, more), device)
                where = {"part": part, "position": n, "step": index}
                rows.append({"metric": "prefill_seconds", "value": seconds} | where)
                rows.append({"metric": "token_seconds", "value": writing / more} | where)
        rows = [row for row in rows if row["step"] >= 0]
        rows += _cache_rows(full, memory, tokens)
    return rows


def _full(config: CostUnit) -> Llama:
    shape = config.shape
    llama = LlamaConfig(
        vocab_size=config.vocab_size,
        d_model=shape.d_model,
        n_heads=shape.n_heads,
        n_blocks=shape.n_blocks,
        init=shape.init,
    )
    return Llama(llama, seeds.torch_generator(config.seed, "init"))


def _memory(config: CostUnit, n: int, chunks: int) -> MemoryModel:
    """A memory model of as many chunks, and of the one that begins behind them."""
    layout = MemoryLayout(chunk=n // chunks, n_chunks=chunks + 1, slots="variable")
    return MemoryModel(Encoder(_full(config)), _full(config), layout)


def _counted(
    reading: Callable[[], object],
    n: int,
    chunks: int,
    part: str,
    formula: int,
    pairs: float,
    config: CostUnit,
) -> list[Row]:
    """Operations that PyTorch counts, attention written out; products of batches are attention."""
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        reading()
    by_operator = counter.get_flop_counts()["Global"]
    attention = sum(count for name, count in by_operator.items() if "bmm" in str(name))
    a_pair = 4 * config.shape.d_model * config.shape.n_blocks
    where = {"part": part, "position": n, "step": chunks}
    values = {
        "flops": counter.get_total_flops(),
        "flops_formula": formula,
        "pairs": attention / a_pair,
        "pairs_formula": pairs,
    }
    return [{"metric": name, "value": float(value)} | where for name, value in values.items()]


def _timed(work: Callable[[], Any], device: Device) -> tuple[float, Any]:
    device.wait()
    started = time.perf_counter()
    found = work()
    device.wait()
    return time.perf_counter() - started, found


def _cache_rows(full: Llama, memory: MemoryModel, tokens: Tensor) -> list[Row]:
    """Keys and values when the chunk that is being written is full; full context: of n tokens."""
    n, layout = tokens.shape[1] - 1, memory.layout
    lengths = torch.full((1,), n, device=tokens.device)
    states = {
        FULL: (full.prefill(tokens[:, :n], lengths, n)[1], n),
        MEMORY: (memory.prefill(tokens, layout.chunk)[1], stored_pairs(n, layout.n_chunks - 1)),
    }
    rows = []
    for part, (state, entries) in states.items():
        where = {"part": part, "position": n, "step": layout.n_chunks - 1}
        expected = cache_bytes(full.config, round(entries), BYTES)
        rows.append({"metric": "cache_bytes", "value": float(_held(state))} | where)
        rows.append({"metric": "cache_bytes_formula", "value": float(expected)} | where)
    return rows


def _write(decoder: Llama, state: DecodingState, count: int) -> None:
    token = torch.zeros(1, dtype=torch.long, device=state.lengths.device)
    for _ in range(count):
        decoder.step(token, state)


def _held(state: DecodingState) -> int:
    """Bytes of all stored keys and values."""
    return sum(layers[0].nbytes for layers in state.layers)
