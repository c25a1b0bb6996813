"""The sheet of all degradations, and the page that shows it."""

from __future__ import annotations

import numpy as np
import pytest
from material import ROOT, leaves

pytest.importorskip("torch", reason="the training room needs torch: install the 'train' extra")
pytest.importorskip("av", reason="codecs need PyAV: pip install av")

from vsplugin.training import contact_sheet as sheet
from vsplugin.training.degrade.steps import STEPS
from vsplugin.training.pictures import ycbcr


def test_the_table_in_the_docs_is_that_of_the_code() -> None:
    assert (ROOT / "docs/degradations.md").read_text().split("<!-- options -->\n")[1] == sheet.table()


def test_every_step_is_shown_and_every_tile_but_the_first_is_damaged() -> None:
    shown = {table["step"] for _, chain in sheet.SHOWN for table in chain}
    assert shown == set(STEPS) - {"shrink"}  # to the network's input: the size of the tile
    tiles = sheet.tiles(ycbcr(leaves(1, 240)))
    assert tiles[0][0] == "clean"
    damaged = [tile for _, _, tile in tiles[1 : len(sheet.SHOWN)]]
    assert all(np.abs(tile.astype(int) - tiles[0][2]).mean() > 0.5 for tile in damaged)
    assert len({tile.tobytes() for tile in damaged}) == len(damaged)


def test_the_sheet_holds_all_tiles() -> None:
    image = sheet.draw(ycbcr(leaves(1, 240)))
    rows = -(-(len(sheet.SHOWN) + 6 + 4) // sheet.COLUMNS)  # patterns and a moving scene
    assert image.width == 4 * (2 * sheet.WIDTH + sheet.GAP) + sheet.GAP
    assert image.height == rows * (2 * sheet.HEIGHT + sheet.LABEL + sheet.GAP) + sheet.GAP


def test_a_small_picture_is_refused() -> None:
    with pytest.raises(SystemExit, match="at least 192x160"):
        sheet.draw(ycbcr(leaves(1, 100)))


def test_options_in_words() -> None:
    assert sheet.words({"step": "blur", "sigma": [1.5, 1.5], "kernels": ["airy"]}) == "sigma 1.5, kernels airy"
    assert sheet.words({"step": "codec", "x264": [20, 38], "frames": 3}) == "x264 20-38, frames 3"
