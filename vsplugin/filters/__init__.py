"""The restorations, one file each: a signature, its words, and the graph it builds."""

from .degrain import degrain
from .denoise import denoise
from .lift_hdr import lift_hdr
from .regrain import regrain
from .upscale import upscale

__all__ = ["degrain", "denoise", "lift_hdr", "regrain", "upscale"]
