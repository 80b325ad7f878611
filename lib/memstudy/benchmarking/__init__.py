"""Forms of one computation raced against each other, their records, and the page of all records.

The scripts in ``benchmarks/`` say what is raced; ``--save`` keeps what came out as JSON in
``benchmarks/results/``, and ``python -m memstudy report`` writes ``benchmarks/README.md`` from it.
"""
