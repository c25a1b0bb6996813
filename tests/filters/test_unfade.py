"""unfade on clips: pixels against numpy, scenes, files, and what is refused."""

import json
import logging

import numpy as np
import pytest
import vapoursynth as vs
from conftest import to_arrays, to_clip

import vsplugin
from vsplugin.fade import decay
from vsplugin.fade.correction import PROPERTY, Correction
from vsplugin.metrics.colour import delta_e_2000, lab

TRUTHS = (
    decay.Decay(kept=(0.4, 0.95, 0.6), stain=(0.02, 0.04, 0.15)),
    decay.Decay(kept=(0.9, 0.5, 0.85), stain=(0.0, 0.02, 0.05)),
)
GIVEN = {"cyan": 0.4, "magenta": 0.95, "yellow": 0.6, "stain": 0.15}


def scene(seed: int = 4, width: int = 160, height: int = 120) -> np.ndarray:
    """``(H, W, 3)``: a grey ramp, and coloured ones."""
    rng = np.random.default_rng(seed)
    out = np.linspace(0, 1, width)[None, :, None] * np.ones((height, 1, 3))
    for row in range(0, height * 3 // 4, 6):
        out[row : row + 6] *= rng.uniform(0.3, 1, 3)
    return out


def rgb24(picture: np.ndarray, frames: int = 1, **props: int) -> vs.VideoNode:
    planes = list(np.moveaxis(picture * 255, -1, 0))
    return to_clip(planes, vs.core.get_video_format(vs.RGB24), frames, **{"_Transfer": 13, "_Matrix": 0, **props})


def found(clip: vs.VideoNode, frame: int = 0) -> Correction:
    with clip.get_frame(frame) as f:
        values = json.loads(f.props[PROPERTY])
    return Correction(*(tuple(values[name]) for name in ("base", "gain", "bend")), values["confidence"])


def stacked(clip: vs.VideoNode, frame: int = 0) -> np.ndarray:
    return np.stack(to_arrays(clip, frame), -1).astype(float)


@pytest.mark.parametrize("transfer", [1, 8, 13])
@pytest.mark.parametrize("strength", [1.0, 0.4])
def test_pixels_are_those_of_the_model(transfer, strength):
    faded = np.round(decay.faded(scene(), TRUTHS[0], 13) * 255) / 255
    out = vsplugin.unfade(rgb24(faded, _Transfer=transfer), strength=strength, **GIVEN)
    wanted = faded + strength * (found(out).of_signal(faded, transfer) - faded)
    assert np.abs(stacked(out) - 255 * np.clip(wanted, 0, 1)).max() < 0.51
    assert np.abs(wanted - faded).max() > 0.1


@pytest.mark.parametrize("kind", [vs.YUV420P8, vs.YUV422P10, vs.YUV444P16, vs.YUV420PH, vs.YUV444PS, vs.RGB48, vs.RGBS])
def test_any_format_comes_back_with_its_properties(kind):
    clip = rgb24(decay.faded(scene(), TRUTHS[0], 13)).std.SetFrameProps(Mine=7)
    options = {} if kind in (vs.RGB48, vs.RGBS) else {"matrix": 1}
    clip = clip.resize.Bicubic(format=kind, **options)
    out = vsplugin.unfade(clip, **GIVEN)
    assert (out.format.id, out.width, out.height, out.num_frames) == (kind, clip.width, clip.height, 1)
    with out.get_frame(0) as frame, clip.get_frame(0) as before:
        assert all(frame.props[name] == value for name, value in before.props.items())
    back = {} if kind in (vs.RGB48, vs.RGBS) else {"matrix_in": 1}
    seen = stacked(out.resize.Bicubic(format=vs.RGBS, **back))
    inner = np.s_[96:115, 5:-5]  # the grey ramp: chroma is smooth there
    assert np.abs(seen - scene())[inner].mean() < 0.03
    assert np.abs(stacked(clip.resize.Bicubic(format=vs.RGBS, **back)) - scene())[inner].mean() > 0.05


def test_a_faded_scene_comes_near_to_what_it_was():
    fresh = scene()
    faded = decay.faded(fresh, TRUTHS[0], 13)
    out = stacked(vsplugin.unfade(rgb24(faded))) / 255

    def apart(picture):
        return delta_e_2000(*(lab(100 * np.clip(p, 0, 1) ** 2.2) for p in (picture, fresh))).mean()

    assert apart(out) < 0.55 * apart(faded)


def two_scenes() -> vs.VideoNode:
    """Twelve frames of each, faded in two ways."""
    clips = []
    for truth, seed in zip(TRUTHS, (4, 9), strict=True):
        fresh = scene(seed) if seed == 4 else scene(seed)[:, ::-1].copy()
        fresh[20:60, 30 * seed // 4 : 30 * seed // 4 + 40] *= 0.2
        clips.append(rgb24(decay.faded(fresh, truth, 13), frames=12))
    return clips[0] + clips[1]


def test_two_scenes_have_two_corrections_and_each_keeps_its_own():
    both = two_scenes()
    out = vsplugin.unfade(both)
    each = [found(out, n) for n in range(24)]
    assert all(one == each[0] for one in each[:12]) and all(one == each[12] for one in each[12:])
    assert each[0].gain[0] > each[12].gain[0] + 0.2 and each[12].gain[1] > each[0].gain[1] + 0.2
    backwards = [stacked(vsplugin.unfade(both), n) for n in (23, 5, 12, 0)]
    for frame, n in zip(backwards, (23, 5, 12, 0), strict=True):
        np.testing.assert_array_equal(frame, stacked(out, n))
    whole = vsplugin.unfade(both, by="clip")
    assert found(whole, 0) == found(whole, 23)


def test_marked_scenes_are_believed():
    still = rgb24(decay.faded(scene(), TRUTHS[0], 13), frames=12, _SceneChangePrev=0)
    marked = still[:5] + still[5].std.SetFrameProps(_SceneChangePrev=1) + still[6:]
    out = vsplugin.unfade(marked, grey="80,110@6")
    assert found(out, 4) != found(out, 5) and found(out, 5) == found(out, 11)


def test_the_analysis_is_a_file_to_read_and_to_edit(tmp_path):
    clip, path = rgb24(decay.faded(scene(), TRUTHS[0], 13), frames=3), tmp_path / "fade.json"
    first = vsplugin.unfade(clip, analysis=str(path))
    again = vsplugin.unfade(clip, analysis=str(path))
    np.testing.assert_array_equal(stacked(first, 2), stacked(again, 2))
    content = json.loads(path.read_text())
    content["scenes"][0]["gain"] = [1.0, 2.0, 1.0]
    path.write_text(json.dumps(content))
    assert found(vsplugin.unfade(clip, analysis=str(path))).gain == (1.0, 2.0, 1.0)
    with pytest.raises(vs.Error, match="delete it to measure again with points"):
        vsplugin.unfade(clip, analysis=str(path), grey="5,5")
    content["scenes"] *= 2
    for text in ("{}", "not json", json.dumps(content)):
        path.write_text(text)
        with pytest.raises(vs.Error, match=r"unfade: analysis .*fade\.json"):
            vsplugin.unfade(clip, analysis=str(path))


def test_the_left_half_may_stay_as_it_was():
    clip = rgb24(decay.faded(scene(), TRUTHS[0], 13))
    split, whole = (stacked(vsplugin.unfade(clip, show=show, **GIVEN)) for show in ("split", "picture"))
    np.testing.assert_array_equal(split[:, :80], stacked(clip)[:, :80])
    np.testing.assert_array_equal(split[:, 80:], whole[:, 80:])
    assert (stacked(vsplugin.unfade(clip, show="numbers", **GIVEN)) != whole).any()


def test_nothing_to_do_is_nothing_done(caplog):
    clip = rgb24(scene())
    assert vsplugin.unfade(clip, strength=0) is clip
    with caplog.at_level(logging.INFO, "vsplugin"):
        grey = clip.std.ShufflePlanes(0, vs.GRAY)
        assert vsplugin.unfade(grey) is grey
    assert "grey" in caplog.text
    black = rgb24(np.zeros((48, 64, 3)), frames=4)
    np.testing.assert_array_equal(stacked(vsplugin.unfade(black), 3), 0)


def test_values_beyond_white_and_bad_ones_survive():
    planes = [np.full((48, 64), 0.4, np.float32) for _ in range(3)]
    planes[0][3, 3], planes[1][5, 5], planes[2][7, 7] = 1.8, np.inf, np.nan
    out = to_arrays(vsplugin.unfade(to_clip(planes, vs.core.get_video_format(vs.RGBS)), **GIVEN))
    assert out[0][3, 3] > 1.5
    assert all(np.isfinite(plane[20:]).all() for plane in out)


@pytest.mark.parametrize("transfer", [16, 18])
def test_hdr_is_refused(transfer):
    with pytest.raises(vs.Error, match=r"unfade: the clip is HDR"):
        vsplugin.unfade(rgb24(scene(), _Transfer=transfer))


def test_negatives_are_refused_with_advice():
    from vsplugin.fade import density

    seen = np.array([0.2, 0.6, 0.95]) + 0.6 * (2.0 - density.density(density.light(scene(), 13)).clip(0, 2))
    negative = density.signal(density.transmitted(seen), 13)
    with pytest.raises(vs.Error, match=r"negative .*invert it to a positive first"):
        vsplugin.unfade(rgb24(negative, frames=2))


@pytest.mark.parametrize("arguments,text", [
    ({"grey": "nowhere"}, r"grey must be points as x,y"),
    ({"grey": "500,10"}, r"grey: point 500,10@0 is outside the clip, which has 160x120"),
    ({"known": "5,5"}, r"known must be points as x,y=#rrggbb"),
    ({"black": "5,5@9"}, r"black: point 5,5@9 is outside"),
    ({"cyan": 0.0}, r"cyan must be in \[0.05, 1.5\]"),
    ({"by": "reel"}, r"by must be one of scene, clip"),
    ({"model": "unfaed"}, r"did you mean 'unfade'"),
    ({"analysis": "/nowhere/at/all.json"}, r"analysis /nowhere/at/all.json cannot be written"),
])  # fmt: skip
def test_wrong_arguments_are_named(arguments, text):
    with pytest.raises(vs.Error, match=rf"unfade: .*{text}"):
        vsplugin.unfade(rgb24(scene()), **arguments)


def test_clips_of_varying_size_are_refused():
    clip = vs.core.std.Splice([rgb24(scene()), rgb24(scene(width=80))], mismatch=True)
    with pytest.raises(vs.Error, match="one format and one size"):
        vsplugin.unfade(clip)


@pytest.mark.parametrize("width,height", [(1, 1), (2, 3), (17, 5)])
def test_tiny_pictures(width, height):
    clip = rgb24(scene()[:height, :width])
    assert stacked(vsplugin.unfade(clip)).shape == (height, width, 3)
    vsplugin.unfade(clip, grey=f"{width - 1},{height - 1}", **GIVEN).get_frame(0).close()


def test_how_sure_it_must_be_is_the_users_choice():
    clip = rgb24(decay.faded(scene(), decay.Decay(kept=(0.75, 0.97, 0.9), stain=(0, 0.02, 0.05)), 13))
    untouched, told = (vsplugin.unfade(clip, sure=sure) for sure in (1.0, 0.0))
    np.testing.assert_array_equal(stacked(untouched), stacked(clip))
    assert (stacked(told) != stacked(clip)).any() and not found(told).nothing
    assert found(untouched).nothing and found(untouched).confidence == found(told).confidence


def test_a_chain_resolves_it_explains_it_and_runs():
    from vsplugin import chain

    clip = rgb24(decay.faded(scene(), TRUTHS[0], 13))
    resolved = chain.resolve(clip, [("unfade", {"sure": 0.0, "grey": "80,110"})])
    (line,) = chain.explain(clip, resolved)
    assert "unfade: " in line and "grey 80,110" in line
    np.testing.assert_array_equal(stacked(chain.apply(clip, resolved)), stacked(vsplugin.unfade(clip, grey="80,110")))
    assert list(chain.model_hashes(resolved)) == ["unfade"]


def test_a_resolved_chain_reads_no_frame_again_and_makes_the_same(tmp_path):
    """As a job builds its graph: once for each process that goes on with it, and then chunk by chunk."""
    from vsplugin import chain

    asked: list[int] = []

    def seen(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        asked.append(n)
        return f

    both = two_scenes()
    counted = both.std.ModifyFrame(both, seen)
    path = tmp_path / "fade.json"
    for arguments in ({}, {"analysis": str(path), "show": "numbers"}):
        vs.core.clear_cache()
        asked.clear()
        resolved = chain.resolve(counted, [("unfade", arguments)])
        assert len(set(asked)) == 24, "the cuts were looked for"
        resolved = [(name, values) for name, values in json.loads(json.dumps(resolved))]
        path.unlink(missing_ok=True)
        vs.core.clear_cache()
        asked.clear()
        out = chain.apply(counted, resolved)
        assert set(asked) <= {0}, "only its tags"
        assert chain.resolve(both, resolved) == resolved
        direct = vsplugin.unfade(both, **arguments)
        for n in (0, 11, 12, 23):
            np.testing.assert_array_equal(stacked(out, n), stacked(direct, n))
            assert found(out, n) == found(direct, n)
    assert found(out, 0) != found(out, 23)


@pytest.mark.parametrize("scenes,text", [
    ("faded", r"must be as 0: base 0 0 0, .*; got 'faded'"),
    ("0: base 0 0, gain 1 1 1, bend 0 0 0, confidence 1, why", "of frame 0: .*three numbers each; got 2"),
    ("0: base 0 0 0, gain 1 0 1, bend 0 0 0, confidence 1, why", "gains must be above 0"),
    ("0: base 0 0 nan, gain 1 1 1, bend 0 0 0, confidence 1, why", "must be finite"),
    ("3: base 0 0 0, gain 1 1 1, bend 0 0 0, confidence 1, why", "must begin at frame 0"),
    ("0: base 0 0 0, gain 1 1 1, bend 0 0 0, confidence 1, a; 9: base 0 0 0, gain 1 1 1, bend 0 0 0, confidence 1, b",
     "are of another clip: one begins at frame 9; this one has 1 frames"),
])  # fmt: skip
def test_wrong_scenes_are_named(scenes, text):
    with pytest.raises(vs.Error, match=rf"unfade: scenes {text}|unfade: scenes .*{text}"):
        vsplugin.unfade(rgb24(scene()), scenes=scenes)
