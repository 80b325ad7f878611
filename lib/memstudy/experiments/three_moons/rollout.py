"""Autoregressive error after every context length, all lengths together (Figures 4 and 5).

After T observations x_0 ... x_{T-1} of a sequence, a model predicts the next 25 points, each from
the one it predicted before. Regenerating from every prefix would recompute almost the same
memories 775 times. Here a roll-out step treats all context lengths at once: the new queries, one
for each T, read the pairs of the one true sequence through one causal attention (row T sees the
pairs 0 ... T-2, the ones complete after T observations), and the few pairs which that roll-out made
itself apart; the two readings are merged through their log-sum-exp.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from memstudy.experiments.three_moons.config import ModelConfig
from memstudy.experiments.three_moons.model import Weights, effective
from memstudy.experiments.three_moons.skies import N_FEATURES

Memory = Literal["stored", "observed", "zeroed"]
MEMORIES: tuple[Memory, ...] = ("stored", "observed", "zeroed")


@dataclass(frozen=True)
class ContextErrors:
    """Mean absolute error for every context length; all arrays are float64 of shape (contexts,)."""

    contexts: Tensor  # T, number of observations before the roll-out: 1, 2, ...
    aligned: Tensor  # predicted x_{T+j} against the true x_{T+j}
    misaligned: Tensor  # predicted x_{T+j+1} against the true x_{T+j}, as the published script does
    standard_error: Tensor  # of `aligned`, over sequences
    n_sequences: int  # sequences averaged over


def context_errors(
    config: ModelConfig,
    weights: Weights,
    sequences: Tensor,
    *,
    memory: Memory = "stored",
    n_steps: int = 25,
    chunk: int = 8,
    on_chunk: Callable[[int], None] | None = None,
) -> ContextErrors:
    """Error of the next ``n_steps`` predictions, for every context length with room.

    Args:
        config: shape of the model.
        weights: a pack of exactly one model.
        sequences: true observations (sequences, time, 6).
        memory: what a roll-out adds to the pairs of the true sequence. ``"stored"``: its predicted
            points, as keys and as values; ``"observed"``: nothing; ``"zeroed"``: its predicted
            points as keys and zero as their value, as the published script does.
        n_steps: number of predictions that are averaged over.
        chunk: sequences computed together; bounds the memory used.
        on_chunk: called after each chunk with the number of sequences done.

    Returns:
        Errors averaged over sequences, steps and coordinates, for T = 1 ... time - n_steps. The
        published axis ends one short of it, at 774 for 800 points and 25 steps.
    """
    n_contexts = sequences.shape[1] - n_steps
    sums = torch.zeros(3, n_contexts, dtype=torch.float64)
    for start in range(0, len(sequences), chunk):
        part = sequences[start : start + chunk].to(weights.phi)
        # One step more than is averaged over: the misaligned error leaves out the first.
        predictions = rollouts(config, weights, part, n_contexts, n_steps + 1, memory)
        errors = per_sequence_error(predictions[:-1], part).double().cpu()
        shifted = per_sequence_error(predictions[1:], part).double().cpu()
        sums += torch.stack((errors.sum(0), errors.square().sum(0), shifted.sum(0)))
        if on_chunk is not None:
            on_chunk(min(start + chunk, len(sequences)))
    n = len(sequences)
    aligned = sums[0] / n
    variance = (sums[1] / n - aligned.square()).clamp(min=0)
    return ContextErrors(
        contexts=torch.arange(1, len(aligned) + 1, dtype=torch.float64),
        aligned=aligned,
        misaligned=sums[2] / n,
        standard_error=(variance / max(n - 1, 1)).sqrt(),
        n_sequences=n,
    )


def per_sequence_error(predictions: Tensor, sequences: Tensor) -> Tensor:
    """Mean absolute difference of predictions[j] and the true x_{T+j}, over j and coordinates.

    Args:
        predictions: (steps, sequences, contexts, 6), for T = 1, 2, ... contexts.
        sequences: (sequences, time, 6).

    Returns:
        (sequences, contexts).
    """
    n_steps, _, n_contexts, _ = predictions.shape
    total = torch.zeros_like(predictions[0, ..., 0])
    for step in range(n_steps):
        truth = sequences[:, 1 + step : 1 + step + n_contexts]
        total += (predictions[step] - truth).abs().mean(-1)
    return total / n_steps


@torch.no_grad()
def rollouts(
    config: ModelConfig,
    weights: Weights,
    sequences: Tensor,
    n_contexts: int,
    n_steps: int,
    memory: Memory = "stored",
) -> Tensor:
    """Predictions of every roll-out from every context length.

    Args:
        config: shape of the model.
        weights: a pack of exactly one model.
        sequences: true observations (sequences, time, 6), time at least ``n_contexts``.
        n_contexts: the largest context length.
        n_steps: length of a roll-out.
        memory: see :func:`context_errors`.

    Returns:
        (steps, sequences, contexts, 6): at j, the prediction of x_{T+j} after the T = 1 ...
        n_contexts observations x_0 ... x_{T-1}. With T = 1 no pair is complete, and every
        prediction is zero.

    Raises:
        ValueError: unknown memory, more than one model, or sequences too short.
    """
    if memory not in MEMORIES:
        raise ValueError(f"memory is {memory!r}; allowed are {', '.join(MEMORIES)}")
    if len(weights.phi) != 1:
        raise ValueError(f"a pack of one model is needed, not of {len(weights.phi)}")
    if not 2 <= n_contexts <= sequences.shape[1]:
        points = sequences.shape[1]
        raise ValueError(f"n_contexts is {n_contexts}; {points} points allow 2 to {points}")
    phi, psi, z = (matrix[0] for matrix in effective(config, weights))

    # Contexts T = 2 ... n_contexts; context T = 1 has no pair to read.
    observed_keys = split_heads(config, sequences[:, : n_contexts - 1] @ phi.T)
    observed_values = split_heads(config, sequences[:, 1:n_contexts] @ psi.T)
    own = None if memory == "observed" else OwnPairs(observed_keys, n_steps)
    predictions = sequences.new_zeros(n_steps, len(sequences), n_contexts, N_FEATURES)
    points = sequences[:, 1:n_contexts]  # newest point of each context
    for step in range(n_steps):
        queries = split_heads(config, points @ phi.T)  # (sequences, heads, contexts - 1, head_dim)
        read, log_mass = causal_read(queries, observed_keys, observed_values, config.beta)
        if own is not None:
            read = own.merge(queries, read, log_mass, config.beta)
        points = join_heads(read) @ z.T  # (sequences, contexts - 1, 6)
        predictions[step, :, 1:] = points
        if own is not None:
            values = split_heads(config, points @ psi.T)
            own.store(queries, values if memory == "stored" else torch.zeros_like(values))
    return predictions


class OwnPairs:
    """The pairs that each roll-out wrote itself, at most one a step, kept apart per context."""

    def __init__(self, like: Tensor, n_steps: int) -> None:
        sequences, heads, contexts, head_dim = like.shape
        # Coordinates before contexts, so that every sum below runs along contiguous memory.
        shape = (n_steps, sequences, heads, head_dim, contexts)
        self.keys = like.new_empty(shape)
        self.values = like.new_empty(shape)
        self.n = 0

    def store(self, keys: Tensor, values: Tensor) -> None:
        """Append one pair a context, both (sequences, heads, contexts, head_dim)."""
        self.keys[self.n] = keys.mT
        self.values[self.n] = values.mT
        self.n += 1

    def merge(self, queries: Tensor, read: Tensor, log_mass: Tensor, beta: float) -> Tensor:
        """Retrieval from both memories, given the reading of the other one.

        Args:
            queries: (sequences, heads, contexts, head_dim).
            read: what the queries retrieved from the observed pairs alone, same shape.
            log_mass: log of the sum of exp(β score) over the observed pairs, without the last
                dimension.
            beta: inverse temperature.
        """
        if self.n == 0:
            return read
        scores = beta * (self.keys[: self.n] * queries.mT).sum(
            -2
        )  # (n, sequences, heads, contexts)
        shares = torch.cat((log_mass[None], scores)).softmax(0)
        own = (shares[1:].unsqueeze(-2) * self.values[: self.n]).sum(0).mT
        return shares[0].unsqueeze(-1) * read + own


def causal_read(
    queries: Tensor, keys: Tensor, values: Tensor, beta: float
) -> tuple[Tensor, Tensor]:
    """Causal attention together with the mass that it normalised by.

    Args:
        queries, keys, values: (rows, heads, time, head_dim); query i reads the pairs 0 ... i.
        beta: inverse temperature.

    Returns:
        The retrieved values, and log Σ_j exp(β query · key_j) of shape (rows, heads, time).
    """
    if queries.device.type == "cpu":
        # The one fused kernel of PyTorch on the CPU; the public function hides the mass.
        return torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(
            queries, keys, values, is_causal=True, scale=beta
        )
    scores = beta * queries @ keys.mT  # (rows, heads, time, time)
    future = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).triu(1)
    scores.masked_fill_(future, -torch.inf)
    log_mass = scores.logsumexp(-1)
    return (scores - log_mass.unsqueeze(-1)).exp_() @ values, log_mass


def split_heads(config: ModelConfig, vectors: Tensor) -> Tensor:
    """(rows, time, 6) to (rows, heads, time, head_dim)."""
    return vectors.unflatten(-1, (config.n_heads, config.head_dim)).transpose(1, 2)


def join_heads(vectors: Tensor) -> Tensor:
    """(rows, heads, time, head_dim) to (rows, time, 6)."""
    return vectors.transpose(1, 2).flatten(-2)
