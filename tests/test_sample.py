"""The procedural samples: repeatable, with a truth that is really theirs."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
import vapoursynth as vs

from vsplugin import sample
from vsplugin.errors import UserError


def luma(clip: vs.VideoNode, number: int) -> np.ndarray:
    with clip.get_frame(number) as frame:
        return np.array(frame[0], np.float64)


def digest(clip: vs.VideoNode, number: int) -> str:
    with clip.get_frame(number) as frame:
        planes = [np.ascontiguousarray(frame[plane]) for plane in range(3)]
    return hashlib.sha256(b"".join(plane.tobytes() for plane in planes)).hexdigest()


@pytest.mark.parametrize("name", sample.names())
def test_a_frame_depends_on_its_number_alone(name: str) -> None:
    forward = [digest(sample.clip(name), number) for number in range(6)]
    again = sample.clip(name)
    assert [digest(again, number) for number in reversed(range(6))] == forward[::-1]
    assert len(set(forward)) == 6


@pytest.mark.parametrize(("name", "bits", "matrix"), [("film", 8, 1), ("video", 8, 1), ("hdr", 10, 9)])
def test_size_and_properties(name: str, bits: int, matrix: int) -> None:
    clip, truth = sample.clip(name), sample.truth(name)
    assert (clip.width, clip.height, truth.width, truth.height) == (640, 360, 1280, 720)
    assert clip.format.bits_per_sample == truth.format.bits_per_sample == bits
    assert clip.num_frames == truth.num_frames == 48 and clip.fps == 24
    with clip.get_frame(0) as frame:
        assert frame.props["_Matrix"] == matrix and frame.props["_Range"] == 0
        assert ("MasteringDisplayMaxLuminance" in frame.props) == (name == "hdr")


@pytest.mark.parametrize(("name", "low", "high"), [("video", 28, 40), ("hdr", 38, 52)])
def test_the_sample_is_the_damaged_half_of_its_truth(name: str, low: float, high: float) -> None:
    """In dB, so that neither the damage nor the likeness is lost by a change of the scene."""
    for number in (0, 17):
        full = luma(sample.truth(name), number)
        half = (full[::2, ::2] + full[1::2, ::2] + full[::2, 1::2] + full[1::2, 1::2]) / 4
        peak = 255 if name == "video" else 1023
        psnr = 20 * np.log10(peak / np.sqrt(np.mean((luma(sample.clip(name), number) - half) ** 2)))
        assert low < psnr < high


def test_film_has_the_damage_it_promises() -> None:
    clip = sample.clip("film")
    frames = np.stack([luma(clip, number) for number in range(12)])
    assert frames.mean((1, 2)).std() > 1, "flicker"
    sky = frames[0][20:60, 280:400]
    assert np.diff(sky).std() / np.sqrt(2) > 3, "grain"


def test_the_picture_has_fine_detail_everywhere() -> None:
    """Columns of blocks with next to no detail would show nothing of super-resolution."""
    detail = np.abs(np.diff(luma(sample.truth("video"), 0)))[300:].reshape(420, -1)
    assert detail.mean() > 6


def test_highlights_of_hdr_lie_above_white() -> None:
    peak = luma(sample.truth("hdr"), 0).max()
    white_203 = 64 + 876 * 0.58
    assert peak > white_203 + 100


def test_unknown_names_are_refused() -> None:
    with pytest.raises(UserError, match="film, video, hdr"):
        sample.clip("fim")
