"""The tables of the notebook, and the fixed-format lines of its check cell.

A table is what :func:`memstudy.study.markdown_table` takes: its head and its rows.
"""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING, NamedTuple

from memstudy.experiments.babistories_lm import readings
from memstudy.experiments.babistories_lm.config import COPIED, arm_name
from memstudy.experiments.babistories_lm.prompts import PROMPTS
from memstudy.language_models.config import MOSAIC, TRANSFORMER
from memstudy.records import brief, facts

if TYPE_CHECKING:
    import numpy as np

    from memstudy.study import Results


class Table(NamedTuple):
    """A table of words."""

    head: tuple[str, ...]
    rows: list[tuple[str, ...]]


# Table 2. The paper prints 2.2k stories for the validation part; its tokens give 22 thousand.
PAPER_CORPORA = (
    ("BabiStories (paper), train", "2,200,000", "474,704,907", "888", "216", "gpt2"),
    ("BabiStories (paper), validation", "22,000", "4,749,107", "889", "216", "gpt2"),
)
# What is known of Fig. 9, nats a token, on BabiStories with GPT-2's tokeniser after 80,000 steps:
# (depth, split, GPT2, mosaic). The last row is the benchmark of the official code.
PAPER_LOSSES = (
    (1, "end of training, read off the figure", "about 2.0", "about 1.9"),
    (8, "validation", "not known", "cannot be told from GPT2's"),
    (12, "train", "not known", "1.33"),
    (12, "validation", "not known", "1.50"),
)

# Signs that Markdown or its mathematics would read, as HTML names them.
ESCAPES = {ord(sign): f"&#{ord(sign)};" for sign in "\\`*_~<>#[]$"}


# --- Table 2: the corpora -----------------------------------------------------------------------


def corpora(results: Results) -> Table:
    """Table 2: documents, tokens and lengths of every text used, beside the paper's corpus."""
    head = (
        "text",
        "documents",
        "tokens",
        "characters a document",
        "tokens a document",
        "tokeniser",
    )
    return Table(head, [*_corpora(results), *PAPER_CORPORA])


def _corpora(results: Results) -> list[tuple[str, ...]]:
    rows = []
    for text in readings.texts(results):
        arm = arm_name(text, MOSAIC, readings.depths(results)[0])
        for split, found in sorted(facts(results, arm)["data"].items()):
            documents = found["documents"]
            rows.append(
                (
                    f"{readings.text_name(results, text)}, {split}",
                    f"{documents:,}",
                    f"{found['tokens']:,}",
                    f"{found['characters'] / documents:.0f}",
                    f"{found['tokens'] / documents:.0f}",
                    found["tokenizer"],
                )
            )
    return rows


# --- Fig. 9 in numbers, MM-A4 -------------------------------------------------------------------


def depths(results: Results) -> Table:
    """Best validation losses by depth and text, their difference, size; MM-A4 is marked."""
    head = (
        "text",
        "blocks",
        "mosaic",
        "GPT2",
        "GPT2 - mosaic, nats a token",
        "perplexity",
        "nats a character",
        "parameters",
    )
    rows = [_depth_row(results, *place) for place in _places(results)]
    return Table(head, rows)


def _places(results: Results) -> list[tuple[str, int, tuple[str, ...]]]:
    """Text, depth and difference of the mosaic's arm of every comparison of the families."""
    found = []
    for text in readings.texts(results):
        for depth in readings.depths(results):
            found.append((text, depth, ()))
            if depth in readings.copied_on(results, text):
                found.append((text, depth, (COPIED,)))
    return found


def _pair(text: str, depth: int, differences: tuple[str, ...]) -> tuple[str, str]:
    """Arms of the mosaic and of the transformer that are compared."""
    return arm_name(text, MOSAIC, depth, *differences), arm_name(text, TRANSFORMER, depth)


def _depth_row(
    results: Results, text: str, depth: int, differences: tuple[str, ...]
) -> tuple[str, ...]:
    arms = _pair(text, depth, differences)
    means = [_best(results, arm) for arm in arms]
    characters = [
        readings.nats_a_character(results, arm, mean) for arm, mean in zip(arms, means, strict=True)
    ]
    counts = [facts(results, arm)["parameters"] for arm in arms]
    asked = " (MM-A4)" if depth in readings.NEVER_SHOWN else ""
    if differences:
        asked = ", the mosaic with GPT2's recipe"
    return (
        readings.text_name(results, text),
        f"{depth}{asked}",
        f"{means[0]:.3f}",
        f"{means[1]:.3f}",
        interval(readings.loss_differences(results, text, depth, *differences)),
        " / ".join(f"{exp(mean):.2f}" for mean in means),
        " / ".join(f"{value:.4f}" for value in characters),
        " / ".join(f"{count:,}" for count in counts),
    )


def _best(results: Results, arm: str) -> float:
    """Best validation loss of an arm, mean over runs."""
    found = readings.by_seed(results, arm, metric="best_loss", split="validation")
    return float(found.mean())


def paper_losses() -> Table:
    """What is known of the values of Fig. 9; another corpus and tokeniser than ours."""
    rows = [(str(depth), split, gpt2, mosaic) for depth, split, gpt2, mosaic in PAPER_LOSSES]
    return Table(("blocks", "the paper's loss", "GPT2", "mosaic"), rows)


# --- MM-A1, MM-A2, MM-A3 ------------------------------------------------------------------------


def ablations(results: Results) -> Table:
    """What a mosaic of one block loses without one of its mechanisms; nothing to reproduce."""
    head = ("question", "mosaic with ...", "validation loss, nats a token", "consistency score")
    rows = [
        (
            readings.ABLATION_IDS[found.name],
            readings.ABLATION_NAMES[found.name],
            interval(found.loss),
            "not asked" if found.consistency is None else interval(found.consistency),
        )
        for found in readings.ablations(results)
    ]
    return Table(head, rows)


# --- Table 3: the search ------------------------------------------------------------------------


def search(results: Results) -> Table:
    """Table 3: every setting that was tried, the best first, for both families side by side.

    Without rows where the profile has no search of its own.
    """
    columns = [readings.searched(results, family) for family in (TRANSFORMER, MOSAIC)]
    head = ("rank", "GPT2: learning rate, dropout, weight decay", "loss", "mosaic", "loss")
    rows = [
        (
            str(rank),
            *(text for run in pair for text in (setting(run), f"{run.loss:.3f}")),
        )
        for rank, pair in enumerate(zip(*columns, strict=True), start=1)
    ]
    return Table(head, rows)


def setting(run: readings.Searched) -> str:
    """Learning rate, dropout and weight decay of a run of the search."""
    return f"{run.learning_rate:g}, {run.dropout:g}, {run.weight_decay:g}"


# --- Tables 1 and 5: continuations --------------------------------------------------------------


def continuations(results: Results, depth: int) -> Table:
    """Tables 1 and 5: the prompts with greedy continuations of both families, first seed.

    Args:
        results: recorded runs.
        depth: blocks.
    """
    (text,) = readings.texts_with(results, "prompts")
    found = [
        readings.continuations(results, arm_name(text, family, depth))
        for family in (MOSAIC, TRANSFORMER)
    ]
    rows = [
        (str(prompt.number), one_line(prompt.text), one_line(mosaic), one_line(transformer))
        for prompt, mosaic, transformer in zip(PROMPTS, *found, strict=True)
    ]
    blocks = readings.blocks(depth)
    head = ("no.", "prompt", f"mosaic, {blocks}", f"GPT2, {blocks}")
    return Table(head, rows)


def folded(title: str, markdown: str) -> str:
    """Markdown that a reader opens with a click."""
    return f"<details><summary>{title}</summary>\n\n{markdown}\n</details>\n"


def one_line(text: str) -> str:
    """Text of a model as a cell of a table: no line breaks, nothing that Markdown would read."""
    return " ".join(text.split()).translate(ESCAPES)


# --- the check cell -----------------------------------------------------------------------------


def check_lines(results: Results) -> list[str]:
    """Fixed-format lines: every number of the tables that a conclusion may rest on."""
    return [
        *(f"text: {' | '.join(row)}" for row in _corpora(results)),
        *_depth_lines(results),
        *_kind_lines(results),
        *_ablation_lines(results),
        *_search_lines(results),
    ]


def _depth_lines(results: Results) -> list[str]:
    lines = []
    for text, depth, differences in _places(results):
        arms = _pair(text, depth, differences)
        for arm in arms[:1] if differences else arms:
            mean = _best(results, arm)
            lines.append(
                f"{arm}: loss {mean:.3f}, perplexity {exp(mean):.2f}, nats a character "
                f"{readings.nats_a_character(results, arm, mean):.4f}, {_asked(results, text, arm)}"
            )
        found = interval(readings.loss_differences(results, text, depth, *differences))
        asked = "MM-A4 | " if depth in readings.NEVER_SHOWN else ""
        which = " with the transformer's recipe" if differences else ""
        place = f"{text}, {readings.blocks(depth)}"
        lines.append(f"{asked}{place}: transformer - mosaic{which} {found}")
    return lines


def _asked(results: Results, text: str, arm: str) -> str:
    if readings.measures(results, text) == "prompts":
        return f"key words {readings.key_word_hits(results, arm).mean():.3f}"
    score, guess = readings.consistency(results, arm).mean(), readings.chance(results, arm)
    return f"consistency {score:.3f} (chance {guess:.3f})"


def _kind_lines(results: Results) -> list[str]:
    """Consistency scores by kind of question, both families."""
    lines = []
    for text in readings.texts_with(results, "consistency"):
        for depth in readings.depths(results):
            mosaic, transformer = _pair(text, depth, ())
            told = (
                f"{kind} {readings.consistency(results, mosaic, kind).mean():.3f} / "
                f"{readings.consistency(results, transformer, kind).mean():.3f}"
                for kind in readings.question_kinds(results, mosaic)
            )
            place = f"{text}, {readings.blocks(depth)}"
            lines.append(f"{place}: right answers by kind, mosaic / transformer: {', '.join(told)}")
    return lines


def _ablation_lines(results: Results) -> list[str]:
    lines = []
    for found in readings.ablations(results):
        score = "not asked" if found.consistency is None else interval(found.consistency)
        lines.append(
            f"{readings.ABLATION_IDS[found.name]} | {found.name}, ablated - full: "
            f"loss {interval(found.loss)}, consistency {score}"
        )
    return lines


def _search_lines(results: Results) -> list[str]:
    lines = []
    for family in (TRANSFORMER, MOSAIC):
        runs = readings.searched(results, family)
        if not runs:
            return ["search: none in this profile"]
        edge = " (edge of the grid)" if readings.on_the_edge(results, runs[0]) else ""
        used = "yes" if readings.winner_is_used(results, family) else "no"
        lines += [
            f"search, {family}: best of {len(runs)}: {setting(runs[0])}{edge}, "
            f"loss {runs[0].loss:.3f}; worst {runs[-1].loss:.3f}",
            f"search, {family}: its models have the best setting: {used}",
        ]
    return lines


def interval(values: np.ndarray) -> str:
    """Mean over runs with its 95 % interval and the number of runs, signed."""
    return f"{brief(values, '+.3f')} (n = {len(values)})"
