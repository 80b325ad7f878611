"""Slow and obvious form of the masked mixer's convolution, one product at a time, for the tests."""

from __future__ import annotations

import torch
from torch import Tensor

from memstudy.nn.mixer import TokenConvolution


def token_convolution(layer: TokenConvolution, x: Tensor) -> Tensor:
    """Sum over earlier tokens and neighbouring features: (batch, time, d_model), same shape."""
    batch, time, d_model = x.shape
    heads, _, _, kernel = layer.weight.shape
    width = d_model // heads
    if layer.project is not None:
        x = x @ layer.project.weight.T + layer.project.bias
    rows = []
    for sequence in range(batch):
        for now in range(time):
            for place in range(d_model):
                head, feature = divmod(place, width)
                total = layer.bias[head, now]
                for earlier in range(now + 1):
                    for tap in range(kernel):
                        neighbour = feature + tap - (kernel - 1) // 2
                        if 0 <= neighbour < width:
                            number = x[sequence, earlier, head * width + neighbour]
                            total = total + layer.weight[head, now, earlier, tap] * number
                rows.append(total)
    y = torch.stack(rows).reshape(batch, time, d_model)
    return y if layer.output is None else y @ layer.output.weight.T + layer.output.bias
