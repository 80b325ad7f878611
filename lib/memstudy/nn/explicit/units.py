"""Explicit memories of a Memory Mosaic: pairs of its contextual units, stored and read later.

A contextual unit stores the pairs (k_t, v_t) of the sequence that it reads and smooths over them
with one soft-max. Here some of these pairs are kept when a reference has been read alone, and a
unit of another text reads them besides the pairs of its own past:

    y_T = Σ_i softmax_i(k_T · [memories; k_0 .. k_{T-1}]) [memories; v_0 .. v_{T-1}]

What differs from a transformer (:mod:`~memstudy.nn.explicit.writing` and ``reading``):

- There are no positions, so nothing is rotated, and no prefix is read: the first token of a text
  has no own pairs, and reads memories alone, or nothing, which gives zero.
- v_t needs x_{t+1}, so a reference of R tokens has R - 1 complete pairs. The last one would need
  the token after the reference, which stands in another text; it is left out.
- k_t is a leaky average of the sequence's past, which begins anew with every reference and text.
  Reading the dense memory of a text's beginning is therefore *not* the same as reading it as
  context: keys behind the cut do not see what stood before it, and the pair across it is missing.
- Queries are keys. A key never reads its own pair, so selection by attention received counts what
  a pair receives from all others, on both sides as in the paper. All keys of a head have one
  length: ``key_norm`` means nothing here and is refused.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from memstudy.nn.associative import ContextualMemory, retrieve_from_past
from memstudy.nn.explicit import attention
from memstudy.nn.explicit.config import ExplicitMemoryConfig
from memstudy.nn.explicit.memories import Memories
from memstudy.nn.explicit.model import ExplicitMemoryModel
from memstudy.nn.explicit.reading import readable
from memstudy.nn.explicit.selection import highest, token_scores
from memstudy.nn.explicit.writing import flattened, take
from memstudy.nn.language_model import LanguageModel
from memstudy.nn.mosaic import MemoryMosaic


class UnitMemoryModel(ExplicitMemoryModel):
    """A Memory Mosaic whose contextual units write and read memories; no parameter is added.

    Without memories it is the plain mosaic. Of the configuration, ``prefix`` is not read.

    Args:
        decoder: the mosaic.
        config: shape of the memories; ``kept_tokens`` counts pairs, R or R - 1 keep all.
    """

    ahead = 1  # the value of a pair contains the next token

    @staticmethod
    def check(decoder: LanguageModel, config: ExplicitMemoryConfig) -> None:
        """Refuse a decoder that cannot have such memories (ValueError)."""
        config.check_layers(decoder)
        if not isinstance(decoder, MemoryMosaic):
            raise ValueError(f"a {type(decoder).__name__} has no contextual memory units")
        if config.reference_length < 2:
            raise ValueError("a reference of one token has no complete pair")
        if config.selection == "key_norm":
            raise ValueError("all keys of a memory unit's head are equally long: choose another")

    def write(
        self, references: Tensor, lengths: Tensor, generator: torch.Generator | None = None
    ) -> Memories:
        """Memories of references; see :func:`write`."""
        return write(self.decoder, self.memory_config, references, lengths, generator)

    def hidden(
        self, tokens: Tensor, memories: Memories | None = None, table: Tensor | None = None
    ) -> Tensor:
        """Final hidden states; see :func:`hidden`."""
        return hidden(self.decoder, self.memory_config, tokens, memories, table)

    def prefill(self, tokens: Tensor, lengths: Tensor, capacity: int, *memories):
        """Not built: texts are read whole."""
        raise NotImplementedError("a mosaic with explicit memories cannot decode incrementally")

    def step(self, tokens: Tensor, state) -> Tensor:
        """Not built: texts are read whole."""
        raise NotImplementedError("a mosaic with explicit memories cannot decode incrementally")


def write(
    decoder: MemoryMosaic,
    config: ExplicitMemoryConfig,
    references: Tensor,
    lengths: Tensor,
    generator: torch.Generator | None = None,
) -> Memories:
    """Memories of references that are read alone.

    Gradients reach the mosaic's weights through the kept pairs; which are kept is decided without.

    Args:
        decoder: the mosaic that will read the memories.
        config: shape and rule of selection.
        references: (..., reference_length) token ids, padded on the right with any token.
        lengths: (...) real tokens of each; 0 and 1 give a memory that holds nothing.
        generator: source of randomness of the rule ``"random"``, on the references' device.

    Returns:
        Memories with the leading shape of ``lengths``; ``tokens`` names the pairs by the token at
        which their key stands.

    Raises:
        ValueError: shapes that do not fit, or no layer that writes.
    """
    flat, real = flattened(config.reference_length, references, lengths)
    complete = real[:, 1:]  # pair t needs token t + 1
    slots = min(config.kept_tokens, complete.shape[1])
    x = decoder._embed(flat, torch.arange(flat.shape[1], device=flat.device))
    pairs, kept = [], []
    for number, block in enumerate(decoder.blocks[: config.memory_layers.stop]):
        if number not in config.memory_layers:
            x = block(x)
            continue
        layer: ContextualMemory = block.context_layer
        normed = block.context_norm(x)
        (key, query), value = layer.key.with_queries(normed), layer.value(normed)
        scores = pair_scores(config.selection, key[:, :-1], complete, generator)
        kept.append(highest(scores, slots))  # (references, heads, slots)
        pairs.append(torch.stack([take(part, kept[-1]) for part in (key, value)], dim=1))
        if number + 1 < config.memory_layers.stop:
            found = retrieve_from_past(key, query, value, layer._drop())
            x = attention.finish(block, x, layer.output(found.flatten(2)))
    if not pairs:
        raise ValueError("n_memory_layers is 0: there is nothing to write")
    n_kept = complete.sum(1).clamp(max=slots)
    return Memories(torch.stack(pairs, dim=1), n_kept, torch.stack(kept, dim=1)).reshape(
        *lengths.shape
    )


def pair_scores(
    rule: str, key: Tensor, complete: Tensor, generator: torch.Generator | None = None
) -> Tensor:
    """Score of each pair of each reference; the highest are kept.

    Args:
        rule: one of :data:`memstudy.nn.explicit.selection.RULES`.
        key: (references, pairs, heads, head_dim); their length carries β.
        complete: (references, pairs) False where a pair holds padding.
        generator: as that of :func:`write`.

    Returns:
        (references, heads, pairs), -inf where a pair is not complete.
    """
    # The rules divide scores by sqrt(head_dim), a memory unit does not.
    query = key * key.shape[-1] ** 0.5
    return token_scores(rule, query, key, complete, generator, strict=True)


def hidden(
    decoder: MemoryMosaic,
    config: ExplicitMemoryConfig,
    tokens: Tensor,
    memories: Memories | None = None,
    table: Tensor | None = None,
) -> Tensor:
    """Final hidden states of a text that reads memories.

    Args:
        decoder: the mosaic.
        config: shape.
        tokens: (batch, time) texts; the first token is chunk 0's, as are the next chunk_length.
        memories: of shape (batch, references); None: the plain mosaic.
        table: (chunks, references) or (batch, chunks, references), True where a chunk reads a
            reference; None: every chunk reads every reference.

    Returns:
        (batch, time, d_model).

    Raises:
        ValueError: memories or a table that do not fit the text.
    """
    if memories is None or not config.n_memory_layers:
        return decoder.hidden(tokens)
    slots = readable(config, tokens, memories, table)
    time = tokens.shape[1]
    own = torch.ones(time, time, dtype=torch.bool, device=tokens.device).tril(-1)
    allowed = torch.cat((slots, own.expand(len(tokens), -1, -1)), dim=2).unsqueeze(1)
    x = decoder._embed(tokens, torch.arange(time, device=tokens.device))
    for number, block in enumerate(decoder.blocks):
        if number in config.memory_layers:
            stored = memories.layer(number - config.first_memory_layer)
            found = retrieve(block.context_layer, block.context_norm(x), stored, allowed)
            x = attention.finish(block, x, found)
        else:
            x = block(x)
    return decoder.final_norm(x)


def retrieve(
    layer: ContextualMemory, x: Tensor, stored: tuple[Tensor, Tensor], allowed: Tensor
) -> Tensor:
    """What a contextual unit finds among stored pairs and those of its own text.

    Args:
        layer: the unit.
        x: (batch, time, d_model).
        stored: keys and values of memories, (batch, heads, slots, head_dim) twice.
        allowed: (batch, 1, time, slots + time) True where a query may read a pair.

    Returns:
        (batch, time, d_model), zero where a query may read nothing.
    """
    key, value = layer.key(x).transpose(1, 2), layer.value(x).transpose(1, 2)
    keys, values = (
        torch.cat((old.to(new.dtype), new), dim=2)
        for old, new in zip(stored, (key, value), strict=True)
    )
    # A soft-max over nothing is not a number: such a query reads any pair, and its finding is lost.
    reads = allowed.any(-1, keepdim=True)
    found = scaled_dot_product_attention(
        key, keys, values, attn_mask=allowed | ~reads, dropout_p=layer._drop(), scale=1.0
    )  # (batch, heads, time, head_dim)
    return layer.output((found * reads).transpose(1, 2).flatten(2))
