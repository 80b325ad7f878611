"""Sparse explicit memory (Memory³): texts written once as a few keys and values, read later."""
