"""fps of ``upscale`` against the bare network with the very same ONNX, and against Lanczos."""

from __future__ import annotations

import vapoursynth as vs
from common import interleaved, write

import vsplugin
from vsplugin import color, infer, models

core = vs.core
core.max_cache_size = 1024


def source(kind: int, width: int, height: int) -> vs.VideoNode:
    """A grey clip whose every frame is made anew: networks and resizers cost the same whatever the picture."""
    base = core.std.BlankClip(format=vs.GRAYS, width=width, height=height, length=400)
    return core.resize.Point(base, format=kind, matrix=vs.MATRIX_BT709)


def main() -> None:
    model = models.find("benchmark", "sr2-fast", "super-resolution")
    results = {}
    for width, height, frames in ((640, 360, 20), (1280, 720, 8)):
        clip = source(vs.YUV420P8, width, height)
        luma = color.plane(color.to_yuv(clip), 0)
        luma_only = core.std.BlankClip(luma, length=400)
        precision = infer.cpu_precision()
        ov = {"device": "CPU", "config": lambda: {"INFERENCE_PRECISION_HINT": precision}}  # noqa: B023
        clips = {
            "upscale (ov), YUV420P8": vsplugin.upscale(clip, backend="ov"),
            "upscale (ov), GRAYS": vsplugin.upscale(luma_only, backend="ov"),
            "core.ov.Model, GRAYS": core.ov.Model([luma_only], str(model.path), **ov),
            "upscale (ort), YUV420P8": vsplugin.upscale(clip, backend="ort"),
            "core.ort.Model, GRAYS": core.ort.Model([luma_only], str(model.path)),
            "resize.Lanczos, YUV420P8": core.resize.Lanczos(clip, width * 2, height * 2),
        }
        times = interleaved(clips, frames, rounds=5)
        bare = times["core.ov.Model, GRAYS"]
        results[f"{width}x{height}"] = {
            name: {"fps": round(1 / t, 2), "ms": round(t * 1e3, 2), "time_over_core.ov.Model": round(t / bare, 3)}
            for name, t in times.items()
        }
    write("upscale", {"what": "median of 5 alternating rounds, whole frames, x2, sr2-fast", "results": results})


if __name__ == "__main__":
    main()
