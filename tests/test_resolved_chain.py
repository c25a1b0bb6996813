"""A resolved chain: nothing is measured again where it runs, and the pixels are those of the filters themselves."""

import json

import numpy as np
import pytest
import vapoursynth as vs
from grain import film

import vsplugin
from vsplugin import chain
from vsplugin.grain import model
from vsplugin.spec import RESTORATIONS


def grainy(frames=12):
    return film.clip_of(film.filmed(film.ramp(96, 128), film.gaussian(0.9), 0.03, frames), vs.YUV420P8)


def counting(clip):
    """The clip, and the numbers of the frames that were asked of it."""
    asked: list[int] = []

    def seen(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        asked.append(n)
        return f

    return clip.std.ModifyFrame(clip, seen), asked


@pytest.mark.parametrize(
    "steps",
    [
        [("denoise", {})],
        [("degrain", {"radius": 0})],
        [("degrain", {"radius": 0}), ("regrain", {"seed": 5})],
        [("repair", {})],
        [("denoise", {"sigma": 2.0}), ("degrain", {"radius": 0, "strength": 0.5}), ("regrain", {"strength": 0.5})],
    ],
    ids=lambda steps: "-".join(name for name, _ in steps),
)
def test_it_measures_nothing_while_it_is_built_and_makes_the_same(steps):
    clip, asked = counting(grainy())
    resolved = chain.resolve(clip, steps)
    assert len(set(asked)) > 1, "something was measured"
    resolved = [(name, values) for name, values in json.loads(json.dumps(resolved))]
    vs.core.clear_cache()
    asked.clear()
    out = chain.apply(clip, resolved)
    assert max(asked, default=0) <= max(RESTORATIONS[name].temporal for name, _ in steps), "only frame 0, for its tags"
    assert chain.resolve(clip, resolved) == resolved
    direct = grainy()
    for name, arguments in steps:
        direct = getattr(vsplugin, name)(direct, **arguments)
    for number in (0, 7):
        for plane in range(3):
            np.testing.assert_array_equal(
                np.asarray(out.get_frame(number)[plane]), np.asarray(direct.get_frame(number)[plane])
            )


def test_what_was_measured_on_one_clip_serves_another():
    """A scene that shows its grain well lends its model to the reel; a model of twice the width is of coarser grain."""
    still = film.ramp(96, 128)
    lent = chain.resolve(grainy(), [("degrain", {"radius": 0})])
    other = film.clip_of(film.filmed(still, film.gaussian(0.9), 0.03, 2, seed=9), vs.YUV420P8)
    (frame,) = film.lumas(chain.apply(other, lent)[0])
    before = np.sqrt(np.mean((film.lumas(other[0])[0] - still) ** 2))
    assert np.sqrt(np.mean((frame - still) ** 2)) < 0.6 * before


def test_a_clip_without_grain_is_found_to_have_none():
    flat = vs.core.std.BlankClip(format=vs.YUV420P8, width=128, height=96, length=3, color=[90, 128, 128])
    ((_, values),) = chain.resolve(flat, [("degrain", {})])
    assert values["grain"] == "none"
    assert chain.apply(grainy(2), [("degrain", values)]).get_frame(0).props.get("VSPluginGrainModel") is None


def test_explained_in_a_line_that_can_be_read():
    resolved = chain.resolve(grainy(), [("degrain", {"radius": 0})])
    (line,) = chain.explain(grainy(), resolved)
    assert line.endswith("grain as measured") and len(line) < 200


@pytest.mark.parametrize(
    ("grain", "words"),
    [
        ("{}", "degrain: grain: kind must be 'vsplugin-grain-1'; got None"),
        ("{", "degrain: grain: Expecting property name"),
        ("/nowhere/g.json", "degrain: grain: no such file: /nowhere/g.json; `vsplugin grain FILE -o /nowhere/g.json`"),
    ],
)
def test_grain_that_is_no_model(grain, words):
    with pytest.raises(vs.Error, match=words):
        vsplugin.degrain(grainy(2), grain=grain)


def test_a_model_from_a_file(tmp_path):
    path = tmp_path / "g.json"
    measured = chain.resolve(grainy(), [("degrain", {"radius": 0})])[0][1]["grain"]
    path.write_text(measured)
    assert model.given(str(path)).to_json() == measured
    out, same = (vsplugin.degrain(grainy(), radius=0, grain=text) for text in (str(path), measured))
    np.testing.assert_array_equal(film.lumas(out)[3], film.lumas(same)[3])


def test_noise_below_what_shows_is_none_and_costs_nothing():
    clean = vs.core.std.BlankClip(format=vs.YUV420P8, width=64, height=64, length=3, color=[90, 120, 130])
    noisy = clean.std.BlankClip(format=vs.YUV444P16, color=[9000, 30000, 30000])
    assert vsplugin.denoise(clean) is clean
    resolved = chain.resolve(clean, [("denoise", {})])
    assert chain.explain(clean, resolved) == ["denoise: nothing to do: no noise found"]
    assert chain.apply(clean, resolved) is clean
    assert "model denoise-fast" in chain.explain(noisy, chain.resolve(noisy, [("denoise", {"sigma": 0.04})]))[0]
