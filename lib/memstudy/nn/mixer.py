"""Masked mixer: a transformer whose attention is one causal convolution over the tokens.

Block: x ← x + Conv(LN(x)), x ← x + W_2 GELU(W_1 LN(x)), with biases. The convolution takes the
tokens as channels and slides over the features, so that it has one weight for each pair of
positions: its length is fixed, and it needs no encoding of positions.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import conv1d, linear, pad

from memstudy.nn.block import Block, FeedForward
from memstudy.nn.language_model import LanguageModel, LanguageModelConfig, WholeWindows


@dataclass(frozen=True, kw_only=True)
class MaskedMixerConfig(LanguageModelConfig):
    """Shape of a masked mixer; ``context_length`` is a limit (attention_dropout has no effect).

    With one head the convolution reads the residual stream itself ("flat"); with more, each head
    reads a projection of its own and a linear map joins them.
    """

    kernel: int = 1  # neighbouring features that a feature reads; the paper has 1 to 16
    tied: bool = False  # the head shares the weights of the embedding

    def __post_init__(self) -> None:
        """Refuse shapes that no model can have (ValueError)."""
        super().__post_init__()
        if not 1 <= self.kernel <= self.d_model // self.n_heads:
            raise ValueError(
                f"kernel is {self.kernel}; it must lie between 1 and the {self.d_model}"
                f" / {self.n_heads} features of a head"
            )


class TokenConvolution(nn.Module):
    """y[t, j] = b[t] + Σ_{s ≤ t} Σ_i w[t, s, i] · x[s, j + i - (k - 1)//2], per head.

    Features beyond the edges of a head are zeros. The mask is a product in the forward pass, so
    that weights above the diagonal have no effect, no gradient, and stay as they were drawn. A
    window shorter than ``context_length`` uses the first rows and columns.

    Args:
        d_model: width of input and output.
        n_heads: 1 for the flat form, without linear maps.
        context_length: the most positions.
        kernel: k above.
    """

    def __init__(self, d_model: int, n_heads: int, context_length: int, kernel: int):
        super().__init__()
        self.n_heads = n_heads
        self.weight = nn.Parameter(torch.empty(n_heads, context_length, context_length, kernel))
        self.bias = nn.Parameter(torch.empty(n_heads, context_length))
        flat = n_heads == 1
        self.project = None if flat else nn.Linear(d_model, d_model)
        self.output = None if flat else nn.Linear(d_model, d_model)
        self.draw_parameters()

    @torch.no_grad()
    def draw_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw the weights as PyTorch draws those of a convolution; biases are zero."""
        _, _, time, kernel = self.weight.shape
        limit = (time * kernel) ** -0.5
        self.weight.uniform_(-limit, limit, generator=generator)
        self.bias.zero_()
        for part in (self.project, self.output):
            if part is not None:
                part.bias.zero_()

    def forward(self, x: Tensor) -> Tensor:
        """(batch, time, d_model) to the same shape.

        Raises:
            ValueError: more positions than the layer has weights for.
        """
        time = x.shape[1]
        if time > self.weight.shape[1]:
            raise ValueError(
                f"{time} positions, but this mixer has weights for {self.weight.shape[1]}; "
                "use shorter sequences or a larger context_length"
            )
        if self.project is not None:
            x = self.project(x)
        x = x.unflatten(-1, (self.n_heads, -1)).transpose(1, 2)  # (batch, heads, time, head_dim)
        x = self._convolve(x, self.causal_weight(time)) + self.bias[:, :time, None]
        x = x.transpose(1, 2).flatten(2)
        return x if self.output is None else self.output(x)

    def causal_weight(self, time: int) -> Tensor:
        """(heads, time, time, kernel) weights w[t, s, i], zero for s > t."""
        weight = self.weight[:, :time, :time]
        past = torch.ones(time, time, dtype=weight.dtype, device=weight.device).tril()
        return weight * past.unsqueeze(-1)

    def _convolve(self, x: Tensor, weight: Tensor) -> Tensor:
        kernel = weight.shape[-1]
        if kernel == 1:  # one causal matrix for all features
            return weight.squeeze(-1) @ x
        left = (kernel - 1) // 2
        found = conv1d(
            pad(x, (left, kernel - 1 - left)).flatten(1, 2),  # (batch, heads · time, features)
            weight.flatten(0, 1).to(x.dtype),
            groups=self.n_heads,
        )
        return found.unflatten(1, (self.n_heads, -1))


class BiasedFeedForward(FeedForward):
    """W_2 GELU(W_1 x + b_1) + b_2, position by position."""

    def __init__(self, d_model: int, d_hidden: int):
        super().__init__(d_model, d_hidden)
        self.input_bias = nn.Parameter(torch.zeros(d_hidden))
        self.output_bias = nn.Parameter(torch.zeros(d_model))

    def forward(self, x: Tensor) -> Tensor:
        """(..., d_model) to the same shape."""
        hidden = nn.functional.gelu(linear(x, self.input.weight, self.input_bias))
        return linear(hidden, self.output.weight, self.output_bias)


class MaskedMixer(WholeWindows, LanguageModel):
    """Masked mixer: a convolution with the same weights for every input.

    Args:
        config: the shape.
        generator: source of the initial weights; None takes PyTorch's global one.
    """

    kind = "a masked mixer"

    def __init__(self, config: MaskedMixerConfig, generator: torch.Generator | None = None):
        blocks = (self._block(config) for _ in range(config.n_blocks))
        super().__init__(config, blocks, generator, norm=nn.LayerNorm, tied=config.tied)

    @staticmethod
    def _block(config: MaskedMixerConfig) -> Block:
        d_model = config.d_model
        convolution = TokenConvolution(
            d_model, config.n_heads, config.context_length, config.kernel
        )
        feed_forward = BiasedFeedForward(d_model, 4 * d_model)
        return Block(d_model, convolution, feed_forward, config.residual_dropout, nn.LayerNorm)
