"""The experiments: one folder each, named like its notebook, its results and its figures."""
