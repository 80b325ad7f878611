"""The one door of the study: ``study.results("three_moons", profile="cpu", mode="load")``.

Notebooks, claims and figures read recorded runs through :class:`Results` and through nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from memstudy import runner
from memstudy.core import claims, experiment, paths
from memstudy.core.errors import UsageError
from memstudy.core.progress import duration
from memstudy.core.store import Recorded, read_run


@dataclass(frozen=True)
class Results:
    """Recorded runs of one profile of an experiment, verified and complete."""

    experiment: experiment.Experiment
    profile: Any  # the experiment's Profile
    recorded: tuple[Recorded, ...]
    table: pd.DataFrame  # all measurements, one row each

    @property
    def runs(self) -> pd.DataFrame:
        """One row a run: unit, arm, seed, seconds, device, commit, parameters."""
        rows = [
            {
                "unit": run["unit"],
                "arm": run["arm"],
                "seed": run["seed"],
                "seconds": run["wall_seconds"],
                "device": run["device"]["name"],
                "commit": (run["git"]["commit"] or "unknown")[:9],
                "started": run["started"],
                "parameters": run["facts"].get("parameters"),
            }
            for run in (found.run for found in self.recorded)
        ]
        return pd.DataFrame(rows)

    def select(self, **wanted: Any) -> pd.DataFrame:
        """Rows whose columns have the given values.

        Raises:
            UsageError: no row has them.
        """
        found = self.table
        for column, value in wanted.items():
            found = found[found[column] == value]
        if found.empty:
            raise UsageError(f"{self.experiment.name}: nothing measured with {wanted}")
        return found

    def seeds_of(self, arm: str) -> list[int]:
        """Seeds with which an arm was run, ascending."""
        return sorted(found.run["seed"] for found in self.recorded if found.run["arm"] == arm)

    def verdicts(self) -> list[claims.Verdict]:
        """Computed verdict on every claim of the experiment."""
        scale = self.profile.at_paper_scale
        return [claims.judge(c, c.test(self), scale) for c in self.experiment.claims]

    def verdict_table(self) -> str:
        """One row a claim in Markdown: what the paper says, what was found, rule, verdict.

        Rules were fixed before results unless they are marked; below the table stands what was
        changed about a rule, or about the runs it judges, after it had first been written.
        """
        rows = [
            (
                verdict.claim.id,
                verdict.claim.where,
                f"{verdict.claim.statement} ({verdict.claim.paper_value})",
                verdict.evidence.ours,
                str(verdict.evidence.n or "–"),
                f"*(correction below)* {verdict.claim.rule}"
                if verdict.claim.corrections
                else verdict.claim.rule,
                f"**{verdict.status}**{verdict.with_t}",
            )
            for verdict in self.verdicts()
        ]
        head = ("claim", "where", "the paper", "ours", "runs", "rule", "verdict")
        notes = [
            f"- {verdict.claim.id}: {correction.removesuffix('.')}."
            for verdict in self.verdicts()
            for correction in verdict.claim.corrections
        ]
        if not notes:
            return markdown_table(head, rows)
        told = "\n".join(["", "**Rules that were changed, and when.**", "", *notes, ""])
        return markdown_table(head, rows) + told

    def check_lines(self) -> list[str]:
        """Fixed-format lines of a notebook's check cell: every condition of every claim."""
        lines = []
        for verdict in self.verdicts():
            lines.append(f"{verdict.claim.id} | {verdict.status} | n = {verdict.evidence.n}")
            lines.append(f"  {verdict.evidence.ours}")
            lines += [f"  {condition}" for condition in verdict.evidence.conditions]
        return lines

    def show(self, figure: str) -> None:
        """Draw a figure of this experiment, save it, and show it with its caption.

        Args:
            figure: name of one of the figures in the experiment's ``figures.py``.

        Raises:
            UsageError: there is no figure of that name.
        """
        from memstudy import plotting

        specs = {spec.name: spec for spec in self.experiment.figures()}
        if figure not in specs:
            raise UsageError(f"there is no figure {figure!r}; choose one of {', '.join(specs)}")
        plotting.show(specs[figure], self, self.figures_folder)

    @property
    def figures_folder(self) -> Path:
        """Where figures go: ``$MEMSTUDY_FIGURES``, else ``figures/`` for recorded profiles."""
        if asked := os.environ.get("MEMSTUDY_FIGURES"):
            return Path(asked)
        return paths.FIGURES if self.profile.recorded else paths.CACHE / "figures"


def banner(name: str, profile: str = "cpu") -> str:
    """What a notebook is about to show, in one block of text: profile, runs, scale, cost."""
    chosen = experiment.load(name)
    found = chosen.profile(profile)
    store = runner.places(found).store
    runs = [
        read_run(store.folder(name, profile, unit_id)) for unit_id in store.unit_ids(name, profile)
    ]
    lines = [f"experiment  {name}", f"profile     {profile}: {found.scale}"]
    if runs:
        days = sorted({run["started"][:10] for run in runs})
        devices = sorted({run["device"]["name"] for run in runs})
        commits = sorted({(run["git"]["commit"] or "unknown")[:9] for run in runs})
        when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
        seconds = sum(run["wall_seconds"] for run in runs)
        lines += [
            f"recorded    {len(runs)} runs, {when}, {duration(seconds)} of computing",
            f"device      {', '.join(devices)}",
            f"commit      {', '.join(commits)}",
        ]
    lines.append(f"cost        {found.cost.text}")
    return "\n".join(lines)


def results(
    name: str, profile: str = "cpu", mode: str = "load", seeds: Sequence[int] | None = None
) -> Results:
    """Recorded runs of an experiment.

    Args:
        name: the experiment, e.g. ``"three_moons"``.
        profile: one of its profiles.
        mode: ``"load"`` reads recorded runs; ``"run"`` first executes and records missing ones.
        seeds: some of the profile's seeds; default all.

    Raises:
        UsageError: unknown name, profile, mode or seeds; runs that are missing (the message names
            the command that records them) or cannot be trusted.
    """
    if mode not in experiment.MODES:
        known = ", ".join(experiment.MODES)
        raise UsageError(f"unknown mode {mode!r}; choose one of {known}")
    chosen = experiment.load(name)
    where = runner.places(chosen.profile(profile))
    chosen_seeds = None if seeds is None else tuple(seeds)
    if mode == "run":
        # What is never recorded is tiny: more threads would only wait for each other.
        threads = None if chosen.profile(profile).recorded else 1
        options = runner.Options(seeds=chosen_seeds, threads=threads)
        report = runner.run(chosen, profile, options, where, echo=lambda line: None)
        if report.failed:
            raise UsageError(f"{name}: units failed: {report.failed}")
    units = experiment.select_units(chosen, profile, chosen_seeds)
    return assembled(chosen, profile, where.store.load(chosen, profile, units))


def assembled(chosen: experiment.Experiment, profile: str, recorded: Sequence[Recorded]) -> Results:
    """Results out of runs that have been read."""
    table = pd.concat([found.table for found in recorded], ignore_index=True)
    return Results(chosen, chosen.profile(profile), tuple(recorded), table)


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown; vertical bars inside cells are escaped."""
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    lines += [" | ".join(cell.replace("|", "\\|") for cell in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines) + "\n"
