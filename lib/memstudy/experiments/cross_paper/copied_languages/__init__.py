"""X-4: does a copy objective change how well languages are learnt in context?

MM-11's measure, accuracy and total variation distance on unseen languages of RegBench, asked of
mosaics and transformers that were trained on next tokens alone, and on the Memory Models paper's
combined objective: next tokens, and a second appearance of the first half of every sequence. Data,
architectures, measures and n-grams are those of ``memstudy.experiments.regbench``; models of one
seed start from the same weights and see the same sequences in the same order. Reading the copies
is extra computation, to which a mosaic with twice the sequences an update is a control.
"""
