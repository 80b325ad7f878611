"""The tables of the notebook, and the fixed-format lines of its check cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memstudy.experiments.copy_tasks import readings
from memstudy.experiments.copy_tasks.config import (
    BLANK,
    CAUSAL,
    COPY,
    INSIDE,
    MODES,
    OFFICIAL,
    RECONSTRUCTION,
    STORIES,
    MemoryStage,
    StageUnit,
)
from memstudy.records import brief, facts

if TYPE_CHECKING:
    from memstudy.study import Results

MEMORY_WORDS = {
    "none": "none",
    "trainable": "trained encoder",
    "frozen": "frozen, own table",
    "frozen_new_table": "frozen, new table",
    "full_context": "full context",
    "recurrent": "recurrent",
}
HEAD = ("arm", "stages", "memory", "runs", "causal loss", "copy", "official", "blank", "official")
# Signs that Markdown or its mathematics would read, as HTML names them.
ESCAPES = {ord(sign): f"&#{ord(sign)};" for sign in "\\`*_~<>#[]$|"}


def units(results: Results) -> dict[str, StageUnit]:
    """Configuration of every arm that was trained, in the order of the profile."""
    from memstudy.experiments.copy_tasks.arms import arms

    found = arms(results.profile)
    return {
        name: unit
        for name, unit in found.items()
        if isinstance(unit, StageUnit) and results.seeds_of(name)
    }


def memory_arms(results: Results) -> dict[str, MemoryStage]:
    """Last stage of every arm but the encoders."""
    found = {name: unit.stage for name, unit in units(results).items()}
    return {name: stage for name, stage in found.items() if isinstance(stage, MemoryStage)}


def strategies(results: Results) -> list[tuple[str, ...]]:
    """Rows of the table of strategies; see ``HEAD``. "official" counts the borders of chunks."""
    rows = []
    for arm, stage in memory_arms(results).items():
        path = " → ".join(f"{one.task} {one.recipe.steps:,}" for one in stage.history)
        scores = [f"{readings.score(results, arm, CAUSAL, 'loss').mean():.3f}"]
        for mode in (COPY, BLANK):
            for part in (INSIDE, OFFICIAL):
                scores.append(f"{readings.score(results, arm, mode, part=part).mean():.3f}")
        runs = str(len(results.seeds_of(arm)))
        words = MEMORY_WORDS[stage.memory] + (", cue" if stage.cue else "")
        rows.append((arm, path, words, runs, *scores))
    return rows


def encoders(results: Results) -> list[tuple[str, ...]]:
    """Models that encoders are taken from: what they were trained on, and how well."""
    rows = []
    for arm, unit in units(results).items():
        if isinstance(unit.stage, MemoryStage):
            continue
        mode = RECONSTRUCTION if "autoencoder" in arm else CAUSAL
        loss = readings.score(results, arm, mode, "loss")
        accuracy = readings.score(results, arm, mode)
        rows.append((arm, mode, f"{loss.mean():.3f}", brief(accuracy, ".3f")))
    return rows


def passages(results: Results, arms: dict[str, str], count: int = 3) -> str:
    """A few texts in Markdown, and what the first model of some arms makes of their copies.

    Args:
        results: recorded runs.
        arms: mode (``"blank"`` or ``"copy"``) by arm.
        count: texts shown.

    Returns:
        Text in Markdown; a token that is wrong is crossed out in bold type, a place on which no
        model was trained is a dot.
    """
    found = {arm: readings.passages(results, arm) for arm in arms}
    lines = []
    for index in range(min(count, *(len(one) for one in found.values()))):
        text = next(iter(found.values()))[index]["text"]
        lines.append(f"**Text {index + 1}.** {''.join(map(_shown, text))}\n")
        for arm, mode in arms.items():
            lines.append(f"- {arm}, {mode}: {_marked(text, found[arm][index][mode])}")
        lines.append("")
    return "\n".join(lines)


def marked_tokens(text: list[str | None], named: list[str | None]) -> list[tuple[str, bool | None]]:
    """Tokens that a model has named, each with whether it is right; None: not asked for."""
    pairs = zip(text, named, strict=True)
    return [
        ("·" if said is None else said, None if said is None else said == t) for t, said in pairs
    ]


def check_lines(results: Results) -> list[str]:
    """Lines of the check cell beside those of the rules: every arm's scores."""
    lines = ["arm | causal loss | copy accuracy | blank-copy accuracy | runs"]
    for arm in memory_arms(results):
        scores = [readings.score(results, arm, CAUSAL, "loss")]
        scores += [readings.score(results, arm, mode) for mode in MODES[1:]]
        shown = " | ".join(f"{one.mean():.3f}" for one in scores)
        lines.append(f"{arm} | {shown} | {len(scores[0])}")
    lines.append(f"commonest token | {readings.chance(results):.3f}")
    for suffix, text in {"": "", f"_{STORIES}": " on real stories"}.items():
        arms = [f"copy_{name}{suffix}" for name in ("autoencoder", "autoencoder_new_table", "none")]
        if all(results.seeds_of(arm) for arm in arms):
            own, new, none = readings.paired(results, dict.fromkeys(arms, COPY))
            lines.append(
                f"own table - new table, copy{text} | {brief(own - new, '+.3f')}; above no memory: "
                f"{brief(own - none, '+.3f')} and {brief(new - none, '+.3f')}"
            )
    return lines


def frozen_stays_frozen(results: Results) -> dict[str, bool]:
    """By arm with a frozen encoder: whether its blocks are bit by bit those of their source."""
    found = {}
    for arm in memory_arms(results):
        encoder = facts(results, arm).get("encoder")
        if encoder:
            found[arm] = encoder["blocks_sha256"] == encoder["blocks_sha256_here"]
    return found


def _shown(token: str | None) -> str:
    return "·" if token is None else token.translate(ESCAPES)


def _marked(text: list[str | None], named: list[str | None]) -> str:
    words = []
    for token, right in marked_tokens(text, named):
        shown = _shown(token)
        bare = shown.strip() or "␣"
        words.append(shown if right is not False else f" <s><b>{bare}</b></s>")
    return "".join(words)
