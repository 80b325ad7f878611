"""The contract that every experiment meets, and the one place that finds experiments by name.

An experiment is a folder ``memstudy/experiments/<name>/``. Its ``run.py`` defines ``EXPERIMENT``,
an :class:`Experiment`. Its *units* are independent of each other: one arm and one seed each, with
a complete configuration. What a unit measures is stored under its name together with the hash of
that configuration, so a number can never be shown under a configuration that did not make it.
"""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass
from typing import TYPE_CHECKING, Any, Protocol

from memstudy.core import paths
from memstudy.core.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from memstudy.core.claims import Claim
    from memstudy.core.context import Context
    from memstudy.plotting import FigureSpec

PROFILE_NAMES = ("smoke", "cpu", "gpu", "paper")
MODES = ("load", "run")  # show recorded runs, or first record what is missing


@dataclass(frozen=True)
class Cost:
    """What a profile costs, stated before it has ever been run here."""

    unit_seconds: float  # wall seconds of one unit on the hardware named below
    hardware: str  # e.g. "one CPU core"
    text: str  # the whole profile in words, e.g. "about two hours on 2 cores"


@dataclass(frozen=True)
class Profile:
    """A complete way of running an experiment; experiments subclass it with their own fields."""

    name: str  # one of PROFILE_NAMES
    seeds: tuple[int, ...]  # base seeds, fixed beforehand
    cost: Cost
    recorded: bool  # kept in data/results (False: smoke, kept in the cache)
    at_paper_scale: bool  # whether a claim that holds here is "reproduced" without qualification
    scale: str  # scale against the paper, in words
    pack_size: int  # how many units may train together as one batched model


@dataclass(frozen=True)
class Unit:
    """One independent piece of an experiment: one arm, one seed, one complete configuration."""

    experiment: str
    arm: str  # what is compared, e.g. "three_units"
    seed: int  # base seed of the run
    config: Any  # frozen dataclass: everything that determines the result, without the seed
    pack_key: str = ""  # units with equal keys may be executed together
    random: bool = True  # False: nothing is drawn, or one seed is fixed: not one of several runs

    @property
    def id(self) -> str:
        """Name of the unit and of its folder in the store."""
        return f"{self.arm}-seed{self.seed}"

    def described(self) -> dict[str, Any]:
        """Everything that determines the result, as JSON can hold it."""
        return {
            "experiment": self.experiment,
            "arm": self.arm,
            "seed": self.seed,
            "config": plain(self.config),
        }

    @property
    def hash(self) -> str:
        """SHA-256 of :meth:`described` in canonical JSON."""
        return content_hash(self.described())


@dataclass(frozen=True)
class Measured:
    """What executing a unit gives."""

    table: pd.DataFrame  # long table with the columns of memstudy.core.record.COLUMNS
    facts: Mapping[str, Any] = field(default_factory=dict)  # parameters, samples_seen, flops, data


class Execute(Protocol):
    """Measure the units of one pack, which share everything but the seed."""

    def __call__(self, units: Sequence[Unit], context: Context) -> Sequence[Measured]: ...


@dataclass(frozen=True)
class Experiment:
    """What the rest of the study needs to know about an experiment."""

    name: str  # folder name, equal to the notebook's slug without its number
    notebook: str  # file name of the notebook without suffix, e.g. "01_three_moons"
    title: str  # one line
    profiles: Mapping[str, Any]  # profile name -> Profile (or a subclass of it)
    units: Callable[[Any], list[Unit]]  # profile -> units, the most informative first
    execute: Execute
    claims: tuple[Claim, ...]

    def profile(self, name: str) -> Any:
        """The profile of that name.

        Raises:
            UsageError: the experiment has no such profile.
        """
        if name not in self.profiles:
            raise UsageError(
                f"{self.name} has no profile {name!r}; choose one of {', '.join(self.profiles)}"
            )
        return self.profiles[name]

    def figures(self) -> tuple[FigureSpec, ...]:
        """The figures declared in the experiment's ``figures.py``, which imports matplotlib."""
        module = importlib.import_module(f"memstudy.experiments.{self.name}.figures")
        return module.FIGURES


def plain(value: Any) -> Any:
    """``value`` as plain JSON types: dataclasses to dicts, tuples to lists."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError(
        f"configurations and facts hold numbers, words, lists and dicts, not {type(value).__name__}"
    )


def content_hash(value: Any) -> str:
    """SHA-256 of canonical JSON: sorted keys, no white space."""
    text = json.dumps(plain(value), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def names() -> list[str]:
    """Names of all experiments, found as folders with a ``run.py``; imports none of them."""
    return sorted(run.parent.name for run in paths.EXPERIMENTS.glob("*/run.py"))


def load(name: str) -> Experiment:
    """The experiment of that name.

    Raises:
        UsageError: there is no such experiment.
    """
    if name not in names():
        raise UsageError(f"unknown experiment {name!r}; choose one of {', '.join(names())}")
    return importlib.import_module(f"memstudy.experiments.{name}.run").EXPERIMENT


def load_all() -> list[Experiment]:
    """All experiments in the order of their notebooks."""
    return sorted((load(name) for name in names()), key=lambda found: found.notebook)


def select_units(
    experiment: Experiment,
    profile: str,
    seeds: Sequence[int] | None = None,
    only: Sequence[str] | None = None,
) -> list[Unit]:
    """Units of a profile, restricted to some seeds and to ids that fit ``only``.

    Units that are not one of several runs belong to every choice of seeds.

    Args:
        experiment: the experiment.
        profile: name of one of its profiles.
        seeds: some of the profile's seeds; None for all.
        only: each the id of a unit, else a shell pattern, else a part of ids; None for all.

    Raises:
        UsageError: a seed that is not among the profile's, or a pattern that matches nothing.
    """
    chosen = experiment.profile(profile)
    units = experiment.units(chosen)
    if seeds is not None:
        if not seeds or not set(seeds) <= set(chosen.seeds):
            raise UsageError(
                f"seeds {list(seeds)} are not all among those fixed for profile {profile}: "
                f"{list(chosen.seeds)}; choose some of these"
            )
        units = [unit for unit in units if unit.seed in set(seeds) or not unit.random]
    if only is None:
        return units
    if isinstance(only, str):
        raise TypeError(f"only: a sequence of patterns, not {only!r}")
    wanted: set[str] = set()
    for pattern in only:
        fitting = matching(units, pattern)
        if not fitting:
            arms = sorted({unit.arm for unit in experiment.units(chosen)})
            raise UsageError(
                f"no unit of {experiment.name} matches {pattern!r}; arms: {', '.join(arms)}"
            )
        wanted.update(unit.id for unit in fitting)
    return [unit for unit in units if unit.id in wanted]


def matching(units: Sequence[Unit], pattern: str) -> list[Unit]:
    """The unit of that id, else those whose ids fit a shell pattern, else those that contain it."""
    from fnmatch import fnmatchcase

    return (
        [unit for unit in units if unit.id == pattern]
        or [unit for unit in units if fnmatchcase(unit.id, pattern)]
        or [unit for unit in units if pattern in unit.id]
    )


def packs(units: Sequence[Unit], size: int) -> list[list[Unit]]:
    """Group units that may be executed together, at most ``size`` each, keeping the order.

    Units may share a pack when their ``pack_key`` is equal and not empty.
    """
    grouped: list[list[Unit]] = []
    open_pack: dict[str, list[Unit]] = {}
    for unit in units:
        pack = open_pack.get(unit.pack_key) if unit.pack_key else None
        if pack is None or len(pack) >= size:
            pack = []
            grouped.append(pack)
            open_pack[unit.pack_key] = pack
        pack.append(unit)
    return grouped
