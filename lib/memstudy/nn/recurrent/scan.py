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
    return _LinearScan.apply(full_precision(coefficient).expand_as(x), x)


class _LinearScan(torch.autograd.Function):
    """The adjoint runs the same recurrence backwards in time."""

    generate_vmap_rule = True

    @staticmethod
    def forward(coefficient: Tensor, x: Tensor) -> Tensor:
        states = x.clone(memory_format=torch.contiguous_format)
        for t in range(1, x.shape[1]):
            states[:, t].addcmul_(coefficient[:, t], states[:, t - 1])
        return states

    @staticmethod
    def setup_context(ctx, inputs, output) -> None:
        ctx.save_for_backward(inputs[0], output)

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor, Tensor]:
        coefficient, states = ctx.saved_tensors
        adjoint = grad.clone(memory_format=torch.contiguous_format)
        for t in range(grad.shape[1] - 1, 0, -1):
            adjoint[:, t - 1].addcmul_(coefficient[:, t], adjoint[:, t])
        # The first coefficient multiplies nothing.
        first = torch.zeros_like(adjoint[:, :1])
        return torch.cat((first, adjoint[:, 1:] * states[:, :-1]), dim=1), adjoint
