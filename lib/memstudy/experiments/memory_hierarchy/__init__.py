"""What knowledge costs as text, as explicit memory and as parameters (Memory³, Fig. 4, sec. 3.3).

Nothing is trained. The cost formulas of the paper are evaluated at its shape and at two of ours,
held against PyTorch's counter of operations on the models themselves, and the storage formulas
against the files of a bank of memories.
"""
