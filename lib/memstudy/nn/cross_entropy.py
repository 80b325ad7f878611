"""Cross-entropy of a linear classifier without the whole matrix of logits.

For 2,048 tokens and 50,257 symbols the logits, their soft-max and its gradient take 400 MB each.
Here rows are handled in chunks; the mean's gradients are computed while a chunk's logits are at
hand, so that they are made only once.
"""

from __future__ import annotations

import torch
from torch import Tensor

from memstudy.nn.targets import IGNORED

# Logits that exist at one time: few enough for a CPU's cache, enough to fill a GPU.
CHUNK_ELEMENTS = {"cpu": 1 << 21, "cuda": 1 << 28}


def linear_cross_entropy(
    hidden: Tensor,
    weight: Tensor,
    targets: Tensor,
    scale: float = 1.0,
    reduction: str = "mean",
    ignore_index: int = IGNORED,
) -> Tensor:
    """Cross-entropy in nats of the logits ``scale * hidden @ weight.T``.

    Args:
        hidden: (..., d_model).
        weight: (vocabulary, d_model).
        targets: (...) integers; where they equal ``ignore_index`` the loss is 0 and not counted.
        scale: factor on the logits.
        reduction: ``"mean"`` over the targets that count, or ``"none"``.
        ignore_index: target that does not count.

    Returns:
        A number (NaN when no target counts, as PyTorch's own), or losses of the shape of
        ``targets``; float32 at least.

    Raises:
        ValueError: unknown reduction, or shapes that do not fit.
    """
    if reduction not in ("mean", "none"):
        raise ValueError(f"unknown reduction {reduction!r}; choose 'mean' or 'none'")
    if hidden.shape[:-1] != targets.shape:
        raise ValueError(
            f"hidden {tuple(hidden.shape)} does not fit targets {tuple(targets.shape)}"
        )
    rows, labels = hidden.reshape(-1, hidden.shape[-1]), targets.reshape(-1)
    function = _MeanLoss if reduction == "mean" else _TokenLosses
    # Whether gradients are wanted at all has to be asked here: inside, they are always off.
    wanted = torch.is_grad_enabled()
    loss = function.apply(rows, weight, labels, scale, ignore_index, wanted)
    return loss if reduction == "mean" else loss.reshape(targets.shape)


class _MeanLoss(torch.autograd.Function):
    """Mean loss; its gradients are ready, up to one factor, when the forward pass ends."""

    @staticmethod
    def forward(ctx, hidden, weight, targets, scale, ignore_index, wanted):
        counted = (targets != ignore_index).to(torch.float32)
        share = counted / counted.sum()
        with_gradients = wanted and (ctx.needs_input_grad[0] or ctx.needs_input_grad[1])
        losses, *gradients = _losses(
            hidden, weight, targets, scale, ignore_index, share if with_gradients else None
        )
        ctx.save_for_backward(*gradients)
        return losses.sum() / counted.sum()

    @staticmethod
    def backward(ctx, grad):
        grad_hidden, grad_weight = ctx.saved_tensors
        return grad_hidden * grad, grad_weight * grad, None, None, None, None


class _TokenLosses(torch.autograd.Function):
    """Loss of each token; logits are made again for the gradients, whose weights come late."""

    @staticmethod
    def forward(ctx, hidden, weight, targets, scale, ignore_index, wanted):
        ctx.save_for_backward(hidden, weight, targets)
        ctx.scale, ctx.ignore_index = scale, ignore_index
        ctx.dtype = _compute_dtype(hidden, weight)
        return _losses(hidden, weight, targets, scale, ignore_index, None)[0]

    @staticmethod
    def backward(ctx, grad):
        hidden, weight, targets = ctx.saved_tensors
        gradients = _losses(hidden, weight, targets, ctx.scale, ctx.ignore_index, grad, ctx.dtype)[
            1:
        ]
        return *gradients, None, None, None, None


def _losses(hidden, weight, targets, scale, ignore_index, row_weights, dtype=None):
    """Losses of all rows and the gradients of their sum weighted by ``row_weights`` (or None)."""
    dtype = dtype or _compute_dtype(hidden, weight)
    matrix = weight.to(dtype)
    exact = torch.float64 if dtype == torch.float64 else torch.float32
    losses = torch.empty(len(hidden), dtype=exact, device=hidden.device)
    grad_hidden = grad_weight = None
    if row_weights is not None:
        grad_hidden = torch.empty_like(hidden)
        grad_weight = torch.zeros_like(weight)
    rows = max(1, CHUNK_ELEMENTS.get(hidden.device.type, 1 << 24) // len(weight))
    with torch.autocast(hidden.device.type, enabled=False):
        for start in range(0, len(hidden), rows):
            part = slice(start, start + rows)
            inputs, labels = (hidden[part] * scale).to(dtype), targets[part]
            ignored = labels == ignore_index
            index = labels.masked_fill(ignored, 0).unsqueeze(1)
            logits = (inputs @ matrix.T).to(exact)  # (rows, vocabulary)
            logits.sub_(logits.amax(1, keepdim=True))
            chosen = logits.gather(1, index)
            odds = logits.exp_()  # unnormalised probabilities
            total = odds.sum(1, keepdim=True)
            losses[part] = (total.log() - chosen).squeeze(1).masked_fill(ignored, 0.0)
            if row_weights is None:
                continue
            # d loss / d logits = soft-max - one-hot, times the weight of the row.
            factor = row_weights[part].masked_fill(ignored, 0.0).to(exact).unsqueeze(1)
            grad_logits = odds.mul_(factor / total).scatter_add_(1, index, -factor).to(dtype)
            grad_hidden[part] = (grad_logits @ matrix) * scale
            if dtype == grad_weight.dtype:
                grad_weight.addmm_(grad_logits.T, inputs)
            else:  # half-precision products, summed over the chunks in full precision
                grad_weight.add_(grad_logits.T @ inputs)
    return losses, grad_hidden, grad_weight


def _compute_dtype(hidden: Tensor, weight: Tensor) -> torch.dtype:
    """The dtype of the matrix products: autocast's where it is on, else the weight's."""
    device = hidden.device.type
    return torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else weight.dtype
