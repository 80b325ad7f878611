"""Name of the experiment and the words that its claims share; torch is not needed here."""

NAME = "cross_paper"
PAPER = "Across the papers"
NO_PAPER = "not asked in any paper"
