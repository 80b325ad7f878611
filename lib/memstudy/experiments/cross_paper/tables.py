"""The tables of the notebook, and the lines of its check cell: those of each question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from memstudy.experiments.cross_paper.copied_languages import tables as copied_languages
from memstudy.experiments.cross_paper.pairings import tables as pairings
from memstudy.experiments.cross_paper.profiles import ROOMS, CrossProfile
from memstudy.experiments.cross_paper.retention import tables as retention
from memstudy.experiments.cross_paper.unit_memories import tables as unit_memories

if TYPE_CHECKING:
    from collections.abc import Iterator

    from memstudy.study import Results

CHECKED = {
    "X-1, what a vector holds": retention.check_lines,
    "X-2, memory units as explicit memories": unit_memories.check_lines,
    "X-3, pairings": pairings.check_lines,
    "X-4, languages with copies": copied_languages.check_lines,
}


def check_lines(results: Results) -> Iterator[str]:
    """Lines of the check cell beside those of the rules, question by question."""
    for title, lines in CHECKED.items():
        yield f"\n{title}"
        yield from lines(results)


def described(profile: CrossProfile) -> Iterator[str]:
    """What each question reads, in a line or two."""
    retention, pairings = profile.retention, profile.pairings
    world, languages = profile.unit_memories.world, profile.copied_languages.data
    yield (
        f"X-1: {retention.text.corpus}, {retention.text.tokenizer}: one vector for a sequence of "
        f"{retention.length} tokens; language models trained on sequences of {retention.window}"
    )
    yield (
        f"X-2: {world.train_entities} training entities, cards of {world.reference_length} words, "
        f"texts of {world.chunks} chunks of {world.chunk_length}"
    )
    yield (
        f"X-3: {pairings.text.corpus}, {pairings.text.tokenizer}: {pairings.n_chunks} chunks of "
        f"{pairings.chunk} tokens, of which the second half repeats the first; d = "
        f"{pairings.d_model}, {pairings.n_blocks} blocks each"
    )
    yield (
        f"X-4: {languages.environments} training languages, {languages.test} unseen ones, "
        f"{languages.strings[0]} to {languages.strings[1]} strings of {languages.letters[0]} to "
        f"{languages.letters[1]} letters each"
    )


def arms(results: Results) -> list[dict[str, Any]]:
    """One row an arm: question, runs, parameters, minutes."""
    runs = results.runs
    rows = []
    for name, room in ROOMS.items():
        for arm in room.arms(getattr(results.profile, name)):
            own = runs[runs["arm"] == arm]
            if len(own):
                rows.append(
                    {
                        "question": name.replace("_", " "),
                        "arm": arm,
                        "runs": len(own),
                        "parameters": own["parameters"].iloc[0],
                        "minutes a run": own["seconds"].mean() / 60,
                    }
                )
    return rows
