"""Names and shapes of the architectures of RegBench and MQAR; torch is not needed here."""

from __future__ import annotations

from dataclasses import dataclass

MOSAIC = "mosaic"
TRANSFORMER = "transformer"
ROTARY = "rotary_transformer"  # with rotary positions; not one of the paper's architectures
# Layers that read the context in place of attention; all else is as in the transformer.
RECURRENT = (
    "lstm",
    "linear_attention",
    "linear_attention_plain",
    "retention",
    "gla",
    "s4d",
    "mamba",
    "rwkv",
    "h3",
    "hyena",
)
NAMES = (MOSAIC, TRANSFORMER, *RECURRENT)
# As figures and tables call them.
LABELS = {
    "mosaic": "mosaic",
    "transformer": "transformer",
    "lstm": "LSTM",
    "linear_attention": "linear transformer, normalised",
    "linear_attention_plain": "linear transformer",  # the baseline of Fig. 11
    "retention": "RetNet",
    "gla": "GLA",
    "s4d": "S4D",
    "mamba": "Mamba",
    "rwkv": "RWKV",
    "h3": "H3",
    "hyena": "Hyena",
}


@dataclass(frozen=True, kw_only=True)
class ArchitectureConfig:
    """Name and shape of a model; vocabulary and longest sequence belong to the task."""

    name: str  # one of NAMES, or ROTARY
    d_model: int  # width of the residual stream; the search of the paper: 64, 128, 256
    n_heads: int  # heads of each layer; the search: 2, 4, 8
    n_blocks: int  # blocks, two layers each; the search: 2, 4, 8
    attention_dropout: float = 0.0  # on attention weights, the persistent memory's too
    dropout: float = 0.0  # on what a layer adds to the residual stream
    embedding_dropout: float = 0.0  # on the embedded tokens
    init: str | None = None  # "fan_in" or "gpt2"; None: fan_in for the mosaic, gpt2 for the others
    # Defect of the published LSTM and Mamba baselines, which makes them one layer deep.
    every_layer_reads_embeddings: bool = False

    def __post_init__(self) -> None:
        """Refuse unknown names, and settings that the architecture does not have (ValueError)."""
        if self.name not in (*NAMES, ROTARY):
            raise ValueError(
                f"unknown architecture {self.name!r}; choose one of {', '.join(NAMES)}"
            )
        if self.every_layer_reads_embeddings and self.name not in RECURRENT:
            raise ValueError(
                f"every_layer_reads_embeddings is not for the {self.name}; it is for "
                f"{', '.join(RECURRENT)}"
            )
        if self.attention_dropout and self.name in RECURRENT:
            raise ValueError(
                f"attention_dropout is {self.attention_dropout}, but {self.name} has no attention "
                "weights; leave it at 0"
            )
