"""Damage of film over any clip, with everything that was done to it known.

Each file is one step: which damages there are (``kinds``), their outlines (``shapes``), which of them lie on a frame
(``marks``), what became of its colours (``fading``), how the picture shakes and pumps (``unsteady``), its grain
(``grain``), and all of it laid over a clip (``simulate``). A frame depends on the seed and on its number alone.
"""

from .kinds import ALL, KINDS, Recipe, read
from .simulate import Damaged, damaged

__all__ = ["ALL", "KINDS", "Damaged", "Recipe", "damaged", "read"]
