"""Memory units and language models: mosaics and transformers built from one vocabulary.

:mod:`~memstudy.nn.associative` has the memory units of Memory Mosaics (arXiv 2405.06394),
:mod:`~memstudy.nn.mosaic` and :mod:`~memstudy.nn.transformer` the two families of language
models, :mod:`~memstudy.nn.language_model` everything that they share,
:mod:`~memstudy.nn.generation` sampling from either, and :mod:`~memstudy.nn.recurrent` the other
architectures that RegBench compares. Slow and obvious forms of the same functions
stand in :mod:`~memstudy.nn.reference` (float64 loops) and :mod:`~memstudy.nn.plain` (the published
formulation, the baseline of the benchmarks).
"""
