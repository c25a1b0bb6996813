"""Networks in the graph: tiles, backends, users' own files and broken ones, and what the cards say."""

from __future__ import annotations

import hashlib

import numpy as np
import onnx
import pytest
import vapoursynth as vs
from conftest import to_arrays, to_clip
from onnx import TensorProto, helper, numpy_helper

import vsplugin
from vsplugin import models
from vsplugin.training import evaluate, evaluate_damage

GRAYS = vs.core.get_video_format(vs.GRAYS)


def texture(height: int, width: int) -> np.ndarray:
    rng = np.random.default_rng(2)
    y, x = np.mgrid[0:height, 0:width]
    return (0.5 + 0.25 * np.sin(x * y / 900) + rng.normal(0, 0.06, (height, width))).astype(np.float32)


@pytest.mark.parametrize("backend", ["ov", "ort"])
@pytest.mark.parametrize(
    "name",
    ["upscale", "denoise", *({"deartifact"} & {model.task for model in models.installed()})],
)
@pytest.mark.parametrize("tile", [128, 176])
def test_tiles_leave_no_seam(name, tile, backend):
    clip = to_clip([texture(301, 437)], GRAYS)
    options = {"sigma": 15.0} if name == "denoise" else {}
    whole, tiled = (
        to_arrays(getattr(vsplugin, name)(clip, backend=backend, tile=side, **options))[0] for side in (0, tile)
    )
    assert np.abs(whole - tiled).max() <= 1 / 1023
    assert np.abs(whole - to_arrays(vs.core.resize.Bicubic(clip, whole.shape[1], whole.shape[0]))[0]).max() > 0.01


@pytest.mark.parametrize("model", models.installed(), ids=lambda m: m.name)
def test_the_card_tells_the_truth(model):
    assert hashlib.sha256(model.path.read_bytes()).hexdigest() == model.card["sha256"]
    graph = onnx.load(model.path).graph
    # Of INT8 models what the integers mean, and how planes are split.
    other = ("_scale", "_zero_point", ".parts")
    weights = [weight for weight in graph.initializer if not weight.name.endswith(other)]
    assert sum(np.prod(weight.dims) for weight in weights) == model.card["parameters"]
    if model.output != "correction":  # of pictures
        assert graph.input[0].type.tensor_type.shape.dim[1].dim_value == len(model.inputs)
    assert model.path.stat().st_size < 8 << 20


@pytest.mark.parametrize("model", [m for m in models.installed() if m.output != "correction"], ids=lambda m: m.name)
def test_nothing_beyond_the_radius_counts_and_something_near_it_does(model):
    size = max(96, 32 * (1 + model.radius // 16))
    spot = size // 2
    planes = [texture(size, size) for _ in model.inputs]
    other = [plane.copy() for plane in planes]
    other[0][spot, spot] += 0.5
    outs = []
    for inputs in (planes, other):
        clips = [to_clip([plane], GRAYS) for plane in inputs]
        outs.append(to_arrays(vs.core.ort.Model(clips, str(model.path)))[0])
    changed = np.argwhere(outs[0] != outs[1]) // model.scale - spot
    # Where a picture is halved several times, how far one sample reaches depends on its place.
    assert model.radius - max(3, model.multiple) <= np.abs(changed).max() <= model.radius


def one_conv(path, channels_in: int = 1, channels_out: int = 4, shuffle: int = 2) -> None:
    """A foreign enlarging model: each input pixel becomes a block of equal pixels."""
    weight = np.zeros((channels_out, channels_in, 1, 1), np.float32)
    weight[:, 0] = 1
    nodes = [helper.make_node("Conv", ["input", "w"], ["c"])]
    nodes.append(helper.make_node("DepthToSpace", ["c"], ["output"], blocksize=shuffle))
    shape = [1, channels_in, "h", "w_"]
    graph = helper.make_graph(
        nodes, "g",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, channels_out // shuffle**2, "h2", "w2"])],
        [numpy_helper.from_array(weight, "w")],
    )  # fmt: skip
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))


def test_a_users_own_onnx(tmp_path):
    one_conv(tmp_path / "blocks.onnx")
    plane = texture(24, 32)
    clip = to_clip([plane], GRAYS)
    out = vsplugin.upscale(clip, model=str(tmp_path / "blocks.onnx"), overshoot=None, backend="ort")
    np.testing.assert_allclose(to_arrays(out)[0], plane.repeat(2, 0).repeat(2, 1), atol=1e-6)


@pytest.mark.parametrize("case", ["corrupt", "empty", "three channels", "two outputs planes", "rank"])
def test_files_that_do_not_fit_give_one_line_naming_the_file(tmp_path, case):
    path = tmp_path / "foreign.onnx"
    if case == "corrupt":
        path.write_bytes(b"this is not a network" * 50)
    elif case == "empty":
        path.write_bytes(b"")
    elif case == "three channels":
        one_conv(path, channels_in=3)
    elif case == "two outputs planes":
        one_conv(path, channels_out=12)
    else:
        graph = helper.make_graph(
            [helper.make_node("Relu", ["input"], ["output"])], "g",
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, None)],
            [helper.make_tensor_value_info("output", TensorProto.FLOAT, None)],
        )  # fmt: skip
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
    for backend in ("ov", "ort"):
        with pytest.raises(vs.Error, match=r"^upscale: model foreign\.onnx ") as error:
            vsplugin.upscale(to_clip([texture(24, 32)], GRAYS), model=str(path), backend=backend)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("model", [m for m in models.installed() if m.task == "super-resolution"], ids=lambda m: m.name)
def test_the_graph_scores_what_the_card_says(model, corpus):
    def enlarge(low):
        clip = to_clip([low], GRAYS)
        return to_arrays(
            vsplugin.upscale(clip, scale=model.scale, model=model.name, overshoot=None, backend="ort")
        )[0]  # fmt: skip

    scores = evaluate.super_resolution(enlarge, corpus / "public/set5", model.scale)
    assert np.mean(list(scores.values())) == pytest.approx(model.card["metrics"]["set5_y_psnr"], abs=0.002)


def _large(model):
    """They take 20 s and more each; benchmarks/models.py measures them, too."""
    return model.card["macs_per_pixel"] > 50_000 or model.name.endswith("-int8")


def _slow(value, slow):
    return pytest.param(value, marks=pytest.mark.slow) if slow else value


@pytest.mark.parametrize(
    "model", [_slow(m, _large(m)) for m in models.installed() if m.task == "denoise"], ids=lambda m: m.name
)
def test_the_graph_denoises_as_well_as_the_card_says(model, corpus):
    def clean(noisy, sigma):
        clip = to_clip(noisy, vs.core.get_video_format(vs.YUV420PS))
        return to_arrays(vsplugin.denoise(clip, sigma=sigma * 255, model=model.name, backend="ort"))[0]

    scores = evaluate.denoising(clean, corpus / "public/stills", 25)
    # What is rounded to 8 bits, a sum in another order may decide otherwise.
    near = 0.005 if model.name.endswith("-int8") else 0.002
    assert np.mean(list(scores.values())) == pytest.approx(model.card["metrics"]["kodak_luma_psnr_sigma25"], abs=near)


@pytest.mark.parametrize("model", [m for m in models.installed() if m.task == "deartifact"], ids=lambda m: m.name)
@pytest.mark.parametrize("encoding", [_slow(each, each[0] == "x264") for each in evaluate_damage.ENCODINGS])
def test_the_graph_removes_as_much_damage_as_the_card_says(model, encoding, corpus):
    """The filter keeps the means of large areas, which the card's network alone may shift."""
    codec, quality = encoding

    def restore(planes):
        clip = to_clip(list(planes), vs.core.get_video_format(vs.YUV420PS))
        return tuple(to_arrays(vsplugin.deartifact(clip, model=model.name, backend="ort")))

    scores = evaluate_damage.decoded(restore, corpus / "public/stills", codec, quality)
    said = model.card["metrics"][f"kodak_luma_psnr_{codec}_q{quality}"]
    assert np.mean([score.psnr for score in scores.values()]) == pytest.approx(said, abs=0.02)
