"""The steps of a training, one after the other: update, watch, evaluate, save.

What a step does is a pure function of its number and of the state before it: its sequences, its
learning rate and its dropout masks depend on nothing else. So a training that was stopped goes on
as if nothing had happened, and several processes do what one would have done.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from memstudy.batching import Batch, Batches, Piece, Weight, pieces, prefetched
from memstudy.core import seeds
from memstudy.core.context import Context
from memstudy.core.processes import Processes
from memstudy.distributed import parallel, synchronised
from memstudy.evaluation import Objective, autocast, mean_losses, named_losses
from memstudy.monitoring import NonFinite, Speed, StepLog
from memstudy.optimisation import TrainingConfig, adamw, clip_gradients

State = dict[str, Any]


@dataclass(frozen=True)
class Best:
    """The weights with the lowest loss on an evaluation set so far."""

    step: int  # updates that made them
    loss: float  # nats
    weights: dict[str, Tensor]  # for load_state_dict


@contextlib.contextmanager
def own_randomness(device: torch.device) -> Iterator[None]:
    """PyTorch's random state may be changed inside the block; afterwards it is as before."""
    devices = [torch.cuda.current_device()] if device.type == "cuda" else []
    with torch.random.fork_rng(devices):
        yield


def seed_masks(seed: int, step: int, first_row: int, device: torch.device) -> None:
    """Make the dropout masks of a piece of a batch a function of seed, step and place alone.

    PyTorch's dropout draws from a global generator. Seeding it for every piece spares checkpoints
    its state, and makes the masks independent of which process computes the piece.
    """
    mask_seed = seeds.child(seed, f"masks/{step}", first_row)
    torch.default_generator.manual_seed(mask_seed)
    if device.type == "cuda":
        torch.cuda.manual_seed(mask_seed)


class LossModule(nn.Module):
    """An objective as a module, which is what DistributedDataParallel wraps."""

    def __init__(self, model: nn.Module, objective: Objective) -> None:
        super().__init__()
        self.model = model
        self.objective = objective
        self.names: list[str] = []

    def forward(self, *batch: Tensor) -> Tensor:
        """The total loss and its parts, (names,)."""
        self.names, losses = named_losses(self.objective(self.model, batch))
        return losses


class Loop:
    """One training under way; arguments as those of :func:`memstudy.training.train`."""

    def __init__(
        self,
        model: nn.Module,
        config: TrainingConfig,
        context: Context,
        processes: Processes,
        seed: int,
        objective: Objective,
        weight: Weight,
    ) -> None:
        self.config, self.context, self.processes, self.seed = config, context, processes, seed
        self.objective, self.weight = objective, weight
        self.device = context.device.torch
        self.model = model.to(self.device)
        if config.compile:
            for block in getattr(model, "blocks", [model]):
                block.compile()
        self.losses = LossModule(model, objective)
        self.parallel = parallel(self.losses, processes)
        self.optimiser = adamw(model, config)
        whole_share = -(-config.batch_size // processes.count)
        self.rows_at_once = config.micro_batch_size or whole_share  # in evaluations
        self.step = 0  # updates done
        self.log = StepLog(self.device)
        self.evaluations: list[dict[str, Any]] = []
        self.best: dict[str, Best] = {}
        self.positions = 0  # read by all processes, in the first tensor of each batch
        self.speed = Speed()

    def run(self, batches: Batches, evaluation_sets: Mapping[str, Batch]) -> None:
        """All steps that are left, and the evaluations between them."""
        config, on_gpu = self.config, self.device.type == "cuda"
        gpu = torch.cuda.current_device() if on_gpu else None  # each thread has its own choice

        def read(step: int) -> tuple[list[Piece], int]:
            batch = batches(step, config.batch_size)
            rows = self.processes.rows(len(batch[0]))
            cut = pieces(batch, config.micro_batch_size, rows, self.weight)
            if on_gpu:
                with torch.cuda.device(gpu):
                    cut = [piece.pinned() for piece in cut]
            return cut, batch[0].numel()

        steps = range(self.step, config.steps)
        with contextlib.closing(prefetched(read, steps, in_background=on_gpu)) as source:
            for step in steps:
                if step % config.evaluate_every == 0:
                    self.evaluate(evaluation_sets)
                with self.speed.counting():
                    cut, positions = next(source)
                    self.update(cut)
                    self.positions += positions
                    self.speed.count(positions)
                self.heed()
        if not any(row["step"] == config.steps for row in self.evaluations):
            self.evaluate(evaluation_sets)

    def update(self, cut: list[Piece]) -> None:
        """One step: gradients of all pieces, clipping, a move of the weights."""
        values = self.accumulate(cut)
        self.processes.sum_(values)
        norm = clip_gradients(self.model.parameters(), self.config.clip_norm)
        for group in self.optimiser.param_groups:
            group["lr"] = self.config.schedule.at(self.step)
        self.optimiser.step()
        self.optimiser.zero_grad()
        self.step += 1
        self.log.push([*self.losses.names, "gradient_norm"], torch.cat((values, norm[None])))

    def accumulate(self, cut: list[Piece]) -> Tensor:
        """Gradients of the mean loss over the whole batch; returns this process's part of it."""
        values = torch.zeros((), device=self.device)
        for piece in cut:
            seed_masks(self.seed, self.step, piece.first_row, self.device)
            with synchronised(self.parallel, last=piece is cut[-1]):
                with autocast(self.context.device):
                    losses = self.parallel(*piece.to(self.device).batch)
                # The processes' gradients will be averaged, but their shares want to be added.
                (losses[0] * (piece.share * self.processes.count)).backward()
            values = values + losses.detach() * piece.share
        return values

    def evaluate(self, evaluation_sets: Mapping[str, Batch]) -> None:
        """Mean losses of all splits; remember the best weights."""
        with self.speed.counting():
            self.log.drain()
        rows = []
        for split, batch in evaluation_sets.items():
            found = mean_losses(
                self.model,
                batch,
                self.context.device,
                batch_size=self.rows_at_once,
                objective=self.objective,
                weight=self.weight,
                processes=self.processes,
                on_batch=self.heed if self.processes.count == 1 else lambda: None,
            )
            for name, value in found.items():
                if not math.isfinite(value):
                    raise NonFinite(self.step, f"{split} {name}", value)
                rows.append({"metric": name, "split": split, "step": self.step, "value": value})
            if split in self.config.keep_best:
                self.remember(split, found["loss"])
        # Only now: a checkpoint that was saved on the way belongs to an evaluation not yet made.
        self.evaluations += rows

    def remember(self, split: str, loss: float) -> None:
        """Keep the weights if no earlier ones were better on the split."""
        if split not in self.best or loss < self.best[split].loss:
            weights = {name: value.clone() for name, value in self.model.state_dict().items()}
            self.best[split] = Best(self.step, loss, weights)

    def heed(self) -> None:
        """One word with the context, which may save the state or want to stop.

        Where it wants to stop, all processes end after the same step.
        """
        shown = {name: value for name, value in self.log.last().items() if name != "gradient_norm"}
        if self.speed.positions:
            shown["tokens_per_second"] = self.speed.per_second
        self.context.advance(self.step, self.config.steps, self.state, **shown)

    def state(self) -> State:
        """All that the steps to come depend on, and what has been measured.

        Raises:
            NonFinite: a step so far went wrong, so that this is no state to go on from.
        """
        self.log.drain()
        return {
            "seed": self.seed,
            "step": self.step,
            "model": dict(self.model.state_dict()),
            "optimiser": self.optimiser.state_dict(),
            "log_names": self.log.names,
            "log": torch.tensor(self.log.values, dtype=torch.float64),
            "evaluations": self.evaluations,
            "best": {
                split: {"step": best.step, "loss": best.loss, "weights": best.weights}
                for split, best in self.best.items()
            },
            "positions": self.positions,
            "speed": [self.speed.positions, self.speed.seconds],
        }

    def load(self, state: State) -> None:
        """Go on from a state; see :meth:`state`."""
        if state["seed"] != self.seed:
            raise ValueError(f"the checkpoint is of seed {state['seed']}, not {self.seed}")
        self.step = state["step"]
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.log.names, self.log.values = state["log_names"], state["log"].tolist()
        self.evaluations = state["evaluations"]
        self.best = {split: Best(**best) for split, best in state["best"].items()}
        self.positions = state["positions"]
        self.speed = Speed(*state["speed"])
