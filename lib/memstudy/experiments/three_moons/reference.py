"""Slow and plain versions of what `model` and `rollout` compute, to test and to time against.

The first three functions follow the equations one pair at a time. The last three are the plain
tensor formulation, with the full time × time scores in memory, and the evaluation that regenerates
from every prefix with a cache of keys and values, which is the procedure of the published script.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor

from memstudy.experiments.three_moons.config import ModelConfig
from memstudy.experiments.three_moons.model import Weights, apply, effective
from memstudy.experiments.three_moons.rollout import Memory

Pair = tuple[Tensor, Tensor]  # key and value, each (6,)


def retrieve_one(config: ModelConfig, query: Tensor, pairs: Sequence[Pair]) -> Tensor:
    """What each unit retrieves from the pairs given one query (6,); zero from an empty memory."""
    if not pairs:
        return torch.zeros_like(query)
    read = []
    for unit in range(config.n_heads):
        own = slice(unit * config.head_dim, (unit + 1) * config.head_dim)
        scores = [config.beta * query[own] @ key[own] for key, _ in pairs]
        largest = max(scores)
        total, weighted = 0.0, 0.0
        for score, (_, value) in zip(scores, pairs, strict=True):
            weight = torch.exp(score - largest)
            total = total + weight
            weighted = weighted + weight * value[own]
        read.append(weighted / total)
    return torch.cat(read)


def forward_one(config: ModelConfig, weights: Weights, x: Tensor) -> Tensor:
    """Predictions of one model on one sequence: (time, 6) to (time, 6), pair by pair."""
    phi, psi, z = (matrix[0] for matrix in effective(config, weights))
    pairs: list[Pair] = []
    predictions = []
    for time, point in enumerate(x):
        if time > 0:  # x_t has arrived, which completes the pair of t - 1
            pairs.append((phi @ x[time - 1], psi @ point))
        predictions.append(z @ retrieve_one(config, phi @ point, pairs))
    return torch.stack(predictions)


def rollout_one(
    config: ModelConfig, weights: Weights, observed: Tensor, n_steps: int, memory: Memory
) -> Tensor:
    """The next ``n_steps`` points after the observations (time, 6), predicted one by one."""
    phi, psi, z = (matrix[0] for matrix in effective(config, weights))
    pairs = [(phi @ now, psi @ after) for now, after in pairwise(observed)]
    newest = observed[-1]
    predictions = []
    for _ in range(n_steps):
        key = phi @ newest
        newest = z @ retrieve_one(config, key, pairs)
        predictions.append(newest)
        if memory == "stored":
            pairs.append((key, psi @ newest))
        elif memory == "zeroed":
            pairs.append((key, torch.zeros_like(newest)))
    return torch.stack(predictions)


def full_scores_forward(config: ModelConfig, weights: Weights, x: Tensor) -> Tensor:
    """As :func:`model.forward`, with all time × time scores in memory and left to autograd."""
    phi, psi, z = effective(config, weights)
    keys = _units(config, apply(phi, x))  # (models, batch, units, time, width)
    values = _units(config, apply(psi, F.pad(x[:, :, 1:], (0, 0, 0, 1))))
    return apply(z, _join(_full_scores_read(config, keys, values)))


def cached_rollout(
    config: ModelConfig, weights: Weights, observed: Tensor, n_steps: int, *, lean: bool = False
) -> Tensor:
    """Roll-outs of one context length with a cache, predictions stored back.

    Args:
        config: shape of the model.
        weights: a pack of exactly one model.
        observed: (sequences, time, 6).
        n_steps: length of the roll-outs.
        lean: compute of the observations' predictions only the last, which is all that is needed;
            the published script computes all.

    Returns:
        (steps, sequences, 6).
    """
    phi, psi, z = (matrix[0] for matrix in effective(config, weights))
    keys = _units(config, observed @ phi.T)  # (sequences, units, time, width)
    values = _units(config, observed[:, 1:] @ psi.T)
    if lean:
        read = _read_last(config, keys[:, :, -1:], keys[:, :, :-1], values)
    else:
        read = _full_scores_read(config, keys, F.pad(values, (0, 0, 0, 1)))[:, :, -1:]
    predictions = []
    for _ in range(n_steps):
        newest = _join(read) @ z.T  # (sequences, 1, 6)
        predictions.append(newest[:, 0])
        values = torch.cat((values, _units(config, newest @ psi.T)), dim=2)
        query = _units(config, newest @ phi.T)
        read = _read_last(config, query, keys, values)
        keys = torch.cat((keys, query), dim=2)
    return torch.stack(predictions)


def regenerated_errors(
    config: ModelConfig,
    weights: Weights,
    sequences: Tensor,
    contexts: Sequence[int],
    n_steps: int = 25,
    *,
    lean: bool = False,
) -> Tensor:
    """Aligned error for each of ``contexts``, each prefix regenerated by itself; (contexts,)."""
    errors = []
    with torch.no_grad():
        for context in contexts:
            predicted = cached_rollout(config, weights, sequences[:, :context], n_steps, lean=lean)
            truth = sequences[:, context : context + n_steps].transpose(0, 1)
            errors.append((predicted - truth).abs().mean())
    return torch.stack(errors)


def _full_scores_read(config: ModelConfig, keys: Tensor, values: Tensor) -> Tensor:
    """Retrieval (..., time, width) from all earlier pairs, through the full score matrix."""
    time = keys.shape[-2]
    earlier = torch.ones(time, time, dtype=torch.bool, device=keys.device).tril(-1)
    scores = (config.beta * keys @ keys.mT).masked_fill(~earlier, -1e10)
    shares = scores.softmax(-1) * (torch.arange(time, device=keys.device) > 0)[:, None]
    return shares @ values


def _read_last(config: ModelConfig, query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """Retrieval of one query (sequences, units, 1, width) from all given pairs."""
    if keys.shape[2] == 0:
        return torch.zeros_like(query)
    return (config.beta * query @ keys.mT).softmax(-1) @ values


def _units(config: ModelConfig, vectors: Tensor) -> Tensor:
    """(..., time, 6) to (..., units, time, width)."""
    return vectors.unflatten(-1, (config.n_heads, config.head_dim)).transpose(-2, -3)


def _join(vectors: Tensor) -> Tensor:
    """(..., units, time, width) to (..., time, 6)."""
    return vectors.transpose(-2, -3).flatten(-2)
