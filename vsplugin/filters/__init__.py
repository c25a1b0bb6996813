"""The restorations, one file each: a signature, its words, and the graph it builds."""

from .deflicker import deflicker
from .denoise import denoise
from .flow import flow
from .lift_hdr import lift_hdr
from .stabilize import stabilize
from .upscale import upscale

__all__ = ["deflicker", "denoise", "flow", "lift_hdr", "stabilize", "upscale"]
