"""Files and folders that appear whole or not at all, and refusals told in one line."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from memstudy.core import paths
from memstudy.core.errors import UsageError, one_line

NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def write_file(path: Path, content: bytes | memoryview) -> None:
    """Write a file, whole or not at all, in the place of what stood there.

    Raises:
        UsageError: the folder cannot be written or the disk is full; what stood there stays.
    """
    with writing_to(path.parent), replacing(path) as file:
        file.write(content)


def write_if_changed(path: Path, content: bytes) -> bool:
    """Write a file unless it holds the same bytes already; returns whether it wrote.

    Raises:
        UsageError: as :func:`write_file`.
    """
    if path.is_file() and path.read_bytes() == content:
        return False
    write_file(path, content)
    return True


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A new file to write and read, which takes the place of ``path`` if no error occurs.

    Raises:
        OSError: as the system refuses; what stood there stays.
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "x+b") as file:
            yield file
            _flush(file)
        temporary.replace(path)
    finally:
        remove(temporary)


def write_folder(folder: Path, files: Mapping[str, bytes], replace: bool) -> bool:
    """Make a folder with these files, whole or not at all.

    Returns:
        False when something else stands there and ``replace`` is not set.

    Raises:
        UsageError: the folder cannot be written or the disk is full; what stood there stays.
    """
    temporary = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}.tmp")
    with writing_to(folder.parent):
        try:
            temporary.mkdir(parents=True)
            for name, content in files.items():
                _write_flushed(temporary / name, content)
            return _move_into_place(temporary, folder, replace)
        finally:
            remove(temporary)


def temporaries(folder: Path) -> list[Path]:
    """What writers to this folder are at, or left behind when they were killed."""
    return sorted(folder.glob(".*.tmp"))


def remove(path: Path) -> None:
    """Remove a file or a folder, as far as the system allows."""
    with contextlib.suppress(OSError):
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


@contextlib.contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """Turn the system's refusals to write below ``folder`` into one clear line.

    Raises:
        UsageError: no space left, no permission, no such place.
    """
    try:
        yield
    except OSError as error:
        if error.errno in NO_SPACE:
            raise UsageError(
                f"no space left to write {paths.shown(folder)}; free some and run the same "
                "command again (what is recorded is kept)"
            ) from None
        raise UsageError(
            f"cannot write {paths.shown(folder)} ({error.strerror or one_line(error)}); make it "
            "writable or choose another folder with --out"
        ) from None


def _write_flushed(path: Path, content: bytes | memoryview) -> None:
    with open(path, "wb") as stream:
        stream.write(content)
        _flush(stream)


def _flush(stream: BinaryIO) -> None:
    stream.flush()
    os.fsync(stream.fileno())


def _move_into_place(temporary: Path, folder: Path, replace: bool) -> bool:
    aside = temporary.with_suffix(".old.tmp")
    while not _renamed(temporary, folder):
        if not replace:
            return False
        remove(aside)  # of the round before, if another writer came between the two renames
        # Between the two renames the folder is absent, never broken.
        with contextlib.suppress(FileNotFoundError):
            folder.rename(aside)
    _flush_names(folder.parent)
    remove(aside)
    return True


def _renamed(temporary: Path, folder: Path) -> bool:
    """Rename; False where the system refuses because something else stands there."""
    try:
        temporary.rename(folder)
    except OSError as error:
        # Another writer may have moved aside by now what stood there a moment ago.
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            return False
        if error.errno == errno.ENOTDIR and os.path.lexists(folder):
            return False
        raise
    return True


def _flush_names(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
