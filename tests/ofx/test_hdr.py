"""HDR metadata beside a node: a file in, frame properties in the worker, a file out for what was rendered."""

import json
import time
from pathlib import Path

import numpy as np
import pytest

from tests.hdr.payloads import numbered
from vsplugin.hdr import dolbyvision, hdr10plus, hdr10plus_json, x265

PQ = 4  # the entry of "Pixels are"
SIZE = (8, 6)
PICTURE = np.full((6, 8, 4), 0.5, np.float32)


def eventually(path: Path, ready) -> bytes:
    """The file's content once ``ready`` says yes: the worker writes half a second after the last frame."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if path.is_file() and ready(path.read_bytes()):
            return path.read_bytes()
        time.sleep(0.1)
    raise AssertionError(f"{path} did not become what it should: {path.exists()}")


@pytest.fixture
def node(make):
    def one(folder, frames, suffix, first=1001):
        source = folder / f"in{suffix}"
        node = make("lift_hdr") if frames is None else make("restoration")
        if frames is not None:
            source.write_text(hdr10plus_json.write(frames))
            script = folder / "same.vpy"
            script.write_text("import vsplugin\nvsplugin.ofx_source().set_output()\n")
            node.set(preset="Own script", script=str(script), hdr_in=str(source), colour=PQ)
        node.set(hdr_out=str(folder / f"out{suffix}"))
        node.instance.clip_property("OfxImageEffectPropFrameRange", [float(first), float(first + 9)])
        for time_ in range(first, first + 10):
            node.feed(time_, PICTURE)
        return node

    return one


def test_the_rendered_range_gets_its_frames_metadata_in_any_order_of_rendering(node, tmp_path):
    frames = [numbered(n, "B") for n in range(10)]
    there = node(tmp_path, frames, ".json")
    for frame in (1006, 1004, 1005, 1004):
        there.render(frame, SIZE)
    text = eventually(tmp_path / "out.json", lambda text: len(json.loads(text)["SceneInfo"]) == 3)
    assert hdr10plus_json.read(text) == frames[3:6]


def test_the_same_for_x265s_nalu_file(node, tmp_path):
    frames = [numbered(n, "B") for n in range(10)]
    there = node(tmp_path, frames, ".json")
    there.set(hdr_out=str(tmp_path / "out.nalu"))
    for frame in (1001, 1002):
        there.render(frame, SIZE)
    text = eventually(tmp_path / "out.nalu", lambda text: len(text.splitlines()) == 2)
    payloads = x265.read_nalu(text.decode())  # padded to one length, as x265 wants them
    assert all(map(hdr10plus.same, payloads, map(hdr10plus.pack, frames)))


@pytest.mark.corpus
def test_dolby_vision_rpus_come_out_as_they_went_in(node, corpus, tmp_path, make):
    material = corpus / "public/dolbyvision/regular_rpu.bin"
    if not material.is_file():
        pytest.skip(f"no {material}")
    rpus = dolbyvision.read_file(material.read_bytes())
    there = node(tmp_path, [numbered(0, "B")] * 10, ".json", first=0)
    there.set(hdr_in=str(material), hdr_out=str(tmp_path / "out.rpu"))
    for frame in range(3):
        there.render(frame, SIZE)
    written = eventually(tmp_path / "out.rpu", lambda data: len(dolbyvision.read_file(data)) == 3)
    assert dolbyvision.read_file(written) == rpus[:3]


def test_what_cannot_be_written_is_said(node, tmp_path):
    there = node(tmp_path, None, ".json")
    status, out = there.try_render(1003, SIZE)
    assert status == 1 and "this frame has no HDR10+ metadata" in there.instance.message
    np.testing.assert_array_equal(out, PICTURE)
    there.set(hdr_out=str(tmp_path / "out.mkv"))
    assert there.try_render(1003, SIZE)[0] == 1
    assert "hdr_out must end in .json" in there.instance.message
