"""``upscale(ensemble=...)`` against the mean of single passes over pictures turned by numpy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import vapoursynth as vs
from conftest import to_arrays, to_clip

import vsplugin

TURNS: list[Callable[[np.ndarray], np.ndarray]] = [
    lambda x: x, lambda x: x[::-1, ::-1], lambda x: x[:, ::-1], lambda x: x[::-1],
    lambda x: x.T, lambda x: x[::-1, ::-1].T, lambda x: x[:, ::-1].T, lambda x: x[::-1].T,
]  # fmt: skip
BACK = [*TURNS[:5], lambda x: x.T[::-1, ::-1], lambda x: x.T[:, ::-1], lambda x: x.T[::-1]]


def pictures() -> list[np.ndarray]:
    """Three that differ, smooth with edges, 37x50: no side divides by anything."""
    y, x = np.mgrid[0:37, 0:50] / 6.0
    return [(0.5 + 0.3 * np.tanh(4 * np.sin(x * (1 + k / 3) + y * y / 5 + k))).astype(np.float32) for k in range(3)]


def enlarged(picture: np.ndarray, **options) -> np.ndarray:
    clip = to_clip([np.ascontiguousarray(picture)], vs.core.get_video_format(vs.GRAYS))
    return to_arrays(vsplugin.upscale(clip, overshoot=None, **options))[0]


@pytest.mark.parametrize("count", [1, 2, 4, 8])
@pytest.mark.parametrize("options", [{}, {"model": "sr4-realtime", "scale": 4}], ids=["x2", "x4"])
def test_it_is_the_mean_of_turned_passes(count: int, options: dict) -> None:
    kind = vs.core.get_video_format(vs.GRAYS)
    made = [to_clip([each], kind, number=at) for at, each in enumerate(pictures())]
    out = vsplugin.upscale(made[0] + made[1] + made[2], overshoot=None, ensemble=count, **options)
    assert out.num_frames == 3
    for at in (2, 0, 1):
        turned = [enlarged(turn(pictures()[at]), **options) for turn in TURNS[:count]]
        expected = np.mean([back(each) for back, each in zip(BACK, turned, strict=False)], axis=0)
        with out.get_frame(at) as frame:
            assert frame.props["number"] == at
            assert np.abs(np.asarray(frame[0]) - expected).max() < 2e-3, "bf16 may round tiles otherwise"
    if count > 1:
        single = enlarged(pictures()[0], **options)
        assert np.abs(to_arrays(out)[0] - single).max() > 5e-3, "directions differ by more than rounding does"


def test_durations_and_colour_stay() -> None:
    clip = vs.core.std.BlankClip(width=32, height=24, format=vs.YUV420P10, length=3, fpsnum=24000, fpsden=1001)
    clip = clip.std.SetFrameProps(_Matrix=1, _DurationNum=1001, _DurationDen=24000)
    out = vsplugin.upscale(clip, ensemble=8)
    assert (out.fps, out.num_frames, out.format.id) == (clip.fps, 3, vs.YUV420P10)
    with out.get_frame(1) as frame, vsplugin.upscale(clip).get_frame(1) as plain:
        assert dict(frame.props) == dict(plain.props)


def test_other_counts_are_refused() -> None:
    clip = vs.core.std.BlankClip(width=32, height=24, format=vs.GRAY8)
    with pytest.raises(vs.Error, match="upscale: ensemble must be one of 1, 2, 4, 8; got 3"):
        vsplugin.upscale(clip, ensemble=3)  # type: ignore[arg-type]
