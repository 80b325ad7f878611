"""What models are asked on the validation text, and what is recorded of their answers.

Three questions: the next token (causal), a copy in which earlier copied tokens can be seen, and a
blank copy, in which memories alone know of the text. Two ways of counting:

- ``inside``: the first token of a chunk is left out, since no training has a loss there;
- ``official``: it counts, as in the official evaluation. At C = 256 that is one target in 256, at
  C = 8 one in 8.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from memstudy.batching import IGNORED, Batch
from memstudy.core.device import Device
from memstudy.corpora.packing import TokenStream
from memstudy.evaluation import TokenLosses
from memstudy.experiments.copy_tasks.config import (
    AUTOENCODER,
    BLANK,
    CAUSAL,
    COMBINED,
    COPY,
    INSIDE,
    MODES,
    OFFICIAL,
    RECONSTRUCTION,
    MemoryStage,
    SourceStage,
)
from memstudy.experiments.embedding_information.metrics import (
    TokenScores,
    token_scores,
    unigram_level,
)
from memstudy.nn.language_model import TokenPredictor
from memstudy.nn.memory_model.objectives import causal_task, copy_task

EVALUATION_BATCH = 64  # sequences a forward pass; it changes the losses by rounding only
COUNTED_TOKENS = 1_000_000  # of the training text, for the frequencies of tokens
MULTIPLE = 64  # rows of the table of tokens are a multiple of it


@dataclass(frozen=True)
class Symbols:
    """The vocabulary: tokens of the text, and two symbols that no text has."""

    vocab_size: int  # V, tokens of the text
    blank: int  # stands in the place of tokens that are hidden
    cue: int  # tells that a copy is wanted
    rows: int  # of the table of tokens

    @classmethod
    def of(cls, vocab_size: int) -> Symbols:
        """The symbols beside a tokeniser's."""
        rows = -(-(vocab_size + 2) // MULTIPLE) * MULTIPLE
        return cls(vocab_size, blank=vocab_size, cue=vocab_size + 1, rows=rows)


def asked(
    mode: str,
    text: Tensor,
    chunk: int,
    symbols: Symbols,
    cue: bool = False,
    borders: bool = False,
) -> Batch:
    """Inputs and targets of a question.

    Args:
        mode: one of MODES.
        text: (batch, S · C) tokens; a copy is of the first half.
        chunk: C.
        symbols: the vocabulary.
        cue: a copy begins with three tokens that tell so.
        borders: count the first token of chunks too.
    """
    if mode == CAUSAL:
        return causal_task(text, chunk, borders)
    return copy_task(
        text[:, : text.shape[1] // 2],
        chunk,
        blank=symbols.blank if mode == BLANK else None,
        cue=symbols.cue if cue else None,
        borders=borders,
    )


def curve_rows(
    stage: SourceStage | MemoryStage,
    model: TokenPredictor,
    windows: Tensor,
    device: Device,
    symbols: Symbols,
) -> list[dict[str, Any]]:
    """Loss and accuracy on what a stage is trained on: points of a learning curve."""
    if isinstance(stage, SourceStage):
        questions = {_source_mode(stage): source_question(stage, windows)}
    else:
        modes = (CAUSAL, COPY) if stage.task == COMBINED else (stage.task,)
        questions = {mode: asked(mode, windows, stage.chunk, symbols, stage.cue) for mode in modes}
    rows = []
    for mode, question in questions.items():
        scores = token_scores(model, question, device, batch_size=EVALUATION_BATCH)
        for metric in ("loss", "accuracy"):
            value = getattr(scores, metric)
            rows.append({"metric": f"curve_{metric}", "split": mode, "value": value})
    return rows


def source_question(stage: SourceStage, windows: Tensor) -> Batch:
    """What a model that an encoder comes from is asked on (batch, C) tokens."""
    if stage.objective == AUTOENCODER:
        return windows, windows
    return causal_task(windows, stage.chunk)


def score_rows(
    stage: SourceStage | MemoryStage,
    model: TokenPredictor,
    windows: Tensor,
    device: Device,
    symbols: Symbols,
) -> list[dict[str, Any]]:
    """All scores of a finished model, in every mode, whatever it was trained on."""
    if isinstance(stage, SourceStage):
        question = source_question(stage, windows)
        scores = token_scores(model, question, device, batch_size=EVALUATION_BATCH)
        return _rows(scores, _source_mode(stage), INSIDE)
    rows = []
    for mode in MODES:
        questions = {
            part: asked(mode, windows, stage.chunk, symbols, stage.cue, part == OFFICIAL)
            for part in (OFFICIAL, INSIDE)
        }
        official = token_scores(model, questions[OFFICIAL], device, batch_size=EVALUATION_BATCH)
        inside = _only(official, (questions[INSIDE][1] != IGNORED).numpy())
        rows += [*_rows(official, mode, OFFICIAL), *_rows(inside, mode, INSIDE)]
        rows += _by_position(inside, stage, mode)
    return rows


@torch.no_grad()
def passages(
    stage: MemoryStage,
    model: TokenPredictor,
    windows: Tensor,
    device: Device,
    symbols: Symbols,
) -> list[dict[str, list[int]]]:
    """The text of a few sequences, and what the model makes of its blank copy and its copy.

    A place without a target, the first of every chunk, has -1.
    """
    half = windows.shape[1] // 2
    found = [{"text": row[:half].tolist()} for row in windows]
    for mode in (BLANK, COPY):
        inputs, targets = asked(mode, windows, stage.chunk, symbols, stage.cue)
        named = model(inputs.to(device.torch)).argmax(-1).cpu()
        named = named.masked_fill(targets == IGNORED, -1)
        for entry, row in zip(found, named, strict=True):
            entry[mode] = [-1, *row[half:-1].tolist()]  # token t is predicted at t - 1
    return found


@dataclass(frozen=True)
class Words:
    """Token ids as text, one by one; ``None`` where there is no token."""

    decode: Callable[[list[int]], str]
    symbols: Symbols

    def __call__(self, tokens: list[int]) -> list[str | None]:
        """Text of each token; a square stands for a symbol that no text has."""
        return [
            None if t < 0 else self.decode([t]) if t < self.symbols.vocab_size else "□"
            for t in tokens
        ]


def chance(stream: TokenStream, windows: Tensor) -> dict[str, float]:
    """Accuracy of always naming the commonest token, and the loss of naming frequencies."""
    counted = torch.from_numpy(stream.tokens[:COUNTED_TOKENS].astype(np.int64))
    found = unigram_level(counted, windows, stream.header.vocab_size)
    return {"accuracy": found.accuracy, "loss": found.loss}


def _source_mode(stage: SourceStage) -> str:
    return RECONSTRUCTION if stage.objective == AUTOENCODER else CAUSAL


def _rows(scores: TokenScores, mode: str, part: str) -> list[dict[str, Any]]:
    where = {"split": mode, "part": part}
    return [
        {"metric": "loss", "value": scores.loss} | where,
        {"metric": "accuracy", "value": scores.accuracy} | where,
    ]


def _only(scores: TokenScores, counted: np.ndarray) -> TokenScores:
    """The same with fewer targets that count."""
    losses = np.where(counted, scores.losses.values, np.float32(np.nan))
    return TokenScores(TokenLosses(losses), scores.hits & counted)


def _by_position(scores: TokenScores, stage: MemoryStage, mode: str) -> list[dict[str, Any]]:
    """Accuracy by the place of the token in its chunk, 1 to C - 1, over all chunks asked for."""
    shape = (-1, stage.n_chunks, stage.chunk)
    counted, hits = scores.counted.reshape(shape), scores.hits.reshape(shape)
    counts, right = counted.sum((0, 1)), hits.sum((0, 1))
    return [
        {
            "metric": "accuracy_by_position",
            "split": mode,
            "part": INSIDE,
            "position": int(place) + 1,
            "value": float(right[place] / counts[place]),
        }
        for place in np.flatnonzero(counts)
    ]
