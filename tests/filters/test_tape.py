"""Filters for what tape, discs and coders leave: fields, chroma beside luma, bands, BT.601 in large pictures."""

from __future__ import annotations

import numpy as np
import pytest
import vapoursynth as vs
from conftest import to_arrays, to_clip

import vsplugin
from vsplugin import registration, sample

core = vs.core


def moved_chroma(clip: vs.VideoNode, right: float, down: float, blur: bool = True) -> vs.VideoNode:
    """Chroma as tape leaves it: ``right`` and ``down`` pixels of luma off, and blurred sideways."""
    luma, *chroma = (core.std.ShufflePlanes(clip, p, vs.GRAY) for p in range(3))
    across, along = clip.format.subsampling_w, clip.format.subsampling_h
    chroma = [p.resize.Bicubic(src_left=-right / (1 << across), src_top=-down / (1 << along)) for p in chroma]
    if blur:
        chroma = [p.std.Convolution([1, 2, 3, 4, 3, 2, 1], mode="h") for p in chroma]
    return core.std.CopyFrameProps(core.std.ShufflePlanes([luma, *chroma], [0, 0, 0], vs.YUV), clip)


@pytest.mark.parametrize("format_id", [vs.YUV420P8, vs.YUV422P10, vs.YUV444PS])
@pytest.mark.parametrize("shift", [(4.0, 0.0), (-3.0, 2.0)])
def test_chroma_is_laid_back(shift, format_id):
    clean = sample.clean("film", 8).resize.Bicubic(format=format_id)
    clip = moved_chroma(clean, *shift)
    assert registration.chroma_delay(clip) == pytest.approx(shift[0], abs=0.75)
    out, before, after = vsplugin.align_chroma(clip, down=shift[1]), 0.0, 0.0
    want = to_arrays(moved_chroma(clean, 0, 0), 4)
    assert out.format.id == clip.format.id
    for p, (was, now) in enumerate(zip(to_arrays(clip, 4), to_arrays(out, 4), strict=True)):
        if p == 0:
            np.testing.assert_array_equal(was, now)
            continue
        inner = (slice(8, -8), slice(8, -8))
        before += np.mean((was[inner].astype(float) - want[p][inner]) ** 2)
        after += np.mean((now[inner].astype(float) - want[p][inner]) ** 2)
    assert after < 0.2 * before


def test_chroma_that_lies_right_is_left_alone():
    clip = sample.clean("film", 8)
    for there in (clip, clip.std.ShufflePlanes(0, vs.GRAY), core.std.BlankClip(format=vs.YUV420P8, length=3)):
        assert vsplugin.align_chroma(there) is there


@pytest.mark.parametrize("size", [(2, 2), (4, 64), (64, 4)])
def test_clips_too_small_to_measure_pass(size):
    """Of one or two samples of chroma there is no gradient to be had."""
    clip = core.std.BlankClip(format=vs.YUV420P8, width=size[0], height=size[1], length=3)
    assert vsplugin.align_chroma(clip) is clip


def test_a_chroma_shift_can_be_given():
    clip = sample.clean("film", 2)
    out = vsplugin.align_chroma(moved_chroma(clip, 2, 0, blur=False), right=2.0, down=0.0)
    for now, want in zip(to_arrays(out), to_arrays(clip), strict=True):
        np.testing.assert_array_equal(now[:, 4:-4], want[:, 4:-4])  # by a whole sample of chroma: exact
    with out.get_frame(0) as frame:
        assert frame.props["VSPluginChromaShift"] == [2.0, 0.0]
    with pytest.raises(vs.Error, match="align_chroma: clip must be YUV"):
        vsplugin.align_chroma(core.std.BlankClip(format=vs.RGB24))


@pytest.mark.corpus
@pytest.mark.parametrize("name", ["walker_768x432", "cars_768x432", "parkjoy_480x270"])
def test_real_clips_without_a_shift_pass(name, corpus):
    clip = core.bs.VideoSource(str(corpus / f"public/video/{name}.mkv"), cachemode=0)
    assert vsplugin.align_chroma(clip) is clip
    assert registration.chroma_delay(moved_chroma(clip, 5, 0)) == pytest.approx(5, abs=1.5)


def woven(order: int) -> tuple[vs.VideoNode, vs.VideoNode]:
    """A moving picture at double rate, and its fields woven; ``order`` as ``_FieldBased``."""
    whole = sample.clean("film", 12)
    fields = whole.std.SeparateFields(tff=order == 2).std.SelectEvery(4, (0, 3))
    return whole, fields.std.DoubleWeave(tff=order == 2)[::2].std.SetFrameProps(_FieldBased=order)


@pytest.mark.parametrize("order", [1, 2])
def test_fields_become_the_frames_they_were_taken_from(order):
    whole, clip = woven(order)
    assert clip.num_frames == whole.num_frames // 2
    out = vsplugin.deinterlace(clip)
    assert (out.num_frames, out.fps, out.format.id) == (clip.num_frames, clip.fps, clip.format.id)
    kept = slice(0, None, 2) if order == 2 else slice(1, None, 2)
    for n in (2, 3):
        now, was, want = (to_arrays(one, m)[0].astype(float) for one, m in ((out, n), (clip, n), (whole, 2 * n)))
        np.testing.assert_array_equal(now[kept], want[kept])
        assert np.mean((now - want) ** 2) < 0.6 * np.mean((was - want) ** 2)
    with out.get_frame(0) as frame:
        assert frame.props["_FieldBased"] == 0


def telecined(film: vs.VideoNode, order: int) -> vs.VideoNode:
    """3:2 pulldown: of film frames A B C D the fields AA, BB, BC, CD, DD, woven; ``order`` as ``_FieldBased``."""
    fields = film.std.SeparateFields(tff=order == 2)
    pulled = fields.std.SelectEvery(8, (0, 1, 2, 3, 2, 5, 4, 7, 6, 7))
    return pulled.std.DoubleWeave(tff=order == 2)[::2].std.SetFrameProps(_FieldBased=order)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("format_id", [vs.YUV420P8, vs.YUV422P10, vs.YUV444PH, vs.RGB24, vs.GRAY16])
def test_telecined_film_comes_back_to_the_bit(order, format_id):
    film = sample.clean("film", 8).resize.Bicubic(320, 180, format=format_id)
    clip = telecined(film, order)
    out = vsplugin.deinterlace(clip, content="film")
    assert (out.num_frames, out.format.id) == (10, format_id)
    seen = set()
    for n in (7, 0, 3, 9, 1, 2, 8, 4, 6, 5):  # whatever is asked for first
        frame = to_arrays(out, n)
        same = [m for m in range(8) if all(map(np.array_equal, frame, to_arrays(film, m)))]
        assert len(same) == 1 and same[0] - 4 * (n // 5) in ({0}, {1}, {1, 2}, {2, 3}, {3})[n % 5]
        seen.update(same)
    assert len(seen) == 8
    with out.get_frame(2) as frame:
        assert frame.props["_FieldBased"] == 0 and "_Combed" not in frame.props


def test_what_is_no_film_is_interpolated_where_it_moves():
    """Of a moving picture no two fields belong together: what stays combed is what Bwdif makes of it."""
    _, clip = woven(2)
    film, video = vsplugin.deinterlace(clip, content="film"), vsplugin.deinterlace(clip)
    for n in range(1, clip.num_frames - 1):
        for mine, plain in zip(to_arrays(film, n), to_arrays(video, n), strict=True):
            np.testing.assert_array_equal(mine, plain)


@pytest.mark.parametrize("content", ["video", "film"])
def test_any_number_of_lines_from_four_on(content):
    for kind, height in ((vs.YUV420P8, 18), (vs.YUV444PH, 17), (vs.GRAY8, 4)):
        clip = core.std.BlankClip(format=kind, width=32, height=height, length=2).std.SetFrameProps(_FieldBased=2)
        assert len(to_arrays(vsplugin.deinterlace(clip, content=content), 1)[0]) == height
    with pytest.raises(vs.Error, match="deinterlace: clip must be at least 4 lines high; got 2"):
        vsplugin.deinterlace(clip.std.CropAbs(32, 2), content=content)


def test_progressive_clips_pass_and_the_order_can_be_given():
    whole, clip = woven(2)
    assert vsplugin.deinterlace(whole) is whole
    untagged = clip.std.SetFrameProps(_FieldBased=0)
    for mine, auto in zip(to_arrays(vsplugin.deinterlace(untagged, field_order="top"), 3),
                          to_arrays(vsplugin.deinterlace(clip), 3), strict=True):  # fmt: skip
        np.testing.assert_array_equal(mine, auto)
    plain = vsplugin.deinterlace(clip, field_order="progressive")
    np.testing.assert_array_equal(to_arrays(plain, 3)[0], to_arrays(clip, 3)[0])
    assert vsplugin.deinterlace(clip.resize.Bicubic(format=vs.YUV444PH)).format.id == vs.YUV444PH


def ramp(kind: int, steps: float) -> tuple[vs.VideoNode, np.ndarray]:
    """A slow ramp in levels of ``steps`` eighth-bit codes, and the ramp before it was cut into levels."""
    true = np.broadcast_to(np.linspace(60, 90, 480), (64, 480))
    levels = np.round(true / steps) * steps
    full = {vs.YUV444P8: 1.0, vs.YUV444P16: 256.0, vs.YUV444PS: 1 / 219}[vs.PresetVideoFormat(kind)]
    offset = 16 if kind == vs.YUV444PS else 0
    grey = 0.0 if kind == vs.YUV444PS else 128 * full
    planes = [(levels - offset) * full, np.full(levels.shape, grey), np.full(levels.shape, grey)]
    return to_clip(planes, vs.core.get_video_format(kind)), (true - offset) * full


@pytest.mark.parametrize("kind", [vs.YUV444P8, vs.YUV444P16, vs.YUV444PS])
def test_bands_go(kind):
    clip, true = ramp(kind, 1)
    out = to_arrays(vsplugin.deband(clip))[0].astype(float)

    def smooth(plane: np.ndarray) -> np.ndarray:
        """What the eye sees from afar: means over 8 x 8, which dither vanishes in."""
        return plane.reshape(8, 8, 60, 8).mean((1, 3))

    before = np.sqrt(np.mean((smooth(to_arrays(clip)[0].astype(float)) - smooth(true)) ** 2))
    after = np.sqrt(np.mean((smooth(out) - smooth(true)) ** 2))
    assert after < 0.5 * before


def test_deband_leaves_edges_and_does_nothing_at_0():
    rng = np.random.default_rng(1)
    planes = [rng.integers(30, 200, (64, 96)).astype(float) for _ in range(3)]
    clip = to_clip(planes, vs.core.get_video_format(vs.YUV444P8))
    assert vsplugin.deband(clip, threshold=0) is clip
    for now, want in zip(to_arrays(vsplugin.deband(clip)), planes, strict=True):
        assert (now != want).mean() < 0.02
    edge = np.where(np.arange(96) < 48, 60.0, 72.0) * np.ones((64, 1))
    clip = to_clip([edge] * 3, vs.core.get_video_format(vs.YUV444P8))
    for kind in (vs.YUV444P8, vs.YUV420P10, vs.YUV444PH, vs.GRAY16):
        there = clip.resize.Point(format=kind)
        for now, want in zip(to_arrays(vsplugin.deband(there)), to_arrays(there), strict=True):
            np.testing.assert_array_equal(now, want)


def test_large_pictures_of_601_are_coded_as_709():
    """A saturated patch by the matrices of the standards, by hand; of equal primaries, which then do not move it."""
    y, cb, cr = 0.4, -0.1, 0.3
    r, b = y + 1.402 * cr, y + 1.772 * cb  # BT.601-7, 2.5.1
    g = (y - 0.299 * r - 0.114 * b) / 0.587
    y2 = 0.2126 * r + 0.7152 * g + 0.0722 * b  # BT.709-6, 3.2
    want = (y2, (b - y2) / 1.8556, (r - y2) / 1.5748)
    tags = {"_Matrix": 6, "_Transfer": 6, "_Primaries": 1, "_Range": 0}
    large, small = (core.std.BlankClip(format=vs.YUV420PS, width=1440, height=h, length=1, color=[y, cb, cr])
                    .std.SetFrameProps(**tags) for h in (1152, 1152))  # fmt: skip
    small = small.std.CropAbs(720, 576)
    out = vsplugin.bt709(large)
    for plane, value in zip(to_arrays(out), want, strict=True):
        np.testing.assert_allclose(plane, value, atol=2e-4)
    with out.get_frame(0) as frame:
        assert [frame.props[name] for name in ("_Matrix", "_Transfer", "_Primaries")] == [1, 1, 1]
    assert vsplugin.bt709(small) is small
    already = large.std.SetFrameProps(_Matrix=1)
    assert vsplugin.bt709(already) is already
