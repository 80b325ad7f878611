"""A sequence in one vector, and back: encoder, unrolling, decoder, of any two families.

The encoder's vector of a sequence is its final hidden state at the last token. A decoder of its own
regenerates all tokens from that vector alone, in one pass: position i predicts token i.
:class:`Encoder` is the one place where a sequence becomes a vector: autoencoders, probes of what a
vector holds, and memory models all call it.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from memstudy.nn.block import Block
from memstudy.nn.initial_weights import draw_weights
from memstudy.nn.language_model import LanguageModel, TokenPredictor, require_one_of

WEIGHTS = ("trainable", "frozen", "frozen_new_table")
SPREADS = ("unroll", "repeat")


class Encoder(nn.Module):
    """A language model without its head: a sequence to the hidden state of one token.

    The hidden state is the one after the final norm of all blocks. (In the official code a probe
    reads a transformer after its eighth block and before the norm, a memory model after the norm;
    here there is one vector for all uses.)

    Args:
        model: the language model, of which a copy is used.
        weights: ``"trainable"``; ``"frozen"``: nothing is trained, table of tokens included, and
            dropout is off; ``"frozen_new_table"``: as in the official memory models, the blocks are
            frozen but the table of tokens is drawn anew and trained, so that the vectors mean
            nothing at first.
        position: index of the token whose state is taken. -1 is the last; probes of mixers that
            were trained on the next token take -2, since the last row of their convolution never
            had a target.
        generator: source of the new table; None takes PyTorch's global one.
    """

    def __init__(
        self,
        model: LanguageModel,
        weights: str = "trainable",
        position: int = -1,
        generator: torch.Generator | None = None,
    ):
        super().__init__()
        require_one_of("weights", weights, WEIGHTS)
        self.weights = weights
        self.position = position
        self.model = copy.deepcopy(model)
        self.model.head = None
        if weights != "trainable":
            self.requires_grad_(False)
            self.eval()
        if weights == "frozen_new_table":
            table = nn.Embedding(*model.embedding.weight.shape)
            draw_weights(table, model.config, generator)
            self.model.embedding = table.to(model.embedding.weight)

    @property
    def d_model(self) -> int:
        """Width of the vector."""
        return self.model.config.d_model

    def train(self, mode: bool = True) -> Encoder:
        """Training mode, which frozen blocks do not take part in."""
        return super().train(mode and self.weights == "trainable")

    def forward(self, tokens: Tensor) -> Tensor:
        """One vector a sequence: (batch, time) integers to (batch, d_model)."""
        with torch.set_grad_enabled(torch.is_grad_enabled() and self.weights != "frozen"):
            return self.model.hidden(tokens)[:, self.position]


class Spread(nn.Module):
    """Turns one vector into as many inputs of a decoder as are wanted.

    ``"unroll"``: input i is W e[i, i + 1, ..., i + d/2 - 1] + b with indices modulo d and one
    linear map W for all i. ``"repeat"``: every input is e; attention can then tell positions apart
    by its rotations alone, a mixer by its weights.

    Args:
        d_vector: width of the vector.
        decoder: the decoder, for its width and convention of initial weights.
        how: ``"unroll"`` or ``"repeat"``. A vector of another width than the decoder's goes through
            a linear map first.
        generator: source of the initial weights; None takes PyTorch's global one.
    """

    def __init__(
        self,
        d_vector: int,
        decoder: LanguageModel,
        how: str = "unroll",
        generator: torch.Generator | None = None,
    ):
        super().__init__()
        require_one_of("spread", how, SPREADS)
        d_model = decoder.config.d_model
        if how == "unroll" and d_model % 2:
            raise ValueError(f"unrolling takes half of the vector; d_model {d_model} is odd")
        self.bridge = bridge(d_vector, decoder, generator)
        self.window = None
        if how == "unroll":
            self.window = linear_map(d_model // 2, decoder, generator)

    def forward(self, vector: Tensor, length: int) -> Tensor:
        """Inputs of the decoder: (batch, d_vector) to (batch, length, d_model)."""
        vector = self.bridge(vector)
        if self.window is None:
            return vector.unsqueeze(1).expand(-1, length, -1)
        width = self.window.in_features
        around = torch.arange(length + width - 1, device=vector.device) % vector.shape[-1]
        windows = vector.index_select(1, around).unfold(1, width, 1)  # (batch, length, d_model / 2)
        return self.window(windows)


class DecoderModel(TokenPredictor):
    """A model that predicts tokens with the hidden states and the head of its ``decoder``."""

    decoder: LanguageModel

    @property
    def blocks(self) -> list[Block]:
        """The blocks of all its parts: what a training compiles one by one."""
        return [module for module in self.modules() if isinstance(module, Block)]

    @property
    def head_weight(self) -> Tensor:
        """(vocab_size, d_model) the weights that turn hidden states into logits."""
        return self.decoder.head_weight

    @property
    def logit_scale(self) -> float:
        """Factor on the logits."""
        return self.decoder.logit_scale


class Autoencoder(DecoderModel):
    """Encoder, one vector, decoder; with a frozen encoder it is the probe of what a vector holds.

    The decoder keeps its causal mask. Its table of tokens is never read, so its head should be tied
    to it (``tied=True``): the table then *is* the head. Position i predicts token i: the targets of
    :meth:`loss` are the tokens themselves.

    Args:
        encoder: sequence to vector.
        decoder: vectors to hidden states; its weights are trained.
        spread: ``"unroll"`` or ``"repeat"``, see :class:`Spread`.
        generator: source of the initial weights of the maps in between.
    """

    def __init__(
        self,
        encoder: Encoder,
        decoder: LanguageModel,
        spread: str = "unroll",
        generator: torch.Generator | None = None,
    ):
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        self.spread = Spread(encoder.d_model, decoder, spread, generator)

    def hidden(self, tokens: Tensor) -> Tensor:
        """Hidden states that regenerate the tokens: (batch, time) to (batch, time, d_model)."""
        return self.decode(self.encoder(tokens), tokens.shape[1])

    def decode(self, vector: Tensor, length: int) -> Tensor:
        """Hidden states made from the vector alone: (batch, d) to (batch, length, d_model)."""
        return self.decoder.hidden_from_embeddings(self.spread(vector, length))


def bridge(
    d_vector: int, decoder: LanguageModel, generator: torch.Generator | None = None
) -> nn.Module:
    """A linear map to the decoder's width, or nothing where the widths are equal."""
    if d_vector == decoder.config.d_model:
        return nn.Identity()
    return linear_map(d_vector, decoder, generator)


def linear_map(
    d_input: int, decoder: LanguageModel, generator: torch.Generator | None
) -> nn.Linear:
    """A linear map with bias (zero at first) to the decoder's width, drawn as its own are."""
    made = nn.Linear(d_input, decoder.config.d_model)
    draw_weights(made, decoder.config, generator)
    nn.init.zeros_(made.bias)
    return made
