"""Data, recipes, settings, arms and units of RegBench; torch is not needed here.

Arms are named ``ARCHITECTURE_ENVIRONMENTS_SETTING``, such as
``mosaic_100_d128_h8_b2_lr0.0005_wd0.1``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from memstudy.core.experiment import Profile, Unit
from memstudy.experiments.regbench.architecture_config import ArchitectureConfig
from memstudy.experiments.regbench.mqar import MqarConfig

NAME = "regbench"
# Of matrix products, on every device: scores compare the likeliest letter with the next one, and
# what a GPU's bfloat16 would round differs from architecture to architecture.
PRECISION = "float32"


@dataclass(frozen=True)
class DataConfig:
    """Sequences that a model is trained, chosen and tested on; see ``sequences.py``."""

    environments: int  # training automata, one sequence each; the paper: 100 to 40,000
    validation: int = 250  # automata and sequences that choose the best weights
    test: int = 250  # automata and sequences of the test
    in_distribution: int = 0  # sequences each for choice and test of Table 4; 0: none; paper: 100
    seed: int = 0  # of automata and sequences: the same data for all models and seeds
    strings: tuple[int, int] = (10, 19)  # strings of a sequence, fewest and most
    letters: tuple[int, int] = (1, 49)  # letters of a string, fewest and most


@dataclass(frozen=True, kw_only=True)
class RecipeConfig:
    """How a model is trained (section E.3)."""

    learning_rate: float = 5e-4  # at the end of the warm-up
    weight_decay: float = 0.1  # on every parameter; the search of the paper: 0.01, 0.1
    clip_norm: float | None = None  # the paper: 1.0 for the mosaic, none for the others
    batch_size: int = 32  # sequences a step; an epoch's last step may have fewer
    epochs: int = 200  # the clock of the schedule, and the length of the training
    warmup_epochs: int = 20  # linear rise from 1e-6; the cosine's clock runs already
    evaluate_epochs: int = 1  # epochs between two looks at the validation sets
    micro_batch_size: int = 8  # sequences a forward pass, of similar length; see learning.py

    def __post_init__(self) -> None:
        """Refuse recipes that cannot be (ValueError)."""
        if not 0 <= self.warmup_epochs < self.epochs:
            raise ValueError(
                f"warmup_epochs is {self.warmup_epochs}; it must be at least 0 and less than "
                f"epochs, {self.epochs}"
            )


@dataclass(frozen=True)
class Setting:
    """One point of the search: a model and how it is trained."""

    architecture: ArchitectureConfig
    recipe: RecipeConfig

    @property
    def name(self) -> str:
        """What the search varies, such as ``d128_h8_b2_lr0.0005_wd0.1``."""
        shape, recipe = self.architecture, self.recipe
        words = [
            f"d{shape.d_model}_h{shape.n_heads}_b{shape.n_blocks}",
            f"lr{recipe.learning_rate:g}_wd{recipe.weight_decay:g}",
        ]
        if shape.attention_dropout:
            words.append(f"ad{shape.attention_dropout:g}")
        if shape.every_layer_reads_embeddings:
            words.append("flat")
        return "_".join(words)


@dataclass(frozen=True)
class Point:
    """A setting at a number of environments, with some seeds."""

    environments: int
    setting: Setting
    seeds: tuple[int, ...]

    @property
    def arm(self) -> str:
        """Name of the arm."""
        return f"{self.setting.architecture.name}_{self.environments}_{self.setting.name}"


@dataclass(frozen=True)
class TrainedUnit:
    """One trained model and what is measured on it, but the seed."""

    data: DataConfig
    setting: Setting


@dataclass(frozen=True)
class OracleUnit:
    """Predictors without training on the same test."""

    data: DataConfig
    orders: tuple[int, ...] = (1, 2, 3, 4)  # of the in-context n-grams


@dataclass(frozen=True)
class RegbenchProfile(Profile):
    """A complete way of running the experiment."""

    points: tuple[Point, ...] = ()  # what is trained, the most informative first
    data: DataConfig = field(default_factory=lambda: DataConfig(100))  # but the environments
    in_distribution_at: int = 100  # environments of the control in distribution (Table 4)
    control_sequences: int = 100  # sequences each for choice and test of that control
    mqar: tuple[MqarConfig, ...] = ()  # associative recall (MM-A5), with all seeds

    @property
    def environments(self) -> tuple[int, ...]:
        """All numbers of environments, ascending."""
        return tuple(sorted({point.environments for point in self.points}))


def data_config(profile: RegbenchProfile, environments: int) -> DataConfig:
    """The data of a number of environments."""
    control = profile.control_sequences if environments == profile.in_distribution_at else 0
    return replace(profile.data, environments=environments, in_distribution=control)


def units(profile: RegbenchProfile) -> list[Unit]:
    """All units: the oracles, then the models, seed by seed."""
    oracle = OracleUnit(data_config(profile, profile.in_distribution_at))
    trained = [
        Unit(NAME, point.arm, seed, TrainedUnit(data_config(profile, point.environments), setting))
        for environments in profile.environments
        for seed in profile.seeds
        for point in profile.points
        if seed in point.seeds and point.environments == environments
        for setting in [point.setting]
    ]
    recall = [
        Unit(NAME, f"mqar_{config.architecture.name}", seed, config)
        for seed in profile.seeds
        for config in profile.mqar
    ]
    return [Unit(NAME, "oracles", profile.data.seed, oracle, random=False), *trained, *recall]
