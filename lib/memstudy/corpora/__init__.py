"""Text: registered corpora, loaders, and the generated story world."""
