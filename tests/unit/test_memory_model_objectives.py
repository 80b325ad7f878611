"""Objectives of memory models: what is shown, what is scored, and how it is weighted."""

import pytest
import torch

from memstudy import batching
from memstudy.core.context import Context
from memstudy.core.device import Device
from memstudy.evaluation import mean_losses
from memstudy.nn.autoencoder import Encoder
from memstudy.nn.llama import Llama, LlamaConfig
from memstudy.nn.memory_model.model import MemoryLayout, MemoryModel
from memstudy.nn.memory_model.objectives import (
    IGNORED,
    TaskLoss,
    causal_task,
    combined_task,
    copy_task,
    divided_by_chunks,
)
from memstudy.training import Schedule, TrainingConfig, train

CPU = Device("cpu", "test", 1, "float32")
C, S, BLANK, CUE = 3, 4, 90, 91
LAYOUT = MemoryLayout(chunk=C, n_chunks=S)
_ = IGNORED


def language_model(seed):
    config = LlamaConfig(vocab_size=100, d_model=8, n_heads=2, n_blocks=1, init="fan_in")
    return Llama(config, torch.Generator().manual_seed(seed)).double()


def memory_model(encoder=True):
    first = Encoder(language_model(0)) if encoder else None
    return MemoryModel(first, language_model(1), LAYOUT)


def text(batch=2, length=S * C, seed=1):
    return torch.randint(80, (batch, length), generator=torch.Generator().manual_seed(seed))


def test_what_is_not_scored_is_what_the_training_loop_ignores():
    assert IGNORED == batching.IGNORED


def test_the_causal_task_scores_the_inside_of_chunks():
    inputs, targets = causal_task(torch.arange(12).unsqueeze(0), C)
    assert inputs[0].tolist() == list(range(12))
    assert targets[0].tolist() == [1, 2, _, 4, 5, _, 7, 8, _, 10, 11, _]
    _inputs, targets = causal_task(torch.arange(12).unsqueeze(0), C, borders=True)
    assert targets[0].tolist() == [*range(1, 12), _]


def test_the_copy_task_shows_the_text_twice_and_scores_the_second():
    inputs, targets = copy_task(torch.arange(6).unsqueeze(0), C)
    assert inputs[0].tolist() == [0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5]
    assert targets[0].tolist() == [_, _, _, _, _, _, 1, 2, _, 4, 5, _]
    assert (targets != IGNORED).sum() == S // 2 * (C - 1)
    _inputs, targets = copy_task(torch.arange(6).unsqueeze(0), C, borders=True)
    assert targets[0].tolist() == [_, _, _, _, _, 0, 1, 2, 3, 4, 5, _]


def test_the_blank_copy_hides_the_second_half_but_not_its_targets():
    inputs, targets = copy_task(torch.arange(6).unsqueeze(0), C, blank=BLANK)
    assert inputs[0].tolist() == [0, 1, 2, 3, 4, 5, *[BLANK] * 6]
    assert torch.equal(targets, copy_task(torch.arange(6).unsqueeze(0), C)[1])


def test_the_cue_takes_three_places_whose_tokens_are_not_scored():
    inputs, targets = copy_task(torch.arange(6).unsqueeze(0), C, cue=CUE)
    assert inputs[0].tolist() == [0, 1, 2, 3, 4, 5, CUE, CUE, CUE, 3, 4, 5]
    assert targets[0].tolist() == [_, _, _, _, _, _, _, _, _, 4, 5, _]
    with pytest.raises(ValueError, match="a cue of 3 tokens leaves nothing of a text of 3"):
        copy_task(torch.arange(3).unsqueeze(0), C, cue=CUE)


def test_the_combined_task_is_both_of_one_text_and_leaves_it_as_it_was():
    source = text()
    before = source.clone()
    causal_inputs, causal_targets, copy_inputs, copy_targets = combined_task(source, C, cue=CUE)
    assert torch.equal(causal_inputs, source)
    assert torch.equal(causal_targets, causal_task(source, C)[1])
    for found, expected in zip(
        (copy_inputs, copy_targets), copy_task(source[:, :6], C, cue=CUE), strict=True
    ):
        assert torch.equal(found, expected)
    assert (causal_inputs == CUE).sum() == 0 and (copy_inputs == CUE).sum() == 2 * 3
    copy_inputs.fill_(0)
    causal_inputs.fill_(0)
    assert torch.equal(source, before)  # nothing is edited in place


@pytest.mark.parametrize("blank", [None, BLANK])
def test_a_copy_has_no_other_way_than_memories_and_earlier_tokens(blank):
    """Without memories the second half knows nothing of the first, and nothing of its future."""
    model, source = memory_model(encoder=False), text(length=6)
    before = model(copy_task(source, C, blank=blank)[0])[:, 6:]
    for place in range(6):
        other = source.clone()
        other[:, place] += 1
        after = model(copy_task(other, C, blank=blank)[0])[:, 6:]
        same = (before == after).all(-1).all(0).tolist()
        if blank is not None:
            assert all(same)
        else:
            assert all(same[:place]) and not same[place]


def test_in_a_blank_copy_memories_are_the_only_way():
    """Shuffling what the second half would have shown changes nothing; memories do."""
    model, source = memory_model(), text(length=6)
    inputs, _targets = copy_task(source, C, blank=BLANK)
    before = model(inputs)[:, 6:]
    assert torch.equal(inputs[:, 6:], torch.full((2, 6), BLANK))
    other = source.clone()
    other[:, 0] += 1
    after = model(copy_task(other, C, blank=BLANK)[0])[:, 6:]
    assert (before != after).any(-1).all()  # the memory of chunk 0 is in every later pass


def test_losses_are_means_over_what_is_scored():
    model = memory_model()
    inputs, targets = copy_task(text(length=6), C)
    logits = model(inputs)
    expected = [
        torch.nn.functional.cross_entropy(logits[row, place], targets[row, place])
        for row in range(2)
        for place in range(12)
        if targets[row, place] != IGNORED
    ]
    assert len(expected) == 2 * 4
    mean = sum(expected) / len(expected)
    torch.testing.assert_close(TaskLoss()(model, (inputs, targets)), mean)
    official = TaskLoss("chunks", n_chunks=S)(model, (inputs, targets))
    torch.testing.assert_close(official, mean / 2)  # S/2 chunks have targets, S divide
    causal = causal_task(text(), C)
    both = TaskLoss()(model, causal), TaskLoss("chunks", n_chunks=S)(model, causal)
    torch.testing.assert_close(*both)


def test_the_official_divisor_by_hand():
    """Chunk means 3 and 4 of four chunks: 7/4. A chunk that the cue cuts short weighs as much."""
    losses = torch.tensor([[0.0, 0, 0, 0, 0, 0, 0, 3, 0, 2, 6, 0]])
    targets = torch.tensor([[_, _, _, _, _, _, _, 5, _, 5, 5, _]])
    assert divided_by_chunks(losses, targets, S) == 7 / 4
    assert losses.sum() / (targets != IGNORED).sum() == 11 / 3  # the mean that we train on


def test_the_combined_loss_is_the_sum_of_two_named_means():
    model, batch = memory_model(), combined_task(text(), C)
    found = TaskLoss()(model, batch)
    assert list(found) == ["causal", "copy"]
    torch.testing.assert_close(found["causal"], TaskLoss()(model, batch[:2]))
    torch.testing.assert_close(found["copy"], TaskLoss()(model, batch[2:]))
    official = TaskLoss("chunks", n_chunks=S)(model, batch)
    torch.testing.assert_close(official["copy"], found["copy"] / 2)
    torch.testing.assert_close(official["causal"], found["causal"])


@pytest.mark.parametrize("divisor", ["scored", "chunks"])
def test_the_evaluator_takes_the_objectives_in_pieces(divisor):
    objective = TaskLoss(divisor, n_chunks=S)
    model, batch = memory_model(), combined_task(text(5), C, cue=CUE)
    whole, cut = (
        mean_losses(model, batch, CPU, batch_size=size, objective=objective) for size in (5, 2)
    )
    assert set(whole) == {"loss", "causal", "copy"}
    assert cut == pytest.approx(whole, rel=1e-6)


def test_the_training_loop_trains_stages_and_leaves_a_frozen_encoder_alone(tmp_path):
    """Blank copy, then the combined objective from its weights; in micro-batches."""
    schedule = Schedule(peak=1e-2, final=0.0, warmup_steps=1, fall_until=4, shape="linear")
    recipe = TrainingConfig(steps=4, batch_size=4, micro_batch_size=2, schedule=schedule)
    source, stages = Encoder(language_model(0)), []
    for stage, task in enumerate((copy_task, combined_task)):
        model = MemoryModel(Encoder(source.model, "frozen"), language_model(1), LAYOUT)
        if stages:
            model.load_state_dict(stages[0].state_dict())
        assert len(model.blocks) == 2
        context = Context(device=CPU, checkpoint_path=tmp_path / f"{stage}.pt")
        length = S * C // (2 if task is copy_task else 1)

        def batches(step, size, task=task, length=length):
            return task(text(size, length, seed=step), C, blank=BLANK)

        result = train(model, recipe, batches, context, seed=0, objective=TaskLoss())
        assert set(result.log) == {"loss", "gradient_norm"} | (
            set() if task is copy_task else {"causal", "copy"}
        )
        assert not torch.equal(model.decoder.head.weight, language_model(1).head.weight)
        for name, weight in model.encoder.state_dict().items():
            assert torch.equal(weight, source.state_dict()[name])
        stages.append(model)


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="unknown divisor 'all'"):
        TaskLoss("all")
    with pytest.raises(ValueError, match="pass n_chunks"):
        TaskLoss("chunks")
    with pytest.raises(ValueError, match="5 tokens is not made of whole chunks of 3"):
        copy_task(text(length=5), C)
