"""Training of a pack of three-moons models, resumable to the bit (Memory Mosaics, section 3).

The models of a pack share nothing: each has its own initial matrices, its own data and its own
optimiser state, and the loss is the sum of theirs. The batch of iteration i is a pure function of
(seed, i), so that a training resumed from a stored state sees exactly the data it would have seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from memstudy.core import seeds as study_seeds
from memstudy.experiments.three_moons.config import TrainConfig
from memstudy.experiments.three_moons.data import sample_batch
from memstudy.experiments.three_moons.model import Weights, forward, init_weights

# The loss that tells a converged run from a stuck one is clipped here in every arm, also in the
# arm that trains without clipping.
REPORTED_CLIP = 0.5

State = dict[str, Tensor]


def train(
    config: TrainConfig,
    seeds: Sequence[int],
    *,
    start_state: State | None = None,
    on_step: Callable[[State], None] | None = None,
    device: torch.device | str = "cpu",
) -> State:
    """Train one model a seed.

    Args:
        config: how to train.
        seeds: base seeds; each names a model's initial matrices and its data.
        start_state: a state of an earlier call with the same config and seeds, to go on from.
        on_step: called after every iteration with the state so far, which may be kept or stored:
            it is never changed in place. An exception that it raises ends the training.
        device: where to compute. Data and initial matrices are drawn on the CPU in any case.

    Returns:
        The final state, a flat dict of tensors: ``step`` (iterations done), ``seeds``; per matrix
        ``phi``, ``psi``, ``z`` the weights (models, 6, 6) and the moments ``phi.first``,
        ``phi.second`` and so on; ``loss`` (iterations done, models), the training loss of each
        iteration's batch before its update; ``clipped_loss``, the same clipped at ±0.5.

    Raises:
        ValueError: ``start_state`` belongs to other seeds.
    """
    state = initial_state(seeds) if start_state is None else start_state
    if state["seeds"].tolist() != list(seeds):
        raise ValueError(f"the state is of seeds {state['seeds'].tolist()}, not {list(seeds)}")
    state = {name: tensor.to(device) for name, tensor in state.items()}
    for iteration in range(int(state["step"]), config.iterations):
        state = training_step(config, state, iteration, seeds)
        if on_step is not None:
            on_step(state)
    return state


def initial_state(seeds: Sequence[int]) -> State:
    """The state before the first iteration; see :func:`train`."""
    state = {"step": torch.tensor(0), "seeds": torch.tensor(list(seeds))}
    for name, matrix in init_weights(seeds)._asdict().items():
        state[name] = matrix
        state[f"{name}.first"] = torch.zeros_like(matrix)
        state[f"{name}.second"] = torch.zeros_like(matrix)
    state["loss"] = torch.zeros(0, len(seeds))
    state["clipped_loss"] = torch.zeros(0, len(seeds))
    return state


def weights_of(state: State) -> Weights:
    """The matrices in a state."""
    return Weights(*(state[name] for name in Weights._fields))


def training_step(config: TrainConfig, state: State, iteration: int, seeds: Sequence[int]) -> State:
    """One iteration; returns a new state and leaves ``state`` as it is."""
    x, y = training_batch(config, seeds, iteration)
    weights = Weights(*(matrix.detach().requires_grad_() for matrix in weights_of(state)))
    error = forward(config.model, weights, x.to(weights.phi)) - y.to(weights.phi)
    loss = squared_error(error, config.clip)
    gradients = torch.autograd.grad(loss.sum(), weights)
    with torch.no_grad():
        reported = squared_error(error, REPORTED_CLIP)
        updated = {
            "step": torch.full_like(state["step"], iteration + 1),
            "seeds": state["seeds"],
            "loss": torch.cat((state["loss"], loss.detach()[None])),
            "clipped_loss": torch.cat((state["clipped_loss"], reported[None])),
        }
        for name, gradient in zip(Weights._fields, gradients, strict=True):
            updated[name], updated[f"{name}.first"], updated[f"{name}.second"] = adam(
                config,
                iteration,
                state[name],
                gradient,
                state[f"{name}.first"],
                state[f"{name}.second"],
            )
    return updated


def training_batch(
    config: TrainConfig, seeds: Sequence[int], iteration: int
) -> tuple[Tensor, Tensor]:
    """Data of one iteration, x and y (models, batch, length, 6), each model's from its own seed."""
    batches = [
        sample_batch(
            config.triples,
            config.batch,
            config.length,
            study_seeds.torch_generator(seed, "batches", iteration),
        )
        for seed in seeds
    ]
    return torch.stack([x for x, _ in batches]), torch.stack([y for _, y in batches])


def squared_error(error: Tensor, clip: float | None) -> Tensor:
    """Mean squared error per model, with errors clipped at ±clip; (models, batch, time, 6) in.

    Clipping takes the gradient from errors beyond the bound, so that what cannot be known yet
    (an empty memory, a moon not yet round) does not shape the model.
    """
    if clip is not None:
        error = error.clamp(-clip, clip)
    return error.square().mean(dim=(1, 2, 3))


def adam(
    config: TrainConfig,
    iteration: int,
    parameter: Tensor,
    gradient: Tensor,
    first: Tensor,
    second: Tensor,
) -> tuple[Tensor, Tensor, Tensor]:
    """One Adam step without weight decay: the new parameter and the two new moments."""
    beta_1, beta_2 = config.betas
    first = beta_1 * first + (1 - beta_1) * gradient
    second = beta_2 * second + (1 - beta_2) * gradient.square()
    mean, variance = first, second
    if config.bias_correction:
        mean = first / (1 - beta_1 ** (iteration + 1))
        variance = second / (1 - beta_2 ** (iteration + 1))
    step = learning_rate(config, iteration) * mean / (variance.sqrt() + config.epsilon)
    return parameter - step, first, second


def learning_rate(config: TrainConfig, iteration: int) -> float:
    """Learning rate of an iteration, falling linearly."""
    slope = (config.final_learning_rate - config.learning_rate) / config.iterations
    return config.learning_rate + slope * iteration
