"""Questions that no paper asks, put with the measures of all three (X-1 to X-4).

Each question has a room of its own: what a mosaic's vectors hold (``retention``), whether memory
units can be stored and read as explicit memories (``unit_memories``), which family makes the better
encoder or decoder of a memory model (``pairings``), and what a copy objective does to learning in
context (``copied_languages``). X-1 and X-4 are built and tested and have not been recorded yet;
they join :data:`~memstudy.experiments.cross_paper.profiles.ROOMS` with their records.
"""
