"""Autoregressive error after every context length, all lengths together (Figures 4 and 5).

After T observations x_0 ... x_{T-1} of a sequence, a model predicts the next 25 points, each from
the one that it predicted before. Regenerating from every prefix would recompute almost the same
memories 775 times. Here a roll-out step treats all context lengths at once: the new queries, one
for each T, read the pairs of the one true sequence through one causal attention (the query of T
sees the pairs 0 ... T-2, the ones complete after T observations), and the few pairs which that
roll-out wrote itself apart. The two readings are merged through their log mass.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor

from memstudy.experiments.three_moons.config import ModelConfig
from memstudy.experiments.three_moons.model import Weights, effective
from memstudy.experiments.three_moons.skies import N_FEATURES

Memory = Literal["stored", "observed", "zeroed"]
MEMORIES: tuple[Memory, ...] = get_args(Memory)

TILE_ROWS = 64  # queries in a tile; half a tile's width is wasted at the diagonal
# Weights in one tile: what a second-level cache holds, or what keeps a GPU busy.
TILE_WEIGHTS = {"cpu": 2**18, "cuda": 2**27}
# Exponents of two reach this far up, so that sums stay finite in float32 while the largest weight
# of a row may lie far below its bound.
HEADROOM = 90.0
# Rows of less mass are read again from their exact maximum: close to the lower end of float32,
# weights that matter would be flushed to zero.
SMALLEST_MASS = 2.0**-100


@dataclass(frozen=True)
class ContextErrors:
    """Mean absolute error for every context length; tensors are float64 of shape (contexts,)."""

    contexts: Tensor  # T, number of observations before the roll-out: 1, 2, ...
    aligned: Tensor  # prediction of x_{T+j} against the true x_{T+j}, j = 0 ... n_steps - 1
    misaligned: Tensor  # prediction of x_{T+j+1} against the true x_{T+j}: the published script's
    standard_error: Tensor  # of `aligned`, over sequences
    n_sequences: int  # sequences averaged over


def context_errors(
    config: ModelConfig,
    weights: Weights,
    sequences: Tensor,
    *,
    memory: Memory = "stored",
    n_steps: int = 25,
    chunk: int = 16,
    on_chunk: Callable[[int], None] | None = None,
) -> ContextErrors:
    """Error of the next ``n_steps`` predictions after every context length that leaves room.

    Args:
        config: shape of the model.
        weights: a pack of exactly one model.
        sequences: true observations (sequences, time, 6).
        memory: what a roll-out adds to the pairs of the true sequence. ``"stored"``: its predicted
            points, as keys and as values; ``"observed"``: nothing; ``"zeroed"``: its predicted
            points as keys with zero as their value, as the published script does.
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
        contexts=torch.arange(1, n_contexts + 1, dtype=torch.float64),
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
        n_points = sequences.shape[1]
        raise ValueError(f"n_contexts is {n_contexts}; {n_points} points allow 2 to {n_points}")
    phi, psi, z = (matrix[0] for matrix in effective(config, weights))

    # Coordinates come before time: (sequences, 6, contexts) splits into units without a copy, and
    # every sum over pairs runs along contiguous memory.
    def units(vectors: Tensor) -> Tensor:  # (sequences · units, width, contexts)
        return vectors.reshape(-1, config.head_dim, vectors.shape[-1])

    points = sequences.mT.contiguous()  # (sequences, 6, time)
    now, after = points[..., : n_contexts - 1], points[..., 1:n_contexts]
    observed = ObservedPairs(units(phi @ now), units(psi @ after), config.beta)
    own = OwnPairs(config.beta)
    predictions = points.new_zeros(n_steps, len(points), N_FEATURES, n_contexts)
    newest = after  # the newest point of the contexts T = 2, 3, ...; T = 1 has no pair to read
    for step in range(n_steps):
        queries = units(phi @ newest)
        read = own.merge(queries, *observed.read(queries))
        newest = z @ read.view_as(newest)
        predictions[step, ..., 1:] = newest
        if memory == "stored":
            own.store(queries, units(psi @ newest))
        elif memory == "zeroed":
            own.store(queries, torch.zeros_like(queries))
    return predictions.mT


class OwnPairs:
    """The pairs that each roll-out wrote itself: one a step, apart for each context."""

    def __init__(self, beta: float) -> None:
        self.beta = beta
        self.keys: list[Tensor] = []  # one a step, (rows, width, contexts)
        self.values: list[Tensor] = []

    def store(self, keys: Tensor, values: Tensor) -> None:
        """Append one pair for each row and context, both (rows, width, contexts)."""
        self.keys.append(keys)
        self.values.append(values)

    def merge(self, queries: Tensor, read: Tensor, log_mass: Tensor) -> Tensor:
        """Retrieval from these pairs and others together, given the reading of the others.

        Args:
            queries: (rows, width, contexts).
            read: what the queries retrieved from the other pairs alone, same shape.
            log_mass: log of the sum of exp(β query·key) over the other pairs, (rows, contexts).
        """
        if not self.keys:
            return read
        scores = [self.beta * (keys * queries).sum(1) for keys in self.keys]
        shares = torch.stack([log_mass, *scores]).softmax(0).unsqueeze(2)
        merged = shares[0] * read
        for share, values in zip(shares[1:], self.values, strict=True):
            merged.addcmul_(share, values)
        return merged


class ObservedPairs:
    """The pairs of the true sequences: the query of place i reads the pairs 0 ... i.

    The weights exp(β query·key) are made in tiles that fit the processor's cache, and used at once.
    Vectors are narrow (2 or 6 numbers), so the weights are all the work. Two choices make them
    cheap: they are powers of two, and one more coordinate on each vector lets the matrix products
    that are there anyway subtract a bound from the exponents and sum up the weights.
    """

    def __init__(self, keys: Tensor, values: Tensor, beta: float) -> None:
        self.scale = beta * math.log2(math.e)
        self.keys_1 = F.pad(keys, (0, 0, 0, 1), value=1.0)  # (rows, width + 1, time)
        self.values_1 = F.pad(values, (0, 0, 0, 1), value=1.0)
        self.longest = _length(keys).cummax(1).values  # longest key so far, (rows, time)
        budget = TILE_WEIGHTS["cpu" if keys.device.type == "cpu" else "cuda"]
        self.group = max(1, budget // (TILE_ROWS * keys.shape[-1]))  # rows in a tile

    def read(self, queries: Tensor) -> tuple[Tensor, Tensor]:
        """Retrieve by one query a place.

        Args:
            queries: (rows, width, time).

        Returns:
            Retrieved values (rows, width, time), and log mass (rows, time), the logarithm of
            Σ_{j≤i} exp(β query_i·key_j).
        """
        queries = queries * self.scale
        # |query_i| max_{j≤i} |key_j| bounds the exponents of row i.
        shift = _length(queries) * self.longest - HEADROOM
        queries_1 = torch.cat((queries, -shift.unsqueeze(1)), dim=1)
        sums = self._weighted_sums(queries_1)
        mass = sums[:, -1]
        read, log_2_mass = sums[:, :-1] / mass.unsqueeze(1), shift + mass.log2()
        self._read_again(mass < SMALLEST_MASS, queries, read, log_2_mass)
        return read, log_2_mass * math.log(2)

    def _weighted_sums(self, queries_1: Tensor) -> Tensor:
        """Sums over j ≤ i of 2^(query_1·key_1) value_1, (rows, width + 1, time)."""
        sums = torch.empty_like(self.values_1)
        n_time = sums.shape[-1]
        memory = sums.new_empty(self.group * TILE_ROWS * n_time)
        for first in range(0, n_time, TILE_ROWS):
            stop = min(first + TILE_ROWS, n_time)
            tile = (self.group, stop - first, stop)  # rows, queries, all pairs up to the last
            tile_memory = memory[: math.prod(tile)].view(tile)
            future = sums.new_full((stop - first, stop - first), -torch.inf).triu(1)
            for query_1, key_1, value_1, out in zip(
                queries_1[..., first:stop].split(self.group),
                self.keys_1[..., :stop].split(self.group),
                self.values_1[..., :stop].split(self.group),
                sums[..., first:stop].split(self.group),
                strict=True,
            ):
                weights = torch.bmm(query_1.mT, key_1, out=tile_memory[: len(out)])
                weights[..., first:] += future
                weights.exp2_()  # exp is a hundred times slower where its result underflows
                out.copy_(torch.bmm(value_1, weights.mT))
        return sums

    def _read_again(self, faint: Tensor, queries: Tensor, read: Tensor, log_2_mass: Tensor) -> None:
        """Replace the results of faint rows by results from their exact largest exponent."""
        time = torch.arange(faint.shape[1], device=faint.device)
        for part in faint.nonzero().split(max(1, TILE_WEIGHTS["cpu"] // len(time))):
            row, place = part.unbind(1)
            query = queries[row, :, place].unsqueeze(1)  # (part, 1, width)
            exponents = torch.bmm(query, self.keys_1[row, :-1]).squeeze(1)  # (part, time)
            exponents.masked_fill_(time > place.unsqueeze(1), -torch.inf)
            largest = exponents.amax(1, keepdim=True)
            weights = (exponents - largest).exp2().unsqueeze(1)
            sums = torch.bmm(weights, self.values_1[row].mT).squeeze(1)  # (part, width + 1)
            read[row, :, place] = sums[:, :-1] / sums[:, -1:]
            log_2_mass[row, place] = largest.squeeze(1) + sums[:, -1].log2()


def _length(vectors: Tensor) -> Tensor:
    """Euclidean length over the second dimension; `norm` is slow along short strided ones."""
    return vectors.square().sum(1).sqrt()
