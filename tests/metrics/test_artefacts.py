"""Blocks and halos by hand."""

from __future__ import annotations

import numpy as np
import pytest

from vsplugin import metrics
from vsplugin.metrics.blocks import blocking_effect
from vsplugin.metrics.halo import halo_energy

from .clips import clip_of


def test_blockiness_of_a_step_on_the_grid_and_beside_it():
    on, off = np.zeros((16, 16)), np.zeros((16, 16))
    on[:, 8:] = off[:, 4:] = 10
    # 480 pairs of neighbours, 32 of them across the grid; eta = log2(8) / log2(16) = 3/4 (Yim & Bovik, eq. 8 to 13).
    assert blocking_effect(on) == pytest.approx(0.75 * 16 * 100 / 32)
    assert blocking_effect(on.T) == pytest.approx(0.75 * 16 * 100 / 32)
    assert blocking_effect(off) == pytest.approx(-0.75 * 16 * 100 / 448)
    assert blocking_effect(np.full((24, 40), 7.0)) == 0
    found = metrics.measure(None, clip_of([[on / 255]]), ["blockiness"])
    assert found.pooled["blockiness"] == pytest.approx(0.75 * 16 * 100 / 32, rel=1e-5)


def test_halo_is_the_energy_beyond_the_local_range_of_the_truth():
    truth = np.full((20, 30), 50.0)
    truth[:, 15:] = 150
    out = truth.copy()
    out[:, 16] = 160  # 10 above everything near
    out[:, 12] = 44  # 6 below
    out[:, 14] = 120  # an edge less steep: within the range
    assert halo_energy(out, truth, 2) == pytest.approx((10**2 + 6**2) / 26)
    assert halo_energy(truth, truth, 2) == 0
    found = metrics.measure(clip_of([[truth / 255]]), clip_of([[out / 255]]), ["halo"])
    assert found.pooled["halo"] == pytest.approx((10**2 + 6**2) / 26, rel=1e-4)
