"""Windows that begin where a document begins, and the text they are taken from."""

from __future__ import annotations

import hashlib

import numpy as np

from memstudy.batching import IGNORED, Batch, document_windows
from memstudy.core import seeds
from memstudy.core.errors import UsageError
from memstudy.corpora.packing import TokenStream
from memstudy.corpora.streams import token_stream
from memstudy.experiments.simple_wikipedia_ood.config import ForeignUnit
from memstudy.language_models.trained import EVALUATION_SEED, streams


def texts(config: ForeignUnit) -> tuple[TokenStream, TokenStream]:
    """The foreign text and the model's own validation text, in the tokens of the model.

    Raises:
        MissingCorpus: a text is not at hand, nor its packed stream.
        UsageError: the two were not made with one tokeniser.
    """
    own = streams(config.model.text)["validation"]
    wanted, tokenizer = config.foreign, config.model.text.tokenizer
    foreign = token_stream(wanted.corpus, wanted.split, tokenizer, wanted.documents)
    if foreign.header.tokenizer_sha256 != own.header.tokenizer_sha256:
        raise UsageError(
            f"{wanted.corpus} and {config.model.text.corpus} were packed with two tokenisers that "
            f"are both called {tokenizer}; remove data/cache/packed and try again"
        )
    return foreign, own


def article_windows(stream: TokenStream, length: int, count: int) -> Batch:
    """Windows at the beginnings of articles that fill them: x and y, each (windows, length).

    The choice depends on the text alone, so that all models of a pairing read the same windows.

    Raises:
        UsageError: no article is long enough.
    """
    seed = seeds.child(EVALUATION_SEED, f"articles/{stream.header.corpus}")
    windows = document_windows(stream, length, count, seed)
    if not len(windows[0]):
        raise UsageError(f"no article of {stream.header.corpus} has {length + 1} tokens")
    return windows


def story_windows(stream: TokenStream, length: int, count: int) -> Batch:
    """Windows at the beginnings of the first stories, however short these are.

    Many stories are shorter than a window. What follows a story's end in the stream is no target,
    so that the loss at a position is a mean over the stories that are so long.

    Args:
        stream: the tokens; the stories stand in random order.
        length: tokens a window.
        count: windows wanted; fewer come back where there are fewer stories.

    Returns:
        x and y, each (windows, length); y is ``IGNORED`` from the story's end-of-text on.
    """
    ends = np.append(stream.starts[1:], len(stream)) - 1  # positions of the end-of-texts
    fitting = np.flatnonzero(stream.starts < stream.n_windows(length))[:count]
    starts, ends = stream.starts[fitting], ends[fitting]
    x, y = stream.windows(starts, length)
    places = starts[:, None] + 1 + np.arange(length)  # of the targets in the stream
    y[places >= ends[:, None]] = IGNORED
    return x, y


def windows_sha256(windows: Batch) -> str:
    """SHA-256 over inputs and targets: equal for two models if they read the same windows."""
    digest = hashlib.sha256()
    for tensor in windows:
        digest.update(tensor.numpy().astype("<i4").tobytes())
    return digest.hexdigest()
