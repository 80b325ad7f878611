"""What of a reference is kept, in which layers it is read, and at which positions all stands."""

from __future__ import annotations

from dataclasses import dataclass

from memstudy.nn.explicit.selection import RULES
from memstudy.nn.language_model import LanguageModel, require_one_of


@dataclass(frozen=True, kw_only=True)
class ExplicitMemoryConfig:
    """Shape of the memories and of the text that reads them (sections 3.2 to 3.4 of the paper).

    With p tokens of prefix and references of R tokens, the prefix has positions 0 to p - 1, token r
    of *every* reference p + r, and text token i (the first is the beginning-of-sequence token)
    p + R + i, whether or not there is a memory.
    """

    prefix: tuple[int, ...]  # tokens before each reference and each text; nothing else is constant
    n_memory_layers: int  # consecutive blocks that read memories; the paper: half of them
    first_memory_layer: int = 0  # the paper: 0
    reference_length: int = 128  # tokens of the longest reference (R)
    kept_tokens: int = 8  # tokens kept of each reference, layer and key-value head (S); R: dense
    chunk_length: int = 64  # text tokens that read the same memories (C)
    memories_per_chunk: int = 5  # memories that generation retrieves for each chunk (M)
    selection: str = "softmax"  # the rule that chooses the kept tokens, see selection.RULES

    def __post_init__(self) -> None:
        """Refuse shapes that no memory can have (ValueError)."""
        for name in ("n_memory_layers", "first_memory_layer"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name)}; it cannot be negative")
        for name in ("reference_length", "kept_tokens", "chunk_length", "memories_per_chunk"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be at least 1")
        if self.kept_tokens > self.reference_length:
            raise ValueError(
                f"kept_tokens {self.kept_tokens} exceeds reference_length {self.reference_length}; "
                "the dense memory keeps exactly reference_length"
            )
        if not self.prefix:
            raise ValueError("the prefix is empty; it needs one token at least, as attention sink")
        require_one_of("selection", self.selection, RULES)

    @property
    def text_start(self) -> int:
        """Position of the text's first token."""
        return len(self.prefix) + self.reference_length

    @property
    def memory_layers(self) -> range:
        """Indices of the blocks that read memories."""
        return range(self.first_memory_layer, self.first_memory_layer + self.n_memory_layers)

    def check(self, decoder: LanguageModel) -> None:
        """Refuse a transformer that cannot read such memories (ValueError)."""
        self.check_layers(decoder)
        position = getattr(decoder.blocks[0].context_layer, "position", None)
        if position != "rope":
            raise ValueError(
                "explicit memories stand at positions of their own, which takes a transformer with "
                "rotary positions (Llama, or Transformer with position 'rope')"
            )

    def check_layers(self, decoder: LanguageModel) -> None:
        """Refuse a model that has not got the memory layers (ValueError)."""
        n_blocks = decoder.config.n_blocks
        if self.memory_layers.stop > n_blocks:
            raise ValueError(
                f"memory layers {self.memory_layers.start} to {self.memory_layers.stop - 1} do not "
                f"fit a model of {n_blocks} blocks"
            )
