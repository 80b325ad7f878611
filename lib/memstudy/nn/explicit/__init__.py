"""Sparse explicit memory (Memory³, arXiv 2407.01178) on any rotary transformer of the study.

A reference text is read once, alone, and a few keys and values of each head are kept: that is its
memory. Later the attention of some layers reads memories and context with one soft-max. Nothing is
added to the transformer's weights.

:mod:`~memstudy.nn.explicit.config` says what is kept and where it stands,
:mod:`~memstudy.nn.explicit.selection` which tokens are kept,
:mod:`~memstudy.nn.explicit.writing` and :mod:`~memstudy.nn.explicit.reading` are the two halves of
the mechanism, :mod:`~memstudy.nn.explicit.model` puts them behind the interface of a language
model and :mod:`~memstudy.nn.explicit.decoding` adds text one token at a time, with new memories at
every chunk. :mod:`~memstudy.nn.explicit.units` writes and reads pairs of a mosaic's memory units.
:mod:`~memstudy.nn.explicit.reference` and ``units_reference`` are both in loops, for the tests.
"""
