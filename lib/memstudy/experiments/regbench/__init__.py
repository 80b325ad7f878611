"""RegBench: in-context learning of formal languages (Memory Mosaics, Fig. 11 and Table 4)."""
