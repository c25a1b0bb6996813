"""What must be true of metadata before anything is encoded with it. Every error names the frame."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import UserError
from . import dolbyvision, hdr10plus
from .metadata import Metadata


def complete(frames: Sequence[Metadata], where: str) -> None:
    """HDR10+ and RPUs are on every frame or on none, and whole. ``UserError`` says where they are not."""
    for field, name in (("hdr10plus", "HDR10+ metadata"), ("rpu", "Dolby Vision RPU")):
        there = [getattr(frame, field) is not None for frame in frames]
        if any(there) and not all(there):
            missing, first = there.index(False), there.index(True)
            raise UserError(
                f"{where}: frame {missing} has no {name}, frame {first} has; "
                f"{sum(there)} of {len(there)} frames have it"
            )
    seen: set[bytes] = set()
    for number, frame in enumerate(frames):
        for payload, read in ((frame.hdr10plus, hdr10plus.parse), (frame.rpu, dolbyvision.check)):
            if payload is None or payload in seen:
                continue
            seen.add(payload)
            try:
                read(payload)
            except UserError as error:
                raise UserError(f"{where}: frame {number}: {error}") from None


def one_profile(frames: Sequence[Metadata], where: str) -> None:
    """HDR10+ is of one profile throughout. ``UserError`` names the first frame that is not."""
    first: str | None = None
    for number, frame in enumerate(frames):
        if frame.hdr10plus is None:
            continue
        profile = hdr10plus.parse(frame.hdr10plus).profile
        first = first or profile
        if profile != first:
            raise UserError(f"{where}: frame {number} has HDR10+ profile {profile}, frame 0 has {first}")


def same_count(frames: Sequence[Metadata], pictures: int, where: str) -> None:
    """There is metadata for as many frames as there are pictures."""
    if len(frames) != pictures:
        raise UserError(f"{where}: metadata of {len(frames)} frames for {pictures} pictures")
