"""What is known of each frame: hashes of its pixels and the residual of every step."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import vapoursynth as vs

from ..chain import Chain
from ..errors import UserError
from .chain import promise_of, step_property
from .synthesized import is_synthesized


def pixel_hash(frame: vs.VideoFrame) -> str:
    """SHA-256 of the samples as they are: planes in order (Y Cb Cr, or R G B), rows from the top, little-endian.

    ``hashlib.sha256(b"".join(plane.tobytes() for plane in planes))`` of the same planes in numpy is the same.
    """
    digest = hashlib.sha256()
    for plane in range(frame.format.num_planes):
        digest.update(np.ascontiguousarray(np.asarray(frame[plane])))
    return digest.hexdigest()


def numbers(value: Any) -> list[float]:
    """A frame property as numbers, short enough to read."""
    values = value if isinstance(value, (list, tuple)) else [value]
    return [float(f"{float(one):.6g}") for one in values]


class Collector:
    """Evidence of the frames of one chunk, taken as they go into the encoder. ``UserError`` where a promise breaks."""

    def __init__(self, source: vs.VideoNode, chain: Chain, bounds: list[tuple[float, ...]], first: int) -> None:
        self._source, self._chain, self._bounds, self._first = source, chain, bounds, first
        self.frames: list[dict[str, Any]] = []

    def __call__(self, number: int, frame: vs.VideoFrame) -> None:
        """Frame ``number`` of the chunk, as the encoder gets it."""
        at = self._first + number
        if is_synthesized(frame.props):
            raise UserError(f"forensic: frame {at} holds pixels that were made up (VSPluginSynthesized)")
        residuals = [numbers(frame.props[step_property(index)]) for index in range(len(self._chain))]
        for (name, _), found, bounds in zip(self._chain, residuals, self._bounds, strict=True):
            check(name, at, found, bounds)
        with self._source.get_frame(at) as original:
            before = pixel_hash(original)
        self.frames.append({"frame": at, "input": before, "encoded": pixel_hash(frame), "residuals": residuals})


def check(name: str, frame: int, found: list[float], bounds: tuple[float, ...] | list[float]) -> None:
    """``UserError`` if a residual is larger than it may be."""
    for plane, (value, bound) in enumerate(zip(found, bounds, strict=True)):
        if not value <= bound:
            hint = ""
            if name == "upscale":
                hint = "; what its reduction cannot explain, --set upscale.reduction=area may"
            raise UserError(
                f"forensic: frame {frame}, plane {plane}: {name} leaves {value:g} {promise_of(name).unit}, "
                f"at most {bound:g} is promised{hint}"
            )
