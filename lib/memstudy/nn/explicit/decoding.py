"""Decoding one token at a time, with new memories at every chunk (section 3.4).

The grid of chunks begins at the first token after the beginning of the sequence. Each chunk of the
prompt, the last one complete or not, retrieves with its own tokens and reads what it found. While
text is added, a chunk reads what the finished chunk before it has retrieved; so the first added
chunk inherits the memories of a prompt that ended with a whole chunk. Keys and values of earlier
text stay as they are when the memories are exchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from memstudy.nn.decoding import PairStore, last_of
from memstudy.nn.explicit import attention, reading
from memstudy.nn.explicit.memories import Memories
from memstudy.nn.generation import check_arguments, padded, sample
from memstudy.nn.leaky import full_precision

if TYPE_CHECKING:
    from memstudy.nn.explicit.model import ExplicitMemoryModel

# Takes the tokens of some chunks (with no beginning-of-sequence token) and gives memories of shape
# (chunks, memories_per_chunk).
Retrieve = Callable[[Sequence[Sequence[int]]], Memories]


@dataclass
class MemoryState:
    """What decoding remembers of a batch of texts between two steps."""

    stores: list[PairStore]  # keys and values of prefix and text, one store a block
    lengths: Tensor  # (batch,) text tokens read so far, the beginning of the sequence included
    memories: Memories | None  # (batch, M), what each text reads now; None: nothing

    def exchange(self, rows: Sequence[int], memories: Memories) -> None:
        """Let texts ``rows`` read other memories from now on.

        Args:
            rows: indices of texts.
            memories: of shape (len(rows), M), of the layers and heads of those that are replaced.
        """
        if self.memories is None:
            batch = len(self.lengths)
            pairs = memories.pairs.new_zeros(batch, *memories.pairs.shape[1:])
            self.memories = Memories(pairs, memories.n_kept.new_zeros(batch, memories.shape[1]))
        index = torch.as_tensor(rows, device=self.memories.pairs.device)
        # Out of place: what the caller keeps of earlier memories stays as it was.
        self.memories = Memories(
            self.memories.pairs.index_copy(0, index, memories.pairs),
            self.memories.n_kept.index_copy(0, index, memories.n_kept),
        )


def prefill(
    model: ExplicitMemoryModel,
    tokens: Tensor,
    lengths: Tensor,
    capacity: int,
    memories: Memories | None = None,
    table: Tensor | None = None,
) -> tuple[Tensor, MemoryState]:
    """Read prompts of unequal length at once, each chunk with its memories.

    Args:
        model: the model, in evaluation mode.
        tokens: (batch, time) prompts with their beginning-of-sequence token, padded on the right.
        lengths: (batch,) real tokens of each prompt, at least 1.
        capacity: tokens that the longest text will have in the end.
        memories: (batch, references), as in :func:`memstudy.nn.explicit.reading.hidden`.
        table: which chunk reads which.

    Returns:
        Logits after each prompt's last token, (batch, vocab_size), and the state. Its texts read
        no memory until :meth:`MemoryState.exchange` gives them some.
    """
    pairs: list[tuple[Tensor, Tensor]] = []
    config, decoder = model.memory_config, model.decoder
    found = reading.hidden(decoder, config, tokens, memories, table, pairs)
    prefix_length = len(config.prefix)
    stores = [
        PairStore.of(key, value, lengths + prefix_length, capacity + prefix_length)
        for key, value in pairs
    ]
    return decoder.logits_from_hidden(last_of(found, lengths)), MemoryState(stores, lengths, None)


def step(model: ExplicitMemoryModel, tokens: Tensor, state: MemoryState) -> Tensor:
    """Logits after one more token of each text, (batch,) to (batch, vocab_size)."""
    config, decoder = model.memory_config, model.decoder
    positions = (config.text_start + state.lengths).unsqueeze(1)
    x = decoder._embed(tokens.unsqueeze(1), positions)  # (batch, 1, d_model)
    for number, (block, store) in enumerate(zip(decoder.blocks, state.stores, strict=True)):
        query, key, value = attention.project_at(block, x, positions)
        store.append(key.squeeze(1), value.squeeze(1))
        layer = number - config.first_memory_layer
        memory = state.memories if number in config.memory_layers else None
        found = _read(block.context_layer.scale, query.squeeze(1), store, memory, layer)
        x = attention.finish(block, x, block.context_layer.output(found).unsqueeze(1))
    state.lengths = state.lengths + 1
    return decoder.logits_from_hidden(decoder.final_norm(x.squeeze(1)))


def _read(
    scale: float, query: Tensor, store: PairStore, memories: Memories | None, layer: int
) -> Tensor:
    """One soft-max over memories and text for one query a head: (batch, heads · head_dim)."""
    keys, values = store.keys, store.values
    readable = torch.arange(store.used, device=keys.device) < store.count.unsqueeze(1)
    sources = [(keys, values, readable)]
    if memories is not None:
        old_keys, old_values = (part.to(keys.dtype) for part in memories.layer(layer))
        sources.insert(0, (old_keys, old_values, memories.filled.flatten(1)))
    grouped = query.to(keys.dtype).unflatten(1, (keys.shape[1], -1))  # (batch, kv_heads, group, d)
    scores = [
        (full_precision(grouped @ key.mT) * scale).masked_fill(~may[:, None, None], -torch.inf)
        for key, _, may in sources
    ]
    weights = torch.cat(scores, dim=-1).softmax(-1).to(values.dtype)
    parts = weights.split([key.shape[2] for key, _, _ in sources], dim=-1)
    return sum(part @ value for part, (_, value, _) in zip(parts, sources, strict=True)).flatten(1)


@torch.no_grad()
def generate(
    model: ExplicitMemoryModel,
    prompts: Sequence[Sequence[int]],
    max_new_tokens: int,
    retrieve: Retrieve,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> list[list[int]]:
    """Continue prompts, retrieving memories for each chunk of prompt and new text.

    Args:
        model: the model, in evaluation mode.
        prompts: token ids, each prompt beginning with the beginning-of-sequence token.
        max_new_tokens: tokens to add to each.
        retrieve: tokens of chunks to memories of shape (chunks, memories_per_chunk); called once
            for all chunks of all prompts, then whenever texts have finished a chunk.
        temperature: as in :func:`memstudy.nn.generation.generate`, with ``top_k``, ``top_p`` and
            ``generator``.

    Returns:
        The new tokens of each prompt.

    Raises:
        ValueError: an empty prompt, an argument out of range, a model in training mode, or
            retrieved memories of another shape.
    """
    check_arguments(model, prompts, max_new_tokens, temperature, top_k, top_p)
    if max_new_tokens == 0:
        return [[] for _ in prompts]
    chunk_length = model.memory_config.chunk_length
    retrieve = _checked(retrieve, model.memory_config.memories_per_chunk)
    device = model.embedding.weight.device
    tokens, lengths = padded(prompts, device)
    longest = tokens.shape[1]
    memories, table, current = _memories_of_prompts(prompts, chunk_length, retrieve)
    logits, state = prefill(
        model, tokens, lengths, longest + max_new_tokens - 1, memories, _on(table, device)
    )
    for row, found in current.items():
        state.exchange([row], found)
    texts = [list(prompt) for prompt in prompts]
    while True:
        new = sample(logits, temperature, top_k, top_p, generator)
        for text, token in zip(texts, new.tolist(), strict=True):
            text.append(token)
        if len(texts[0]) == len(prompts[0]) + max_new_tokens:
            break
        due = [
            row
            for row, (text, prompt) in enumerate(zip(texts, prompts, strict=True))
            if retrieval_is_due(len(prompt) - 1, len(text) - 2, chunk_length)
        ]
        if due:
            found = retrieve([texts[row][-1 - chunk_length : -1] for row in due])
            state.exchange(due, found)
        logits = step(model, new, state)
    return [text[len(prompt) :] for text, prompt in zip(texts, prompts, strict=True)]


def retrieval_is_due(prompt_length: int, index: int, chunk_length: int) -> bool:
    """Whether a text retrieves with the chunk that has just ended, before token ``index`` is read.

    Args:
        prompt_length: tokens of the prompt after the beginning of the sequence.
        index: which token after the beginning of the sequence (from 0) is read next.
        chunk_length: tokens of a chunk.
    """
    # A prompt's last chunk, if whole, has retrieved already.
    return index >= chunk_length and index % chunk_length == 0 and index > prompt_length


def prompt_chunks(prompt: Sequence[int], chunk_length: int) -> list[list[int]]:
    """The chunks of a prompt, without its beginning-of-sequence token; the last may be short."""
    text = list(prompt[1:])
    return [text[i : i + chunk_length] for i in range(0, len(text), chunk_length)]


def _checked(retrieve: Retrieve, memories_per_chunk: int) -> Retrieve:
    """The same retrieval, of which every answer must have as many memories a chunk."""

    def found(chunks: Sequence[Sequence[int]]) -> Memories:
        memories = retrieve(chunks)
        expected = (len(chunks), memories_per_chunk)
        if memories.shape != expected:
            raise ValueError(
                f"retrieve gave memories of shape {tuple(memories.shape)}; {expected} are wanted: "
                "chunks, and memories_per_chunk of the configuration"
            )
        return memories

    return found


def _memories_of_prompts(
    prompts: Sequence[Sequence[int]], chunk_length: int, retrieve: Retrieve
) -> tuple[Memories | None, Tensor | None, dict[int, Memories]]:
    """Memories (batch, references), the table, and what each text reads at its prompt's end."""
    chunks = [prompt_chunks(prompt, chunk_length) for prompt in prompts]
    queries = [chunk for own in chunks for chunk in own]
    if not queries:
        return None, None, {}
    found = retrieve(queries)
    n, per_chunk = max(map(len, chunks)), found.shape[1]
    row = torch.tensor([row for row, own in enumerate(chunks) for _ in own])
    chunk = torch.tensor([number for own in chunks for number, _ in enumerate(own)])
    pairs = found.pairs.new_zeros(len(prompts), n, *found.pairs.shape[1:])
    n_kept = found.n_kept.new_zeros(len(prompts), n, per_chunk)
    pairs[row, chunk], n_kept[row, chunk] = found.pairs, found.n_kept
    pool = Memories(pairs.flatten(1, 2), n_kept.flatten(1, 2))
    ends = {row: sum(map(len, chunks[: row + 1])) - 1 for row, own in enumerate(chunks) if own}
    current = {row: found[end : end + 1] for row, end in ends.items()}
    return pool, reading.reading_table(n, per_chunk), current


def _on(table: Tensor | None, device: torch.device) -> Tensor | None:
    return None if table is None else table.to(device)
