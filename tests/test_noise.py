"""Measured noise against noise of known strength."""

import numpy as np
import pytest
import vapoursynth as vs
from conftest import to_clip

from vsplugin import noise


@pytest.mark.parametrize("size", [(360, 640), (1080, 1920)])
def test_the_bias_of_the_flattest_blocks(size):
    found = noise.plane_sigma(np.random.default_rng(3).normal(0, 7.0, size))
    assert found == pytest.approx(7.0, rel=0.03)


@pytest.mark.parametrize("sigma", [2, 5, 10, 25])
def test_noise_on_photographs(corpus, sigma):
    import av

    rng, found = np.random.default_rng(sigma), []
    for path in sorted((corpus / "public/gb82").glob("*.png"))[:10]:
        with av.open(str(path)) as file:
            grey = next(file.decode(video=0)).to_ndarray(format="gray8").astype(float)
        found.append(noise.plane_sigma(grey + rng.normal(0, sigma, grey.shape)))
    assert np.median(found) == pytest.approx(sigma, rel=0.08)


def test_clean_flat_and_tiny_pictures_have_no_noise():
    assert noise.plane_sigma(np.full((64, 64), 0.5)) == 0
    assert noise.plane_sigma(np.ones((1, 1))) == 0
    assert noise.plane_sigma(np.full((40, 40), np.nan)) == 0


@pytest.mark.parametrize("bits", [8, 10, 16])
def test_levels_of_a_clip_do_not_depend_on_its_depth(bits):
    kind = vs.core.query_video_format(vs.YUV, vs.INTEGER, bits, 1, 1)
    rng, one = np.random.default_rng(1), 2 ** (bits - 8)
    planes = [
        np.clip(np.rint((level + rng.normal(0, sigma * span / 255, shape)) * one), 0, 2**bits - 1)
        for level, sigma, span, shape in (
            (126, 9, 219, (240, 320)),
            (128, 6, 224, (120, 160)),
            (128, 6, 224, (120, 160)),
        )
    ]
    luma, chroma, *_ = noise.measure(to_clip(planes, kind))
    assert (luma, chroma) == (pytest.approx(9, rel=0.06), pytest.approx(6, rel=0.06))


@pytest.mark.parametrize(("true", "found"), [(0.03, 0.0), (0.3, 0.3)])
def test_what_no_code_would_show_is_no_noise(true: float, found: float) -> None:
    samples = np.random.default_rng(5).normal(0.5, true / 255, (128, 128)).astype(np.float32)
    assert noise.complete(to_clip([samples], vs.core.get_video_format(vs.GRAYS)), None, None)[0] == pytest.approx(
        found, rel=0.1
    )
