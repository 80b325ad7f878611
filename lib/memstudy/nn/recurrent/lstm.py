"""Long short-term memory: Hochreiter and Schmidhuber 1997, forget gates of Gers et al. 2000."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from memstudy.nn.recurrent.mixer import Mixer


class LSTM(Mixer):
    """c_t = σ(f_t) ⊙ c_{t-1} + σ(i_t) ⊙ tanh(g_t), h_t = σ(o_t) ⊙ tanh(c_t), y_t = W_O h_t.

    (i, f, g, o)_t = W x_t + U h_{t-1} + b: PyTorch's layer with as many cells as ``d_model``.
    """

    def __init__(self, d_model: int, n_heads: int = 1, context_length: int = 512):
        super().__init__(d_model, n_heads, context_length)
        self.cells = nn.LSTM(d_model, d_model, batch_first=True)
        self.draw_parameters()

    @torch.no_grad()
    def draw_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw weights and biases uniformly in ±1/√d_model, as PyTorch does."""
        bound = self.d_model**-0.5
        for parameter in self.cells.parameters():
            parameter.uniform_(-bound, bound, generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, time, d_model) to the same shape."""
        return self.output(self.cells(x)[0])

    def state_size(self, time: int) -> int:
        """Cells and outputs."""
        return 2 * self.d_model
