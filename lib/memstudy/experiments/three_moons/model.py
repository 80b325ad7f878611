"""Memory units for the three moons, many independently trained models in one pack.

One model is three 6 × 6 matrices. With keys k_t = W_φ x_t and values v_t = W_ψ x_{t+1} (equation 6
of the paper, widths split among the units), each unit retrieves

    y_t = Σ_{j<t} softmax_j(β k_tᵀ k_j) v_j,      y_0 = 0,

and the model predicts x_{t+1} as W_z y_t. A value looks one step ahead, so the pair j can be used
from time j + 1 on: the sum runs over j < t, strictly. Every tensor carries a leading ``models``
dimension, so that several seeds train as one batched computation.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from memstudy.core import seeds as study_seeds
from memstudy.experiments.three_moons.config import ModelConfig
from memstudy.experiments.three_moons.skies import N_FEATURES


class Weights(NamedTuple):
    """The trained matrices of a pack of models, as stored (before :func:`effective`)."""

    phi: Tensor  # (models, 6, 6), key extractor W_φ
    psi: Tensor  # (models, 6, 6), value extractor W_ψ
    z: Tensor  # (models, 6, 6), output W_z

    def select(self, model: int) -> Weights:
        """A pack of one: model number ``model`` of this pack."""
        return Weights(*(matrix[model : model + 1] for matrix in self))


def init_weights(seeds: Sequence[int]) -> Weights:
    """Initial matrices, uniform in ±1/√6, each model from its own seed (child stream "init")."""
    bound = 1 / math.sqrt(N_FEATURES)
    drawn = []
    for seed in seeds:
        generator = study_seeds.torch_generator(seed, "init")
        uniform = torch.rand(len(Weights._fields), N_FEATURES, N_FEATURES, generator=generator)
        drawn.append((2 * uniform - 1) * bound)
    return Weights(*torch.stack(drawn, dim=1).unbind())


def analytic(dtype: torch.dtype = torch.float32) -> Weights:
    """The solution known beforehand, a pack of one: three identity matrices.

    Three units then watch one moon each, and one unit watches the whole sky.
    """
    identity = torch.eye(N_FEATURES, dtype=dtype).unsqueeze(0)
    return Weights(identity, identity, identity)


def to_complex(matrix: Tensor) -> Tensor:
    """Nearest complex 3 × 3 matrix of a real 6 × 6 matrix, (..., 6, 6) to (..., 3, 3).

    The 2 × 2 block (a b; c d) becomes the complex number (a+d)/2 - i(b-c)/2, which acts on the
    pair (u, v) as on u + iv.
    """
    # (..., 3, row in block, 3, column in block)
    blocks = matrix.unflatten(-1, (-1, 2)).unflatten(-3, (-1, 2))
    real = (blocks[..., 0, :, 0] + blocks[..., 1, :, 1]) / 2
    imaginary = (blocks[..., 1, :, 0] - blocks[..., 0, :, 1]) / 2
    return torch.complex(real, imaginary)


def to_real(matrix: Tensor) -> Tensor:
    """Real 6 × 6 form of a complex 3 × 3 matrix, the inverse of :func:`to_complex`."""
    real, imaginary = matrix.real, matrix.imag
    top = torch.stack((real, -imaginary), dim=-1)  # (..., 3, 3, column in block)
    bottom = torch.stack((imaginary, real), dim=-1)
    blocks = torch.stack((top, bottom), dim=-3)  # (..., 3, row in block, 3, column in block)
    return blocks.flatten(-2).flatten(-3, -2)


def effective(config: ModelConfig, weights: Weights) -> Weights:
    """The matrices that the model computes with: projected to complex structure if so configured.

    The projection is orthogonal and idempotent, and gradients flow through it.
    """
    if not config.complex_structure:
        return weights
    return Weights(*(to_real(to_complex(matrix)) for matrix in weights))


def retrieve(config: ModelConfig, keys: Tensor, values: Tensor) -> Tensor:
    """Retrieval from all earlier pairs, by each unit from its own memory.

    Args:
        config: number of units and β.
        keys: (rows, time, 6); the key of time t is also its query.
        values: (rows, time - 1, 6): the value of the last time is never read.

    Returns:
        (rows, time, 6); zero at time 0, where the memory is empty.
    """

    def units(pairs: Tensor) -> Tensor:  # (rows, heads, time, head_dim)
        return pairs.unflatten(-1, (config.n_heads, config.head_dim)).transpose(1, 2)

    # Query t = 1, 2, ... against pairs 0 ... t-1: with the queries shifted by one, the strict mask
    # is the ordinary causal one, and no row is empty.
    read = F.scaled_dot_product_attention(
        units(keys[:, 1:]),
        units(keys[:, :-1]),
        units(values),
        is_causal=True,
        scale=config.beta,
    )  # (rows, heads, time - 1, head_dim)
    return F.pad(read.transpose(1, 2).flatten(-2), (0, 0, 1, 0))


def forward(config: ModelConfig, weights: Weights, x: Tensor) -> Tensor:
    """Predictions of x_{t+1} at every time t.

    Args:
        config: shape of the models.
        weights: matrices of a pack of models.
        x: observations (models, batch, time, 6).

    Returns:
        (models, batch, time, 6). The prediction of time t depends on x_0 ... x_t alone.
    """
    if x.ndim != 4 or x.shape[-1] != N_FEATURES or x.shape[0] != len(weights.phi):
        expected = f"({len(weights.phi)}, batch, time, {N_FEATURES})"
        raise ValueError(f"x has shape {tuple(x.shape)}; expected {expected}")
    phi, psi, z = effective(config, weights)
    keys = apply(phi, x)  # (models, batch, time, 6)
    values = apply(psi, x[:, :, 1:])  # (models, batch, time - 1, 6)
    read = retrieve(config, keys.flatten(0, 1), values.flatten(0, 1))
    return apply(z, read.view_as(x))


def moduli(weights: Weights) -> Tensor:
    """Strength of each 2 × 2 block of W_φ, W_ψ and W_z: the modulus of its complex number.

    Defined as the Frobenius norm over √2, it also measures matrices without complex structure.

    Args:
        weights: matrices after :func:`effective`.

    Returns:
        (models, 3, 3, 3): matrix, output slot, input slot. The inputs of W_φ and W_ψ and the
        outputs of W_z are moons; with three units, the other sides are the units.
    """
    blocks = torch.stack(weights, dim=1).unflatten(-1, (3, 2)).unflatten(-3, (3, 2))
    return (blocks.square().sum(dim=(-3, -1)) / 2).sqrt()


class PermutationReport(NamedTuple):
    """How far models of three units are from giving one moon to each unit."""

    consistent: Tensor  # (models,) bool: `ratio` is below 1
    ratio: Tensor  # (models,) largest modulus off the permutation / smallest modulus on it
    units: Tensor  # (models, 3) the unit that watches moon 0, 1, 2


def permutation_report(block_moduli: Tensor) -> PermutationReport:
    """The assignment of moons to units that the three matrices together come closest to.

    A unit predicts a moon by itself when its keys are made of that moon's position, so are its
    values, and the output puts what it retrieves back in that moon's place. An assignment u of
    moons to units therefore has to show in all three matrices: W_φ[u(i), i], W_ψ[u(i), i] and
    W_z[i, u(i)]. Each assignment is judged by its worst matrix, that is by the largest modulus off
    these places over the smallest on them; the best of the six is reported.

    Args:
        block_moduli: (models, 3, 3, 3) of models with three units, see :func:`moduli`.
    """
    moons = torch.arange(3)
    candidates = torch.tensor(list(itertools.permutations(range(3))))  # (6, 3)
    from_moons = block_moduli.clone()
    from_moons[:, 2] = block_moduli[:, 2].mT  # all three as (unit, moon)
    ratios = []
    for units in candidates:
        on = torch.zeros(3, 3, dtype=torch.bool, device=block_moduli.device)
        on[units, moons] = True
        largest_off = from_moons.masked_fill(on, 0).amax(dim=(-1, -2))  # (models, matrices)
        smallest_on = from_moons.masked_fill(~on, torch.inf).amin(dim=(-1, -2))
        ratios.append((largest_off / smallest_on).amax(dim=1))
    ratio, best = torch.stack(ratios, dim=1).min(dim=1)
    return PermutationReport(ratio < 1, ratio, candidates[best.cpu()])


def apply(matrices: Tensor, x: Tensor) -> Tensor:
    """One matrix a model, (models, 6, 6), times vectors (models, batch, time, 6)."""
    return x @ matrices.mT.unsqueeze(1)
