"""What becomes of HDR metadata when pictures change: one table, which filters, ``restore`` and docs/hdr.md follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Action = Literal["keep", "follow", "raise", "recompute", "drop"]


@dataclass(frozen=True)
class Rule:
    """One row: an operation, and what it does to each kind of metadata.

    *keep*: stays on its frame. *follow*: goes where the frame goes. *raise*: its peaks are raised to what the pictures
    hold. *recompute*: is made false; new values must be measured, until then it is dropped. *drop*: is made false and
    cannot be made again.
    """

    operation: str
    examples: str
    hdr10plus: Action
    dolby_vision: Action
    mastering_display: Action
    content_light: Action
    st2094_50: Action
    why: str


TABLE = {
    rule.operation: rule
    for rule in (
        Rule(
            "clean", "denoise, deblock, scratches, deflicker, stabilise",
            "keep", "keep", "keep", "keep", "keep",
            "peaks and percentiles move by a few per cent (+4 % MaxSCL for a denoiser)",
        ),
        Rule(
            "scale", "upscale, resize",
            "keep", "keep", "keep", "keep", "keep",
            "with limited overshoot, as `upscale` has; the edges in an RPU (level 5) are scaled",
        ),
        Rule(
            "sharp scale", "`upscale(overshoot=None)`, Spline36, Lanczos",
            "raise", "keep", "keep", "recompute", "keep", "edges overshoot: plain Spline36 x2 raises MaxSCL by 39 %",
        ),
        Rule(
            "crop", "cropping or adding black bars",
            "keep", "drop", "keep", "keep", "keep",
            "statistics are of the active picture, which stays; an RPU holds its edges in pixels (level 5)",
        ),
        Rule(
            "timeline", "Trim, Splice, SelectEvery, Reverse, duplicates",
            "follow", "follow", "follow", "follow", "follow", "each picture keeps its own",
        ),
        Rule(
            "retime", "frame interpolation, frame rate conversion",
            "follow", "follow", "follow", "follow", "follow", "of the nearest source frame, never blended across a cut",
        ),
        Rule(
            "grade", "unfade, curves, saturation, regrading",
            "recompute", "drop", "keep", "recompute", "drop",
            "every light level changes; the display graded on does not",
        ),
        Rule(
            "transfer", "tone mapping, PQ to HLG or SDR, SDR to HDR",
            "recompute", "drop", "drop", "recompute", "drop", "HDR10+ is for PQ only; the user names the new display",
        ),
    )
}  # fmt: skip

KINDS = ("hdr10plus", "dolby_vision", "mastering_display", "content_light", "st2094_50")


def invalidated_by(operation: str) -> tuple[str, ...]:
    """The kinds of metadata an operation makes false: for ``@restoration(invalidates=...)``."""
    rule = TABLE[operation]
    return tuple(kind for kind in KINDS if getattr(rule, kind) in ("recompute", "drop"))


def markdown() -> str:
    """The table as docs/hdr.md has it."""
    kinds = "HDR10+ | Dolby Vision RPU | mastering display | MaxCLL, MaxFALL | ST 2094-50"
    head = f"| operation | for example | {kinds} | why |"
    rows = [
        f"| **{rule.operation}** | {rule.examples} | {rule.hdr10plus} | {rule.dolby_vision} | "
        f"{rule.mastering_display} | {rule.content_light} | {rule.st2094_50} | {rule.why} |"
        for rule in TABLE.values()
    ]
    return "\n".join([head, "|---" * 8 + "|", *rows])
