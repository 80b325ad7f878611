"""Linear attention (Katharopoulos et al. 2020, arXiv 2006.16236), with and without normaliser."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import elu, pad

from memstudy.nn.recurrent.linear_memory import read_memory
from memstudy.nn.recurrent.mixer import Mixer


class PlainLinearAttention(Mixer):
    """o_t = S_tᵀ q_t / √head_dim, S_t = S_{t-1} + k_t v_tᵀ: neither feature map nor normaliser.

    The form of the RegBench baseline ("linear transformer" of Fig. 11).
    """

    def __init__(self, d_model: int, n_heads: int = 1, context_length: int = 512):
        super().__init__(d_model, n_heads, context_length)
        self.project = nn.Linear(d_model, 3 * d_model, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, time, d_model) to the same shape."""
        query, key, value = self.project(x).unflatten(-1, (3, self.n_heads, -1)).unbind(2)
        return self.output(self._read(query, key, value).flatten(2).to(x.dtype))

    def state_size(self, time: int) -> int:
        """One matrix per head."""
        return self.n_heads * self.head_dim**2

    def _read(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        return read_memory(query * self.head_dim**-0.5, key, value, self._no_decay(query))

    def _no_decay(self, query: Tensor) -> Tensor:
        return torch.zeros(self.n_heads, dtype=query.dtype, device=query.device)


class LinearAttention(PlainLinearAttention):
    """o_t = S_tᵀ φ(q_t) / (z_t · φ(q_t)) with φ = elu + 1, z_t = z_{t-1} + φ(k_t) (eq. 18-20)."""

    def state_size(self, time: int) -> int:
        """One matrix and one normaliser per head."""
        return super().state_size(time) + self.d_model

    def _read(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        # A value of 1 in a further column sums up to the normaliser.
        value = pad(value, (0, 1), value=1.0)
        read = read_memory(elu(query) + 1, elu(key) + 1, value, self._no_decay(query))
        return read[..., :-1] / read[..., -1:]
