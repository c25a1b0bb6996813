"""The table for AV1: its words, and what a real decoder draws by it."""

import shutil
import subprocess

import numpy as np
import pytest
import vapoursynth as vs

from vsplugin.grain import av1, spectrum
from vsplugin.grain.model import GrainModel, PlaneGrain

from . import film

TONES = np.array([0.1, 0.3, 0.5, 0.7, 0.9])
SIDE = 512


def made(size, strength=0.025, chroma=True):
    luma = PlaneGrain(TONES, np.stack([strength * film.curve(tone) * film.gaussian(size) for tone in TONES]))
    return GrainModel(SIDE, (luma, luma.times(0.5), luma.times(0.5)) if chroma else (luma,))


def test_the_table_is_what_encoders_read():
    lines = av1.table(made(0.7, chroma=False), seed=99).splitlines()
    assert lines[0] == "filmgrn1" and lines[1] == "E 0 9223372036854775807 1 99 1"
    words = {line.split()[0]: line.split()[1:] for line in lines[2:]}
    lag, shift, shrink, scaling = map(int, words["p"][:4])
    assert (lag, len(words["p"])) == (3, 12) and 6 <= shift <= 9 and 0 <= shrink <= 3 and 8 <= scaling <= 11
    assert int(words["sY"][0]) == 5 and words["sCb"] == words["sCr"] == ["0"]
    places = list(map(int, words["sY"][1::2]))
    assert places == [round(16 + 219 * tone) for tone in TONES]
    assert [len(words[name]) for name in ("cY", "cCb", "cCr")] == [24, 25, 25]
    assert all(-128 <= int(value) <= 127 for value in words["cY"])
    with pytest.raises(ValueError, match="seed must be 0 to 65535; got 65536"):
        av1.table(made(0.7), seed=65536)


def frames_of(path):
    """Luma and Cb of every frame of an 8-bit 4:2:0 y4m file."""
    data, size = path.read_bytes(), SIDE * SIDE * 3 // 2
    at, found = data.index(b"\n") + 1, []
    while at < len(data):
        at = data.index(b"\n", at) + 1
        whole = np.frombuffer(data[at : at + size], np.uint8).astype(np.float64)
        found.append((whole[: SIDE**2].reshape(SIDE, SIDE), whole[SIDE**2 : SIDE**2 * 5 // 4].reshape(SIDE // 2, -1)))
        at += size
    return found


@pytest.mark.skipif(
    not (shutil.which("aomenc") and shutil.which("dav1d")), reason="no aomenc and dav1d (Debian: aom-tools, dav1d)"
)
@pytest.mark.parametrize("size", [0.4, 0.8])
def test_a_decoder_draws_the_grain_that_was_measured(tmp_path, size):
    model = made(size)
    (tmp_path / "grain.tbl").write_text(av1.table(model))
    clean = film.clip_of([np.broadcast_to(np.linspace(0, 1, SIDE), (SIDE, SIDE))] * 4, vs.YUV420P8)
    with (tmp_path / "in.y4m").open("wb") as file:
        clean.output(file, y4m=True)
    encode = "aomenc in.y4m -o out.ivf --ivf --cpu-used=9 --end-usage=q --cq-level=5 --film-grain-table=grain.tbl"
    subprocess.run(encode.split(), cwd=tmp_path, check=True, capture_output=True)
    for grain in (0, 1):
        decode = f"dav1d -i out.ivf -o {grain}.y4m --filmgrain {grain}"
        subprocess.run(decode.split(), cwd=tmp_path, check=True, capture_output=True)
    without, with_grain = (frames_of(tmp_path / f"{grain}.y4m") for grain in (0, 1))
    for plane, nominal in ((0, 219), (1, 224)):
        added = [(new[plane] - old[plane]) / nominal for new, old in zip(with_grain, without, strict=True)]
        for tone, taps in zip(TONES, model.planes[plane].taps, strict=True):
            left = int(tone * added[0].shape[1]) - 16
            blocks = np.concatenate(
                [np.lib.stride_tricks.sliding_window_view(grain, (32, 32))[::32, max(left, 0)] for grain in added]
            )
            power = spectrum.power(spectrum.detrended(blocks)).mean(0)
            wanted = spectrum.expected(taps)
            assert abs(np.sqrt(power.mean() / wanted.mean()) - 1) < 0.08
            np.testing.assert_allclose(*(spectrum.octave_power(p)[1:] for p in (power, wanted)), rtol=0.35)
