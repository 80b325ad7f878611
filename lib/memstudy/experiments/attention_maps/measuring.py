"""Measures one model on windows: mean attention rows, their summaries, losses by position."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from torch import Tensor

from memstudy.batching import Batch, random_windows
from memstudy.core import seeds
from memstudy.core.device import Device
from memstudy.corpora.packing import TokenStream
from memstudy.evaluation import TokenLosses, in_mode, token_losses
from memstudy.experiments.attention_maps import summaries
from memstudy.experiments.attention_maps.config import FACTOR, LONG, PIECES, TRAINED, MapsUnit
from memstudy.language_models.config import MOSAIC
from memstudy.nn.language_model import LanguageModel

Row = dict[str, Any]
OnPass = Callable[[], None]  # called after every forward pass


def windows(stream: TokenStream, config: MapsUnit, split: str) -> Batch:
    """The windows of a split, drawn as in training: x and y, each (windows, length)."""
    chosen, trained = config.windows, config.model.shape.context_length
    count, length = (
        (chosen.trained, trained) if split == TRAINED else (chosen.long, FACTOR * trained)
    )
    return random_windows(stream, length, seeds.child(chosen.seed, f"maps/{split}"))(0, count)


def passes(config: MapsUnit, batch: Batch, split: str) -> int:
    """Forward passes that :func:`measured` makes at a split."""
    size = windows_a_pass(config, batch[0].shape[1])
    whole = -(-len(batch[0]) // size)
    if split == TRAINED:
        return 2 * whole
    trained = config.model.shape.context_length
    pieces = len(piece_starts(trained))
    return 2 * whole + pieces * -(-len(batch[0]) // windows_a_pass(config, trained))


def windows_a_pass(config: MapsUnit, length: int) -> int:
    """Windows that one forward pass reads."""
    return max(1, config.windows.pass_tokens // length)


def measured(
    model: LanguageModel,
    config: MapsUnit,
    split: str,
    batch: Batch,
    device: Device,
    on_pass: OnPass = lambda: None,
) -> Iterator[Row]:
    """Everything at one length of window, as rows of the long table.

    Args:
        model: on the device.
        config: its unit.
        split: ``"L"`` or ``"3L"``.
        batch: the windows of that split.
        device: where to compute.
        on_pass: called after every forward pass; what it raises ends the measurement.
    """
    tokens = batch[0]
    size = windows_a_pass(config, tokens.shape[1])
    mean, error = mean_rows(model, tokens, device, size, on_pass)
    for metric, values in (("attention", mean), ("attention_standard_error", error)):
        for head, row in enumerate(values):
            yield from positions_of(row, metric=metric, split=split, part=f"head {head}")
    yield from head_summaries(config, split, mean, error)
    whole = token_losses(model, batch, device, batch_size=size, on_batch=on_pass)
    yield from positions_of(whole.by_position(), metric="loss_by_position", split=split)
    if split == LONG:
        trained = config.model.shape.context_length
        size = windows_a_pass(config, trained)
        pieces = losses_in_pieces(model, batch, trained, device, size, on_pass)
        first = trained  # position of the first token that is read in both ways
        yield from positions_of(
            pieces.by_position(), first, metric="loss_by_position", split=PIECES
        )
        rise = TokenLosses(whole.values[:, first:]).minus(pieces)  # (windows,)
        yield {"metric": "loss_rise", "split": split, "value": float(rise.mean())}
        error = float(rise.std(ddof=1)) / len(rise) ** 0.5
        yield {"metric": "loss_rise_standard_error", "split": split, "value": error}


def mean_rows(
    model: LanguageModel, tokens: Tensor, device: Device, size: int, on_pass: OnPass = lambda: None
) -> tuple[np.ndarray, np.ndarray]:
    """Attention of the last position, averaged over windows, dropout off, in float32.

    Args:
        model: one block, on the device.
        tokens: (windows, time).
        device: where to compute.
        size: windows a forward pass.
        on_pass: called after every forward pass.

    Returns:
        Means and their standard errors over windows, (heads, time) each.
    """
    shape = (model.config.n_heads, tokens.shape[1])
    total, squares = np.zeros(shape), np.zeros(shape)
    with in_mode(model, training=False):
        for part in tokens.split(size):
            (rows,) = model.attention_rows(part.to(device.torch))  # (windows, heads, time)
            rows = rows.double()
            total += rows.sum(0).cpu().numpy()
            squares += rows.square().sum(0).cpu().numpy()
            on_pass()
    n = len(tokens)
    mean = total / n
    variance = np.maximum(squares / n - mean**2, 0.0) * n / (n - 1)
    return mean, np.sqrt(variance / n)


def losses_in_pieces(
    model: LanguageModel,
    batch: Batch,
    length: int,
    device: Device,
    size: int,
    on_pass: OnPass = lambda: None,
) -> TokenLosses:
    """Losses of the tokens of long windows, none read with more context than in training.

    The long windows are cut into windows of ``length`` tokens that overlap by half, and only the
    second half of each counts: every token from position ``length`` on is predicted once, after
    length/2 to length - 1 tokens. Against the losses of the whole windows, which concern the same
    tokens, only the context differs.

    Returns:
        (windows, positions from ``length`` on).
    """
    found = []
    for start in piece_starts(length):
        piece = tuple(tensor[:, start : start + length] for tensor in batch)
        losses = token_losses(model, piece, device, batch_size=size, on_batch=on_pass)
        found.append(losses.values[:, length // 2 :])
    return TokenLosses(np.concatenate(found, axis=1))


def piece_starts(length: int) -> range:
    """Where the pieces begin in a window of three times their length."""
    return range(length // 2, (FACTOR - 1) * length + 1, length // 2)


def head_summaries(
    config: MapsUnit, split: str, mean: np.ndarray, error: np.ndarray
) -> Iterator[Row]:
    """Scalars of every head; ``mean`` and ``error`` are (heads, time)."""
    newest = mean.shape[1] - (2 if config.model.shape.family == MOSAIC else 1)
    found = {
        "sink_mass": summaries.sink_mass(mean),
        "coefficient_of_variation": summaries.coefficient_of_variation(mean),
        "variation_by_chance": summaries.variation_by_chance(mean, error),
        "recency_mass": summaries.recency_mass(mean, newest),
        "half_width": summaries.half_width(mean, newest),
    }
    if split == LONG:
        found["length_ratio"] = summaries.length_ratio(mean)
    for metric, values in found.items():
        for head, value in enumerate(values):
            yield {"metric": metric, "split": split, "part": f"head {head}", "value": float(value)}


def leaks(model: LanguageModel) -> Iterator[Row]:
    """λ_φ of every head of a mosaic's contextual memory; nothing where there is none."""
    key = getattr(model.blocks[0].context_layer, "key", None)
    leak = None if key is None else key.leak()
    for head, value in enumerate([] if leak is None else leak.tolist()):
        yield {"metric": "leak", "part": f"head {head}", "value": value}


def positions_of(values: np.ndarray, first: int = 0, **where: str) -> Iterator[Row]:
    """One row a position; the values begin at position ``first``."""
    for position, value in enumerate(values, start=first):
        yield {"position": position, "value": float(value), **where}
