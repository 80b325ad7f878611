"""The bank gives back what was written, refuses what is not its own, and survives kills."""

import dataclasses
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

from memstudy.core import paths
from memstudy.core.errors import UsageError
from memstudy.experiments.sparse_memory.bank import (
    ENTRY,
    HEADER,
    INDEX,
    RECORDS,
    MemoryBank,
    fingerprint,
    memory_shape,
)
from memstudy.experiments.sparse_memory.codecs import FloatCodec
from memstudy.experiments.sparse_memory.library import Counts, MemoryLibrary
from memstudy.nn.explicit.config import ExplicitMemoryConfig
from memstudy.nn.explicit.memories import Memories
from memstudy.nn.explicit.model import ExplicitMemoryModel
from memstudy.nn.llama import Llama, LlamaConfig

SHAPE = (2, 2, 2, 3, 4)  # 96 numbers
LLAMA = LlamaConfig(vocab_size=40, d_model=16, n_heads=4, n_kv_heads=2, n_blocks=3, d_hidden=16)
CONFIG = ExplicitMemoryConfig(
    prefix=(1,), n_memory_layers=2, reference_length=6, kept_tokens=3, chunk_length=4
)


def memories(n, seed=0, shape=SHAPE):
    generator = torch.Generator().manual_seed(seed)
    pairs = torch.randn(n, *shape, generator=generator)
    return Memories(pairs, torch.randint(0, 4, (n,), generator=generator))


def create(folder, codec="bfloat16", shape=SHAPE, model="a" * 64):
    return MemoryBank.create(folder / "bank", model=model, shape=shape, codec=FloatCodec(codec))


def reopen(folder, codec="bfloat16", model="a" * 64):
    return MemoryBank.open(folder / "bank", model=model, codec=FloatCodec(codec))


@pytest.mark.parametrize("codec, dtype", [("bfloat16", torch.bfloat16), ("float32", torch.float32)])
def test_what_was_written_is_read_to_the_bit(tmp_path, codec, dtype):
    given = memories(7)
    with create(tmp_path, codec) as bank:
        bank.write([10, 3, 7, 1, 0, 99, 2**40], given)
    with reopen(tmp_path, codec) as bank:
        assert len(bank) == 7 and 3 in bank and 4 not in bank
        assert bank.ids == [10, 3, 7, 1, 0, 99, 2**40]
        found = bank.read([99, 10, 99])
        order = torch.tensor([5, 0, 5])
        assert torch.equal(found.pairs, given.pairs[order].to(dtype))
        assert torch.equal(found.n_kept, given.n_kept[order])
        size = 7 * 96 * dtype.itemsize
        assert bank.record_bytes == 96 * dtype.itemsize and bank.data_bytes == size
        assert (bank.folder / INDEX).stat().st_size == 7 * 20


def test_a_memory_of_the_paper_has_the_bytes_of_the_paper():
    assert FloatCodec("bfloat16").record_bytes((22, 2, 8, 8, 80)) == 450_560


def test_ten_thousand_memories(tmp_path):
    given = memories(10_000)
    with create(tmp_path) as bank:
        for start in range(0, 10_000, 1_000):
            bank.write(range(start, start + 1_000), given[start : start + 1_000])
    with reopen(tmp_path) as bank:
        assert len(bank) == 10_000 and bank.data_bytes == 10_000 * 192
        order = np.random.default_rng(0).permutation(10_000).tolist()
        found = bank.read(order)
        assert torch.equal(found.pairs, given.pairs[order].bfloat16())
        assert torch.equal(found.n_kept, given.n_kept[order])
        assert bank.verify() == []


def test_one_memory_is_one_read_of_its_own_bytes(tmp_path, monkeypatch):
    reads = []
    pread = os.pread
    monkeypatch.setattr(os, "pread", lambda *args: reads.append(args[1:]) or pread(*args))
    bank = create(tmp_path)
    bank.write([5, 6, 7], memories(3))
    bank.read([6])
    assert reads == [(192, 192)]


def test_writing_goes_on_where_it_ended_and_readers_may_refresh(tmp_path):
    first, second = memories(2), memories(2, seed=1)
    reader = create(tmp_path)
    reader.write([1, 2], first)
    with reopen(tmp_path) as other:
        other.write([3, 4], second)
    assert 3 not in reader
    reader.refresh()
    assert torch.equal(reader.read([4, 1]).pairs[0], second.pairs[1].bfloat16())


def test_an_edited_reference_gets_a_new_memory(tmp_path):
    bank = create(tmp_path)
    bank.write([1, 2], memories(2))
    with pytest.raises(ValueError, match="reference 2 has a memory already"):
        bank.write([2], memories(1, seed=1))
    bank.write([2], memories(1, seed=1), replace=True)
    with reopen(tmp_path) as again:
        assert len(again) == 2
        assert torch.equal(again.read([2]).pairs, memories(1, seed=1).pairs.bfloat16())
        assert torch.equal(again.read([1]).pairs, memories(2).pairs[:1].bfloat16())


# --- refusals ----------------------------------------------------------------------------------


def test_banks_of_others_are_refused(tmp_path):
    create(tmp_path).write([1], memories(1))
    with pytest.raises(UsageError, match=r"written by model aaaaaaaaaaaa, this is bbbbbbbbbbbb"):
        reopen(tmp_path, model="b" * 64)
    with pytest.raises(UsageError, match="holds bfloat16, not float16"):
        reopen(tmp_path, codec="float16")
    with pytest.raises(UsageError, match=r"there is a bank in .* already"):
        create(tmp_path)
    with pytest.raises(UsageError, match="there is no bank in"):
        MemoryBank.open(tmp_path, model="a" * 64, codec=FloatCodec())


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": 1}', b'{"shape": 3}'])
def test_a_damaged_header_is_refused(tmp_path, content):
    create(tmp_path)
    (tmp_path / "bank" / HEADER).write_bytes(content)
    with pytest.raises(UsageError, match="is damaged; remove the bank"):
        reopen(tmp_path)


def test_missing_and_unfit_memories_are_refused(tmp_path):
    bank = create(tmp_path)
    with pytest.raises(KeyError, match="reference 5 has no memory"):
        bank.read([5])
    with pytest.raises(ValueError, match="do not fit 2 ids"):
        bank.write([1, 2], memories(3))
    with pytest.raises(ValueError, match=r"the bank's \(2, 2, 2, 3, 4\)"):
        bank.write([1], memories(1, shape=(2, 2, 2, 4, 4)))
    for ids in ([1, 1], [1, -1]):
        with pytest.raises(ValueError, match="non-negative and must not repeat"):
            bank.write(ids, memories(2))
    with pytest.raises(ValueError, match="choose one of bfloat16, float16, float32"):
        FloatCodec("int8")


def test_damaged_records_are_named_and_the_others_stay_readable(tmp_path):
    given = memories(4)
    create(tmp_path).write([10, 11, 12, 13], given)
    records = tmp_path / "bank" / RECORDS
    content = bytearray(records.read_bytes())
    content[192 + 50] ^= 1
    records.write_bytes(content[: 3 * 192 + 100])
    bank = reopen(tmp_path)
    assert bank.verify() == [11, 13]
    with pytest.raises(UsageError, match=r"memory 11 in .* is damaged"):
        bank.read([10, 11])
    with pytest.raises(UsageError, match=r"memory 13 in .* is cut off \(100 of 192 bytes\)"):
        bank.read([13])
    assert torch.equal(bank.read([12, 10]).pairs, given.pairs[[2, 0]].bfloat16())
    with pytest.raises(UsageError, match="is shorter than its index says"):
        bank.write([14], memories(1))


def test_damage_inside_the_index_is_refused(tmp_path):
    create(tmp_path).write([10, 11, 12], memories(3))
    index = tmp_path / "bank" / INDEX
    content = bytearray(index.read_bytes())
    content[ENTRY.itemsize] ^= 1
    index.write_bytes(content)
    with pytest.raises(UsageError, match=r"entry 1 of .* is damaged"):
        reopen(tmp_path)


# --- kills -------------------------------------------------------------------------------------


def test_whatever_a_killed_writer_leaves_finished_memories_are_readable(tmp_path):
    """A writer dies after any byte of the records, or after any byte of the index behind them."""
    first, second = memories(2), memories(2, seed=1)
    bank = create(tmp_path)
    bank.write([0, 1], first)
    before = [(bank.folder / name).read_bytes() for name in (RECORDS, INDEX)]
    bank.write([2, 3], second)
    after = [(bank.folder / name).read_bytes() for name in (RECORDS, INDEX)]
    deaths = [(size, len(before[1])) for size in range(len(before[0]), len(after[0]), 13)]
    deaths += [(len(after[0]), size) for size in range(len(before[1]), len(after[1]) + 1)]
    for n_records, n_index in deaths:
        shutil.copytree(tmp_path / "bank", tmp_path / "killed" / "bank")
        (tmp_path / "killed" / "bank" / RECORDS).write_bytes(after[0][:n_records])
        (tmp_path / "killed" / "bank" / INDEX).write_bytes(after[1][:n_index])
        with reopen(tmp_path / "killed") as left:
            finished = 2 + (n_index - len(before[1])) // ENTRY.itemsize
            assert left.ids == list(range(finished)) and left.verify() == []
            left.write([7], memories(1, seed=3))
            assert left.data_bytes == (finished + 1) * 192 and left.verify() == []
            assert torch.equal(left.read([1]).pairs[0], first.pairs[1].bfloat16())
            assert torch.equal(left.read([7]).pairs, memories(1, seed=3).pairs.bfloat16())
        shutil.rmtree(tmp_path / "killed")


WRITER = """
import sys
sys.path[:0] = ["tests/unit"]
from pathlib import Path
from test_sparse_memory_bank import memories, reopen
bank = reopen(Path(sys.argv[1]))
for number in range(10_000):
    bank.write([number], memories(1, seed=number))
    print(number, flush=True)
"""


@pytest.mark.slow
def test_a_bank_survives_real_kills(tmp_path):
    create(tmp_path).close()
    done = -1
    for round_ in range(3):
        script = WRITER.replace("range(10_000)", f"range({done + 1}, 10_000)")
        with subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path)],
            cwd=paths.ROOT,
            stdout=subprocess.PIPE,
            text=True,
        ) as writer:
            for line in writer.stdout:
                done = int(line)
                if done % 20 == 7 + round_:
                    time.sleep(0.002 * round_)
                    writer.send_signal(signal.SIGKILL)
                    break
            done = max([done, *map(int, writer.stdout.read().split())])
        with reopen(tmp_path) as bank:
            assert bank.verify() == []
            assert set(range(done + 1)) <= set(bank.ids)
            for number in (0, done):
                assert torch.equal(
                    bank.read([number]).pairs, memories(1, seed=number).pairs.bfloat16()
                )
            done = max(bank.ids)


# --- fingerprints ------------------------------------------------------------------------------


def test_the_fingerprint_follows_weights_and_what_is_kept():
    decoder = Llama(LLAMA, torch.Generator().manual_seed(0))
    first = fingerprint(decoder, CONFIG)
    assert first == fingerprint(Llama(LLAMA, torch.Generator().manual_seed(0)), CONFIG)
    assert memory_shape(decoder, CONFIG) == (2, 2, 2, 3, 4)
    seen = {first, fingerprint(Llama(LLAMA, torch.Generator().manual_seed(1)), CONFIG)}
    for change in (
        {"kept_tokens": 2},
        {"selection": "random"},
        {"prefix": (2,)},
        {"first_memory_layer": 1},
        {"reference_length": 7},
    ):
        seen.add(fingerprint(decoder, dataclasses.replace(CONFIG, **change)))
    # How memories are read later makes no difference to what they are.
    assert first == fingerprint(decoder, dataclasses.replace(CONFIG, chunk_length=9))
    with torch.no_grad():
        decoder.blocks[1].token_layer.gate.weight[0, 0] += 1e-6
    assert fingerprint(decoder, CONFIG) not in seen and len(seen) == 7


# --- the library -------------------------------------------------------------------------------


class Writer:
    def __init__(self):
        self.asked = []

    def __call__(self, references):
        self.asked.append(list(references))
        one = [memories(1, seed=reference) for reference in references]
        return Memories(torch.cat([m.pairs for m in one]), torch.cat([m.n_kept for m in one]))


def test_a_cold_start_writes_each_memory_once(tmp_path):
    writer, bank = Writer(), create(tmp_path)
    library = MemoryLibrary(bank, writer)
    found = library.fetch([4, 2, 4])
    assert writer.asked == [[4, 2]] and len(bank) == 2 and bank.data_bytes == 2 * 192
    assert torch.equal(found.pairs[0], found.pairs[2])
    again = library.fetch([2, 4, 9])
    assert writer.asked == [[4, 2], [9]] and len(bank) == 3
    assert torch.equal(again.pairs[:2], found.pairs[[1, 0]])
    warm = MemoryLibrary(reopen(tmp_path)).fetch([4, 2, 4])
    assert torch.equal(warm.pairs, found.pairs) and torch.equal(warm.n_kept, found.n_kept)
    assert MemoryLibrary(bank).fetch([]).shape == (0,)
    with pytest.raises(KeyError, match="reference 5 has no memory"):
        MemoryLibrary(reopen(tmp_path)).fetch([5])


def test_counts_of_the_cache_on_a_script(tmp_path):
    bank = create(tmp_path)
    bank.write(range(5), memories(5))
    library = MemoryLibrary(bank, cache_size=2)
    for reference, expected in [
        (0, Counts(0, 1)),
        (1, Counts(0, 2)),
        (0, Counts(1, 2)),
        (2, Counts(1, 3)),  # 1 was used longest ago and leaves
        (0, Counts(2, 3)),
        (1, Counts(2, 4)),
        (2, Counts(2, 5)),
    ]:
        found = library.fetch([reference])
        assert library.counts == expected
        assert torch.equal(found.pairs, bank.read([reference]).pairs)
    without = MemoryLibrary(bank, cache_size=0)
    for _ in range(3):
        without.fetch([0, 0])
    assert without.counts == Counts(0, 3)
    with pytest.raises(ValueError, match="cache_size is -1"):
        MemoryLibrary(bank, cache_size=-1)


@torch.no_grad()
def test_logits_are_the_same_after_cold_and_warm_start(tmp_path):
    model = ExplicitMemoryModel(Llama(LLAMA, torch.Generator().manual_seed(0)), CONFIG).eval()
    generator = torch.Generator().manual_seed(1)
    references = torch.randint(40, (6, 6), generator=generator)
    text = torch.randint(40, (1, 9), generator=generator)
    lengths = torch.tensor([6, 2, 5, 6, 1, 4])
    bank = MemoryBank.create(
        tmp_path / "bank",
        model=fingerprint(model.decoder, CONFIG),
        shape=memory_shape(model.decoder, CONFIG),
        codec=FloatCodec("bfloat16"),
    )
    cold = MemoryLibrary(bank, lambda ids: model.write(references[ids], lengths[ids]))
    first = model(text, cold.fetch([3, 1]).reshape(1, 2))
    second = model(text, cold.fetch([3, 1]).reshape(1, 2))
    reopened = MemoryBank.open(
        tmp_path / "bank", model=fingerprint(model.decoder, CONFIG), codec=FloatCodec("bfloat16")
    )
    warm = model(text, MemoryLibrary(reopened).fetch([3, 1]).reshape(1, 2))
    assert torch.equal(first, second) and torch.equal(first, warm)
    exact = model(text, model.write(references[[3, 1]], lengths[[3, 1]]).reshape(1, 2))
    assert (first - exact).abs().max() < 0.01 * exact.abs().max()
