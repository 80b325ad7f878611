"""Mamba: a state space model that selects by its input (Gu and Dao 2023, arXiv 2312.00752)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, silu, softplus

from memstudy.nn.leaky import full_precision
from memstudy.nn.recurrent.convolution import short_convolution
from memstudy.nn.recurrent.mixer import Mixer
from memstudy.nn.recurrent.s4d import log_uniform_steps
from memstudy.nn.recurrent.scan import linear_scan

EXPANSION = 2  # channels per unit of d_model
N_STATES = 16  # per channel
SHORT_LAGS = 4  # of the convolution in front of the state space model


class Mamba(Mixer):
    """h_t = exp(Δ_t A) h_{t-1} + Δ_t B_t u_t, s_t = C_t · h_t + D u_t, y_t = W_O (s_t ⊙ silu(z_t)).

    (u, z) = W x, u through a short convolution and silu; Δ = softplus(W_Δ' W_Δ u + b), B and C are
    linear in u (Algorithm 2, section 3.4). A is real and negative, initially -1 .. -N_STATES in
    each of the 2 d_model channels. ``n_heads`` has no effect.
    """

    def __init__(self, d_model: int, n_heads: int = 1, context_length: int = 512):
        width = EXPANSION * d_model
        super().__init__(d_model, n_heads, context_length, d_output=width)
        self.width = width
        self.step_rank = -(-d_model // 16)
        self.project = nn.Linear(d_model, 2 * width, bias=False)
        self.select = nn.Linear(width, self.step_rank + 2 * N_STATES, bias=False)
        self.short = nn.Parameter(torch.empty(width, SHORT_LAGS))
        self.short_bias = nn.Parameter(torch.empty(width))
        # Not a linear map of its own: its initial scale must not follow the model's convention.
        self.step_weight = nn.Parameter(torch.empty(width, self.step_rank))
        self.step_bias = nn.Parameter(torch.empty(width))
        self.log_decay = nn.Parameter(torch.empty(width, N_STATES))  # A = -exp(log_decay)
        self.skip = nn.Parameter(torch.empty(width))
        self.draw_parameters()

    @torch.no_grad()
    def draw_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw the short convolution and Δ (0.001 to 0.1, log-uniform); set A and D."""
        for parameter in (self.short, self.short_bias):
            parameter.uniform_(-(SHORT_LAGS**-0.5), SHORT_LAGS**-0.5, generator=generator)
        bound = self.step_rank**-0.5
        self.step_weight.uniform_(-bound, bound, generator=generator)
        steps = log_uniform_steps(self.width, generator).exp()
        self.step_bias.copy_(steps.expm1().log())  # the inverse of softplus
        self.log_decay.copy_(torch.arange(1, N_STATES + 1).log().expand(self.width, -1))
        self.skip.fill_(1.0)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, time, d_model) to the same shape."""
        u, gate = self.project(x).chunk(2, dim=-1)
        u = silu(short_convolution(u, self.short) + self.short_bias)
        low, write, read = self.select(u).split((self.step_rank, N_STATES, N_STATES), dim=-1)
        step = softplus(full_precision(linear(low, self.step_weight, self.step_bias)))
        decay = (step.unsqueeze(-1) * -self.log_decay.exp()).exp()  # (batch, time, width, states)
        states = linear_scan(decay, (step * u).unsqueeze(-1) * write.unsqueeze(2))
        found = (states @ full_precision(read).unsqueeze(-1)).squeeze(-1).to(x.dtype)
        return self.output((found + self.skip * u) * silu(gate))

    def state_size(self, time: int) -> int:
        """``N_STATES`` per channel, and the last inputs of the short convolution."""
        return self.width * (N_STATES + SHORT_LAGS - 1)
