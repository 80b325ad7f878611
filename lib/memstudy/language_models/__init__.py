"""Language models as several experiments share them: what is trained on what, and how.

:mod:`config` says it without PyTorch; :mod:`trained` trains a model, or finds one that was trained.
"""
