"""Pictures through real encoders. Needs PyAV: the project depends on it, a plain training environment may lack it."""

from __future__ import annotations

import sys

import numpy as np
import pytest

pytest.importorskip("torch", reason="the training room needs torch: install the 'train' extra")
pytest.importorskip("av", reason="codecs need PyAV: pip install av")

from vsplugin.training.degrade import codecs
from vsplugin.training.degrade.blur import blur, gaussian
from vsplugin.training.degrade.codecs import CODECS, Encoding, compress


def scene(count=5, side=88, seed=0):
    """``(count, 3, side, side)``: edges, texture, smooth ramps and weak colour, all different."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side]
    out = []
    for _ in range(count):
        texture = blur(rng.standard_normal((3, side, side)), gaussian(1.2))
        disc = np.hypot(x - rng.uniform(20, 60), y - rng.uniform(20, 60)) < rng.uniform(10, 30)
        luma = 0.4 + 0.002 * (x - y) + 0.25 * disc + 0.25 * texture[0]
        out.append(np.stack([luma, 0.15 * disc - 0.05 + 0.1 * texture[1], 0.1 * texture[2] - 0.1 * disc]))
    return np.clip(np.stack(out), [[[0.05]], [[-0.4]], [[-0.4]]], [[[0.95]], [[0.4]], [[0.4]]]).astype(np.float32)


def psnr(a, b):
    return -10 * np.log10(np.mean((a - b) ** 2))


def ways(name, quality):
    """Intra, P and B frames."""
    yield Encoding(name, quality)
    if CODECS[name].between:
        yield Encoding(name, quality, frames=3, shown=2, motion=0.5)
        yield Encoding(name, quality, frames=3, shown=1, b_frames=1, motion=0.5)


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.parametrize("way", [0, 1, 2])
def test_quality_falls_with_every_coarser_quantiser(name, way):
    clean = scene()
    qualities = (8, 20, 30, 40, 50) if CODECS[name].high == 51 else (1, 3, 8, 16, 31)
    if way and not CODECS[name].between:
        return
    scores = [
        psnr(compress(clean, list(ways(name, q))[way], np.random.default_rng(0))[:, 0], clean[:, 0]) for q in qualities
    ]
    assert all(np.diff(scores) < -0.3) and scores[0] > 38 and scores[-1] < 33


@pytest.mark.parametrize("name", CODECS)
def test_decoded_pictures_lie_where_the_clean_ones_do(name):
    clean = scene()
    for how in ways(name, 30 if CODECS[name].high == 51 else 8):
        decoded = compress(clean, how, np.random.default_rng(0))
        for plane in range(3):
            a, b = decoded[:, plane], clean[:, plane]
            a, b = a - a.mean((1, 2), keepdims=True), b - b.mean((1, 2), keepdims=True)
            cross = np.fft.ifft2(np.fft.fft2(a) * np.conj(np.fft.fft2(b))).real.sum(0)
            # Chroma has half the size: its samples lie between luma's, so a whole chroma sample would be 2 pixels.
            place = np.unravel_index(cross.argmax(), cross.shape)
            assert place == (0, 0), (how, plane)


def test_chroma_is_half_size_and_repeated():
    out = compress(scene(2), Encoding("x264", 30), np.random.default_rng(0))
    assert np.array_equal(out[:, 1:, ::2, ::2], out[:, 1:, 1::2, 1::2])
    assert not np.array_equal(out[:, 0, ::2, ::2], out[:, 0, 1::2, 1::2])


def test_blocks_show_at_the_edges_of_the_transform():
    """MPEG-2 has no loop filter: steps across the 8-pixel grid of the tiled picture are larger than within blocks."""
    smooth = blur(scene(4), gaussian(2.5))
    out = compress(smooth, Encoding("mpeg2", 24), np.random.default_rng(0))[:, 0]
    step = np.abs(np.diff(out, axis=2)).mean((0, 1))
    assert step[7:87:8].mean() > 3 * np.delete(step, np.s_[7:87:8]).mean()


def test_without_the_loop_filter_blocks_stay():
    smooth = blur(scene(4), gaussian(2.5))
    for name in ("x264", "x265"):
        outs = [
            compress(smooth, Encoding(name, 42, deblock=deblock), np.random.default_rng(0)) for deblock in (True, False)
        ]
        assert not np.array_equal(*outs), name


def test_8_bit_planes_are_limited_range_and_come_back():
    grey = np.zeros((3, 4, 4), np.float32)
    white = grey + np.array([1, 0, 0], np.float32)[:, None, None]
    assert codecs.to_8bit(grey)[0][0, 0] == 16 and codecs.to_8bit(white)[0][0, 0] == 235
    assert codecs.to_8bit(grey, full_range=True)[0][0, 0] == 0 and codecs.to_8bit(grey)[1][0, 0] == 128
    for full in (False, True):
        planes = codecs.to_8bit(scene(1, 32)[0], full_range=full)
        for a, b in zip(
            planes, codecs.to_8bit(codecs.from_8bit(planes, full_range=full), full_range=full), strict=True
        ):
            assert np.array_equal(a, b)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 9])
def test_tiles_come_back_in_order(count):
    patches = np.random.default_rng(0).random((count, 3, 6, 10))
    assert np.array_equal(codecs.untile(codecs.tile(patches), count, 6, 10), patches)


def test_the_same_seed_gives_the_same_damage():
    clean, how = scene(2), Encoding("mpeg2", 8, frames=3, shown=2, motion=1.0)
    a, b, c = (compress(clean, how, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(a, b) and not np.array_equal(a, c)


def test_a_quantiser_the_codec_lacks_is_refused():
    with pytest.raises(ValueError, match=r"quality of mpeg2 must be in \[1, 31\]; got 40"):
        compress(scene(1), Encoding("mpeg2", 40), np.random.default_rng(0))


def test_without_pyav_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(ImportError, match="pip install av"):
        compress(scene(1), Encoding("x264", 30), np.random.default_rng(0))
