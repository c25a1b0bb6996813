"""Patches of clean stills with a degradation applied on the fly: the pairs a network learns from.

Each task is a class with ``__init__(paths, rng, **options)`` and ``batch(size) -> (input, base, target)`` float32
tensors: the network's output is added to ``base`` and compared with ``target``. What a batch holds depends on the
generator and on the number of patches drawn before, which ``resume(patches)`` sets.
"""

from .denoise import Denoise
from .enlarge import bicubic_up
from .restore import Deartifact, Restore
from .super_resolution import SuperResolution

__all__ = ["TASKS", "bicubic_up"]

TASKS = {
    "super-resolution": SuperResolution,
    "denoise": Denoise,
    "deartifact": Deartifact,
    "restore": Restore,
}
