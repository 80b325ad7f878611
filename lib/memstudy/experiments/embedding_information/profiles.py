"""The four ways of running the embedding experiment; torch is not needed here."""

from __future__ import annotations

from memstudy.core.experiment import Cost
from memstudy.experiments.embedding_information.config import (
    MIXER,
    STORIES,
    TRANSFORMER,
    WORLD,
    InformationProfile,
    NetworkConfig,
    RecipeConfig,
)
from memstudy.experiments.embedding_information.finite_language import FiniteConfig
from memstudy.language_models.config import TextConfig

TINY_TEXT = TextConfig(
    corpus="story_world",
    tokenizer="bpe-4096@story_world",
    train_documents=60,
    validation_documents=40,
)
TINY = RecipeConfig(steps=2, step_tokens=64, learning_rate=1e-3, warmup_steps=1, evaluations=1)


def recipe(steps: int, **more: float) -> RecipeConfig:
    """A recipe of profile cpu: about a thousand tokens a step."""
    return RecipeConfig(
        **({"steps": steps, "step_tokens": 1024, "learning_rate": 3e-3, "warmup_steps": 50} | more)
    )


def gpu_recipe(steps: int, **more: float) -> RecipeConfig:
    """A recipe of profile gpu."""
    found = {"steps": steps, "step_tokens": 32_768, "learning_rate": 4e-4, "warmup_steps": 500}
    return RecipeConfig(**(found | more), compile=True)


def paper_recipe(steps: int, **more: float) -> RecipeConfig:
    """The published recipe of transformers."""
    found = {"steps": steps, "step_tokens": 65_536, "learning_rate": 2e-4, "warmup_steps": 500}
    return RecipeConfig(**(found | more), compile=True)


PROFILES = {
    "smoke": InformationProfile(
        name="smoke",
        seeds=(0, 1),
        cost=Cost(0.2, "one CPU core", "a few seconds"),
        recorded=False,
        at_paper_scale=False,
        scale="two steps on a few generated stories; no scientific meaning",
        pack_size=1,
        texts={WORLD: TINY_TEXT, STORIES: TINY_TEXT},
        network=NetworkConfig(family=TRANSFORMER, d_model=16, n_heads=2, n_blocks=1),
        mixer=NetworkConfig(family=MIXER, d_model=16, n_heads=1, n_blocks=1, kernel=2),
        length=8,
        judged_length=16,
        easy_length=4,
        hard_lengths=(16,),
        lengths=(4, 8, 16),
        widths=(8,),
        fewer_steps=(1,),
        beside_once=True,
        causal=TINY,
        regeneration=TINY,
        probe=TINY,
        contrast=TINY,
        evaluation_tokens=128,
        finite=FiniteConfig(
            length=2, continuations=2, d_model=8, n_blocks=1, steps=4, warmup_steps=1
        ),
    ),
    "cpu": InformationProfile(
        name="cpu",
        seeds=(0, 1, 2, 3, 4),
        cost=Cost(172.0, "one CPU core", "about two hours on 2 cores"),
        recorded=True,
        at_paper_scale=False,
        scale="d = 64, 2 blocks, sequences of 8 to 128 tokens, 1 to 12 M tokens an encoder "
        "(the paper: d = 512 and 1,024, 8 blocks, 512 tokens, 13 G tokens)",
        pack_size=1,
        texts={
            WORLD: TextConfig(
                corpus="story_world",
                tokenizer="bpe-1024@story_world",
                train_documents=20_000,
                validation_documents=1_000,
            ),
            STORIES: TextConfig(corpus="stories", tokenizer="bpe-1024@stories"),
        },
        # The paper's convention, weights of N(0, 0.02²), suits its widths. At this one it is close
        # to zero: autoencoders then take longer to learn more than how frequent tokens are.
        network=NetworkConfig(
            family=TRANSFORMER, d_model=64, n_heads=4, n_blocks=2, init="pytorch"
        ),
        mixer=NetworkConfig(
            family=MIXER, d_model=64, n_heads=1, n_blocks=2, kernel=4, init="pytorch"
        ),
        fewer_steps=(100, 300),
        causal=recipe(1000),
        regeneration=recipe(1500),
        easy=recipe(6000),
        hard=recipe(6000, step_tokens=2048),
        probe=recipe(2000),
        contrast=recipe(1000, step_tokens=2048, learning_rate=1e-3),
        beside_once=True,
    ),
    "gpu": InformationProfile(
        name="gpu",
        seeds=(0, 1, 2),
        cost=Cost(400.0, "one modern GPU", "about ten hours on one GPU, in slices"),
        recorded=True,
        at_paper_scale=False,
        scale="d = 256, 8 blocks, sequences of 16 to 256 tokens, encyclopedic text, 0.3 G tokens "
        "an encoder (the paper: d = 512 and 1,024, 8 blocks, 512 tokens, 13 G tokens)",
        pack_size=1,
        texts={
            "encyclopedia": TextConfig(
                corpus="enwiki2015_vital", tokenizer="bpe-4096@enwiki2015_vital"
            ),
            STORIES: TextConfig(corpus="stories", tokenizer="bpe-4096@stories"),
        },
        network=NetworkConfig(family=TRANSFORMER, d_model=256, n_heads=8, n_blocks=8),
        mixer=NetworkConfig(family=MIXER, d_model=256, n_heads=1, n_blocks=8, kernel=8),
        length=64,
        judged_length=256,
        easy_length=32,
        hard_lengths=(128, 256),
        widths=(64, 128),
        fewer_steps=(1_000, 3_000),
        causal=gpu_recipe(10_000),
        regeneration=gpu_recipe(10_000),
        probe=gpu_recipe(5_000),
        contrast=gpu_recipe(2_000, step_tokens=8192, learning_rate=1e-4),
        mixer_extras=True,
        evaluation_tokens=262_144,
    ),
    "paper": InformationProfile(
        name="paper",
        seeds=(0, 1, 2),
        cost=Cost(4e4, "four modern GPUs", "months on one GPU: 60 runs, each hours on four"),
        recorded=True,
        at_paper_scale=True,
        scale="the published setting of the transformers, with 3 seeds where the paper shows one "
        "run; mixers at the same width",
        pack_size=1,
        texts={
            "fineweb": TextConfig(corpus="fineweb-edu", tokenizer="bpe-8000@fineweb-edu"),
            STORIES: TextConfig(corpus="stories", tokenizer="bpe-8000@stories"),
        },
        network=NetworkConfig(family=TRANSFORMER, d_model=512, n_heads=4, n_blocks=8),
        mixer=NetworkConfig(family=MIXER, d_model=512, n_heads=1, n_blocks=8, kernel=8),
        length=512,
        judged_length=512,
        easy_length=256,
        hard_lengths=(),
        lengths=(16, 32, 64, 128, 512),
        widths=(128, 256),
        fewer_steps=(2_000, 20_000),
        causal=paper_recipe(200_000),
        regeneration=paper_recipe(200_000),
        probe=paper_recipe(200_000),
        contrast=paper_recipe(20_000, step_tokens=16_384),
        mixer_extras=True,
        evaluation_tokens=1_048_576,
    ),
}
