"""stabilize against weave that is known, measured by phases of spectra, which it does not use itself."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import vapoursynth as vs

import vsplugin

sys.path.insert(0, str(Path(__file__).parents[1]))
from steady import scenes

FRAMES = 36
PAN = (0.8, -0.3)


def weave(frames: int = FRAMES, seed: int = 2) -> np.ndarray:
    """``(frames, 4)``: shifts of up to 4 pixels, up to 0.3 degrees, up to 1 pixel of a bent frame.

    Without what is slower than 9 frames, which nothing could tell from a camera that is meant to move.
    """
    noise = np.random.default_rng(seed).uniform(-1, 1, (frames + 8, 4))
    fast = noise[4:-4] - np.array([np.convolve(path, np.ones(9) / 9, "valid") for path in noise.T]).T
    return fast / np.abs(fast).max(axis=0) * [4, 4, np.deg2rad(0.3), 1]


def place(n: int, shake: np.ndarray, pan: tuple[float, float] = PAN) -> tuple[np.ndarray, np.ndarray]:
    """Where the scene is seen by each pixel of frame n."""
    x, y = scenes.grid()
    u, v = x - scenes.WIDTH / 2, y - scenes.HEIGHT / 2
    right, down, angle, bent = shake
    dx = right - angle * v + bent * (v / 64) ** 2
    return x + pan[0] * n + dx, y + pan[1] * n + down + angle * u + 0 * dx


def pictures(shakes: np.ndarray, pan: tuple[float, float] = PAN) -> list[np.ndarray]:
    return [scenes.texture(*place(n, shake, pan)) for n, shake in enumerate(shakes)]


def offsets(result: np.ndarray, truth: list[np.ndarray]) -> np.ndarray:
    """``(frames, 12)``: how far six parts of each frame lie from where they should."""
    parts = [(slice(t, t + 64), slice(s, s + 64)) for t in (6, 58) for s in (6, 64, 122)]
    return np.array(
        [
            [k for part in parts for k in scenes.displacement(good[part], frame[part])]
            for frame, good in zip(result, truth, strict=True)
        ]
    )


@pytest.fixture(scope="module")
def truth() -> list[np.ndarray]:
    return pictures(np.zeros((FRAMES, 4)))


@pytest.fixture(scope="module")
def shaking() -> list[np.ndarray]:
    return pictures(weave())


def test_the_estimator_knows(truth, shaking):
    """The judge itself: it finds shifts to a fiftieth of a pixel."""
    x, y = scenes.grid()
    moved = scenes.texture(x + 2.3, y - 1.6)
    assert scenes.displacement(scenes.texture(x, y), moved) == pytest.approx((-2.3, 1.6), abs=0.02)


def test_weave_goes_and_the_pan_stays(truth, shaking):
    result = scenes.lumas(vsplugin.stabilize(scenes.clip_of(shaking, vs.YUV420P8)))
    before, after = offsets(np.array(shaking), truth), offsets(result, truth)
    assert np.diff(after, axis=0).std() < 0.05 * np.diff(before, axis=0).std()
    # Where it goes in the long run: the mean over 15 frames.
    drift = np.array([np.convolve(path, np.ones(15) / 15, "valid") for path in after.T])
    assert np.abs(drift).mean() < 0.3


def test_detail_is_kept():
    """Each frame is sampled once, and sharply: gradients keep 98 % of their energy. Of fine texture, 4 to 12 pixels."""
    fine = [scenes.texture(*(1.5 * k for k in place(n, shake))) for n, shake in enumerate(weave(12))]
    result = scenes.lumas(vsplugin.stabilize(scenes.clip_of(fine)))

    def energy(pictures) -> float:
        return sum(float((g[8:-8, 8:-8] ** 2).sum()) for p in pictures for g in np.gradient(p))

    assert 0.98 < energy(result) / energy(fine) < 1.01


def test_a_steady_pan_is_left_alone(truth):
    result = scenes.lumas(vsplugin.stabilize(scenes.clip_of(truth)))
    assert np.abs(offsets(result, truth)).max() < 0.1


def test_a_pan_that_starts_is_left_alone():
    starts = np.zeros((FRAMES, 4))
    starts[:, 0] = np.maximum(0, np.arange(FRAMES) - 18) * 1.5
    pans = pictures(starts, (0, 0))
    result = scenes.lumas(vsplugin.stabilize(scenes.clip_of(pans)))
    assert np.abs(offsets(result, pans)).max() < 0.3


@pytest.mark.parametrize("pan", [(0.0, 0.0), PAN], ids=["tripod", "pan"])
def test_film_that_is_steady_already_comes_out_as_it_went_in(pan):
    """Under grain, and with something that moves through a fifth of the picture: pixels, and where they are."""
    rng, film = np.random.default_rng(4), []
    for n in range(20):
        x, y = place(n, np.zeros(4), pan)
        own = np.hypot(scenes.grid()[0] - 10 - 7 * n, scenes.grid()[1] - 60) < 40
        picture = np.where(own, scenes.texture(x - 7 * n, y, 9), scenes.texture(x, y))
        film.append(picture + rng.normal(0, 6 / 255, picture.shape))
    clip = scenes.clip_of(film, vs.GRAY8)
    before, after = scenes.lumas(clip), scenes.lumas(vsplugin.stabilize(clip))
    assert np.abs(after - before).mean() < 0.1 * 6 / 255
    moved = np.array([scenes.displacement(*pair) for pair in zip(before, after, strict=True)])
    assert np.sqrt((moved**2).mean()) < 0.01


def test_objects_that_move_do_not_carry_the_frame(shaking):
    crossing = []
    for n, (picture, shake) in enumerate(zip(shaking, weave(), strict=True)):
        seen_x, seen_y = place(n, shake)
        own = np.hypot(seen_x - 20 - 6 * n, seen_y - 60) < 26
        crossing.append(np.where(own, scenes.texture(seen_x - 6 * n, seen_y, 9), picture))
    still = pictures(np.zeros((FRAMES, 4)))
    result = scenes.lumas(vsplugin.stabilize(scenes.clip_of(crossing)))
    # Judged in the strip at the bottom, where the object never is.
    strip = slice(92, 126), slice(20, 170)

    def moves(seen) -> np.ndarray:
        pairs = zip(still, seen, strict=True)
        return np.diff([scenes.displacement(good[strip], frame[strip]) for good, frame in pairs], axis=0)

    assert moves(result).std() < 0.1 * moves(crossing).std()


def test_scenes_do_not_know_each_other(shaking):
    x, y = scenes.grid()
    second = [scenes.texture(x + 3 * (n % 2), y, 5) for n in range(14)]
    one, two = scenes.clip_of(shaking[:14]), scenes.clip_of(second)
    together = scenes.lumas(vsplugin.stabilize(one + two))
    np.testing.assert_array_equal(together, scenes.lumas(vsplugin.stabilize(one) + vsplugin.stabilize(two)))


def test_only_the_window_counts(shaking):
    clip = scenes.clip_of(shaking)
    whole = scenes.lumas(vsplugin.stabilize(clip, radius=5))[15]
    alone = scenes.lumas(vsplugin.stabilize(clip[10:21], radius=5))[5]
    np.testing.assert_array_equal(whole, alone)


def test_borders(shaking):
    """fill shows what the neighbours show there, mirror does not know; crop shows neither."""
    still = [scenes.texture(*place(n, shake, (0, 0))) for n, shake in enumerate(weave(16))]
    good = scenes.texture(*place(0, np.zeros(4), (0, 0)))
    errors = {}
    for border in ("fill", "mirror", "crop"):
        result = scenes.lumas(vsplugin.stabilize(scenes.clip_of(still), border=border, limit=8.0))
        # Registered as a whole first: which of the places of weave is the steady one is not known.
        aligned = []
        for frame in result:
            dx, dy = scenes.displacement(good, frame) if border != "crop" else (0, 0)
            aligned.append(np.abs(frame - scenes.texture(scenes.grid()[0] - dx, scenes.grid()[1] - dy)))
        errors[border] = np.mean(aligned, axis=0)
    edge = np.ones((scenes.HEIGHT, scenes.WIDTH), bool)
    edge[3:-3, 3:-3] = False
    assert errors["fill"][edge].mean() < 0.5 * errors["mirror"][edge].mean()
    assert errors["fill"][edge].mean() < 0.03


def test_frames_that_are_dark_at_their_edges_leave_no_line_where_they_are_filled():
    """As scans are: 14 rows and columns darken by up to a third. They weave by up to 8 pixels up and down."""
    x, y = scenes.grid()
    away = np.minimum.reduce([y, x, scenes.HEIGHT - 1 - y, scenes.WIDTH - 1 - x])
    dark = 1 - 0.33 * np.clip(1 - away / 14, 0, 1) ** 2
    still = [scenes.texture(*place(n, shake, (0, 0))) for n, shake in enumerate(weave(16) * [0, 2, 0, 0])]
    steady = scenes.lumas(vsplugin.stabilize(scenes.clip_of([dark * picture for picture in still])))
    middle, steps = np.s_[24:-24, 24:-24], []
    for frame in steady[1:-1]:
        dx, dy = scenes.displacement(scenes.texture(x, y)[middle], frame[middle])
        light = (frame / scenes.texture(x - dx, y - dy))[1:-1, 20:-20].mean(1)  # what dark edges leave of each row
        steps.append(np.abs(np.diff(light)).max())
    # Dark edges themselves darken by 0.05 from row to row; neighbours as they come met them with a step of 0.16.
    assert max(steps) < 0.11, steps


def test_crop_enlarges_every_frame_alike(truth):
    result = scenes.lumas(vsplugin.stabilize(scenes.clip_of(truth[:4]), border="crop", limit=8.0))
    x, y = scenes.grid()
    scale = 1 - 8 / (scenes.HEIGHT / 2)
    seen = [(k - (size - 1) / 2) * scale + (size - 1) / 2 for k, size in ((x, scenes.WIDTH), (y, scenes.HEIGHT))]
    for n, frame in enumerate(result):
        want = scenes.texture(seen[0] + PAN[0] * n, seen[1] + PAN[1] * n)
        np.testing.assert_allclose(frame[4:-4, 4:-4], want[4:-4, 4:-4], atol=0.03)


def test_the_analysis_is_kept(shaking, tmp_path):
    clip, file = scenes.clip_of(shaking[:12]), tmp_path / "film.motion"
    first = scenes.lumas(vsplugin.stabilize(clip, analysis=str(file)))
    written = file.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["film.motion"]
    again = vsplugin.stabilize(clip, analysis=str(file))
    assert file.read_bytes() == written
    np.testing.assert_array_equal(first, scenes.lumas(again))
    np.testing.assert_allclose(first, scenes.lumas(vsplugin.stabilize(clip)), atol=1e-3)


def test_the_analysis_of_another_clip_is_refused(shaking, tmp_path):
    file = tmp_path / "film.motion"
    vsplugin.stabilize(scenes.clip_of(shaking[:6]), analysis=str(file))
    for other in (scenes.clip_of(shaking[:7]), scenes.clip_of(shaking[1:7]), scenes.clip_of(shaking[:6], vs.GRAY8)):
        with pytest.raises(
            vs.Error, match=r"stabilize: analysis .*film.motion is of another clip: 192x128 GrayS, 6 fra"
        ) as error:
            vsplugin.stabilize(other, analysis=str(file))
        assert f"this one is 192x128 {other.format.name}, {other.num_frames} frames, hash" in str(error.value)


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"\xff\x00", b'{"format": "vsplugin motion 2", "clip": {"frames": 6}, "pairs": [[1]]}', b"[1]"],
)
def test_a_damaged_analysis_is_refused(shaking, tmp_path, content):
    file = tmp_path / "film.motion"
    file.write_bytes(content)
    with pytest.raises(vs.Error, match=r"stabilize: analysis .*film\.motion"):
        vsplugin.stabilize(scenes.clip_of(shaking[:6]), analysis=str(file))


def test_an_analysis_that_cannot_be_written_is_an_error_before_any_work(shaking, tmp_path):
    asked, film = set(), scenes.clip_of(shaking)
    clip = film.std.FrameEval(lambda n: asked.add(n) or film)
    assert clip.num_frames > 20
    match = r"stabilize: analysis .* cannot be written: there is no folder .*missing"
    with pytest.raises(vs.Error, match=match):
        vsplugin.stabilize(clip, analysis=str(tmp_path / "missing" / "film.motion"))
    assert len(asked) <= 8  # those that tell one clip from another


def test_the_analysis_says_what_it_is(shaking, tmp_path):
    file = tmp_path / "film.motion"
    vsplugin.stabilize(scenes.clip_of(shaking[:4]), analysis=str(file))
    content = json.loads(file.read_text())
    assert content["format"] == "vsplugin motion 2"
    assert (content["clip"]["frames"], len(content["pairs"]), content["pairs"][-1]) == (4, 4, None)


@pytest.mark.parametrize("size", [(16, 16), (20, 16), (16, 40)])
def test_the_smallest_pictures_do_not_stop_it(shaking, size):
    clip = scenes.clip_of(shaking[:8]).resize.Bicubic(*size)
    assert np.isfinite(scenes.lumas(vsplugin.stabilize(clip))).all()
