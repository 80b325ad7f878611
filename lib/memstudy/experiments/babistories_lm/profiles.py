"""The four ways of running the language models: texts, shapes, recipes; no torch needed here."""

from __future__ import annotations

import itertools
from dataclasses import replace

from memstudy.core.experiment import Cost
from memstudy.experiments.babistories_lm.config import (
    COPIED,
    STORIES,
    WORLD,
    ConsistencyConfig,
    LanguageModelProfile,
    PromptConfig,
    arm_name,
)
from memstudy.experiments.babistories_lm.induction import InductionConfig
from memstudy.experiments.babistories_lm.search import SearchConfig, Tuned
from memstudy.language_models.config import (
    FAMILIES,
    MOSAIC,
    TRANSFORMER,
    RecipeConfig,
    ShapeConfig,
    TextConfig,
)

MEDIUM = RecipeConfig(
    steps=1000,
    batch_size=4,
    learning_rate=1e-3,
    final_learning_rate=2e-5,
    warmup_steps=50,
    evaluate_every=200,
    evaluation_windows=128,
    weight_decay=0.01,
)

WORLD_TEXT = TextConfig(
    corpus="story_world",
    tokenizer="bpe-4096@story_world",
    train_documents=20_000,
    validation_documents=1_000,
)
TINY_TEXT = TextConfig(
    corpus="story_world",
    tokenizer="bpe-4096@story_world",
    train_documents=60,
    validation_documents=40,
)
GPT2_SHAPE = ShapeConfig(
    family=TRANSFORMER,
    d_model=768,
    n_heads=12,
    n_blocks=1,
    context_length=512,
    attention_dropout=0.05,
    dropout=0.05,
)

# Both families on both texts with the least and the greatest number of blocks; and the mosaic of
# one block with GPT2's recipe, on which the verdict of MM-6 hangs.
LONGER_ARMS = (
    *(
        arm_name(text, family, depth)
        for text, depth, family in itertools.product((WORLD, STORIES), (1, 4), FAMILIES)
    ),
    arm_name(STORIES, MOSAIC, 1, COPIED),
)

PROFILES = {
    "smoke": LanguageModelProfile(
        name="smoke",
        seeds=(0, 1),
        cost=Cost(0.5, "one CPU core", "half a minute"),
        recorded=False,
        at_paper_scale=False,
        scale="two steps on a few generated stories; no scientific meaning",
        pack_size=1,
        texts={WORLD: TINY_TEXT, STORIES: TINY_TEXT},
        depths=(1, 2),
        shape=ShapeConfig(family=TRANSFORMER, d_model=16, n_heads=2, n_blocks=1, context_length=64),
        recipe=replace(
            MEDIUM, steps=2, batch_size=2, warmup_steps=1, evaluate_every=1, evaluation_windows=2
        ),
        search=SearchConfig(
            learning_rates=(1e-3,), dropouts=(0.0,), further_rates=(3e-3,), steps=2
        ),
        prompts=PromptConfig(samples=2, max_new_tokens=4),
        consistency=ConsistencyConfig(questions=4),
        induction=InductionConfig(
            family=MOSAIC,
            n_blocks=1,
            d_model=8,
            vocabulary=16,
            bigrams=4,
            length=24,
            batch_size=4,
            steps=4,
            warmup_steps=1,
            evaluate_every=2,
            evaluation_sequences=16,
        ),
        model_seeds=(0, 1),
    ),
    "cpu": LanguageModelProfile(
        name="cpu",
        seeds=(0, 1, 2, 3, 4),
        cost=Cost(530.0, "one CPU core", "about four and a half hours on 2 cores"),
        recorded=True,
        at_paper_scale=False,
        scale="d = 128, 4 heads, windows of 256, depths 1, 2 and 4, 1.0 M tokens a model "
        "(the paper: d = 768, 12 heads, windows of 512, depths 1 to 18, 21 G tokens)",
        pack_size=1,
        texts={
            WORLD: WORLD_TEXT,
            STORIES: TextConfig(corpus="stories", tokenizer="bpe-4096@stories"),
        },
        shape=ShapeConfig(
            family=TRANSFORMER, d_model=128, n_heads=4, n_blocks=1, context_length=256
        ),
        recipe=MEDIUM,
        tuned={TRANSFORMER: Tuned(1e-3, 0.0, 0.01), MOSAIC: Tuned(1e-2, 0.05, 0.1)},
        search=SearchConfig(),
        copied_at=(1, 4),
        trained_longer=LONGER_ARMS,
    ),
    "gpu": LanguageModelProfile(
        name="gpu",
        seeds=(0, 1, 2, 3, 4),
        cost=Cost(120.0, "one modern GPU", "about two hours on one GPU, in slices"),
        recorded=True,
        at_paper_scale=False,
        scale="the paper's widths and windows, depths 1 to 12, real stories, 50 M tokens a model "
        "(the paper: 21 G tokens)",
        pack_size=1,
        texts={
            STORIES: TextConfig(corpus="stories", tokenizer="gpt2"),
            WORLD: TextConfig(corpus="story_world", tokenizer="gpt2"),
        },
        depths=(1, 2, 4, 8, 12),
        shape=GPT2_SHAPE,
        recipe=RecipeConfig(
            steps=1500,
            batch_size=64,
            learning_rate=2e-3,
            final_learning_rate=4e-5,
            warmup_steps=75,
            evaluate_every=250,
            evaluation_windows=256,
            compile=True,
        ),
    ),
    "paper": LanguageModelProfile(
        name="paper",
        seeds=(0, 1, 2, 3, 4),
        cost=Cost(4e5, "one modern GPU", "months on one GPU: 57 trainings of 21 G tokens"),
        recorded=True,
        at_paper_scale=True,
        scale="the published setting (section C.3), with 3 seeds where the paper shows one run",
        pack_size=1,
        texts={
            STORIES: TextConfig(corpus="babistories", tokenizer="gpt2"),
            WORLD: TextConfig(corpus="story_world", tokenizer="gpt2", train_documents=2_000_000),
        },
        depths=(1, 8, 12, 18),
        shape=GPT2_SHAPE,
        recipe=RecipeConfig(
            steps=80_000,
            batch_size=512,
            learning_rate=5e-3,
            final_learning_rate=1e-4,
            warmup_steps=2_000,
            evaluate_every=2_000,
            evaluation_windows=5_120,
            micro_batch_size=32,
            compile=True,
        ),
    ),
}
