"""What a report costs beside the metrics in it: processor and wall seconds of both, on the same 1080p clips."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import write

SCRIPT = """
import vapoursynth as vs
core = vs.core
names = "walker_768x432.mkv", "parkjoy_480x270.mkv"
clips = [core.bs.VideoSource("{folder}/" + name, cachemode=0) for name in names]
clips = [clip.resize.Bicubic(1920, 1080, format=vs.YUV420P8) for clip in clips]
clip = core.std.Loop(clips[0] + clips[1], 10)[:300].std.SetFrameProps(_Matrix=1, _Transfer=1, _Primaries=1, _Range=0)
clip = clip.std.AssumeFPS(fpsnum=25)
({blur}).set_output()
"""
METRICS = "psnr,psnr_y,ssim,ssimulacra2,xpsnr_y,noise,flicker,temporal_difference_error"


def timed(folder: Path, *arguments: str) -> tuple[float, float]:
    """Wall and processor seconds of a command."""
    before, began = os.times(), time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "vsplugin", *arguments, "--quiet"], cwd=folder, check=True, capture_output=True
    )
    after = os.times()
    spent = after.children_user - before.children_user + after.children_system - before.children_system
    return time.monotonic() - began, spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path, nargs="?", default=Path(__file__).parents[2] / "shared/corpus")
    parser.add_argument("--frames", type=int, default=300)
    arguments = parser.parse_args()
    video = (arguments.corpus / "public/video").resolve()
    size = 40 * arguments.frames / 300  # as much for each frame as 300 of them have
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name, graph in (("a", "clip"), ("b", "core.std.BoxBlur(clip, hradius=1, vradius=1)")):
            (folder / f"{name}.vpy").write_text(SCRIPT.format(folder=video, blur=graph))
        shared = ("a.vpy", "b.vpy", "--frames", str(arguments.frames), "--metrics", METRICS)
        found = {
            "metrics alone": timed(folder, "measure", *shared),
            "report": timed(folder, "compare", *shared, "-o", "r.html", "--size", f"{size:g}"),
        }
        megabytes = (folder / "r.html").stat().st_size / 1e6
    seconds = {name: {"wall s": round(wall, 1), "processor s": round(cpu, 1)} for name, (wall, cpu) in found.items()}
    ratio = {f"report / metrics, {kind}": round(found["report"][place] / found["metrics alone"][place], 2)
             for place, kind in enumerate(("wall", "processor"))}  # fmt: skip
    write("report", {"frames of 1080p": arguments.frames, **seconds, **ratio, "page MB": round(megabytes, 2),
                     "page at most MB": size})  # fmt: skip


if __name__ == "__main__":
    main()
