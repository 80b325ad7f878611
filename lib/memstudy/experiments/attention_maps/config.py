"""Arms, windows and profiles of the attention maps; torch is not needed here.

The models are those of the experiment ``babistories_lm`` with one block, trained on its stories:
``mosaic`` is its arm ``stories_mosaic_1``, ``absolute`` its ``stories_transformer_1``. The two
other kinds of position are trained with the same shape, recipe and windows. The arms ``*_longer``
are the same after a schedule stretched to more steps; no rule rests on them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from memstudy.core.experiment import Cost, Profile, Unit
from memstudy.experiments.babistories_lm.config import (
    LONGER,
    STORIES,
    model_config,
    trained_longer,
)
from memstudy.experiments.babistories_lm.profiles import PROFILES as LANGUAGE_MODELS
from memstudy.language_models.config import MOSAIC, TRANSFORMER, ModelConfig

NAME = "attention_maps"

ABSOLUTE = "absolute"  # transformers, by their kind of position
ROPE = "rope"
ALIBI = "alibi"
ARMS = (MOSAIC, ABSOLUTE, ROPE, ALIBI)
EXTENDED = (ROPE, ALIBI, MOSAIC)  # arms that can read windows longer than those of training

FACTOR = 3  # the long windows are so many times as long as those of training
TRAINED, LONG = "L", "3L"  # splits of the table: windows of both lengths
PIECES = "3L in pieces"  # the long windows' tokens, read in windows of the trained length


@dataclass(frozen=True)
class WindowsConfig:
    """Windows of the validation text at random places, the same for every model."""

    trained: int = 1_000  # windows of the length of training; the paper: 5,000
    long: int = 400  # windows of three times that length; the paper: 5,000
    seed: int = 0  # of the places
    pass_tokens: int = 8_192  # tokens a forward pass; it bounds the memory, not the result


@dataclass(frozen=True)
class MapsUnit:
    """Everything that determines one model and its maps, but the seed."""

    model: ModelConfig  # one block
    windows: WindowsConfig
    extended: bool  # whether the long windows are read too

    def __post_init__(self) -> None:
        """Refuse what has no single map, or no positions beyond the training's (ValueError)."""
        shape = self.model.shape
        if shape.n_blocks != 1:
            raise ValueError(f"maps are of models with one block, not {shape.n_blocks}")
        if shape.context_length % 2:
            raise ValueError(f"the trained length is cut in halves; {shape.context_length} is odd")
        if self.extended and shape.family == TRANSFORMER and shape.position == ABSOLUTE:
            raise ValueError(
                f"learned positions end at {shape.context_length}: such a model cannot read "
                "longer windows; leave `extended` False"
            )


@dataclass(frozen=True)
class MapsProfile(Profile):
    """A complete way of running the experiment."""

    windows: WindowsConfig = field(default_factory=WindowsConfig)
    longer: bool = False  # whether every arm is also trained for longer, as in babistories_lm

    @property
    def context_length(self) -> int:
        """L, tokens of a training window."""
        return LANGUAGE_MODELS[self.name].shape.context_length


def arms(profile: MapsProfile) -> dict[str, MapsUnit]:
    """Configuration of each arm, the most informative first."""
    base = LANGUAGE_MODELS[profile.name]
    found = {}
    for arm in ARMS:
        family, shape = (MOSAIC, {}) if arm == MOSAIC else (TRANSFORMER, {"position": arm})
        model = model_config(base, STORIES, family, 1, **shape)
        found[arm] = MapsUnit(model, profile.windows, extended=arm in EXTENDED)
    for arm in ARMS if profile.longer else ():
        model = trained_longer(found[arm].model, times_longer(profile))
        found[longer_arm(arm)] = replace(found[arm], model=model)
    return found


def times_longer(profile: MapsProfile) -> int:
    """How many times the steps the arms ``*_longer`` have."""
    return LANGUAGE_MODELS[profile.name].longer


def longer_arm(arm: str) -> str:
    """Name of the arm whose models are those of another, trained for longer."""
    return f"{arm}_{LONGER}"


def units(profile: MapsProfile) -> list[Unit]:
    """All units: every arm with every seed, seed by seed."""
    configs = arms(profile)
    return [Unit(NAME, arm, seed, unit) for seed in profile.seeds for arm, unit in configs.items()]


PROFILES = {
    "smoke": MapsProfile(
        name="smoke",
        seeds=(0, 1),
        cost=Cost(0.5, "one CPU core", "a few seconds"),
        recorded=False,
        at_paper_scale=False,
        scale="two steps on a few generated stories; no scientific meaning",
        pack_size=1,
        windows=WindowsConfig(trained=6, long=4, pass_tokens=256),
        longer=True,
    ),
    "cpu": MapsProfile(
        name="cpu",
        seeds=(0, 1, 2),
        cost=Cost(
            150.0, "one CPU core", "about half an hour on 2 cores with the models of babistories_lm"
        ),
        recorded=True,
        at_paper_scale=False,
        scale="d = 128, 4 heads, windows of 256 and 768, 1.0 M tokens a model, "
        "and 4.1 M in the arms trained for longer "
        "(the paper: d = 768, 12 heads, windows of 512 and 1,536, 21 G tokens)",
        pack_size=1,
        longer=True,
    ),
    "gpu": MapsProfile(
        name="gpu",
        seeds=(0, 1, 2),
        cost=Cost(120.0, "one modern GPU", "under half an hour on one GPU, in slices"),
        recorded=True,
        at_paper_scale=False,
        scale="the paper's width, heads and windows, real stories, 50 M tokens a model "
        "(the paper: 21 G tokens)",
        pack_size=1,
        windows=WindowsConfig(trained=5_000, long=2_000, pass_tokens=65_536),
    ),
    "paper": MapsProfile(
        name="paper",
        seeds=(0, 1, 2),
        cost=Cost(1e5, "one modern GPU", "weeks on one GPU: 12 trainings of 21 G tokens"),
        recorded=True,
        at_paper_scale=True,
        scale="the published setting (5,000 windows), with 3 seeds where the paper shows one run",
        pack_size=1,
        windows=WindowsConfig(trained=5_000, long=5_000, pass_tokens=65_536),
    ),
}
