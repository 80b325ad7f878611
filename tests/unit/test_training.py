"""The training loop: against a loop written by hand, stopped and resumed, diverging, watched."""

import dataclasses
import random

import pytest
import torch
from torch.nn.functional import cross_entropy

from memstudy import monitoring
from memstudy.core import context as contexts
from memstudy.core.context import Context
from memstudy.core.device import Device
from memstudy.core.errors import StopRequested
from memstudy.evaluation import mean_losses
from memstudy.nn.mosaic import MemoryMosaic, MosaicConfig
from memstudy.nn.transformer import Transformer, TransformerConfig
from memstudy.training import Schedule, TrainingConfig, TrainingDiverged, train

CPU = Device("cpu", "test", 1, "float32")
SYMBOLS, LENGTH = 12, 16
SHAPE = dict(vocab_size=SYMBOLS, d_model=16, n_heads=2, n_blocks=1, context_length=LENGTH)
DROPOUT = dict(residual_dropout=0.2, attention_dropout=0.1, embedding_dropout=0.1)
FAMILIES = {"mosaic": (MemoryMosaic, MosaicConfig), "gpt2": (Transformer, TransformerConfig)}
every_family = pytest.mark.parametrize("family", FAMILIES)


def build(family="gpt2", seed=0, **changes):
    model, config = FAMILIES[family]
    return model(config(**SHAPE | changes), torch.Generator().manual_seed(seed))


def copies(step, batch_size, seed=0):
    """Four random tokens, repeated; the first four targets cannot be known and do not count."""
    generator = torch.Generator().manual_seed(1000 * seed + step)
    word = torch.randint(SYMBOLS, (batch_size, 4), generator=generator)
    windows = word.repeat(1, 5)[:, : LENGTH + 1]
    targets = windows[:, 1:].clone()
    targets[:, :3] = -100
    return windows[:, :-1].contiguous(), targets


def uneven(step, batch_size):
    """Copies whose rows have unequal numbers of targets."""
    tokens, targets = copies(step, batch_size)
    for row in range(batch_size):
        targets[row, LENGTH - row % 7 :] = -100
    return tokens, targets


def recipe(steps, **changes):
    schedule = Schedule(peak=5e-3, final=1e-3, warmup_steps=2, fall_until=max(steps, 2))
    settings = dict(steps=steps, batch_size=8, schedule=schedule, evaluate_every=1000)
    return TrainingConfig(**settings | changes)


def context(tmp_path, **changes):
    return Context(device=CPU, checkpoint_path=tmp_path / "training.pt", **changes)


SETS = {"train": copies(0, 6, seed=1), "validation": copies(0, 6, seed=2)}


def assert_same(one, other, *, but=("speed",), where="state"):
    """Equal to the bit, everything but times."""
    if isinstance(one, torch.Tensor):
        assert torch.equal(one, other), where
    elif isinstance(one, dict):
        assert one.keys() == other.keys(), where
        for key in one.keys() - set(but):
            assert_same(one[key], other[key], where=f"{where}[{key!r}]")
    elif isinstance(one, list | tuple):
        assert len(one) == len(other), where
        for index, (left, right) in enumerate(zip(one, other, strict=True)):
            assert_same(left, right, where=f"{where}[{index}]")
    else:
        assert one == other, where


@every_family
def test_equals_a_loop_written_by_hand(family, tmp_path):
    """Textbook AdamW, clipping, cross-entropy and schedule, in float64."""
    config = recipe(6, clip_norm=0.05, weight_decay=0.1, micro_batch_size=3)
    model, reference = build(family).double(), build(family).double()
    result = train(model, config, uneven, context(tmp_path), seed=0)

    moments = {p: (torch.zeros_like(p), torch.zeros_like(p)) for p in reference.parameters()}
    losses, norms = [], []
    for step in range(6):
        tokens, targets = uneven(step, 8)
        loss = cross_entropy(reference(tokens).flatten(0, 1), targets.flatten())
        gradients = torch.autograd.grad(loss, tuple(moments))
        norm = sum(gradient.square().sum() for gradient in gradients).sqrt()
        rate = config.schedule.at(step)
        with torch.no_grad():
            for (p, (first, second)), gradient in zip(moments.items(), gradients, strict=True):
                gradient = gradient * min(1.0, 0.05 / norm.item())
                first.mul_(0.9).add_(0.1 * gradient)
                second.mul_(0.95).add_(0.05 * gradient**2)
                p -= rate * (0.1 if p.dim() > 1 else 0.0) * p
                mean = first / (1 - 0.9 ** (step + 1))
                variance = second / (1 - 0.95 ** (step + 1))
                p -= rate * mean / (variance.sqrt() + 1e-8)
        losses.append(loss.item())
        norms.append(norm.item())

    assert min(norms) > 0.05  # so that clipping matters
    torch.testing.assert_close(result.log["loss"], torch.tensor(losses).double())
    torch.testing.assert_close(result.log["gradient_norm"], torch.tensor(norms).double())
    for ours, theirs in zip(model.parameters(), reference.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


@every_family
def test_small_pieces_give_what_the_whole_batch_gives(family, tmp_path):
    """Rows have unequal numbers of targets, pieces unequal numbers of rows."""
    whole, cut = build(family).double(), build(family).double()
    one = train(whole, recipe(4), uneven, context(tmp_path), seed=0)
    other = train(cut, recipe(4, micro_batch_size=3), uneven, context(tmp_path), seed=0)
    # The shares of targets inside the loss are float32 numbers even here.
    torch.testing.assert_close(one.log["loss"], other.log["loss"], rtol=1e-9, atol=0)
    for ours, theirs in zip(whole.parameters(), cut.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-7, atol=1e-9)


@every_family
def test_learns_to_copy(family, tmp_path):
    config = recipe(100, batch_size=16, schedule=FAST, evaluate_every=100)
    result = train(build(family), config, copies, context(tmp_path), seed=0, evaluation_sets=SETS)
    first, last = (row["value"] for row in result.evaluations if row["split"] == "validation")
    assert abs(first - torch.tensor(12.0).log().item()) < 0.3
    assert last < 0.5 * first


FAST = Schedule(peak=2e-2, final=1e-3, warmup_steps=5, fall_until=100)
LONG = recipe(40, micro_batch_size=3, evaluate_every=5)


def uninterrupted(tmp_path, family, config=LONG):
    model = build(family, **DROPOUT)
    found = train(model, config, uneven, context(tmp_path), seed=7, evaluation_sets=SETS)
    assert not (tmp_path / "training.pt").exists()
    return found


@every_family
def test_resumes_to_the_bit_after_a_kill(family, tmp_path, monkeypatch):
    """40 steps = 17 + kill + 23, with dropout, pieces and best weights."""
    expected = uninterrupted(tmp_path, family)
    monkeypatch.setattr(contexts, "CHECKPOINT_SECONDS", -1.0)  # save after every step

    class Killed(BaseException):
        pass

    def kill(done, total, shown):
        if done == 18:
            raise Killed

    with pytest.raises(Killed):
        train(
            build(family, **DROPOUT),
            LONG,
            uneven,
            context(tmp_path, on_progress=kill),
            seed=7,
            evaluation_sets=SETS,
        )
    assert context(tmp_path).restored()["step"] == 17
    torch.rand(5)  # another process has another random state ...
    other = build(family, seed=99, **DROPOUT)  # ... and other initial weights
    found = train(other, LONG, uneven, context(tmp_path), seed=7, evaluation_sets=SETS)
    assert_same(found.state, expected.state)
    assert_same(found.log, expected.log)
    assert found.evaluations == expected.evaluations
    assert [row["step"] for row in found.evaluations] == [s for s in range(0, 41, 5) for _ in "ab"]
    assert found.positions == expected.positions == 40 * 8 * LENGTH


@every_family
def test_resumes_to_the_bit_after_stops_at_any_moment(family, tmp_path):
    """Also in the middle of an evaluation."""
    config = dataclasses.replace(LONG, steps=12)
    expected = uninterrupted(tmp_path, family, config)
    dice = random.Random(5)
    stops = 0
    while True:
        stopping = context(tmp_path, stop_wanted=lambda: dice.random() < 0.2)
        model = build(family, seed=stops, **DROPOUT)  # only the first one's weights may matter
        try:
            found = train(model, config, uneven, stopping, seed=7, evaluation_sets=SETS)
            break
        except StopRequested:
            stops += 1
    assert stops >= 4
    assert_same(found.state, expected.state)
    assert found.evaluations == expected.evaluations


def test_a_finished_training_is_not_repeated(tmp_path):
    done = uninterrupted(tmp_path, "gpt2", dataclasses.replace(LONG, steps=3))
    context(tmp_path).save(done.state)
    again = train(
        build(seed=5, **DROPOUT),
        dataclasses.replace(LONG, steps=3),
        lambda *_: pytest.fail("read data"),
        context(tmp_path),
        seed=7,
        evaluation_sets=SETS,
    )
    assert_same(again.state, done.state)


def test_a_checkpoint_of_another_seed_is_refused(tmp_path):
    config = dataclasses.replace(LONG, steps=2)
    done = uninterrupted(tmp_path, "gpt2", config)
    context(tmp_path).save(done.state)
    with pytest.raises(ValueError, match="the checkpoint is of seed 7, not 8"):
        train(build(), config, uneven, context(tmp_path), seed=8)


def test_random_state_of_others_is_neither_used_nor_changed(tmp_path):
    def log(seed):
        model = build(**DROPOUT)
        before = torch.get_rng_state()
        found = train(model, recipe(3), copies, context(tmp_path), seed=seed)
        assert torch.equal(torch.get_rng_state(), before)
        return found.log["loss"]

    torch.manual_seed(0)
    one = log(1)
    torch.manual_seed(1)
    assert torch.equal(log(1), one)
    assert not torch.equal(log(2), one)


def test_modes_are_left_as_they_were(tmp_path):
    """Trains with dropout, evaluates without, whatever the modes were before."""
    modes = []

    def objective(model, batch):
        modes.append(model.training)
        return model.loss(*batch)

    model = build()
    model.eval()
    model.blocks[0].train()
    before = {name: module.training for name, module in model.named_modules()}
    train(
        model,
        recipe(2),
        copies,
        context(tmp_path),
        seed=0,
        evaluation_sets={"validation": copies(0, 4)},
        objective=objective,
    )
    assert modes == [False, True, True, False]
    assert {name: module.training for name, module in model.named_modules()} == before


def test_keeps_the_weights_with_the_lowest_validation_loss(tmp_path):
    """With a learning rate that ruins the model, the first ones are the best."""
    ruin = Schedule(peak=1.0, final=1.0, warmup_steps=3, fall_until=9, initial=1e-3)
    config = recipe(9, schedule=ruin, evaluate_every=1)
    model = build()
    found = train(model, config, copies, context(tmp_path), seed=0, evaluation_sets=SETS)
    losses = [row["value"] for row in found.evaluations if row["split"] == "validation"]
    assert len(losses) == 10 and 0 < losses.index(min(losses)) < 9
    assert set(found.best) == {"validation"}
    best = found.best["validation"]
    assert (best.step, best.loss) == (losses.index(min(losses)), min(losses))
    other = build(seed=3)
    other.load_state_dict(best.weights)
    again = mean_losses(other, SETS["validation"], CPU, batch_size=8)
    assert again["loss"] == best.loss
    assert again != mean_losses(model, SETS["validation"], CPU, batch_size=8)
    without = dataclasses.replace(config, steps=2, keep_best=())
    assert not train(build(), without, copies, context(tmp_path), seed=0).best


def test_keeps_the_best_weights_on_every_set_that_is_asked_for(tmp_path):
    """Two sets choose for themselves: here the second set's own loss rises from the start."""
    config = recipe(6, evaluate_every=1, keep_best=("validation", "strange"))
    strange = (torch.zeros(4, 6, dtype=torch.long), torch.full((4, 6), 3))
    sets = {**SETS, "strange": strange}
    model = build()
    found = train(model, config, copies, context(tmp_path), seed=0, evaluation_sets=sets)
    for split, best in found.best.items():
        losses = {r["step"]: r["value"] for r in found.evaluations if r["split"] == split}
        assert best.loss == min(losses.values()) == losses[best.step]
        model.load_state_dict(best.weights)
        assert mean_losses(model, sets[split], CPU, batch_size=8)["loss"] == best.loss
    assert set(found.best) == {"validation", "strange"}


def poisoned(at, value):
    """An objective whose loss, or its gradient, is broken at one step of the training."""
    calls = []

    def objective(model, batch):
        loss = model.loss(*batch)
        if model.training:
            calls.append(None)
            if len(calls) == at + 1:
                # The square root has an infinite slope at zero.
                zero = (loss - loss.detach()) * value
                return loss + (zero.sqrt() if value == 1.0 else value)
        return loss

    return objective


@pytest.mark.parametrize("lag", [0, 2])
@pytest.mark.parametrize(
    "value, name", [(float("nan"), "loss"), (float("inf"), "loss"), (1.0, "gradient_norm")]
)
def test_a_training_that_diverges_says_so_and_keeps_the_last_good_checkpoint(
    lag, value, name, tmp_path, monkeypatch
):
    """Also where, as on a GPU, numbers are read some steps late."""
    monkeypatch.setitem(monitoring.LAG, "cpu", lag)
    monkeypatch.setattr(contexts, "CHECKPOINT_SECONDS", -1.0)
    with pytest.raises(TrainingDiverged, match=f"^{name} of step 5 is (nan|inf)") as caught:
        train(
            build(),
            recipe(12, evaluate_every=2),
            copies,
            context(tmp_path),
            seed=0,
            evaluation_sets=SETS,
            objective=poisoned(5, value),
        )
    result = caught.value.result
    assert caught.value.step == 5 and len(result.log["loss"]) == 5
    assert result.best["validation"].step <= 4 and result.state is None
    kept = context(tmp_path).restored()
    assert kept["step"] == 5 and len(kept["log"]) == 5
    assert all(weights.isfinite().all() for weights in kept["model"].values())


def test_a_broken_evaluation_ends_the_training(tmp_path):
    def objective(model, batch):
        return model.loss(*batch) if model.training else model.loss(*batch) / 0.0

    with pytest.raises(TrainingDiverged, match="train loss of step 0 is inf"):
        train(
            build(),
            recipe(2),
            copies,
            context(tmp_path),
            seed=0,
            evaluation_sets=SETS,
            objective=objective,
        )


def test_several_losses_are_added_and_shown_by_name(tmp_path):
    def parts(model, batch):
        return {
            "causal": model.loss(*batch),
            "copy": 2 * model.loss(batch[1].clamp(min=0), batch[0]),
        }

    def added(model, batch):
        return sum(parts(model, batch).values())

    # The second loss counts all tokens, so rows are the weight that fits both.
    setting = dict(seed=0, evaluation_sets=SETS, weight=lambda batch: len(batch[0]))
    shown = []
    watching = context(tmp_path, on_progress=lambda done, total, numbers: shown.append(numbers))
    config = recipe(4, micro_batch_size=3)
    one = train(build(), config, copies, watching, objective=parts, **setting)
    other = train(build(), config, copies, context(tmp_path), objective=added, **setting)
    assert list(one.log) == ["loss", "causal", "copy", "gradient_norm"]
    assert torch.equal(one.log["loss"], other.log["loss"])
    torch.testing.assert_close(one.log["causal"] + one.log["copy"], one.log["loss"])
    assert {row["metric"] for row in one.evaluations} == {"loss", "causal", "copy"}
    assert {"loss", "causal", "copy"} <= shown[-1].keys()


def test_rows_are_a_long_table(tmp_path):
    found = train(
        build(),
        recipe(5, evaluate_every=4),
        copies,
        context(tmp_path),
        seed=0,
        evaluation_sets=SETS,
    )
    rows = found.rows(every=2)
    batch = [row for row in rows if row["split"] == "batch" and row["metric"] == "loss"]
    assert [row["step"] for row in batch] == [2, 4, 5]
    assert batch[0]["value"] == found.log["loss"][:2].mean().item()
    validation = [row for row in rows if row["split"] == "validation"]
    assert [row["step"] for row in validation] == [0, 4, 5]
    assert all(set(row) == {"metric", "split", "step", "value"} for row in rows)


def test_compiles_the_blocks_where_asked(tmp_path, monkeypatch):
    compiled = []
    monkeypatch.setattr(torch.nn.Module, "compile", lambda module: compiled.append(module))
    model = build(n_blocks=2)
    train(model, recipe(1), copies, context(tmp_path), seed=0)
    assert compiled == []
    train(model, recipe(1, compile=True), copies, context(tmp_path), seed=0)
    assert compiled == list(model.blocks)


def test_bfloat16_where_the_device_asks_for_it(tmp_path):
    def log(autocast):
        device = dataclasses.replace(CPU, autocast=autocast)
        here = Context(device=device, checkpoint_path=tmp_path / "training.pt")
        return train(build(), recipe(3), copies, here, seed=0).log["loss"]

    exact, rounded = log("float32"), log("bfloat16")
    assert not torch.equal(exact, rounded)
    torch.testing.assert_close(exact, rounded, rtol=0.02, atol=0)


@pytest.mark.parametrize(
    "change, message",
    [
        (dict(steps=0), "steps is 0; it must be at least 1"),
        (dict(micro_batch_size=0), "micro_batch_size is 0"),
        (dict(clip_norm=0.0), "clip_norm is 0.0; give a positive length, or None"),
    ],
)
def test_impossible_settings_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(LONG, **change)
