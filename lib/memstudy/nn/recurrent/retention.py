"""Multi-scale retention of RetNet (Sun et al. 2023, arXiv 2307.08621)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import silu

from memstudy.nn.positions import rotate
from memstudy.nn.recurrent.linear_memory import normalised_heads, read_memory
from memstudy.nn.recurrent.mixer import Mixer


class Retention(Mixer):
    """S_t = γ S_{t-1} + k_t v_tᵀ, o_t = S_tᵀ q_t, y_t = W_O (silu(W_G x_t) ⊙ Norm(o_t)) (eq. 6, 8).

    Queries and keys are rotated by their positions; head i has γ = 1 - 2^(-5-i). Values are as wide
    as the model (the larger models of the paper take twice that).

    Raises:
        ValueError: the head is odd, so its features cannot be rotated in pairs.
    """

    def __init__(self, d_model: int, n_heads: int = 1, context_length: int = 512):
        super().__init__(d_model, n_heads, context_length)
        if self.head_dim % 2:
            raise ValueError(
                f"retention turns pairs of features, but a head of d_model {d_model} / n_heads "
                f"{n_heads} has an odd number; choose other sizes"
            )
        self.project = nn.Linear(d_model, 3 * d_model, bias=False)
        self.gate = nn.Linear(d_model, d_model, bias=False)

    def log_decay(self, device: torch.device | None = None) -> Tensor:
        """(heads,) log γ in float64 (float32 would round 1 - γ)."""
        exponents = -5.0 - torch.arange(self.n_heads, dtype=torch.float64)
        return torch.log1p(-(2.0**exponents)).to(device)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, time, d_model) to the same shape."""
        query, key, value = self.project(x).unflatten(-1, (3, self.n_heads, -1)).unbind(2)
        positions = torch.arange(x.shape[1], device=x.device)
        query, key = rotate(query * self.head_dim**-0.5, positions), rotate(key, positions)
        decay = self.log_decay(x.device).to(x.dtype)
        read = normalised_heads(read_memory(query, key, value, decay)).to(x.dtype)
        return self.output(silu(self.gate(x)) * read)

    def state_size(self, time: int) -> int:
        """One matrix per head."""
        return self.n_heads * self.head_dim**2
