"""Which tokens of a reference its memory keeps, for each key-value head (section 3.3).

A rule gives every token a score; the highest are kept. The paper's score of token j is the
attention that it receives in total, w_j = Σ_i softmax_j(q_i · k_j / √d), from all tokens i of the
reference, with queries and keys *before* rotation and *without* causal mask, so that tokens at
every position have the same chance. With grouped queries, whose treatment the paper leaves open,
the sum runs over the query heads of the group too, because keys are stored for each key-value head.
"""

from __future__ import annotations

import torch
from torch import Tensor

from memstudy.nn.leaky import full_precision

RULES = {
    "softmax": "attention received, each query's weights sum to 1 (the paper's definition)",
    "exponential": "exponentials of the scores received (the paper's code: no sum per query)",
    "masked": "as softmax, but a token receives from itself and later tokens only",
    "key_norm": "length of the key",
    "last": "later tokens first",
    "distinct": "keys least alike, so that few of them cover all directions",
    "random": "a random order for each head",
}


@torch.no_grad()
def token_scores(
    rule: str,
    query: Tensor,
    key: Tensor,
    real: Tensor,
    generator: torch.Generator | None = None,
    strict: bool = False,
) -> Tensor:
    """Score of each token of each reference.

    Args:
        rule: one of :data:`RULES`.
        query: (references, time, heads, head_dim) before rotation.
        key: (references, time, kv_heads, head_dim) before rotation.
        real: (references, time) False where a reference is padded.
        generator: source of ``"random"``, on the device of ``key``; None: PyTorch's global one.
        strict: no token attends to itself, as in a contextual memory unit.

    Returns:
        (references, kv_heads, time), float32 at least; padding has -inf.
    """
    query, key = full_precision(query), full_precision(key)
    n, time, kv_heads, _ = key.shape
    if rule in ("softmax", "exponential", "masked"):
        scores = _attention_received(rule, query, key, real, strict)
    elif rule == "key_norm":
        scores = key.norm(dim=-1).transpose(1, 2)
    elif rule == "last":
        scores = torch.arange(time, device=key.device, dtype=key.dtype).expand(n, kv_heads, time)
    elif rule == "distinct":
        scores = _distinctness(key, real)
    elif rule == "random":
        scores = torch.rand(n, kv_heads, time, generator=generator, device=key.device)
    else:
        raise ValueError(f"unknown selection {rule!r}; choose one of {', '.join(RULES)}")
    return scores.masked_fill(~real.unsqueeze(1), -torch.inf)


def highest(scores: Tensor, n: int) -> Tensor:
    """Tokens with the ``n`` highest scores, in the order of the text.

    Of equal scores the earlier token wins. Padding (-inf) comes last, and since it stands on the
    right of the text, also after sorting.

    Args:
        scores: (..., time).
        n: how many, at most time.

    Returns:
        (..., n) indices of tokens, ascending.
    """
    return scores.sort(dim=-1, descending=True, stable=True).indices[..., :n].sort(-1).values


def _distinctness(key: Tensor, real: Tensor) -> Tensor:
    """(references, kv_heads, time) minus the place of each token in an order of choice.

    First comes the token whose key has the smallest sum of cosines with all others, then always the
    one whose largest cosine with those before it is smallest (farthest points first).
    """
    unit = torch.nn.functional.normalize(key, dim=-1).transpose(1, 2)
    alike = unit @ unit.mT  # (references, kv_heads, time, time)
    padded = ~real.unsqueeze(1).expand(alike.shape[:3])
    order = torch.full(alike.shape[:3], -torch.inf, dtype=key.dtype, device=key.device)
    nearest = order.masked_fill(padded, torch.inf)  # inf: cannot be chosen, or is already
    closeness = (alike * real[:, None, None]).sum(-1).masked_fill(padded, torch.inf)
    for place in range(alike.shape[2]):
        chosen = closeness.argmin(-1, keepdim=True)
        # The larger number stays, so that nothing is chosen twice where padding is left over.
        order.scatter_reduce_(2, chosen, torch.full_like(order[..., :1], -place), "amax")
        likeness = alike.take_along_dim(chosen.unsqueeze(-1), dim=2).squeeze(2)
        nearest = torch.maximum(nearest, likeness).scatter(2, chosen, torch.inf)
        closeness = nearest
    return order


def _attention_received(
    rule: str, query: Tensor, key: Tensor, real: Tensor, strict: bool
) -> Tensor:
    """(references, kv_heads, time) sums over query heads of the group and over querying tokens."""
    _, time, kv_heads, width = key.shape
    grouped = query.unflatten(2, (kv_heads, -1)).permute(0, 2, 3, 1, 4)
    products = grouped @ key.permute(0, 2, 3, 1).unsqueeze(2) * width**-0.5
    # products: (references, kv_heads, group, querying token, token); padding neither asks nor gets
    asks, gets = real[:, None, None, :, None], real[:, None, None, None, :]
    if strict:
        gets = gets & ~torch.eye(time, dtype=torch.bool, device=key.device)
    lowest = torch.finfo(products.dtype).min
    if rule == "exponential":
        products = products.masked_fill(~(asks & gets), -torch.inf)
        # One maximum for the whole matrix: a maximum of each row would be another weighting.
        largest = products.amax((2, 3, 4), keepdim=True).clamp(min=lowest)
        return (products - largest).exp().sum((2, 3))
    if rule == "masked":
        gets = gets & torch.ones(time, time, dtype=torch.bool, device=key.device).tril()
    weights = products.masked_fill(~gets, lowest).softmax(-1)
    return (weights * asks * gets).sum((2, 3))  # a token that may ask nobody gives nothing
