"""Removal of coding damage against the picture before the encoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import vapoursynth as vs
from conftest import to_arrays, to_clip
from flat_colours import LEVELS, side_by_side
from wild_networks import wild_answer

import vsplugin
from vsplugin import models
from vsplugin.metrics.blocks import blocking_effect
from vsplugin.training.degrade.codecs import round_trip
from vsplugin.training.evaluate_damage import clean_planes

installed = any(model.task == "deartifact" for model in models.installed())
needs_model = pytest.mark.skipif(not installed, reason="no model for deartifact is installed")
YUV420P8 = vs.core.get_video_format(vs.YUV420P8)
YUV444PS = vs.core.get_video_format(vs.YUV444PS)


def mse(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.mean((a.astype(float) - b) ** 2))


@pytest.fixture(scope="module")
def kodak(corpus) -> tuple[np.ndarray, ...]:
    """Part of one picture as 8-bit 4:2:0."""
    path: Path = sorted((corpus / "public/stills").glob("*.png"))[4]
    luma, cb, cr = clean_planes(path)
    return luma[:256, :384], cb[:128, :192], cr[:128, :192]


@needs_model
@pytest.mark.parametrize(
    ("codec", "quality", "gain"), [("x264", 37, 0.15), ("x264", 28, 0.12), ("mpeg2", 16, 0.5), ("mjpeg", 10, 0.5)]
)
def test_luma_and_chroma_come_closer_to_what_was_encoded(codec, quality, gain, corpus):
    """Mean gains over parts of eight pictures. What models must reach on all of them whole is in their cards."""
    gains = []
    for path in sorted((corpus / "public/stills").glob("*.png"))[::3]:
        clean = [plane[:256, :384] if p == 0 else plane[:128, :192] for p, plane in enumerate(clean_planes(path))]
        (decoded,) = round_trip([clean], codec, quality)
        out = to_arrays(vsplugin.deartifact(to_clip(list(decoded), YUV420P8)))
        gains.append([10 * np.log10(mse(b, c) / mse(a, c)) for a, b, c in zip(out, decoded, clean, strict=True)])
    luma, cb, cr = np.mean(gains, axis=0)
    assert luma > gain and cb > 0.1 and cr > 0, (luma, cb, cr)


@needs_model
def test_blocks_go(kodak):
    (decoded,) = round_trip([kodak], "mpeg2", 20)
    out = to_arrays(vsplugin.deartifact(to_clip(list(decoded), YUV420P8)))[0]
    clean, before, after = (blocking_effect(luma) for luma in (kodak[0], decoded[0], out))
    assert before > clean and abs(after - clean) < 0.5 * (before - clean)


@needs_model
def test_a_clean_picture_passes(kodak):
    out = to_arrays(vsplugin.deartifact(to_clip(list(kodak), YUV420P8)))[0]
    assert 10 * np.log10(255**2 / mse(out, kodak[0])) > 46


@needs_model
def test_half_strength_is_half_the_change(picture):
    clip = to_clip([picture[p].astype(np.float32) - 0.5 * (p > 0) for p in range(3)], YUV444PS)
    source, half, full = (to_arrays(vsplugin.deartifact(clip, strength=s)) for s in (0.0, 0.5, 1.0))
    for a, b, c in zip(source, half, full, strict=True):
        np.testing.assert_allclose(b, (a + c) / 2, atol=1e-5)
    assert np.abs(full[0] - source[0]).max() > 0.01


def test_whatever_a_network_answers_no_sample_moves_far_and_no_area_shifts(tmp_path, picture):
    planes = [picture[p].astype(np.float32) - 0.5 * (p > 0) for p in range(3)]
    clip = to_clip(planes, YUV444PS)

    def moved(constant: float, gain: float, limit: float) -> list[np.ndarray]:
        model = wild_answer(tmp_path / f"{constant:g} {gain:g}.onnx", constant, gain, planes=3)
        out = vsplugin.deartifact(clip, model=model, limit=limit, backend="ort")
        return [a - b for a, b in zip(to_arrays(out), planes, strict=True)]

    for plane in moved(3 / 255, 0.0, 32):
        np.testing.assert_allclose(plane, 0, atol=1e-6)
    for limit in (6.0, 32.0):
        for plane in moved(0.0, 1000.0, limit):
            assert np.abs(plane).max() == pytest.approx(limit / 255, rel=1e-4)


@needs_model
def test_flat_areas_of_any_colour_keep_it():
    planes = side_by_side(96)
    out = to_arrays(vsplugin.deartifact(to_clip(planes, YUV444PS)))
    for index in range(len(LEVELS)):
        inside = slice(32, -32), slice(96 * index + 32, 96 * index + 64)
        for before, after in zip(planes, out, strict=True):
            assert np.abs(after[inside] - before[inside]).max() < 2 / 255, LEVELS[index]


def test_wrong_arguments_are_named():
    clip = vs.core.std.BlankClip(format=vs.YUV420P8, width=32, height=32, length=1)
    with pytest.raises(vs.Error, match=r"^deartifact: limit must be in \[0, 255\] 8-bit steps; got 300$"):
        vsplugin.deartifact(clip, limit=300)
    there = r"model must be one of .*deartifact-fast.*; got 'denoise-fast'"
    with pytest.raises(vs.Error, match=there if installed else "deartifact: model: none for deartifact is installed"):
        vsplugin.deartifact(clip, model="denoise-fast")
