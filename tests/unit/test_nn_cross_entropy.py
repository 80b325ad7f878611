"""The chunked loss equals PyTorch's cross-entropy of the whole matrix of logits."""

import pytest
import torch

from memstudy.nn import cross_entropy
from memstudy.nn.cross_entropy import linear_cross_entropy

IGNORED = -1


@pytest.fixture(params=[1, 100, 1 << 21], ids=["row by row", "uneven chunks", "one chunk"])
def chunk(request, monkeypatch):
    monkeypatch.setitem(cross_entropy.CHUNK_ELEMENTS, "cpu", request.param)


def inputs(dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(3, 7, 5, generator=generator, dtype=dtype).requires_grad_()
    weight = torch.randn(33, 5, generator=generator, dtype=dtype).requires_grad_()
    targets = torch.randint(33, (3, 7), generator=generator)
    targets[0, 2] = targets[2] = IGNORED
    return hidden, weight, targets


def whole(hidden, weight, targets, scale, reduction):
    logits = scale * hidden @ weight.T
    return torch.nn.functional.cross_entropy(
        logits.flatten(0, -2), targets.flatten(), reduction=reduction, ignore_index=IGNORED
    )


@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_equals_the_whole_matrix_with_gradients(chunk, reduction):
    hidden, weight, targets = inputs()
    ours = linear_cross_entropy(hidden, weight, targets, 0.7, reduction, IGNORED)
    theirs = whole(hidden, weight, targets, 0.7, reduction)
    torch.testing.assert_close(ours.flatten(), theirs.flatten())
    probe = torch.linspace(-1, 2, ours.numel(), dtype=ours.dtype).reshape(ours.shape)
    for one, other in zip(
        torch.autograd.grad((ours * probe).sum(), (hidden, weight)),
        torch.autograd.grad((theirs * probe.flatten()).sum(), (hidden, weight)),
        strict=True,
    ):
        torch.testing.assert_close(one, other)


def test_without_gradients(chunk):
    hidden, weight, targets = inputs()
    with torch.no_grad():
        ours = linear_cross_entropy(hidden, weight, targets, ignore_index=IGNORED)
    torch.testing.assert_close(ours, whole(hidden, weight, targets, 1.0, "mean").detach())


def test_autocast_computes_products_in_bfloat16_and_the_rest_in_float32(chunk):
    hidden, weight, targets = inputs(torch.float32)
    exact = linear_cross_entropy(hidden, weight, targets, 1.0, "mean", IGNORED)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = linear_cross_entropy(hidden, weight, targets, 1.0, "mean", IGNORED)
    assert rounded.dtype == torch.float32
    assert abs(rounded - exact) < 0.01 * exact
    for one, other in zip(
        torch.autograd.grad(rounded, (hidden, weight)),
        torch.autograd.grad(exact, (hidden, weight)),
        strict=True,
    ):
        assert one.dtype == torch.float32
        assert (one - other).abs().max() < 0.02 * other.abs().max()


def test_no_target_counts():
    hidden, weight, targets = inputs()
    nothing = torch.full_like(targets, IGNORED)
    assert linear_cross_entropy(hidden, weight, nothing, ignore_index=IGNORED).isnan()
    assert linear_cross_entropy(hidden, weight, nothing, 1.0, "none", IGNORED).eq(0).all()


def test_bad_arguments_are_refused():
    hidden, weight, targets = inputs()
    with pytest.raises(ValueError, match="choose 'mean' or 'none'"):
        linear_cross_entropy(hidden, weight, targets, reduction="sum")
    with pytest.raises(ValueError, match="does not fit targets"):
        linear_cross_entropy(hidden, weight, targets[:, 1:])
