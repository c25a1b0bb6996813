"""Block motion of MVTools (core.mv), block centres interpolated into a dense field."""

from __future__ import annotations

import struct

import numpy as np
import vapoursynth as vs

from . import pairs

_BLOCK, _OVERLAP = 8, 4
_VECTOR = np.dtype([("x", "<i4"), ("y", "<i4"), ("sad", "<i8")])
_LEAST = 2 * _BLOCK


def missing() -> str | None:
    """What to install, or None."""
    if not hasattr(vs.core, "mv"):
        return "method 'mvtools' needs MVTools: pip install vapoursynth-vsplugin[mvtools]"
    return None


def raw(luma: vs.VideoNode, delta: int) -> vs.VideoNode:
    width, height = luma.width, luma.height
    wide, tall = (max(_LEAST, -(-side // _BLOCK) * _BLOCK) for side in (width, height))
    padded = luma.resize.Point(wide, tall, src_width=wide, src_height=tall)
    found = padded.mv.Super(pel=2, chroma=False).mv.Analyse(
        blksize=_BLOCK, overlap=_OVERLAP, isb=delta > 0, delta=abs(delta), chroma=False, truemotion=True
    )

    def find(frame: np.ndarray, other: np.ndarray, vectors: vs.VideoFrame) -> pairs.Vectors:
        return _dense(
            bytes(vectors.props["MVTools_MVAnalysisData"]), bytes(vectors.props["MVTools_vectors"]), frame.shape
        )

    return pairs.flows(luma, delta, [found], find)


def _dense(header: bytes, vectors: bytes, shape: tuple[int, ...]) -> pairs.Vectors:
    """The finest level's vectors at every pixel.

    The header is MVTools' ``MVAnalysisData``: integers of 4 bytes, of which block size, pel, overlap and counts are
    used. Vectors are 16 bytes a block, x and y in 1/pel pixels, the levels coarsest first.
    """
    fields = struct.unpack("<21i", header[:84])
    block, pel, overlap, (columns, rows) = fields[2], fields[4], fields[12], fields[14:16]
    finest = np.frombuffer(vectors[-rows * columns * _VECTOR.itemsize :], _VECTOR).reshape(rows, columns)
    step = block - overlap
    across, down = (_between(size, count, step, block) for size, count in ((shape[1], columns), (shape[0], rows)))

    def interpolated(part: str) -> np.ndarray:
        values = finest[part].astype(np.float32) / pel
        left, right, t = down
        values = values[left] * (1 - t)[:, None] + values[right] * t[:, None]
        left, right, t = across
        return values[:, left] * (1 - t) + values[:, right] * t

    return interpolated("x"), interpolated("y")


def _between(size: int, count: int, step: int, block: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each pixel the block centres before and after it, and where it lies between them."""
    place = np.clip((np.arange(size) - (block - 1) / 2) / step, 0, count - 1)
    left = np.floor(place).astype(int)
    return left, np.minimum(left + 1, count - 1), (place - left).astype(np.float32)
