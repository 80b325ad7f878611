"""Decoding speed with nothing, with memories and with references in the prompt (Table 21)."""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from memstudy.core import seeds
from memstudy.experiments.sparse_memory import measures as m
from memstudy.experiments.sparse_memory.bank import MemoryBank, fingerprint, memory_shape
from memstudy.experiments.sparse_memory.cards import PREFIX
from memstudy.experiments.sparse_memory.codecs import FloatCodec
from memstudy.experiments.sparse_memory.config import ThroughputUnit
from memstudy.experiments.sparse_memory.library import MemoryLibrary
from memstudy.experiments.sparse_memory.modes import COLD, DENSE_WARM, IN_PROMPT, MODES, PLAIN, WARM
from memstudy.experiments.sparse_memory.reader import new_decoder
from memstudy.nn.explicit.config import ExplicitMemoryConfig
from memstudy.nn.explicit.decoding import generate, prefill, step
from memstudy.nn.explicit.memories import Memories
from memstudy.nn.explicit.model import ExplicitMemoryModel

if TYPE_CHECKING:
    from memstudy.core.context import Context
    from memstudy.core.device import Device

WRITTEN_AT_ONCE = 64  # references that are encoded in one pass when a bank is filled


def measure(unit: ThroughputUnit, context: Context) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Rows of speeds, mode by mode within every timing, and facts.

    As in the paper every reference is asked for once only and nothing is kept in RAM, so every
    memory comes from the disk (whose pages the system may hold in its cache). The search is left
    out: it is the same in all modes that retrieve.
    """
    device = context.device
    generator = seeds.torch_generator(0, "throughput")
    decoder = new_decoder(unit.shape, unit.vocab_size, generator).to(device.torch)
    sparse, dense = (
        ExplicitMemoryModel(decoder, memory_config(unit, kept)).eval()
        for kept in (unit.kept_tokens, unit.reference_length)
    )
    retrievals = unit.prompt // unit.chunk_length + unit.added // unit.chunk_length - 1
    needed = unit.batch_size * retrievals * unit.memories
    references = torch.randint(
        2, unit.vocab_size, (needed, unit.reference_length), generator=generator
    )
    prompts = torch.randint(
        2, unit.vocab_size, (unit.batch_size, 1 + unit.prompt), generator=generator
    )
    total, rows = unit.timings * len(MODES), []
    with tempfile.TemporaryDirectory() as scratch, torch.inference_mode():
        modes = {
            PLAIN: lambda timing: plain(sparse, prompts.to(device.torch), unit.added),
            WARM: from_bank(sparse, references, Path(scratch) / "warm", prompts, unit, True),
            COLD: from_bank(sparse, references, Path(scratch) / "cold", prompts, unit, False),
            IN_PROMPT: lambda timing: in_prompt(sparse, references, prompts, unit, device),
            DENSE_WARM: from_bank(dense, references, Path(scratch) / "dense", prompts, unit, True),
        }
        for done, (timing, mode) in enumerate(itertools.product(range(unit.timings), MODES)):
            seconds = timed(modes[mode], timing, device)
            speed = unit.batch_size * unit.added / seconds
            rows.append({"metric": m.SPEED, "part": mode, "position": timing, "value": speed})
            context.advance(done + 1, total)
    facts = {"retrievals": retrievals, "references": needed, "timings": unit.timings}
    return rows, facts


def memory_config(unit: ThroughputUnit, kept_tokens: int) -> ExplicitMemoryConfig:
    """Memories with some kept tokens."""
    return ExplicitMemoryConfig(
        prefix=PREFIX,
        n_memory_layers=unit.n_memory_layers,
        reference_length=unit.reference_length,
        kept_tokens=kept_tokens,
        chunk_length=unit.chunk_length,
        memories_per_chunk=unit.memories,
    )


def timed(mode: Callable[[int], Any], timing: int, device: Device) -> float:
    """Wall seconds of one generation."""
    device.wait()
    started = time.perf_counter()
    mode(timing)
    device.wait()
    return time.perf_counter() - started


def plain(model: ExplicitMemoryModel, prompts: Tensor, added: int) -> Tensor:
    """Greedy decoding without memories; returns the new tokens, (batch, added)."""
    lengths = torch.full((len(prompts),), prompts.shape[1], device=prompts.device)
    logits, state = prefill(model, prompts, lengths, prompts.shape[1] + added)
    new = [logits.argmax(-1)]
    while len(new) < added:
        new.append(step(model, new[-1], state).argmax(-1))
    return torch.stack(new, dim=1)


def in_prompt(
    model: ExplicitMemoryModel,
    references: Tensor,
    prompts: Tensor,
    unit: ThroughputUnit,
    device: Device,
) -> Tensor:
    """One retrieval, whose references stand in front of the prompt as text."""
    chosen = references[: unit.batch_size * unit.memories].reshape(unit.batch_size, -1)
    return plain(model, torch.cat((chosen, prompts), dim=1).to(device.torch), unit.added)


def from_bank(
    model: ExplicitMemoryModel,
    references: Tensor,
    folder: Path,
    prompts: Tensor,
    unit: ThroughputUnit,
    warm: bool,
) -> Callable[[int], Any]:
    """Generation that fetches new memories for every chunk; the bank is filled before if warm."""
    device = model.embedding.weight.device
    config, shape = model.memory_config, memory_shape(model.decoder, model.memory_config)
    owner = fingerprint(model.decoder, config)

    def write(ids: Sequence[int]) -> Memories:
        chosen = references[list(ids)].to(device)
        lengths = torch.full((len(chosen),), unit.reference_length, device=device)
        return model.write(chosen, lengths).to("cpu")

    def new_bank(name: str) -> MemoryBank:
        return MemoryBank.create(folder / name, model=owner, shape=shape, codec=FloatCodec())

    filled: list[MemoryBank] = []
    if warm:
        filled.append(new_bank("filled"))
        for first in range(0, len(references), WRITTEN_AT_ONCE):
            ids = range(first, min(first + WRITTEN_AT_ONCE, len(references)))
            filled[0].write(ids, write(ids))

    def run(timing: int) -> list[list[int]]:
        bank = filled[0] if warm else new_bank(f"timing {timing}")
        library = MemoryLibrary(bank, None if warm else write)
        ids = itertools.count()

        def retrieve(chunks: Sequence[Sequence[int]]) -> Memories:
            wanted = list(itertools.islice(ids, len(chunks) * unit.memories))
            found = library.fetch(wanted).to(device=device, dtype=model.embedding.weight.dtype)
            return found.reshape(len(chunks), unit.memories)

        new = generate(model, prompts.tolist(), unit.added, retrieve, temperature=0.0)
        if not warm:
            bank.close()
        return new

    return run
