"""The restorations, one file each: a signature, its words, and the graph it builds."""

from .align_chroma import align_chroma
from .bt709 import bt709
from .consistent import consistent
from .deartifact import deartifact
from .deband import deband
from .deflicker import deflicker
from .degrain import degrain
from .deinterlace import deinterlace
from .denoise import denoise
from .flow import flow
from .lift_hdr import lift_hdr
from .regrain import regrain
from .repair import repair
from .restore import restore
from .stabilize import stabilize
from .unfade import unfade
from .upscale import upscale

__all__ = [
    "align_chroma",
    "bt709",
    "consistent",
    "deartifact",
    "deband",
    "deflicker",
    "degrain",
    "deinterlace",
    "denoise",
    "flow",
    "lift_hdr",
    "regrain",
    "repair",
    "restore",
    "stabilize",
    "unfade",
    "upscale",
]
