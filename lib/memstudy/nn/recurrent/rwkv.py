"""RWKV, version 4: its time mixing (Peng et al. 2023, arXiv 2305.13048)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from memstudy.nn.leaky import full_precision
from memstudy.nn.recurrent.mixer import Mixer
from memstudy.nn.recurrent.scan import linear_scan


def weighted_average(key: Tensor, value: Tensor, log_rate: Tensor, bonus: Tensor) -> Tensor:
    """wkv_t = (Σ_{j<t} e^{k_j - (t-1-j) w} v_j + e^{k_t + u} v_t) / (the same with v = 1) (eq. 16).

    Args:
        key: (batch, time, channels).
        value: as key.
        log_rate: (channels,) log w.
        bonus: (channels,) u, added to the key of the present position.
    """
    key, value, log_rate, bonus = (full_precision(x) for x in (key, value, log_rate, bonus))
    rate = log_rate.exp()
    # Everything is divided by e^m, m_t = max_{j<=t} k_j - (t - j) w, so that nothing overflows. The
    # quotient does not depend on m, hence no gradient through it.
    with torch.no_grad():
        drift = rate * torch.arange(key.shape[1], device=key.device).unsqueeze(1)
        top = (key + drift).cummax(dim=1).values - drift
        before = pad(top[:, :-1], (0, 0, 1, 0), value=-torch.inf)
    carry = (before - rate - top).exp()
    weight = (key - top).exp()
    # The two sums after each position, side by side; the present one reads those before it.
    sums = linear_scan(
        torch.cat((carry, carry), dim=-1), torch.cat((weight * value, weight), dim=-1)
    )
    numerator, denominator = pad(sums[:, :-1], (0, 0, 1, 0)).chunk(2, dim=-1)
    present = key + bonus
    with torch.no_grad():
        largest = torch.maximum(before, present)
    past, now = (before - largest).exp(), (present - largest).exp()
    return (past * numerator + now * value) / (past * denominator + now)


class RWKV(Mixer):
    """y_t = W_O (σ(r_t) ⊙ wkv_t), with r, k, v linear in mixtures μ ⊙ x_t + (1 - μ) ⊙ x_{t-1}.

    wkv is :func:`weighted_average`, channel by channel (eq. 11-17); μ, w and u are learned per
    channel and begin in every block as in the authors' first layer. The channel mixing of the paper
    is not part of this layer; ``n_heads`` has no effect.
    """

    def __init__(self, d_model: int, n_heads: int = 1, context_length: int = 512):
        super().__init__(d_model, n_heads, context_length)
        self.receptance = nn.Linear(d_model, d_model, bias=False)
        self.key = nn.Linear(d_model, d_model, bias=False)
        self.value = nn.Linear(d_model, d_model, bias=False)
        self.mix = nn.Parameter(torch.empty(3, d_model))  # μ of receptance, key, value
        self.log_rate = nn.Parameter(torch.empty(d_model))
        self.bonus = nn.Parameter(torch.empty(d_model))
        self.draw_parameters()

    @torch.no_grad()
    def draw_parameters(self, generator: torch.Generator | None = None) -> None:
        """Set μ, log w and u; nothing here is random."""
        channel = torch.arange(self.d_model)
        share = channel / self.d_model
        self.mix.copy_(torch.stack((share.sqrt(), share, share)))
        self.log_rate.copy_(-5 + 8 * (channel / max(self.d_model - 1, 1)) ** 0.7)
        self.bonus.copy_(math.log(0.3) + 0.5 * ((channel + 1) % 3 - 1))

    def forward(self, x: Tensor) -> Tensor:
        """(batch, time, d_model) to the same shape."""
        before = pad(x[:, :-1], (0, 0, 1, 0))
        mixed = (before + mu * (x - before) for mu in self.mix)
        maps = (self.receptance, self.key, self.value)
        receptance, key, value = (project(part) for project, part in zip(maps, mixed, strict=True))
        average = weighted_average(key, value, self.log_rate, self.bonus).to(x.dtype)
        return self.output(torch.sigmoid(receptance) * average)

    def state_size(self, time: int) -> int:
        """Per channel: two sums, their common exponent and the last input."""
        return 4 * self.d_model
