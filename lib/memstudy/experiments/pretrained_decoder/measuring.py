"""What is measured of a decoder with memories: rows and facts of a unit."""

from __future__ import annotations

from memstudy.core.context import Context
from memstudy.experiments.copy_tasks.scoring import chance
from memstudy.experiments.pretrained_decoder.building import Work, build
from memstudy.experiments.pretrained_decoder.config import AFTER, BEFORE, DecoderUnit
from memstudy.experiments.pretrained_decoder.scoring import own_rows, score_rows, scores
from memstudy.experiments.pretrained_decoder.training import chosen_rate, trained, tried_rates
from memstudy.language_models.trained import stream_facts
from memstudy.nn.language_model import count_parameters
from memstudy.stages import Stages, weights_sha256


def measured(unit: DecoderUnit, seed: int, context: Context) -> tuple[list[dict], dict]:
    """Rows and facts of a unit: learning curve, final scores, own losses before and after."""
    stages = Stages(context)
    work = Work.of(unit, seed, stages)
    tried = tried_rates(unit, stages)
    rate = chosen_rate(tried)
    model = build(work)
    model.to(work.device.torch).eval()
    rows = own_rows(work, model.decoder, BEFORE)
    training = trained(work, model, rate)
    windows = work.windows(unit.windows)
    rows += [*training["rows"], *score_rows(scores(work, model, windows))]
    rows += own_rows(work, model.decoder, AFTER)
    recipe, stage = unit.stage.recipe, unit.stage
    length = stage.chunk * stage.n_chunks
    half = length // 2  # what is copied
    facts = {
        "parameters": count_parameters(model),
        "decoder_parameters": count_parameters(model.decoder),
        "trained_parameters": sum(p.numel() for p in model.parameters() if p.requires_grad),
        "vocab_size": work.symbols.vocab_size,
        "learning_rate": rate,
        "rates_tried": [[one, loss] for one, loss in tried.items()],
        "steps": training["steps"],
        "tokens_seen": recipe.steps * recipe.batch_size * length,
        "tokens_per_second": training["tokens_per_second"],
        "matrix_products": work.device.autocast,
        "windows": len(windows),
        "chance": chance(work.text["train"], windows[:, :half]),
        "weights_sha256": weights_sha256(model.state_dict()),
        "data": {split: stream_facts(stream) for split, stream in work.text.items()},
    }
    if unit.decoder.source not in ("trained", "tiny"):
        facts["source_sha256"] = work.source.sha256
    return rows, facts
