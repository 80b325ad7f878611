"""The arms: strategies 1 to 10 of training a memory model, their controls, their encoders.

All arms of memory models have N steps in all, whatever their stages: a strategy with stages spends
parts of the N steps on each, and every stage has a warm-up and a fall of the learning rate of its
own. At equal seeds all arms begin with the same decoder and see the same texts in the same order.

An arm with a frozen encoder exists twice: with the encoder's own table of tokens, frozen too, and
(``..._new_table``) with a table that is drawn anew and trained, as the official code does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from memstudy.core.experiment import Unit
from memstudy.experiments.copy_tasks.config import (
    AUTOENCODER,
    BLANK,
    CAUSAL,
    COMBINED,
    COPY,
    FROZEN,
    FULL_CONTEXT,
    NAME,
    NEW_TABLE,
    NO_MEMORY,
    RECURRENT,
    STORIES,
    TRAINABLE,
    WORLD,
    CopyProfile,
    CostUnit,
    MemoryStage,
    SourceStage,
    StageUnit,
)
from memstudy.language_models.config import TextConfig

Stage = SourceStage | MemoryStage
TABLES = {"": FROZEN, "_new_table": NEW_TABLE}  # by suffix of the arm's name
COSTS = "costs"
# Arms that are repeated on the real text.
REPEATED = (
    "autoencoder",
    "copy_none",
    "copy_autoencoder",
    "copy_autoencoder_new_table",
    "curriculum",
    "curriculum_new_table",
)
# Arms that no rule asks three runs of; they have the first seed alone.
ONCE = (
    "blank_none",
    "combined",
    "copy_causal_encoder",
    "copy_causal_encoder_new_table",
    "curriculum_causal_encoder",
    "curriculum_causal_encoder_new_table",
    "blank_memory_encoder_new_table",
    "curriculum_then_combined_new_table",
    "curriculum_then_causal",
    "curriculum_then_causal_new_table",
)


@dataclass(frozen=True)
class Plan:
    """Makes the stages of a profile on one text."""

    profile: CopyProfile
    text: TextConfig

    def source(self, objective: str) -> SourceStage:
        """A model that an encoder comes from."""
        profile = self.profile
        return SourceStage(
            objective=objective,
            text=self.text,
            shape=profile.shape,
            chunk=profile.chunk,
            recipe=profile.source,
        )

    def stage(
        self,
        task: str,
        memory: str,
        part: int = 1,
        *,
        encoder: Stage | None = None,
        before: MemoryStage | None = None,
        cue: bool = False,
    ) -> MemoryStage:
        """A stage with the ``part``-th part of the steps; the rest as in the configuration."""
        profile = self.profile
        recipe = profile.memory
        if part > 1:
            recipe = replace(
                recipe,
                steps=recipe.steps // part,
                evaluations=max(1, recipe.evaluations // part),
            )
        return MemoryStage(
            task=task,
            memory=memory,
            text=self.text,
            encoder_shape=profile.shape,
            decoder_shape=profile.shape,
            chunk=profile.chunk,
            n_chunks=profile.n_chunks,
            recipe=recipe,
            cue=cue,
            encoder=encoder,
            before=before,
        )

    def curriculum(self, memory: str, encoder: Stage, part: int = 1) -> MemoryStage:
        """Blank copy, then copy, half of the part each, with the same frozen encoder."""
        first = self.stage(BLANK, memory, 2 * part, encoder=encoder)
        return self.stage(COPY, memory, 2 * part, encoder=encoder, before=first)


def stages(plan: Plan) -> dict[str, Stage]:
    """The last stage of every arm, the most informative first."""
    autoencoder, causal_encoder = plan.source(AUTOENCODER), plan.source(CAUSAL)
    causal_memory = plan.stage(CAUSAL, TRAINABLE)
    found: dict[str, Stage] = {
        "autoencoder": autoencoder,
        "copy_none": plan.stage(COPY, NO_MEMORY),
    }
    for end, table in TABLES.items():
        found[f"copy_autoencoder{end}"] = plan.stage(COPY, table, encoder=autoencoder)
    for end, table in TABLES.items():
        found[f"curriculum{end}"] = plan.curriculum(table, autoencoder)
    for end, table in TABLES.items():
        found[f"blank_autoencoder{end}"] = plan.stage(BLANK, table, encoder=autoencoder)
    for end, table in TABLES.items():
        blank = plan.curriculum(table, autoencoder).before
        name = f"curriculum_without_memory{end}"
        found[name] = plan.stage(COPY, NO_MEMORY, 2, before=blank)
    found |= {
        "copy_trainable": plan.stage(COPY, TRAINABLE),
        "causal_memory": causal_memory,
        "causal_none": plan.stage(CAUSAL, NO_MEMORY),
        "causal_full_context": plan.stage(CAUSAL, FULL_CONTEXT),
        "causal_encoder": causal_encoder,
        "blank_memory_encoder": plan.stage(BLANK, FROZEN, encoder=causal_memory),
    }
    for end, table in TABLES.items():
        found[f"blank_causal_encoder{end}"] = plan.stage(BLANK, table, encoder=causal_encoder)
    found["combined_cue"] = plan.stage(COMBINED, TRAINABLE, cue=True)
    for end, table in TABLES.items():
        half = plan.curriculum(table, autoencoder, part=2)
        last = plan.stage(COMBINED, table, 2, encoder=autoencoder, before=half, cue=True)
        found[f"curriculum_then_combined{end}"] = last
    found |= {
        "causal_recurrent": plan.stage(CAUSAL, RECURRENT),
        "combined": plan.stage(COMBINED, TRAINABLE),
        "blank_none": plan.stage(BLANK, NO_MEMORY),
        "blank_memory_encoder_new_table": plan.stage(BLANK, NEW_TABLE, encoder=causal_memory),
    }
    for end, table in TABLES.items():
        found[f"copy_causal_encoder{end}"] = plan.stage(COPY, table, encoder=causal_encoder)
    for end, table in TABLES.items():
        found[f"curriculum_causal_encoder{end}"] = plan.curriculum(table, causal_encoder)
    for end, table in TABLES.items():
        half = plan.curriculum(table, autoencoder, part=2)
        last = plan.stage(CAUSAL, table, 2, encoder=autoencoder, before=half)
        found[f"curriculum_then_causal{end}"] = last
    return found


def arms(profile: CopyProfile) -> dict[str, StageUnit | CostUnit]:
    """Configuration of every arm, the most informative first."""
    found: dict[str, StageUnit | CostUnit] = {
        name: StageUnit(stage=stage, scoring=profile.scoring)
        for name, stage in stages(Plan(profile, profile.texts[WORLD])).items()
    }
    found[COSTS] = profile.costs
    if STORIES in profile.texts:
        repeated = stages(Plan(profile, profile.texts[STORIES]))
        for name in REPEATED:
            unit = StageUnit(stage=repeated[name], scoring=profile.scoring)
            found[f"{name}_{STORIES}"] = unit
    return found


def units(profile: CopyProfile) -> list[Unit]:
    """All units, arm by arm: an encoder is trained before the arms that need it."""
    found = []
    for arm, config in arms(profile).items():
        if isinstance(config, CostUnit):
            found.append(Unit(NAME, arm, config.seed, config, random=False))
            continue
        once = arm in ONCE or arm.endswith(f"_{STORIES}")
        seeds = profile.seeds[:1] if once else profile.seeds
        # Where there is one run, it belongs to every choice of seeds.
        found += [Unit(NAME, arm, seed, config, random=not once) for seed in seeds]
    return found
