"""Encyclopedia articles on invented places and creatures: the out-of-distribution partner.

An article is written from a table of some forty facts about its subject. Names, numbers and words
invented for it come back throughout, so that a reader (or a language model) who remembers what
stood above can foretell much of what stands below. Its layout has lines and headings:

    Tolvek

    Scientific name: Tolvekornis palustris
    ...

    The tolvek (Tolvekornis palustris) is a small songbird native to ...

    == Description ==
    ...
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from random import Random

from memstudy.core.seeds import child
from memstudy.corpora.story_world.encyclopedia import creatures, places
from memstudy.corpora.story_world.grammar import Groups, Template, capital, compile_groups, render

CREATURE_SHARE = 0.5
FEWEST_SECTIONS, MOST_SECTIONS = 3, 7
FEWEST_SENTENCES, MOST_SENTENCES = 3, 6
BOX_SHARE, SUMMARY_SHARE = 0.6, 0.45
LONGEST_SUMMARY = 6


@dataclass(frozen=True, slots=True)
class Article:
    """One generated encyclopedia article."""

    text: str  # title, table, sections; lines are parted by "\n", paragraphs by "\n\n"
    title: str
    kind: str  # "creature", "town", "river", "island" or "mountain"
    facts: tuple[tuple[str, str], ...]  # what the table of the article may state: (label, value)


@cache
def _templates() -> Groups:
    return compile_groups([creatures.FORMS, places.FORMS], {})


class _Writer:
    """What the templates need: random choices and the facts by name."""

    def __init__(self, rng: Random, facts: dict[str, str]) -> None:
        self.random = rng.random
        self.facts = facts

    def value(self, key: str) -> str:
        """The fact that stands for the slot ``{key}``."""
        return self.facts[key]

    def sentence(self, template: Template) -> str:
        """One rendered template."""
        parts: list[str] = []
        render(template.ops, self, parts)
        return capital("".join(parts))


def article(seed: int, index: int, split: str) -> Article:
    """See :func:`memstudy.corpora.story_world.article`."""
    rng = Random(child(seed, f"article/{split}", index))
    subject = creatures if rng.random() < CREATURE_SHARE else places
    facts = subject.draw(rng)
    kind = facts["kind"]
    box = subject.BOX if kind == "creature" else subject.BOX[kind]
    lines = [facts["title"]]
    if rng.random() < BOX_SHARE:
        lines.append("\n".join(f"{label}: {facts[key]}" for label, key in box))
    sections = subject.SECTIONS if kind == "creature" else subject.SECTIONS[kind]
    lines += _sections(_Writer(rng, facts), rng, kind, sections)
    if rng.random() < SUMMARY_SHARE:
        chosen = rng.sample(box, LONGEST_SUMMARY)
        summary = "; ".join(f"{label.lower()}: {facts[key]}" for label, key in chosen)
        lines.append(f"== Summary ==\n{facts['title']}: {summary}.")
    return Article(
        text="\n\n".join(lines),
        title=facts["title"],
        kind=kind,
        facts=tuple((label, facts[key]) for label, key in box),
    )


def _sections(writer: _Writer, rng: Random, kind: str, names: tuple[str, ...]) -> list[str]:
    """Introduction and some sections, each of some sentences, none used twice."""
    groups = _templates()
    group = kind if kind == "creature" else "place"
    more = rng.sample(groups[f"{kind}.Introduction+"], rng.randint(1, 3))
    opening = [rng.choice(groups[f"{kind}.Introduction"]), *more]
    paragraphs = [" ".join(writer.sentence(template) for template in opening)]
    count = rng.randint(FEWEST_SECTIONS, min(len(names), MOST_SECTIONS))
    chosen = sorted(rng.sample(range(len(names)), count))
    for name in (names[i] for i in chosen):
        options = groups[f"{group}.{name}"]
        lines = rng.sample(
            options, rng.randint(FEWEST_SENTENCES, min(len(options), MOST_SENTENCES))
        )
        body = " ".join(writer.sentence(template) for template in lines)
        paragraphs.append(f"== {name} ==\n{body}")
    return paragraphs
