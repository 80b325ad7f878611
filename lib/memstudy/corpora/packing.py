"""Packed token streams: all documents of a split as one array on the disk, and windows of it.

As the Memory Mosaics paper packs its corpus: the tokens of every document followed by one
end-of-text, all in one stream of 16-bit integers. A training example is a window of L + 1 tokens at
a random place, whatever documents it cuts: x is its first L tokens, y its last L.

One file holds a stream (all numbers little-endian)::

    8 bytes  b"MEMTOKEN"
    8 bytes  length of the header
    header   JSON, see Header; padded with spaces up to byte 4096
    tokens   uint16, padded with zeros to a multiple of 8 bytes
    starts   int64, the position of the first token of every document

Reading needs numpy alone (batches are PyTorch tensors), so that a machine with a GPU and little
else can train on a file that was made elsewhere.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from memstudy.core.errors import UsageError
from memstudy.core.paths import shown
from memstudy.core.writing import replacing

if TYPE_CHECKING:
    import torch

    from memstudy.corpora.tokenization import Tokenizer

MAGIC = b"MEMTOKEN"
FORMAT = 1  # raise it when files of the old format cannot be read any more
HEADER_BYTES = 4096
BATCH_DOCUMENTS = 1024  # documents that are encoded at a time


class DamagedStream(UsageError):
    """A packed stream is cut short, altered, of another format, or made from something else."""


@dataclass(frozen=True)
class Header:
    """What a packed stream says of itself."""

    format: int
    corpus: str
    split: str
    limit: int | None  # first documents of the split; None: all
    key: str  # names exactly this text and tokeniser; see streams.Wanted.key
    tokenizer: str
    tokenizer_sha256: str
    vocab_size: int
    end_of_text: int
    documents: int
    tokens: int  # end-of-texts included
    characters: int
    text_sha256: str  # over the documents: length in bytes (8 bytes) and text, one after the other
    data_sha256: str  # over everything behind the header


class TokenStream:
    """A packed stream, memory-mapped.

    Attributes:
        path: the file.
        header: what it holds; see Header.
        tokens: (tokens,) uint16, read-only.
        starts: (documents,) int64, position of each document's first token.
    """

    def __init__(self, path: Path) -> None:
        """Open a file and check its form and size (streams.token_stream checks every byte).

        Raises:
            DamagedStream: it is not a whole stream of this format.
        """
        self.path = path
        self.header = read_header(path)
        n, documents = self.header.tokens, self.header.documents
        self.tokens = np.memmap(path, "<u2", "r", HEADER_BYTES, (n,))
        offset = HEADER_BYTES + _padded(2 * n)
        self.starts = np.fromfile(path, "<i8", documents, offset=offset)

    def __len__(self) -> int:
        return len(self.tokens)

    def __reduce__(self) -> tuple[type[TokenStream], tuple[Path]]:
        """Worker processes open the file themselves instead of being sent its contents."""
        return TokenStream, (self.path,)

    def n_windows(self, length: int) -> int:
        """Number of places where ``length`` tokens and the one after them fit."""
        if len(self) <= length:
            raise ValueError(
                f"a window of {length} + 1 tokens does not fit into {len(self)} tokens of "
                f"{self.header.corpus}/{self.header.split}"
            )
        return len(self) - length

    def batch(
        self, length: int, batch_size: int, seed: int, step: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Random windows, drawn with replacement, every place equally likely.

        A pure function of its arguments, so that a run that was stopped goes on with the same
        windows. Processes that share a batch take rows of it.

        Args:
            length: tokens a window, L.
            batch_size: windows.
            seed: of the whole run, any non-negative integer below 2**64.
            step: number of the batch.

        Returns:
            x and y, both (batch_size, length) int64; y is x moved on by one token.
        """
        starts = uniform_integers(seed, step, batch_size, self.n_windows(length))
        return self.windows(starts, length)

    def windows(self, starts: np.ndarray, length: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The windows that begin at ``starts``.

        Args:
            starts: (batch,) positions of first tokens, each below ``n_windows(length)``.
            length: tokens a window, L.

        Returns:
            x and y, both (batch, length) int64; y is x moved on by one token.
        """
        import torch

        starts = np.asarray(starts)
        if len(starts) and not 0 <= starts.min() <= starts.max() < self.n_windows(length):
            raise ValueError(f"a window of {length} + 1 tokens would not lie inside the stream")
        positions = starts[:, None] + np.arange(length + 1)  # (batch, length + 1)
        window = torch.from_numpy(self.tokens[positions].astype(np.int64))
        return window[:, :-1].contiguous(), window[:, 1:].contiguous()

    def document_starts(self, length: int) -> np.ndarray:
        """Where documents begin that have at least ``length`` + 1 tokens of their own.

        Windows there hold one document's beginning and nothing else, as an evaluation by position
        needs (Fig. 10).

        Returns:
            (eligible,) int64, in the order of the stream.
        """
        ends = np.append(self.starts[1:], len(self)) - 1  # positions of the end-of-texts
        return self.starts[ends - self.starts >= length + 1]


def uniform_integers(seed: int, step: int, count: int, below: int) -> np.ndarray:
    """``count`` integers, uniform in [0, below), as a pure function of seed and step.

    Philox is a function from (key, counter) to random bits; the step is the counter's highest word,
    so that no two steps share bits. The bits are reduced by a remainder rather than by NumPy's
    ``Generator.integers``, whose numbers may change between versions; the bias is below / 2**64.
    """
    if not 0 <= seed < 2**64 or not 0 <= step < 2**64:
        raise ValueError(f"seed {seed} and step {step} must lie in [0, 2**64)")
    bits = np.random.Philox(key=[seed, 0], counter=[0, 0, 0, step]).random_raw(count)
    return (bits % np.uint64(below)).astype(np.int64)


def write_stream(
    path: Path,
    texts: Iterable[str],
    tokenizer: Tokenizer,
    *,
    corpus: str,
    split: str,
    key: str,
    limit: int | None = None,
) -> TokenStream:
    """Tokenise texts into a packed stream.

    The file appears under its name when it is complete, and replaces what was there. Texts of white
    space alone are left out.

    Args:
        path: the file to write.
        texts: one a document.
        tokenizer: how they become tokens.
        corpus, split, key, limit: what the texts are, for the header.

    Raises:
        UsageError: there are no texts.
    """
    text_hash, data_hash = hashlib.sha256(), hashlib.sha256()
    lengths: list[np.ndarray] = []
    characters = 0
    with replacing(path) as file:
        file.write(bytes(HEADER_BYTES))
        texts = (text for text in texts if not text.isspace() and text)
        while batch := list(itertools.islice(texts, BATCH_DOCUMENTS)):
            for text in batch:
                characters += len(text)
                content = text.encode()
                text_hash.update(len(content).to_bytes(8, "little") + content)
            tokens, sizes = _join(tokenizer.encode_batch(batch), tokenizer.end_of_text)
            lengths.append(sizes)
            _write(file, tokens.astype("<u2").tobytes(), data_hash)
        if not lengths:
            raise UsageError(f"{corpus}/{split} has no documents")
        ends = np.cumsum(np.concatenate(lengths))
        n = int(ends[-1])
        _write(file, bytes(_padded(2 * n) - 2 * n), data_hash)
        starts = np.concatenate([[0], ends[:-1]]).astype("<i8")
        _write(file, starts.tobytes(), data_hash)
        header = Header(
            format=FORMAT,
            corpus=corpus,
            split=split,
            limit=limit,
            key=key,
            tokenizer=tokenizer.name,
            tokenizer_sha256=tokenizer.sha256,
            vocab_size=tokenizer.vocab_size,
            end_of_text=tokenizer.end_of_text,
            documents=len(starts),
            tokens=n,
            characters=characters,
            text_sha256=text_hash.hexdigest(),
            data_sha256=data_hash.hexdigest(),
        )
        file.seek(0)
        file.write(_header_bytes(header))
    return TokenStream(path)


def _join(documents: list[np.ndarray], end_of_text: int) -> tuple[np.ndarray, np.ndarray]:
    """Documents one after the other, end-of-text after each; and their lengths with it."""
    end = np.array([end_of_text], dtype=np.uint16)
    sizes = np.array([len(tokens) + 1 for tokens in documents], dtype=np.int64)
    return np.concatenate([piece for tokens in documents for piece in (tokens, end)]), sizes


def _write(file: BinaryIO, content: bytes, digest: hashlib._Hash) -> None:
    file.write(content)
    digest.update(content)


def _padded(size: int) -> int:
    return -(-size // 8) * 8


def _header_bytes(header: Header) -> bytes:
    content = json.dumps(asdict(header), indent=1).encode()
    room = HEADER_BYTES - len(MAGIC) - 8
    if len(content) > room:
        raise ValueError(f"header of {len(content)} bytes does not fit into {room}")
    return MAGIC + len(content).to_bytes(8, "little") + content.ljust(room)


def read_header(path: Path) -> Header:
    """Header of a packed stream.

    Raises:
        DamagedStream: the file is not a whole stream of this format.
    """
    with open(path, "rb") as file:
        start = file.read(HEADER_BYTES)
        size = file.seek(0, 2)
    if start[: len(MAGIC)] != MAGIC:
        raise DamagedStream(f"{shown(path)} is not a packed token stream")
    try:
        header = Header(**json.loads(start[len(MAGIC) + 8 :]))
    except (ValueError, TypeError):
        raise DamagedStream(f"{shown(path)} has no readable header") from None
    if header.format != FORMAT:
        raise DamagedStream(f"{shown(path)} has format {header.format}, not {FORMAT}")
    expected = HEADER_BYTES + _padded(2 * header.tokens) + 8 * header.documents
    if size != expected:
        raise DamagedStream(f"{shown(path)} has {size} bytes, not {expected}: it was cut short")
    return header
