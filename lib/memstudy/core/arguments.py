"""What words of the command line mean: seeds, times, numbers."""

from __future__ import annotations

import argparse
import re

MOST_SEEDS = 10_000  # in one range


def seed_list(text: str) -> tuple[int, ...]:
    """``"0,3,5-7"`` as (0, 3, 5, 6, 7)."""
    seeds: list[int] = []
    for part in text.split(","):
        if not (found := re.fullmatch(r"\s*(\d+)(?:-(\d+))?\s*", part)):
            raise argparse.ArgumentTypeError(f"{text!r} is no list of seeds; write 0,3 or 0-4")
        first, last = int(found[1]), int(found[2] or found[1])
        if last - first > MOST_SEEDS:
            raise argparse.ArgumentTypeError(f"{part!r} are more seeds than any profile has")
        if last < first:
            raise argparse.ArgumentTypeError(f"{part!r} runs backwards; write {last}-{first}")
        seeds += range(first, last + 1)
    return tuple(dict.fromkeys(seeds))


def time_span(text: str) -> float:
    """``"9m"``, ``"90s"``, ``"1h30m"`` or plain seconds, in seconds."""
    found = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?", text.strip())
    if not text.strip() or not found or not any(found.groups()):
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write 90s, 9m or 1h30m")
    hours, minutes, seconds = (float(group or 0) for group in found.groups())
    total = 3600 * hours + 60 * minutes + seconds
    if total <= 0:
        raise argparse.ArgumentTypeError("a budget must be longer than nothing; write 90s or 9m")
    return total


def positive(text: str) -> int:
    """A whole number of at least 1."""
    if not re.fullmatch(r"[1-9]\d*", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of at least 1")
    return int(text)
