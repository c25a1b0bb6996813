"""Patches of clean stills with a degradation applied on the fly: the pairs a network learns from.

Each task is a class with ``__init__(paths, rng, **options)`` and ``batch(size) -> (input, base, target)`` float32
tensors: the network's output is added to ``base`` and compared with ``target``. What a batch holds depends on the
generator and on the number of patches drawn before, which ``resume(patches)`` sets.
"""

from __future__ import annotations

from typing import Any

__all__ = ["TASKS", "bicubic_up"]


def __getattr__(name: str) -> Any:
    """On first use: recipes are checked and codecs are run where torch is missing."""
    if name in __all__:
        from . import tasks

        return getattr(tasks, name)
    raise AttributeError(f"module 'vsplugin.training.degrade' has no attribute {name!r}")
