"""The restorations, one file each: a signature, its words, and the graph it builds."""

from .consistent import consistent
from .denoise import denoise
from .flow import flow
from .lift_hdr import lift_hdr
from .upscale import upscale

__all__ = ["consistent", "denoise", "flow", "lift_hdr", "upscale"]
