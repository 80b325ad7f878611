"""The contrastive objective: put a passage and words from it close together (InfoNCE)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from memstudy.batching import Batch
from memstudy.nn.autoencoder import Encoder
from memstudy.nn.language_model import TokenPredictor


class Retriever(Encoder):
    """An encoder that is trained by itself, to put a passage and words from it close together."""

    parameter_groups = TokenPredictor.parameter_groups

    @property
    def blocks(self) -> nn.ModuleList:
        """Its blocks: what a training compiles one by one."""
        return self.model.blocks


class InfoNce:
    """Loss of finding the passage of each query among those of the batch, in nats.

    -log softmax_j(cos(e(query_i), e(passage_j)) / temperature) at j = i. A passage that holds the
    words of another query too is no wrong answer to it, and is left out there.

    Args:
        temperature: divides the cosines.
    """

    def __init__(self, temperature: float) -> None:
        self.temperature = temperature

    def __call__(self, model: Encoder, batch: Batch) -> Tensor:
        """``batch``: passages (batch, length) and queries (batch, query_length)."""
        scores = self.scores(model, batch)
        return nn.functional.cross_entropy(scores, torch.arange(len(scores), device=scores.device))

    def scores(self, model: Encoder, batch: Batch) -> Tensor:
        """(queries, passages) cosine over temperature; -inf where a passage is left out."""
        passages, queries = batch
        vectors = [nn.functional.normalize(model(x).float(), dim=-1) for x in (queries, passages)]
        # Not as a product of matrices: autocast would round cosines that are divided by 0.02.
        scores = (vectors[0][:, None] * vectors[1]).sum(-1) / self.temperature
        also = contains(passages, queries) & ~torch.eye(
            len(queries), dtype=torch.bool, device=queries.device
        )
        return scores.masked_fill(also, -torch.inf)


def contains(passages: Tensor, queries: Tensor) -> Tensor:
    """(queries, passages) whether a passage holds the tokens of a query in their order."""
    pieces = passages.unfold(1, queries.shape[1], 1)  # (passages, places, query_length)
    return (pieces[None] == queries[:, None, None]).all(-1).any(-1)
