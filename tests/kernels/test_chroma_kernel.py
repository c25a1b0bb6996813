"""GuideChroma: against numpy written from the formula, builds against each other, and the quality it is there for."""

import os
from pathlib import Path

import numpy as np
import pytest
from kernel_planes import FAST, assert_padding_untouched, assert_same_bits, padded

from vsplugin import kernels

GRIDS = [((1, 1), (1, 1)), ((1, 1), (2, 2)), ((3, 2), (6, 4)), ((17, 9), (34, 18)), ((21, 13), (50, 39))]
GB82 = Path(os.environ.get("VSPLUGIN_CORPUS", Path(__file__).parents[3] / "shared" / "corpus")) / "public" / "gb82"


def planes(rng, low, high):
    """chroma_up, luma_up, luma_smooth, chroma, luma with some relation between luma and chroma."""
    luma = rng.uniform(0, 1, low[::-1])
    chroma = 0.3 * (luma - 0.5) + rng.normal(0, 0.02, low[::-1])
    up = rng.uniform(-0.3, 0.3, high[::-1])
    luma_smooth = rng.uniform(0, 1, high[::-1])
    luma_up = luma_smooth + rng.normal(0, 0.1, high[::-1])
    return [plane.astype(np.float32) for plane in (up, luma_up, luma_smooth, chroma, luma)]


def reference(chroma_up, luma_up, luma_smooth, chroma, luma, strength):
    chroma_up, luma_up, luma_smooth, chroma, luma = (
        plane.astype(np.float64) for plane in (chroma_up, luma_up, luma_smooth, chroma, luma)
    )
    low_h, low_w = chroma.shape
    height, width = chroma_up.shape

    def window(plane):
        edge = np.pad(plane, 1, mode="edge")
        return np.stack([edge[j : j + low_h, i : i + low_w] for j in range(3) for i in range(3)])

    weights = (np.outer([1, 2, 1], [1, 2, 1]) / 16).reshape(9, 1, 1)
    ls, cs = window(luma), window(chroma)
    dl, dc = ls - (weights * ls).sum(0), cs - (weights * cs).sum(0)
    flat = 2.5e-5
    var_l, var_c = (weights * dl**2).sum(0) + flat, (weights * dc**2).sum(0) + flat
    cov = (weights * dl * dc).sum(0)
    slope = cov / var_l * cov**2 / (var_l * var_c)

    def positions(size, low):
        centre = (np.arange(size) + 0.5) * low / size
        return np.minimum(centre.astype(int), low - 1), np.clip(centre - 0.5, 0, low - 1)

    (ny, fy), (nx, fx) = positions(height, low_h), positions(width, low_w)
    rows = np.stack([np.interp(fy, np.arange(low_h), slope[:, x]) for x in range(low_w)], 1)
    slopes = np.stack([np.interp(fx, np.arange(low_w), row) for row in rows])
    lo, hi = cs.min(0)[np.ix_(ny, nx)], cs.max(0)[np.ix_(ny, nx)]
    guided = chroma_up + strength * slopes * (luma_up - luma_smooth)
    return guided.clip(np.minimum(lo, chroma_up), np.maximum(hi, chroma_up))


@pytest.mark.parametrize("low,high", GRIDS)
def test_scalar_is_the_formula(low, high):
    given = planes(np.random.default_rng(1), low, high)
    for strength in (0.0, 1.0, 2.5):
        got = kernels.guide_chroma(*given, strength=strength, cpu="scalar")
        np.testing.assert_allclose(got, reference(*given, strength), rtol=0, atol=3e-6)
    np.testing.assert_array_equal(kernels.guide_chroma(*given, strength=0.0), given[0])


@pytest.mark.parametrize("cpu", FAST)
@pytest.mark.parametrize("low,high", [*GRIDS, ((320, 180), (640, 360))])
@pytest.mark.parametrize("holes", [0.0, 0.1])
def test_fast_equals_scalar_and_keeps_padding(low, high, holes, cpu):
    rng = np.random.default_rng(2)
    given = [padded(plane) for plane in planes(rng, low, high)]
    for plane in given:
        plane[rng.random(plane.shape) < holes] = rng.choice([np.nan, np.inf])
    out = padded(np.zeros_like(given[0]))
    kernels.guide_chroma(*given, out=out, cpu=cpu)
    assert_same_bits(out.copy(), kernels.guide_chroma(*given, cpu="scalar"))
    for plane in (out, *given):
        assert_padding_untouched(plane)


@pytest.mark.parametrize("cpu", kernels.cpu_levels())
def test_holes_do_not_spread(cpu):
    given = planes(np.random.default_rng(3), (17, 9), (34, 18))
    for plane in given[1:]:
        plane[::3, ::4] = np.nan
    assert np.isfinite(kernels.guide_chroma(*given, cpu=cpu)).all()


def bicubic(plane, size):
    from PIL import Image

    return np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BICUBIC))


def enlarged(picture, factor=2):
    """PSNR of the chroma of one picture: plain bicubic, guided."""
    red, green, blue = np.moveaxis(picture, 2, 0)
    luma = (0.2126 * red + 0.7152 * green + 0.0722 * blue).astype(np.float32)
    size, low = luma.shape[::-1], (luma.shape[1] // factor, luma.shape[0] // factor)
    luma_low = bicubic(luma, low)
    errors = np.zeros(2)
    for truth in ((blue - luma) / 1.8556, (red - luma) / 1.5748):
        chroma = bicubic(truth.astype(np.float32), low)
        up = bicubic(chroma, size)
        guided = kernels.guide_chroma(up, luma, bicubic(luma_low, size), chroma, luma_low)
        errors += [np.mean((plane.astype(np.float64) - truth) ** 2) for plane in (up, guided)]
    return 10 * np.log10(2 / errors)


@pytest.mark.corpus
@pytest.mark.skipif(not GB82.is_dir(), reason=f"the corpus is not at {GB82}")
def test_better_than_bicubic_on_gb82():
    from PIL import Image

    scores = []
    for path in sorted(GB82.glob("*.png"))[::3]:
        picture = np.asarray(Image.open(path).convert("RGB").resize((512, 384)), np.float32) / 255
        scores.append(enlarged(picture))
    plain, guided = np.mean(scores, 0)
    assert guided > plain + 0.1, f"guided {guided:.2f} dB, bicubic {plain:.2f} dB"
