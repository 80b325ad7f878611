"""X-3: is a mosaic a better encoder, or a better decoder, in the memory model?

The memory model of the copy tasks, trained on next tokens and copies together (BM-11, with cue),
with a mosaic or a Llama of the same size in either place, and without an encoder as the control.
Stages, training and scores are those of ``memstudy.experiments.copy_tasks``.
"""
