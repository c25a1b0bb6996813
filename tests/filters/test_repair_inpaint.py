"""Places that no neighbour shows: filled from the picture around them, marked as invented, and nothing else touched."""

import motion_clips
import numpy as np
import pytest
import vapoursynth as vs
from conftest import to_arrays

import vsplugin
from vsplugin.damage import grains, inpainting
from vsplugin.errors import UserError
from vsplugin.forensic import chain
from vsplugin.forensic.synthesized import MASK, SYNTHESIZED
from vsplugin.training.degrade import motion

HEIGHT, WIDTH = 176, 240
core = vs.core


def smooth_picture(height=HEIGHT, width=WIDTH):
    """``(3, H, W)`` 0..1: Y, Cb, Cr of soft shapes, with edges that a hole must carry on."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    luma = 0.45 + 0.2 * np.sin(x / 23) * np.cos(y / 19) + 0.2 * (x + 0.5 * y > 150)
    return np.stack([luma, 0.5 + 0.1 * np.sin(y / 30), 0.5 + 0.1 * np.cos(x / 40)]).astype(np.float32)


def some_holes(height=HEIGHT, width=WIDTH):
    hole = np.zeros((height, width), bool)
    hole[60:72, 90:104] = hole[:, 31:34] = hole[120:124, 50:150] = True
    return hole


def covered(picture, hole, value=1.0):
    out = picture.copy()
    out[0][hole] = value
    out[1:, hole] = 0.5
    return out


@pytest.fixture
def masked(tmp_path):
    def write(holes):
        height, width = holes[0].shape
        blank = core.std.BlankClip(format=vs.GRAY8, width=width, height=height, length=len(holes), keep=True)

        def draw(n, f):
            out = f.copy()
            np.asarray(out[0])[:] = 255 * holes[n]
            return out

        path = tmp_path / "mask.y4m"
        with path.open("wb") as file:
            core.std.ModifyFrame(blank, blank, draw).output(file, y4m=True)
        return str(path)

    return write


def mask_of(frame):
    return np.asarray(frame.props[MASK][0]) > 0


def test_a_single_picture_is_filled_where_its_mask_says(masked):
    picture, hole = smooth_picture(), some_holes()
    source = motion_clips.clip_of(covered(picture, hole)[None])
    out = vsplugin.repair(source, mask=masked([hole]))
    before, after = (motion_clips.planes(clip, 0) for clip in (source, out))
    np.testing.assert_array_equal(after[:, ~hole], before[:, ~hole])
    truth = motion_clips.planes(motion_clips.clip_of(picture[None]), 0)
    # The dirt was 140 steps off, the mean of the picture would be 35.
    for plane, worst in enumerate((6, 2, 2)):
        assert np.abs(after[plane].astype(float) - truth[plane])[hole].mean() < worst
    frame = out.get_frame(0)
    assert frame.props[SYNTHESIZED] == 1 and (mask_of(frame) == hole).all()
    assert frame.props["VSPluginRepaired"] == pytest.approx(hole.mean())


def test_without_inpaint_such_places_stay(masked):
    picture, hole = smooth_picture(), some_holes()
    source = motion_clips.clip_of(covered(picture, hole)[None])
    path = masked([hole])
    out = vsplugin.repair(source, mask=path, inpaint=False)
    np.testing.assert_array_equal(motion_clips.planes(out, 0), motion_clips.planes(source, 0))
    assert out.get_frame(0).props["VSPluginRepaired"] == 0 and SYNTHESIZED not in out.get_frame(0).props
    shown = [to_arrays(vsplugin.repair(source, mask=path, inpaint=on, show="mask"))[0] for on in (True, False)]
    assert (shown[0] == 255 * hole).all() and not shown[1].any()


@pytest.fixture(scope="module")
def scene():
    return motion.render(motion_clips.scene(3, HEIGHT, WIDTH, speed=1.2), 5).frames


def test_the_ends_of_a_scene_take_from_the_side_there_is(scene, masked):
    hole = some_holes()
    holes = [hole if n in (0, 4) else np.zeros_like(hole) for n in range(5)]
    dirty = np.stack([covered(frame, one) for frame, one in zip(scene, holes, strict=True)])
    out = vsplugin.repair(motion_clips.clip_of(dirty), mask=masked(holes))
    truth = motion_clips.clip_of(scene)
    for n in (0, 4):
        wrong = np.abs(motion_clips.planes(out, n)[0].astype(float) - motion_clips.planes(truth, n)[0])[hole].mean()
        frame = out.get_frame(n)
        invented = mask_of(frame).sum() if frame.props[SYNTHESIZED] else 0
        assert wrong < 12 and invented < 0.35 * hole.sum()


def test_damage_that_stays_is_not_taken_from_neighbours_that_have_it_too(masked):
    picture, hole = smooth_picture(), some_holes()
    clip = motion_clips.clip_of(motion_clips.noisy(np.stack([covered(picture, hole)] * 5), 3))
    out = vsplugin.repair(clip, mask=masked([hole] * 5))
    truth = motion_clips.planes(motion_clips.clip_of(picture[None]), 0)[0]
    for n in (0, 2):
        assert np.abs(motion_clips.planes(out, n)[0].astype(float) - truth)[hole].mean() < 8
        assert (mask_of(out.get_frame(n)) == hole).all()


def test_a_cut_on_both_sides(masked):
    other, hole = smooth_picture(), some_holes()
    before, after = 1 - other[:, ::-1], np.roll(0.2 + 0.5 * other[:, :, ::-1], 60, 1)
    frames = np.stack([before, before, covered(other, hole), after, after])
    holes = [hole if n == 2 else np.zeros_like(hole) for n in range(5)]
    out = vsplugin.repair(motion_clips.clip_of(frames), mask=masked(holes))
    truth = motion_clips.planes(motion_clips.clip_of(other[None]), 0)[0]
    assert np.abs(motion_clips.planes(out, 2)[0].astype(float) - truth)[hole].mean() < 6
    assert (mask_of(out.get_frame(2)) == hole).all()


def test_a_frame_that_is_masked_all_over_stays(masked):
    source = motion_clips.clip_of(smooth_picture()[None])
    out = vsplugin.repair(source, mask=masked([np.ones((HEIGHT, WIDTH), bool)]))
    np.testing.assert_array_equal(motion_clips.planes(out, 0), motion_clips.planes(source, 0))
    assert out.get_frame(0).props[SYNTHESIZED] == 0 and out.get_frame(0).props["VSPluginRepaired"] == 0


@pytest.mark.parametrize(
    "kind", [vs.GRAY8, vs.GRAY16, vs.GRAYS, vs.YUV420P8, vs.YUV422P10, vs.YUV420PH, vs.YUV410P8, vs.RGB24, vs.RGBS]
)
def test_formats(kind, masked):
    picture, hole = smooth_picture(), some_holes()
    family = core.get_video_format(kind).color_family
    options = {"format": kind, **({"matrix": 1} if family != vs.RGB else {})}
    truth, source = (
        motion_clips.clip_of(one[None]).std.SetFrameProps(Kept=7, _Matrix=1).resize.Point(**options)
        for one in (picture, covered(picture, hole))
    )
    out = vsplugin.repair(source, mask=masked([hole]))
    assert out.format.id == kind and out.get_frame(0).props["Kept"] == 7
    before, after, want = (to_arrays(clip) for clip in (source, out, truth))
    full = [plane for plane in range(len(after)) if after[plane].shape == hole.shape]
    for plane in full:
        assert after[plane][~hole].tobytes() == before[plane][~hole].tobytes()
    span = 1.0 if out.format.sample_type == vs.FLOAT else 2.0**out.format.bits_per_sample
    for plane in range(len(after)):
        part = hole
        if plane not in full:
            down, across = (-(-a // b) for a, b in zip(hole.shape, after[plane].shape, strict=True))
            touched = hole.reshape(hole.shape[0] // down, down, hole.shape[1] // across, across).any((1, 3))
            assert after[plane][~touched].tobytes() == before[plane][~touched].tobytes()
            part = touched
        assert np.abs(after[plane].astype(float) - want[plane].astype(float))[part].mean() < 0.035 * span


def test_levels_beyond_white_are_filled_as_others(masked):
    picture, hole = smooth_picture(), some_holes()
    source = motion_clips.clip_of(covered(picture, hole)[None]).resize.Point(format=vs.YUV444PS)
    bright = core.std.Expr(source, ["x 9 *", ""])
    one, other = (to_arrays(vsplugin.repair(clip, mask=masked([hole])))[0] for clip in (source, bright))
    np.testing.assert_allclose(other[hole], 9 * one[hole], rtol=0.06, atol=0.3)


def test_what_is_no_number_is_filled_and_spreads_nowhere(masked):
    picture, hole = smooth_picture(), some_holes()
    source = motion_clips.clip_of(picture[None]).resize.Point(format=vs.YUV444PS)

    def spoil(n, f):
        out = f.copy()
        for p in range(3):
            np.asarray(out[p])[hole] = np.nan
        return out

    out = vsplugin.repair(core.std.ModifyFrame(source, source, spoil), mask=masked([hole]))
    before, after = to_arrays(source)[0], to_arrays(out)[0]
    np.testing.assert_array_equal(after[~hole], before[~hole])


def test_windows_and_whole_frames_agree(monkeypatch):
    picture = smooth_picture(420, 560)
    small = np.zeros((420, 560), bool)
    small[200:210, 250:262] = small[10:16, 545:558] = True
    clip = motion_clips.clip_of(covered(picture, small)[None], vs.YUV444PS)
    holes = motion_clips.clip_of(np.stack([small] * 3)[None].astype(np.float32)).std.ShufflePlanes(0, vs.GRAY)
    windowed = to_arrays(inpainting.filled(clip, holes))
    monkeypatch.setattr(inpainting, "WINDOW", 10_000)  # frames smaller than a window are looked at whole
    whole = to_arrays(inpainting.filled(clip, holes))
    for one, other in zip(windowed, whole, strict=True):
        assert np.abs(one - other)[small].max() < 0.01 and (one[~small] == other[~small]).all()


def test_frames_without_holes_cost_nothing():
    """They are the very frames that came in, and what fills holes is not asked."""
    asked = []
    clip = core.std.BlankClip(format=vs.YUV420P8, width=320, height=288, length=6, color=[90, 120, 130])
    holes = core.std.BlankClip(clip, format=vs.GRAY8, color=0)
    watched = core.std.FrameEval(clip, lambda n: (asked.append(n), clip)[1])
    out = inpainting.filled(watched, holes)
    for n in range(6):
        out.get_frame(n).close()
    assert sorted(asked) == list(range(6)), "each frame once: for itself"


def test_any_order_gives_the_same_pixels(masked):
    picture, hole = smooth_picture(), some_holes()
    source = motion_clips.clip_of(motion_clips.noisy(np.stack([covered(picture, hole)] * 4), 4))
    path = masked([hole] * 4)
    first, again = (vsplugin.repair(source, mask=path) for _ in range(2))
    forward = [motion_clips.planes(first, n) for n in range(4)]
    for n in (3, 0, 2, 1):
        np.testing.assert_array_equal(motion_clips.planes(again, n), forward[n])


@pytest.mark.parametrize("sigma", [0.0, 4.0])
def test_grain_in_the_holes_is_as_strong_as_around_them(sigma):
    picture = smooth_picture(256, 320)
    frames = motion_clips.noisy(np.stack([picture] * 4), sigma, seed=8)
    hole = np.zeros((256, 320), bool)
    hole[40:72, 40:90] = hole[150:180, 200:260] = True
    clip = motion_clips.clip_of(frames)
    grain = grains.surrounding(clip)
    holes = motion_clips.clip_of(np.repeat(hole[None, None], 4, 0).repeat(3, 1).astype(np.float32))
    holes = holes.std.ShufflePlanes(0, vs.GRAY)
    with_grain, without = (inpainting.filled(clip, holes, each) for each in (grain, None))
    drawn = np.stack([motion_clips.planes(with_grain, n)[0].astype(float) - motion_clips.planes(without, n)[0]
                      for n in range(4)])[:, hole]  # fmt: skip
    assert drawn.std() == pytest.approx(sigma, rel=0.3, abs=0.3)
    if sigma:
        assert abs(np.corrcoef(drawn[0], drawn[1])[0, 1]) < 0.1, "new in every frame"


def test_forensic_mode_refuses_it():
    with pytest.raises(UserError, match="forensic: repair"):
        chain.admit([("repair", {})])
