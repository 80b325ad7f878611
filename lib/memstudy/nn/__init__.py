"""Memory units and language models: mosaics and transformers built from one vocabulary.

:mod:`~memstudy.nn.associative` has the memory units of Memory Mosaics (arXiv 2405.06394),
:mod:`~memstudy.nn.mosaic` and :mod:`~memstudy.nn.transformer` the two families of language
models, :mod:`~memstudy.nn.language_model` everything that they share,
:mod:`~memstudy.nn.generation` sampling from either, and :mod:`~memstudy.nn.recurrent` the other
architectures that RegBench compares. :mod:`~memstudy.nn.llama` and :mod:`~memstudy.nn.mixer` are
the families of the memory models (:mod:`~memstudy.nn.autoencoder`,
:mod:`~memstudy.nn.memory_model`), :mod:`~memstudy.nn.explicit` gives a Llama the explicit memories
of Memory^3. Slow and obvious forms of the same functions stand in files named ``reference``, such
as :mod:`~memstudy.nn.reference` (float64 loops), and in :mod:`~memstudy.nn.plain` (the published
formulation, the baseline of the benchmarks).
"""
