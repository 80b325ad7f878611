"""What all language models of the study share: embedding, blocks, head, loss, decoding.

A family (:mod:`~memstudy.nn.mosaic`, :mod:`~memstudy.nn.transformer`) only says which two layers a
:class:`~memstudy.nn.block.Block` is made of.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, linear

from memstudy.nn.block import Block, Norm, layer_norm
from memstudy.nn.cross_entropy import linear_cross_entropy
from memstudy.nn.decoding import last_of
from memstudy.nn.features import head_width
from memstudy.nn.initial_weights import INITS, draw_weights
from memstudy.nn.targets import IGNORED


@dataclass(frozen=True, kw_only=True)
class LanguageModelConfig:
    """Shape of a language model; the same words in every family."""

    vocab_size: int  # symbols, padding of the vocabulary included
    d_model: int  # width of the residual stream
    n_heads: int  # heads of each layer
    n_blocks: int  # blocks; each is two layers
    context_length: int = 512  # positions of a training window; a limit only for learned positions
    attention_dropout: float = 0.0  # on attention weights (on CPUs it costs the fused kernel)
    residual_dropout: float = 0.0  # on what a layer adds to the residual stream
    embedding_dropout: float = 0.0  # on the embedded tokens
    # "fan_in": weights N(0, 1/fan_in), logits divided by sqrt(d_model) (the mosaic's convention);
    # "gpt2": weights N(0, 0.02**2), plain logits. The two halves of each belong together.
    # "pytorch": what PyTorch's layers draw by themselves, plain logits; see initial_weights.
    init: str = "gpt2"

    def __post_init__(self) -> None:
        """Refuse shapes that no model can have (ValueError)."""
        head_width(self.d_model, self.n_heads)
        for name in ("vocab_size", "d_model", "n_blocks", "context_length"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be at least 1")
        for name in ("attention_dropout", "residual_dropout", "embedding_dropout"):
            if not 0.0 <= getattr(self, name) < 1.0:
                raise ValueError(f"{name} is {getattr(self, name)}; it must lie in [0, 1)")
        require_one_of("init", self.init, INITS)


def require_one_of(name: str, value: str, allowed: Iterable[str]) -> None:
    """Raise ValueError unless ``value`` is among ``allowed``."""
    if value not in allowed:
        raise ValueError(f"unknown {name} {value!r}; choose one of {', '.join(allowed)}")


@dataclass
class DecodingState:
    """What a model remembers of a batch of sequences between two steps."""

    layers: list[list[Any]] = field(default_factory=list)  # states of each block's two layers
    lengths: Tensor | None = None  # (batch,) tokens read so far


class TokenPredictor(nn.Module):
    """What every model that predicts a token at each position can do with its hidden states.

    A subclass gives :meth:`hidden`, ``head_weight`` (vocab_size, d_model), which turns hidden
    states into logits, and ``logit_scale``, a factor on them.
    """

    head_weight: Tensor
    logit_scale: float

    def hidden(self, tokens: Tensor) -> Tensor:
        """Final hidden states: (batch, time) integers to (batch, time, d_model)."""
        raise NotImplementedError

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits of each position's token: (batch, time) integers to (batch, time, vocab_size)."""
        return self.logits_from_hidden(self.hidden(tokens))

    def loss(
        self, tokens: Tensor, targets: Tensor, reduction: str = "mean", ignore_index: int = IGNORED
    ) -> Tensor:
        """Cross-entropy in nats, without the whole matrix of logits.

        Args:
            tokens: (batch, time) inputs.
            targets: (batch, time) the token to predict at each input.
            reduction: ``"mean"`` over the targets that count, or ``"none"``: (batch, time).
            ignore_index: target that does not count.
        """
        return linear_cross_entropy(
            self.hidden(tokens),
            self.head_weight,
            targets,
            self.logit_scale,
            reduction,
            ignore_index,
        )

    def parameter_groups(self, weight_decay: float, decay_all: bool = False) -> list[dict]:
        """Groups for an optimiser: decay on tensors of two dimensions and more, none on the rest.

        Scalars of heads and weights of norms are not decayed, embedding and stored pairs are.

        Args:
            weight_decay: the decay.
            decay_all: decay everything, as the paper's RegBench runs do.
        """
        parameters = [p for p in self.parameters() if p.requires_grad]
        decayed = [p for p in parameters if decay_all or p.dim() >= 2]
        kept = [p for p in parameters if not (decay_all or p.dim() >= 2)]
        groups = [(decayed, weight_decay), (kept, 0.0)]
        return [{"params": group, "weight_decay": decay} for group, decay in groups if group]

    def logits_from_hidden(self, hidden: Tensor) -> Tensor:
        """Logits of final hidden states: (..., d_model) to (..., vocab_size)."""
        return linear(hidden * self.logit_scale, self.head_weight)


class LanguageModel(TokenPredictor):
    """Embedding, blocks, final norm and a head, which is tied to the embedding unless asked not.

    Args:
        config: the shape.
        blocks: the blocks, made by the family.
        generator: source of the initial weights (a CPU generator, so that they are the same on
            every device); None takes PyTorch's global one.
        learned_positions: add a learned embedding of the position.
        norm: makes the final norm.
        tied: False gives the head weights of its own.
    """

    def __init__(
        self,
        config: LanguageModelConfig,
        blocks: Iterable[Block],
        generator: torch.Generator | None = None,
        learned_positions: bool = False,
        norm: Norm = layer_norm,
        tied: bool = True,
    ):
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.d_model)
        self.positions = (
            nn.Embedding(config.context_length, config.d_model) if learned_positions else None
        )
        self.blocks = nn.ModuleList(blocks)
        self.final_norm = norm(config.d_model)
        self.head = None if tied else nn.Linear(config.d_model, config.vocab_size, bias=False)
        self.logit_scale = config.d_model**-0.5 if config.init == "fan_in" else 1.0
        draw_weights(self, config, generator, tied)

    @property
    def head_weight(self) -> Tensor:
        """(vocab_size, d_model) the weights that turn hidden states into logits."""
        return self.embedding.weight if self.head is None else self.head.weight

    def hidden(self, tokens: Tensor) -> Tensor:
        """Final hidden states: (batch, time) integers to (batch, time, d_model)."""
        return self.hidden_from_embeddings(self.embedding(tokens))

    def hidden_from_embeddings(self, x: Tensor) -> Tensor:
        """Final hidden states of vectors in the place of embedded tokens, such as memories.

        Args:
            x: (batch, time, d_model) without positions; learned ones are added here.
        """
        x = self._place(x, torch.arange(x.shape[1], device=x.device))
        for block in self.blocks:
            x = block(x)
        return self.final_norm(x)

    @torch.no_grad()
    def attention_rows(self, tokens: Tensor) -> Tensor:
        """Weights with which the last position reads each position, for every block and head.

        Linear in time: only the last row of each T x T matrix is made.

        Args:
            tokens: (batch, time); in evaluation mode the weights are those without dropout.

        Returns:
            (n_blocks, batch, n_heads, time); a mosaic's last position never reads itself, so its
            last entry is 0. Each row sums to 1.
        """
        x = self._embed(tokens, torch.arange(tokens.shape[1], device=tokens.device))
        rows = []
        for block in self.blocks:
            rows.append(block.context_layer.last_row(block.context_norm(x)))
            x = block(x)
        return torch.stack(rows)

    def prefill(
        self, tokens: Tensor, lengths: Tensor, capacity: int
    ) -> tuple[Tensor, DecodingState]:
        """Read prompts of unequal length at once.

        Padding on the right is harmless: nothing looks ahead of the last real token.

        Args:
            tokens: (batch, time) prompts, padded on the right with any token.
            lengths: (batch,) real tokens of each prompt, at least 1.
            capacity: tokens that the longest sequence will have in the end.

        Returns:
            Logits after each prompt's last token, (batch, vocab_size), and the state.
        """
        return self.prefill_from_embeddings(self.embedding(tokens), lengths, capacity)

    def prefill_from_embeddings(
        self, x: Tensor, lengths: Tensor, capacity: int
    ) -> tuple[Tensor, DecodingState]:
        """:meth:`prefill` with vectors in the place of embedded tokens, (batch, time, d_model)."""
        self._check_length(capacity)
        x = self._place(x, torch.arange(x.shape[1], device=x.device))
        state = DecodingState(lengths=lengths)
        for block in self.blocks:
            x, layers = block.prefill(x, lengths, capacity)
            state.layers.append(layers)
        return self.logits_from_hidden(self.final_norm(last_of(x, lengths))), state

    def step(self, tokens: Tensor, state: DecodingState) -> Tensor:
        """Logits after one more token of each sequence, (batch,) to (batch, vocab_size)."""
        x = self._embed(tokens, state.lengths)
        for block, layers in zip(self.blocks, state.layers, strict=True):
            x = block.step(x, layers)
        state.lengths = state.lengths + 1
        return self.logits_from_hidden(self.final_norm(x))

    def _embed(self, tokens: Tensor, positions: Tensor) -> Tensor:
        return self._place(self.embedding(tokens), positions)

    def _place(self, x: Tensor, positions: Tensor) -> Tensor:
        """Embedded tokens, (batch, time, d_model) or (batch, d_model), with their positions."""
        if self.positions is not None:
            if x.dim() > 2:
                self._check_length(x.shape[1])
            x = x + self.positions(positions)
        return dropout(x, self.config.embedding_dropout, True) if self.training else x

    def _check_length(self, length: int) -> None:
        if self.positions is not None and length > self.config.context_length:
            raise ValueError(
                f"{length} positions, but learned positions end at {self.config.context_length}; "
                "use shorter sequences or another kind of position"
            )


class WholeWindows:
    """Mixin, before :class:`LanguageModel`: neither incremental decoding nor attention weights."""

    kind: str  # what the model is called, such as "a masked mixer"

    def attention_rows(self, tokens: Tensor) -> Tensor:
        """Not defined: there are no attention weights."""
        raise NotImplementedError(f"{self.kind} has no attention weights to show")

    def prefill_from_embeddings(
        self, x: Tensor, lengths: Tensor, capacity: int
    ) -> tuple[Tensor, DecodingState]:
        """Not built; nor is :meth:`LanguageModel.prefill`, which calls it."""
        raise NotImplementedError(f"{self.kind} cannot decode incrementally")

    def step(self, tokens: Tensor, state: DecodingState) -> Tensor:
        """Not built."""
        raise NotImplementedError(f"{self.kind} cannot decode incrementally")


def count_parameters(model: nn.Module) -> int:
    """Number of parameters; tied ones count once."""
    return sum(parameter.numel() for parameter in model.parameters())
