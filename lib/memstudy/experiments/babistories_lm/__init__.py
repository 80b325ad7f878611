"""Language models on stories: mosaics against transformers by depth (Memory Mosaics, section 6)."""
