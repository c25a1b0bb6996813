"""Conversions between primaries, against the matrices ITU-R printed."""

import numpy as np

from vsplugin.hdr.primaries import BT709, BT2020, CHROMATICITIES, P3_D65, conversion, xyz_of_rgb


def test_bt_709_to_bt_2020_is_bt_2087():
    expected = [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]]
    np.testing.assert_allclose(conversion(BT709, BT2020), expected, atol=5.1e-5)
    expected = [[0.627403896, 0.329283038, 0.043313066], [0.069097289, 0.919540395, 0.011362316]]
    np.testing.assert_allclose(conversion(BT709, BT2020)[:2], expected, atol=1e-9)


def test_bt_2020_to_xyz_is_bt_2446():
    expected = [[0.6370, 0.1446, 0.1689], [0.2627, 0.6780, 0.0593], [0.0000, 0.0281, 1.0610]]
    np.testing.assert_allclose(xyz_of_rgb(CHROMATICITIES[BT2020]), expected, atol=5.1e-5)


def test_white_stays_white_and_there_and_back_is_nothing():
    for source in CHROMATICITIES:
        np.testing.assert_allclose(conversion(source, P3_D65) @ np.ones(3), 1, atol=1e-12)
        np.testing.assert_allclose(conversion(source, BT2020) @ conversion(BT2020, source), np.eye(3), atol=1e-12)
