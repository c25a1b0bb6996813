"""HDR: light statistics against numpy float64 and the encoder, what carrying metadata costs, the lift to 10,000 cd/m²
against its bars, the models on PQ and HLG.

./run python benchmarks/hdr.py [CORPUS] [--part PART]
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import resource
import statistics as stats
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import vapoursynth as vs
from common import RESULTS, write

import vsplugin
from vsplugin import kernels, sink
from vsplugin import sample as vsplugin_sample
from vsplugin.hdr import bt2446, hdr10plus, headroom, inject, lift, nal, props, st2094_50, transfer
from vsplugin.hdr import frames as hdr_frames
from vsplugin.hdr import restore as hdr_restore
from vsplugin.hdr.ictcp import delta_e_itp
from vsplugin.hdr.metadata import Metadata
from vsplugin.hdr.statistics import light_of_histogram
from vsplugin.hdr.statistics import measure as measure_light
from vsplugin.source import open_source

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


def hlg(light: np.ndarray) -> np.ndarray:
    return transfer.hlg_oetf((light / 1000) ** (1 / 1.2))


# name -> signal of SDR signal, and its tag
CODINGS: dict[str, tuple[Map, int]] = {
    "SDR": (lambda s: s, 1),
    "PQ, white 203": (lambda s: transfer.pq_inverse_eotf(transfer.bt1886_eotf(s, WHITE)), 16),
    "PQ, method A to 1000": (lambda s: transfer.pq_inverse_eotf(1000 * bt2446.method_a(s) ** 2.4), 16),
    "HLG, white 203": (lambda s: hlg(transfer.bt1886_eotf(s, WHITE)), 18),
}


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    return float(10 * np.log10(1 / np.mean((one[4:-4, 4:-4] - other[4:-4, 4:-4]) ** 2)))


def run(name: str, plane: np.ndarray, tag: int = 1, **options: float) -> np.ndarray:
    return planes_of(getattr(vsplugin, name)(clip_of(plane, _Transfer=tag), **options))[0].astype(np.float64)


def on_models(signals: list[np.ndarray], sigma: float = 5.0) -> dict:
    """Mean luma PSNR in each coding. ``gain``: the model's over bicubic, or over the noisy picture, in that coding.

    ``via SDR``: the very same small (noisy) SDR picture goes through the model as SDR and is then recoded;
    ``as coded``: it is recoded first. Noise of ``sigma`` 8-bit steps is added in the coding (``gain``), or in SDR (both
    others). ``untagged``: as coded, but the filter is not told that it is HDR.
    """
    rows: dict[str, list[list[float]]] = {name: [] for name in CODINGS}
    for signal, (name, (recode, tag)) in itertools.product(signals, CODINGS.items()):
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
                psnr(run("upscale", small, tag), truth) - psnr(plain, truth),
                psnr(recode(run("upscale", small_sdr).clip(0, None)), truth),
                psnr(run("upscale", recode(small_sdr), tag), truth),
                psnr(run("denoise", truth + noise, tag), truth) - psnr(truth + noise, truth),
                psnr(recode(run("denoise", noisy_sdr).clip(0, None)), truth),
                psnr(run("denoise", recode(noisy_sdr), tag), truth),
                psnr(run("denoise", recode(noisy_sdr)), truth),
            ]
        )
    keys = [f"{task}: {what}" for task in ("upscale", "denoise") for what in ("gain", "via SDR", "as coded")]
    return {name: _means([*keys, "denoise: untagged"], values) for name, values in rows.items()}


def _means(keys: list[str], rows: list[list[float]]) -> dict[str, float]:
    return {key: round(float(value), 2) for key, value in zip(keys, np.mean(rows, 0), strict=True)}


def on_camera_noise(signals: list[np.ndarray], photons: float = 0.3, read_out: float = 0.1) -> dict:
    """Mean luma PSNR, coded, of pictures with a camera's noise: variance ``photons`` * light + ``read_out`` squared."""
    grades: dict[str, tuple[Map, Map, int]] = {
        f"PQ, method A to {peak}": (lambda s, p=peak: p * bt2446.method_a(s, p) ** 2.4, transfer.pq_inverse_eotf, 16)
        for peak in (1000, 4000, 10000)
    }
    grades["HLG, white 203"] = (lambda s: transfer.bt1886_eotf(s, WHITE), hlg, 18)
    out = {}
    for name, (grade, code, tag) in grades.items():
        rows = []
        for signal in signals:
            light = grade(signal @ [0.2126, 0.7152, 0.0722])
            shot = np.random.default_rng(5).normal(size=light.shape) * np.sqrt(photons * light + read_out**2)
            truth, noisy = code(light), code((light + shot).clip(0, 1000 if tag == 18 else 10_000))
            rows.append(
                [psnr(noisy, truth), psnr(run("denoise", noisy), truth), psnr(run("denoise", noisy, tag), truth)]
            )
        out[name] = _means(["noisy", "untagged", "tagged"], rows)
    return out


# What the metadata costs


def _cpu_seconds(command: list[str]) -> float:
    """CPU time of a command and of what it starts: on a busy machine steadier than the clock."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def carried(rounds: int = 8, frames: int = 600) -> dict:
    """What carrying HDR10+ costs in ``vsplugin restore``; CPU time.

    It does not depend on the size of the pictures, and whole runs on large ones vary by more than it is. So its parts
    are measured alone (reading the source's packets, and what is done to frames and to the encoder's packets), and
    checked on whole runs of ``frames`` tiny pictures: the fastest that carries against the fastest that strips. That is
    set against runs on 24 frames of the sample: the default chain, and the cheapest there is, encoding alone.
    """
    with tempfile.TemporaryDirectory() as folder:
        tiny, film, out = (Path(folder) / name for name in ("tiny.mkv", "film.mkv", "out.mkv"))
        _tiny(tiny, frames)
        whole: dict[str, list[float]] = {"carry": [], "strip": []}
        for mode in [*whole, *reversed(whole)] * (rounds // 2):
            whole[mode].append(_restore(tiny, out, "--scale", "1", "--hdr", mode))
        parts = {"reading": _reading(tiny) / frames, "frames and packets": _on_frames()}
        _restore("sample:hdr", film, "--scale", "1", "--hdr", "recompute")
        runs = {"default chain": (), "encoding alone": ("--scale", "1")}
        pace = {
            name: min(_restore(film, out, "--frames", "24", "--hdr", "strip", *options) for _ in range(3)) / 24
            for name, options in runs.items()
        }
    cost = sum(parts.values())
    ms = {name: round(1e3 * seconds, 3) for name, seconds in parts.items()}
    return {
        "ms per frame": {**ms, "whole runs": round(1e3 * (min(whole["carry"]) - min(whole["strip"])) / frames, 3)},
        "whole runs, s": {mode: sorted(round(one, 2) for one in values) for mode, values in whole.items()},
        "runs, ms per frame": {name: round(1e3 * seconds, 1) for name, seconds in pace.items()},
        "carrying costs, %": {name: round(100 * cost / seconds, 2) for name, seconds in pace.items()},
    }


def _restore(*words: str | Path) -> float:
    """CPU seconds of a run."""
    return _cpu_seconds([sys.executable, "-m", "vsplugin", "restore", *map(str, words), "--overwrite", "--quiet"])


def _tiny(path: Path, frames: int) -> None:
    blank = core.std.BlankClip(format=vs.YUV420P10, width=64, height=64, length=frames, keep=True)
    clip = blank.std.SetFrameProps(_Transfer=16, _Matrix=9, _Primaries=9)
    clip = hdr_frames.attach(clip, [Metadata(_payload(number)) for number in range(frames)])
    with path.open("wb") as file:
        sink.encode(clip, file, sink.plan_encoding(clip, "libx265", None, {}), Fraction(25))


def _payload(number: int) -> bytes:
    window = hdr10plus.Window((1, 2, number), 4, tuple((p, 5) for p in range(9)))
    return hdr10plus.pack(hdr10plus.Hdr10Plus((window,)))


def _reading(path: Path, rounds: int = 7) -> float:
    """CPU seconds for what is done once, before the first frame."""
    opened = open_source(str(path))
    times: dict[hdr_restore.Mode, list[float]] = {"carry": [], "strip": []}
    for _, (mode, found) in itertools.product(range(rounds), times.items()):
        start = time.process_time()
        hdr_restore.with_metadata(opened, mode)
        found.append(time.process_time() - start)
    return min(times["carry"]) - min(times["strip"])


def _on_frames(frames: int = 400, rounds: int = 7) -> float:
    """CPU seconds per frame for properties put on, read, and put into the encoder's packet."""
    blank = core.std.BlankClip(format=vs.YUV420P10, width=1280, height=720, length=frames, keep=True)
    clip = blank.std.SetFrameProps(_Transfer=16)
    packet = nal.START_CODE + bytes((2, 1)) + bytes(range(1, 256)) * 200
    clips = {"without": clip, "with": hdr_frames.attach(clip, [Metadata(_payload(n)) for n in range(frames)])}
    times: dict[str, list[float]] = {name: [] for name in clips}
    for _, (name, one) in itertools.product(range(rounds), clips.items()):
        start = time.process_time()
        for frame in one.frames(close=True):
            found = props.from_props(frame.props)
            if name == "with":
                inject.into_packet(packet, found)
        times[name].append(time.process_time() - start)
    return (min(times["with"]) - min(times["without"])) / frames


def against_the_encoder(frames: int = 12) -> dict:
    """Light statistics of a 3840x2160 4:2:0 10-bit clip, conversion to RGB included, and x265 (medium) on the same."""
    small = vsplugin_sample.clip("hdr", 12)
    clip = core.resize.Bicubic(small, 3840, 2160).std.Loop(frames // 12 + 1)
    kept = core.std.Splice([_held(clip, number) for number in range(12)]).std.Loop(frames // 12)
    for frame in kept.frames(close=True):
        frame.close()
    start = time.process_time()
    for _ in measure_light(kept):
        pass
    measuring = (time.process_time() - start) / frames
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "a.y4m").open("wb") as out:
        kept.output(out, y4m=True)
        out.flush()
        command = ["x265", "--y4m", out.name, "-D", "10", "--crf", "16", "-o", str(Path(folder) / "a.hevc")]
        encoding = _cpu_seconds(command) / frames
    values = {"statistics CPU ms": round(1e3 * measuring), "x265 medium CPU ms": round(1e3 * encoding)}
    return {**values, "part of the encoder's time": round(measuring / encoding, 4)}


def _held(clip: vs.VideoNode, number: int) -> vs.VideoNode:
    """One frame, made now and kept."""
    with clip.get_frame(number) as frame:
        held = frame.copy()
    return core.std.ModifyFrame(clip[:1], clip[:1], lambda n, f: held)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", nargs="?", type=Path, default=Path("../shared/corpus"))
    parser.add_argument("--part", choices=["statistics", "encoder", "carried", "lift", "models", "camera noise"])
    parser.add_argument("--note", help="Kept in the results: what else the machine was doing.")
    parser.add_argument("--pictures", type=int, default=6)
    arguments = parser.parse_args()
    signals = photographs(arguments.corpus, arguments.pictures)
    parts = {
        "statistics": statistics,
        "encoder": against_the_encoder,
        "carried": carried,
        "lift": lambda: lifted(signals),
        "models": lambda: on_models(signals),
        "camera noise": lambda: on_camera_noise(signals),
    }
    path = RESULTS / "hdr.json"
    found = json.loads(path.read_text()) if path.exists() else {}
    if arguments.note:
        found["note"] = arguments.note
    for name in [arguments.part] if arguments.part else list(parts):  # each is kept as soon as it is there
        found[name] = parts[name]()
        write("hdr", {key: value for key, value in found.items() if key != "machine"})


if __name__ == "__main__":
    main()
