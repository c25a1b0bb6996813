"""The tasks by the name a recipe gives them."""

from __future__ import annotations

from .denoise import Denoise
from .denoise_t import DenoiseT
from .dirt import Dirt
from .enlarge import bicubic_up
from .inpaint import Inpaint
from .restore import Deartifact, Restore
from .super_resolution import SuperResolution

__all__ = ["TASKS", "bicubic_up"]

TASKS = {
    "super-resolution": SuperResolution,
    "denoise": Denoise,
    "denoise-t": DenoiseT,
    "deartifact": Deartifact,
    "restore": Restore,
    "inpaint": Inpaint,
    "dirt": Dirt,
}
