"""The table of ``vsplugin models``."""

from __future__ import annotations

from pathlib import Path

import pytest

from vsplugin.cli import model_table
from vsplugin.models import Model

CARD = {
    "parameters": 75460,
    "metrics": {"set5_y_psnr": 37.3, "set5_y_psnr_bicubic": 33.65, "set14_halo_over_lanczos": 0.583},
}


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("set14_y_psnr", "Set14"),
        ("kodak_luma_psnr_sigma25_full_range", "Kodak sigma 25 full range"),
        ("kodak_luma_psnr_x264_q37", "Kodak x264 QP 37"),
        ("kodak_blockiness_cut_percent_mpeg2_q16", "Kodak blocks cut % mpeg2 scale 16"),
        ("kodak_luma_psnr_clean_input", "Kodak clean input"),
    ],
)
def test_figures_are_named_for_people(key, words):
    assert model_table.words(key) == words


def test_gains_are_over_doing_nothing():
    assert model_table.measured(CARD["metrics"]) == ["Set5 37.30 dB (+3.65)", "Set14 ringing / Lanczos' 0.58"]
    assert model_table.measured({"kodak_y_psnr": 30.0, "kodak_y_psnr_noisy": 31.0}) == ["Kodak 30.00 dB (-1.00)"]


def test_markdown_has_a_row_for_each_model_even_without_figures():
    models = [
        Model("mine", Path("m.onnx"), "super-resolution", scale=2, macs_per_pixel=75168, card=CARD),
        Model("bare", Path("b.onnx"), "denoise", scale=1),
    ]
    *_, mine, bare = model_table.markdown(models).splitlines()
    assert mine == (
        "| mine | super-resolution | x2 | 75 k | 75 k | Set5 37.30 dB (+3.65), Set14 ringing / Lanczos' 0.58 |"
    )
    assert bare == "| bare | denoise | x1 | unknown | unknown |  |"
