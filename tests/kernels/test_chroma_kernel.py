"""GuideChroma: against resize and numpy written from the formula, builds against each other, and its quality."""

import os
from pathlib import Path

import numpy as np
import pytest
import vapoursynth as vs
from kernel_planes import FAST, SAMPLES, assert_padding_untouched, assert_same_bits, clip_of, padded, planes_of, sized

from vsplugin import color, kernels

core = vs.core
GB82 = Path(os.environ.get("VSPLUGIN_CORPUS", Path(__file__).parents[3] / "shared" / "corpus")) / "public" / "gb82"
GRIDS = [(0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (2, 2)]  # log2 of luma samples per chroma sample
SIZES = [(5, 7), (33, 17), sized((160, 45), (40, 9))]  # of chroma


def planes(rng, size, grid):
    """Luma and two planes of chroma that follow it, with noise."""
    width, height = size
    luma = rng.uniform(0, 1, (height << grid[1], width << grid[0]))
    there = luma[:: 1 << grid[1], :: 1 << grid[0]]
    chroma = [share * (there - 0.5) + rng.normal(0, 0.02, there.shape) for share in (0.3, -0.2)]
    return luma.astype(np.float32), tuple(plane.astype(np.float32) for plane in chroma)


def coded(planes, sample, bits):
    """Luma and chroma in limited codes, or the floats themselves."""
    luma, chroma = planes
    if sample.startswith("float"):
        return luma.astype(sample), tuple(plane.astype(sample) for plane in chroma)
    step = 2.0 ** (bits - 8)
    return np.rint((16 + 219 * luma) * step).astype(sample), tuple(
        np.rint((128 + 224 * plane) * step).astype(sample) for plane in chroma
    )


def guided(chroma_up, fine, smooth, chroma, luma, strength):
    """README's formula in float64; `luma` on chroma's grid."""
    chroma_up, fine, smooth, chroma, luma = (
        plane.astype(np.float64) for plane in (chroma_up, fine, smooth, chroma, luma)
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
    out = chroma_up + strength * slopes * (fine - smooth)
    return out.clip(np.minimum(lo, chroma_up), np.maximum(hi, chroma_up))


def resized(luma, chroma, grid, scale, location):
    """What the formula is about, made by resize: both planes of chroma, `fine`, `smooth`, luma on chroma's grid."""
    kind = core.query_video_format(vs.YUV, vs.FLOAT, 32, *grid)
    clip = clip_of([[luma, *chroma]], kind.id, _ChromaLocation=location)
    base = core.resize.Bicubic(clip, clip.width * scale, clip.height * scale)
    (height, width), offsets = chroma[0].shape, color.chroma_offset(clip)

    def on_chroma_grid(plane, width, height):
        if (plane.width, plane.height) == (width, height):
            return plane
        return core.resize.Bicubic(plane, width, height, src_left=-offsets[0], src_top=-offsets[1])

    coarse = on_chroma_grid(color.plane(clip, 0), width, height)
    moved = [offset * (1 - 1 / scale) / (1 << part) for offset, part in zip(offsets, grid, strict=True)]
    smooth = core.resize.Bicubic(coarse, width * scale, height * scale, src_left=moved[0], src_top=moved[1])
    fine = on_chroma_grid(color.plane(base, 0), width * scale, height * scale)
    return planes_of(base)[1:], *(planes_of(plane)[0] for plane in (fine, smooth, coarse))


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("scale", [1, 2, 3, 4])
def test_scalar_is_the_formula_on_what_resize_makes(grid, scale):
    for location, size in enumerate([*SIZES, *SIZES]):
        luma, chroma = planes(np.random.default_rng(1), size, grid)
        ups, fine, smooth, coarse = resized(luma, chroma, grid, scale, location)
        options = {"location": location, "cpu": "scalar"}
        for strength in (1.0, 2.5):
            got = kernels.guide_chroma(luma, chroma, scale, strength=strength, **options)
            for plane, up, small in zip(got, ups, chroma, strict=True):
                expected = guided(up, fine, smooth, small, coarse, strength)
                np.testing.assert_allclose(plane, expected, rtol=0, atol=5e-6)
        for plane, up in zip(kernels.guide_chroma(luma, chroma, scale, strength=0, **options), ups, strict=True):
            np.testing.assert_allclose(plane, up, rtol=0, atol=1e-6)


def test_new_detail_of_luma_guides_chroma_of_full_size():
    rng = np.random.default_rng(4)
    luma, chroma = planes(rng, (33, 17), (0, 0))
    ups, _, smooth, _ = resized(luma, chroma, (0, 0), 3, 0)
    detail = rng.normal(0, 0.1, ups[0].shape).astype(np.float32)
    got = kernels.guide_chroma(luma, chroma, 3, strength=0.8, detail=detail)
    for plane, up, small in zip(got, ups, chroma, strict=True):
        expected = guided(up, smooth + detail, smooth, small, luma, 0.8)
        np.testing.assert_allclose(plane, expected, rtol=0, atol=3e-6)
        assert np.abs(plane - up).max() > 0.01


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("sample,bits", [each for each in SAMPLES if each[0].startswith("uint")])
def test_integers_are_the_floats_rounded_once(sample, bits, full):
    luma, chroma = coded(planes(np.random.default_rng(5), (33, 17), (1, 1)), sample, bits)
    step, peak = 2.0 ** (bits - 8), 2**bits - 1
    gain = (peak, peak) if full else (219 * step, 224 * step)
    floats = ((luma - (0.0 if full else 16 * step)) / gain[0]).astype(np.float32)
    small = tuple(((plane - 128 * step) / gain[1]).astype(np.float32) for plane in chroma)
    expected = kernels.guide_chroma(floats, small, 2)
    got = kernels.guide_chroma(luma, chroma, 2, full_range=full, bits=bits)
    for plane, nominal in zip(got, expected, strict=True):
        codes = np.floor(np.clip(nominal.astype(np.float64) * gain[1] + 128 * step, 0, peak) + 0.5)
        assert np.abs(plane - codes).max() <= 1 and np.mean(plane != codes) < 1e-4 * 2 ** (bits - 8)


@pytest.mark.parametrize("cpu", FAST)
@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("sample,bits", SAMPLES)
def test_fast_equals_scalar_and_keeps_padding(sample, bits, grid, cpu):
    for scale, size in zip((1, 2, 3, 4, 5), [(1, 1), (2, 3), *SIZES], strict=True):
        rng = np.random.default_rng(2)
        luma, chroma = coded(planes(rng, size, grid), sample, bits)
        given = [padded(plane) for plane in (luma, *chroma)]
        if sample.startswith("float"):
            for plane in given:
                plane[rng.random(plane.shape) < 0.05] = rng.choice([np.nan, np.inf])
        out = tuple(padded(np.zeros((size[1] * scale, size[0] * scale), sample)) for _ in range(2))
        options = {"bits": bits, "location": 2, "strength": 0.9}
        kernels.guide_chroma(given[0], tuple(given[1:]), scale, out=out, cpu=cpu, **options)
        expected = kernels.guide_chroma(given[0], tuple(given[1:]), scale, cpu="scalar", **options)
        for got, wanted in zip(out, expected, strict=True):
            assert_same_bits(got.copy(), wanted)
        for plane in (*out, *given):
            assert_padding_untouched(plane)


@pytest.mark.parametrize("cpu", kernels.cpu_levels())
def test_holes_in_luma_add_nothing(cpu):
    luma, chroma = planes(np.random.default_rng(3), (17, 9), (1, 1))
    plain = kernels.guide_chroma(luma, chroma, 2, strength=0)
    luma[:] = np.nan
    for got, up in zip(kernels.guide_chroma(luma, chroma, 2, cpu=cpu), plain, strict=True):
        np.testing.assert_array_equal(got, up)


@pytest.mark.parametrize(
    "change,text",
    [
        ({"luma": np.zeros((9, 12), np.float32)}, "chroma must be as large as luma"),
        ({"location": 6}, "location must be 0 to 5; got 6"),
        ({"detail": np.zeros((8, 12), np.float32)}, "detail is for chroma as large as luma"),
        ({"scale": 17}, "scale must be 1 to 16"),
        ({"chroma": (np.zeros((4, 6), np.float32), np.zeros((4, 5), np.float32))}, "both planes of chroma"),
        ({"chroma": (np.zeros((4, 6), np.uint8), np.zeros((4, 6), np.uint8))}, "all planes must have the samples"),
    ],
)
def test_errors_say_what_is_allowed(change, text):
    zeros = np.zeros((4, 6), np.float32)
    arguments = {"luma": np.zeros((8, 12), np.float32), "chroma": (zeros, zeros), "scale": 2} | change
    with pytest.raises(ValueError, match=text):
        kernels.guide_chroma(**arguments)


def bicubic(plane, size):
    from PIL import Image

    return np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BICUBIC))


def enlarged(picture, factor=2):
    """PSNR of the chroma of one picture: plain bicubic, guided."""
    red, green, blue = np.moveaxis(picture, 2, 0)
    luma = (0.2126 * red + 0.7152 * green + 0.0722 * blue).astype(np.float32)
    low = (luma.shape[1] // factor, luma.shape[0] // factor)
    luma_low = bicubic(luma, low)
    truths = tuple(((plane - luma) / most).astype(np.float32) for plane, most in ((blue, 1.8556), (red, 1.5748)))
    small = tuple(bicubic(truth, low) for truth in truths)
    detail = luma - bicubic(luma_low, luma.shape[::-1])
    plain, guided = (
        kernels.guide_chroma(luma_low, small, factor, strength=strength, detail=detail) for strength in (0, 1)
    )
    errors = [sum(np.mean((a - b) ** 2) for a, b in zip(planes, truths, strict=True)) for planes in (plain, guided)]
    return 10 * np.log10(2 / np.array(errors))


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
