"""The one door of the study: ``study.results("three_moons", profile="cpu", mode="load")``.

Notebooks, claims and figures read recorded runs through :class:`Results` and through nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from memstudy.core import claims, experiment, paths
from memstudy.core.errors import UsageError
from memstudy.core.store import Recorded

MODES = ("load", "run")


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

    def banner(self) -> str:
        """Profile, device, commit, date and scale of what is shown, in one block of text."""
        runs = self.runs
        devices = ", ".join(sorted(set(runs["device"])))
        commits = ", ".join(sorted(set(runs["commit"])))
        days = sorted({started[:10] for started in runs["started"]})
        return "\n".join(
            [
                f"profile   {self.profile.name}: {self.profile.scale}",
                f"recorded  {len(runs)} runs on {devices}, "
                f"{days[0] if len(days) == 1 else f'{days[0]} to {days[-1]}'}, commit {commits}",
                f"cost      {self.profile.cost.text}",
            ]
        )

    def verdicts(self) -> list[claims.Verdict]:
        """Computed verdict on every claim of the experiment."""
        scale = self.profile.at_paper_scale
        return [claims.judge(c, c.test(self), scale) for c in self.experiment.claims]

    def verdict_table(self) -> pd.DataFrame:
        """One row a claim: what the paper says, what was found, the rule, the verdict."""
        return pd.DataFrame(
            [
                {
                    "claim": verdict.claim.id,
                    "where": verdict.claim.where,
                    "paper": f"{verdict.claim.statement} ({verdict.claim.paper_value})",
                    "ours": verdict.evidence.ours,
                    "n": verdict.evidence.n,
                    "rule": verdict.claim.rule,
                    "verdict": verdict.status,
                }
                for verdict in self.verdicts()
            ]
        ).set_index("claim")

    def check_lines(self) -> list[str]:
        """Fixed-format lines of a notebook's check cell: every condition of every claim."""
        lines = []
        for verdict in self.verdicts():
            lines.append(f"{verdict.claim.id} | {verdict.status} | n = {verdict.evidence.n}")
            lines.append(f"  {verdict.evidence.ours}")
            for condition in verdict.evidence.conditions:
                word = {True: "holds", False: "fails", None: "undecided"}[condition.holds]
                lines.append(f"  {word}: {condition.text}: {condition.measured}")
        return lines

    @property
    def figures_folder(self) -> Path:
        """Where figures of this profile go: beside the notebooks only when it is recorded."""
        return paths.FIGURES if self.profile.recorded else paths.CACHE / "figures"


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
    from memstudy import runner

    if mode not in MODES:
        raise UsageError(f"unknown mode {mode!r}; choose one of {', '.join(MODES)}")
    chosen = experiment.load(name)
    where = runner.places(chosen.profile(profile))
    chosen_seeds = None if seeds is None else tuple(seeds)
    if mode == "run":
        options = runner.Options(seeds=chosen_seeds)
        report = runner.run(chosen, profile, options, where, echo=lambda line: None)
        if report.failed:
            raise UsageError(f"{name}: units failed: {report.failed}")
    units = experiment.select_units(chosen, profile, chosen_seeds)
    recorded = where.store.load(chosen, profile, units)
    table = pd.concat([found.table for found in recorded], ignore_index=True)
    return Results(chosen, chosen.profile(profile), tuple(recorded), table)
