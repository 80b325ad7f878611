"""Memory models: a decoder that reads what lies far back as one vector a chunk.

:mod:`~memstudy.nn.memory_model.model` has the model whose chunks are encoded independently and at
once, :mod:`~memstudy.nn.memory_model.recurrent` the baseline that hands one vector on from chunk to
chunk, :mod:`~memstudy.nn.memory_model.objectives` what they are trained on (causal, copy, blank
copy, combined), :mod:`~memstudy.nn.memory_model.costs` what they cost, and
:mod:`~memstudy.nn.memory_model.reference` slow and obvious forms. The baseline of full context is
any language model on the whole sequence with the same targets.
"""
