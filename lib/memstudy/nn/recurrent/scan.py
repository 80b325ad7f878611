"""Linear recurrences with a coefficient of their own for each step and channel."""

from __future__ import annotations

import torch
from torch import Tensor

from memstudy.nn.leaky import full_precision


def linear_scan(coefficient: Tensor, x: Tensor) -> Tensor:
    """h_t = a_t · h_{t-1} + x_t along the second axis, from h = 0.

    One pass over time in place; the states are saved once, not once per operation. Computed in
    float32 at least. (:func:`memstudy.nn.leaky.leaky_average` is the case of one constant a_t per
    head, where whole chunks can be averaged at once.)

    Args:
        coefficient: a_t, broadcastable to the shape of ``x``.
        x: (batch, time, ...), any length of time from 1 on.

    Returns:
        All h_t, of the shape of ``x``.
    """
    x = full_precision(x)
    return _LinearScan.apply(full_precision(coefficient).expand_as(x), x, False)


class _LinearScan(torch.autograd.Function):
    """The recurrence or, ``backwards``, its adjoint h_t = a_{t+1} · h_{t+1} + x_t."""

    @staticmethod
    def forward(coefficient: Tensor, x: Tensor, backwards: bool) -> Tensor:
        states = x.clone(memory_format=torch.contiguous_format)
        for t in range(1, x.shape[1]):
            if backwards:
                states[:, -t - 1].addcmul_(coefficient[:, -t], states[:, -t])
            else:
                states[:, t].addcmul_(coefficient[:, t], states[:, t - 1])
        return states

    @staticmethod
    def setup_context(ctx, inputs, output) -> None:
        ctx.backwards = inputs[2]
        ctx.save_for_backward(inputs[0], output)

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor, Tensor, None]:
        coefficient, states = ctx.saved_tensors
        adjoint = _LinearScan.apply(coefficient, grad, not ctx.backwards)
        earlier, later = (adjoint, states) if ctx.backwards else (states, adjoint)
        first = torch.zeros_like(states[:, :1])  # the first coefficient multiplies nothing
        return torch.cat((first, earlier[:, :-1] * later[:, 1:]), dim=1), adjoint, None

    @staticmethod
    def vmap(info, in_dims, coefficient: Tensor, x: Tensor, backwards: bool) -> tuple[Tensor, int]:
        """Models side by side are further channels."""
        coefficient, x = (
            part.unsqueeze(2) if dim is None else part.movedim(dim, 2)
            for part, dim in zip((coefficient, x), in_dims, strict=False)
        )
        coefficient, x = torch.broadcast_tensors(coefficient, x)
        return _LinearScan.apply(coefficient, x, backwards), 2
