"""HDR code values through the filters: nothing is clipped, illegal codes and colours outside every cube included."""

import itertools

import numpy as np
import pytest
import vapoursynth as vs
from conftest import to_arrays, to_clip

import vsplugin

core = vs.core
FORMATS = [
    getattr(vs, f"YUV{chroma}P{bits}") for chroma, bits in itertools.product(("420", "422", "444"), (10, 12, 16))
]
TRANSFERS = {"PQ": 16, "HLG": 18}


def name_of(kind):
    return core.get_video_format(kind).name


def codes(kind, transfer, fill, width=64, height=48):
    """A clip whose plane p is ``fill(shape, peak)``, tagged as UHD HDR."""
    fmt = core.get_video_format(kind)
    shapes = [(height, width)] + [(height >> fmt.subsampling_h, width >> fmt.subsampling_w)] * 2
    planes = [fill(shape, 2**fmt.bits_per_sample - 1) for shape in shapes]
    props = {"_Matrix": 9, "_Primaries": 9, "_Transfer": TRANSFERS[transfer], "_Range": 0, "_ChromaLocation": 2}
    return to_clip(planes, fmt, **props), planes


def noise(shape, peak):
    return np.random.default_rng(shape[0]).integers(0, peak + 1, shape)


@pytest.mark.parametrize("transfer", TRANSFERS)
@pytest.mark.parametrize("kind", FORMATS, ids=name_of)
def test_strength_0_is_bit_exact(kind, transfer):
    """On noise over all codes. Also as a limit, with the network run and its residual merged: nothing is clamped."""
    clip, planes = codes(kind, transfer, noise)
    for strength in (0.0, 1e-7):
        for got, want in zip(to_arrays(vsplugin.denoise(clip, sigma=4.0, strength=strength)), planes, strict=True):
            np.testing.assert_array_equal(got, want)
    plain = to_arrays(core.resize.Bicubic(clip, 128, 96))
    for got, want in zip(to_arrays(vsplugin.upscale(clip, strength=0)), plain, strict=True):
        np.testing.assert_array_equal(got, want)
    floats = clip.resize.Bicubic(128, 96, format=core.query_video_format(vs.YUV, vs.FLOAT, 32, *subsampling(kind)).id)
    limit = to_arrays(vsplugin.upscale(clip, strength=1e-7, chroma=0.0, overshoot=None))
    unit, peak = 2 ** (clip.format.bits_per_sample - 8), 2**clip.format.bits_per_sample - 1
    for plane, (got, nominal) in enumerate(zip(limit, to_arrays(floats), strict=True)):
        want = nominal.astype(np.float64) * (224 if plane else 219) * unit + (128 if plane else 16) * unit
        assert np.abs(got - want.clip(0, peak)).max() < 0.5 + 0.05 * unit / 256


def subsampling(kind):
    fmt = core.get_video_format(kind)
    return fmt.subsampling_w, fmt.subsampling_h


@pytest.mark.parametrize("level", [0, 3, 40, 64, 940, 990, 1019, 1023])
@pytest.mark.parametrize("plane", range(3))
def test_flat_illegal_codes_stay(plane, level):
    """Both ends of the codes, footroom and headroom, in one plane of an otherwise grey picture; 10-bit codes."""
    planes = [np.full((96, 96), 512) for _ in range(3)]
    planes[plane][:] = level
    props = {"_Matrix": 9, "_Primaries": 9, "_Transfer": 16, "_Range": 0}
    clip = to_clip(planes, core.get_video_format(vs.YUV444P10), **props)
    for got in (to_arrays(vsplugin.denoise(clip, sigma=4.0)), to_arrays(vsplugin.upscale(clip))):
        assert np.abs(got[plane][32:-32, 32:-32].astype(int) - level).max() <= 2  # half an 8-bit step


@pytest.mark.parametrize("kind", FORMATS, ids=name_of)
def test_edges_between_illegal_codes_stay_in_place(kind):
    """Upscaling a chequerboard of both ends: the ends are reached, and nothing between is cut to the legal range."""

    def chequers(shape, peak):
        y, x = np.mgrid[: shape[0], : shape[1]] // 12
        return np.where((x + y) % 2, peak, 0)

    clip, planes = codes(kind, "PQ", chequers, 96, 96)
    for got, want in zip(to_arrays(vsplugin.upscale(clip)), planes, strict=True):
        assert set(np.unique(want)) <= {got.min(), got.max()}
        middle = np.s_[5::12, 5::12]
        np.testing.assert_array_equal(got[::2, ::2][middle], want[middle])


@pytest.mark.parametrize("name", ["upscale", "denoise"])
def test_tags_and_chroma_location_stay(name):
    clip, _ = codes(vs.YUV420P10, "PQ", noise)
    clip = clip.std.SetFrameProps(HDR10Plus=b"\x01", MasteringDisplayMaxLuminance=4000.0, ContentLightLevelMax=3000)
    out = getattr(vsplugin, name)(clip)
    with clip.get_frame(0) as source, out.get_frame(0) as frame:
        for key, value in source.props.items():
            assert frame.props[key] == value, key


@pytest.mark.parametrize("colour", [(-0.1, 0.4, 0.5), (1.2, 0.9, 1.0), (-0.05, -0.05, -0.05), (1.4, 1.4, 1.4)])
@pytest.mark.parametrize("name", ["upscale", "denoise"])
def test_colours_outside_the_cube_survive(name, colour):
    """RGBS with PQ codes below 0 and above 1, as wide-gamut matrices and superwhites make them."""
    planes = [np.full((96, 96), value, np.float32) for value in colour]
    clip = to_clip(planes, core.get_video_format(vs.RGBS), _Transfer=16, _Primaries=9)
    options = {"sigma": 4.0} if name == "denoise" else {}
    for got, want in zip(to_arrays(getattr(vsplugin, name)(clip, **options)), colour, strict=True):
        np.testing.assert_allclose(got[32:-32, 32:-32], want, atol=0.005)
