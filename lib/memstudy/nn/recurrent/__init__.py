"""Language models whose blocks read the context by a recurrence or a long convolution.

These are the other architectures of Fig. 11 of Memory Mosaics (arXiv 2405.06394): linear attention,
RetNet, GLA, S4D, H3, Hyena, RWKV, Mamba and the LSTM. Each layer stands in a file of its own, the
mechanisms that several of them share in :mod:`~memstudy.nn.recurrent.scan`,
:mod:`~memstudy.nn.recurrent.linear_memory` and :mod:`~memstudy.nn.recurrent.convolution`, the
language model and the registry in :mod:`~memstudy.nn.recurrent.model`. Slow and obvious forms are
in :mod:`~memstudy.nn.recurrent.reference`.
"""
