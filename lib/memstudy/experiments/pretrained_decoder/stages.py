"""A memory model around a given decoder: built, trained at the chosen learning rate, scored.

What is the same as in the copy tasks is theirs: encoder, batches, objective, recipe. New is where
the decoder comes from, that its learning rate is chosen on one seed, and that what it knows of the
language is measured before and after.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from memstudy.core import seeds
from memstudy.core.context import Context
from memstudy.core.device import Device
from memstudy.core.experiment import content_hash, plain
from memstudy.corpora import smollm2
from memstudy.corpora.packing import TokenStream
from memstudy.corpora.places import default_places
from memstudy.corpora.tokenization import tokenizer
from memstudy.evaluation import NotFinite, token_losses
from memstudy.experiments.copy_tasks import stages as copy_stages
from memstudy.experiments.copy_tasks.config import COPY, TRAINABLE
from memstudy.experiments.copy_tasks.scoring import INSIDE, Symbols, asked, chance
from memstudy.experiments.copy_tasks.second_half import SecondHalf
from memstudy.experiments.embedding_information.metrics import TokenScores, token_scores
from memstudy.experiments.pretrained_decoder import weights
from memstudy.experiments.pretrained_decoder.arms import stand_in_seed
from memstudy.experiments.pretrained_decoder.config import (
    AFTER,
    BEFORE,
    GENERAL,
    OWN,
    PRETRAINED,
    RATE_SEED,
    DecoderUnit,
)
from memstudy.language_models.trained import evaluation_windows, stream_facts, streams
from memstudy.nn.language_model import LanguageModel, count_parameters
from memstudy.nn.llama import Llama, LlamaConfig
from memstudy.nn.memory_model.model import MemoryModel
from memstudy.stages import Kept, StageContext, Stages, weights_sha256
from memstudy.training import TrainingDiverged, train
from memstudy.watching import Watched

EVALUATION_BATCH = 32  # sequences a forward pass
SAVE_EVERY = 20  # parts of a training after each of which a checkpoint may be saved
# A large decoder from random weights begins with N(0, 0.02²), as Hugging Face's Llama does.
SCRATCH_INIT = "gpt2"
DIVERGED = 99.0  # nats that a trial counts for which came to no end


class Large(StageContext):
    """A stage's context for large models: a precision of its own, and few checkpoints.

    A checkpoint of a model of 107 million weights has 1.3 GB. One is offered after each twentieth
    of a training, and where the work is to stop.
    """

    def __init__(self, stages: Stages, name: str, precision: str) -> None:
        super().__init__(stages, name)
        self.device = in_precision(stages.device, precision)

    def advance(
        self, done: int, total: int, state: Callable[[], dict[str, Any]], **shown: float
    ) -> None:
        """Tell the context; arguments and what it raises are the same."""
        context = self._stages.context
        if done % math.ceil(total / SAVE_EVERY) == 0 or context.by_main(context.stop_wanted):
            super().advance(done, total, state, **shown)
        else:
            context.on_progress(done, total, shown)


def in_precision(device: Device, precision: str) -> Device:
    """A CPU that multiplies matrices in a precision; GPUs stay as they are."""
    return replace(device, autocast=precision) if device.kind == "cpu" else device


@contextmanager
def short_attention(device: Device) -> Iterator[None]:
    """On a CPU, attention as plain products inside the block.

    For a dozen positions in bfloat16 the gradient of the fused kernel takes longer than all matrix
    products of a block together.
    """
    if device.kind == "cpu" and device.autocast == "bfloat16":
        with sdpa_kernel(SDPBackend.MATH):
            yield
    else:
        yield


@dataclass
class Work:
    """A unit under way: its text, its device, its stages."""

    unit: DecoderUnit
    seed: int
    stages: Stages
    text: dict[str, TokenStream]

    @classmethod
    def of(cls, unit: DecoderUnit, seed: int, stages: Stages) -> Work:
        """Open the text, after a look whether the decoder's weights are at hand.

        Raises:
            UsageError: they are not.
        """
        weights.require(unit.decoder.source)
        return cls(unit, seed, stages, streams(unit.stage.text))

    @property
    def device(self) -> Device:
        """Where to compute, in the decoder's precision."""
        return in_precision(self.stages.device, self.unit.decoder.precision)

    @cached_property
    def symbols(self) -> Symbols:
        """The vocabulary of the text."""
        return Symbols.of(self.text["train"].header.vocab_size)

    def windows(self, count: int) -> Tensor:
        """(count, S · C) validation sequences, the same for all arms."""
        length = self.unit.stage.chunk * self.unit.stage.n_chunks
        return evaluation_windows(self.text["validation"], length, count)[0]

    @cached_property
    def source(self) -> weights.Pretrained:
        """The pretrained weights, read once a unit."""
        return weights.pretrained(self.unit.decoder.source)

    @cached_property
    def kept(self) -> list[int]:
        """Rows of the pretrained table that the text's tokens have."""
        spec = self.unit.stage.text.tokenizer
        found = smollm2.recorded_kept(spec, default_places())
        return list(found or tokenizer(spec).encoding.kept)


# ---------------------------------------------------------------------------------------- building


def initial_decoder(work: Work) -> LanguageModel | None:
    """The decoder that a unit begins with; None: a new one of the copy tasks' own."""
    decoder, rows = work.unit.decoder, work.symbols.rows
    is_trained = work.unit.start == PRETRAINED
    generator = seeds.torch_generator(work.seed, "init/decoder")
    if decoder.source == "trained":
        if not is_trained:
            return None
        seed = stand_in_seed(work.seed)
        found = copy_stages.trained_stage(decoder.training, seed, work.stages, work.text)
        return copy.deepcopy(found.model).requires_grad_(True)
    if decoder.source == "tiny":
        return Llama(tiny(decoder.shape, rows), generator)
    if is_trained:
        return work.source.model(work.kept, rows)
    return Llama(replace(work.source.config, vocab_size=rows, init=SCRATCH_INIT), generator)


def tiny(shape: Any, rows: int) -> LlamaConfig:
    """A Llama as small as can be that has all that SmolLM2 has: grouped heads, a tied head."""
    return LlamaConfig(
        vocab_size=rows,
        d_model=shape.d_model,
        n_heads=shape.n_heads,
        n_kv_heads=1,
        n_blocks=shape.n_blocks,
        tied=True,
        rope_base=100_000.0,
        norm_epsilon=1e-5,
    )


def build(work: Work) -> MemoryModel:
    """The memory model of a unit with its initial weights."""
    stage = work.unit.stage
    encoder = stage.encoder and copy_stages.trained_stage(
        stage.encoder, work.seed, work.stages, work.text
    )
    return copy_stages.build(stage, work.seed, work.symbols, encoder, initial_decoder(work))


# ---------------------------------------------------------------------------------------- training


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


# ----------------------------------------------------------------------------------------- scoring


def scores(work: Work, model: MemoryModel, windows: Tensor) -> TokenScores:
    """Loss and hits of the copy's targets inside chunks; only the second half is decoded."""
    stage = work.unit.stage
    inputs, targets = asked(COPY, windows, stage.chunk, work.symbols)
    half = targets.shape[1] // 2
    with short_attention(work.device):
        return token_scores(
            SecondHalf(model),
            (inputs, targets[:, half:]),
            work.device,
            batch_size=EVALUATION_BATCH,
        )


def score_rows(found: TokenScores, prefix: str = "") -> list[dict[str, Any]]:
    """Accuracy and loss as rows."""
    where = {"split": COPY} | ({} if prefix else {"part": INSIDE})
    return [
        {"metric": f"{prefix}{name}", "value": getattr(found, name)} | where
        for name in ("accuracy", "loss")
    ]


def own_rows(work: Work, decoder: LanguageModel, when: str) -> list[dict[str, Any]]:
    """The decoder's own next-token loss on held-out text, without slots and memories."""
    unit = work.unit
    texts = {OWN: (decoder, work.text["validation"])}
    # A decoder from random weights in a pretrained table would be neither.
    if unit.general is not None and unit.start == PRETRAINED:
        whole = work.source.model()
        put_back(decoder, whole, work.kept)
        texts[GENERAL] = (whole, streams(unit.general)["validation"])
    rows = []
    for split, (model, stream) in texts.items():
        model.to(work.device.torch)
        windows = evaluation_windows(stream, unit.own_length, unit.own_windows)
        with short_attention(work.device):
            found = token_losses(model, windows, work.device, batch_size=EVALUATION_BATCH)
        rows.append({"metric": "own_loss", "split": split, "part": when, "value": found.mean})
    return rows


@torch.no_grad()
def put_back(decoder: LanguageModel, whole: LanguageModel, kept: list[int]) -> None:
    """Give a decoder with the whole table the weights of one with the kept rows alone."""
    state, changed = whole.state_dict(), decoder.state_dict()
    for name, weight in changed.items():
        if name in ("embedding.weight", "head.weight"):
            state[name][kept] = weight[: len(kept)].to(state[name])
        else:
            state[name].copy_(weight)


def measured(unit: DecoderUnit, seed: int, context: Context) -> tuple[list[dict], dict]:
    """Rows and facts of a unit: learning curve, final scores, own losses before and after."""
    stages = Stages(context)
    work = Work.of(unit, seed, stages)
    tried = tried_rates(unit, stages)
    rate = chosen_rate(tried)
    model = build(work)
    model.to(work.device.torch).eval()
    rows = own_rows(work, model.decoder, BEFORE)
    training = trained(work, model, rate)
    windows = work.windows(unit.windows)
    rows += [*training["rows"], *score_rows(scores(work, model, windows))]
    rows += own_rows(work, model.decoder, AFTER)
    recipe, stage = unit.stage.recipe, unit.stage
    length = stage.chunk * stage.n_chunks
    half = length // 2  # what is copied
    facts = {
        "parameters": count_parameters(model),
        "decoder_parameters": count_parameters(model.decoder),
        "trained_parameters": sum(p.numel() for p in model.parameters() if p.requires_grad),
        "vocab_size": work.symbols.vocab_size,
        "learning_rate": rate,
        "rates_tried": [[one, loss] for one, loss in tried.items()],
        "steps": training["steps"],
        "tokens_seen": recipe.steps * recipe.batch_size * length,
        "tokens_per_second": training["tokens_per_second"],
        "matrix_products": work.device.autocast,
        "windows": len(windows),
        "chance": chance(work.text["train"], windows[:, :half]),
        "weights_sha256": weights_sha256(model.state_dict()),
        "data": {split: stream_facts(stream) for split, stream in work.text.items()},
    }
    if unit.decoder.source not in ("trained", "tiny"):
        facts["source_sha256"] = work.source.sha256
    return rows, facts
