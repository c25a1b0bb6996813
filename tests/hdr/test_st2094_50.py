"""ST 2094-50: payloads that pack to themselves, FFmpeg's parser as a second opinion, hostile bytes, and an encoder."""

import base64
import ctypes
import dataclasses
import random
import shutil
import subprocess
from pathlib import Path

import av
import numpy as np
import pytest

from vsplugin.errors import UserError
from vsplugin.hdr import bits, lift, st2094_50
from vsplugin.hdr.st2094_50 import Alternate, GainCurve, Mix, St2094_50, ToneMap


def random_mix(rng):
    kind = rng.randrange(4)
    if kind != 3:
        return Mix(kind)
    values = [rng.choice([None, 0, rng.randrange(50_001)]) for _ in range(6)]
    values[rng.randrange(6)] = rng.randrange(1, 50_001)
    return Mix(3, tuple(values))


def random_curve(rng, first=None):
    if first:
        x, angles = first.x, first.angles is not None
    else:
        x, angles = tuple(sorted(rng.sample(range(64_001), rng.randint(1, 32)))), rng.random() < 0.5
    y = tuple(rng.randrange(60_001) for _ in x)
    return GainCurve(x, y, tuple(rng.randrange(1, 36_000) for _ in x) if angles else None)


def random_meta(seed):
    """Any metadata the syntax allows."""
    rng = random.Random(seed)
    white = rng.choice([None, rng.randrange(1, 50_001)])
    if rng.random() < 0.1:
        return St2094_50(None, white, rest=rng.randbytes(rng.randrange(3)))
    baseline, *headrooms = rng.sample(range(60_001), 1 + rng.randrange(5))
    if rng.random() < 0.1:
        return St2094_50(ToneMap(baseline, None), white)
    common_mix, common_curve = rng.random() < 0.5, rng.random() < 0.5
    alternates = []
    for headroom in sorted(headrooms):
        mix = alternates[0].mix if common_mix and alternates else random_mix(rng)
        curve = random_curve(rng, alternates[0].curve if common_curve and alternates else None)
        alternates.append(Alternate(headroom, mix, curve))
    chromaticities = rng.choice([0, 1, 2, tuple(rng.randrange(1, 50_001) for _ in range(8))])
    tone_map = ToneMap(baseline, tuple(alternates), chromaticities, common_mix, common_curve)
    return St2094_50(tone_map, white, rest=rng.randbytes(rng.randrange(3)))


def test_every_payload_packs_to_itself():
    for seed in range(2000):
        meta = random_meta(seed)
        payload = st2094_50.pack(meta)
        assert st2094_50.parse(payload) == meta
        assert st2094_50.pack(st2094_50.parse(payload)) == payload


def test_a_payload_written_by_hand():
    """Annex C read bit by bit: SDR baseline, one alternate of 2 stops, max(R, G, B) in BT.2020, two points."""
    payload = bytes.fromhex("b500900001 00 c0 03e8 0000 18 4e20 00 08 0000 03e8 0000 4e20 4650 4650".replace(" ", ""))
    meta = st2094_50.parse(payload)
    curve = GainCurve((0, 1000), (0, 20_000), (18_000, 18_000))
    assert meta == St2094_50(ToneMap(0, (Alternate(20_000, Mix(0), curve),), 2), white=1000)
    assert meta.reference_white == 200
    (found,) = st2094_50.curves(meta.tone_map)
    assert (found.headroom, found.weights) == (2.0, (0, 0, 0, 1, 0, 0))
    assert found.y.tolist() == [0, 2] and found.slope.tolist() == [0, 0]


@pytest.fixture(scope="module")
def libavutil():
    """PyAV's own, which has an independent parser from FFmpeg 9 on."""
    folder = Path(av.__file__).parents[1] / "av.libs"
    found = next(iter(folder.glob("libavutil*")), None)
    library = ctypes.CDLL(str(found)) if found else None
    if not hasattr(library, "av_dynamic_hdr_smpte2094_app5_from_t35"):
        pytest.skip("needs PyAV's wheel with FFmpeg 9 or newer")
    library.av_dynamic_hdr_smpte2094_app5_alloc.restype = ctypes.c_void_p
    return library


def through_ffmpeg(libavutil, payload):
    """The payload after FFmpeg has parsed and written it; None where it refuses."""
    state = ctypes.c_void_p(libavutil.av_dynamic_hdr_smpte2094_app5_alloc(None))
    inner = payload[5:]
    if libavutil.av_dynamic_hdr_smpte2094_app5_from_t35(state, inner, ctypes.c_size_t(len(inner))) < 0:
        return None
    out, size = ctypes.c_void_p(), ctypes.c_size_t()
    assert libavutil.av_dynamic_hdr_smpte2094_app5_to_t35(state, ctypes.byref(out), ctypes.byref(size)) >= 0
    return payload[:5] + ctypes.string_at(out.value, size.value)


def test_ffmpeg_reads_and_writes_our_lift(libavutil):
    payload = st2094_50.pack(lift.metadata(10_000.0))
    assert through_ffmpeg(libavutil, payload) == payload


def test_ffmpeg_agrees_on_any_metadata(libavutil):
    for seed in range(300):
        payload = st2094_50.pack(dataclasses.replace(random_meta(seed), rest=b""))
        assert through_ffmpeg(libavutil, payload) == payload, seed


def test_hostile_bytes_are_refused_in_one_line_or_read():
    rng = random.Random(5)
    seeds = [st2094_50.pack(random_meta(seed)) for seed in range(100)]
    read = 0
    for _ in range(20_000):
        payload = bytearray(rng.choice(seeds))
        for _ in range(rng.randrange(1, 4)):
            payload[rng.randrange(len(payload))] = rng.randrange(256)
        try:
            end = rng.choice([len(payload), len(payload), rng.randrange(len(payload))])
            meta = st2094_50.parse(bytes(payload[:end]))
            if meta.tone_map:
                assert all(np.isfinite(curve.slope).all() for curve in st2094_50.curves(meta.tone_map))
            read += 1
        except UserError as error:
            assert str(error).startswith("ST 2094-50: ") and "\n" not in str(error)
    assert read > 1000


CURVE = GainCurve((0, 10), (0, 5), None)
WRONG = [
    (ToneMap(0, (Alternate(5, Mix(), GainCurve((5, 3), (0, 0))),)), "alternate 0: points must rise in x"),
    (ToneMap(0, (Alternate(5, Mix(), GainCurve((3, 3), (0, 1))),)), "alternate 0: points must rise in x"),
    (ToneMap(0, (Alternate(5, Mix(), GainCurve((3,), (0, 1))),)), "alternate 0 must have 1 to 32 points"),
    (ToneMap(0, (Alternate(5, Mix(), GainCurve((), ())),)), "alternate 0 must have 1 to 32 points"),
    (ToneMap(5, (Alternate(5, Mix(), CURVE),)), "headrooms must rise and differ from the baseline"),
    (ToneMap(0, (Alternate(5, Mix(), CURVE), Alternate(4, Mix(), CURVE))), "headrooms must rise"),
    (ToneMap(0, (Alternate(60_001, Mix(), CURVE),)), r"headrooms must be in \[0, 6\] stops"),
    (ToneMap(0, (Alternate(5, Mix(3, (0, None, 0, 0, 0, 0)), CURVE),)), "the mix must have a weight above 0"),
    (ToneMap(0, (Alternate(5, Mix(), GainCurve((64_001,), (0,))),)), r"x must be in \[0, 64\]"),
]


@pytest.mark.parametrize("tone_map,text", WRONG, ids=[text for _, text in WRONG])
def test_what_the_standard_forbids_is_not_written(tone_map, text):
    with pytest.raises(UserError, match=f"ST 2094-50: .*{text}"):
        st2094_50.pack(St2094_50(tone_map))


def test_a_newer_version_is_refused():
    payload = bytearray(st2094_50.pack(lift.metadata(4000.0)))
    payload[5] |= 1 << 2
    with pytest.raises(UserError, match="needs version 1 of the standard; only 0 is known"):
        st2094_50.parse(bytes(payload))


@pytest.mark.skipif(not shutil.which("x265"), reason="needs x265")
def test_x265_puts_the_payload_on_every_frame(tmp_path):
    payload = st2094_50.pack(lift.metadata(10_000.0))
    payload += bytes(-len(payload) % 3)  # x265 3.5 turns base64's padding into bytes
    line = base64.b64encode(payload).decode()
    (tmp_path / "nalu.txt").write_text("".join(f"{n} PREFIX 39/4 {line}\n" for n in range(8)))
    (tmp_path / "in.yuv").write_bytes(
        np.random.default_rng(1).integers(16, 235, 8 * 64 * 64 * 3 // 2, np.uint8).tobytes()
    )
    command = "x265 --input in.yuv --input-res 64x64 --fps 25 --preset ultrafast --nalu-file nalu.txt -o out.hevc"
    subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    stream = (tmp_path / "out.hevc").read_bytes()
    messages = [bits.unescape(unit) for unit in stream.split(b"\0\0\1") if unit[:1] == bytes([39 << 1])]
    found = [message[message.index(st2094_50.ST2094_50) :] for message in messages if st2094_50.ST2094_50 in message]
    assert len(found) == 8
    assert all(st2094_50.parse(message).tone_map == lift.metadata(10_000.0).tone_map for message in found)
