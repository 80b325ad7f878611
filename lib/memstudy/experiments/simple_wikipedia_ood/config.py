"""Pairs of training text and foreign text, windows, arms and profiles; torch is not needed here.

Arms are named ``TEXT_FAMILY_DEPTH_on_CORPUS``, such as ``stories_mosaic_4_on_simplewiki``. Texts,
shapes and recipes are those of the experiment ``babistories_lm`` at the profile of the same name,
so that a model that was trained there is found and not trained again. The arms of the models that
were trained for longer there, such as ``stories_mosaic_4_longer_on_simplewiki``, read the same
windows; no rule rests on them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from memstudy.core.experiment import Cost, Profile, Unit
from memstudy.experiments.babistories_lm import config as babistories_lm
from memstudy.experiments.babistories_lm.config import STORIES, WORLD
from memstudy.experiments.babistories_lm.profiles import PROFILES as LANGUAGE_MODELS
from memstudy.language_models.config import FAMILIES, ModelConfig

NAME = "simple_wikipedia_ood"

BINS = 8  # equal parts of a window: 64 positions each at the paper's 512
LEAST_WINDOWS = 2000  # that the claim asks for


@dataclass(frozen=True, kw_only=True)
class ForeignConfig:
    """Text of a kind that the models were not trained on."""

    corpus: str  # entry of data/corpora.toml
    split: str  # one of its splits, or "all"
    documents: int | None  # first documents of the split; None: all


@dataclass(frozen=True, kw_only=True)
class ForeignUnit:
    """One trained model and the text that it meets, but the seed."""

    model: ModelConfig
    foreign: ForeignConfig
    windows: int  # of the foreign text; fewer where fewer articles are long enough
    own_windows: int  # of the model's own validation text; fewer where there are fewer stories

    @property
    def bin_width(self) -> int:
        """Positions of each bin."""
        return self.model.shape.context_length // BINS


@dataclass(frozen=True)
class ForeignProfile(Profile):
    """A complete way of running the experiment."""

    depth: int = 12  # blocks; the paper's depth is not known (its text prints 512)
    foreign: dict[str, ForeignConfig] = field(default_factory=dict)  # by the models' own text
    windows: int = 2500  # of the foreign text, the same for all models of a pairing
    own_windows: int = 1000  # of the models' own validation text
    longer: bool = False  # whether the models that were trained for longer read the texts too

    @property
    def models(self) -> babistories_lm.LanguageModelProfile:
        """The profile that trained the models."""
        return LANGUAGE_MODELS[self.name]


def arm_name(profile: ForeignProfile, text: str, family: str, longer: bool = False) -> str:
    """Name of an arm, such as ``stories_mosaic_4_on_simplewiki``.

    Args:
        profile: the profile.
        text: label of the text that the model was trained on.
        family: ``"mosaic"`` or ``"transformer"``.
        longer: whether the model is the one that was trained for longer.
    """
    more = (babistories_lm.LONGER,) if longer else ()
    trained = babistories_lm.arm_name(text, family, profile.depth, *more)
    return f"{trained}_on_{profile.foreign[text].corpus}"


def foreign_unit(
    profile: ForeignProfile, text: str, family: str, longer: bool = False
) -> ForeignUnit:
    """What an arm measures; arguments as in :func:`arm_name`."""
    model = babistories_lm.model_config(profile.models, text, family, profile.depth)
    if longer:
        model = babistories_lm.trained_longer(model, profile.models.longer)
    return ForeignUnit(
        model=model,
        foreign=profile.foreign[text],
        windows=profile.windows,
        own_windows=profile.own_windows,
    )


def trainings(profile: ForeignProfile) -> tuple[bool, ...]:
    """Which models read the texts: trained as usual, and, where the profile says so, for longer."""
    return (False, True) if profile.longer else (False,)


def units(profile: ForeignProfile) -> list[Unit]:
    """All units; the pairing that the claim is judged on first, pairs of models together."""
    return [
        Unit(NAME, arm_name(profile, *which), seed, foreign_unit(profile, *which))
        for longer in trainings(profile)
        for text in profile.foreign
        for seed in profile.seeds
        for family in FAMILIES
        for which in [(text, family, longer)]
    ]


SIMPLE_WIKIPEDIA = ForeignConfig(corpus="simplewiki", split="all", documents=20_000)
ENCYCLOPEDIA_WORLD = ForeignConfig(corpus="encyclopedia_world", split="train", documents=5_000)
FEW_ARTICLES = ForeignConfig(corpus="encyclopedia_world", split="test", documents=12)

PROFILES = {
    "smoke": ForeignProfile(
        name="smoke",
        seeds=(0, 1),
        cost=Cost(0.5, "one CPU core", "a few seconds"),
        recorded=False,
        at_paper_scale=False,
        scale="models after two steps, a few windows of generated text; no scientific meaning",
        pack_size=1,
        depth=2,
        foreign={STORIES: FEW_ARTICLES, WORLD: FEW_ARTICLES},
        windows=8,
        own_windows=8,
        longer=True,
    ),
    "cpu": ForeignProfile(
        name="cpu",
        seeds=(0, 1, 2),
        cost=Cost(
            60.0, "one CPU core", "about 25 minutes on one core where babistories_lm was run before"
        ),
        recorded=True,
        at_paper_scale=False,
        scale="models of d = 128 and 4 blocks that have read 1.0 M tokens of stories, and 4.1 M in "
        "the arms trained for longer, windows of 256 (the paper: d = 768, depth not known, 21 G "
        "tokens, windows of 512)",
        pack_size=1,
        depth=4,
        foreign={STORIES: SIMPLE_WIKIPEDIA, WORLD: ENCYCLOPEDIA_WORLD},
        longer=True,
    ),
    "gpu": ForeignProfile(
        name="gpu",
        seeds=(0, 1, 2),
        cost=Cost(30.0, "one modern GPU", "minutes where babistories_lm was run before"),
        recorded=True,
        at_paper_scale=False,
        scale="the paper's width and windows, 12 blocks (the paper's depth is not known), models "
        "that have read 50 M tokens of stories (the paper: 21 G tokens)",
        pack_size=1,
        foreign={STORIES: SIMPLE_WIKIPEDIA, WORLD: ENCYCLOPEDIA_WORLD},
    ),
    "paper": ForeignProfile(
        name="paper",
        seeds=(0, 1, 2),
        cost=Cost(30.0, "one modern GPU", "minutes where babistories_lm was run before"),
        recorded=True,
        at_paper_scale=True,
        scale="the published setting at 12 blocks (the paper's depth is not known), with 3 seeds "
        "where the paper shows one run",
        pack_size=1,
        foreign={STORIES: SIMPLE_WIKIPEDIA, WORLD: ENCYCLOPEDIA_WORLD},
    ),
}
