"""Slow and obvious forms of explicit memories of contextual units, in loops over pairs.

For the tests. Only weights are taken from the model; keys, values and persistent units are those of
:mod:`memstudy.nn.reference`, which follow the equations of Memory Mosaics word by word.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from memstudy.nn import reference
from memstudy.nn.explicit.config import ExplicitMemoryConfig
from memstudy.nn.mosaic import MemoryMosaic

Pairs = list[tuple[Tensor, Tensor]]  # keys and values of one head


def own_pairs(block, x: Tensor) -> tuple[list[Tensor], list[Pairs]]:
    """Keys (time, head_dim) and complete pairs of each head, of one sequence (time, d_model)."""
    layer, normed = block.context_layer, block.context_norm(x)[None]
    keys = reference.keys(layer.key, normed)[0].unbind(1)
    values = reference.values(layer.value, normed)[0].unbind(1)
    pairs = [list(zip(k[:-1], v, strict=True)) for k, v in zip(keys, values, strict=True)]
    return list(keys), pairs


def block_pass(block, x: Tensor, memories: Sequence[Sequence[Pairs]]) -> Tensor:
    """One block on one sequence.

    Args:
        block: of a mosaic.
        x: (time, d_model).
        memories: for each position and head the stored pairs that it may read.
    """
    keys, pairs = own_pairs(block, x)
    rows = []
    for now in range(len(x)):
        heads = []
        for head, key in enumerate(keys):
            read = [*memories[now][head], *pairs[head][:now]]
            odds = [torch.exp(key[now] @ stored) for stored, _ in read]
            zero = torch.zeros_like(key[now])
            found = [o / sum(odds) * v for o, (_, v) in zip(odds, read, strict=True)]
            heads.append(sum(found, zero))
        rows.append(torch.cat(heads))
    x = x + torch.stack(rows) @ block.context_layer.output.weight.T
    return x + reference.persistent_memory(block.token_layer, block.token_norm(x)[None])[0]


def attention_received(key: Tensor) -> list[float]:
    """What the pair of each key receives from the keys of all other pairs: (pairs, head_dim)."""
    received = [0.0] * len(key)
    for asking, query in enumerate(key):
        odds = {j: torch.exp(query @ k).item() for j, k in enumerate(key) if j != asking}
        for j, odd in odds.items():
            received[j] += odd / sum(odds.values())
    return received


def written(
    decoder: MemoryMosaic, config: ExplicitMemoryConfig, tokens: Sequence[int]
) -> list[list[Pairs]]:
    """Kept pairs of each memory layer and head of a reference without padding, read alone."""
    x = decoder.embedding.weight[torch.tensor(tokens)]
    nothing: list[list[Pairs]] = [[[]] * decoder.config.n_heads] * len(tokens)
    layers = []
    for number, block in enumerate(decoder.blocks):
        if number in config.memory_layers:
            keys, pairs = own_pairs(block, x)
            layers.append([])
            for key, own in zip(keys, pairs, strict=True):
                received = attention_received(key[:-1])
                order = sorted(range(len(own)), key=lambda j: (-received[j], j))
                layers[-1].append([own[j] for j in sorted(order[: config.kept_tokens])])
        x = block_pass(block, x, nothing)
    return layers


def read(
    decoder: MemoryMosaic,
    config: ExplicitMemoryConfig,
    text: Sequence[int],
    references: Sequence[Sequence[int]],
    table: Tensor,
) -> Tensor:
    """Logits of a text that reads the memories of references: (time, vocab_size).

    Args:
        decoder: the weights.
        config: shape.
        text: its tokens.
        references: tokens of each, without padding.
        table: (chunks, references) True where a chunk reads a reference.
    """
    stored = [written(decoder, config, tokens) for tokens in references]
    chunks = [max(now - 1, 0) // config.chunk_length for now in range(len(text))]
    x = decoder.embedding.weight[torch.tensor(text)]
    for number, block in enumerate(decoder.blocks):
        layer = number - config.first_memory_layer
        memories = [
            [
                [
                    pair
                    for n, memory in enumerate(stored)
                    if number in config.memory_layers and table[chunk, n]
                    for pair in memory[layer][head]
                ]
                for head in range(decoder.config.n_heads)
            ]
            for chunk in chunks
        ]
        x = block_pass(block, x, memories)
    return decoder.logits_from_hidden(decoder.final_norm(x))
