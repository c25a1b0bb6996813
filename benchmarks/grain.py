"""Grain drawn again against the grain that was measured: spectra by octave and tone, and likeness over time.

./run python benchmarks/grain.py [--corpus DIR]
Simulated: Kodak pictures under the Boolean model (Newson et al. 2017), whose discs know nothing of our filters. Real:
the scans of the corpus' old films.
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path

import common
import numpy as np
import vapoursynth as vs
from PIL import Image

import vsplugin
from vsplugin.grain import analyse, spectrum
from vsplugin.grain.model import PROPERTY, GrainModel

FRAMES = 16
SIDE = 512


def boolean_grain(luma: np.ndarray, radius: float, aperture: float, rng: np.random.Generator) -> np.ndarray:
    """``(H, W)`` in 0..1 as the share that discs of ``radius`` pixels cover, seen through a Gaussian."""
    cells = 6  # a side of a pixel
    y, x = np.mgrid[-cells * 2 : cells * 2 + 1, -cells * 2 : cells * 2 + 1]
    disc = np.argwhere(np.hypot(x, y) <= radius * cells) - 2 * cells
    density = -np.log1p(-luma) / len(disc)
    centres = rng.random((luma.shape[0] * cells, luma.shape[1] * cells), dtype=np.float32)
    centres = centres < -np.expm1(-density.repeat(cells, 0).repeat(cells, 1)).astype(np.float32)
    covered = np.zeros_like(centres)
    for dy, dx in disc:
        covered |= np.roll(centres, (dy, dx), (0, 1))
    share = covered.reshape(luma.shape[0], cells, luma.shape[1], cells).mean((1, 3))
    fy, fx = np.fft.fftfreq(luma.shape[0])[:, None], np.fft.rfftfreq(luma.shape[1])[None]
    return np.fft.irfft2(np.fft.rfft2(share) * np.exp(-2 * (np.pi * aperture) ** 2 * (fy**2 + fx**2)), luma.shape)


def clip_of(frames: list[np.ndarray]) -> vs.VideoNode:
    height, width = frames[0].shape
    blank = vs.core.std.BlankClip(format=vs.GRAYS, width=width, height=height, length=len(frames), keep=True)

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out = f.copy()
        np.copyto(np.asarray(out[0]), frames[n].astype(np.float32))
        return out

    return vs.core.std.ModifyFrame(blank, blank, fill)


def octaves(fields: list[np.ndarray]) -> np.ndarray:
    blocks = [
        np.lib.stride_tricks.sliding_window_view(field, (32, 32))[::16, ::16].reshape(-1, 32, 32) for field in fields
    ]
    return spectrum.octave_power(spectrum.power(spectrum.detrended(np.concatenate(blocks))).mean(0))


def drawn(model: GrainModel, tone: float) -> list[np.ndarray]:
    """New grain on flat grey, as wide as the picture the model is of, in pieces of at most 512 rows."""
    grey = vs.core.std.BlankClip(
        format=vs.GRAYS, width=model.width, height=SIDE, length=FRAMES, color=tone, keep=True
    ).std.SetFrameProps(**{PROPERTY: model.to_json()})
    out = vsplugin.regrain(grey)
    return [np.asarray(frame[0]).astype(np.float64) - tone for frame in out.frames(close=True)]


def judged(clip: vs.VideoNode) -> dict:
    """How far grain drawn by the model of a clip is from the grain measured on it."""
    model = analyse.measure(clip)
    plane = model.planes[0]
    errors, related = [], []
    for tone, taps in zip(plane.tones, plane.taps, strict=True):
        fields = drawn(model, float(tone))
        errors.append(octaves(fields) / spectrum.octave_power(spectrum.expected(taps)) - 1)
        pairs = itertools.pairwise(fields)
        related.append(max(abs((a * b).mean() / (a.std() * b.std())) for a, b in pairs))
    return {
        **model.about,
        "octave_error_percent": (100 * np.abs(np.array(errors))).round(1).tolist(),
        "worst_octave_percent": round(float(100 * np.abs(errors).max()), 1),
        "correlation_over_time_of_drawn": round(float(max(related)), 4),
    }


def simulated(path: Path, radius: float, aperture: float) -> dict:
    """A still under new Boolean grain in every frame; the model against the grain that is really there, too."""
    picture = np.asarray(Image.open(path).convert("L")).astype(np.float64)[:384, :512] / 255
    picture = 0.06 + 0.88 * picture
    rng = np.random.default_rng(1)
    frames = [boolean_grain(picture, radius, aperture, rng).astype(np.float64) for _ in range(8)]
    clean = np.mean([boolean_grain(picture, radius, aperture, rng) for _ in range(24)], 0)
    result = judged(clip_of(frames))
    model = analyse.measure(clip_of(frames)).planes[0]
    fields = [(frame - clean) / np.sqrt(1 + 1 / 24) for frame in frames]
    deviation = []
    for tone in model.tones:
        at = np.abs(clean - tone) < 0.03
        deviation.append(float(np.sqrt(np.mean([field[at] ** 2 for field in fields]))))
    result["sigma_over_true"] = (model.sigma / deviation).round(3).tolist()
    return result


def real(corpus: Path) -> dict[str, vs.VideoNode]:
    files = sorted((corpus / "public/oldfilm").glob("*.png"))
    frames = [np.asarray(Image.open(path).convert("L")).astype(np.float64) / 255 for path in files]
    market = next((corpus / "public/oldfilm_pd").glob("*.mkv"))
    return {"oldfilm (every second frame)": clip_of(frames), market.stem: vs.core.bs.VideoSource(str(market))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=Path(__file__).parents[2] / "shared/corpus")
    corpus = parser.parse_args().corpus
    stills = sorted((corpus / "public/stills").glob("*.png"))[:24:8]
    common.write("grain", {
        "what": "grain drawn by regrain against the grain measured: error of each octave (1/32 to 1/2 cycle per pixel) "
                "of each tone",
        "simulated": {f"{path.stem}, discs of {radius} pixels": simulated(path, radius, 0.6)
                      for path, radius in zip(stills, (0.25, 0.5, 0.9), strict=True)},
        "real": {name: judged(clip) for name, clip in real(corpus).items()},
    })  # fmt: skip


if __name__ == "__main__":
    main()
