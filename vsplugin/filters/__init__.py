"""The restorations, one file each: a signature, its words, and the graph it builds."""

from .consistent import consistent
from .deartifact import deartifact
from .degrain import degrain
from .denoise import denoise
from .flow import flow
from .lift_hdr import lift_hdr
from .regrain import regrain
from .repair import repair
from .upscale import upscale

__all__ = [
    "consistent",
    "deartifact",
    "deflicker",
    "degrain",
    "denoise",
    "flow",
    "lift_hdr",
    "regrain",
    "repair",
    "stabilize",
    "upscale",
]
from .deflicker import deflicker
from .stabilize import stabilize
