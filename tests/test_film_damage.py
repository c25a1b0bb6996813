"""Damage of film over any clip: exact truths, the same in any order, and the statistics that were asked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import av
import click.testing
import numpy as np
import pytest
import vapoursynth as vs

import vsplugin
from vsplugin import sample
from vsplugin.cli import cli
from vsplugin.sample import film
from vsplugin.sample.film import kinds

core = vs.core
ODD = 3 * 2 + 90  # lines of the small clips


def scene(format_id: int = vs.YUV420P8, width: int = 160, height: int = ODD, frames: int = 6) -> vs.VideoNode:
    matrix = {} if format_id in (vs.RGB24, vs.GRAY16) else {"matrix": 1}
    clip = sample.clean("film", frames).std.CropAbs(width, height, 200, 100)
    if format_id == vs.GRAY16:
        return clip.resize.Bicubic(format=format_id, matrix=1)
    return clip.resize.Bicubic(format=format_id, **matrix)


def planes(clip: vs.VideoNode, n: int) -> list[np.ndarray]:
    with clip.get_frame(n) as frame:
        return [np.array(frame[p]) for p in range(frame.format.num_planes)]


def decoded(path: Path) -> list[list[np.ndarray]]:
    """Every frame's planes, by FFmpeg and none of our code."""
    out = []
    with av.open(str(path)) as inside:
        for frame in inside.decode(video=0):
            kind = np.uint16 if "16" in frame.format.name else np.uint8
            out.append(
                [
                    np.frombuffer(plane, kind).reshape(plane.height, -1)[:, : plane.width].copy()
                    for plane in frame.planes
                ]
            )
    return out


def keys(x: np.ndarray) -> np.ndarray:
    """Cubic convolution with a = -0.5 (Keys 1981, equation 15)."""
    x = np.abs(x)
    return np.where(x < 1, 1.5 * x**3 - 2.5 * x**2 + 1, np.where(x < 2, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2, 0))


def shift_matrix(size: int, by: float) -> np.ndarray:
    """``(size, size)``: moves a line to higher indices by ``by``, edges repeated."""
    wanted = np.arange(size)[:, None] - by
    reach = int(abs(by)) + 4
    taps = np.arange(-reach, size + reach)[None, :]
    weights = keys(wanted - taps)
    out = np.zeros((size, size))
    for index, tap in enumerate(taps[0]):
        out[:, min(max(tap, 0), size - 1)] += weights[:, index]
    return out


def faded(planes: list[np.ndarray], truth: dict[str, Any]) -> list[np.ndarray]:
    """Y'CbCr after the decay by the formula of docs/damage.md: BT.1886, densities, dyes, and back; float64."""
    red, blue = truth["luma_weights"]
    weights = np.array([red, 1 - red - blue, blue])
    from_rgb = np.array([weights, (np.eye(3)[2] - weights) / (2 - 2 * blue), (np.eye(3)[0] - weights) / (2 - 2 * red)])
    rows, columns = (whole // part for whole, part in zip(planes[0].shape, planes[1].shape, strict=True))
    wide = np.stack([planes[0], *(np.kron(plane, np.ones((rows, columns))) for plane in planes[1:])], -1)
    rgb, flare, absorption = wide @ np.linalg.inv(from_rgb).T, truth["flare"], np.array(truth["absorption"])
    density = -np.log10((np.maximum(rgb, 0) ** 2.4 + flare) / (1 + flare))
    dyes = np.linalg.solve(absorption, density.reshape(-1, 3).T)
    density = (absorption @ (np.array(truth["left"])[:, None] * dyes)).T.reshape(rgb.shape) + truth["base"]
    rgb = np.maximum((1 + flare) / 10**density - flare, 0) ** (1 / 2.4)
    luma, *chroma = np.moveaxis(rgb @ from_rgb.T, -1, 0)
    height, width = planes[1].shape
    return [luma, *(plane.reshape(height, rows, width, columns).mean((1, 3)) for plane in chroma)]


def recomposed(clean: list[np.ndarray], fade: dict[str, Any], truth: dict[str, Any], masks: list[np.ndarray],
               tone: np.ndarray, grain: np.ndarray, torn: np.ndarray) -> list[np.ndarray]:  # fmt: skip
    """The damaged frame by the formula of docs/damage.md, in float64."""
    height = clean[0].shape[0]
    hidden = 1 - np.prod([1 - mask / 255 for mask in masks], axis=0)
    out = []
    nominal = [(codes - 16.0) / 219 if p == 0 else (codes - 128.0) / 224 for p, codes in enumerate(clean)]
    for p, x in enumerate(faded(nominal, fade)):
        share = x.shape[0] / height
        x = shift_matrix(x.shape[0], truth["down"] * share) @ x @ shift_matrix(x.shape[1], truth["right"] * share).T
        if truth["torn"]:
            below = torn.reshape(x.shape[0], torn.shape[0] // x.shape[0], x.shape[1], -1).mean((1, 3)) / 255
            right, down = (truth["torn"][way] * share for way in ("right", "down"))
            aside = shift_matrix(x.shape[0], down) @ x @ shift_matrix(x.shape[1], right).T
            x = x * (1 - below) + aside * below
        u, v = ((2 * np.arange(n) + 1) / n - 1 for n in (x.shape[1], x.shape[0]))
        x = x * truth["gain"] * (1 + truth["gradient_right"] * u[None, :] + truth["gradient_down"] * v[:, None])
        if p == 0:
            x = x + (grain - 32768.0) / 65535
            x = x * (1 - hidden) + tone / 255 * hidden
        else:
            x = x * (1 - hidden.reshape(x.shape[0], 2, x.shape[1], 2).mean((1, 3)))
        out.append(np.clip(x * 219 + 16 if p == 0 else x * 224 + 128, 0, 255))
    return out


def test_the_damaged_clip_follows_from_the_files_of_its_truth(tmp_path: Path) -> None:
    """Written by the command, read by FFmpeg, composed here: equal to half a code of rounding, on every sample."""
    folder = tmp_path / "truth"
    damage = "fade=0.8,fade.stain=0.2,dust=20,hair=2,scratches=3,stains=1,weave=1,flicker=6,grain=9,gate=3,tears=1"
    arguments = ["sample", "film", str(tmp_path / "out.mkv"), "--damage", damage, "--seed", "5", "--start", "3",
                 "--frames", "3", "--truth", str(folder), "--json"]  # fmt: skip
    outcome = click.testing.CliRunner().invoke(cli, arguments, standalone_mode=False)
    assert outcome.exception is None, outcome.exception
    damaged, clean = decoded(tmp_path / "out.mkv"), decoded(folder / "clean.mkv")
    kinds_of_marks = ("dust", "hair", "scratches", "stains", "tears", "gate")
    masks = {name: decoded(folder / f"{name}.mkv") for name in kinds_of_marks}
    torn = decoded(folder / "torn.mkv")
    tone, grain = decoded(folder / "tone.mkv"), decoded(folder / "grain.mkv")
    told = json.loads((folder / "damage.json").read_text())
    assert [values["frame"] for values in told["frames"]] == [3, 4, 5] and len(damaged) == 3
    for n, values in enumerate(told["frames"]):
        again = recomposed(
            clean[n],
            told["fade"],
            values,
            [found[n][0] for found in masks.values()],
            tone[n][0],
            grain[n][0],
            torn[n][0],
        )
        for there, here in zip(damaged[n], again, strict=True):
            assert np.abs(there - here).max() <= 0.501
    assert all(max(frame[0].max() for frame in found) > 60 for found in masks.values()), "nothing was drawn"
    assert any(values["torn"] and torn[n][0].any() for n, values in enumerate(told["frames"])), "nothing was displaced"
    assert len({values["right"] for values in told["frames"]}) == 3


@pytest.mark.parametrize("format_id", [vs.YUV420P8, vs.YUV422P10, vs.YUV444PS, vs.GRAY16, vs.RGB24, vs.YUV444PH])
def test_marks_alone_change_nothing_outside_their_masks(format_id: int) -> None:
    clip = scene(format_id).std.SetFrameProps(Kept=3)
    made = film.damaged(clip, film.read("dust=10,scratches=2,hair=1"), 3)
    assert made.clip.format.id == clip.format.id
    for n in (0, 5):
        left = np.prod([1 - planes(mask, n)[0] / 255 for mask in made.masks.values()], axis=0)
        assert 0 < (left < 1).mean() < 0.5
        for before, after in zip(planes(clip, n), planes(made.clip, n), strict=True):
            rows, columns = left.shape[0] // before.shape[0], left.shape[1] // before.shape[1]
            free = left.reshape(before.shape[0], rows, before.shape[1], columns).min((1, 3)) == 1
            assert (before == after)[free].all() and (before != after)[~free].any()
    with made.clip.get_frame(1) as frame:
        assert frame.props["Kept"] == 3


def test_faded_colours_come_back_by_the_numbers_they_faded_by() -> None:
    """``unfade`` takes the truth in the same words; and grey, which has no dyes, stays as it is."""
    for clip in (scene(vs.RGB24), scene(vs.YUV444P16)):
        clip = clip.std.SetFrameProps(_Transfer=1)
        made = film.damaged(clip, film.read("fade=0.5,fade.cyan=0.4,fade.yellow=0.6,fade.stain=0.1"), 3)
        red, green, blue = (1 - 0.5 * (1 - left) for left in (0.4, 0.95, 0.6))
        assert made.parameters()["fade"]["left"] == [red, green, blue]
        back = vsplugin.unfade(made.clip, cyan=red, magenta=green, yellow=blue, stain=0.05)
        before, after, restored = (np.stack(planes(one, 2)).astype(float) for one in (clip, made.clip, back))
        assert np.abs(after - before).mean() > 5 * np.abs(restored - before).mean() > 0
        assert any((planes(made.clip, 0)[p] != planes(made.clip, 5)[p]).any() for p in range(3)), "a still picture"
    grey = scene(vs.GRAY16)
    made = film.damaged(grey, film.read("fade"), 3)
    assert (planes(made.clip, 1)[0] == planes(grey, 1)[0]).all() and made.parameters()["fade"] is None


def test_frames_are_the_same_in_any_order_and_other_seeds_draw_others() -> None:
    recipe = film.read("all,hair=3,hair.life=4")

    def pixels(seed: int, order: list[int]) -> dict[int, bytes]:
        clip = film.damaged(scene(), recipe, seed).clip
        return {n: b"".join(plane.tobytes() for plane in planes(clip, n)) for n in order}

    forward = pixels(1, list(range(6)))
    assert pixels(1, [4, 0, 5, 2, 1, 3]) == forward
    assert all(pixels(2, [n])[n] != forward[n] for n in (0, 3))
    longer = film.damaged(scene(frames=9), recipe, 1).clip
    assert b"".join(plane.tobytes() for plane in planes(longer, 3)) == forward[3], "the length of the clip matters"


def test_kinds_are_drawn_independently() -> None:
    """Leaving one out does not move another: so a test can take them one by one."""
    alone, among = (film.damaged(scene(), film.read(text), 8) for text in ("dust=6", "all,dust=6"))
    assert all((planes(alone.masks["dust"], n)[0] == planes(among.masks["dust"], n)[0]).all() for n in range(6))


def test_amounts_are_what_was_asked_for() -> None:
    frames = 240
    grey = core.std.BlankClip(width=64, height=100, format=vs.GRAYS, length=frames, color=0.5, keep=True)
    text = "dust=3,scratches=12,scratches.life=60,weave=2,weave.jitter=0,flicker=5,flicker.gradient=0"
    made = film.damaged(grey, film.read(text), 4)
    specks = [len(list(made.film.events("dust", n))) for n in range(frames)]
    lines = [len(list(made.film.events("scratches", n))) for n in range(frames)]
    assert np.mean(specks) == pytest.approx(3, abs=0.35) and np.var(specks) == pytest.approx(3, rel=0.35)
    assert np.mean(lines) == pytest.approx(12, abs=4) and np.mean(np.diff(lines) != 0) < 0.45, "scratches stay"
    told = made.parameters()["frames"]
    gains = np.array([values["gain"] for values in told])
    assert gains.std() == pytest.approx(0.05, rel=0.15) and abs(np.corrcoef(gains[1:], gains[:-1])[0, 1]) < 0.2
    ways = np.array([[values["right"], values["down"]] for values in told])
    assert ways.std() == pytest.approx(2, rel=0.4), "2 % of 100 lines"
    assert np.corrcoef(ways[1:, 0], ways[:-1, 0])[0, 1] > 0.95, "the wander is slow"


def test_grain_has_the_strength_and_size_asked_for() -> None:
    grey = core.std.BlankClip(width=400, height=300, format=vs.GRAYS, length=2, color=0.5, keep=True)
    clip = film.damaged(grey, film.read("grain=10,grain.size=3"), 1).clip
    noise = np.stack([planes(clip, n)[0] - 0.5 for n in range(2)]) * 255
    assert noise.std() == pytest.approx(10, rel=0.02)
    assert abs((noise[0] * noise[1]).mean()) < 1
    spectrum = np.fft.fft2(noise[0])
    alike = np.fft.ifft2(abs(spectrum) ** 2).real / noise[0].size / noise[0].var()
    near = np.roll(alike, (6, 6), (0, 1))[:13, :13]
    assert near.sum() == pytest.approx(np.pi * 9 / 4, rel=0.1), "the area over which neighbours are alike"


def test_a_scratch_goes_on_where_the_frame_before_ended() -> None:
    grey = core.std.BlankClip(width=200, height=100, format=vs.GRAY8, length=40, color=90, keep=True)
    text = "scratches=3,scratches.drift=2,scratches.wander=3,scratches.opacity=1,scratches.life=40"
    mask = film.damaged(grey, film.read(text), 11).masks["scratches"]
    joins = 0
    for n in range(39):
        end, start = planes(mask, n)[0][-1], planes(mask, n + 1)[0][0]
        if end.max() > 100 and start.max() > 100:
            joins += 1
            assert np.abs(np.flatnonzero(end > 100)[:, None] - np.flatnonzero(start > 100)).min() <= 1
    assert joins > 5


def test_a_fibre_in_the_gate_trembles_and_stays_while_tears_are_on_one_frame() -> None:
    grey = core.std.BlankClip(width=300, height=200, format=vs.GRAY8, length=12, color=120, keep=True)
    made = film.damaged(grey, film.read("gate=2,gate.life=200,gate.tremble=0.3,tears=0.4"), 6)
    fibres = np.stack([planes(made.masks["gate"], n)[0] > 100 for n in range(12)])
    assert fibres[0].sum() > 50
    border = np.ones(fibres[0].shape, bool)
    border[2:-2, 2:-2] = False
    for n in range(1, 12):
        assert (fibres[n] & border).any(), "it is held outside of the picture"
        wide = np.pad(fibres[0], 3)
        near = np.any([wide[y : y + 200, x : x + 300] for y in range(7) for x in range(7)], 0)
        assert (fibres[n] & near).sum() > 0.9 * fibres[n].sum()
    assert any((fibres[n] != fibres[0]).any() for n in range(1, 12))
    torn = [planes(made.masks["tears"], n)[0].max() > 0 for n in range(12)]
    assert 0 < np.mean(torn) < 0.8 and torn == [len(list(made.film.events("tears", n))) > 0 for n in range(12)]
    alike = film.damaged(grey, film.read("tears=0.4"), 6)
    for n in np.flatnonzero(torn):
        np.testing.assert_array_equal(planes(alike.masks["tears"], n)[0], planes(made.masks["tears"], n)[0])


def test_the_table_of_the_docs_is_what_is_declared() -> None:
    page = Path(__file__).parents[1] / "docs/damage.md"
    assert kinds.markdown() in page.read_text()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "dusst",
            "must be all or of fade, weave, flicker, grain, stains, scratches, hair, dust, tears, gate; "
            "got 'dusst'; did you mean",
        ),
        ("dust=many", "dust must be a number; got 'many'"),
        ("dust=-1", "dust: amount must be in \\[0, 2000\\]"),
        ("dust.sise=2", "dust: no parameter 'sise'; did you mean 'size'?"),
        ("dust.size", "dust.size needs a value"),
        ("", "got ''"),
    ],
)
def test_wrong_recipes_are_refused(text: str, words: str) -> None:
    with pytest.raises(vs.Error, match=words):
        film.read(text)


def test_wrong_clips_are_refused() -> None:
    for props, words in (({"_Transfer": 16}, "clip is PQ"), ({"_FieldBased": 2}, "clip is interlaced")):
        with pytest.raises(vs.Error, match=words):
            film.damaged(scene().std.SetFrameProps(**props), film.read("dust"))
    with pytest.raises(vs.Error, match="fade: _Matrix of the clip must be one of 1, 4, 5, 6, 7, 9; got 8"):
        film.damaged(scene().std.SetFrameProps(_Matrix=8), film.read("fade"))


def test_any_file_is_damaged_and_refusals_name_the_option(tmp_path: Path) -> None:
    run = click.testing.CliRunner()
    for name in ("a", "b"):
        source = "video" if name == "a" else str(tmp_path / "a.mkv")
        done = run.invoke(
            cli, ["sample", source, str(tmp_path / f"{name}.mkv"), "--damage", "dust=9", "--frames", "2"],
            standalone_mode=False,
        )  # fmt: skip
        assert done.exception is None, done.exception
    before, after = decoded(tmp_path / "a.mkv"), decoded(tmp_path / "b.mkv")
    assert len(after) == 2 and 0 < (before[1][0] != after[1][0]).mean() < 0.05
    for words, text in (("--damage must be all or of", "rain"), ("--damage: clip is PQ", "dust")):
        source = "hdr" if text == "dust" else "film"
        done = run.invoke(cli, ["sample", source, str(tmp_path / "c.mkv"), "--damage", text], standalone_mode=False)
        assert words in str(done.exception)
