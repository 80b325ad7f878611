"""Embedding information: how much of a text the vector of its last token holds (Memory Models).

A frozen encoder makes one vector of a sequence, a fresh decoder is trained to regenerate all tokens
from it, and what it gets right on other texts is what the vector is known to hold.
"""
