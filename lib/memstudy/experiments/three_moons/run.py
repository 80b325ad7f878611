"""What the three-moons experiment executes: train a pack of models, roll out, measure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from memstudy.core.experiment import Experiment, Measured, Unit
from memstudy.experiments.three_moons import parity
from memstudy.experiments.three_moons.claims import CLAIMS
from memstudy.experiments.three_moons.config import NAME, PROFILES, MoonsUnit, units

if TYPE_CHECKING:
    import pandas as pd
    from torch import Tensor

    from memstudy.core.context import Context
    from memstudy.experiments.three_moons.training import State

MAIN_MEMORY = "stored"  # predictions are stored back; reported
OTHER_MEMORIES = ("observed", "zeroed")  # shown once beside it


def execute(pack: Sequence[Unit], context: Context) -> list[Measured]:
    """Train the models of a pack together, then evaluate each; see the experiment's contract.

    The units of a pack differ in their seeds only.
    """
    if isinstance(pack[0].config, parity.ParityUnit):
        return [parity.measure(unit) for unit in pack]
    config: MoonsUnit = pack[0].config
    seeds = [unit.seed for unit in pack]
    saved = context.restored() or {"training": None, "errors": {}}
    state = trained(config, seeds, saved["training"], context)
    errors: dict[str, Tensor] = saved["errors"]
    splits = evaluation_sequences(config) if config.evaluation else {}

    def advance(done: int, total: int) -> None:
        context.advance(done, total, lambda: {"training": state, "errors": errors})

    for index, unit in enumerate(pack):
        for split, memory, sequences in evaluations(config, splits):
            key = f"{unit.seed}/{split}/{memory}"
            if key not in errors:
                errors[key] = measured_errors(config, state, index, sequences, memory, advance)
                advance(1, 1)
    facts = pack_facts(config, splits)
    return [
        Measured(unit_table(unit, index, state, errors), facts) for index, unit in enumerate(pack)
    ]


def trained(config: MoonsUnit, seeds: list[int], start: State | None, context: Context) -> State:
    """The trained state of a pack; with no iterations, the identity matrices."""
    import torch

    from memstudy.experiments.three_moons import training
    from memstudy.experiments.three_moons.model import analytic

    if config.train.iterations == 0:
        identity = analytic()._asdict()
        return training.initial_state(seeds) | {
            name: matrix.expand(len(seeds), -1, -1) for name, matrix in identity.items()
        }

    def on_step(state: State) -> None:
        done = int(state["step"])
        loss = float(state["clipped_loss"][-1].mean())
        context.advance(
            done, config.train.iterations, lambda: {"training": state, "errors": {}}, loss=loss
        )

    with torch.enable_grad():
        state = training.train(
            config.train, seeds, start_state=start, on_step=on_step, device=context.device.torch
        )
    return state


def evaluation_sequences(config: MoonsUnit) -> dict[str, Tensor]:
    """The true sequences of both triples, the same for every model: (sequences, time, 6)."""
    from memstudy.core import seeds
    from memstudy.experiments.three_moons import data, skies

    evaluation = config.evaluation
    triples = {
        "train_triple": skies.SHOWN_TRAIN_TRIPLE,
        "validation_triple": skies.VALIDATION_TRIPLE,
    }
    found = {}
    for index, (split, triple) in enumerate(triples.items()):
        generator = seeds.torch_generator(evaluation.data_seed, "eval", index)
        found[split], _ = data.sample_batch(
            [triple], evaluation.sequences, evaluation.length, generator
        )
    return found


def evaluations(config: MoonsUnit, splits: dict[str, Tensor]) -> list[tuple[str, str, Tensor]]:
    """What to evaluate: split, memory of the roll-out, sequences."""
    listed = []
    for split, sequences in splits.items():
        listed.append((split, MAIN_MEMORY, sequences))
        few = sequences[: config.evaluation.other_sequences]
        listed += [(split, memory, few) for memory in OTHER_MEMORIES]
    return listed


def measured_errors(
    config: MoonsUnit,
    state: State,
    index: int,
    sequences: Tensor,
    memory: str,
    advance: Callable[[int, int], None],
) -> Tensor:
    """Aligned and misaligned error and standard error for every context: (3, contexts)."""
    import torch

    from memstudy.experiments.three_moons import rollout, training

    found = rollout.context_errors(
        config.train.model,
        training.weights_of(state).select(index),
        sequences,
        memory=memory,
        n_steps=config.evaluation.steps,
        on_chunk=lambda done: advance(done, len(sequences)),
    )
    return torch.stack((found.aligned, found.misaligned, found.standard_error))


def unit_table(unit: Unit, index: int, state: State, errors: dict[str, Tensor]) -> pd.DataFrame:
    """The long table of one unit."""
    import pandas as pd

    from memstudy.experiments.three_moons import model, training

    rows: list[dict[str, Any]] = []

    def add(metric: str, value: Any, **where: Any) -> None:
        rows.append({"metric": metric, "value": float(value), **where})

    for name in ("loss", "clipped_loss"):
        for step, value in enumerate(state[name][:, index], start=1):
            add(name, value, split="train", step=step)
    weights = training.weights_of(state).select(index)
    moduli = model.moduli(model.effective(unit.config.train.model, weights))[0].cpu()
    for matrix, name in enumerate(model.Weights._fields):
        for row in range(3):
            for column in range(3):
                add("modulus", moduli[matrix, row, column], part=f"{name}[{row},{column}]")
    add("permutation_ratio", model.permutation_report(moduli[None]).ratio[0])
    metrics = ("absolute_error", "absolute_error_misaligned", "absolute_error_standard_error")
    for key, measured in errors.items():
        seed, split, memory = key.split("/")
        if int(seed) != unit.seed:
            continue
        for metric, values in zip(metrics, measured, strict=True):
            for position, value in enumerate(values, start=1):
                add(metric, value, split=split, part=memory, position=position)
    table = pd.DataFrame(rows).reindex(
        columns=["metric", "value", "split", "part", "step", "position"]
    )
    table = table.fillna({"split": "", "part": "", "step": -1, "position": -1})
    return table.assign(model=unit.arm, seed=unit.seed)


def pack_facts(config: MoonsUnit, splits: dict[str, Tensor]) -> dict[str, Any]:
    """Size, data and work of one model."""
    import hashlib

    train = config.train
    steps = train.iterations * train.batch
    return {
        "parameters": 3 * 36,  # stored reals; half of them are free with complex structure
        "points_seen": steps * train.length,
        # Two products of length² / 2 pairs and width 6 forward, 2.5 times as much backward.
        "flops": round(3.5 * 2 * 6 * train.length**2 * steps),
        "data": {
            split: hashlib.sha256(sequences.numpy().tobytes()).hexdigest()
            for split, sequences in splits.items()
        },
    }


EXPERIMENT = Experiment(
    name=NAME,
    notebook="01_three_moons",
    title="Three moons: one memory waits for the whole sky, three watch one moon each",
    profiles=PROFILES,
    units=units,
    execute=execute,
    claims=CLAIMS,
)
