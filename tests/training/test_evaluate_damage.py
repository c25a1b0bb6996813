"""The protocols of deartifact and restore: against the ffmpeg command, figures by hand, pictures known to be right."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from material import blurred, leaves, save_stills

pytest.importorskip("torch", reason="the training room needs torch: install the 'train' extra")
pytest.importorskip("av", reason="codecs need PyAV: pip install av")

import torch

from vsplugin.training import evaluate_damage as damage
from vsplugin.training import evaluate_restore as restore
from vsplugin.training.apply import corrections, denoising_all, enlarging_all, restoring
from vsplugin.training.degrade import bicubic_up


@pytest.fixture(scope="module")
def stills(tmp_path_factory) -> Path:
    return save_stills(tmp_path_factory.mktemp("stills"), [leaves(seed, 176) for seed in range(2)])


FFMPEG = {
    "x264": ["-c:v", "libx264", "-preset", "veryfast", "-x264-params", "qp=37:ipratio=1", "-f", "h264"],
    "mpeg2": ["-c:v", "mpeg2video", "-q:v", "16", "-f", "mpeg2video"],
}


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs the ffmpeg command")
@pytest.mark.parametrize(("codec", "quality"), damage.ENCODINGS)
def test_decoded_pictures_are_as_good_as_those_of_the_ffmpeg_command(stills, tmp_path, codec, quality) -> None:
    scores = damage.decoded(damage.nothing, stills, codec, quality)
    for path in sorted(stills.glob("*.png")):
        planes = damage.clean_planes(path)
        height, width = planes[0].shape
        raw = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{width}x{height}"]
        sent = b"".join(plane.tobytes() for plane in planes)
        run = ["ffmpeg", "-v", "error", *raw, "-i", "-", *FFMPEG[codec], str(tmp_path / "one"), "-y"]
        subprocess.run(run, input=sent, check=True)
        back = subprocess.run(
            ["ffmpeg", "-v", "error", "-i", tmp_path / "one", "-f", "rawvideo", "-"], check=True, capture_output=True
        ).stdout
        luma = np.frombuffer(back[: height * width], np.uint8).reshape(height, width).astype(float)
        want = 10 * np.log10(255**2 / np.mean((luma - planes[0]) ** 2))
        assert scores[path.stem].decoded_psnr == pytest.approx(want, abs=0.1)
        assert scores[path.stem].psnr == scores[path.stem].decoded_psnr


def halfway(stills: Path, share: float) -> damage.Restoring:
    """Takes a share of the error away: it knows the clean pictures and goes through them in order."""
    cleans = [damage.as_floats(damage.clean_planes(path)) for path in sorted(stills.glob("*.png"))]
    return lambda planes: tuple(p + share * (q - p) for p, q in zip(planes, cleans.pop(0), strict=True))


def test_half_the_error_is_six_decibels_and_all_of_it_all_the_blocks(stills) -> None:
    scores = damage.decoded(halfway(stills, 0.5), stills, "mpeg2", 16)
    assert all(score.psnr - score.decoded_psnr == pytest.approx(6.02, abs=0.1) for score in scores.values())
    assert 0.4 < damage.cut(scores) < 1
    assert damage.cut(damage.decoded(damage.nothing, stills, "mpeg2", 16)) == 0
    with np.errstate(divide="ignore"):
        assert damage.cut(damage.decoded(halfway(stills, 1.0), stills, "mpeg2", 16)) == 1


def test_mpeg2_is_blocky_by_this_measure(stills) -> None:
    for score in damage.decoded(damage.nothing, stills, "mpeg2", 16).values():
        assert score.decoded_blocks > score.clean_blocks + 10


def test_harm_of_one_step_of_brightness(tmp_path) -> None:
    def brighter(planes: damage.Planes) -> damage.Planes:
        return planes[0] + np.float32(1 / 219), planes[1], planes[2]

    folder = save_stills(tmp_path, [leaves(3, 64)])
    assert damage.harm(damage.nothing, folder) == {"00": 99.0}
    assert damage.harm(brighter, folder)["00"] == pytest.approx(20 * np.log10(255), abs=1e-6)


def test_the_metrics_of_a_card(stills, tmp_path) -> None:
    (tmp_path / "stills").symlink_to(stills)
    found = damage.all_deartifacting(damage.nothing, tmp_path)
    assert found["kodak_luma_psnr_x264_q37"] == found["kodak_luma_psnr_x264_q37_decoded"]
    assert found["kodak_blockiness_cut_percent_mpeg2_q16"] == 0 and found["kodak_luma_psnr_clean_input"] == 99


def test_networks_are_applied_as_corrections() -> None:
    rng = np.random.default_rng(0)
    planes = tuple(rng.random(shape, np.float32) for shape in ((16, 24), (8, 12), (8, 12)))
    same = restoring(np.zeros_like)(planes)
    assert all(np.allclose(a, b, atol=1e-7) for a, b in zip(same, planes, strict=True))

    def twice(x: np.ndarray) -> np.ndarray:
        return np.full((3, 2 * x.shape[1], 2 * x.shape[2]), 0.25, np.float32)

    luma, cb, _ = restoring(twice, 2)(planes)
    want = bicubic_up(torch.from_numpy(planes[0])[None, None], 2)[0, 0].numpy() + 0.25
    assert luma.shape == (32, 48) and cb.shape == (16, 24)
    np.testing.assert_allclose(luma, want, atol=1e-6)

    class Told(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x[:, 3:4].expand(-1, 3, -1, -1)  # the map of luma's noise

    for a, b in zip(denoising_all(Told(), 0.125)(planes), planes, strict=True):
        np.testing.assert_allclose(a, b + 0.125, atol=1e-6)

    class Nothing(torch.nn.Module):
        scale, multiple = 2, 1

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.zeros(1, 1, 2 * x.shape[2], 2 * x.shape[3])

    larger = enlarging_all(Nothing())(planes)
    assert [plane.shape for plane in larger] == [(32, 48), (16, 24), (16, 24)]
    assert corrections(Nothing())(planes[0][None]).shape == (1, 32, 48)


def test_every_order_of_the_single_models() -> None:
    def marks(letter: str) -> damage.Restoring:
        return lambda planes: tuple(plane + letter for plane in planes)

    steps = {"denoise": marks("n"), "deartifact": marks("a"), "enlarge": marks("e")}
    made = {name: one(("", "", ""))[0] for name, one in restore.orders(steps).items()}
    assert set(made.values()) == {"e", "ne", "en", "ae", "ea", "nae", "nea", "ane", "aen", "ena", "ean"}
    assert made["deartifact, enlarge, denoise"] == "aen"


def test_the_damage_is_blur_shrinking_noise_and_x264(stills) -> None:
    from PIL import Image

    for (_, planes, clean), path in zip(restore.pictures(stills), sorted(stills.glob("*.png")), strict=True):
        rgb = np.asarray(Image.open(path))
        assert clean.shape == (176, 176) and planes[0].shape == (88, 88) and planes[1].shape == (44, 44)
        grey = Image.fromarray(blurred(rgb[:, :, 0], 1.2)).resize((88, 88), Image.Resampling.BICUBIC)
        undamaged = np.asarray(grey, float) / 255
        error = planes[0] - undamaged
        # The stills are grey, so luma is any of their planes. Noise of 0.02 goes in; the encoder takes and adds some.
        inner = error[4:-4, 4:-4]
        assert 0.01 < inner.std() < 0.04 and abs(inner.mean()) < 0.003
        for axis in (0, 1):
            assert (planes[0] - np.roll(undamaged, 1, axis))[4:-4, 4:-4].std() > 1.5 * inner.std()


def test_the_best_order_is_named(stills, tmp_path) -> None:
    (tmp_path / "stills").symlink_to(stills)

    def enlarge(planes: damage.Planes) -> damage.Planes:
        return tuple(plane.repeat(2, 0).repeat(2, 1) for plane in planes)

    def darker(planes: damage.Planes) -> damage.Planes:
        return tuple(0.5 * plane for plane in planes)

    rivals = {"good": enlarge, "bad": lambda planes: darker(enlarge(planes))}
    found = restore.all_restoring(enlarge, rivals, tmp_path)
    assert found["best_order"] == "good" and found["kodak_luma_psnr"] == found["kodak_luma_psnr_best_order"]
    assert 15 < found["kodak_luma_psnr"] < 35
    assert set(restore.all_restoring(enlarge, {}, tmp_path)) == {"kodak_luma_psnr"}
