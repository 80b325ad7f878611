"""Arms and units of the language models, and what a profile says; torch is not needed here.

Arms are named ``TEXT_FAMILY_DEPTH``, followed by what is different: ``world_mosaic_1_no_leak``.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace

from memstudy.core.experiment import Profile, Unit
from memstudy.experiments.babistories_lm.induction import ARMS as INDUCTION_ARMS
from memstudy.experiments.babistories_lm.induction import InductionConfig
from memstudy.experiments.babistories_lm.search import SearchConfig, Tuned, search_arm, with_tuned
from memstudy.language_models.config import (
    FAMILIES,
    MOSAIC,
    TRANSFORMER,
    ModelConfig,
    RecipeConfig,
    ShapeConfig,
    TextConfig,
    with_convention,
)

NAME = "babistories_lm"

WORLD = "world"  # generated stories: questions on them have exact answers
STORIES = "stories"  # stories at hand, in place of BabiStories

FAN_IN = "fan_in"  # last word of the transformer's arms that start and are trained as the mosaic
FAN_IN_ONLY = "fan_in_only"  # of those that start as the mosaic and are trained as transformers
LONGER = "longer"  # of an arm that is another one trained for longer
# Said beside the rules of the experiments that look at these models.
LONGER_ADDED = (
    "Arms with four times the steps (`*_longer`) were added to profile `cpu` after all results of "
    "the rule had been seen, and the verdict is left to the training that was fixed before."
)
COPIED = "copied"  # last word of the mosaic's arm that has the transformer's recipe, as the paper

# What the mosaic does without, by the suffix of the arm (MM-A1, MM-A2, MM-A3).
ABLATIONS = {
    "mlp": {"token_layer": "mlp"},
    "no_leak": {"leaky": False},
    "no_look_ahead": {"look_ahead": False},
}


@dataclass(frozen=True)
class PromptConfig:
    """Continuations of the 24 prompts (Tables 1 and 5)."""

    samples: int = 10  # continuations of a prompt
    temperature: float = 1.0  # of sampling; the paper does not say how it decoded
    max_new_tokens: int = 40  # tokens a continuation


@dataclass(frozen=True)
class ConsistencyConfig:
    """Cloze questions on generated stories; see memstudy.corpora.story_world."""

    questions: int = 400  # the first that fit into a window
    world_seed: int = 0  # of the world whose test stories are asked about


@dataclass(frozen=True)
class LanguageModelUnit:
    """One trained model and what is measured on it, but the seed."""

    model: ModelConfig
    prompts: PromptConfig | None = None  # None: no continuations
    consistency: ConsistencyConfig | None = None  # None: no questions


@dataclass(frozen=True)
class LanguageModelProfile(Profile):
    """A complete way of running the experiment."""

    texts: dict[str, TextConfig] = field(default_factory=dict)  # by the first word of the arm
    depths: tuple[int, ...] = (1, 2, 4)  # blocks
    shape: ShapeConfig | None = None  # of a transformer with one block
    recipe: RecipeConfig | None = None  # of all models; the search runs are shorter
    # Winner of each family's own search. Empty: shape and recipe as they stand for both, which is
    # what the paper did with the transformer's winner.
    tuned: dict[str, Tuned] = field(default_factory=dict)
    ablated_on: str = WORLD  # text of the ablations, which have one block
    copied_at: tuple[int, ...] = (1,)  # blocks of the mosaics with the transformer's recipe
    longer: int = 4  # times the steps, in the arms that are trained for longer
    trained_longer: tuple[str, ...] = ()  # the arms of which there is such another one
    search: SearchConfig | None = None  # None: no search
    search_on: str = STORIES  # text of the search
    prompts: PromptConfig = field(default_factory=PromptConfig)
    consistency: ConsistencyConfig = field(default_factory=ConsistencyConfig)
    induction: InductionConfig = field(  # of the first arm; the others differ in family and blocks
        default_factory=lambda: InductionConfig(family=MOSAIC, n_blocks=1)
    )
    model_seeds: tuple[int, ...] = (0, 1, 2)  # of the language models; induction takes all seeds


def arm_name(text: str, family: str, depth: int, *differences: str) -> str:
    """Name of an arm, such as ``world_mosaic_1_no_leak``."""
    return "_".join([text, family, str(depth), *differences])


def model_config(
    profile: LanguageModelProfile, text: str, family: str, depth: int, **shape: object
) -> ModelConfig:
    """A model of the profile.

    Args:
        profile: texts, shape and recipe.
        text: label of one of its texts.
        family: ``"mosaic"`` or ``"transformer"``.
        depth: blocks.
        shape: fields of the shape that differ from the profile's.
    """
    changed = replace(profile.shape, family=family, n_blocks=depth, **shape)
    model = ModelConfig(text=profile.texts[text], shape=changed, recipe=profile.recipe)
    return with_tuned(model, profile.tuned[family]) if profile.tuned else model


def search_units(profile: LanguageModelProfile) -> list[Unit]:
    """The runs of the search, one seed each."""
    search = profile.search
    if search is None:
        return []
    found = []
    for family, (rate, dropout, decay) in itertools.product(
        reversed(FAMILIES), search.combinations
    ):
        model = model_config(profile, profile.search_on, family, search.depth)
        model = with_tuned(model, Tuned(rate, dropout, decay))
        recipe = replace(
            model.recipe,
            steps=search.steps,
            warmup_steps=search.steps // 20,
            evaluate_every=search.steps,
        )
        unit = LanguageModelUnit(replace(model, recipe=recipe))
        arm = search_arm(family, rate, dropout, decay)
        # Not "random": one seed, whatever seeds of the other arms are chosen.
        found.append(Unit(NAME, arm, search.seed, unit, random=False))
    return found


def arms(profile: LanguageModelProfile) -> dict[str, LanguageModelUnit]:
    """Configuration of each arm but those of the search, the most informative first.

    Every text, both families, every depth. Where each family has a recipe of its own: mosaics with
    the transformer's, and transformers with the mosaic's initial weights, with its recipe and with
    their own. Then the mosaic's ablations at one block, and what is trained for longer.
    """
    found = {}
    for depth, (text, family) in itertools.product(
        profile.depths, itertools.product(profile.texts, FAMILIES)
    ):
        model = model_config(profile, text, family, depth)
        found[arm_name(text, family, depth)] = measured_unit(profile, text, model)
    if profile.tuned:
        for depth in copied_at(profile):
            model = model_config(profile, profile.search_on, MOSAIC, depth)
            model = with_tuned(model, profile.tuned[TRANSFORMER])
            arm = arm_name(profile.search_on, MOSAIC, depth, COPIED)
            found[arm] = measured_unit(profile, profile.search_on, model)
        for depth in fan_in_at(profile):
            arm = arm_name(profile.ablated_on, TRANSFORMER, depth, FAN_IN)
            found[arm] = measured_unit(profile, profile.ablated_on, fan_in_model(profile, depth))
        for depth in fan_in_only_at(profile):
            model = fan_in_model(profile, depth, recipe_of=TRANSFORMER)
            arm = arm_name(profile.ablated_on, TRANSFORMER, depth, FAN_IN_ONLY)
            found[arm] = measured_unit(profile, profile.ablated_on, model)
    for difference, shape in ABLATIONS.items():
        model = model_config(profile, profile.ablated_on, MOSAIC, 1, **shape)
        arm = arm_name(profile.ablated_on, MOSAIC, 1, difference)
        found[arm] = measured_unit(profile, profile.ablated_on, model)
    for arm in profile.trained_longer:
        model = trained_longer(found[arm].model, profile.longer)
        found[f"{arm}_{LONGER}"] = replace(found[arm], model=model)
    return found


def trained_longer(model: ModelConfig, times: int) -> ModelConfig:
    """The same model with a schedule stretched to so many times the steps."""
    recipe = model.recipe
    stretched = {
        name: getattr(recipe, name) * times for name in ("steps", "warmup_steps", "evaluate_every")
    }
    return replace(model, recipe=replace(recipe, **stretched))


def copied_at(profile: LanguageModelProfile) -> tuple[int, ...]:
    """Depths of the mosaics that have the transformer's recipe: none where all have one recipe."""
    return profile.copied_at if profile.tuned else ()


def fan_in_at(profile: LanguageModelProfile) -> tuple[int, ...]:
    """Depths of the transformers that start and are trained as the mosaic: the two least."""
    return profile.depths[:2] if profile.tuned else ()


def fan_in_only_at(profile: LanguageModelProfile) -> tuple[int, ...]:
    """Depths of the transformers that start as the mosaic and are trained as transformers."""
    return profile.depths if profile.tuned else ()


def fan_in_model(profile: LanguageModelProfile, depth: int, recipe_of: str = MOSAIC) -> ModelConfig:
    """A transformer with the mosaic's convention of initial weights, and a family's recipe.

    GPT2 starts with a standard deviation of 0.02, made for a width of 768. At small widths that is
    little, and might cost a short training much; these arms ask whether it does.

    Args:
        profile: texts, shape, recipe and what the search chose.
        depth: blocks.
        recipe_of: family whose recipe it has.
    """
    model = model_config(profile, profile.ablated_on, TRANSFORMER, depth)
    model = with_tuned(model, profile.tuned[recipe_of])
    return replace(model, shape=with_convention(model.shape, "fan_in"))


def measured_unit(
    profile: LanguageModelProfile, text: str, model: ModelConfig
) -> LanguageModelUnit:
    """A model with the measurements that its text allows: questions where answers are known."""
    if text == WORLD:
        return LanguageModelUnit(model, consistency=profile.consistency)
    return LanguageModelUnit(model, prompts=profile.prompts)


def induction_units(profile: LanguageModelProfile) -> list[Unit]:
    """The induction test of note 5: small models on a task of its own (MM-8)."""
    return [
        Unit(NAME, arm, seed, replace(profile.induction, family=family, n_blocks=blocks))
        for seed in profile.seeds
        for arm, (family, blocks) in INDUCTION_ARMS.items()
    ]


def units(profile: LanguageModelProfile) -> list[Unit]:
    """All units: the search first, since the recipe of the others follows from it."""
    models = [
        Unit(NAME, arm, seed, unit)
        for seed in profile.model_seeds
        for arm, unit in arms(profile).items()
    ]
    return search_units(profile) + models + induction_units(profile)
