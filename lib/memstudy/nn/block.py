"""A block of a language model: a layer that reads the context, then one that does not.

A layer maps (batch, time, d_model) to the same shape and decodes incrementally:

- ``forward(x)``: all positions at once;
- ``prefill(x, lengths, capacity)``: the same on right-padded prompts, and a state;
- ``step(x, state)``: one more position, (batch, d_model), moving the state on;
- ``last_row(x)`` (first layer of a block): the weights with which the last position reads.

Its submodule ``output`` is the linear map whose result is added to the residual stream.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn
from torch.nn.functional import dropout

Norm = Callable[[int], nn.Module]  # width to a norm of the last axis


def layer_norm(d_model: int) -> nn.Module:
    """LayerNorm with a learned scale and no bias."""
    return nn.LayerNorm(d_model, bias=False)


class Block(nn.Module):
    """x ← x + layer(Norm(x)), twice: first a layer that reads the context, then one that does not.

    Args:
        d_model: width.
        context_layer: contextual memory or attention.
        token_layer: persistent memory or feed-forward network.
        residual_dropout: on what each layer adds.
        norm: makes the two norms.
    """

    def __init__(
        self,
        d_model: int,
        context_layer: nn.Module,
        token_layer: nn.Module,
        residual_dropout: float = 0.0,
        norm: Norm = layer_norm,
    ):
        super().__init__()
        self.context_norm = norm(d_model)
        self.context_layer = context_layer
        self.token_norm = norm(d_model)
        self.token_layer = token_layer
        self.residual_dropout = residual_dropout

    def forward(self, x: Tensor) -> Tensor:
        """(batch, time, d_model) to the same shape."""
        x = x + self._drop(self.context_layer(self.context_norm(x)))
        return x + self._drop(self.token_layer(self.token_norm(x)))

    def prefill(self, x: Tensor, lengths: Tensor, capacity: int) -> tuple[Tensor, list[Any]]:
        """Both layers on right-padded prompts, and their states."""
        y, context_state = self.context_layer.prefill(self.context_norm(x), lengths, capacity)
        x = x + y
        y, token_state = self.token_layer.prefill(self.token_norm(x), lengths, capacity)
        return x + y, [context_state, token_state]

    def step(self, x: Tensor, states: list[Any]) -> Tensor:
        """Both layers for one more position, (batch, d_model)."""
        x = x + self.context_layer.step(self.context_norm(x), states[0])
        return x + self.token_layer.step(self.token_norm(x), states[1])

    def _drop(self, y: Tensor) -> Tensor:
        return dropout(y, self.residual_dropout, self.training)


class FeedForward(nn.Module):
    """W_2 GELU(W_1 x), position by position and without biases."""

    def __init__(self, d_model: int, d_hidden: int):
        super().__init__()
        self.input = nn.Linear(d_model, d_hidden, bias=False)
        self.output = nn.Linear(d_hidden, d_model, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(..., d_model) to the same shape."""
        return self.output(nn.functional.gelu(self.input(x)))

    def prefill(self, x: Tensor, lengths: Tensor, capacity: int) -> tuple[Tensor, None]:
        """:meth:`forward`; there is nothing to remember."""
        return self(x), None

    def step(self, x: Tensor, state: None) -> Tensor:
        """:meth:`forward` for one more position."""
        return self(x)
