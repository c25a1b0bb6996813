"""The restorations, one file each: a signature, its words, and the graph it builds."""

from .denoise import denoise
from .upscale import upscale

__all__ = ["denoise", "upscale"]
