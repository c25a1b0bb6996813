"""Recommendation ITU-T T.35 messages: whose they are, by their first bytes. Payloads begin with the country code."""

from __future__ import annotations

HDR10PLUS = bytes.fromhex("b5003c000104")  # SMPTE ST 2094-40, application 4
ST2094_50 = bytes.fromhex("b500900001")  # SMPTE ST 2094-50
DOLBY_VISION = bytes.fromhex("b5003b00000800")  # RPU in AV1

_KINDS = {"HDR10+": HDR10PLUS, "ST 2094-50": ST2094_50, "Dolby Vision": DOLBY_VISION}


def kind(payload: bytes) -> str | None:
    """``"HDR10+"``, ``"ST 2094-50"``, ``"Dolby Vision"`` (as AV1 carries it), or None for anything else."""
    return next((name for name, start in _KINDS.items() if payload.startswith(start)), None)
