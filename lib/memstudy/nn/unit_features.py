"""Keys and values of unit direction, made from their projections in one differentiable step.

What eq. 7 of Memory Mosaics does after the matrix products (average, mix, normalise, scale) is
cheap arithmetic on large tensors. Left to autograd it keeps every intermediate result; here each
step keeps its output and one number per vector, and works in float32 whatever its input's dtype.

The backward passes rest on one formula. With r = 1/‖x‖, u = r x and output scale · u, a gradient g
of the output gives r · scale · (g - u <u, g>) for x and the sum of <u, g> for the scale.
"""

from __future__ import annotations

import torch
from torch import Tensor

from memstudy.nn.leaky import full_precision, scan

# Added to squared norms, so that a zero vector stays zero and has a finite gradient.
NORM_EPSILON = 1e-12


def unit_keys(raw: Tensor, leak: Tensor | None, scale: Tensor) -> Tensor:
    """Keys k = scale · Norm(k̄), k̄ the leaky average of ``raw``.

    Args:
        raw: (batch, time, heads, head_dim) projections k̃.
        leak: (heads,) λ_φ, or None for k̄ = k̃.
        scale: (heads,) α_φ, positive.

    Returns:
        Tensor of the shape and dtype of ``raw``.
    """
    return _Keys.apply(raw, leak, scale)[0]


def shifted_unit_keys(raw: Tensor, leak: Tensor | None, scale: Tensor) -> tuple[Tensor, Tensor]:
    """The keys of :func:`unit_keys` and the same keys one step earlier, in one piece of memory.

    Returns:
        Keys, and queries with queries[T] = keys[T + 1]; the last query is zero.
    """
    return _ShiftedKeys.apply(raw, leak, scale)[:2]


def unit_values(raw: Tensor, mix: Tensor | None, scale: Tensor) -> Tensor:
    """Values v_T = scale · Norm(mix · ṽ_T + (1 - mix) · ṽ_{T+1}), with ṽ = ``raw``.

    Args:
        raw: (batch, time, heads, head_dim).
        mix: (heads,) c, or None for v_T = scale · Norm(ṽ_T).
        scale: (heads,) α_ψ, positive.

    Returns:
        Tensor of the shape and dtype of ``raw``. The last value sees zeros as its next input.
    """
    return _Values.apply(raw, mix, scale)[0]


def _inverse_norm(x: Tensor) -> Tensor:
    return (torch.linalg.vector_norm(x, dim=-1).square() + NORM_EPSILON).rsqrt()


def _through_unit(
    grad: Tensor, output: Tensor, inverse_norm: Tensor, scale: Tensor
) -> tuple[Tensor, Tensor]:
    """Gradients of x and of the scale, from the gradient of scale · Norm(x) and its value."""
    grad, output = full_precision(grad), full_precision(output)
    along = (grad * output).sum(-1)  # (batch, time, heads): scale · <u, g>
    grad_x = grad * (inverse_norm * scale).unsqueeze(-1)
    grad_x.addcmul_(output, (inverse_norm / scale * along).unsqueeze(-1), value=-1)
    return grad_x, along.sum((0, 1)) / scale


def _averaged_units(raw: Tensor, leak: Tensor | None, scale: Tensor) -> tuple[Tensor, Tensor]:
    """Keys in full precision, and 1/‖k̄‖."""
    average = full_precision(raw)
    # A cast has made a copy that may be overwritten; without one, that is still the input.
    copied = average is not raw
    if leak is not None:
        average = scan(average, leak, overwrite=copied)
    elif not copied:
        average = average.clone()
    inverse_norm = _inverse_norm(average)
    return average.mul_((inverse_norm * scale).unsqueeze(-1)), inverse_norm


def _through_keys(grad, key, inverse_norm, leak, scale):
    """Gradients of raw, leak and scale from the gradient of the keys and their value."""
    adjoint, grad_scale = _through_unit(grad, key, inverse_norm, scale)
    if leak is None:
        return adjoint, None, grad_scale
    adjoint = scan(adjoint, leak, reverse=True, overwrite=True)
    # The gradient of leak is the sum of <adjoint_T, k̄_{T-1}>, and k̄ = key / (scale · r).
    overlap = (adjoint[:, 1:] * key[:, :-1]).sum(-1)
    return adjoint, (overlap / inverse_norm[:, :-1]).sum((0, 1)) / scale, grad_scale


class _Keys(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(raw, leak, scale):
        key, inverse_norm = _averaged_units(raw, leak, scale)
        return key.to(raw.dtype), inverse_norm

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.mark_non_differentiable(output[1])
        ctx.save_for_backward(*output, *inputs[1:])

    @staticmethod
    def backward(ctx, grad, _):
        key = ctx.saved_tensors[0]
        grad_raw, grad_leak, grad_scale = _through_keys(grad, *ctx.saved_tensors)
        return grad_raw.to(key.dtype), grad_leak, grad_scale


class _ShiftedKeys(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(raw, leak, scale):
        key, inverse_norm = _averaged_units(raw, leak, scale)
        room = torch.nn.functional.pad(key.to(raw.dtype), (0, 0, 0, 0, 0, 1))
        return room[:, :-1], room[:, 1:], inverse_norm

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.mark_non_differentiable(output[2])
        ctx.save_for_backward(output[0], output[2], *inputs[1:])

    @staticmethod
    def backward(ctx, grad_key, grad_query, _):
        key = ctx.saved_tensors[0]
        grad = grad_key.clone()
        grad[:, 1:] += grad_query[:, :-1]
        grad_raw, grad_leak, grad_scale = _through_keys(grad, *ctx.saved_tensors)
        return grad_raw.to(key.dtype), grad_leak, grad_scale


class _Values(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(raw, mix, scale):
        exact = full_precision(raw)
        if mix is None:
            mixed = exact.clone()
        else:
            share = mix.unsqueeze(-1)
            mixed = exact * share
            mixed[:, :-1].addcmul_(exact[:, 1:], 1 - share)
        inverse_norm = _inverse_norm(mixed)
        value = mixed.mul_((inverse_norm * scale).unsqueeze(-1))
        return value.to(raw.dtype), inverse_norm

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.mark_non_differentiable(output[1])
        ctx.save_for_backward(*output, *inputs)

    @staticmethod
    def backward(ctx, grad, _):
        value, inverse_norm, raw, mix, scale = ctx.saved_tensors
        grad_mixed, grad_scale = _through_unit(grad, value, inverse_norm, scale)
        if mix is None:
            return grad_mixed.to(raw.dtype), None, grad_scale
        exact = full_precision(raw)
        grad_mix = (grad_mixed * exact).sum((0, 1, 3))
        grad_mix -= (grad_mixed[:, :-1] * exact[:, 1:]).sum((0, 1, 3))
        share = mix.unsqueeze(-1)
        grad_raw = grad_mixed * share
        grad_raw[:, 1:].addcmul_(grad_mixed[:, :-1], 1 - share)
        return grad_raw.to(raw.dtype), grad_mix, grad_scale
