"""The JSON of HDR10+: as hdr10plus_tool writes it, and refused with frame and entry where it is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from vsplugin.errors import UserError
from vsplugin.hdr import hdr10plus_json
from vsplugin.hdr.hdr10plus import Ellipse, Grid

from .payloads import material, numbered


@pytest.mark.parametrize("profile", "AB")
def test_written_and_read(profile: str) -> None:
    frames = [numbered(n // 5, profile) for n in range(12)]
    text = hdr10plus_json.write(frames)
    assert hdr10plus_json.read(text) == frames
    whole = json.loads(text)
    assert whole["SceneInfoSummary"] == {"SceneFirstFrameIndex": [0, 5, 10], "SceneFrameNumbers": [5, 5, 2]}
    last = whole["SceneInfo"][11]
    assert [last[k] for k in ("SceneFrameIndex", "SceneId", "SequenceFrameIndex")] == [1, 2, 11]
    assert whole["JSONInfo"]["HDR10plusProfile"] == profile


@pytest.mark.corpus
@pytest.mark.parametrize("name", ["metadata-dhdr10-opt", "single-frame-metadata", "regular_metadata"])
def test_real_files_come_out_as_they_went_in(corpus: Path, name: str) -> None:
    text = material(corpus, f"hdr10plus/{name}.json").read_text()
    before, after = json.loads(text), json.loads(hdr10plus_json.write(hdr10plus_json.read(text)))
    before.pop("ToolInfo"), after.pop("ToolInfo")
    for whole in (before, after):  # scenes may also end where nothing changes
        whole.pop("SceneInfoSummary")
        for frame in whole["SceneInfo"]:
            frame.pop("SceneId"), frame.pop("SceneFrameIndex")
    assert after == before


def _spoil(change: Callable[[dict[str, Any]], object]) -> str:
    whole = json.loads(hdr10plus_json.write([numbered(n, "B") for n in range(3)]))
    change(whole)
    return json.dumps(whole)


def _light(whole: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = whole["SceneInfo"][1]["LuminanceParameters"]
    return found


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda w: w.pop("SceneInfo"), "SceneInfo must be a list; got nothing"),
        (lambda w: w.update(SceneInfo=[]), "SceneInfo is empty"),
        (lambda w: w["SceneInfo"].__setitem__(2, 5), "frame 2: must be an object; got 5"),
        (lambda w: w["SceneInfo"][1].pop("LuminanceParameters"), "frame 1: LuminanceParameters must be an object"),
        (lambda w: _light(w).update(AverageRGB="12"), "frame 1: AverageRGB must be a whole number in [0, 100000]"),
        (lambda w: _light(w).update(AverageRGB=True), "AverageRGB must be a whole number in [0, 100000]; got True"),
        (lambda w: _light(w).update(AverageRGB=1e3), "got 1000.0"),
        (lambda w: _light(w).update(MaxScl=[1, 2]), "frame 1: MaxScl must have 3 entries; got 2"),
        (lambda w: _light(w).update(MaxScl=[1, 2, 100_001]), "MaxScl must be a whole number in [0, 100000]; got 1"),
        (
            lambda w: _light(w)["LuminanceDistributions"].update(DistributionValues=[0] * 10**6),
            "frame 1: DistributionValues must have at most 15 entries; got 1000000",
        ),
        (
            lambda w: _light(w)["LuminanceDistributions"].update(DistributionIndex=list(range(9))),
            "frame 1: DistributionIndex must be [1, 5, 10, 25, 50, 75, 90, 95, 99]; got [0, 1,",
        ),
        (lambda w: w["SceneInfo"][1].update(NumberOfWindows=2), "frame 1: NumberOfWindows must be 1; got 2"),
        (lambda w: w["SceneInfo"][1]["BezierCurveData"].update(KneePointX=4096), "KneePointX must be a whole number"),
        (lambda w: w["SceneInfo"][1].pop("BezierCurveData"), "frame 1: has a target luminance but no curve"),
        (
            lambda w: w["SceneInfo"].__setitem__(1, json.loads(hdr10plus_json.write([numbered(1)]))["SceneInfo"][0]),
            "frame 1: has profile A; frame 0 has profile B",
        ),
        (lambda w: w["JSONInfo"].update(HDR10plusProfile="A"), "HDR10plusProfile is 'A', but the frames have"),
        (lambda w: w.update(SceneInfo=[{}] * 10**6), "frame 0: LuminanceParameters must be an object; got nothing"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(change: Callable[[dict[str, Any]], object], words: str) -> None:
    with pytest.raises(UserError) as told:
        hdr10plus_json.read(_spoil(change))
    assert words in str(told.value) and "\n" not in str(told.value) and len(str(told.value)) < 200


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "[" * 100_000, b"\xff\xfe", '{"SceneInfo": {}}'])
def test_what_is_no_such_file(text: str | bytes) -> None:
    with pytest.raises(UserError, match=r"^HDR10\+ JSON: "):
        hdr10plus_json.read(text)


def test_what_the_format_cannot_hold() -> None:
    plain = numbered(0)
    window = plain.windows[0]
    ellipse = Ellipse((0, 0), (1, 1), (0, 0), 0, (1, 1, 1), 0)
    for meta, words in (
        (replace(plain, windows=(window, replace(window, shape=ellipse))), "more than one window"),
        (replace(plain, target_actual=Grid(0, 0, ())), "actual peak"),
        (replace(plain, windows=(replace(window, saturation=1),)), "saturation"),
        (replace(plain, windows=(replace(window, bright=1),)), "bright"),
        (numbered(0, "B"), "frame 1 has profile B; frame 0 has profile A"),
    ):
        with pytest.raises(UserError, match="frame 1") as told:
            hdr10plus_json.write([plain, meta])
        assert words in str(told.value)
    with pytest.raises(UserError, match="no frame"):
        hdr10plus_json.write([])


@pytest.mark.slow
def test_a_million_frames() -> None:
    """Half a minute and 3 GB; nothing else is special about it."""
    whole = json.loads(hdr10plus_json.write([numbered(3)]))
    entry = json.dumps(whole["SceneInfo"][0])
    text = json.dumps({**whole, "SceneInfo": ["@"]}).replace('"@"', ",".join([entry] * 10**6))
    frames = hdr10plus_json.read(text)
    assert len(frames) == 10**6 and frames[0] == frames[-1] == numbered(3)
