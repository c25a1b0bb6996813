"""The user's own footage as stills: pictures as they are, and sharp, differing frames spread over each video.

The last fifth of the pictures by name, and of each video by time, is held back and never trained on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from .. import disk
from ..errors import UserError, one_line

STILLS = (".png", ".jpg", ".jpeg", ".tif", ".tiff")
VIDEOS = (
    ".mkv", ".mp4", ".mov", ".m4v", ".avi", ".webm", ".mxf", ".ts", ".m2ts", ".mpg", ".mpeg", ".vob", ".y4m",
)  # fmt: skip
_LOOKED_AT = 6  # frames decoded at each place of a video, of which the sharpest is taken
_SAME = 1.0  # mean difference in 8-bit steps, on thumbnails, up to which two frames show the same
_EMPTY = 2.0  # 8-bit steps of contrast under which a frame shows nothing (black, fades)
_GAP_FROM = 10  # frames of a video from which one is left out between those trained on and those held back


@dataclass(frozen=True)
class Footage:
    """Stills to train on, to choose the best weights by, and to report on; the last two are never trained on."""

    train: list[Path]
    validation: list[Path]
    report: list[Path]

    @property
    def held_back(self) -> int:
        return len({*self.validation, *self.report})


def gather(folder: Path, to: Path, frames: int) -> Footage:
    """Write the footage in ``folder`` as .png into ``to``; what an earlier run wrote there is used again if it fits."""
    pictures, videos = _find(folder, to)
    made_of = {"frames": frames, "files": [[str(p), p.stat().st_size, p.stat().st_mtime_ns] for p in pictures + videos]}
    listing = to / "footage.json"
    if listing.exists():
        before = json.loads(listing.read_text())
        if before["made_of"] != made_of:
            raise UserError(f"--on: {folder} or --frames changed since {to} was made; give another folder with --to")
        return _footage([to / name for name in before["train"]], [to / name for name in before["held_back"]])
    try:
        to.mkdir(parents=True, exist_ok=True)
        train, held = _write(pictures, videos, to, frames)
        names = {"train": [path.name for path in train], "held_back": [path.name for path in held]}
        disk.write_whole(listing, json.dumps({"made_of": made_of, **names}, indent=1))
    except OSError as error:
        raise UserError(f"--to: cannot write the footage's frames to {to}: {error.strerror or error}") from None
    return _footage(train, held)


def _footage(train: list[Path], held: list[Path]) -> Footage:
    """Weights are chosen and reported on by different frames, where there are two."""
    return Footage(train, held[::2], held[1::2] or held)


def _find(folder: Path, leave_out: Path) -> tuple[list[Path], list[Path]]:
    if not folder.is_dir():
        raise UserError(f"--on: {folder} is not a folder" if folder.exists() else f"--on: no such folder: {folder}")
    try:
        list(folder.iterdir())
        found = [p for p in sorted(folder.rglob("*")) if p.is_file() and leave_out.resolve() not in p.resolve().parents]
    except OSError as error:
        raise UserError(f"--on: cannot read {folder}: {error.strerror}") from None
    pictures = [path for path in found if path.suffix.lower() in STILLS]
    videos = [path for path in found if path.suffix.lower() in VIDEOS]
    if not pictures and not videos:
        what = f"{len(found)} other files" if found else "nothing"
        raise UserError(f"--on: {folder} holds no stills (png, jpg, tif) and no videos; it holds {what}")
    if len(pictures) == 1 and not videos:
        raise UserError(f"--on: {folder} holds one still; at least two are needed, one of them to be held back")
    return pictures, videos


def _write(pictures: list[Path], videos: list[Path], to: Path, frames: int) -> tuple[list[Path], list[Path]]:
    train: list[Path] = []
    held: list[Path] = []
    written = [_save(_read_still(path), to / f"still-{number:04}.png") for number, path in enumerate(pictures)]
    last = -(-len(written) // 5)
    if written:
        train, held = (written[:-last], written[-last:]) if len(written) > 1 else (written, [])
    for number, path in enumerate(videos):
        written = [
            _save(rgb, to / f"video-{number:02}-{index:04}.png") for index, rgb in enumerate(sample_video(path, frames))
        ]
        if len(written) < 2:
            raise UserError(f"--on: {path} shows fewer than two frames that differ and are not empty")
        last = -(-len(written) // 5)
        gap = 1 if len(written) >= _GAP_FROM else 0
        train += written[: -last - gap]
        held += written[-last:]
    return train, held


def _save(rgb: np.ndarray, path: Path) -> Path:
    Image.fromarray(rgb).save(path, compress_level=1)
    return path


def _read_still(path: Path) -> np.ndarray:
    try:
        with Image.open(path) as picture:
            if picture.mode.startswith(("I", "F")):  # 16-bit grey, which convert() would clip
                grey = np.asarray(picture).astype(np.float64)
                picture = Image.fromarray(np.clip(grey / (257 if grey.max() > 255 else 1), 0, 255).astype(np.uint8))
            return np.asarray(picture.convert("RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UserError(f"--on: {path} cannot be read as a picture: {one_line(error)}") from None


def _luma(rgb: np.ndarray) -> np.ndarray:
    return rgb.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)


def _sharpness(luma: np.ndarray) -> float:
    inner = luma[1:-1, 1:-1]
    return float(np.abs(4 * inner - luma[:-2, 1:-1] - luma[2:, 1:-1] - luma[1:-1, :-2] - luma[1:-1, 2:]).mean())


def _thumbnail(luma: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(luma.astype(np.uint8)).resize((64, 36), Image.Resampling.BOX)).astype(np.float32)


def sample_video(path: Path, frames: int) -> list[np.ndarray]:
    """Up to ``frames`` RGB frames in order: at each of as many places the sharpest that none before it shows."""
    try:
        import av
    except ImportError:
        raise UserError(f"--on: {path.name} needs PyAV to be decoded: pip install av") from None
    try:
        with av.open(str(path)) as inside:
            if not inside.streams.video:
                raise UserError(f"--on: {path} holds no video stream")
            return _spread(inside, path, frames)
    except (av.FFmpegError, OSError) as error:
        raise UserError(f"--on: {path} cannot be decoded: {one_line(error)}") from None


def _spread(inside: Any, path: Path, frames: int) -> list[np.ndarray]:
    stream = inside.streams.video[0]
    stream.thread_type = "AUTO"
    start, length = _extent(inside, stream, path)
    chosen: list[np.ndarray] = []
    thumbnails: list[np.ndarray] = []
    for place in range(frames):
        first, end = (start + int(length * part / frames) for part in (place, place + 1))
        best: tuple[float, np.ndarray, np.ndarray] | None = None
        for rgb in _decode(inside, stream, first, end):
            luma = _luma(rgb)
            thumbnail, sharpness = _thumbnail(luma), _sharpness(luma)
            seen = any(np.abs(thumbnail - other).mean() < _SAME for other in thumbnails)
            if not seen and luma.std() > _EMPTY and (best is None or sharpness > best[0]):
                best = (sharpness, rgb, thumbnail)
        if best is not None:
            chosen.append(best[1])
            thumbnails.append(best[2])
    return chosen


def _extent(inside: Any, stream: Any, path: Path) -> tuple[int, int]:
    """First timestamp and length in the stream's time base; read from the packets where the container names none."""
    if stream.duration and stream.start_time is not None:
        return stream.start_time, stream.duration
    stamps = [(packet.pts, packet.duration or 1) for packet in inside.demux(stream) if packet.pts is not None]
    if not stamps:
        raise UserError(f"--on: {path} holds no timestamped frames; remux it, or give stills")
    inside.seek(min(stamps)[0], stream=stream)
    return min(stamps)[0], max(pts + length for pts, length in stamps) - min(stamps)[0]


def _decode(inside: Any, stream: Any, first: int, end: int) -> list[np.ndarray]:
    """RGB of the first frames from ``first`` on that begin before ``end``."""
    inside.seek(first, stream=stream)
    found: list[np.ndarray] = []
    for frame in inside.decode(stream):
        if frame.pts is None or frame.pts < first:
            continue
        if frame.pts >= end:
            break
        found.append(frame.to_ndarray(format="rgb24"))
        if len(found) == _LOOKED_AT:
            break
    return found
