"""Feature extractors of the memory units: keys from the past, values with one step of foresight.

Shapes: x is (batch, time, d_model); keys and values are (batch, time, heads, head_dim) with
head_dim = d_model / n_heads. Everything after the projections is computed in float32 at least.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from memstudy.nn.leaky import full_precision, leaky_average
from memstudy.nn.unit_features import NORM_EPSILON, shifted_unit_keys, unit_keys, unit_values

# Log-scales and decay rates are stored divided by this, so that Adam moves them ten times faster
# than the other weights.
PARAMETER_SCALE = 10.0
# Largest log of a key's length; scores then stay below exp(10), which half precision can hold.
MAX_LOG_KEY_SCALE = 5.0


def head_width(d_model: int, n_heads: int) -> int:
    """Width of one head.

    Raises:
        ValueError: the heads do not share ``d_model`` evenly.
    """
    if n_heads < 1 or d_model % n_heads:
        raise ValueError(f"d_model {d_model} is not a multiple of n_heads {n_heads}")
    return d_model // n_heads


@dataclass(frozen=True)
class HeadScalars:
    """One number a head, as decoding needs them: made once a text, since steps are short."""

    mix: Tensor | None  # (heads, 1) λ_φ of keys, c of values; None where it is left out
    scale: Tensor  # (heads, 1) length of the keys or values
    floor: Tensor  # () square root of what is added to squared norms

    @classmethod
    def of(cls, mix: Tensor | None, scale: Tensor) -> HeadScalars:
        """From (heads,) tensors."""
        floor = scale.new_tensor(NORM_EPSILON**0.5)
        return cls(None if mix is None else mix.unsqueeze(-1), scale.unsqueeze(-1), floor)

    def scaled_unit(self, x: Tensor) -> Tensor:
        """``scale`` · Norm(x) as everywhere, in the fewest operations: (batch, heads, head_dim)."""
        norm = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        return x * self.scale / torch.hypot(norm, self.floor)


class KeyFeatures(nn.Module):
    """Keys k_T = α_φ Norm(k̄_T), k̄_T = W_φ x_T + λ_φ k̄_{T-1} (eq. 7), per head.

    λ_φ = exp(-b) with b = |10 θ|, initially evenly spaced from 0.5 to 5 over the heads, and
    α_φ = exp(min(10 θ, 5)), initially e.

    Args:
        d_model: width of the input.
        n_heads: heads; each has its own λ_φ and α_φ.
        leaky: False leaves out the average over time (k̄_T = W_φ x_T).
        scale_power: power of α_φ that multiplies the keys. 2 for a persistent unit, whose stored
            keys carry no scale of their own.
    """

    def __init__(self, d_model: int, n_heads: int, leaky: bool = True, scale_power: int = 1):
        super().__init__()
        self.n_heads = n_heads
        self.scale_power = scale_power
        self.project = nn.Linear(d_model, d_model, bias=False)
        decay = torch.linspace(0.5, 5.0, n_heads) / PARAMETER_SCALE
        self.decay = nn.Parameter(decay) if leaky else None
        self.log_scale = nn.Parameter(torch.full((n_heads,), 1.0 / PARAMETER_SCALE))

    def leak(self) -> Tensor | None:
        """(heads,) λ_φ in (0, 1], or None without leaky average."""
        if self.decay is None:
            return None
        return torch.exp(-(full_precision(self.decay) * PARAMETER_SCALE).abs())

    def scale(self) -> Tensor:
        """(heads,) length of the keys."""
        log_scale = (full_precision(self.log_scale) * PARAMETER_SCALE).clamp(max=MAX_LOG_KEY_SCALE)
        return torch.exp(self.scale_power * log_scale)

    def forward(self, x: Tensor) -> Tensor:
        """Keys of all positions, (batch, time, d_model) to (batch, time, heads, head_dim)."""
        return unit_keys(self._raw(x), self.leak(), self.scale())

    def with_queries(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Keys, and queries one position ahead of them: see :func:`retrieve_from_past`."""
        return shifted_unit_keys(self._raw(x), self.leak(), self.scale())

    def average(self, x: Tensor) -> Tensor:
        """k̄ of all positions: (batch, time, d_model) to (batch, time, heads, head_dim)."""
        raw, leak = full_precision(self._raw(x)), self.leak()
        return raw if leak is None else leaky_average(raw, leak)

    def scalars(self) -> HeadScalars:
        """What :meth:`step` needs."""
        return HeadScalars.of(self.leak(), self.scale())

    def step(self, x: Tensor, average: Tensor, scalars: HeadScalars) -> tuple[Tensor, Tensor]:
        """Key and k̄ of one more position from its input (batch, d_model) and the k̄ before it."""
        raw = full_precision(self._raw(x))
        average = raw if scalars.mix is None else torch.addcmul(raw, average, scalars.mix)
        return scalars.scaled_unit(average), average

    def _raw(self, x: Tensor) -> Tensor:
        return self.project(x).unflatten(-1, (self.n_heads, -1))


class ValueFeatures(nn.Module):
    """Values v_T = α_ψ Norm(c ṽ_T + (1 - c) ṽ_{T+1}), ṽ = W_ψ x (eq. 7), per head.

    c is initially uniform in (0, 1), so λ_ψ of eq. 7 is (1 - c)/c up to a length that the norm
    erases; α_ψ = exp(10 θ), initially exp(-1/2).

    Args:
        d_model: width of the input.
        n_heads: heads; each has its own c and α_ψ.
        look_ahead: False leaves out the next input (v_T = α_ψ Norm(ṽ_T)).
    """

    def __init__(self, d_model: int, n_heads: int, look_ahead: bool = True):
        super().__init__()
        self.n_heads = n_heads
        self.project_input = nn.Linear(d_model, d_model, bias=False)
        self.mix = nn.Parameter(torch.empty(n_heads)) if look_ahead else None
        self.log_scale = nn.Parameter(torch.full((n_heads,), -0.5 / PARAMETER_SCALE))
        self.draw_parameters()

    @torch.no_grad()
    def draw_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw c anew, uniform in (0, 1)."""
        if self.mix is not None:
            self.mix.uniform_(generator=generator)

    def scale(self) -> Tensor:
        """(heads,) length of the values."""
        return torch.exp(full_precision(self.log_scale) * PARAMETER_SCALE)

    def project(self, x: Tensor) -> Tensor:
        """ṽ: (..., d_model) to (..., heads, head_dim)."""
        return self.project_input(x).unflatten(-1, (self.n_heads, -1))

    def forward(self, x: Tensor) -> Tensor:
        """Values of all positions; the last one sees zeros as its next input and is never read."""
        return unit_values(self.project(x), self._mix(), self.scale())

    def scalars(self) -> HeadScalars:
        """What :meth:`combine` needs."""
        return HeadScalars.of(self._mix(), self.scale())

    def combine(self, raw: Tensor, following: Tensor, scalars: HeadScalars) -> Tensor:
        """One value v_T from ṽ_T and ṽ_{T+1}, both (batch, heads, head_dim)."""
        mixed = full_precision(raw)
        if scalars.mix is not None:
            mixed = torch.lerp(full_precision(following), mixed, scalars.mix)
        return scalars.scaled_unit(mixed).to(raw.dtype)

    def _mix(self) -> Tensor | None:
        return None if self.mix is None else full_precision(self.mix)
