"""Clips with flicker and weave that are known, for steady.py and plot_steady.py, and what lies where in them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import cv2
import numpy as np
import vapoursynth as vs

from vsplugin import sample
from vsplugin.source import open_source

CORPUS = Path(os.environ.get("VSPLUGIN_CORPUS", Path(__file__).resolve().parents[2] / "shared" / "corpus")) / "public"
PAN = (1.3, 0.4)  # pixels a frame

Pictures = list[np.ndarray]


def lumas(clip: vs.VideoNode) -> Pictures:
    """Luma of every frame in 8-bit codes, as float32; those of more bits with their fractions."""
    gray = clip.std.ShufflePlanes(0, vs.GRAY) if clip.format.num_planes > 1 else clip
    step = np.float32(2 ** (gray.format.bits_per_sample - 8))
    return [np.array(frame[0], np.float32) / step for frame in gray.frames(close=True)]


def clip_of(pictures: Pictures, like: vs.VideoNode | None = None) -> vs.VideoNode:
    """Luma pictures as a GRAY8 clip, or in place of the luma of ``like``."""
    height, width = pictures[0].shape
    blank = vs.core.std.BlankClip(format=vs.GRAY8, width=width, height=height, length=len(pictures), keep=True)

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out = f.copy()
        np.copyto(np.asarray(out[0]), np.clip(np.rint(pictures[n]), 0, 255).astype(np.uint8))
        return out

    gray = vs.core.std.ModifyFrame(blank, blank, fill)
    return gray if like is None else vs.core.std.ShufflePlanes([gray, like, like], [0, 1, 2], vs.YUV)


def source(name: str) -> vs.VideoNode:
    """A clip of the corpus by its file, or ``still``: a photograph, 48 times; or ``drawn``: the program's own scene."""
    if name == "still":
        picture = cv2.imread(str(sorted((CORPUS / "stills").rglob("*.png"))[4]), cv2.IMREAD_GRAYSCALE)
        return clip_of([picture.astype(np.float32)] * 48)
    if name == "drawn":
        clip = sample.truth("film", 48).std.ShufflePlanes(0, vs.GRAY)
        return clip.resize.Bicubic(768, 432, format=vs.GRAY8)
    return open_source(str(CORPUS / name)).clip


def flicker(frames: int, height: int, width: int, seed: int = 3) -> list[np.ndarray]:
    """Gains: ±8 % over all, ±5 % from top to bottom and ±6 % in a corner, new in every frame."""
    y, x = np.mgrid[0:height, 0:width]
    x, y = x / width * 2 - 1, y / height * 2 - 1
    levels = np.random.default_rng(seed).uniform(-1, 1, (frames, 3))
    corner = ((x + 1) / 2 * (y + 1) / 2) ** 2
    return [(1 + 0.08 * a) * (1 + 0.05 * b * y) * (1 + 0.06 * c * corner) for a, b, c in levels]


def lit(clip: vs.VideoNode, gains: list[np.ndarray | float]) -> vs.VideoNode:
    """A limited-range integer YUV clip with its signal multiplied, black staying black and chroma in proportion."""
    step, kind = 1 << (clip.format.bits_per_sample - 8), np.uint8 if clip.format.bytes_per_sample == 1 else np.uint16

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out = f.copy()
        gain = np.broadcast_to(np.asarray(gains[n], np.float32), (clip.height, clip.width))
        for p in range(out.format.num_planes):
            plane, zero = np.asarray(out[p]), step * (128.0 if p else 16.0)
            factor = cv2.resize(gain, plane.shape[::-1], interpolation=cv2.INTER_AREA)
            np.copyto(plane, np.clip(np.rint((plane - zero) * factor + zero), 0, 256 * step - 1).astype(kind))
        return out

    return vs.core.std.ModifyFrame(clip, clip, fill)


def weave(frames: int, kind: str, seed: int = 1) -> np.ndarray:
    """``(frames, 7)``: x, y (±4 pixels), rotation (±0.3°), and four warps (together ±1 pixel in x and in y).

    ``white``: each frame by itself. ``mixed``: more than half of it so, the rest waves of 3 to 7 frames.
    """
    rng = np.random.default_rng(seed)
    out = []
    for scale in (4, 4, np.deg2rad(0.3), *[0.5] * 4):
        values = rng.uniform(-1, 1, frames)
        if kind == "mixed":
            wave = np.sin(2 * np.pi * np.arange(frames) / rng.uniform(3, 7) + rng.uniform(0, 6))
            values = 0.6 * values + 0.4 * wave
            values /= np.abs(values).max()
        out.append(values * scale)
    return np.array(out).T


def woven(pictures: Pictures, size: tuple[int, int], shakes: np.ndarray) -> Pictures:
    """Windows of ``size`` that pan over the pictures by PAN and shake; 8-bit codes."""
    (width, height), frames = size, len(pictures)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    u, v = (x + 0.5) / width * 2 - 1, (y + 0.5) / height * 2 - 1
    left = (pictures[0].shape[1] - width) / 2 - PAN[0] * (frames - 1) / 2
    top = (pictures[0].shape[0] - height) / 2 - PAN[1] * (frames - 1) / 2
    out = []
    for n, (picture, (dx, dy, angle, *warp)) in enumerate(zip(pictures, shakes, strict=True)):
        at_x = x + left + PAN[0] * n + dx - angle * v * height / 2 + warp[0] * u * v + warp[1] * np.sin(v * np.pi / 1.5)
        at_y = y + top + PAN[1] * n + dy + angle * u * width / 2 + warp[2] * u * u + warp[3] * np.sin(u * np.pi / 1.5)
        seen = cv2.remap(picture, np.float32(at_x), np.float32(at_y), cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REFLECT)
        out.append(np.clip(np.rint(seen), 0, 255).astype(np.float32))
    return out


def through_ffmpeg(clip: vs.VideoNode, *passes: str) -> vs.VideoNode | None:
    """The clip through FFmpeg's filters, the last pass as frames; None where it cannot. {} is a folder."""
    if shutil.which("ffmpeg") is None:
        return None
    with tempfile.TemporaryDirectory() as name:
        folder, size = Path(name), f"{clip.width}x{clip.height}"
        raw, done = folder / "in.yuv", folder / "out.yuv"
        form = "gray" if clip.format.num_planes == 1 else "yuv420p"
        with raw.open("wb") as file:
            for frame in clip.frames(close=True):
                for p in range(frame.format.num_planes):
                    file.write(np.ascontiguousarray(frame[p]).tobytes())
        reading = ["-f", "rawvideo", "-pix_fmt", form, "-s", size, "-r", "24", "-i", str(raw)]
        for index, filters in enumerate(passes):
            last = index == len(passes) - 1
            writing = ["-f", "rawvideo", "-pix_fmt", form, str(done)] if last else ["-f", "null", "-"]
            command = ["ffmpeg", "-v", "error", "-y", *reading, "-vf", filters.replace("{}", name), *writing]
            if subprocess.run(command, check=False, capture_output=True).returncode:
                return None
        data = np.fromfile(done, np.uint8)
    luma = clip.width * clip.height
    step = luma if form == "gray" else luma + 2 * (-(-clip.width // 2) * -(-clip.height // 2))
    return clip_of([data[k : k + luma].reshape(clip.height, clip.width) for k in range(0, len(data), step)])


def block_offsets(truth: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """``(15, 2)``: displacement of 5x3 blocks of 96 pixels against the truth; NaN where no texture fixes it.

    Whole pixels by phase correlation, then by matching: the parabola through the sums of squared differences of a pixel
    to each side, again on the block resampled (Lanczos) there. Right to 0.02 pixels (RMS).
    """
    size, margin = 96, 28
    height, width = truth.shape
    out = []
    for cy in np.linspace(size / 2 + margin, height - size / 2 - margin, 3):
        for cx in np.linspace(size / 2 + margin, width - size / 2 - margin, 5):
            top, left = int(cy - size / 2), int(cx - size / 2)
            block = truth[top : top + size, left : left + size]
            out.append(_match(block, picture, top, left, margin) if _texture(block) > TEXTURED else (np.nan, np.nan))
    return np.array(out)


TEXTURED = 4.0  # squared codes per pixel


def _texture(block: np.ndarray) -> float:
    """The smaller eigenvalue of the mean structure tensor: what slopes say about the direction they say least of."""
    gy, gx = np.gradient(block)
    tensor = [[(gx * gx).mean(), (gx * gy).mean()], [(gx * gy).mean(), (gy * gy).mean()]]
    return float(np.linalg.eigvalsh(tensor)[0])


def _match(block: np.ndarray, picture: np.ndarray, top: int, left: int, margin: int) -> tuple[float, float]:
    size = len(block)
    dx, dy = _phase_correlation(block, picture[top : top + size, left : left + size])
    if max(abs(dx), abs(dy)) > margin - 6:
        dx = dy = 0.0
    rows, columns = np.mgrid[top - 2 : top + size + 2, left - 2 : left + size + 2].astype(np.float32)
    for _ in range(4):
        seen = cv2.remap(picture, columns + np.float32(dx), rows + np.float32(dy), cv2.INTER_LANCZOS4)

        def error(x: int, y: int, seen: np.ndarray = seen) -> float:
            return float(((seen[2 + y : 2 + y + size, 2 + x : 2 + x + size] - block) ** 2).sum())

        middle, step = error(0, 0), []
        for before, after in ((error(-1, 0), error(1, 0)), (error(0, -1), error(0, 1))):
            if min(before, after) < middle:  # not there yet
                step.append(-1.0 if before < after else 1.0)
            else:
                step.append(float((before - after) / max(2 * (before + after - 2 * middle), 1e-6)))
        dx, dy = dx + step[0], dy + step[1]
    return dx, dy


def _phase_correlation(block: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    window = np.outer(np.hanning(len(block)), np.hanning(len(block)))
    one, two = (np.fft.rfft2((part - part.mean()) * window) for part in (block, other))
    cross = np.conj(one) * two
    peak = np.fft.irfft2(cross / (np.abs(cross) + 1e-3 * np.abs(cross).max() + 1e-9), block.shape)
    y, x = np.unravel_index(peak.argmax(), peak.shape)
    half = len(block) // 2
    return float((x + half) % len(block) - half), float((y + half) % len(block) - half)
