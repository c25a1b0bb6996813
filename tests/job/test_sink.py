"""What the encoders are given comes out again: every depth and layout, tags, the same stream twice."""

from __future__ import annotations

import io
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
import vapoursynth as vs

from vsplugin import sample, sink
from vsplugin.errors import UserError

FORMATS = [
    vs.YUV420P8, vs.YUV422P8, vs.YUV444P8, vs.YUV420P10, vs.YUV422P10, vs.YUV444P12, vs.YUV420P14, vs.YUV420P16,
    vs.YUV444P16, vs.GRAY8, vs.GRAY10, vs.GRAY16, vs.RGB24, vs.RGB30, vs.RGB36, vs.RGB48,
]  # fmt: skip


def noise(kind: vs.PresetVideoFormat, frames: int = 2, width: int = 70, height: int = 46) -> vs.VideoNode:
    """Random code values of any integer format; an odd width in chroma for the strides' sake."""
    blank = vs.core.std.BlankClip(format=kind, width=width, height=height, length=frames, keep=True)

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out = f.copy()
        rng = np.random.default_rng(n)
        for plane in range(out.format.num_planes):
            target = np.asarray(out[plane])
            target[:] = rng.integers(0, 1 << out.format.bits_per_sample, target.shape)
        return out

    return vs.core.std.ModifyFrame(blank, blank, fill)


def encode(clip: vs.VideoNode, codec: str, crf: float | None = None, **props: Any) -> bytes:
    buffer = io.BytesIO()
    plan = sink.plan_encoding(clip, codec, crf, props)
    clip = clip.std.SetFrameProps(**props) if props else clip
    assert sink.encode(clip, buffer, plan, Fraction(25)) == clip.num_frames
    return buffer.getvalue()


def decode(data: bytes) -> list[av.VideoFrame]:
    with av.open(io.BytesIO(data)) as inside:
        return list(inside.decode(video=0))


def planes(frame: av.VideoFrame) -> list[np.ndarray]:
    """Planes in FFmpeg's order, without padding."""
    size = 1 if all(component.bits == 8 for component in frame.format.components) else 2
    dtype = np.uint8 if size == 1 else np.uint16
    return [
        np.frombuffer(p, dtype).reshape(p.height, p.line_size // size)[:, : p.width] for p in frame.planes
    ]  # fmt: skip


@pytest.mark.parametrize("kind", FORMATS, ids=lambda kind: kind.name)
def test_ffv1_is_lossless_in_every_format(kind: vs.PresetVideoFormat) -> None:
    clip = noise(kind)
    for number, decoded in enumerate(decode(encode(clip, "ffv1"))):
        with clip.get_frame(number) as frame:
            wanted = [np.array(frame[p]) for p in range(frame.format.num_planes)]
        if clip.format.color_family == vs.RGB:
            wanted = [wanted[1], wanted[2], wanted[0]]
        if decoded.format.name == "bgr0":
            got = [decoded.to_ndarray(format="rgb24")[..., channel] for channel in (1, 2, 0)]
        else:
            got = planes(decoded)
        assert len(got) == len(wanted)
        assert all(np.array_equal(a, b) for a, b in zip(got, wanted, strict=True))


def test_float_and_odd_depths_become_more_bits_not_fewer() -> None:
    assert sink.plan_encoding(noise(vs.YUV420P8).resize.Bicubic(format=vs.YUV444PS), "ffv1", None, {}).pixel_format == (
        "yuv444p16le"
    )
    eleven = vs.core.query_video_format(vs.YUV, vs.INTEGER, 11, 1, 1)
    clip = noise(vs.YUV420P8).resize.Bicubic(format=eleven.id)
    assert sink.plan_encoding(clip, "ffv1", None, {}).pixel_format == "yuv420p12le"
    assert sink.plan_encoding(clip, "libx264", None, {}).pixel_format == "yuv420p10le"


def test_eight_bit_goes_to_x265_as_ten_without_a_shift() -> None:
    flat = vs.core.std.BlankClip(format=vs.YUV420P8, width=64, height=64, length=1, color=[100, 90, 160])
    luma, u, v = planes(decode(encode(flat, "libx265", 4))[0])
    assert (luma.mean(), u.mean(), v.mean()) == pytest.approx((400, 360, 640), abs=1)


@pytest.mark.parametrize("codec", list(sink.CODECS))
def test_the_same_pictures_give_the_same_stream(codec: str) -> None:
    clip = sample.clip("video")[:7]
    first, second = (
        [bytes(packet) for packet in av.open(io.BytesIO(encode(clip, codec))).demux(video=0)] for _ in range(2)
    )
    assert first == second and len(first) >= 7


@pytest.mark.parametrize("codec", list(sink.CODECS))
def test_each_file_starts_with_a_key_frame_and_numbers_its_frames(codec: str) -> None:
    for frames in (1, 2, 9):
        with av.open(io.BytesIO(encode(sample.clip("film")[:frames], codec))) as inside:
            packets = [packet for packet in inside.demux(video=0) if packet.pts is not None]
        assert packets[0].is_keyframe
        numbers = sorted(packet.pts * packet.time_base for packet in packets)
        assert numbers == [Fraction(number, 1000) for number in range(frames)]


@pytest.mark.parametrize("codec", list(sink.CODECS))
def test_colour_is_tagged(codec: str) -> None:
    props = {"_Matrix": 9, "_Transfer": 18, "_Primaries": 9, "_Range": 1}
    frame = decode(encode(noise(vs.YUV420P10, 1, 64, 64), codec, **props))[0]
    assert (frame.colorspace, frame.color_trc, frame.color_primaries, frame.color_range) == (9, 18, 9, 2)


def test_x265_gets_static_hdr_metadata_in_its_own_units() -> None:
    clip = sample.clip("hdr")
    with clip.get_frame(0) as frame:
        plan = sink.plan_encoding(clip, "libx265", None, dict(frame.props))
    assert (
        "master-display=G(8500,39850)B(6550,2300)R(35400,14600)WP(15635,16450)L(10000000,1)"
        in plan.options["x265-params"]
    )
    assert "max-cll=1000,180" in plan.options["x265-params"]


def test_a_frame_that_cannot_be_made_ends_the_file_before_it() -> None:
    clip = noise(vs.YUV420P8, 6)

    def fail(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        if n == 4:
            raise ValueError("no such picture")
        return f.copy()

    buffer = io.BytesIO()
    with pytest.raises(sink.BrokenFrameError, match="no such picture") as broken:
        plan = sink.plan_encoding(clip, "ffv1", None, {})
        sink.encode(vs.core.std.ModifyFrame(clip, clip, fail), buffer, plan, Fraction(25))
    assert broken.value.done == 4 == len(decode(buffer.getvalue()))


def test_lost_metadata_is_named() -> None:
    assert sink.lost_metadata("libx264", {"HDR10Plus": b"", "DolbyVisionRPU": b""}) == [
        "HDR10+ metadata per frame (libx265 keeps it)",
        "Dolby Vision metadata (libx265 keeps it)",
    ]
    assert sink.lost_metadata("libx265", {"HDR10Plus": b"", "DolbyVisionRPU": b""}) == []
    assert "mastering display" in sink.lost_metadata("ffv1", {"ContentLightLevelMax": 1})[0]
    assert sink.lost_metadata("libx265", {"ContentLightLevelMax": 1}) == []


def test_wrong_quality_is_refused() -> None:
    clip = noise(vs.YUV420P8)
    for codec, crf, words in (("x265", None, "libx265, libx264, ffv1"), ("ffv1", 3, "lossless"), ("libx264", -1, "51")):
        with pytest.raises(UserError, match=words):
            sink.plan_encoding(clip, codec, crf, {})


def test_what_an_encoder_refuses_is_said_in_one_line() -> None:
    """x265 begins at 16x16 and knows no EBU 3213 primaries (22); damaged files have any size and tag."""
    for clip, words in (
        (noise(vs.YUV420P10, width=8, height=8), "takes no pictures of 8x8 yuv420p10le"),
        (noise(vs.YUV420P10, width=64, height=64).std.SetFrameProps(_Primaries=22), "64x64 yuv420p10le, colour 22/2/2"),
    ):
        with pytest.raises(UserError, match=words):
            encode(clip, "libx265")
