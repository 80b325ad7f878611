"""``python -m memstudy data list | fetch NAME | verify NAME | peek NAME``."""

from __future__ import annotations

import argparse
import textwrap

from memstudy.core.arguments import positive
from memstudy.corpora.places import FOLDER_VARIABLE, Places, default_places
from memstudy.corpora.registry import Corpus, Hub, find, read_registry


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions of ``data`` and their arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="show the corpora, and which of them are at hand")

    fetch = actions.add_parser("fetch", help="get a corpus, so that it works without a network")
    fetch.add_argument("name", help="a corpus of `data list`")
    fetch.add_argument(
        "--limit", type=positive, help="of a hub data set, only the first documents of each split"
    )

    verify = actions.add_parser("verify", help="hash the files again and count the documents")
    verify.add_argument("name", help="a corpus of `data list`, or a path")
    verify.add_argument(
        "--tokens", action="store_true", help="count GPT-2 tokens as well (a minute for 100 MB)"
    )

    peek = actions.add_parser("peek", help="print the first documents, shortened")
    peek.add_argument("name", help="a corpus of `data list`, or a path")
    peek.add_argument("--split", help="by default the first one the corpus has")
    peek.add_argument("--count", type=positive, default=3, help="documents (default: 3)")
    peek.add_argument(
        "--characters", type=positive, default=400, help="of each text (default: 400)"
    )


def main(args: argparse.Namespace) -> int:
    """Run one action; the result is the exit code.

    Raises:
        UsageError: with one line that says what is wrong and what to do.
    """
    places = default_places()
    if args.action == "list":
        print(table(places))
        return 0
    if args.action == "fetch":
        from memstudy.corpora.fetching import fetch

        print(fetch(args.name, args.limit, places))
        return 0
    if args.action == "verify":
        return verify(find(args.name), args.tokens, places)
    for line in peek(find(args.name), args.split, args.count, args.characters, places):
        print(line)
    return 0


def table(places: Places) -> str:
    """All corpora: name, kind, whether they are at hand, documents, GPT-2 tokens, licence."""

    rows = [("name", "kind", "at hand", "documents", "tokens", "licence")]
    for corpus in read_registry().values():
        licence = textwrap.shorten(corpus.licence, 48, placeholder=" ...")
        documents, tokens = _count(corpus.total("documents")), _count(corpus.total("tokens"))
        rows.append((corpus.name, corpus.kind, _ready(corpus, places), documents, tokens, licence))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if column in (3, 4) else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    folder = places.folder or "not set"
    lines += ["", f"{FOLDER_VARIABLE}: {folder}; tokens are GPT-2's, end-of-texts included"]
    return "\n".join(lines)


def _ready(corpus: Corpus, places: Places) -> str:
    from memstudy.corpora import hub
    from memstudy.corpora.loading import at_hand

    if at_hand(corpus, places):
        return "yes"
    first = hub.fetched_limit(corpus, places) if isinstance(corpus.source, Hub) else None
    return "no" if first is None else f"first {first:,}"


def verify(corpus: Corpus, with_tokens: bool, places: Places) -> int:
    """Hash the files anew, read every document, compare the counts with the registry's.

    Returns:
        0 if everything agrees, 1 if a count differs.

    Raises:
        MissingCorpus, WrongHash: it is not at hand as a whole, or not the right one. Nothing is
            fetched: a data set of the hub can be larger than the disk.
    """
    from memstudy.corpora.files import MissingCorpus
    from memstudy.corpora.loading import at_hand, documents, require_corpus

    require_corpus(corpus, places, force=True)
    if not at_hand(corpus, places):
        raise MissingCorpus(
            f"corpus {corpus.name} is not at hand as a whole; get all of it first: "
            f"python -m memstudy data fetch {corpus.name}"
        )
    wrong = 0
    for split, expected in corpus.splits.items():
        found = {"documents": sum(1 for _ in documents(corpus, split, places=places))}
        if with_tokens:
            from memstudy.corpora.streams import token_stream

            found["tokens"] = len(token_stream(corpus, split, "gpt2", places=places))
        for what, count in found.items():
            registered = getattr(expected, what)
            if registered is None:
                verdict = "not in the registry"
            elif registered == count:
                verdict = "as in the registry"
            else:
                verdict, wrong = f"WRONG: the registry says {registered:,}", 1
            print(f"{corpus.name} {split}: {count:,} {what}, {verdict}")
    return wrong


def peek(
    corpus: Corpus, split: str | None, count: int, characters: int, places: Places
) -> list[str]:
    """Lines that describe a corpus and show its first documents."""
    from memstudy.corpora.loading import documents

    split = split or corpus.first_split
    lines = [
        f"{corpus.name}: {corpus.title}",
        f"origin: {corpus.origin}",
        f"licence: {corpus.licence}",
    ]
    if corpus.note:
        lines += textwrap.wrap(f"note: {corpus.note}", 100)
    for number, row in enumerate(documents(corpus, split, limit=count, places=places)):
        text = row["text"]
        others = ", ".join(
            f"{column}={textwrap.shorten(str(value), 60, placeholder='...')}"
            for column, value in row.items()
            if column != "text"
        )
        lines += ["", f"--- {split} {number} ({len(text):,} characters) {others}".rstrip()]
        lines.append(text[:characters] + (" ..." if len(text) > characters else ""))
    return lines


def _count(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"
