"""A small model learns to say what only a memory can tell it, of cards it has never seen."""

import pytest
import torch

from memstudy.nn.explicit.config import ExplicitMemoryConfig
from memstudy.nn.explicit.model import ExplicitMemoryModel
from memstudy.nn.llama import Llama, LlamaConfig

SHAPE = LlamaConfig(
    vocab_size=20, d_model=32, n_heads=4, n_kv_heads=2, n_blocks=2, d_hidden=32, init="fan_in"
)
CONFIG = ExplicitMemoryConfig(
    prefix=(1,), n_memory_layers=1, reference_length=3, kept_tokens=3, chunk_length=8
)


def cards_and_texts(n, generator):
    """Cards of three random tokens, and texts that say the same after the beginning (token 0)."""
    cards = torch.randint(2, 20, (n, 3), generator=generator)
    return cards.unsqueeze(1), torch.nn.functional.pad(cards, (1, 0))


@pytest.mark.slow
def test_a_small_model_learns_to_read():
    generator = torch.Generator().manual_seed(0)
    model = ExplicitMemoryModel(Llama(SHAPE, generator), CONFIG)
    optimiser = torch.optim.AdamW(model.parameters(), lr=5e-3)
    lengths = torch.full((64, 1), 3)
    for _ in range(250):
        cards, texts = cards_and_texts(64, generator)
        loss = model.loss(texts[:, :-1], texts[:, 1:], model.write(cards, lengths))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    model.eval()
    cards, texts = cards_and_texts(64, generator)
    with torch.no_grad():
        written = model.write(cards, lengths)
        swapped = written[torch.arange(64).roll(1)]
        said = [
            (model(texts[:, :-1], memories).argmax(-1) == texts[:, 1:]).float().mean().item()
            for memories in (written, swapped, None)
        ]
    assert said[0] > 0.95 and said[1] < 0.2 and said[2] < 0.2
