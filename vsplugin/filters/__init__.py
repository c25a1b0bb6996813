"""The restorations, one file each: a signature, its words, and the graph it builds."""

from .deartifact import deartifact
from .denoise import denoise
from .lift_hdr import lift_hdr
from .upscale import upscale

__all__ = ["deartifact", "denoise", "lift_hdr", "upscale"]
