"""Hyena of order 2 (Poli et al. 2023, arXiv 2302.10866)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from memstudy.nn.recurrent.convolution import long_convolution, short_convolution
from memstudy.nn.recurrent.mixer import Mixer

SHORT_LAGS = 3  # of the convolution that follows the projections
N_BANDS = 16  # frequencies of the position that the filter network sees
N_HIDDEN = 64  # units of the filter network
SINE_FREQUENCY = 10.0  # of its activation, initially
FLOOR = 1e-2  # the windows of the filters reach this value ...
REACH = (0.3, 1.5)  # ... after these fractions of the context, from first to last channel


class ImplicitFilter(nn.Module):
    """h_l = window_l ⊙ MLP(position features of l), and a weight D at lag 0 (section 3.3).

    Positions are counted in units of the context length of training, so that a filter does not
    depend on the length of the sequence at hand. Activations are sines of learned frequency; the
    windows are exponential and spread over the channels.
    """

    def __init__(self, d_model: int, context_length: int):
        super().__init__()
        self.context_length = context_length
        widths = (1 + 2 * N_BANDS, N_HIDDEN, N_HIDDEN, N_HIDDEN)
        self.weights = nn.ParameterList(
            nn.Parameter(torch.empty(after, before))
            for before, after in zip(widths, (*widths[1:], d_model), strict=True)
        )
        self.biases = nn.ParameterList(nn.Parameter(torch.empty(n)) for n in widths[1:])
        self.frequency = nn.Parameter(torch.empty(N_HIDDEN))
        self.skip = nn.Parameter(torch.empty(d_model))
        self.draw_parameters()

    @torch.no_grad()
    def draw_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw weights and biases uniformly in ±1/√fan_in (PyTorch's custom), D from N(0, 1)."""
        for weight in self.weights:
            bound = weight.shape[1] ** -0.5
            weight.uniform_(-bound, bound, generator=generator)
        for weight, bias in zip(self.weights, self.biases, strict=False):
            bound = weight.shape[1] ** -0.5
            bias.uniform_(-bound, bound, generator=generator)
        self.frequency.fill_(SINE_FREQUENCY)
        self.skip.normal_(generator=generator)

    def forward(self, time: int) -> Tensor:
        """(d_model, time) the filter at lags 0 .. time - 1."""
        weights, like = self.weights, self.skip
        place = torch.arange(time, dtype=like.dtype, device=like.device) / self.context_length
        bands = torch.linspace(1e-4, N_BANDS - 1, N_BANDS, dtype=like.dtype, device=like.device)
        angle = 2 * math.pi * place.unsqueeze(1) * bands  # (time, bands)
        x = torch.cat((place.unsqueeze(1), angle.cos(), -angle.sin()), dim=1)
        for weight, bias in zip(weights, self.biases, strict=False):
            x = torch.sin(self.frequency * (x @ weight.T + bias))
        reach = torch.linspace(*(1 / r for r in REACH), len(like), dtype=like.dtype).to(like.device)
        window = torch.exp(math.log(FLOOR) * reach.unsqueeze(1) * place)  # (d_model, time)
        filters = window * (weights[-1] @ x.T)
        return torch.cat((filters[:, :1] + like.unsqueeze(1), filters[:, 1:]), dim=1)


class Hyena(Mixer):
    """y = W_O (x¹ ⊙ (h * (x² ⊙ v))), (x¹, x², v) = short convolution of W x (Definition 3.1).

    The authors' order 2: two gates around one long convolution. ``n_heads`` has no effect.
    """

    def __init__(self, d_model: int, n_heads: int = 1, context_length: int = 512):
        super().__init__(d_model, n_heads, context_length)
        self.project = nn.Linear(d_model, 3 * d_model, bias=False)
        self.short = nn.Parameter(torch.empty(3 * d_model, SHORT_LAGS))
        self.filter = ImplicitFilter(d_model, context_length)
        self.draw_parameters()

    @torch.no_grad()
    def draw_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw the short kernels uniformly in ±1/√lags."""
        self.short.uniform_(-(SHORT_LAGS**-0.5), SHORT_LAGS**-0.5, generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, time, d_model) to the same shape."""
        outer, inner, value = short_convolution(self.project(x), self.short).chunk(3, dim=-1)
        read = long_convolution(inner * value, self.filter(x.shape[1])).to(x.dtype)
        return self.output(outer * read)

    def state_size(self, time: int) -> int:
        """No finite state: all inputs of the long convolution, and the last of the short ones."""
        return self.d_model * time + 3 * self.d_model * (SHORT_LAGS - 1)
