"""Material of each preset's kind with a known truth: real and drawn clips, damaged as tape, discs and the net do."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import vapoursynth as vs

from vsplugin import sample
from vsplugin.sample import film

core = vs.core
SD = {"_Matrix": 6, "_Transfer": 6, "_Primaries": 6, "_Range": 0}


@dataclass(frozen=True)
class Material:
    """A source as it comes in, what it showed, and what was done to it in words."""

    source: vs.VideoNode
    truth: vs.VideoNode
    about: str


def stored(frames: list[list[np.ndarray]], like: vs.VideoNode, **props: int) -> vs.VideoNode:
    """8-bit planes as a clip of the format and size of ``like``."""
    blank = core.std.BlankClip(like, format=vs.YUV420P8 if like.format.num_planes > 1 else vs.GRAY8,
                               length=len(frames), keep=True).std.SetFrameProps(**SD, **props)  # fmt: skip

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out = f.copy()
        for p, plane in enumerate(frames[n]):
            np.copyto(np.asarray(out[p]), plane)
        return out

    return core.std.ModifyFrame(blank, blank, fill)


def planes(clip: vs.VideoNode) -> list[list[np.ndarray]]:
    return [[np.array(f[p]) for p in range(f.format.num_planes)] for f in clip.frames(close=True)]


def half(clip: vs.VideoNode) -> vs.VideoNode:
    return clip.resize.Bicubic(clip.width // 2, clip.height // 2)


def woven(clip: vs.VideoNode) -> vs.VideoNode:
    """Each two frames as the fields of one, top first."""
    fields = clip.std.SeparateFields(tff=True).std.SelectEvery(4, (0, 3))
    return fields.std.DoubleWeave(tff=True)[::2].std.SetFrameProps(_FieldBased=2)


def coded(clip: vs.VideoNode, codec: str, interlaced: bool = False, **options: str) -> vs.VideoNode:
    """Through a real encoder and back, 8-bit 4:2:0."""
    frames = planes(clip)
    encoder = av.CodecContext.create(codec, "w")
    encoder.width, encoder.height, encoder.pix_fmt = clip.width, clip.height, "yuv420p"
    encoder.time_base, encoder.framerate, encoder.options = Fraction(1, 25), Fraction(25), options
    decoder = av.CodecContext.create({"libx264": "h264"}.get(codec, codec), "r")
    packets = []
    for number, one in enumerate(frames):
        picture = av.VideoFrame(clip.width, clip.height, "yuv420p")
        for plane, target in zip(one, picture.planes, strict=True):
            np.frombuffer(target, np.uint8).reshape(target.height, target.line_size)[:, : target.width] = plane
        picture.pts = number
        packets += encoder.encode(picture)
    packets += encoder.encode()
    decoder.extradata = encoder.extradata
    decoded = [picture for packet in packets for picture in decoder.decode(packet)] + decoder.decode(None)
    out = [
        [np.frombuffer(p, np.uint8).reshape(p.height, p.line_size)[:, : p.width].copy() for p in picture.planes]
        for picture in decoded
    ]
    return stored(out, clip, _FieldBased=2 if interlaced else 0)


def taped(clip: vs.VideoNode, seed: int = 5) -> vs.VideoNode:
    """What VHS does: luma to about 240 lines, chroma to about 40 and 3 pixels late, both with noise along the lines."""
    rng = np.random.default_rng(seed)

    def blurred(plane: np.ndarray, sigma: float) -> np.ndarray:
        reach = int(3 * sigma) + 1
        taps = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * sigma**2))
        wide = np.pad(plane.astype(float), ((0, 0), (reach, reach)), mode="edge")
        return np.apply_along_axis(np.convolve, 1, wide, taps / taps.sum(), mode="valid")

    def noise(shape: tuple[int, ...], sigma: float, size: float) -> np.ndarray:
        drawn = blurred(rng.standard_normal(shape), size)
        return drawn * (sigma / drawn.std())

    def late(plane: np.ndarray, pixels: float) -> np.ndarray:
        x = np.arange(plane.shape[1]) - pixels
        return np.stack([np.interp(x, np.arange(plane.shape[1]), row) for row in plane])

    out = []
    for y, *chroma in planes(clip):
        y = blurred(y, 0.8) + noise(y.shape, 4.0, 0.5)
        colour = [late(blurred(c, 1.5), 1.5) + noise(c.shape, 5.0, 2.0) for c in chroma]
        out.append([np.rint(np.clip(plane, 16, 240)).astype(np.uint8) for plane in (y, *colour)])
    return stored(out, clip, _FieldBased=2)


def materials(corpus: Path, preset: str, frames: int) -> dict[str, Material]:
    """By name, what a preset is measured on."""
    if preset == "anime":
        return {"street": drawn(frames)}
    clips = {name: core.bs.VideoSource(str(corpus / f"public/video/{name}_768x432.mkv"), cachemode=0)
             .std.SetFrameProps(**SD, _FieldBased=0) for name in ("walker", "cars")}  # fmt: skip
    if preset != "vhs":  # the shift of chroma is measured on the whole picture
        clips = {name: clip.std.CropAbs(512, 320, 128, 64) for name, clip in clips.items()}
    found = {name: MAKERS[preset](clip, frames) for name, clip in clips.items()}
    if preset == "web":
        found |= {f"{name}, smaller file": of_small_web(clip, frames) for name, clip in clips.items()}
    return found


def of_film(clip: vs.VideoNode, frames: int) -> Material:
    return old_film(core.std.ShufflePlanes(clip[:frames], 0, vs.GRAY))


def of_colour_film(clip: vs.VideoNode, frames: int) -> Material:
    return old_film(clip[:frames], "fade,")


def old_film(truth: vs.VideoNode, faded: str = "") -> Material:
    damage = f"{faded}weave=0.15,weave.jitter=0.5,flicker=5,grain=6,scratches=0.5,hair=0.5,dust=6"
    made = film.damaged(half(truth), film.read(damage), 3)
    return Material(made.clip, truth, f"half size, vsplugin sample --damage {damage} --seed 3")


def of_tape(clip: vs.VideoNode, frames: int) -> Material:
    small = half(clip[: 2 * frames])
    about = "half size, two frames woven to one, luma and chroma band-limited, chroma 3 pixels late, noise along lines"
    return Material(taped(woven(small)), small[::2], about)


def of_dvd(clip: vs.VideoNode, frames: int) -> Material:
    clip = clip[: 2 * frames]
    source = coded(woven(half(clip)), "mpeg2video", True, qmin="6", qmax="6", flags="+ildct+ilme", g="12", bf="2")
    return Material(source, clip[::2], "half size, two frames woven to one, MPEG-2 at quantiser 6")


def noisy(clip: vs.VideoNode, sigma: float, seed: int = 9) -> vs.VideoNode:
    """White noise of a camera or a scanner, half as strong in chroma."""
    rng = np.random.default_rng(seed)
    out = [
        [np.rint(np.clip(plane + rng.normal(0, sigma / (1 + (p > 0)), plane.shape), 0, 255)).astype(np.uint8)
         for p, plane in enumerate(one)]
        for one in planes(clip)
    ]  # fmt: skip
    return stored(out, clip, _FieldBased=0)


def of_web(clip: vs.VideoNode, frames: int) -> Material:
    clip = clip[:frames]
    return Material(
        coded(noisy(clip, 4), "libx264", crf="18", preset="medium"), clip, "noise of 4 codes, H.264 at CRF 18"
    )


def of_small_web(clip: vs.VideoNode, frames: int) -> Material:
    clip = clip[:frames]
    return Material(coded(clip, "libx264", crf="34", preset="medium"), clip, "H.264 at CRF 34")


def drawn(frames: int) -> Material:
    """The drawn street for want of animation in the corpus: flat colours, ink, lettering."""
    truth = sample.truth("film", frames).std.CropAbs(512, 320, 400, 200).std.SetFrameProps(**SD)
    source = coded(noisy(half(truth), 3), "libx264", crf="20", preset="medium")
    return Material(source, truth, "the drawn street, half size, noise of 3 codes, H.264 at CRF 20")


MAKERS = {"film": of_film, "film-colour": of_colour_film, "vhs": of_tape, "dvd": of_dvd, "web": of_web}
