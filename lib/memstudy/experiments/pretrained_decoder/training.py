"""Training a memory model around a given decoder, at the learning rate that trials choose.

Batches, objective and recipe are those of the copy tasks. New is that the learning rate is chosen,
on one seed, for each decoder and start.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torch import Tensor

from memstudy.core import seeds
from memstudy.core.experiment import content_hash, plain
from memstudy.evaluation import NotFinite
from memstudy.experiments.copy_tasks import stages as copy_stages
from memstudy.experiments.copy_tasks.config import TRAINABLE
from memstudy.experiments.pretrained_decoder.building import Work, build
from memstudy.experiments.pretrained_decoder.config import RATE_SEED, DecoderUnit
from memstudy.experiments.pretrained_decoder.large import Large, short_attention
from memstudy.experiments.pretrained_decoder.scoring import score_rows, scores
from memstudy.nn.memory_model.model import MemoryModel
from memstudy.stages import Kept, StageContext, Stages, weights_sha256
from memstudy.training import TrainingDiverged, train
from memstudy.watching import Watched

DIVERGED = 99.0  # nats that a trial counts for which came to no end


def trained(work: Work, model: MemoryModel, rate: float, steps: int | None = None) -> dict:
    """Train a model in place; learning curve, speed and steps.

    Args:
        work: the unit.
        model: from :func:`build`.
        rate: the learning rate.
        steps: of a trial; None: those of the recipe.
    """
    unit, recipe = work.unit, replace(work.unit.stage.recipe, learning_rate=rate)
    if steps is not None:
        recipe = replace(recipe, steps=steps, evaluations=1)
        recipe = replace(recipe, warmup_steps=min(recipe.warmup_steps, steps))
    stage = replace(unit.stage, recipe=recipe)
    name = content_hash({"unit": plain(unit), "seed": work.seed, "rate": rate, "steps": steps})
    windows = work.windows(recipe.evaluation_windows)
    watched = Watched(
        Large(work.stages, name, unit.decoder.precision),
        max(1, recipe.steps // recipe.evaluations),
        lambda: score_rows(scores(work, model, windows), "curve_"),
    )
    inner = copy_stages.objective_of(stage, model)

    def objective(whole: MemoryModel, batch: tuple[Tensor, ...]) -> Any:
        with short_attention(work.device):
            return inner(whole, batch)

    result = train(
        model,
        copy_stages.training_config(recipe),
        copy_stages.batches_of(stage, work.text["train"], work.seed, work.symbols),
        watched,
        seed=seeds.child(work.seed, "dropout"),
        objective=objective,
    )
    speed = round(result.positions_per_second, 1)
    return {"rows": watched.rows, "tokens_per_second": speed, "steps": recipe.steps}


def tried_rates(unit: DecoderUnit, stages: Stages) -> dict[float, float]:
    """Copy loss of each learning rate after its trial: trainable encoder, seed RATE_SEED.

    Each trial is made once and kept; memory and seed of the unit that asks do not matter. A rate
    with which the training diverges has a loss of DIVERGED.
    """
    stage = replace(unit.stage, memory=TRAINABLE, encoder=None)
    searching = replace(unit, stage=stage, general=None)
    found = {}
    for rate in unit.rates.tried:
        described = {"pretrained_decoder": "rate", "unit": plain(searching), "rate": rate}

        def make(own: StageContext, rate: float = rate) -> Kept:
            work = Work.of(searching, RATE_SEED, stages)
            model = build(work)
            try:
                trained(work, model, rate, unit.rates.steps)
                loss = scores(work, model, work.windows(stage.recipe.evaluation_windows)).loss
            except (TrainingDiverged, NotFinite):
                loss = DIVERGED
            facts = {"loss": loss, "weights_sha256": weights_sha256({})}
            return Kept({}, [], facts, own.made_by)

        found[rate] = stages.once(described, make).facts["loss"]
    return found


def chosen_rate(tried: dict[float, float]) -> float:
    """The rate with the lowest loss; of equal ones the smallest."""
    return min(tried, key=lambda rate: (tried[rate], rate))
