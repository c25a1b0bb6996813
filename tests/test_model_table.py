"""The table of ``vsplugin models``."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from vsplugin import models
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
        ("kodak_blockiness_cut_percent_mpeg2_q16", "Kodak MPEG-2 scale 16, blocks cut by"),
        ("kodak_luma_psnr_clean_input", "Kodak clean input"),
        ("kodak_percent_of_regions_restored", "Kodak regions restored"),
        ("samples_false_percent_of_clean", "clean pictures taken for dirt"),
    ],
)
def test_figures_are_named_for_people(key, words):
    assert model_table.words(key) == words


def test_gains_are_over_doing_nothing():
    assert model_table.measured(CARD["metrics"]) == ["Set5: 37.30 dB (+3.65)", "Set14 ringing / Lanczos': 0.58"]
    assert model_table.measured({"kodak_y_psnr": 30.0, "kodak_y_psnr_noisy": 31.0}) == ["Kodak: 30.00 dB (-1.00)"]
    faded = {"held_back_faded": 5.8, "held_back_before": 9.2, "held_back_told_apart": 0.813}
    assert model_table.measured(faded) == [
        "faded stills at sure=0, ΔE94 from the truth: 5.80 (-3.40)", "faded and unfaded told apart: 81.3 %",
    ]  # fmt: skip


@pytest.mark.parametrize("model", models.installed(), ids=lambda model: model.name)
def test_no_figure_of_what_ships_reads_like_a_variable(model):
    figures = model_table.measured(model.card["metrics"])
    assert figures and not [one for one in figures if re.search(r"_|held back|samples|percent|psnr", one)]


def test_everything_is_legible_in_80_columns(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    model_table.show(models.installed())
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= 80 or "model.onnx" in line for line in lines) and not any("…" in line for line in lines)
    assert any("Set5: 37." in line for line in lines)


def test_markdown_has_a_row_for_each_model_even_without_figures():
    made = [
        Model("mine", Path("m.onnx"), "super-resolution", scale=2, macs_per_pixel=75168, card=CARD),
        Model("bare", Path("b.onnx"), "denoise", scale=1),
    ]
    *_, mine, bare = model_table.markdown(made).splitlines()
    assert mine == (
        "| mine | super-resolution | x2 | 75 k | 75 k | Set5: 37.30 dB (+3.65); Set14 ringing / Lanczos': 0.58 |"
    )
    assert bare == "| bare | denoise | x1 | unknown | unknown |  |"
