"""The restorations, one file each: a signature, its words, and the graph it builds."""

from .denoise import denoise
from .flow import flow
from .lift_hdr import lift_hdr
from .upscale import upscale

__all__ = ["denoise", "flow", "lift_hdr", "upscale"]
