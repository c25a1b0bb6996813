"""Train, evaluate and export the models that ship in ``models/``.

This room imports no vapoursynth, and of the package only what imports none either (errors, disk, models), so it runs in
the project's Python with the ``train`` extra and equally in any Python >= 3.11 that has torch, numpy, pillow and onnx::

    python -m vsplugin.training.train models/sr2-fast --data STILLS
"""
