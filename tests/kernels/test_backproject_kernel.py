"""Back-projection against dense matrices in float64 written from its definition, and every build against scalar."""

import numpy as np
import pytest
import vapoursynth as vs
from kernel_planes import FAST, SAMPLES, assert_padding_untouched, assert_same_bits, clip_of, keys, padded, sized

from vsplugin import kernels

SMALL = [(1, 1), (2, 3), (9, 5), (25, 17), sized((100, 60), (40, 20))]  # width, height
SHIFTS = [(0.0, 0.0), (-0.25, 0.0), (-0.25, -0.25), (-0.75, 0.75)]  # centred; 4:2:0 left, top left x2; x4
PEAK = {"uint8": 255, "uint16": 65535}


def reduction(size: int, scale: int, degradation: str = "bicubic", shift: float = 0.0) -> np.ndarray:
    """(size, scale * size): each small sample as a sum of large ones, mirrored at the edges. README.md's formula."""
    out = np.zeros((size, size * scale))
    for i in range(size):
        centre = scale * i + (scale - 1) / 2 + shift
        for k in range(int(centre) - 3 * scale - 2, int(centre) + 3 * scale + 3):
            if degradation == "bicubic":
                weight = keys(np.float64((k - centre) / scale)) / scale
            else:
                weight = max(0, min(k + 0.5, centre + scale / 2) - max(k - 0.5, centre - scale / 2)) / scale
            at = k % (2 * size * scale)
            out[i, at if at < size * scale else 2 * size * scale - 1 - at] += weight
    return out


def reduced(large: np.ndarray, scale: int, degradation: str = "bicubic", shift: tuple[float, float] = (0, 0)):
    down = reduction(large.shape[0] // scale, scale, degradation, shift[1])
    across = reduction(large.shape[1] // scale, scale, degradation, shift[0])
    return down @ large.astype(np.float64) @ across.T


def scene(rng: np.random.Generator, width: int, height: int, scale: int, peak: float) -> np.ndarray:
    """A large picture with noise and edges: over the whole range of 8 bits, over the legal range of more."""
    y, x = np.mgrid[: height * scale, : width * scale] / scale
    out = 0.5 + 0.3 * np.sin(x / 5) * np.cos(y / 7) + 0.45 * np.sign(np.sin((x + y) / 6))
    out = np.clip(out + rng.normal(0, 0.05, out.shape), 0, 1)
    return (out if peak == 255 else (16 + 219 * out) / 256) * peak


def problem(rng, width, height, scale, sample, bits, degradation, shift):
    """A guess of the large picture, and what the true one was reduced to."""
    peak = 2.0**bits - 1 if sample.startswith("uint") else 1.0
    truth = scene(rng, width, height, scale, peak)
    if sample.startswith("uint"):
        truth = np.rint(truth)
    small = reduced(truth, scale, degradation, shift)
    if sample.startswith("uint"):
        small = np.rint(small).clip(0, peak)
    guess = truth + rng.normal(0, 0.03 * peak, truth.shape)
    return truth, guess, small.astype(sample)


def explained(large, small, scale, degradation, shift, peak):
    """|small - D(large)|, where codes end as they end when stored."""
    value = reduced(large, scale, degradation, shift)
    return np.abs(small.astype(np.float64) - (value.clip(0, peak) if peak else value))


@pytest.mark.parametrize("degradation", ["bicubic", "area"])
@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("shift", SHIFTS)
def test_floats_become_the_nearest_picture_that_explains_the_source(shift, scale, degradation):
    rng = np.random.default_rng(1)
    for width, height in SMALL[:-1]:
        truth, guess, small = problem(rng, width, height, scale, "float32", 32, degradation, shift)
        guess = guess.astype(np.float32)
        got, residual = kernels.backproject(guess, small, degradation=degradation, shift=shift, cpu="scalar")
        down, across = (reduction(n, scale, degradation, s) for n, s in ((height, shift[1]), (width, shift[0])))
        matrix = np.kron(down, across)
        miss = small.astype(np.float64).ravel() - matrix @ guess.astype(np.float64).ravel()
        step = matrix.T @ np.linalg.solve(matrix @ matrix.T, miss)  # least norm among all that explain the miss
        nearest = guess + step.reshape(guess.shape)
        np.testing.assert_allclose(got, nearest, rtol=0, atol=2e-5)
        assert explained(got, small, scale, degradation, shift, 0).max() < 2e-6 and residual < 2e-6
        if width > 9:  # a projection: nearer to every picture that explains the source, the true one included
            assert np.linalg.norm(got - truth) < np.linalg.norm(guess - truth)


@pytest.mark.parametrize("degradation", ["bicubic", "area"])
@pytest.mark.parametrize("scale", [1, 2, 3, 4])
@pytest.mark.parametrize("sample,bits", [sample for sample in SAMPLES if sample[0].startswith("uint")])
def test_codes_give_the_source_back_for_every_sample(sample, bits, scale, degradation):
    rng = np.random.default_rng(2)
    peak = 2**bits - 1
    for (width, height), shift in zip(SMALL, [(0, 0), *SHIFTS], strict=True):
        _, guess, small = problem(rng, width, height, scale, sample, bits, degradation, (0, 0) if scale == 1 else shift)
        shift = (0, 0) if scale == 1 else shift
        start = ((guess - (16 << bits - 8)) / (219 << bits - 8)).astype(np.float32)  # limited range
        got, residual = kernels.backproject(start, small, degradation=degradation, shift=shift, bits=bits)
        assert got.dtype == small.dtype and got.max() <= peak
        found = explained(got, small, scale, degradation, shift, peak).max()
        assert found <= 0.5
        assert abs(found - residual) < 0.02
        measured = kernels.reduction_residual(got, small, degradation=degradation, shift=shift, bits=bits)
        assert measured == residual


def test_a_single_wrong_code_is_measured():
    rng = np.random.default_rng(3)
    _, guess, small = problem(rng, 25, 17, 2, "uint8", 8, "bicubic", (0, 0))
    got, residual = kernels.backproject(guess.clip(0, 255).astype(np.uint8), small)
    got[20, 30] ^= 16
    assert kernels.reduction_residual(got, small) > 2 > residual
    expected = explained(got, small, 2, "bicubic", (0, 0), 255).max()
    assert kernels.reduction_residual(got, small) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("cpu", FAST)
@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("sample,bits", SAMPLES)
def test_fast_equals_scalar_and_keeps_padding(sample, bits, scale, cpu):
    rng = np.random.default_rng(4)
    for (width, height), shift in zip(SMALL, [(0, 0), *SHIFTS], strict=True):
        _, guess, small = problem(rng, width, height, scale, sample, bits, "bicubic", shift)
        clip, small = padded((guess / 255).astype(np.float32)), padded(small)
        out = padded(np.zeros(clip.shape, small.dtype))
        options = {"shift": shift, "bits": bits}
        _, residual = kernels.backproject(clip, small, out=out, cpu=cpu, **options)
        expected, expected_residual = kernels.backproject(clip, small, cpu="scalar", **options)
        assert_same_bits(out.copy(), expected)
        assert residual == expected_residual
        for plane in (out, clip, small):
            assert_padding_untouched(plane)


@pytest.mark.parametrize("cpu", kernels.cpu_levels())
def test_what_no_picture_explains_is_reported_and_ends(cpu):
    board = (np.indices(sized((40, 60), (20, 18))).sum(0) % 2 * 255).astype(
        np.uint8
    )  # a checkerboard of extremes: bicubic reaches 0.85
    start = np.kron(board, np.ones((2, 2), np.uint8))
    got, residual = kernels.backproject(start, board, full_range=True, cpu=cpu)
    assert residual > 10
    assert explained(got, board, 2, "bicubic", (0, 0), 255).max() == pytest.approx(residual, abs=1e-2)
    got, residual = kernels.backproject(start, board, degradation="area", full_range=True, cpu=cpu)
    assert residual == 0 and (got == start).all(), "means of areas can always be kept"


@pytest.mark.parametrize("cpu", kernels.cpu_levels())
def test_broken_floats_stay_where_they_are(cpu):
    rng = np.random.default_rng(5)
    _, guess, small = problem(rng, 25, 17, 2, "float32", 32, "bicubic", (0, 0))
    guess = guess.astype(np.float32)
    whole, _ = kernels.backproject(guess, small, cpu=cpu)
    guess[30, 45], small[2, 3] = np.nan, np.inf
    got, residual = kernels.backproject(guess, small, cpu=cpu)
    assert np.isnan(got).sum() == 1 and np.isfinite(residual)
    np.testing.assert_allclose(got[14:22, 20:34], whole[14:22, 20:34], atol=0.02)


def test_bad_arguments_are_refused():
    small, large = np.zeros((4, 6), np.uint8), np.zeros((8, 12), np.uint8)
    for arguments, options, text in [
        ((large[:7], small), {}, "clip must be 1 to 8 times as large as source"),
        ((large, small), {"degradation": "nearest"}, "degradation must be bicubic or area; got nearest"),
        ((large, small), {"shift": (np.nan, 0.0)}, r"shift must be in \[-8, 8\]"),
        ((large, small), {"out": np.zeros((8, 12), np.uint16)}, "out must have the samples of source"),
    ]:
        with pytest.raises(ValueError, match=text):
            kernels.backproject(*arguments, **options)


@pytest.mark.parametrize("location", range(6))
def test_the_filter_knows_where_chroma_lies(location):
    """Against zimg, which shrinks with the siting the frames say."""
    rng = np.random.default_rng(6)
    planes = [rng.integers(16, 236, shape).astype(np.uint8) for shape in ((64, 96), (32, 48), (32, 48))]
    source = clip_of([planes], vs.YUV420P8, _ChromaLocation=location, _Range=0, _Matrix=1)
    core = vs.core
    start = core.resize.Bicubic(source, 192, 128, format=vs.YUV420PS)
    out = kernels.plugin().BackProject(start, source, degradation="area")
    assert out.format.id == vs.YUV420P8
    smooth = core.resize.Bilinear(source, 24, 16).resize.Bilinear(96, 64)  # a source that codes can explain
    out = kernels.plugin().BackProject(core.resize.Bicubic(smooth, 192, 128, format=vs.YUV420PS), smooth)
    back = core.resize.Bicubic(out, 96, 64, filter_param_a=0, filter_param_b=0.5, format=vs.YUV420PS)
    with back.get_frame(0) as got, smooth.get_frame(0) as expected, out.get_frame(0) as large:
        assert max(large.props["VSPluginResidual"]) <= 0.5 and len(large.props["VSPluginResidual"]) == 3
        for plane, (gain, offset) in enumerate([(219, 16), (224, 128), (224, 128)]):
            difference = np.asarray(got[plane]) * gain + offset - np.asarray(expected[plane])
            assert np.abs(difference).max() <= 0.502


def test_the_filter_names_what_is_wrong():
    blank = vs.core.std.BlankClip(width=64, height=48, format=vs.YUV420P8, length=1)
    plugin = kernels.plugin()
    for clip, source, text in [
        (blank, blank.resize.Point(format=vs.YUV444P8), "source must have the colour family and subsampling of clip"),
        (blank, blank.std.CropAbs(62, 48), r"clip \(64x48\) must be 1 to 8 times as large as source; got 62x48"),
        (blank, blank.std.Loop(2), "frames"),
    ]:
        with pytest.raises(vs.Error, match=text):
            plugin.BackProject(clip, source)
    with pytest.raises(vs.Error, match="BackProject: degradation must be bicubic or area; got box"):
        plugin.BackProject(blank, blank, degradation="box")
