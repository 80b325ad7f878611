"""Diagonal state space models: S4D (Gu et al. 2022, arXiv 2206.11893)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu

from memstudy.nn.recurrent.convolution import long_convolution
from memstudy.nn.recurrent.mixer import Mixer

N_STATES = 64  # real numbers of state per channel: 32 complex ones and their conjugates
STEP_RANGE = (1e-3, 1e-1)  # of the initial Δ, log-uniform


def log_uniform_steps(n_channels: int, generator: torch.Generator | None = None) -> Tensor:
    """(n_channels,) log Δ, uniform over the logarithm of ``STEP_RANGE``."""
    low, high = (math.log(bound) for bound in STEP_RANGE)
    return low + (high - low) * torch.rand(n_channels, generator=generator, device="cpu")


class DiagonalStateSpace(nn.Module):
    """h_t = Ā h_{t-1} + B̄ x_t, y_t = 2 Re(C · h_t) + D x_t for each channel, as a convolution.

    Ā = exp(ΔA) and B̄ = (exp(ΔA) - 1) / A (zero-order hold of B = 1), with A diagonal, initially
    A_n = -1/2 + iπn (S4D-Lin). A, C, D and Δ are learned for each channel.

    Args:
        d_model: channels.
        n_states: real numbers of state per channel.
    """

    def __init__(self, d_model: int, n_states: int = N_STATES):
        super().__init__()
        shape = (d_model, n_states // 2)
        self.log_step = nn.Parameter(torch.empty(d_model))
        self.log_decay = nn.Parameter(torch.empty(shape))  # A = -exp(log_decay) + i frequency
        self.frequency = nn.Parameter(torch.empty(shape))
        self.readout = nn.Parameter(torch.empty(*shape, 2))  # real and imaginary part of C
        self.skip = nn.Parameter(torch.empty(d_model))
        self.draw_parameters()

    @torch.no_grad()
    def draw_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw Δ, C and D; put A on its initial line."""
        self.log_step.copy_(log_uniform_steps(len(self.log_step), generator))
        self.log_decay.fill_(math.log(0.5))
        self.frequency.copy_(math.pi * torch.arange(self.frequency.shape[1]))
        self.readout.normal_(std=0.5**0.5, generator=generator)
        self.skip.normal_(generator=generator)

    def kernel(self, time: int) -> Tensor:
        """(d_model, time): 2 Re Σ_n C_n B̄_n Ā_n^l at lag l, D added at lag 0."""
        a = torch.complex(-self.log_decay.exp(), self.frequency)
        scaled = a * self.log_step.exp().unsqueeze(1)  # ΔA
        weight = torch.view_as_complex(self.readout) * torch.expm1(scaled) / a
        lags = torch.arange(time, device=a.device)
        powers = (scaled.unsqueeze(2) * lags).exp()  # (d_model, states, time)
        kernel = 2 * torch.einsum("dn,dnl->dl", weight, powers).real
        return torch.cat((kernel[:, :1] + self.skip.unsqueeze(1), kernel[:, 1:]), dim=1)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, time, d_model) to the same shape."""
        return long_convolution(x, self.kernel(x.shape[1])).to(x.dtype)


class S4D(Mixer):
    """y = (W_O g) ⊙ σ(W_G g), g = GELU(SSM(x)), with the SSM of :class:`DiagonalStateSpace`."""

    def __init__(self, d_model: int, n_heads: int = 1, context_length: int = 512):
        super().__init__(d_model, n_heads, context_length)
        self.state_space = DiagonalStateSpace(d_model)
        self.gate = nn.Linear(d_model, d_model, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, time, d_model) to the same shape."""
        read = gelu(self.state_space(x))
        return self.output(read) * torch.sigmoid(self.gate(read))

    def state_size(self, time: int) -> int:
        """``N_STATES`` per channel."""
        return self.d_model * N_STATES
