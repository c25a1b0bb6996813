"""Drawn detail lights up, what the source shows does not."""

from __future__ import annotations

import numpy as np
import pytest
import vapoursynth as vs

from vsplugin import metrics
from vsplugin.errors import UserError

from .clips import clip_of, texture

SCALE = 2
PLACE = slice(60, 100), slice(80, 140)  # where things are drawn, in pixels of the enlargement


def scene() -> np.ndarray:
    """Texture on the left, a step, flat ground on the right."""
    picture = texture(128, 192, seed=3, period=5)
    picture[:, 64:] = 0.4
    picture[:, 160:] = 0.7
    return picture.astype(np.float32)


def shrunk(clip: vs.VideoNode, scale: int = SCALE) -> vs.VideoNode:
    return clip.resize.Bicubic(clip.width // scale, clip.height // scale, filter_param_a=0, filter_param_b=0.5)


def enlarged(clip: vs.VideoNode, kernel: str = "Bicubic", scale: int = SCALE) -> vs.VideoNode:
    options = {"filter_param_a": 0, "filter_param_b": 0.5} if kernel == "Bicubic" else {}
    return getattr(clip.resize, kernel)(clip.width * scale, clip.height * scale, **options)


def drawn(clip: vs.VideoNode, what: np.ndarray) -> vs.VideoNode:
    with clip.get_frame(0) as frame:
        picture = np.array(frame[0])
    picture[PLACE] += what
    return clip_of([[picture]])


def both(low: vs.VideoNode, out: vs.VideoNode) -> tuple[float, float]:
    found = metrics.measure(low, out, ["invented", "unseen_detail"]).pooled
    return found["invented"], found["unseen_detail"]


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_a_bicubic_enlargement_shows_nothing_of_its_own(scale):
    low = shrunk(clip_of([[scene()[:, :180]]]) if scale == 3 else clip_of([[scene()]]), scale)
    invented, detail = both(low, enlarged(low, scale=scale))
    assert detail < 1e-3
    assert invented < 0.1


def test_the_truth_is_unseen_detail_but_hardly_invented():
    low = shrunk(clip_of([[scene()]]))
    invented, detail = both(low, clip_of([[scene()]]))
    assert detail > 1
    assert invented < 0.1


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("checker", 0.03 * (np.indices((40, 60)).sum(axis=0) % 2 * 2 - 1)),
        ("texture", 0.1 * (texture(40, 60, period=1) - 0.5)),
        ("object", np.full((40, 60), 0.06)),
    ],
)
def test_what_is_drawn_lights_up_where_it_is_drawn(name, what):
    low = shrunk(clip_of([[scene()]]))
    before, out = enlarged(low), drawn(enlarged(low), what.astype(np.float32))
    assert both(low, out)[0] > 10 * max(both(low, before)[0], 0.05)
    heat, prop = metrics.invented(low, out)
    with heat.get_frame(0) as frame:
        found = np.array(frame[0])
        value = frame.props[prop]
    assert (heat.width, heat.height, heat.format.id) == (192, 128, vs.GRAYS)
    inside, outside = found.copy(), found.copy()
    outside[54:106, 74:146] = 0
    assert inside[PLACE].mean() > 20 * outside.mean()
    assert value == pytest.approx(np.square(255 * found.astype(np.float64)).mean(), rel=1e-4)


def test_energy_of_a_checker_that_the_source_cannot_see_is_its_own():
    low = shrunk(clip_of([[np.full((128, 192), 0.5, np.float32)]]))
    checker = 0.03 * (np.indices((40, 60)).sum(axis=0) % 2 * 2 - 1)
    invented, detail = both(low, drawn(enlarged(low), checker.astype(np.float32)))
    expected = (0.03 * 255) ** 2 * 40 * 60 / (128 * 192)
    assert detail == pytest.approx(expected, rel=0.05)
    assert invented == pytest.approx(expected, rel=0.15)


def test_the_degradation_may_be_another():
    low = clip_of([[scene()]]).resize.Bilinear(96, 64)
    out = low.resize.Point(192, 128)

    def area(clip: vs.VideoNode) -> vs.VideoNode:
        return clip.resize.Bilinear(96, 64)

    clip, prop = metrics.invented(low, out, area)
    with clip.get_frame(0) as frame:
        assert frame.props[prop] < 0.1


def test_it_refuses_what_is_no_enlargement():
    clip = clip_of([[scene()]])
    with pytest.raises(UserError, match="enlargement with its smaller source; these are equal"):
        metrics.measure(clip, clip, ["invented"])
    with pytest.raises(UserError, match="96x64, the enlargement 190x128"):
        metrics.measure(shrunk(clip), clip.std.Crop(right=2), ["invented"])
    with pytest.raises(UserError, match="sizes differ: reference 96x64, distorted 192x128"):
        metrics.measure(shrunk(clip), clip, ["invented", "psnr"])
