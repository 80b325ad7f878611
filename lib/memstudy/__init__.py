"""A reproducible study of memory in language models.

The one door for readers is :func:`memstudy.study.results`; the one door for shells is
``python -m memstudy``. Importing this package imports nothing heavy: torch, datasets and
matplotlib are loaded by the functions that use them.
"""

__version__ = "0.1.0"
