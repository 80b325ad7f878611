"""H3, "hungry hungry hippos" (Fu et al. 2022, arXiv 2212.14052)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from memstudy.nn.recurrent.convolution import long_convolution
from memstudy.nn.recurrent.mixer import Mixer
from memstudy.nn.recurrent.s4d import N_STATES, DiagonalStateSpace


class H3(Mixer):
    """y = W_O (q ⊙ SSM_diag(SSM_shift(k) ⊙ v)) (section 3.1), with heads of one channel.

    The shift SSM remembers the last ``N_STATES`` inputs of a channel and reads them with learned
    weights, so it is a convolution with as many lags; the diagonal SSM is that of S4D. One channel
    per head is the authors' choice for language too; ``n_heads`` has no effect.
    """

    def __init__(self, d_model: int, n_heads: int = 1, context_length: int = 512):
        super().__init__(d_model, n_heads, context_length)
        self.project = nn.Linear(d_model, 3 * d_model, bias=False)
        self.shift = nn.Parameter(torch.empty(d_model, N_STATES))
        self.state_space = DiagonalStateSpace(d_model)
        self.draw_parameters()

    @torch.no_grad()
    def draw_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw the weights of the shift SSM, N(0, 1)."""
        self.shift.normal_(generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, time, d_model) to the same shape."""
        query, key, value = self.project(x).chunk(3, dim=-1)
        key = long_convolution(key, self.shift).to(x.dtype)
        return self.output(query * self.state_space(key * value))

    def state_size(self, time: int) -> int:
        """``N_STATES`` in either SSM of a channel."""
        return 2 * self.d_model * N_STATES
