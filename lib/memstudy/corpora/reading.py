"""From a file to documents: decompression, formats, and what counts as one document.

Every reader takes a path and yields one dict a document, with the text under ``"text"``.
"""

from __future__ import annotations

import gzip
import io
import json
import lzma
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from memstudy.core.errors import UsageError
from memstudy.core.paths import shown

Document = dict[str, Any]

END_OF_TEXT = "<|endoftext|>"  # parts documents in plain text files, as in TinyStories' own


def read_rows(path: Path) -> Iterator[Document]:
    """One document a row of jsonl or parquet; of plain text, what ``<|endoftext|>`` parts."""
    kind = _format(path)
    if kind == ".txt":
        yield from _read_text(path)
        return
    parquet = kind == ".parquet"
    rows = enumerate(_read_parquet(path), start=1) if parquet else _json_lines(path)
    for number, row in rows:
        if not isinstance(row, dict) or not isinstance(row.get("text"), str):
            where = "row" if parquet else "line"
            raise UsageError(f"{shown(path)}, {where} {number}: no string under 'text'")
        yield row


def read_json_strings(path: Path) -> Iterator[Document]:
    """One JSON string a line (BabiStories)."""
    for number, text in _json_lines(path):
        if not isinstance(text, str):
            raise UsageError(f"{shown(path)}, line {number}: not a JSON string")
        yield {"text": text}


def read_questions(path: Path) -> Iterator[Document]:
    """Rows of question, choices and answer, put into one short text."""
    for _, row in _json_lines(path):
        choices = "".join(f"- {choice}\n" for choice in row["choices"])
        yield {**row, "text": f"{row['question']}\n{choices}Answer: {row['answer']}"}


def read_storybooks(path: Path) -> Iterator[Document]:
    """Rows whose text ends with the marker ``##`` of an empty last page, which is removed."""
    for row in read_rows(path):
        yield {**row, "text": re.sub(r"\s*##\s*$", "", row["text"])}


SHORTEST_CHAPTER = 200  # characters; less is a title page or a motto


def read_chapters(path: Path) -> Iterator[Document]:
    """Whole books with Markdown headings, one document a chapter; ``chapter`` is its heading."""
    for book in read_rows(path):
        pieces = re.split(r"(?m)^#+\s*(.*?)\s*$", book["text"])
        headings, texts = ["", *pieces[1::2]], pieces[0::2]
        for heading, text in zip(headings, texts, strict=True):
            if len(text.strip()) >= SHORTEST_CHAPTER:
                yield {**book, "chapter": heading, "text": text.strip()}


def read_wikitext(path: Path) -> Iterator[Document]:
    """WikiText: one document an article; ``title`` is its heading, `` = Title = ``."""
    title, lines = "", []
    for line in _lines(path):
        if heading := re.fullmatch(r" = ([^=].*?) = \s*", line):
            if title:
                yield {"title": title, "text": "".join(lines)}
            title, lines = heading.group(1), []
        lines.append(line)
    if title:
        yield {"title": title, "text": "".join(lines)}


READERS: dict[str, Callable[[Path], Iterator[Document]]] = {
    "rows": read_rows,
    "json_strings": read_json_strings,
    "questions": read_questions,
    "storybooks": read_storybooks,
    "chapters": read_chapters,
    "wikitext": read_wikitext,
}


def open_binary(path: Path) -> BinaryIO:
    """Open a file for reading, through the decompressor that its last suffix names."""
    if path.suffix == ".xz":
        return lzma.open(path, "rb")
    if path.suffix == ".gz":
        return gzip.open(path, "rb")
    if path.suffix == ".zst":
        import pyarrow  # its decompressor notices a truncated file; the zstandard package does not

        return pyarrow.input_stream(str(path), compression="zstd")
    return open(path, "rb")


def _format(path: Path) -> str:
    return Path(path.stem).suffix if path.suffix in (".xz", ".gz", ".zst") else path.suffix


def _lines(path: Path) -> Iterator[str]:
    """Lines of a text file with their ends; only ``\\n`` ends a line, as JSON lines demands."""
    with open_binary(path) as file, io.TextIOWrapper(file, "utf-8", newline="\n") as text:
        try:
            yield from text
        except Exception as error:  # every decompressor has its own
            raise UsageError(f"{shown(path)} is damaged: {error}") from error


def _json_lines(path: Path) -> Iterator[tuple[int, Any]]:
    """Number and value of every line that is not blank."""
    for number, line in enumerate(_lines(path), start=1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except ValueError as error:
                raise UsageError(f"{shown(path)}, line {number}: not JSON ({error})") from None


def _read_text(path: Path) -> Iterator[Document]:
    lines: list[str] = []
    for line in _lines(path):
        *ended, line = line.split(END_OF_TEXT)
        for piece in ended:
            if text := "".join([*lines, piece]).strip():
                yield {"text": text}
            lines = []
        lines.append(line)
    if text := "".join(lines).strip():
        yield {"text": text}


def _read_parquet(path: Path) -> Iterator[Document]:
    import pyarrow.parquet

    # Parquet is read from its end, so a compressed one has to be unpacked first.
    compressed = path.suffix != ".parquet"
    with open_binary(path) as file:
        try:
            source = io.BytesIO(file.read()) if compressed else file
            for batch in pyarrow.parquet.ParquetFile(source).iter_batches(batch_size=1000):
                yield from batch.to_pylist()
        except Exception as error:  # every decompressor has its own
            raise UsageError(f"{shown(path)} is damaged: {error}") from error
