"""Light statistics against numpy float64, the lift to 10,000 cd/m² against its bars, and the models on PQ and HLG.

./run python benchmarks/hdr.py [CORPUS] [--part statistics|lift|models]
"""

from __future__ import annotations

import argparse
import itertools
import math
import statistics as stats
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import vapoursynth as vs
from common import write

import vsplugin
from vsplugin import kernels
from vsplugin.hdr import bt2446, headroom, lift, st2094_50, transfer
from vsplugin.hdr.ictcp import delta_e_itp
from vsplugin.hdr.statistics import light_of_histogram

core = vs.core
WHITE = 203  # cd/m² of SDR white where a picture is shown in HDR as it is


def photographs(corpus: Path, count: int, side: int = 384) -> list[np.ndarray]:
    """R'G'B' in 0..1, ``(side, side, 3)``, cut from the middle."""
    out = []
    paths = sorted((corpus / "public" / "gb82").glob("*.png"))
    for path in paths[:: max(1, len(paths) // count)][:count]:
        with av.open(str(path)) as file:
            rgb = next(file.decode(video=0)).to_ndarray(format="rgb24") / 255
        top, left = ((length - side) // 2 for length in rgb.shape[:2])
        out.append(rgb[top : top + side, left : left + side])
    return out


def clip_of(*planes: np.ndarray, **props: int) -> vs.VideoNode:
    kind = vs.GRAYS if len(planes) == 1 else vs.RGBS
    blank = core.std.BlankClip(format=kind, width=planes[0].shape[1], height=planes[0].shape[0], length=1, keep=True)

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out = f.copy()
        for index, plane in enumerate(planes):
            np.copyto(np.asarray(out[index]), plane.astype(np.float32))
        out.props.update(props)
        return out

    return core.std.ModifyFrame(blank, blank, fill)


def planes_of(clip: vs.VideoNode) -> np.ndarray:
    with clip.get_frame(0) as frame:
        return np.stack([np.array(frame[p]) for p in range(frame.format.num_planes)])


# Statistics


def statistics(rounds: int = 3) -> dict:
    """One 3840x2160 RGBS frame of PQ codes, one thread, CPU time; the rounds alternate."""
    rng = np.random.default_rng(1)
    y, x = np.mgrid[0:2160, 0:3840] / 3840
    base = 0.4 + 0.3 * np.sin(9 * x) * np.cos(7 * y)
    rgb = [(base * k + rng.normal(0, 0.01, base.shape)).clip(0, 1).astype(np.float32) for k in (1, 0.95, 0.9)]
    rgb[1][::40, ::40] = 0.98

    def reference() -> tuple[np.ndarray, float, np.ndarray]:
        light = transfer.pq_eotf(np.stack(rgb))
        brightest = light.max(0)
        return light.max((1, 2)), brightest.mean(), np.percentile(brightest, [1, 25, 50, 75, 90, 95, 99.98, 99.99])

    def ours() -> tuple[np.ndarray, float, np.ndarray]:
        light = light_of_histogram(*kernels.light_histogram(*rgb))
        d = light.distribution
        return np.array(light.maxscl), light.average, np.array([d[0], *d[3:], d[1]])

    times: dict[str, list[float]] = {"float64": [], "ours": []}
    for _ in range(rounds):
        for name, function in (("float64", reference), ("ours", ours)):
            start = time.thread_time()
            result = function()
            times[name].append(time.thread_time() - start)
            if name == "float64":
                expected = result
    wrong = max(float(np.max(np.abs(np.asarray(a) - b))) for a, b in zip(result, expected, strict=True))
    float64, own = (stats.median(times[name]) * 1e3 for name in ("float64", "ours"))
    return {
        "ms": round(own, 1),
        "float64 numpy ms": round(float64, 1),
        "times faster": round(float64 / own, 1),
        "largest difference, 0.1 cd/m²": round(10 * wrong, 2),
    }


# Lift


def coded(signal: np.ndarray, bits: int) -> np.ndarray:
    """R'G'B' after limited-range Y'CbCr 4:4:4 of so many bits (BT.709)."""
    unit = 2 ** (bits - 8)
    luma = signal @ [0.2126, 0.7152, 0.0722]
    cb, cr = (signal[..., 2] - luma) / 1.8556, (signal[..., 0] - luma) / 1.5748
    luma, cb, cr = (np.rint(v * s * unit) / (s * unit) for v, s in ((luma, 219), (cb, 224), (cr, 224)))
    red, blue = luma + 1.5748 * cr, luma + 1.8556 * cb
    return np.stack([red, (luma - 0.2126 * red - 0.0722 * blue) / 0.7152, blue], -1)


def lifted(signals: list[np.ndarray], peak: float = 10_000.0) -> dict:
    """ΔE_ITP between lift_hdr(method="maxrgb") and the SDR picture rendered with its metadata, at full headroom."""
    payload = st2094_50.pack(lift.metadata(peak))
    meta, stops = st2094_50.parse(payload), math.log2(peak / st2094_50.REFERENCE_WHITE)
    found: dict[str, list[np.ndarray]] = {name: [] for name in ("metadata alone", "8 bits", "10 bits", "12 bits")}
    for signal in signals:
        clip = clip_of(*np.moveaxis(signal, -1, 0), _Matrix=0, _Transfer=1, _Primaries=1)
        out = planes_of(vsplugin.lift_hdr(clip, method="maxrgb", peak=peak))
        master = transfer.pq_eotf(np.moveaxis(out, 0, -1))
        for name, differences in found.items():
            base = signal if name == "metadata alone" else coded(signal, int(name.split()[0]))
            differences.append(delta_e_itp(headroom.show_sdr(base, meta, stops), master).ravel())
    out = {"payload bytes": len(payload), "pictures": len(signals)}
    for name, differences in found.items():
        every = np.concatenate(differences)
        values = {"mean": every.mean(), "p99": np.percentile(every, 99), "max": every.max()}
        out[name] = {key: round(float(value), 3) for key, value in values.items()}
    return out


# Models

Map = Callable[[np.ndarray], np.ndarray]
CODINGS: dict[str, Map] = {
    "SDR": lambda s: s,
    "PQ, white 203": lambda s: transfer.pq_inverse_eotf(transfer.bt1886_eotf(s, WHITE)),
    "PQ, method A to 1000": lambda s: transfer.pq_inverse_eotf(1000 * bt2446.method_a(s) ** 2.4),
    "HLG, white 203": lambda s: transfer.hlg_oetf((transfer.bt1886_eotf(s, WHITE) / 1000) ** (1 / 1.2)),
}


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    return float(10 * np.log10(1 / np.mean((one[4:-4, 4:-4] - other[4:-4, 4:-4]) ** 2)))


def run(name: str, plane: np.ndarray, **options: float) -> np.ndarray:
    return planes_of(getattr(vsplugin, name)(clip_of(plane), **options))[0].astype(np.float64)


def on_models(signals: list[np.ndarray], sigma: float = 5.0) -> dict:
    """Mean luma PSNR in each coding. ``gain``: the model's over bicubic, or over the noisy picture, in that coding.

    ``via SDR``: the very same small (noisy) SDR picture goes through the model as SDR and is then recoded;
    ``as coded``: it is recoded first. Noise of ``sigma`` 8-bit steps is added in the coding (``gain``), or in SDR (both
    others).
    """
    rows: dict[str, list[list[float]]] = {name: [] for name in CODINGS}
    for signal, (name, recode) in itertools.product(signals, CODINGS.items()):
        sdr = signal @ [0.2126, 0.7152, 0.0722]
        truth = recode(sdr)
        height, width = sdr.shape
        noise = np.random.default_rng(3).normal(0, sigma / 255, sdr.shape)
        small = planes_of(core.resize.Bicubic(clip_of(truth), width // 2, height // 2))[0]
        plain = planes_of(core.resize.Bicubic(clip_of(small), width, height))[0]
        small_sdr = planes_of(core.resize.Bicubic(clip_of(sdr), width // 2, height // 2))[0].clip(0, 1)
        noisy_sdr = (sdr + noise).clip(0, 1)
        rows[name].append(
            [
                psnr(run("upscale", small), truth) - psnr(plain, truth),
                psnr(recode(run("upscale", small_sdr).clip(0, None)), truth),
                psnr(run("upscale", recode(small_sdr)), truth),
                psnr(run("denoise", truth + noise, sigma=sigma), truth) - psnr(truth + noise, truth),
                psnr(recode(run("denoise", noisy_sdr).clip(0, None)), truth),
                psnr(run("denoise", recode(noisy_sdr)), truth),
            ]
        )
    keys = [f"{task}: {what}" for task in ("upscale", "denoise") for what in ("gain", "via SDR", "as coded")]
    return {
        name: {key: round(value, 2) for key, value in zip(keys, np.mean(values, 0), strict=True)}
        for name, values in rows.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", nargs="?", type=Path, default=Path("../shared/corpus"))
    parser.add_argument("--part", choices=["statistics", "lift", "models"])
    parser.add_argument("--pictures", type=int, default=6)
    arguments = parser.parse_args()
    signals = photographs(arguments.corpus, arguments.pictures)
    parts = {
        "statistics": statistics,
        "lift": lambda: lifted(signals),
        "models": lambda: on_models(signals),
    }
    chosen = [arguments.part] if arguments.part else list(parts)
    write("hdr" if len(chosen) > 1 else f"hdr-{chosen[0]}", {name: parts[name]() for name in chosen})


if __name__ == "__main__":
    main()
