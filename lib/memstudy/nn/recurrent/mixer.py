"""What the layers of this package have in common."""

from __future__ import annotations

from torch import Tensor, nn

from memstudy.nn.features import head_width


class Mixer(nn.Module):
    """A causal layer, (batch, time, d_model) to the same shape, in place of attention.

    Initial weights: linear maps are drawn by :func:`~memstudy.nn.initial_weights.draw_weights`
    (those named ``output`` smaller), everything else by the layer's own ``draw_parameters``.

    Args:
        d_model: width of input and output.
        n_heads: heads, for the layers that have them; the others work channel by channel.
        context_length: positions of a training window; only Hyena's filters depend on it.
        d_output: width that the map ``output`` reads; None is ``d_model``.
    """

    def __init__(
        self,
        d_model: int,
        n_heads: int = 1,
        context_length: int = 512,
        d_output: int | None = None,
    ):
        super().__init__()
        self.d_model = d_model
        self.n_heads = n_heads
        self.head_dim = head_width(d_model, n_heads)
        self.context_length = context_length
        self.output = nn.Linear(d_output or d_model, d_model, bias=False)

    def state_size(self, time: int) -> int:
        """Numbers that one sequence must keep after ``time`` positions to go on exactly."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """(batch, time, d_model) to the same shape."""
        raise NotImplementedError
