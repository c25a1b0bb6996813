"""Every metric against an implementation that shares no line with ours.

    uv run --with scikit-image --with colour-science --with imageio-ffmpeg python benchmarks/metrics.py \\
        --corpus DIR --ssimulacra2 PROGRAM --torch PYTHON

PROGRAM is built from github.com/cloudinary/ssimulacra2; PYTHON has torch, pytorch-msssim and lpips. Without them their
values are kept from the file. docs/metrics.md shows the table (``python benchmarks/page.py``), and
tests/metrics/test_expected.py holds our side against the other side's values again.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
import vapoursynth as vs
from common import RESULTS, write
from metric_material import CLIPS, FLOW, ours
from metric_material import pair as material

from vsplugin.metrics.views import as_array, luma, rgb


def arrays(clip: vs.VideoNode) -> list[np.ndarray]:
    """Every frame of a grey or RGB clip."""
    return [as_array(frame) for frame in clip.frames(close=True)]


def pairs(reference: vs.VideoNode, distorted: vs.VideoNode) -> list[tuple[np.ndarray, np.ndarray]]:
    return list(zip(arrays(reference), arrays(distorted), strict=True))


def codes(clip: vs.VideoNode) -> vs.VideoNode:
    """Code values of luma."""
    return clip.std.ShufflePlanes(0, vs.GRAY)


def mean(values: list[float]) -> float:
    return float(np.mean(values))


def by_ffmpeg(clips: tuple[vs.VideoNode, vs.VideoNode], folder: Path) -> dict[str, float]:
    """The filters psnr and xpsnr, and libvmaf's CAMBI."""
    import imageio_ffmpeg

    files = [folder / "reference.y4m", folder / "distorted.y4m"]
    for clip, path in zip(clips, files, strict=True):
        with path.open("wb") as target:
            clip.output(target, y4m=True)

    def run(graph: str, reference_first: bool = False) -> str:
        order = files if reference_first else files[::-1]
        inputs = [part for path in order for part in ("-i", str(path))]
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", *inputs, "-lavfi", graph, "-f", "null", "-"]
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder).stderr

    psnr = dict(re.findall(r"(y|u|v|average):([\d.]+)", run("psnr").split("PSNR ")[-1]))
    xpsnr = dict(re.findall(r"(y|u|v): *([\d.]+)", run("xpsnr=stats_file=xpsnr.log", True).split("XPSNR ")[-1]))
    frames = re.findall(r"XPSNR y: ([\d.]+) +XPSNR u: ([\d.]+) +XPSNR v: ([\d.]+)", (folder / "xpsnr.log").read_text())
    weighted = [sum(w * 10 ** (-float(v) / 10) for w, v in zip((4, 1, 1), row, strict=True)) / 6 for row in frames]
    run("libvmaf=feature=name=cambi:log_fmt=json:log_path=log.json")
    log = json.loads((folder / "log.json").read_text())["pooled_metrics"]
    return {
        "psnr": float(psnr["average"]), "psnr_y": float(psnr["y"]), "psnr_cb": float(psnr["u"]),
        "psnr_cr": float(psnr["v"]), "xpsnr_y": float(xpsnr["y"]),
        "xpsnr": -20 * math.log10(mean([math.sqrt(error) for error in weighted])), "cambi": log["cambi"]["mean"],
    }  # fmt: skip


def by_scikit_image(clips: tuple[vs.VideoNode, vs.VideoNode]) -> dict[str, float]:
    from skimage.metrics import mean_squared_error, structural_similarity

    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 255}
    ssim = [structural_similarity(*pair, **options) for pair in pairs(*map(codes, clips))]
    errors = [mean_squared_error(*pair) for pair in pairs(*map(rgb, clips))]
    planes = [
        mean([mean_squared_error(*pair) for pair in pairs(*(clip.std.ShufflePlanes(plane, vs.GRAY) for clip in clips))])
        for plane in range(3)
    ]
    weighted = (6 * planes[0] + planes[1] + planes[2]) / 8
    return {
        "ssim": mean(ssim), "psnr_rgb": -10 * math.log10(mean(errors)),
        "psnr_yuv": 10 * math.log10(255**2 / weighted),
    }  # fmt: skip


def by_colour_science(clips: tuple[vs.VideoNode, vs.VideoNode]) -> dict[str, float]:
    import colour

    lab, itp = [], []
    for pair in pairs(*map(rgb, clips)):
        lights = [colour.models.eotf_BT1886(np.maximum(picture.astype(np.float64), 0)) for picture in pair]
        white = colour.CCS_ILLUMINANTS["CIE 1931 2 Degree Standard Observer"]["D65"]
        xyz = [colour.RGB_to_XYZ(light, "ITU-R BT.709", apply_cctf_decoding=False) for light in lights]
        lab.append(colour.delta_E(*(colour.XYZ_to_Lab(each, white) for each in xyz), method="CIE 2000").mean())
        wide = [100 * colour.RGB_to_RGB(light, "ITU-R BT.709", "ITU-R BT.2020") for light in lights]
        itp.append(colour.delta_E(*(colour.RGB_to_ICtCp(each) for each in wide), method="ITP").mean())
    return {"delta_e2000": mean(lab), "delta_e_itp": mean(itp)}


def by_scipy(clips: tuple[vs.VideoNode, vs.VideoNode]) -> dict[str, float]:
    """From the definitions, with scipy's filters and plain loops."""
    from scipy import ndimage

    halos, blocks = [], []
    for pair in pairs(*map(luma, clips)):
        one, other = (255 * plane.astype(np.float64) for plane in pair)
        high, low = ndimage.maximum_filter(one, 5), ndimage.minimum_filter(one, 5)
        halos.append(np.square(np.maximum(other - high, 0) + np.maximum(low - other, 0))[2:-2, 2:-2].mean())
        blocks.append(_blocking(other))
    changes, warps = [], []
    colours = [[picture.astype(np.float64) for picture in arrays(rgb(clip))] for clip in clips]
    height, width, _ = colours[0][0].shape
    at = np.mgrid[0:height, 0:width] + np.array(FLOW[::-1]).reshape(2, 1, 1)
    seen = ((at >= 0) & (at <= np.array([height - 1, width - 1]).reshape(2, 1, 1))).all(axis=0)[4:-4, 4:-4]
    for now in range(1, len(colours[0])):
        steps = [clip[now] - clip[now - 1] for clip in colours]
        changes.append(np.square(steps[1] - steps[0])[4:-4, 4:-4].mean())
        moved = [ndimage.map_coordinates(plane, at, order=1) for plane in np.moveaxis(colours[1][now], -1, 0)]
        error = np.square(np.stack(moved, axis=-1) - colours[1][now - 1]).mean(axis=-1)[4:-4, 4:-4]
        warps.append(error[seen].mean())
    return {
        "halo": mean(halos), "blockiness": mean(blocks), "temporal_difference_error": mean(changes),
        "warping_error": mean(warps),
    }  # fmt: skip


def _blocking(plane: np.ndarray) -> float:
    """Yim and Bovik's equations, step by step between neighbouring columns, then rows."""
    across: list[np.ndarray] = []
    within: list[np.ndarray] = []
    for picture in (plane, plane.T):
        for column in range(picture.shape[1] - 1):
            step = np.square(picture[:, column] - picture[:, column + 1])
            (across if (column + 1) % 8 == 0 else within).append(step)
    excess = np.concatenate(across).mean() - np.concatenate(within).mean()
    return float(math.log2(8) / math.log2(min(plane.shape)) * excess)


def by_program(program: str, clips: tuple[vs.VideoNode, vs.VideoNode], folder: Path) -> dict[str, float]:
    """The reference program of SSIMULACRA 2, on 16-bit pictures."""
    scores = []
    for pair in pairs(*map(rgb, clips)):
        files = [folder / "one.ppm", folder / "other.ppm"]
        for picture, path in zip(pair, files, strict=True):
            samples = np.rint(np.clip(picture, 0, 1) * 65535).astype(">u2")
            path.write_bytes(b"P6\n%d %d\n65535\n" % (samples.shape[1], samples.shape[0]) + samples.tobytes())
        found = subprocess.run([program, *map(str, files)], capture_output=True, text=True, check=True)
        scores.append(float(found.stdout.split()[0]))
    return {"ssimulacra2": mean(scores)}


def by_torch(python: str, clips: tuple[vs.VideoNode, vs.VideoNode], corpus: Path, folder: Path) -> dict[str, float]:
    planes = {}
    for prefix, clip in zip(("", "distorted_"), clips, strict=True):
        planes[prefix + "luma"] = np.stack(arrays(codes(clip)))
        planes[prefix + "rgb"] = np.stack(arrays(rgb(clip)))
    np.savez(folder / "frames.npz", **planes)
    backbone = corpus / "metrics/squeeze.backbone.pth"
    script = Path(__file__).with_name("metrics_torch.py")
    command = [python, str(script), str(folder / "frames.npz"), str(backbone)]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return {name: found[name] for name in ("ms_ssim", "lpips")}


# Metric -> what it was held against.
AGAINST = {
    **dict.fromkeys(("psnr", "psnr_y", "psnr_cb", "psnr_cr"), "FFmpeg psnr"),
    **dict.fromkeys(("psnr_yuv", "psnr_rgb"), "scikit-image"),
    "ssim": "scikit-image", "ms_ssim": "pytorch-msssim",
    "ssimulacra2": "cloudinary/ssimulacra2", **dict.fromkeys(("xpsnr_y", "xpsnr"), "FFmpeg xpsnr"),
    "cambi": "libvmaf", "lpips": "torch",
    "delta_e2000": "colour-science", "delta_e_itp": "colour-science",
    **dict.fromkeys(("halo", "temporal_difference_error", "warping_error"), "scipy"),
    "blockiness": "loops over columns",
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--ssimulacra2", help="the reference program")
    parser.add_argument("--torch", help="a Python with torch, pytorch-msssim and lpips")
    given = parser.parse_args()
    path = RESULTS / "metrics.json"
    before = json.loads(path.read_text())["checks"] if path.exists() else {}
    checks: dict[str, dict] = {}
    for name in CLIPS:
        clips = material(given.corpus, name)
        with tempfile.TemporaryDirectory() as folder:
            theirs = {
                **before.get(name, {}).get("theirs", {}),
                **by_ffmpeg(clips, Path(folder)), **by_scikit_image(clips),
                **by_colour_science(clips), **by_scipy(clips),
                **(by_program(given.ssimulacra2, clips, Path(folder)) if given.ssimulacra2 else {}),
                **(by_torch(given.torch, clips, given.corpus, Path(folder)) if given.torch else {}),
            }  # fmt: skip
        theirs = {metric: theirs[metric] for metric in AGAINST if metric in theirs}
        checks[name] = {"ours": ours(given.corpus, name, list(theirs)), "theirs": theirs}
    packages = {package: version(package) for package in ("scikit-image", "colour-science", "scipy", "imageio-ffmpeg")}
    write("metrics", {"against": AGAINST, "versions": packages, "checks": checks})


if __name__ == "__main__":
    main()
