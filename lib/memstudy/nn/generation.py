"""Sampling continuations with incremental decoding, from either family of models."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from memstudy.nn.language_model import LanguageModel


@torch.inference_mode()
def generate(
    model: LanguageModel,
    prompts: Sequence[Sequence[int]] | Sequence[Tensor],
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    stop_token: int | None = None,
    generator: torch.Generator | None = None,
) -> list[list[int]]:
    """Continue several prompts, which may have unequal lengths, at once.

    Every token costs one step of the model, not a pass over the sequence, and equals what the full
    forward pass would have sampled. Prompts are padded on the right, where padding cannot reach
    any memory. Dropout has to be switched off by the caller (``model.eval()``).

    Args:
        model: a mosaic or a transformer.
        prompts: token ids of each prompt, at least one each.
        max_new_tokens: tokens to add to each.
        temperature: divides the logits; 0 takes the most probable token (the first of equals).
        top_k: keep only the k most probable tokens.
        top_p: keep only the most probable tokens whose probabilities sum to this much.
        stop_token: a sequence ends after this token; None: never before ``max_new_tokens``.
        generator: source of randomness on the model's device; not needed at temperature 0.

    Returns:
        The new tokens of each prompt, the stop token included.

    Raises:
        ValueError: an empty prompt or an argument out of range.
    """
    check_arguments(model, prompts, max_new_tokens, temperature, top_k, top_p)
    if max_new_tokens == 0:
        return [[] for _ in prompts]
    device = model.embedding.weight.device
    tokens, lengths = padded(prompts, device)
    longest = tokens.shape[1]
    # The last new token is sampled but never read.
    logits, state = model.prefill(tokens, lengths, longest + max_new_tokens - 1)
    added: list[Tensor] = []
    running = torch.ones(len(prompts), dtype=torch.bool, device=device)
    while True:
        added.append(sample(logits, temperature, top_k, top_p, generator))
        if len(added) == max_new_tokens:
            break
        if stop_token is not None:
            running &= added[-1] != stop_token
            # Asking the device costs a wait; now and then is enough.
            if len(added) % 8 == 0 and not running.any():
                break
        logits = model.step(added[-1], state)
    rows = torch.stack(added, dim=1).tolist()
    return [_until(row, stop_token) for row in rows]


def padded(prompts: Sequence[Sequence[int]], device: torch.device) -> tuple[Tensor, Tensor]:
    """Prompts of unequal length as one matrix.

    Returns:
        (batch, longest) tokens, zeros after each prompt's end, and (batch,) lengths.
    """
    lengths = torch.tensor([len(prompt) for prompt in prompts], device=device)
    tokens = torch.zeros(len(prompts), max(map(len, prompts)), dtype=torch.long, device=device)
    for row, prompt in zip(tokens, prompts, strict=True):
        row[: len(prompt)] = torch.as_tensor(prompt)
    return tokens, lengths


def sample(
    logits: Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """One token per row: (batch, vocabulary) logits to (batch,) integers.

    Temperature comes first, then top-k, then top-p of what is left. The most probable token is
    always kept. Arguments as in :func:`generate`.
    """
    if temperature == 0:
        return logits.argmax(-1)
    logits = logits.float() / temperature
    if top_k is not None and top_k < logits.shape[-1]:
        smallest_kept = logits.topk(top_k).values[:, -1:]
        logits = logits.masked_fill(logits < smallest_kept, -torch.inf)
    if top_p is not None and top_p < 1.0:
        ordered, order = logits.softmax(-1).sort(descending=True, stable=True)
        before = ordered.cumsum(-1) - ordered  # probability of all tokens ahead in the order
        dropped = (before >= top_p).scatter(-1, order, before >= top_p)
        logits = logits.masked_fill(dropped, -torch.inf)
    return torch.multinomial(logits.softmax(-1), 1, generator=generator).squeeze(-1)


def _until(row: list[int], stop_token: int | None) -> list[int]:
    """``row`` up to and including the first ``stop_token``."""
    if stop_token is None or stop_token not in row:
        return row
    return row[: row.index(stop_token) + 1]


def check_arguments(
    model: nn.Module,
    prompts: Sequence[Sequence[int]],
    max_new_tokens: int,
    temperature: float,
    top_k: int | None,
    top_p: float | None,
) -> None:
    """Refuse what :func:`generate` cannot do (ValueError); arguments as there."""
    if model.training:
        raise ValueError("the model is in training mode, where dropout is on; call model.eval()")
    if not prompts or any(len(prompt) == 0 for prompt in prompts):
        raise ValueError(
            "every prompt needs at least one token; start from the one that begins a text"
        )
    if max_new_tokens < 0:
        raise ValueError(f"max_new_tokens is {max_new_tokens}; it cannot be negative")
    if temperature < 0:
        raise ValueError(f"temperature is {temperature}; it must be 0 (most probable) or positive")
    if top_k is not None and top_k < 1:
        raise ValueError(f"top_k is {top_k}; it must be at least 1, or None for all tokens")
    if top_p is not None and not 0.0 < top_p <= 1.0:
        raise ValueError(f"top_p is {top_p}; it must lie in (0, 1], or be None for all tokens")
