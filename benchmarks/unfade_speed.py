"""What unfade costs a frame of 1920x1080 once its corrections are known, streamed and one frame at a time.

./run python benchmarks/unfade_speed.py
"""

from __future__ import annotations

import os
import statistics
import time

import common
import vapoursynth as vs

import vsplugin
from vsplugin import sample

FORMATS = {"YUV420P8": vs.YUV420P8, "YUV422P10": vs.YUV422P10, "RGB24": vs.RGB24}
SCENES = "0: base 0.01 0.02 0.06, gain 2.1 1.05 1.4, bend 0.03 0.02 0.04, confidence 1, timed"
FRAMES, ROUNDS = 8, 7


def source(kind: int) -> vs.VideoNode:
    """One picture, made once, as every frame; long enough that no frame is asked for twice and comes from a cache."""
    small = sample.clean("film", 1)
    options = {"matrix_in": 1} if kind == vs.RGB24 else {}
    frame = small.resize.Bicubic(1920, 1080, format=kind, **options).get_frame(0)
    blank = vs.core.std.BlankClip(format=kind, width=1920, height=1080, length=2 * FRAMES * ROUNDS, keep=True)
    return blank.std.ModifyFrame(blank, lambda n, f: frame)


def streamed(clip: vs.VideoNode) -> float:
    """Median over rounds of the seconds per frame when frames are fetched as vspipe does."""
    times = []
    for turn in range(ROUNDS):
        start = time.perf_counter()
        for frame in clip[turn * FRAMES : (turn + 1) * FRAMES].frames(close=True):
            del frame
        times.append((time.perf_counter() - start) / FRAMES)
    return statistics.median(times)


def one_at_a_time(clip: vs.VideoNode) -> float:
    """Median seconds of a frame that is asked for when the one before is there, as hosts and previews do."""
    times = []
    for n in range(FRAMES * ROUNDS, FRAMES * ROUNDS + ROUNDS):
        start = time.perf_counter()
        clip.get_frame(n).close()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    load = os.getloadavg()[0]
    clips = {name: source(kind) for name, kind in FORMATS.items()}
    faded = {name: vsplugin.unfade(clip, scenes=SCENES) for name, clip in clips.items()}
    results = {
        "what": f"unfade, 1920x1080, corrections given; seconds per frame, medians of {ROUNDS}",
        "load_before": round(load, 1),
        "source_alone": {name: round(streamed(clip), 4) for name, clip in clips.items()},
        "streamed": {name: round(streamed(clip), 4) for name, clip in faded.items()},
        "one_at_a_time": {name: round(one_at_a_time(clip), 4) for name, clip in faded.items()},
    }
    common.write("unfade_speed", results)


if __name__ == "__main__":
    main()
