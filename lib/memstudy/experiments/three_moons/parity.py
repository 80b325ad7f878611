"""MM-5: a GPT2-like mosaic of the same memory units has the size of GPT2, block by block.

Nothing is trained: the models are built without storage and their parameters are counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from memstudy.core.claims import Evidence, fact
from memstudy.core.experiment import Measured, Unit

if TYPE_CHECKING:
    from memstudy.study import Results

ARM = "gpt2_parity"
FAMILIES = ("mosaic", "gpt2")

# Blocks -> parameters of (mosaic, GPT2), at the width, heads, vocabulary and context of the paper.
# The paper gives the structure; the totals follow from it, and the first row is confirmed by an
# independent port of the official code.
TOTALS: dict[int, tuple[int, int]] = {
    1: (45_713_748, 46_106_880),
    2: (52_793_256, 53_186_304),
    4: (66_952_272, 67_345_152),
    8: (95_270_304, 95_662_848),
    12: (123_588_336, 123_980_544),
    18: (166_065_384, 166_457_088),
}


@dataclass(frozen=True)
class ParityUnit:
    """The models whose parameters are counted."""

    d_model: int = 768  # width
    n_heads: int = 12  # memory units or attention heads a layer
    vocab_size: int = 50_304  # GPT-2's vocabulary, padded
    context_length: int = 512  # learned positions of GPT2; the mosaic has none
    n_blocks: tuple[int, ...] = tuple(TOTALS)  # depths


def count(config: ParityUnit, family: str, n_blocks: int) -> int:
    """Parameters of a model of one family and depth; the tied embedding counts once."""
    import torch

    from memstudy.nn.language_model import count_parameters
    from memstudy.nn.mosaic import MemoryMosaic, MosaicConfig
    from memstudy.nn.transformer import Transformer, TransformerConfig

    kinds = {"mosaic": (MemoryMosaic, MosaicConfig), "gpt2": (Transformer, TransformerConfig)}
    module, shape = kinds[family]
    with torch.device("meta"):  # shapes without storage
        model = module(
            shape(
                vocab_size=config.vocab_size,
                d_model=config.d_model,
                n_heads=config.n_heads,
                n_blocks=n_blocks,
                context_length=config.context_length,
            )
        )
    return count_parameters(model)


def measure(unit: Unit) -> Measured:
    """Count both families at every depth; ``position`` is the number of blocks."""
    import pandas as pd

    config: ParityUnit = unit.config
    rows = [
        {
            "metric": "parameters",
            "value": float(count(config, family, n_blocks)),
            "split": "",
            "part": family,
            "step": -1,
            "position": n_blocks,
            "model": unit.arm,
            "seed": unit.seed,
        }
        for n_blocks in config.n_blocks
        for family in FAMILIES
    ]
    return Measured(pd.DataFrame(rows))


def evidence(results: Results) -> Evidence:
    """Compare every recorded count with the expected one."""
    table = results.select(metric="parameters", model=ARM)
    counted = table.set_index(["position", "part"])["value"].astype(int)
    conditions = tuple(
        fact(
            f"{family} with {blocks} block{'s' if blocks > 1 else ''} has {expected:,} parameters",
            f"{counted[blocks, family]:,}",
            bool(counted[blocks, family] == expected),
        )
        for blocks, both in TOTALS.items()
        for family, expected in zip(FAMILIES, both, strict=True)
    )
    equal = sum(condition.holds is True for condition in conditions)
    millions = [f"{counted[1, family] / 1e6:.1f} M" for family in FAMILIES]
    words = (
        f"{equal} of {len(conditions)} totals exact; one block: mosaic {millions[0]}, "
        f"GPT2 {millions[1]}"
    )
    return Evidence(words, 0, conditions)
