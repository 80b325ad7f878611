"""An experiment without content, for tests of what carries experiments."""
