"""What a model does and a formula leaves out, or the other way round, to the last operation."""

from __future__ import annotations

from memstudy.experiments.memory_hierarchy.counting import (
    FORWARD,
    FORWARD_TOKENS,
    READ_MEMORY,
    READ_MEMORY_AT_ONCE,
    READ_TEXT,
    WRITE_MEMORY,
    WRITE_PARAMETERS,
)
from memstudy.experiments.sparse_memory.costs import CostShape

ITSELF = "a token reads itself too"  # n(n + 1)/2 pairs of a causal text, not n²/2
PREFIX = "the prefix is read with the reference"
LAST_ATTENTION = "attention and output map of the last memory layer are not run"
LAST_FEED_FORWARD = "the last feed-forward network is run"


def differences(shape: CostShape, prefix_length: int) -> dict[str, dict[str, float]]:
    """Operations that the model adds to each formula (negative: saves), by their reason.

    Args:
        shape: the model.
        prefix_length: tokens before each reference.
    """
    d, blocks, layers = shape.d_model, shape.n_blocks, shape.n_memory_layers
    tokens, extra = shape.reference_length, prefix_length
    pair = 4 * d  # operations on a pair of tokens in a layer: score and weighted value
    below = layers - 1  # memory layers that are run to the end
    maps = 2 * (layers * shape.attention_weights + below * shape.feed_forward_weights)
    output_map = 2 * d * d
    more_pairs = extra * tokens + extra * (extra + 1) / 2
    return {
        WRITE_PARAMETERS: {ITSELF: 3 * pair * blocks * tokens / 2},
        WRITE_MEMORY: {
            PREFIX: extra * (maps - output_map) + below * pair * more_pairs,
            LAST_ATTENTION: -(tokens * output_map + pair * tokens**2 / 2),
            ITSELF: below * pair * tokens / 2,
        },
        READ_MEMORY: {},
        READ_MEMORY_AT_ONCE: {},
        READ_TEXT: {
            LAST_FEED_FORWARD: 2 * tokens * shape.feed_forward_weights,
            ITSELF: blocks * pair * tokens / 2,
        },
        FORWARD: {ITSELF: blocks * pair * FORWARD_TOKENS / 2},
    }
