"""X-1: does a mosaic's vector of a text hold more of it than a transformer's?

BM-1 asked of both families at equal size and tokens: a frozen encoder's vector of the last token,
from which a fresh decoder learns to regenerate all tokens. Encoders are language models, untrained
ones, and, as the positive control, encoders that were trained to be regenerated from. Decoders,
sequences and scores are those of ``memstudy.experiments.embedding_information``, in its strict
form: nothing of the encoder is trained with the decoder, which is a Llama for both families.
"""
