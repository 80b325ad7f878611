"""What all language models of the study share: embedding, blocks, head, loss, decoding.

A family (:mod:`~memstudy.nn.mosaic`, :mod:`~memstudy.nn.transformer`) only says which two layers a
block is made of. A layer maps (batch, time, d_model) to the same shape and decodes incrementally:

- ``forward(x)``: all positions at once;
- ``prefill(x, lengths, capacity)``: the same on right-padded prompts, and a state;
- ``step(x, state)``: one more position, (batch, d_model), moving the state on;
- ``last_row(x)`` (first layer of a block): the weights with which the last position reads.

Its submodule ``output`` is the linear map whose result is added to the residual stream.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, linear

from memstudy.nn.cross_entropy import linear_cross_entropy
from memstudy.nn.features import head_width

INITS = ("fan_in", "gpt2", "pytorch")
Norm = Callable[[int], nn.Module]  # width to a norm of the last axis


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
    # "pytorch": what PyTorch's layers draw by themselves, plain logits; see draw_weights.
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


def layer_norm(d_model: int) -> nn.Module:
    """LayerNorm with a learned scale and no bias."""
    return nn.LayerNorm(d_model, bias=False)


class Block(nn.Module):
    """x ← x + layer(Norm(x)), twice: first a layer that reads the context, then one that does not.

    Args:
        d_model: width.
        context_layer: contextual memory or attention.
        token_layer: persistent memory or feed-forward network.
        residual_dropout: on what each layer adds.
        norm: makes the two norms.
    """

    def __init__(
        self,
        d_model: int,
        context_layer: nn.Module,
        token_layer: nn.Module,
        residual_dropout: float = 0.0,
        norm: Norm = layer_norm,
    ):
        super().__init__()
        self.context_norm = norm(d_model)
        self.context_layer = context_layer
        self.token_norm = norm(d_model)
        self.token_layer = token_layer
        self.residual_dropout = residual_dropout

    def forward(self, x: Tensor) -> Tensor:
        """(batch, time, d_model) to the same shape."""
        x = x + self._drop(self.context_layer(self.context_norm(x)))
        return x + self._drop(self.token_layer(self.token_norm(x)))

    def prefill(self, x: Tensor, lengths: Tensor, capacity: int) -> tuple[Tensor, list[Any]]:
        """Both layers on right-padded prompts, and their states."""
        y, context_state = self.context_layer.prefill(self.context_norm(x), lengths, capacity)
        x = x + y
        y, token_state = self.token_layer.prefill(self.token_norm(x), lengths, capacity)
        return x + y, [context_state, token_state]

    def step(self, x: Tensor, states: list[Any]) -> Tensor:
        """Both layers for one more position, (batch, d_model)."""
        x = x + self.context_layer.step(self.context_norm(x), states[0])
        return x + self.token_layer.step(self.token_norm(x), states[1])

    def _drop(self, y: Tensor) -> Tensor:
        return dropout(y, self.residual_dropout, self.training)


class FeedForward(nn.Module):
    """W_2 GELU(W_1 x), position by position and without biases."""

    def __init__(self, d_model: int, d_hidden: int):
        super().__init__()
        self.input = nn.Linear(d_model, d_hidden, bias=False)
        self.output = nn.Linear(d_hidden, d_model, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(..., d_model) to the same shape."""
        return self.output(nn.functional.gelu(self.input(x)))

    def prefill(self, x: Tensor, lengths: Tensor, capacity: int) -> tuple[Tensor, None]:
        """:meth:`forward`; there is nothing to remember."""
        return self(x), None

    def step(self, x: Tensor, state: None) -> Tensor:
        """:meth:`forward` for one more position."""
        return self(x)


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
        return self._logits(self.hidden(tokens))

    def loss(
        self, tokens: Tensor, targets: Tensor, reduction: str = "mean", ignore_index: int = -100
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

    def _logits(self, hidden: Tensor) -> Tensor:
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
        last = x[torch.arange(len(x), device=x.device), lengths - 1]
        return self._logits(self.final_norm(last)), state

    def step(self, tokens: Tensor, state: DecodingState) -> Tensor:
        """Logits after one more token of each sequence, (batch,) to (batch, vocab_size)."""
        x = self._embed(tokens, state.lengths)
        for block, layers in zip(self.blocks, state.layers, strict=True):
            x = block.step(x, layers)
        state.lengths = state.lengths + 1
        return self._logits(self.final_norm(x))

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


@torch.no_grad()
def draw_weights(
    model: nn.Module,
    config: LanguageModelConfig,
    generator: torch.Generator | None,
    tied: bool = False,
) -> None:
    """Draw all initial weights in the convention ``config.init`` (section A.6).

    ``fan_in``: every linear map N(0, 1/fan_in), those named ``output`` divided by sqrt(n_blocks),
    embeddings N(0, 1/d_model). ``gpt2``: N(0, 0.02²), maps named ``output`` divided by
    sqrt(2 n_blocks). ``pytorch``: linear maps uniform in ±1/sqrt(fan_in), embeddings N(0, 1), or
    N(0, 1/d_model) where they are the head too. What a memory unit draws for itself (value mix,
    stored pairs) is the same in all.

    How large an embedding is beside what a block adds to it decides how soon a small model learns
    to copy: tokens must be seen through the first blocks. In a fresh Llama 64 to 512 wide it is
    about six times as large with ``pytorch``, once to twice with ``gpt2``, and a tenth to a third
    with ``fan_in``.
    """
    shrink = {"fan_in": config.n_blocks, "gpt2": 2 * config.n_blocks}.get(config.init, 1) ** -0.5
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear):
            last = name.rsplit(".", 1)[-1] == "output"
            _draw_linear(module, config, generator, shrink if last else 1.0)
        elif isinstance(module, nn.Embedding):
            wide = config.init == "pytorch" and not tied
            fan_in = 1.0 if wide else config.d_model**-0.5
            std = 0.02 if config.init == "gpt2" else fan_in
            module.weight.normal_(std=std, generator=generator)
        elif hasattr(module, "draw_parameters"):
            module.draw_parameters(generator)


def _draw_linear(
    module: nn.Linear,
    config: LanguageModelConfig,
    generator: torch.Generator | None,
    factor: float,
) -> None:
    bound = module.in_features**-0.5
    if config.init == "pytorch":
        module.weight.uniform_(-bound, bound, generator=generator)
    else:
        std = 0.02 if config.init == "gpt2" else bound
        module.weight.normal_(std=std * factor, generator=generator)


def count_parameters(model: nn.Module) -> int:
    """Number of parameters; tied ones count once."""
    return sum(parameter.numel() for parameter in model.parameters())
