"""Counted operations against PyTorch's counter, the log of steps, speed."""

import math
import time

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from memstudy import monitoring
from memstudy.monitoring import NonFinite, Speed, StepLog, training_flops
from memstudy.nn.mosaic import MemoryMosaic, MosaicConfig
from memstudy.nn.transformer import Transformer, TransformerConfig

LENGTH = 64
SHAPE = dict(vocab_size=50, d_model=32, n_heads=2, n_blocks=2, context_length=LENGTH)
MODELS = {
    "gpt2": (Transformer, TransformerConfig(**SHAPE), 0.0),
    "no positions": (Transformer, TransformerConfig(**SHAPE, position="none"), 0.0),
    # Its queries and pairs are one position fewer than assumed.
    "mosaic without leaky average": (MemoryMosaic, MosaicConfig(**SHAPE, leaky=False), 0.01),
    "mosaic, mlp": (MemoryMosaic, MosaicConfig(**SHAPE, token_layer="mlp", leaky=False), 0.01),
}


def counted_flops(model, length):
    """Operations that PyTorch counts for each position of a step, attention by plain products."""
    tokens = torch.zeros(3, length, dtype=torch.int64)
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        # The logits as a plain product: PyTorch does not count the in-place products of the loss.
        model(tokens).square().sum().backward()
    return counter.get_total_flops() / tokens.numel()


@pytest.mark.parametrize("name", MODELS)
def test_operations_are_those_that_pytorch_counts(name):
    family, config, tolerance = MODELS[name]
    model = family(config, torch.Generator().manual_seed(0))
    for length in (LENGTH, LENGTH // 2):
        expected = counted_flops(model, length)
        assert training_flops(model, length) == pytest.approx(expected, rel=tolerance or 1e-12)


@pytest.mark.parametrize("lag", [0, 2])
def test_numbers_of_steps_arrive_in_order(lag, monkeypatch):
    monkeypatch.setitem(monitoring.LAG, "cpu", lag)
    log = StepLog(torch.device("cpu"))
    assert log.last() == {}
    for step in range(5):
        log.push(["loss", "norm"], torch.tensor([float(step), 1.0]))
    assert len(log.values) == 5 - lag and log.last()["loss"] == 4 - lag
    log.drain()
    assert [loss for loss, _ in log.values] == [0, 1, 2, 3, 4]


def test_the_log_names_the_step_that_went_wrong(monkeypatch):
    monkeypatch.setitem(monitoring.LAG, "cpu", 2)
    log = StepLog(torch.device("cpu"))
    log.push(["loss", "norm"], torch.tensor([1.0, 2.0]))
    log.push(["loss", "norm"], torch.tensor([1.0, math.inf]))
    log.push(["loss", "norm"], torch.tensor([math.nan, math.nan]))
    with pytest.raises(NonFinite, match="norm of step 1 is inf") as caught:
        log.drain()
    assert caught.value.step == 1 and log.values == [[1.0, 2.0]]


def test_speed_leaves_out_the_first_steps_and_what_is_not_counted(monkeypatch):
    clock = iter(range(1000))
    monkeypatch.setattr(time, "perf_counter", lambda: next(clock))
    speed = Speed()
    assert math.isnan(speed.per_second)
    for _ in range(monitoring.WARMING + 4):
        with speed.counting():
            speed.count(10)
        next(clock)  # an evaluation, a checkpoint
    assert (speed.positions, speed.seconds, speed.per_second) == (40, 4, 10)
