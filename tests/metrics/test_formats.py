"""Every metric that suits a format measures it, at usual, odd and tiny sizes, and says when it does not."""

from __future__ import annotations

import math

import numpy as np
import pytest
import vapoursynth as vs

from vsplugin import metrics

FORMATS = [
    vs.GRAY8, vs.GRAY16, vs.GRAYH, vs.GRAYS, vs.YUV420P8, vs.YUV422P10, vs.YUV444P12, vs.YUV420P16, vs.YUV410P8,
    vs.YUV444PH, vs.YUV444PS, vs.RGB24, vs.RGB48, vs.RGBH, vs.RGBS,
]  # fmt: skip


def noise_clip(kind: int, width: int, height: int) -> vs.VideoNode:
    blank = vs.core.std.BlankClip(format=vs.RGBS, width=width, height=height, length=3)

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out = f.copy()
        for plane in range(3):
            np.asarray(out[plane])[:] = np.random.default_rng([n, plane]).random((height, width))
        return out

    made = blank.std.ModifyFrame(blank, fill)
    options = {} if vs.core.get_video_format(kind).color_family == vs.RGB else {"matrix": 1}
    return made.resize.Bicubic(format=kind, **options)


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_is_measured(kind):
    one = noise_clip(kind, 64, 36)
    other = one.std.Expr("x 0.9 *")
    wanted = [metric.name for metric in metrics.suitable(one, other, every=True)]
    assert {"psnr", "ssim", "ssimulacra2", "delta_e_itp", "halo", "noise", "warping_error"} <= set(wanted)
    found = metrics.measure(one, other, wanted)
    assert set(found) == set(wanted)
    unknown = {name for name, value in found.pooled.items() if math.isnan(value)}
    assert unknown <= {"jitter", "jitter_acceleration"}  # three frames of unrelated noise have no path


@pytest.mark.parametrize(("width", "height"), [(37, 29), (12, 8), (4, 4), (1, 1)])
@pytest.mark.parametrize("kind", [vs.GRAY8, vs.RGBS])
def test_odd_and_tiny_pictures_are_measured_or_refused(kind, width, height):
    one = noise_clip(kind, width, height)
    suited = [metric.name for metric in metrics.suitable(one, one, every=True)]
    found = metrics.measure(one, one, suited)
    assert {len(values) for values in found.values()} == {3}
    for name in set(metrics.METRICS) - set(suited) - {"lpips"}:
        with pytest.raises(metrics.NotSuitableError, match=f"measure: ({name}|motion)[: ]") as caught:
            metrics.measure(one, one, [name])
        assert "\n" not in str(caught.value)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("sample", [math.nan, math.inf])
def test_samples_that_are_no_numbers_stop_nothing_and_are_never_taken_for_equal(sample):
    one = noise_clip(vs.RGBS, 64, 36)

    def spoil(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out = f.copy()
        np.asarray(out[0])[10:20, 10:20] = sample
        return out

    broken = one.std.ModifyFrame(one, spoil)
    wanted = [metric.name for metric in metrics.suitable(one, broken, every=True)]
    found = metrics.measure(one, broken, wanted)
    assert len(found["psnr"]) == 3
    assert not any(value == math.inf for value in found["psnr"])
    assert not any(value == 100 for value in found["ssimulacra2"])
    assert not any(value == 1 for value in found["ssim"])
