"""Slow and obvious forms of writing, reading and selection, in loops, for the tests.

They say the mechanism in another way: a text that reads memories is *one* causal pass of the plain
transformer over prefix, references and text, in which positions repeat and most pairs of tokens are
hidden from each other. Only weights are taken from the model, none of its code for attention.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from memstudy.nn.explicit.config import ExplicitMemoryConfig
from memstudy.nn.llama import Llama
from memstudy.nn.llama_reference import rms_norm, swiglu
from memstudy.nn.positions import rotate


def projections(block, x: Tensor) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
    """Queries, keys and values before rotation, one (time, head_dim) a head, of (time, d_model)."""
    layer = block.context_layer
    width = layer.output.in_features // layer.n_heads
    normed = rms_norm(block.context_norm, x)
    heads = [normed @ rows.T for rows in layer.project.weight.split(width)]
    first_value = layer.n_heads + layer.n_kv_heads
    return heads[: layer.n_heads], heads[layer.n_heads : first_value], heads[first_value:]


def turned(x: Tensor, positions: Sequence[int]) -> Tensor:
    """(time, head_dim) rotated, each row to its position."""
    return rotate(x[None, :, None], torch.tensor(list(positions)))[0, :, 0]


def masked_pass(
    decoder: Llama, tokens: Tensor, positions: Sequence[int], allowed: Tensor
) -> tuple[Tensor, list[Tensor]]:
    """One pass over one sequence in which every pair of tokens may be hidden.

    Args:
        decoder: the weights.
        tokens: (time,) integers.
        positions: the position of each.
        allowed: (blocks, kv_heads, time, time) True where a token may read another.

    Returns:
        Logits (time, vocab_size), and what enters each block: (time, d_model) each.
    """
    x = decoder.embedding.weight[tokens]
    inputs = []
    for block, hidden_from in zip(decoder.blocks, allowed, strict=True):
        inputs.append(x)
        layer = block.context_layer
        queries, keys, values = projections(block, x)
        queries = [turned(query, positions) for query in queries]
        keys = [turned(key, positions) for key in keys]
        heads = []
        for head, query in enumerate(queries):
            shared = head // (layer.n_heads // layer.n_kv_heads)
            rows = []
            for now, may in zip(query, hidden_from[shared], strict=True):
                seen = may.nonzero().flatten().tolist()
                odds = torch.stack([now @ keys[shared][j] for j in seen]) / len(now) ** 0.5
                weights = odds.exp() / odds.exp().sum()
                rows.append(sum(w * values[shared][j] for w, j in zip(weights, seen, strict=True)))
            heads.append(torch.stack(rows))
        x = x + torch.cat(heads, dim=-1) @ layer.output.weight.T
        x = x + swiglu(block.token_layer, rms_norm(block.token_norm, x))
    head = decoder.embedding if decoder.head is None else decoder.head
    return rms_norm(decoder.final_norm, x) * decoder.logit_scale @ head.weight.T, inputs


def attention_received(rule: str, queries: Sequence[Tensor], key: Tensor) -> list[float]:
    """Total attention that each token receives from a group of query heads, pair by pair.

    Args:
        rule: ``"softmax"``, ``"exponential"`` or ``"masked"``.
        queries: (time, head_dim) of each query head of the group, before rotation.
        key: (time, head_dim), before rotation.
    """
    time, width = key.shape
    received = [0.0] * time
    for query in queries:
        for i in range(time):
            seen = range(i + 1) if rule == "masked" else range(time)
            odds = {j: torch.exp(query[i] @ key[j] / width**0.5).item() for j in seen}
            total = 1.0 if rule == "exponential" else sum(odds.values())
            for j, odd in odds.items():
                received[j] += odd / total
    return received


def kept_tokens(
    decoder: Llama, config: ExplicitMemoryConfig, reference: Sequence[int]
) -> list[list[set[int]]]:
    """Which tokens of a reference each memory layer and key-value head keeps."""
    start, time = len(config.prefix), len(config.prefix) + len(reference)
    causal = torch.ones(time, time, dtype=torch.bool).tril()
    n_kv_heads = decoder.blocks[0].context_layer.n_kv_heads
    everywhere = causal.expand(len(decoder.blocks), n_kv_heads, -1, -1)
    tokens = torch.tensor([*config.prefix, *reference])
    _, inputs = masked_pass(decoder, tokens, range(time), everywhere)
    kept = []
    for number in config.memory_layers:
        queries, keys, _ = projections(decoder.blocks[number], inputs[number])
        group = len(queries) // len(keys)
        kept.append([])
        for head, key in enumerate(keys):
            members = [query[start:] for query in queries[head * group : (head + 1) * group]]
            received = attention_received(config.selection, members, key[start:])
            order = sorted(range(len(reference)), key=lambda j: (-received[j], j))
            kept[-1].append(set(order[: config.kept_tokens]))
    return kept


def read(
    decoder: Llama,
    config: ExplicitMemoryConfig,
    text: Sequence[int],
    references: Sequence[Sequence[int]],
    table: Tensor,
    kept: Sequence[list[list[set[int]]]] | None = None,
) -> Tensor:
    """Logits of a text that reads the memories of references: (time, vocab_size).

    Args:
        decoder: the weights.
        config: shape.
        text: tokens, the beginning of the sequence first.
        references: tokens of each, without padding.
        table: (chunks, references) True where a chunk reads a reference.
        kept: what :func:`kept_tokens` gives for each reference; None: computed here.
    """
    if kept is None:
        kept = [kept_tokens(decoder, config, reference) for reference in references]
    p, r = len(config.prefix), config.reference_length
    # What each token is: (kind, reference or None, index in its own sequence).
    names = [("prefix", None, i) for i in range(p)]
    names += [("reference", n, i) for n, ref in enumerate(references) for i in range(len(ref))]
    names += [("text", None, i) for i in range(len(text))]
    begin = {"prefix": 0, "reference": p, "text": p + r}
    positions = [begin[kind] + i for kind, _, i in names]

    def may_read(layer: int, head: int, now: tuple, other: tuple) -> bool:
        if other[0] == "prefix":
            return now[0] != "prefix" or other[2] <= now[2]
        if other[:2] == now[:2]:
            return other[2] <= now[2]
        if now[0] != "text" or other[0] != "reference" or layer not in config.memory_layers:
            return False
        chunk = max(now[2] - 1, 0) // config.chunk_length
        in_layer = kept[other[1]][layer - config.first_memory_layer]
        return bool(table[chunk, other[1]]) and other[2] in in_layer[head]

    n_kv_heads = decoder.blocks[0].context_layer.n_kv_heads
    allowed = torch.tensor(
        [
            [
                [[may_read(layer, head, now, o) for o in names] for now in names]
                for head in range(n_kv_heads)
            ]
            for layer in range(len(decoder.blocks))
        ]
    )
    tokens = torch.tensor([*config.prefix, *(t for ref in references for t in ref), *text])
    logits, _ = masked_pass(decoder, tokens, positions, allowed)
    return logits[-len(text) :]
