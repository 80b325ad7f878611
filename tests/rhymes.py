"""A small corpus in place of a real one: two splits of letters, packed as any other."""

import zlib

import numpy as np

from memstudy.corpora.packing import write_stream


class Letters:
    """A tokeniser of 26 letters and an end."""

    name, vocab_size, end_of_text, sha256 = "letters", 27, 26, "0" * 64

    def encode_batch(self, texts):
        return [np.frombuffer(text.encode(), np.uint8) % 26 for text in texts]


def texts(split):
    """Thirty words, each three times the same."""
    words = [f"{zlib.crc32(f'{split}{n}'.encode())}" * 3 for n in range(30)]
    return ["".join(chr(97 + int(digit)) for digit in word) for word in words]


def packed(folder):
    """Both splits, by name."""
    return {
        split: write_stream(
            folder / f"{split}.tokens",
            texts(split),
            Letters(),
            corpus="rhymes",
            split=split,
            key=split,
        )
        for split in ("train", "validation")
    }
