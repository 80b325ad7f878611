"""Two processes under torchrun do what one does: same losses, same weights, same end.

The file is also what the processes run: ``torchrun ... test_training_distributed.py FOLDER``.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from memstudy.core import paths
from memstudy.core.context import Context
from memstudy.core.device import Device
from memstudy.core.errors import StopRequested
from memstudy.distributed import join
from memstudy.nn.mosaic import MemoryMosaic, MosaicConfig
from memstudy.nn.transformer import Transformer, TransformerConfig
from memstudy.training import Schedule, TrainingConfig, TrainingDiverged, train

CPU = Device("cpu", "test", 1, "float32")
SHAPE = dict(vocab_size=12, d_model=16, n_heads=2, n_blocks=1, context_length=16)
DROPOUT = dict(residual_dropout=0.2, attention_dropout=0.1, embedding_dropout=0.1)
SCHEDULE = Schedule(peak=5e-3, final=1e-3, warmup_steps=2, fall_until=6)


def batches(step, batch_size):
    """Rows with unequal numbers of targets."""
    generator = torch.Generator().manual_seed(step)
    windows = torch.randint(12, (batch_size, 17), generator=generator)
    targets = windows[:, 1:].clone()
    for row in range(batch_size):
        targets[row, 16 - row :] = -100
    return windows[:, :-1].contiguous(), targets


def poisoned(model, batch):
    """The loss is NaN at step 2, and only for the rows of the second process."""
    loss = model.loss(*batch)
    broken = model.training and torch.equal(batch[0][0], batches(2, 5)[0][2])
    return loss * float("nan") if broken else loss


SETS = {"train": batches(10, 7), "validation": batches(11, 7)}
# Shares of four rows in pieces of two: with dropout, the masks are those of one process.
PIECES = TrainingConfig(
    steps=6, batch_size=8, micro_batch_size=2, schedule=SCHEDULE, evaluate_every=3
)
# Shares of two and three rows, each at once.
UNEVEN = TrainingConfig(steps=6, batch_size=5, schedule=SCHEDULE, evaluate_every=3)
CASES = {
    "pieces": (MemoryMosaic, MosaicConfig(**SHAPE, **DROPOUT), PIECES),
    "uneven": (Transformer, TransformerConfig(**SHAPE), UNEVEN),
}


def trained(case, folder, weights_seed=0, stop_at=None, objective=None):
    """One of the cases, as a dict that can be stored."""
    family, shape, config = CASES[case]
    model = family(shape, torch.Generator().manual_seed(weights_seed))
    done = []
    context = Context(
        device=CPU,
        checkpoint_path=Path(folder) / f"{case}.pt",
        on_progress=lambda step, total, shown: done.append(step),
        stop_wanted=lambda: bool(done) and done[-1] == stop_at,
        by_main=join(CPU.torch).by_main,
    )
    more = {"objective": objective} if objective else {}
    found = train(model, config, batches, context, seed=3, evaluation_sets=SETS, **more)
    return {
        "log": found.log,
        "weights": model.state_dict(),
        "best": found.best["validation"].weights,
        "evaluations": [row["value"] for row in found.evaluations],
        "positions": found.positions,
        "told": done,
    }


def work(folder):
    """What each of the processes does."""
    rank = int(os.environ["RANK"])
    torch.set_num_threads(1)
    # The main process's weights are the ones that count.
    found = {case: trained(case, folder, weights_seed=rank) for case in CASES}
    try:
        trained("pieces", folder, stop_at=4 if rank == 0 else None)
    except StopRequested:
        found["resumed"] = trained("pieces", folder, weights_seed=5)
    try:
        trained("uneven", folder, objective=poisoned)
    except TrainingDiverged as error:
        found["diverged"] = str(error)
    torch.save(found, Path(folder) / f"rank{rank}.pt")


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    """What both processes found, and one process alone."""
    folder = tmp_path_factory.mktemp("processes")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    environment = os.environ | {
        "PYTHONPATH": str(paths.LIBRARY.parent),
        "OMP_NUM_THREADS": "1",
        "GLOO_SOCKET_IFNAME": "lo",
    }
    answer = subprocess.run(
        [*command, __file__, str(folder)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=1200,
    )
    assert answer.returncode == 0, answer.stderr
    both = [torch.load(folder / f"rank{rank}.pt") for rank in (0, 1)]
    alone = {case: trained(case, folder / "alone") for case in CASES}
    return both, alone


def close(one, other):
    torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_two_processes_do_what_one_does(case, outcome):
    both, alone = outcome
    for found in both:
        close(found[case]["log"], alone[case]["log"])
        close(found[case]["evaluations"], alone[case]["evaluations"])
        close(found[case]["weights"], alone[case]["weights"])
        assert found[case]["positions"] == alone[case]["positions"]
    assert both[0][case]["told"] and not both[1][case]["told"]


@pytest.mark.slow
def test_both_end_at_the_same_step_and_go_on_to_the_bit(outcome):
    for found in outcome[0]:
        for name in ("log", "weights", "best"):
            for key, value in found["pieces"][name].items():
                assert torch.equal(found["resumed"][name][key], value)
        assert found["resumed"]["evaluations"] == found["pieces"]["evaluations"]


@pytest.mark.slow
def test_both_notice_what_goes_wrong_in_one(outcome):
    for found in outcome[0]:
        assert found["diverged"].startswith("loss of step 2 is nan")


if __name__ == "__main__":
    work(sys.argv[1])
