"""What an audit says, checked as a stranger would: PyAV decodes, numpy does the sums."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import av
import numpy as np
import pytest
import vapoursynth as vs
from conftest import to_arrays, to_clip

import vsplugin
from vsplugin import forensic
from vsplugin.errors import UserError
from vsplugin.forensic.synthesized import MASK, SYNTHESIZED, mark

from .conftest import run, write_film

# Keys' cubic of a = -1/2 at (k - centre) / 2, halved: luma lies in the middle, MPEG-2 chroma a quarter sample left.
MIDDLE = np.array([-3, -9, 29, 111, 111, 29, -9, -3]) / 256


def left_taps() -> np.ndarray:
    t = np.abs((np.arange(-3, 5) - 0.25) / 2)
    return np.where(t < 1, 1.5 * t**3 - 2.5 * t**2 + 1, np.where(t < 2, -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2, 0)) / 2


def halved(plane: np.ndarray, across: np.ndarray, down: np.ndarray) -> np.ndarray:
    for taps, axis in ((across, 1), (down, 0)):
        padded = np.moveaxis(np.pad(plane.astype(float), 4, mode="symmetric"), axis, 0)
        size = plane.shape[axis]
        sums = sum(taps[t] * padded[1 + t : 1 + t + size : 2] for t in range(8))
        plane = np.moveaxis(sums[:, 4:-4], 0, axis)
    return plane


def planes(path: Path) -> list[list[np.ndarray]]:
    with av.open(str(path)) as inside:
        out = []
        for frame in inside.decode(video=0):
            flat, height, width = frame.to_ndarray(), frame.height, frame.width
            chroma = flat[height:].reshape(2, height // 2, width // 2)
            out.append([flat[:height], chroma[0], chroma[1]])
        return out


def test_upscale_gives_every_sample_back(tmp_path: Path) -> None:
    write_film(tmp_path / "in.mkv")
    arguments = ("--scale", "2", "--denoise", "off", "--codec", "ffv1", "--forensic", "--quiet")
    assert run("restore", tmp_path / "in.mkv", tmp_path / "out.mkv", *arguments) == 0
    audit = json.loads((tmp_path / "out.mkv.audit.json").read_text())
    before, after = planes(tmp_path / "in.mkv"), planes(tmp_path / "out.mkv")
    assert len(after) == len(before) == len(audit["frames"]) == 8
    for small, large, told in zip(before, after, audit["frames"], strict=True):
        assert told["input"] == hashlib.sha256(b"".join(p.tobytes() for p in small)).hexdigest()
        assert told["delivered"] == hashlib.sha256(b"".join(p.tobytes() for p in large)).hexdigest()
        for plane, taps in enumerate([MIDDLE, left_taps(), left_taps()]):
            deviation = np.abs(halved(large[plane], taps, MIDDLE) - small[plane]).max()
            assert deviation <= 0.5
            assert told["residuals"][0][plane] == pytest.approx(deviation, abs=1e-3)
    free = vsplugin.upscale(vs.core.bs.VideoSource(str(tmp_path / "in.mkv"), cachemode=0))
    assert np.abs(halved(to_arrays(free)[0], MIDDLE, MIDDLE) - before[0][0]).max() > 1, "the free model does not"


def test_denoise_moves_no_sample_further_than_six_sigma(proven: Path) -> None:
    audit = json.loads((proven / "out.mkv.audit.json").read_text())
    step = audit["steps"][0]
    assert step["filter"] == "denoise" and step["arguments"]["sigma"] == 2
    clip = vs.core.bs.VideoSource(str(proven / "in.mkv"), cachemode=0)
    after = vsplugin.denoise(clip, **step["arguments"])
    for told in audit["frames"]:
        pairs = zip(to_arrays(clip, told["frame"]), to_arrays(after, told["frame"]), strict=True)
        for plane, (old, new) in enumerate(pairs):
            change = np.abs(old.astype(float) - new).max() * 255 / (224 if plane else 219)
            assert change <= step["at_most"][plane] == pytest.approx(6 * (2 if plane == 0 else step["arguments"][
                "sigma_chroma"]) + 255 / 438, abs=2e-3)  # fmt: skip
            assert told["residuals"][0][plane] == pytest.approx(change, abs=1e-3)


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize(
    "kind", [vs.YUV420P8, vs.YUV422P10, vs.YUV444P16, vs.RGB24, vs.RGB48, vs.GRAY8, vs.YUV444PH, vs.YUV420PS]
)
def test_every_format_keeps_its_promise(kind: int, scale: int, picture: np.ndarray) -> None:
    source = to_clip([p.astype(np.float32) * (0.8 if not i else 1) - (0.5 if i else 0)
                      for i, p in enumerate(picture[:, :40, :48])],
                     vs.core.get_video_format(vs.YUV444PS), _Matrix=1)  # fmt: skip
    family = vs.core.get_video_format(kind).color_family
    options = {"matrix": 1} if family == vs.YUV else {"matrix_in": 1}
    clip = source.resize.Bicubic(format=kind, **options)
    out = vsplugin.upscale(clip, scale=scale, mode="fidelity")
    assert (out.format.id, out.width, out.height) == (kind, 48 * scale, 40 * scale)
    with out.get_frame(0) as frame, clip.get_frame(0) as before:
        promise = forensic.promise_of("upscale")
        bounds = promise.bounds(clip, {})
        residuals = frame.props["VSPluginResidual"]
        residuals = residuals if isinstance(residuals, list) else [residuals]
        assert len(residuals) == out.format.num_planes
        assert all(value <= bound for value, bound in zip(residuals, bounds, strict=True))
        ignored = ("VSPluginResidual", "_Range", "_ChromaLocation", "_Matrix")
        assert {k: v for k, v in before.props.items() if k not in ignored}.items() <= dict(frame.props).items()
    zero = vsplugin.upscale(clip, scale=scale, mode="fidelity", strength=0.0)
    with zero.get_frame(0) as frame:
        assert np.max(frame.props["VSPluginResidual"]) <= bounds[0]


def test_what_no_picture_explains_stops_with_its_place(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "board.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "gray"
        for number in range(3):
            board = np.indices((32, 32)).sum(0) % 2 * 255 if number == 2 else np.full((32, 32), 90)
            frame = av.VideoFrame.from_ndarray(board.astype(np.uint8), "gray")
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    command = ("restore", path, tmp_path / "out.mkv", "--scale", "2", "--codec", "ffv1", "--forensic", "--quiet")
    assert run(*command) == 2
    error = capfd.readouterr().err
    assert "forensic: frame 2, plane 0: upscale leaves" in error and "at most 0.5 is promised" in error
    assert "--set upscale.reduction=area" in error
    assert not (tmp_path / "out.mkv").exists() and not (tmp_path / "out.mkv.audit.json").exists()
    assert run(*command, "--set", "upscale.reduction=area", "--discard") == 0
    assert json.loads((tmp_path / "out.mkv.audit.json").read_text())["largest"][0][0] <= 0.5


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--set", "upscale.mode=free"), "forensic: upscale.mode must be fidelity; got free"),
        (("--codec", "libx264"), None),
    ],
)
def test_arguments_are_checked(
    tmp_path: Path, proven: Path, arguments: tuple[str, ...], text: str | None, capfd: pytest.CaptureFixture[str]
) -> None:
    command = ("restore", proven / "in.mkv", tmp_path / "out.mkv", "--scale", "2", "--forensic", "--quiet", *arguments)
    assert run(*command) == (2 if text else 0)
    if text:
        assert text in capfd.readouterr().err
    else:  # a lossy codec: the promise before it, and what is left after it
        audit = json.loads((tmp_path / "out.mkv.audit.json").read_text())
        assert audit["output"]["lossless"] is False
        assert all(max(frame["residuals"][0]) <= 0.5 for frame in audit["frames"])
        assert any(max(frame["after_coding"]) > 0.5 for frame in audit["frames"])
        assert run("audit", "verify", tmp_path / "out.mkv.audit.json") == 0


def test_only_filters_with_a_promise_are_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match=r"forensic: lift_hdr makes no promise .*allowed: denoise, upscale"):
        forensic.admit([("denoise", {}), ("lift_hdr", {})])
    from dataclasses import replace

    from vsplugin.forensic import chain as module

    entry = module.RESTORATIONS["denoise"]
    monkeypatch.setitem(module.RESTORATIONS, "denoise", replace(entry, generative=True))
    with pytest.raises(UserError, match="forensic: denoise invents what it shows"):
        forensic.admit([("denoise", {})])
    model = module.model_of("upscale", {"model": "sr2-fast"})
    monkeypatch.setattr(module, "model_of", lambda *_: replace(model, card={"generative": True}))
    with pytest.raises(UserError, match="upscale: model sr2-fast is generative"):
        forensic.admit([("upscale", {})])


def holed(width: int, height: int, where: tuple[slice, slice]) -> vs.VideoNode:
    """A GRAY8 frame of 0 with 255 at ``where``."""

    def draw(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out = f.copy()
        np.asarray(out[0])[where] = 255
        return out

    empty = vs.core.std.BlankClip(width=width, height=height, format=vs.GRAY8, length=1)
    return empty.std.ModifyFrame(empty, draw)


def test_masks_of_made_up_pixels_add_up_and_grow_with_the_picture() -> None:
    from vsplugin import restore, upscale

    clip = vs.core.std.BlankClip(width=32, height=24, format=vs.YUV420P8, length=1)
    one, other = (slice(2, 5), slice(7, 11)), (slice(3, 20), slice(9, 10))
    expected = np.zeros((24, 32), np.uint8)
    expected[one], expected[other] = 255, 255
    both = mark(mark(clip, holed(32, 24, one)), holed(32, 24, other))
    with both.get_frame(0) as frame:
        assert (np.asarray(frame.props[MASK][0]) == expected).all()
    for large, scale in (
        (upscale(both), 2),
        (upscale(both, scale=3), 3),
        (upscale(both, strength=0.0), 2),
        (restore(both), 2),
        (restore(both, strength=0.0), 2),
    ):
        with large.get_frame(0) as frame:
            assert frame.props[SYNTHESIZED] == 1
            assert (np.asarray(frame.props[MASK][0]) == np.kron(expected, np.ones((scale, scale)))).all()
    with mark(mark(clip, holed(32, 24, one)).resize.Point(64, 48), holed(64, 48, other)).get_frame(0) as frame:
        assert np.asarray(frame.props[MASK][0]).sum() == 17 * 255, "a mask of another size gives way"
    with upscale(clip).get_frame(0) as frame:
        assert SYNTHESIZED not in frame.props and MASK not in frame.props


def test_what_a_generative_model_draws_is_marked(tmp_path: Path) -> None:
    """The network of sr2-fast under a card that says it invents."""
    from vsplugin import models, upscale

    source = models.named("model", "sr2-fast").path.parent
    shutil.copytree(source, tmp_path / "drawing", ignore=shutil.ignore_patterns("stages"))
    card = tmp_path / "drawing" / "card.toml"
    card.write_text("generative = true\n" + card.read_text())
    model = str(tmp_path / "drawing" / "model.onnx")
    clip = vs.core.std.BlankClip(width=32, height=24, format=vs.YUV420P8, length=2, keep=True)
    with upscale(clip, model=model).get_frame(1) as frame:
        assert frame.props[SYNTHESIZED] == 1
        mask = np.asarray(frame.props[MASK][0])
        assert mask.shape == (48, 64) and mask.min() == 255
    with upscale(clip, model=model, strength=0.0).get_frame(0) as frame:
        assert SYNTHESIZED not in frame.props
    with pytest.raises(UserError, match="is generative: its card says that it invents"):
        forensic.admit([("upscale", {"model": model})])


def test_filled_in_pixels_are_marked_and_kept_in_mind() -> None:
    clip = vs.core.std.BlankClip(width=32, height=16, format=vs.YUV420P8, length=2)
    empty = vs.core.std.BlankClip(width=32, height=16, format=vs.GRAY8, length=2)
    some = empty.std.FrameEval(lambda n: empty if n == 0 else empty.std.Invert())
    marked = mark(clip, some)
    with marked.get_frame(0) as untouched, marked.get_frame(1) as filled:
        assert untouched.props[SYNTHESIZED] == 0 and MASK not in untouched.props
        assert filled.props[SYNTHESIZED] == 1 and np.asarray(filled.props[MASK][0]).min() == 255
    with pytest.raises(vs.Error, match="mask must be GRAY8 32x16; got Gray8 16x16"):
        mark(clip, empty.std.CropAbs(16, 16))
    from vsplugin.forensic.evidence import Collector

    collect = Collector(clip, [], [], 0)
    with marked.get_frame(0) as fine, marked.get_frame(1) as filled:
        collect(0, fine)
        with pytest.raises(UserError, match="frame 1 holds pixels that were made up"):
            collect(1, filled)


@pytest.mark.parametrize("transfer", [1, 16, 18])
@pytest.mark.parametrize("kind", [vs.YUV420P10, vs.YUV444PS, vs.RGB48, vs.GRAY16])
def test_denoise_keeps_its_bound_where_it_is_pulled_at(kind: int, transfer: int) -> None:
    """Noise far above the sigma that is given: the network wants more than it may do."""
    rng = np.random.default_rng(3)
    form = vs.core.get_video_format(kind)
    top = 2**form.bits_per_sample - 1 if form.sample_type == vs.INTEGER else 1.0
    planes = []
    for plane in range(form.num_planes):
        chroma = form.color_family == vs.YUV and plane > 0
        shape = (48 >> (form.subsampling_h if chroma else 0), 64 >> (form.subsampling_w if chroma else 0))
        level = np.linspace(0.15, 0.8, shape[1])[None] if not chroma else 0.0 if form.sample_type == vs.FLOAT else 0.5
        planes.append((level + rng.normal(0, 0.04, shape)) * top)
    planes = [plane.astype(np.float32) if form.sample_type == vs.FLOAT else plane.clip(0, top) for plane in planes]
    colour = {"_Transfer": transfer, "_Matrix": 0 if form.color_family == vs.RGB else 1}
    clip = to_clip(planes, form, **colour)
    values = {"sigma": 1.0, "sigma_chroma": 0.5, "strength": 1.0}
    promise = forensic.promise_of("denoise")
    bounds = promise.bounds(clip, values)
    out = promise.residual(clip, vsplugin.denoise(clip, **values), values, "Found")
    with out.get_frame(0) as frame:
        found = np.atleast_1d(frame.props["Found"])
    assert len(found) == len(bounds) == form.num_planes
    assert (found <= bounds).all()
    assert found[0] > 4, "the limit was not reached: the test says nothing"
    broken = promise.residual(clip, clip.std.Invert() if form.sample_type == vs.INTEGER else clip.std.Expr("x 0.2 +"),
                              values, "Found")  # fmt: skip
    with broken.get_frame(0) as frame:
        assert np.max(frame.props["Found"]) > max(bounds)
