"""What RegBench executes: train a model on some environments, test it on others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from memstudy.core.experiment import Experiment, Measured, Unit
from memstudy.experiments.regbench.claims import CLAIMS
from memstudy.experiments.regbench.config import (
    NAME,
    PRECISION,
    OracleUnit,
    TrainedUnit,
    units,
)
from memstudy.experiments.regbench.mqar import MqarConfig
from memstudy.experiments.regbench.profiles import PROFILES

if TYPE_CHECKING:
    import numpy as np

    from memstudy.core.context import Context
    from memstudy.core.device import Device
    from memstudy.experiments.regbench.measuring import Predict, Row
    from memstudy.experiments.regbench.sequences import Splits
    from memstudy.nn.language_model import LanguageModel
    from memstudy.training import TrainingResult


def execute(pack: Sequence[Unit], context: Context) -> list[Measured]:
    """Train and test the model of a unit, or test the oracles; see the experiment's contract."""
    context.device = replace(context.device, autocast=PRECISION)
    return [measured(unit, context) for unit in pack]


def measured(unit: Unit, context: Context) -> Measured:
    """Oracles, associative recall, or a model that learns languages."""
    if isinstance(unit.config, OracleUnit):
        return oracles(unit)
    if isinstance(unit.config, MqarConfig):
        from memstudy.experiments.regbench import mqar_training

        return mqar_training.measure(unit, context)
    return trained(unit, context)


def trained(unit: Unit, context: Context) -> Measured:
    """One model: learning curves, scores of its best weights in and out of distribution."""
    from memstudy.core import seeds
    from memstudy.experiments.regbench import learning, measuring
    from memstudy.experiments.regbench.architectures import new_model
    from memstudy.experiments.regbench.automata import N_TOKENS
    from memstudy.records import long_table

    config: TrainedUnit = unit.config
    foreign, own = learning.splits_of(config.data)
    longest = learning.sequence_recipe(config.data).longest
    generator = seeds.torch_generator(unit.seed, "init")
    model = new_model(config.setting.architecture, N_TOKENS, longest, generator)
    result = learning.learn(model, config.setting.recipe, foreign, own, context, unit.seed)
    rows: list[Row] = result.rows(learning.epoch_steps(config.setting.recipe, len(foreign.train)))
    predict = predictor(model, context.device)
    tests = [(learning.VALIDATION, foreign.test, measuring.TEST)]
    if own is not None:
        tests.append((learning.VALIDATION_IN, own.test, measuring.TEST_IN))
    for chosen_on, split, name in tests:
        model.load_state_dict(result.best[chosen_on].weights)
        rows += measuring.rows_of(measuring.scores_of(split, predict), name)
        if name == measuring.TEST:
            rows += measuring.shown_predictions(split, predict)
    facts = facts_of(model, config, foreign, own, result)
    return Measured(long_table(rows, unit), facts)


def predictor(model: LanguageModel, device: Device) -> Predict:
    """A model as a function from tokens to distributions, dropout off, in float32 or better."""
    import torch

    from memstudy.evaluation import in_mode

    def predict(tokens: np.ndarray) -> np.ndarray:
        read = torch.from_numpy(tokens.astype("int64")).to(device.torch)
        with torch.no_grad(), in_mode(model, training=False):
            logits = model(read)
        return logits.double().softmax(-1).cpu().numpy()

    return predict


def facts_of(
    model: LanguageModel,
    config: TrainedUnit,
    foreign: Splits,
    own: Splits | None,
    result: TrainingResult,
) -> dict[str, Any]:
    """Sizes, effort and data of a training."""
    from memstudy.experiments.regbench.architectures import sizes
    from memstudy.experiments.regbench.sequences import facts_of as split_facts

    tokens = int(foreign.train.lengths.sum()) - len(foreign.train)
    used = {"train": foreign.train, "validation": foreign.validation, "test": foreign.test}
    if own is not None:
        used |= {"validation_in": own.validation, "test_in": own.test}
    return {
        **sizes(model, foreign.test.tokens.shape[1] - 1),
        "tokens_seen": tokens * config.setting.recipe.epochs,
        "steps": len(result.log["loss"]),
        "matrix_products": PRECISION,
        "best": {
            split: {"step": best.step, "loss": best.loss} for split, best in result.best.items()
        },
        "data": {name: split_facts(split) for name, split in used.items()},
    }


def oracles(unit: Unit) -> Measured:
    """Exact distribution, uniform letters and in-context n-grams on the test sequences."""
    import pandas as pd

    from memstudy.experiments.regbench import learning, measuring, oracles
    from memstudy.records import long_table

    config: OracleUnit = unit.config
    test = learning.splits_of(config.data)[0].test
    predictors: dict[str, Predict] = {"uniform letters": oracles.uniform_letters}
    for order in config.orders:
        predictors[f"{order}-gram"] = ngram(order)
    tables = []
    for name, predict in predictors.items():
        rows = measuring.rows_of(measuring.scores_of(test, predict), measuring.TEST)
        rows += measuring.shown_predictions(test, predict)
        tables.append(long_table(rows, unit).assign(model=name))
    return Measured(pd.concat(tables, ignore_index=True), {})


def ngram(order: int) -> Predict:
    """In-context n-gram of an order."""
    from memstudy.experiments.regbench.oracles import in_context_ngram

    return lambda tokens: in_context_ngram(tokens, order)


EXPERIMENT = Experiment(
    name=NAME,
    notebook="04_regbench",
    title="RegBench: learning formal languages in context",
    profiles=PROFILES,
    units=units,
    execute=execute,
    claims=CLAIMS,
)
