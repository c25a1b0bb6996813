"""PQ and HLG in gamma for the models: there against the standards' formulas, back, and what it is good for."""

from __future__ import annotations

import numpy as np
import pytest
import vapoursynth as vs
from conftest import to_arrays, to_clip

import vsplugin
from vsplugin import noise
from vsplugin.hdr import gamma, transfer

core = vs.core
TRANSFERS = {"PQ": 16, "HLG": 18}


def gray(signal: np.ndarray, number: int) -> vs.VideoNode:
    return to_clip([signal.astype(np.float32)], core.get_video_format(vs.GRAYS), _Transfer=number, _Matrix=9)


def yuv(kind: int, planes: list[np.ndarray], number: int, **more: int) -> vs.VideoNode:
    return to_clip(planes, core.get_video_format(kind), _Transfer=number, _Matrix=9, _Primaries=9, **more)


def test_greys_have_the_gamma_of_their_light() -> None:
    """1 is 400 cd/m², for both; HLG on its reference display. To a tenth of an 8-bit step."""
    signal = np.linspace(0.03, 1.09, 4096).reshape(8, 512)
    pq = to_arrays(gamma.of(gray(signal, 16)).clip)[0]
    np.testing.assert_allclose(pq, (transfer.pq_eotf(signal) / 400) ** (1 / 2.4), atol=4e-4)
    signal = signal.clip(0, 1)
    shown = transfer.hlg_eotf(np.stack([signal] * 3, -1))[..., 0]
    np.testing.assert_allclose(to_arrays(gamma.of(gray(signal, 18)).clip)[0], (shown / 400) ** (1 / 2.4), atol=8e-5)


@pytest.mark.parametrize("number", TRANSFERS.values(), ids=TRANSFERS)
def test_no_two_codes_fall_together(number: int) -> None:
    """All codes of 16 bits, illegal ones included, stay in order."""
    codes = (np.arange(1 << 16).reshape(256, 256) - 4096) / 56064
    made = to_arrays(gamma.of(gray(codes, number)).clip)[0].ravel()
    assert (np.diff(made.astype(np.float64)) > 0).all()


@pytest.mark.parametrize("number", TRANSFERS.values(), ids=TRANSFERS)
def test_corrections_come_back(number: int) -> None:
    """From one picture's gamma to another's, as a correction of luma: the other picture, within a 16-bit code."""
    rng = np.random.default_rng(2)
    one, other = rng.uniform(-0.07, 1.09, (2, 64, 64))
    here, there = gamma.of(gray(one, number)), gamma.of(gray(other, number))
    residual = core.std.Expr([there.clip, here.clip], "x y -")
    np.testing.assert_allclose(one + to_arrays(here.back(residual))[0], other, atol=3e-5)


@pytest.mark.parametrize("number", TRANSFERS.values(), ids=TRANSFERS)
@pytest.mark.parametrize("kind", [vs.YUV420PS, vs.YUV422PS, vs.YUV444PS])
def test_no_correction_is_exactly_none(kind: int, number: int) -> None:
    rng = np.random.default_rng(3)
    fmt = core.get_video_format(kind)
    shapes = [(32, 48)] + [(32 >> fmt.subsampling_h, 48 >> fmt.subsampling_w)] * 2
    clip = yuv(kind, [rng.uniform(-0.2, 1.3, shape) for shape in shapes], number)
    still = core.std.BlankClip(clip, color=[0, 0, 0], keep=True)
    for plane in to_arrays(gamma.of(clip).back(still)):
        assert not plane.any()


@pytest.mark.parametrize("number", TRANSFERS.values(), ids=TRANSFERS)
def test_small_colour_differences_become_those_of_gamma_rgb(number: int) -> None:
    """Against R'G'B' in gamma, from which Y'CbCr is formed anew; the curve bends, so within a few per cent."""
    rng = np.random.default_rng(4)
    grey = rng.uniform(0.1, 0.9, (24, 24))
    cb, cr = 0.004 * rng.normal(size=(2, 24, 24))
    made = to_arrays(gamma.of(yuv(vs.YUV444PS, [grey, cb, cr], number)).clip)
    red, blue = grey + 1.4746 * cr, grey + 1.8814 * cb
    green = (grey - 0.2627 * red - 0.0593 * blue) / 0.678
    rgb = gamma._CURVES[number].forward(np.stack([red, green, blue]))
    luma = np.tensordot([0.2627, 0.678, 0.0593], rgb, 1)
    for got, want in zip(made, (luma, (rgb[2] - luma) / 1.8814, (rgb[0] - luma) / 1.4746), strict=True):
        np.testing.assert_allclose(got, want, rtol=0.08, atol=1e-3)


def test_models_see_no_colours_beyond_theirs() -> None:
    clip = yuv(vs.YUV444PS, [np.full((8, 8), 0.9), np.full((8, 8), 0.4), np.full((8, 8), -0.4)], 16)
    _, cb, cr = to_arrays(gamma.of(clip).clip)
    assert (cb == 0.5).all() and (cr == -0.5).all()


def test_sdr_is_left_alone() -> None:
    assert gamma.of(gray(np.zeros((8, 8)), 1)) is None


def camera(light: np.ndarray, transfer_number: int) -> tuple[np.ndarray, np.ndarray]:
    """The signal without and with a camera's noise: of photons, and a little of the read-out. Light in cd/m²."""
    shot = light + np.random.default_rng(5).normal(size=light.shape) * np.sqrt(0.3 * light + 0.01)

    def code(light: np.ndarray) -> np.ndarray:
        light = light.clip(0, 10_000 if transfer_number == 16 else 1000)
        if transfer_number == 16:
            return transfer.pq_inverse_eotf(light)
        return transfer.hlg_oetf((light / 1000) ** (1 / 1.2))

    return code(light), code(shot)


@pytest.mark.parametrize(("name", "gain"), [("PQ", 1.0), ("HLG", 0.5)])
def test_camera_noise_is_removed_as_from_sdr(picture: np.ndarray, name: str, gain: float) -> None:
    """Against the same codes tagged as SDR, which the model then sees as they are."""
    truth, noisy = camera(600 * picture[0].clip(0.02, 1) ** 2.4, TRANSFERS[name])

    def psnr(number: int) -> float:
        out = to_arrays(vsplugin.denoise(gray(noisy, number)))[0]
        return float(-10 * np.log10(np.mean((out - truth)[4:-4, 4:-4] ** 2)))

    assert psnr(TRANSFERS[name]) > psnr(1) + gain


def test_noise_is_measured_where_it_is_removed() -> None:
    """White noise in gamma, of five 8-bit steps, coded as PQ: five steps in the dark and in the bright."""
    for level in (0.1, 0.9):
        signal = (level + np.random.default_rng(6).normal(0, 5 / 255, (128, 128))).clip(0.01)
        coded = transfer.pq_inverse_eotf(400 * signal**2.4)
        assert noise.measure(gray(coded, 16))[0] == pytest.approx(5, rel=0.08)
