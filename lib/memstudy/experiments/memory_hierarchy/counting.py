"""Operations of a model, as PyTorch's own counter sees them, beside the formulas of the paper.

A dense product also computes the pairs of tokens that a mask hides from each other; the paper's
formulas leave them out (n²/2 pairs of a causal text of n tokens). They are counted apart, from the
masks that the model itself uses, and taken out of the counter's sum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import scaled_dot_product_attention
from torch.overrides import TorchFunctionMode
from torch.utils.flop_counter import FlopCounterMode

from memstudy.core import seeds
from memstudy.experiments.sparse_memory import costs
from memstudy.experiments.sparse_memory.costs import CostShape
from memstudy.nn.explicit.config import ExplicitMemoryConfig
from memstudy.nn.explicit.memories import Memories
from memstudy.nn.explicit.model import ExplicitMemoryModel
from memstudy.nn.explicit.reading import hidden
from memstudy.nn.llama import Llama, LlamaConfig

WRITE_PARAMETERS = "write into parameters"
WRITE_MEMORY = "write a memory"
READ_MEMORY = "read a memory, token by token"
READ_MEMORY_AT_ONCE = "read a memory, chunk at once"
READ_TEXT = "read as text"
FORWARD = "pass over 256 tokens"
FORWARD_TOKENS = 256  # 128 of a prompt and 128 added (remark 8)

FORMULA: dict[str, Callable[[CostShape], float]] = {
    WRITE_PARAMETERS: costs.parameter_write,
    WRITE_MEMORY: costs.memory_write,
    READ_MEMORY: costs.memory_read,
    READ_MEMORY_AT_ONCE: costs.memory_read,
    READ_TEXT: costs.text_read,
    FORWARD: lambda shape: costs.forward(shape, FORWARD_TOKENS, FORWARD_TOKENS / 2),
}


@dataclass(frozen=True)
class Operations:
    """What a computation took; a multiplication and an addition are two operations."""

    visible: int  # without the pairs that masks hide
    hidden: int  # of the hidden pairs

    def __sub__(self, other: Operations) -> Operations:
        return Operations(self.visible - other.visible, self.hidden - other.hidden)


class HiddenPairs(TorchFunctionMode):
    """Adds up the operations that attention spends on hidden pairs, while it is active."""

    def __init__(self):
        super().__init__()
        self.operations = 0

    def __torch_function__(self, function, types, args=(), kwargs=None):
        """See what attention is called with, and let it go on."""
        if function is scaled_dot_product_attention:
            self.operations += hidden_operations(*args, **(kwargs or {}))
        return function(*args, **(kwargs or {}))


def hidden_operations(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attn_mask: torch.Tensor | None = None,
    is_causal: bool = False,
    **_: Any,
) -> int:
    """Operations of scores and of weighted values on the pairs that a mask hides.

    Args:
        query: (batch, heads, queries, width).
        key: (batch, kv_heads, slots, width).
        value: as ``key``.
        attn_mask: booleans that broadcast to (batch, heads, queries, slots), True where visible.
        is_causal: query i sees slots 0 to i.
    """
    batch, heads, queries, width = query.shape
    slots = key.shape[2]
    visible = batch * heads * queries * slots
    if is_causal:
        visible = batch * heads * sum(min(i + 1, slots) for i in range(queries))
    elif attn_mask is not None:
        visible = int(attn_mask.expand(batch, heads, queries, slots).sum())
    return (batch * heads * queries * slots - visible) * 2 * (width + value.shape[3])


def count(compute: Callable[[], Any], backward: bool = False) -> Operations:
    """Operations of a computation.

    Args:
        compute: runs it; with ``backward`` it gives a loss, whose gradients are computed too.
        backward: also count the backward pass, which makes every product of the forward pass twice.
    """
    # Written out, attention is products that the counter knows on every device.
    with (
        torch.set_grad_enabled(backward),
        sdpa_kernel(SDPBackend.MATH),
        FlopCounterMode(display=False) as counter,
    ):
        with HiddenPairs() as masks:
            result = compute()
        if backward:
            result.backward()
    unseen = masks.operations * (3 if backward else 1)
    return Operations(counter.get_total_flops() - unseen, unseen)


def model_of(
    shape: CostShape, prefix_length: int, device: torch.device | str
) -> ExplicitMemoryModel:
    """A model of that shape with weights that were never trained."""
    with torch.device(device):
        decoder = Llama(
            LlamaConfig(
                vocab_size=shape.vocab_size,
                d_model=shape.d_model,
                n_heads=shape.n_heads,
                n_kv_heads=shape.n_kv_heads,
                n_blocks=shape.n_blocks,
                d_hidden=shape.d_hidden,
                context_length=shape.context_length,
            )
        )
    config = ExplicitMemoryConfig(
        prefix=(0,) * prefix_length,
        n_memory_layers=shape.n_memory_layers,
        reference_length=shape.reference_length,
        kept_tokens=shape.kept_tokens,
        chunk_length=shape.chunk_length,
        memories_per_chunk=shape.memories_per_chunk,
    )
    return ExplicitMemoryModel(decoder, config).eval()


def counts(model: ExplicitMemoryModel, shape: CostShape) -> dict[str, float]:
    """Operations of everything that a formula stands for, without hidden pairs.

    A model on the device ``"meta"`` has no masks that could be looked at, so that reading a chunk
    at once is left out there.
    """
    decoder, device = model.decoder, model.embedding.weight.device

    def tokens(time: int) -> torch.Tensor:
        generator = seeds.torch_generator(0, "tokens", time)
        drawn = torch.randint(shape.vocab_size, (1, time), generator=generator)
        return drawn.to(device)

    def passed(time: int) -> Operations:
        text = tokens(time)
        return count(lambda: decoder.hidden(text))

    window = tokens(shape.context_length + 1)

    def loss() -> torch.Tensor:
        # From all logits at once: the counter does not see products that are added in place, as
        # the model's own loss does.
        logits = decoder(window[:, :-1])
        return torch.nn.functional.cross_entropy(logits.flatten(0, 1), window[:, 1:].flatten())

    training = count(loss, backward=True)
    reference = tokens(shape.reference_length)
    length = torch.full((1,), shape.reference_length, device=device)
    written: list[Memories] = []
    writing = count(lambda: written.append(model.write(reference, length)))
    both = passed(shape.reference_length + shape.chunk_length)
    found = {
        WRITE_PARAMETERS: training.visible * shape.reference_length / shape.context_length,
        WRITE_MEMORY: writing.visible,
        READ_MEMORY: shape.chunk_length * step_with(model, written[0], tokens(1)).visible,
        READ_TEXT: (both - passed(shape.chunk_length)).visible,
        FORWARD: passed(FORWARD_TOKENS).visible,
    }
    if device.type != "meta":
        text = tokens(1 + 2 * shape.chunk_length)
        found[READ_MEMORY_AT_ONCE] = pass_with(model, written[0], text).visible
    return {what: found[what] for what in FORMULA if what in found}


def step_with(model: ExplicitMemoryModel, memory: Memories, token: torch.Tensor) -> Operations:
    """What a memory adds to decoding one token, (1, 1)."""
    found = []
    for memories in (memory, None):
        with torch.no_grad():
            _, state = model.prefill(token, torch.ones_like(token[0]), 2)
        if memories is not None:
            state.exchange([0], memories.reshape(1, 1))
        found.append(count(lambda state=state: model.step(token[0], state)))
    return found[0] - found[1]


def pass_with(model: ExplicitMemoryModel, memory: Memories, text: torch.Tensor) -> Operations:
    """What a memory adds to a pass over a text of two chunks, of which the second reads it."""
    memories, table = memory.reshape(1, 1), torch.tensor([[False], [True]], device=text.device)
    with_memory = count(lambda: model.hidden(text, memories, table))
    return with_memory - count(lambda: model.hidden(text))


def own_cache_bytes(model: ExplicitMemoryModel, shape: CostShape) -> int:
    """Bytes in bfloat16 of all keys and values that the model makes of a reference's tokens."""
    pairs: list[tuple[torch.Tensor, torch.Tensor]] = []
    device = model.embedding.weight.device
    reference = torch.zeros(1, shape.reference_length, dtype=torch.long, device=device)
    with torch.no_grad():
        hidden(model.decoder, model.memory_config, reference, kept_pairs=pairs)
    start = len(model.memory_config.prefix)
    numbers = sum(part[:, start:].numel() for pair in pairs for part in pair)
    return numbers * costs.BYTES_PER_NUMBER
