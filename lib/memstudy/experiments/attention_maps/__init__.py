"""Attention maps of one-block models (Memory Mosaics, Fig. 12, 13 and 15).

A transformer finds its context by position; a memory mosaic has none, and reads what resembles the
query wherever it stands. This experiment looks at the weights with which the last position of a
window reads all earlier ones, at the length of training and at three times that length, and at what
the longer context does to the loss.
"""
