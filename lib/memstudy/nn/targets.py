"""The target that no loss counts; torch is not needed here."""

IGNORED = -100  # target without a loss, the same number as PyTorch's own cross-entropy has
