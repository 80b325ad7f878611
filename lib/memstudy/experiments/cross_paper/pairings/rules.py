"""How X-3 is judged; torch is not needed here.

All models are trained on next tokens and copies together, with the cue, for equally many steps; at
equal seeds they see the same texts in the same order, and equal decoders start from equal weights.
Each pairing has the best of the learning rates that were tried. *Copy accuracy* is that inside
chunks without the first token, which nothing is trained on, and without the last, which an encoder
has just read and which is one token of five here and one of 254 in the paper. The *gain* of a
pairing is its copy accuracy less that of the same decoder without memories, so that a decoder which
merely knows the language better gains nothing.

A pairing whose memories add nothing cannot be told from one that has not learnt to read them yet.
A comparison therefore counts only if one of its two pairings gains more than ``USED``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memstudy.core.claims import Condition, Evidence, above, below, controlled
from memstudy.experiments.cross_paper.pairings import readings
from memstudy.experiments.cross_paper.pairings.config import DECODERS, MOSAIC, NONE, TRANSFORMER
from memstudy.records import brief

if TYPE_CHECKING:
    from memstudy.study import Results

USED = 0.05  # gain from which on memories count as read
CAUSAL_LIMIT = 0.05  # nats that the better encoder may cost on next tokens, as in BM-11


def a_mosaic_is_the_better_half(results: Results) -> Evidence:
    """X-3."""
    gains = {
        (encoder, decoder): readings.gain(results, encoder, decoder)
        for encoder in (MOSAIC, TRANSFORMER)
        for decoder in DECODERS
    }
    conditions = [
        *(one for decoder in DECODERS for one in as_encoder(results, gains, decoder)),
        *(one for encoder in (MOSAIC, TRANSFORMER) for one in as_decoder(gains, encoder)),
    ]
    told = [
        f"{encoder} to {decoder} {brief(readings.copied(results, encoder, decoder), '.3f')}"
        for encoder, decoder in gains
    ]
    alone = [
        f"{brief(readings.copied(results, NONE, decoder), '.3f')} ({decoder})"
        for decoder in DECODERS
    ]
    words = f"copy accuracy: {', '.join(told)}; without memories {', '.join(alone)}"
    return Evidence(words, len(readings.seeds(results)), tuple(conditions))


def as_encoder(
    results: Results, gains: dict[tuple[str, str], np.ndarray], decoder: str
) -> tuple[Condition, ...]:
    """Conditions that a mosaic is the better encoder for a decoder."""
    own, other = gains[MOSAIC, decoder], gains[TRANSFORMER, decoder]
    costs = readings.causal_loss(results, MOSAIC, decoder) - readings.causal_loss(
        results, TRANSFORMER, decoder
    )
    text = f"mosaic against transformer as encoder, {decoder} as decoder"
    return controlled(
        (
            above(f"copy accuracy higher: {text}", own - other, 0.0),
            below(f"causal loss at most {CAUSAL_LIMIT} nat higher: {text}", costs, CAUSAL_LIMIT),
        ),
        read_at_all(own, other, f"{decoder} as decoder"),
    )


def as_decoder(gains: dict[tuple[str, str], np.ndarray], encoder: str) -> tuple[Condition, ...]:
    """Conditions that a mosaic is the better decoder for an encoder."""
    own, other = gains[encoder, MOSAIC], gains[encoder, TRANSFORMER]
    text = f"gain higher: mosaic against transformer as decoder, {encoder} as encoder"
    return controlled(
        (above(text, own - other, 0.0),), read_at_all(own, other, f"{encoder} as encoder")
    )


def read_at_all(one: np.ndarray, other: np.ndarray, told: str) -> Condition:
    """The control of a comparison: in one of the two pairings memories are read."""
    most = max((one, other), key=np.mean)
    return above(f"control: memories add > {USED} to one of the two, {told}", most, USED)
