"""Gated linear attention (Yang et al. 2023, arXiv 2312.06635)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid, silu

from memstudy.nn.leaky import full_precision
from memstudy.nn.recurrent.linear_memory import normalised_heads, read_memory
from memstudy.nn.recurrent.mixer import Mixer

GATE_RANK = 16  # of the map that makes the gates
TEMPERATURE = 16.0  # τ: gates start at 0.5^(1/16), a memory of about 20 steps


class GatedLinearAttention(Mixer):
    """S_t = Diag(α_t) S_{t-1} + k_t v_tᵀ, o_t = S_tᵀ q_t / √key_dim (section 4).

    α_t = σ(W_2 W_1 x_t + b)^(1/τ) is a gate for each channel of the key, and
    y_t = W_O (silu(W_R x_t) ⊙ Norm(o_t)). Keys are half as wide as values, as in the paper.

    Raises:
        ValueError: the heads cannot share d_model / 2 evenly.
    """

    def __init__(self, d_model: int, n_heads: int = 1, context_length: int = 512):
        super().__init__(d_model, n_heads, context_length)
        if self.head_dim % 2:
            raise ValueError(
                f"keys have half the width of values, but d_model {d_model} / n_heads {n_heads} is "
                "odd; choose other sizes"
            )
        self.query = nn.Linear(d_model, d_model // 2, bias=False)
        self.key = nn.Linear(d_model, d_model // 2, bias=False)
        self.value = nn.Linear(d_model, d_model, bias=False)
        self.gate = nn.Linear(d_model, d_model, bias=False)
        self.decay_down = nn.Linear(d_model, GATE_RANK, bias=False)
        self.decay_up = nn.Linear(GATE_RANK, d_model // 2, bias=False)
        self.decay_bias = nn.Parameter(torch.zeros(d_model // 2))

    def log_decay(self, x: Tensor) -> Tensor:
        """log α_t: (batch, time, d_model) to (batch, time, d_model / 2)."""
        raw = self.decay_up(self.decay_down(x)) + self.decay_bias
        return logsigmoid(full_precision(raw)) / TEMPERATURE

    def forward(self, x: Tensor) -> Tensor:
        """(batch, time, d_model) to the same shape."""
        query, key, value, decay = (
            part.unflatten(-1, (self.n_heads, -1))
            for part in (self.query(x), self.key(x), self.value(x), self.log_decay(x))
        )
        read = read_memory(query * query.shape[-1] ** -0.5, key, value, decay)
        return self.output(silu(self.gate(x)) * normalised_heads(read).to(x.dtype))

    def state_size(self, time: int) -> int:
        """One matrix per head."""
        return self.n_heads * self.head_dim**2 // 2
