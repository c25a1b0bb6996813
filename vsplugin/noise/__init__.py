"""How strong the noise of a clip is, and how that depends on brightness."""

from .level import plane_sigma
from .of_clip import Noise, complete, measure
from .profile import FLAT, Profile, evened, factors_at, parse, text

__all__ = ["FLAT", "Noise", "Profile", "complete", "evened", "factors_at", "measure", "parse", "plane_sigma", "text"]
