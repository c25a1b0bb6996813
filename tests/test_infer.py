"""Which backend runs a model, and why; and that the fused engine in the graph is the model."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import vapoursynth as vs
from conftest import to_arrays, to_clip

import vsplugin
from vsplugin import infer, models

GRAYS = vs.core.get_video_format(vs.GRAYS)
SR = models.find("test", "sr2-fast", "super-resolution")
INT8 = models.find("test", "sr2-fast-int8", "super-resolution")
DENOISE = models.find("test", "denoise-fast", "denoise")


def test_auto_takes_the_fused_engine_where_it_was_measured_faster(monkeypatch):
    monkeypatch.setattr(infer, "has_cuda_device", lambda: False)
    monkeypatch.setattr(infer, "_tile_build", lambda path: "avx2")
    choice = infer.choose("upscale", model=SR)
    assert (choice.name, choice.precision) == ("tile", "f32") and "faster than OpenVINO with avx2" in choice.reason
    monkeypatch.setattr(infer, "_tile_build", lambda path: "scalar")
    choice = infer.choose("upscale", model=SR)
    assert choice.name == "ov" and "the fused engine is fast only with AVX2 (INT8: AVX-512 VNNI)" in choice.reason
    assert infer.choose("upscale", "tile", SR).name == "tile"
    monkeypatch.setattr(infer, "_tile_build", lambda path: "vnni")
    choice = infer.choose("upscale", model=SR)
    assert (choice.name, choice.precision) == ("tile", "int8")


def test_a_model_it_cannot_run_goes_to_another_runtime_and_says_why(tmp_path: Path):
    planes = len(DENOISE.inputs)
    choice = infer.choose("denoise", model=DENOISE)
    assert choice.name != "tile"
    if not infer.has_cuda_device():
        assert f"the fused engine cannot run it: it takes {planes} planes" in choice.reason
    assert infer.tile_refusal(DENOISE) == f"it takes {planes} planes; TileSR runs one plane to one plane"
    with pytest.raises(vs.Error, match=r"^upscale: backend 'tile' cannot run model denoise-fast: it takes"):
        infer.choose("upscale", "tile", DENOISE)
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"nothing")
    assert "not an ONNX model" in str(infer.tile_refusal(dataclasses.replace(SR, path=path)))


@pytest.mark.parametrize("whole", [SR, DENOISE], ids=lambda model: model.name)
def test_a_damaged_file_is_called_one(tmp_path: Path, whole):
    path = tmp_path / "cut.onnx"
    path.write_bytes(whole.path.read_bytes()[:3000])
    model = dataclasses.replace(whole, path=path)
    planes = [vs.core.std.BlankClip(format=vs.GRAYS, width=32, height=32, length=1)] * max(1, len(whole.inputs))
    with pytest.raises(
        vs.Error, match=r"^denoise: model cut.onnx cannot be used: the file is not an ONNX model or is damaged"
    ):
        infer.run("denoise", planes, model)


def test_an_int8_model_says_what_a_gpu_makes_of_it(monkeypatch):
    monkeypatch.setattr(infer, "has_cuda_device", lambda: True)
    monkeypatch.setattr(infer, "_ort_has_cuda", lambda: True)
    monkeypatch.delattr(vs.core, "trt", raising=False)
    choice = infer.choose("upscale", model=INT8)
    assert choice.name == "ort-cuda" and "it multiplies this model's INT8 layers as floats" in choice.reason
    assert "INT8" not in infer.choose("upscale", model=SR).reason
    monkeypatch.setattr(infer, "_ort_has_cuda", lambda: False)
    monkeypatch.setattr(infer, "_tile_build", lambda path: "vnni")
    choice = infer.choose("upscale", model=INT8)
    assert (choice.name, choice.precision) == ("tile", "int8")
    assert choice.reason.startswith(
        "no runtime for the NVIDIA GPU here (pip install 'vapoursynth-vsplugin[cuda]'); the fused engine runs "
    )


class _TensorRT:
    """``core.trt`` where there is no GPU: keeps what it is given."""

    def __init__(self) -> None:
        self.given: list[str] = []

    def Model(self, clips, engine_path, **options):  # noqa: N802 (the plugin's own name)
        self.given.append(engine_path)
        raise vs.Error("no GPU")


def test_tensorrt_is_given_an_engine_and_only_taken_where_there_is_one(monkeypatch, tmp_path):
    """``core.trt.Model(clips, engine_path)`` reads engines, no ONNX (vapoursynth-mlrt-trt's own description)."""
    trt = _TensorRT()
    core = infer.vs.core

    class Core:
        def __getattr__(self, name):
            return trt if name == "trt" else getattr(core, name)

    monkeypatch.setattr(infer, "has_cuda_device", lambda: True)
    monkeypatch.setattr(infer, "_ort_has_cuda", lambda: True)
    monkeypatch.setattr(infer.vs, "core", Core())
    path = tmp_path / "model.onnx"
    path.write_bytes(DENOISE.path.read_bytes())
    model = dataclasses.replace(DENOISE, path=path)
    assert infer.choose("denoise", model=model).name == "ort-cuda"
    with pytest.raises(
        vs.Error, match=r"^denoise: backend 'trt' needs an engine of model denoise-fast .*model\.engine;"
    ):
        infer.choose("denoise", "trt", model)
    path.with_suffix(".engine").write_bytes(b"an engine")
    assert infer.choose("denoise", model=model).name == "trt"
    grey = core.std.BlankClip(format=GRAYS.id, width=32, height=32, length=1)
    with pytest.raises(vs.Error, match="cannot be used on trt: no GPU"):
        infer.run("denoise", [grey] * 5, model)
    assert trt.given == [str(path.with_suffix(".engine"))]


def test_upscale_is_the_same_on_the_fused_engine_and_onnxruntime(picture):
    clip = to_clip([picture[0].astype(np.float32)], GRAYS)
    fused, reference = (to_arrays(vsplugin.upscale(clip, backend=backend))[0] for backend in ("tile", "ort"))
    assert np.abs(fused - reference).max() <= 4 / 1023
    assert np.abs(reference - to_arrays(vs.core.resize.Bicubic(clip, *reference.shape[::-1]))[0]).max() > 0.02
