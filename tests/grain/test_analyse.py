"""Grain put on pictures by numpy and found again: how strong, how coarse, of which kind."""

import numpy as np
import pytest
import vapoursynth as vs

import vsplugin
from vsplugin.grain import analyse, model, spectrum

from . import film


@pytest.fixture(scope="module")
def still():
    """A picture with edges, stripes and flat places."""
    y, x = np.mgrid[0:288, 0:480]
    picture = 0.25 + 0.5 * x / 480 + 0.2 * (np.hypot(x - 120, y - 120) < 60) - 0.15 * (y > 200)
    return np.clip(picture + 0.1 * np.sign(np.sin(x / 2 + y)) * (np.hypot(x - 380, y - 90) < 50), 0.03, 0.97)


@pytest.mark.parametrize("size,kind", [(0.3, "sensor noise"), (1.0, "film grain"), (1.6, "film grain")])
@pytest.mark.parametrize("moves", [0, 1, 7])
def test_grain_is_found_as_it_was_put_on(still, size, kind, moves):
    taps, strength = film.gaussian(size), 0.03
    frames = film.filmed(still, taps, strength, 8)
    if moves:
        rng = np.random.default_rng(0)
        clean = [np.roll(still, (-moves * n, 3 * moves * n), (0, 1)) for n in range(8)]
        frames = [c + strength * film.curve(c) * film.field(rng, *c.shape, taps) for c in clean]
    found = analyse.measure(film.clip_of(frames))
    (plane,) = found.planes
    assert len(plane.tones) >= 3 and found.about["kind"] == kind
    np.testing.assert_allclose(plane.sigma, strength * film.curve(plane.tones), rtol=0.12)
    spectra = np.stack([spectrum.octave_power(spectrum.expected(t)) for t in plane.taps])
    relative = (spectra / film.curve(plane.tones)[:, None] ** 2).mean(0) / strength**2
    wanted = spectrum.octave_power(spectrum.expected(taps))
    np.testing.assert_allclose(relative, wanted, rtol=0.2, atol=1e-3 * wanted.max())


def test_noise_that_is_repeated_is_no_grain(still):
    pattern = film.filmed(still, film.gaussian(1.0), 0.03, 1)[0]
    rng = np.random.default_rng(5)
    frames = [pattern + 0.003 * rng.standard_normal(pattern.shape) for _ in range(6)]
    assert analyse.measure(film.clip_of(frames)).about["kind"] == "fixed pattern or codec noise"


def test_chroma_has_a_grain_of_its_own_and_its_correlation(still):
    rng, taps = np.random.default_rng(6), film.gaussian(0.8)
    frames = []
    for _ in range(6):
        a, b, c = (film.field(rng, *still.shape, taps) for _ in range(3))
        frames.append((still + 0.02 * a, 0.03 * b, 0.01 * (-0.6 * b + 0.8 * c)))
    blank = vs.core.std.BlankClip(format=vs.YUV444PS, width=480, height=288, length=6, keep=True)

    def fill(n, f):
        out = f.copy()
        for plane in range(3):
            np.asarray(out[plane])[:] = frames[n][plane]
        return out

    found = analyse.measure(vs.core.std.ModifyFrame(blank, blank, fill))
    for plane, sigma in zip(found.planes, (0.02, 0.03, 0.01), strict=True):
        np.testing.assert_allclose(plane.sigma.mean(), sigma, rtol=0.08)
    assert abs(found.chroma_correlation + 0.6) < 0.05


def test_repeated_frames_count_for_nothing(still):
    frames = film.filmed(still, film.gaussian(1.0), 0.03, 6)
    doubled = [frame for frame in frames for _ in range(2)]
    sigma = [analyse.measure(film.clip_of(f)).planes[0].sigma.mean() for f in (frames, doubled)]
    np.testing.assert_allclose(sigma[1], sigma[0], rtol=0.1)


def test_a_single_frame_will_do(still):
    found = analyse.measure(film.clip_of(film.filmed(still, film.gaussian(0.8), 0.03, 1)))
    tones = found.planes[0].tones
    np.testing.assert_allclose(found.planes[0].sigma, 0.03 * film.curve(tones), rtol=0.3)


def test_a_model_is_the_same_after_json(still):
    found = analyse.measure(film.clip_of(film.filmed(still, film.gaussian(0.8), 0.03, 4)))
    again = model.from_json(found.to_json())
    assert (again.width, again.about) == (480, found.about)
    np.testing.assert_allclose(again.planes[0].taps, found.planes[0].taps, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize(
    "text,words",
    [
        ("[]", "not a grain model"),
        ("{", "Expecting"),
        ('{"kind": "x"}', "kind must be"),
        ('{"kind": "vsplugin-grain-1", "width": 9, "chroma_correlation": 0, "planes": []}', "one or three planes"),
    ],
)
def test_a_wrong_file_is_named(tmp_path, text, words):
    path = tmp_path / "grain.json"
    path.write_text(text)
    with pytest.raises(vs.Error, match=rf"regrain: grain: .*grain.json: .*{words}"):
        vsplugin.regrain(vs.core.std.BlankClip(format=vs.GRAY8), grain=str(path))


def test_what_cannot_be_measured_is_refused():
    with pytest.raises(vs.Error, match="grain: pictures must be at least 64"):
        analyse.measure(vs.core.std.BlankClip(format=vs.GRAY8, width=60, height=90))
    with pytest.raises(vs.Error, match="grain: no place"):
        analyse.measure(vs.core.std.BlankClip(format=vs.GRAY8, width=128, height=128, color=90))
