"""Scores of a memory model around a given decoder, and what the decoder knows of the language."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from memstudy.evaluation import token_losses
from memstudy.experiments.copy_tasks.config import COPY
from memstudy.experiments.copy_tasks.scoring import INSIDE, asked
from memstudy.experiments.copy_tasks.second_half import SecondHalf
from memstudy.experiments.embedding_information.metrics import TokenScores, token_scores
from memstudy.experiments.pretrained_decoder.building import Work
from memstudy.experiments.pretrained_decoder.config import GENERAL, OWN, PRETRAINED
from memstudy.experiments.pretrained_decoder.large import short_attention
from memstudy.language_models.trained import evaluation_windows, streams
from memstudy.nn.language_model import LanguageModel
from memstudy.nn.memory_model.model import MemoryModel

EVALUATION_BATCH = 32  # sequences a forward pass


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
