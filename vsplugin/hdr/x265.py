"""What x265 wants to be told: options, and a file of NAL units with one HDR10+ message per frame.

The file works with every x265 since 3.0; Debian's builds lack ``--dhdr10-info``, which would also lose fields.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import UserError
from .static import ContentLight, MasteringDisplay

_LONGEST_LINE = 1000  # characters; x265 reads lines into 1024 bytes
_LONGEST = (_LONGEST_LINE - len("9999999 PREFIX 39/4 ")) // 4 * 3


def static_parameters(props: Mapping[str, Any]) -> dict[str, str]:
    """x265's parameters for the static metadata in frame properties. ``UserError`` for values no display has."""
    display, light = MasteringDisplay.from_props(props), ContentLight.from_props(props)
    found = {
        **({"master-display": display.to_x265()} if display else {}),
        **({"max-cll": light.to_x265()} if light else {}),
    }
    return {**found, "hdr10": "1"} if found else {}


def arguments(props: Mapping[str, Any], rpu: str | None = None) -> list[str]:
    """Command-line options for a clip with these frame properties: colour, static metadata, and where its RPUs are.

    Colour as the numbers of H.273, which x265 takes beside names.
    """
    names = {
        "colorprim": "_Primaries",
        "transfer": "_Transfer",
        "colormatrix": "_Matrix",
        "chromaloc": "_ChromaLocation",
    }
    out = [part for option, name in names.items() if name in props for part in (f"--{option}", str(int(props[name])))]
    if "_Range" in props:
        out += ["--range", "full" if int(props["_Range"]) == 1 else "limited"]
    for name, value in static_parameters(props).items():
        out += ["--hdr10", "--repeat-headers"] if name == "hdr10" else [f"--{name}", value]
    if rpu:
        if "MasteringDisplayMaxLuminance" not in props:
            raise UserError("x265: Dolby Vision 8.1 needs mastering display metadata, which the clip does not have")
        out += ["--dolby-vision-profile", "8.1", "--dolby-vision-rpu", rpu]
        out += ["--vbv-bufsize", "160000", "--vbv-maxrate", "160000"]  # it insists on a limit; this is level 5.1's
    return out


def padded_length(payloads: Sequence[bytes]) -> int:
    """One length for all: x265 3.5 aborts when a later payload is longer; it fills up base64 groups with rubbish.

    ``UserError`` names the first frame whose payload is too long for x265's lines.
    """
    for number, payload in enumerate(payloads):
        if len(payload) > _LONGEST:
            raise UserError(
                f"x265: frame {number}: a payload of {len(payload)} bytes does not fit into a NALU file "
                f"(at most {_LONGEST}); encode without it and use `vsplugin hdr inject`"
            )
    return -(-max(map(len, payloads), default=0) // 3) * 3


def nalu_line(number: int, payload: bytes, length: int) -> str:
    """The line for a frame, its T.35 payload filled up with zeros: a prefix SEI (39) with user data (4)."""
    if len(payload) > length:
        raise UserError(f"x265: frame {number}: a payload of {len(payload)} bytes where {length} were announced")
    return f"{number} PREFIX 39/4 {base64.b64encode(payload.ljust(length, bytes(1))).decode()}\n"


def nalu_text(payloads: Sequence[bytes]) -> str:
    """The whole file for ``--nalu-file``: every frame from 0 on, as x265 drops all that follow a gap."""
    length = padded_length(payloads)
    return "".join(nalu_line(number, payload, length) for number, payload in enumerate(payloads))


def read_nalu(text: str) -> list[bytes]:
    """The payloads of such a file. ``UserError`` for lines that are no such thing, and for gaps."""
    out: list[bytes] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        words = line.split()
        if len(words) != 4 or words[1:3] != ["PREFIX", "39/4"] or not words[0].isdecimal():
            raise UserError(f"NALU file: a line must read 'N PREFIX 39/4 BASE64'; got '{line[:60]}'")
        if words[0] != str(len(out)):
            raise UserError(f"NALU file: frame {len(out)} is missing; its line says {words[0][:12]}")
        try:
            out.append(base64.b64decode(words[3], validate=True))
        except binascii.Error:
            raise UserError(f"NALU file: frame {len(out)} is not base64") from None
    if not out:
        raise UserError("NALU file: it is empty")
    return out
