"""Conventions for the initial weights of a language model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

if TYPE_CHECKING:
    from memstudy.nn.language_model import LanguageModelConfig

INITS = ("fan_in", "gpt2", "pytorch")


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

    An embedding is about six times as large as what a block adds to it with ``pytorch``, in a fresh
    Llama of any width. With the other two the ratio falls with the width: from 64 to 512 features
    from 4 to 0.3 with ``gpt2``, from 0.24 to 0.08 with ``fan_in``.
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
