"""Learning rates of the papers' schedules by hand, groups of AdamW, clipping."""

import math

import pytest
import torch

from memstudy.nn.mosaic import MemoryMosaic, MosaicConfig
from memstudy.optimisation import Schedule, TrainingConfig, adamw, clip_gradients

BABISTORIES = Schedule(peak=5e-3, final=1e-4, warmup_steps=2000, fall_until=80_000)
# 200 epochs of 4 steps, the first 20 of them rising; the cosine's clock runs from the start.
REGBENCH = Schedule(
    peak=5e-4, final=5e-5, initial=1e-6, warmup_steps=80, fall_from=0, fall_until=800
)
MEMORY_MODELS = Schedule(peak=2e-4, final=0, warmup_steps=500, fall_until=200_000, shape="linear")
MEMORY_3 = Schedule(
    peak=6e-4, final=0, warmup_steps=100, fall_from=900, fall_until=1000, shape="linear"
)
CONSTANT = Schedule(peak=1e-3, final=1e-3, warmup_steps=0, fall_until=0, shape="constant")


@pytest.mark.parametrize(
    "schedule, step, rate",
    [
        (BABISTORIES, 0, 0.0),
        (BABISTORIES, 1, 5e-3 / 2000),
        (BABISTORIES, 1000, 2.5e-3),
        (BABISTORIES, 2000, 5e-3),
        (BABISTORIES, 2000 + 78_000 // 4, 1e-4 + 4.9e-3 * (1 + math.sqrt(0.5)) / 2),
        (BABISTORIES, 41_000, (5e-3 + 1e-4) / 2),
        (BABISTORIES, 80_000, 1e-4),
        (BABISTORIES, 90_000, 1e-4),
        (REGBENCH, 0, 1e-6),
        (REGBENCH, 40, (1e-6 + 5e-4) / 2),
        (REGBENCH, 80, 5e-5 + 4.5e-4 * (1 + math.cos(math.pi / 10)) / 2),
        (REGBENCH, 400, (5e-4 + 5e-5) / 2),
        (REGBENCH, 800, 5e-5),
        (MEMORY_MODELS, 250, 1e-4),
        (MEMORY_MODELS, 500, 2e-4),
        (MEMORY_MODELS, 100_250, 1e-4),
        (MEMORY_MODELS, 200_000, 0.0),
        (MEMORY_3, 50, 3e-4),
        (MEMORY_3, 899, 6e-4),
        (MEMORY_3, 950, 3e-4),
        (MEMORY_3, 1000, 0.0),
        (CONSTANT, 0, 1e-3),
        (CONSTANT, 10**6, 1e-3),
    ],
)
def test_learning_rates_by_hand(schedule, step, rate):
    assert schedule.at(step) == pytest.approx(rate, rel=1e-12, abs=1e-18)


@pytest.mark.parametrize(
    "change, message",
    [
        (dict(shape="step"), "choose one of cosine, linear, constant"),
        (dict(peak=-1.0), "must not be negative"),
        (dict(fall_until=5), "before it starts at 10"),
        (dict(fall_from=0, fall_until=5), "before the rise of 10 steps has ended"),
    ],
)
def test_impossible_schedules_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        Schedule(**dict(peak=1.0, final=0.0, warmup_steps=10, fall_until=20) | change)


@pytest.mark.parametrize("decay_all", [False, True])
def test_decay_shrinks_matrices_and_leaves_scalars_and_norms(decay_all):
    shape = dict(vocab_size=9, d_model=8, n_heads=2, n_blocks=1)
    model = MemoryMosaic(MosaicConfig(**shape), torch.Generator().manual_seed(0))
    config = TrainingConfig(
        steps=1, batch_size=1, schedule=CONSTANT, weight_decay=0.1, decay_all=decay_all
    )
    optimiser = adamw(model, config)
    before = [p.detach().clone() for p in model.parameters()]
    for group in optimiser.param_groups:
        group["lr"] = 0.5
    for p in model.parameters():
        p.grad = torch.zeros_like(p)
    optimiser.step()
    for p, old in zip(model.parameters(), before, strict=True):
        decayed = decay_all or p.dim() >= 2
        torch.testing.assert_close(p.detach(), old * (1 - 0.5 * 0.1) if decayed else old)


def parameters_with_gradients(*gradients):
    parameters = [torch.nn.Parameter(torch.zeros(len(g))) for g in gradients]
    for p, gradient in zip(parameters, gradients, strict=True):
        p.grad = torch.tensor(gradient)
    return [*parameters, torch.nn.Parameter(torch.zeros(2))]  # one that the loss does not need


@pytest.mark.parametrize("limit, expected", [(1.0, 1.0), (5.0, 5.0), (20.0, 13.0), (None, 13.0)])
def test_clipping_shortens_the_whole_gradient_to_the_limit(limit, expected):
    parameters = parameters_with_gradients([3.0, 4.0], [12.0])
    assert clip_gradients(parameters, limit).item() == 13.0
    together = torch.cat([p.grad for p in parameters[:2]])
    assert together.norm().item() == pytest.approx(expected, rel=1e-5)
    torch.testing.assert_close(together / together.norm(), torch.tensor([3.0, 4.0, 12.0]) / 13)
