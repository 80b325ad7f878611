"""Causal convolutions along time, one kernel per channel, without FFT.

An FFT mixes all positions, so that the rounding of later inputs reaches earlier outputs. Products
with Toeplitz blocks are causal to the bit.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import conv1d, pad

from memstudy.nn.leaky import full_precision

BLOCK = 64  # positions per block


def long_convolution(x: Tensor, kernel: Tensor) -> Tensor:
    """y_t = Σ_l kernel_l · x_{t-l} per channel.

    Args:
        x: (batch, time, channels).
        kernel: (channels, lags), any number of lags from 1 on.

    Returns:
        Tensor of the shape of ``x``, float32 at least.
    """
    x, kernel = full_precision(x), full_precision(kernel)
    batch, time, channels = x.shape
    size = min(BLOCK, time)
    n_blocks = -(-time // size)
    lags = min(kernel.shape[1], time)
    x = pad(x, (0, 0, 0, n_blocks * size - time)).permute(2, 1, 0).unflatten(1, (n_blocks, size))
    # Row r of windows holds lags r - size + 1 .. r: as many rows as the result has positions, and
    # against inputs in reversed order `size` rows are one Toeplitz block.
    kernel = pad(kernel[:, :lags], (size - 1, n_blocks * size - lags))
    windows = kernel.unfold(1, size, 1)  # (channels, n_blocks · size, size)
    x = x.flip(2).transpose(1, 2)  # (channels, size, n_blocks, batch)
    y = x.new_zeros(channels, size, n_blocks, batch)
    for apart in range(min(n_blocks, (lags + size - 2) // size + 1)):
        block = windows[:, apart * size : (apart + 1) * size]
        read = block @ x[:, :, : n_blocks - apart].flatten(2)
        y[:, :, apart:] += read.unflatten(2, (-1, batch))
    return y.permute(3, 2, 1, 0).flatten(1, 2)[:, :time]


def short_convolution(x: Tensor, kernel: Tensor) -> Tensor:
    """As :func:`long_convolution`, for a handful of lags."""
    channels, lags = kernel.shape
    padded = pad(x.mT, (lags - 1, 0))
    return conv1d(padded, kernel.flip(1).unsqueeze(1).to(x.dtype), groups=channels).mT
