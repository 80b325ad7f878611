"""The bank: memories on disk, found by the id of their reference, each in one read.

A bank is a folder with three files:

- ``bank.json``: whose memories these are (fingerprint of the model), their shape and their form;
- ``memories.bin``: records of equal length, one after the other, and nothing else, so that its size
  is the number of records times the bytes of one;
- ``index.bin``: 20 bytes for each record, in the same order: id, filled slots, checksum of the
  record, checksum of the entry.

A record is on disk before its entry is. A writer that is killed leaves bytes that no entry names;
the next one writes over them. Every memory whose entry is whole can be read.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock

from memstudy.core.errors import UsageError
from memstudy.core.paths import shown
from memstudy.core.writing import write_file, writing_to
from memstudy.experiments.sparse_memory.codecs import Codec
from memstudy.nn.explicit.config import ExplicitMemoryConfig
from memstudy.nn.explicit.memories import Memories
from memstudy.nn.language_model import LanguageModel

FORMAT = 1
ENTRY = np.dtype([("id", "<i8"), ("n_kept", "<u4"), ("record", "<u4"), ("entry", "<u4")])
HEADER, RECORDS, INDEX, LOCK = "bank.json", "memories.bin", "index.bin", "bank.lock"


def fingerprint(decoder: LanguageModel, config: ExplicitMemoryConfig) -> str:
    """Hash of all that decides what a memory holds: the weights, the prefix, what is kept and how.

    Any change of the weights makes all memories stale, and gives another fingerprint.
    """
    digest = hashlib.sha256()
    written = ("prefix", "reference_length", "kept_tokens", "selection")
    settings = {name: getattr(config, name) for name in written}
    settings["layers"] = [config.memory_layers.start, config.memory_layers.stop]
    digest.update(json.dumps(settings).encode())
    for name, weight in sorted(decoder.state_dict().items()):
        digest.update(f"{name} {weight.dtype} {tuple(weight.shape)}".encode())
        digest.update(weight.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()


def memory_shape(decoder: LanguageModel, config: ExplicitMemoryConfig) -> tuple[int, ...]:
    """Shape of one memory: (layers, 2, kv_heads, slots, head_dim)."""
    shape = decoder.config
    kv_heads = getattr(shape, "kv_heads", shape.n_heads)
    head_dim = shape.d_model // shape.n_heads
    return (config.n_memory_layers, 2, kv_heads, config.kept_tokens, head_dim)


class MemoryBank:
    """Memories on disk. Made by :meth:`create` and :meth:`open`.

    Reading needs no lock and may go on while another process writes; it sees what was in the index
    when the bank was opened or last :meth:`refresh`-ed. Writers wait for each other.
    """

    def __init__(self, folder: Path, header: dict, codec: Codec):
        self.folder = folder
        self.codec = codec
        self.shape = tuple(header["shape"])
        self.record_bytes = codec.record_bytes(self.shape)
        self._records = os.open(folder / RECORDS, os.O_RDONLY)
        self._entries = np.zeros(0, ENTRY)
        self._slots: dict[int, int] = {}
        self.refresh()

    @classmethod
    def create(cls, folder: Path, *, model: str, shape: Sequence[int], codec: Codec) -> MemoryBank:
        """Make an empty bank.

        Args:
            folder: where; it must not hold a bank yet.
            model: :func:`fingerprint` of the model that writes.
            shape: :func:`memory_shape`.
            codec: form of the records.

        Raises:
            UsageError: there is a bank already, or the folder cannot be written.
        """
        folder = Path(folder)
        if (folder / HEADER).exists():
            raise UsageError(f"there is a bank in {shown(folder)} already; open it or remove it")
        header = {
            "format": FORMAT,
            "model": model,
            "shape": list(shape),
            "codec": codec.identity,
            "record_bytes": codec.record_bytes(shape),
        }
        with writing_to(folder):
            folder.mkdir(parents=True, exist_ok=True)
            for name in (RECORDS, INDEX):
                (folder / name).write_bytes(b"")
        # The header comes last: a folder with a header is a whole bank.
        write_file(folder / HEADER, json.dumps(header, indent=1).encode())
        return cls(folder, header, codec)

    @classmethod
    def open(cls, folder: Path, *, model: str, codec: Codec) -> MemoryBank:
        """Open a bank for reading and writing.

        Args:
            folder: where it is.
            model: :func:`fingerprint` of the model that is to read.
            codec: form in which the records are expected.

        Raises:
            UsageError: no bank, a bank of another model or form, or one that is damaged.
        """
        folder = Path(folder)
        try:
            header = json.loads((folder / HEADER).read_text(encoding="utf-8"))
            expected = codec.record_bytes(header["shape"])
            found = [header["format"], header["model"], header["codec"], header["record_bytes"]]
        except FileNotFoundError:
            raise UsageError(f"there is no bank in {shown(folder)}; write one first") from None
        except (ValueError, KeyError, TypeError):
            raise UsageError(
                f"{shown(folder / HEADER)} is damaged; remove the bank and write it again"
            ) from None
        if found[0] != FORMAT:
            raise UsageError(f"the bank in {shown(folder)} has format {found[0]}, not {FORMAT}")
        if found[1] != model:
            raise UsageError(
                f"the bank in {shown(folder)} was written by model {str(found[1])[:12]}, this is "
                f"{model[:12]}; memories serve the very weights that wrote them: write them again"
            )
        if found[2:] != [codec.identity, expected]:
            raise UsageError(
                f"the bank in {shown(folder)} holds {found[2]}, not {codec.identity}; "
                "open it with the codec that wrote it"
            )
        return cls(folder, header, codec)

    def refresh(self) -> None:
        """See what has been written since the bank was opened.

        Raises:
            UsageError: an entry of the index is damaged.
        """
        known = len(self._entries)  # entries are only ever added
        with open(self.folder / INDEX, "rb") as stream:
            stream.seek(known * ENTRY.itemsize)
            content = stream.read()
        whole = len(content) // ENTRY.itemsize
        entries = np.frombuffer(content[: whole * ENTRY.itemsize], ENTRY)
        good = _entry_checksums(entries) == entries["entry"]
        # What is broken at the very end was being written; broken in between is damage.
        last = int(good.nonzero()[0][-1]) + 1 if good.any() else 0
        if not good[:last].all():
            bad = known + int((~good).nonzero()[0][0])
            raise UsageError(
                f"entry {bad} of {shown(self.folder / INDEX)} is damaged; write the bank again"
            )
        self._entries = np.concatenate((self._entries, entries[:last]))
        for slot, reference in enumerate(entries["id"][:last].tolist(), start=known):
            self._slots[reference] = slot

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, reference: int) -> bool:
        return reference in self._slots

    @property
    def ids(self) -> list[int]:
        """Ids of the references that have a memory, in the order of writing."""
        return list(self._slots)

    @property
    def data_bytes(self) -> int:
        """Bytes of the file of records."""
        return (self.folder / RECORDS).stat().st_size

    def read(self, references: Sequence[int]) -> Memories:
        """Memories of references, in the order asked, each by one read from disk.

        Args:
            references: ids; may repeat.

        Returns:
            Memories of shape (len(references),), in the codec's precision, on the CPU.

        Raises:
            KeyError: a reference has no memory here.
            UsageError: a record is cut off or damaged; the message names it.
        """
        slots = [self._slot(reference) for reference in references]
        records = np.empty((len(slots), self.record_bytes), np.uint8)
        for row, (slot, reference) in enumerate(zip(slots, references, strict=True)):
            content = os.pread(self._records, self.record_bytes, slot * self.record_bytes)
            self._check(reference, slot, content)
            records[row] = np.frombuffer(content, np.uint8)
        n_kept = self._entries["n_kept"][slots].astype(np.int64)
        return Memories(self.codec.decode(records, self.shape), torch.from_numpy(n_kept))

    def write(self, references: Sequence[int], memories: Memories, replace: bool = False) -> None:
        """Add memories, and have them on disk when this returns.

        Args:
            references: ids, non-negative.
            memories: of shape (len(references),).
            replace: new memories for ids that have one (an edited reference). The old record stays
                on disk, unnamed.

        Raises:
            ValueError: ids that repeat, exist or are negative; memories of another shape.
            UsageError: the disk refuses, or the bank is damaged.
        """
        if memories.shape != (len(references),) or memories.pairs.shape[1:] != self.shape:
            raise ValueError(
                f"memories {tuple(memories.shape)} of {tuple(memories.pairs.shape[1:])} do not fit "
                f"{len(references)} ids and the bank's {self.shape}"
            )
        if len(set(references)) < len(references) or min(references, default=0) < 0:
            raise ValueError("ids must be non-negative and must not repeat")
        records = self.codec.encode(memories.pairs)
        entries = np.zeros(len(references), ENTRY)
        entries["id"] = references
        entries["n_kept"] = memories.n_kept.cpu().numpy()
        entries["record"] = [zlib.crc32(record) for record in records]
        entries["entry"] = _entry_checksums(entries)
        with writing_to(self.folder), FileLock(self.folder / LOCK):
            self.refresh()
            known = [reference for reference in references if reference in self._slots]
            if known and not replace:
                raise ValueError(f"reference {known[0]} has a memory already; say replace=True")
            self._append(records, entries)
        self.refresh()

    def verify(self) -> list[int]:
        """Ids whose record is cut off or damaged; reads the whole bank."""
        broken = []
        for reference in self._slots:
            try:
                self.read([reference])
            except UsageError:
                broken.append(reference)
        return broken

    def close(self) -> None:
        """Give the file back to the system."""
        os.close(self._records)

    def __enter__(self) -> MemoryBank:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def _append(self, records: np.ndarray, entries: np.ndarray) -> None:
        """Records first, then the entries that name them; each flushed to disk."""
        finished = len(self._entries)
        if self.data_bytes < finished * self.record_bytes:
            raise UsageError(
                f"{shown(self.folder / RECORDS)} is shorter than its index says; write it again"
            )
        parts = [(RECORDS, records, self.record_bytes), (INDEX, entries, ENTRY.itemsize)]
        for name, content, size in parts:
            with open(self.folder / name, "r+b") as stream:
                stream.truncate(finished * size)  # what a killed writer left
                stream.seek(finished * size)
                stream.write(content.tobytes())
                stream.flush()
                os.fsync(stream.fileno())

    def _slot(self, reference: int) -> int:
        if reference not in self._slots:
            raise KeyError(f"reference {reference} has no memory in {shown(self.folder)}")
        return self._slots[reference]

    def _check(self, reference: int, slot: int, content: bytes) -> None:
        if len(content) < self.record_bytes:
            fault = f"cut off ({len(content)} of {self.record_bytes} bytes)"
        elif zlib.crc32(content) != self._entries["record"][slot]:
            fault = "damaged (its checksum differs)"
        else:
            return
        raise UsageError(
            f"memory {reference} in {shown(self.folder)} is {fault}; write it again with replace"
        )


def _entry_checksums(entries: Iterable[np.void]) -> np.ndarray:
    """CRC-32 of each entry without its own checksum."""
    length = ENTRY.itemsize - ENTRY["entry"].itemsize
    return np.array([zlib.crc32(entry.tobytes()[:length]) for entry in entries], np.uint32)
