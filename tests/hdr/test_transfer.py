"""Transfer functions against values of the standards, against colour-science's (0.4.7) and against zimg."""

import numpy as np
import pytest
import vapoursynth as vs
from conftest import to_arrays, to_clip

from vsplugin.hdr import transfer
from vsplugin.hdr.ictcp import delta_e_itp, ictcp, light_of_ictcp


def test_pq_is_st_2084():
    """cd/m² -> signal; the last digits computed by colour-science's eotf_inverse_ST2084."""
    expected = {
        0.005: 0.015076399042367938, 0.1: 0.062336865662695869, 1: 0.14994573210018022, 10: 0.29969909242098597,
        100: 0.50807842151739901, 203: 0.58068888104161087, 1000: 0.75182709624704103, 4000: 0.9025723933109373,
    }  # fmt: skip
    for light, signal in expected.items():
        assert transfer.pq_inverse_eotf(light) == pytest.approx(signal, abs=1e-14)
        assert transfer.pq_eotf(signal) == pytest.approx(light, rel=1e-11)
    assert transfer.pq_inverse_eotf([0, 10_000]) == pytest.approx([7.3e-7, 1], abs=1e-8)
    assert transfer.pq_eotf([-0.1, 0, 1]).tolist() == pytest.approx([0, 0, 10_000])
    assert 10_000 < transfer.pq_eotf(1.09) < 30_000  # superwhite goes on


def test_hdr_reference_white_is_58_percent_pq_and_75_percent_hlg():
    """Report BT.2408, table 1: the levels cameras and graphics are lined up by, at 1,000 cd/m²."""
    for signal, light, pq in ((0.38, 26, 0.38), (0.71, 162, 0.56), (0.73, 179, 0.57), (0.75, 203, 0.58)):
        shown = transfer.hlg_eotf(np.full(3, signal))
        assert shown == pytest.approx(light, rel=0.025)
        assert transfer.pq_inverse_eotf(shown) == pytest.approx(pq, abs=0.006)


def test_hlg_is_bt_2100():
    scene = np.array([0.01, 1 / 12, 0.18, 0.5, 1])
    expected = [0.17320508075688773, 0.5, 0.6723581321276545, 0.8716434708741772, 0.9999999950661305]
    np.testing.assert_allclose(transfer.hlg_oetf(scene), expected, rtol=0, atol=1e-12)
    signal = np.array([0.75, 0.5, 0.2])
    shown = transfer.hlg_eotf(signal)
    np.testing.assert_allclose(shown, [175.33730424335698, 55.14530806564962, 8.823249290503941], rtol=1e-9)
    dim = transfer.hlg_eotf(signal, peak=2000, black=0.05)
    np.testing.assert_allclose(dim, [286.220137826627, 92.19811275521688, 17.58328641834348], rtol=1e-9)
    assert transfer.hlg_eotf(np.zeros(3), peak=2000, black=0.05) == pytest.approx(0.05, rel=1e-9)


def test_hlg_gamma_between_and_beyond_the_standard_s_displays():
    assert transfer.hlg_gamma(1000) == 1.2
    assert transfer.hlg_gamma(2000) == pytest.approx(1.326, abs=1e-3)
    assert transfer.hlg_gamma(4000) == pytest.approx(1.481, abs=1e-3)  # BT.2390: 1.2 * 1.111^2


def test_bt_1886():
    expected = [0.05, 0.8611307866938337, 20.91888657340529, 100]
    np.testing.assert_allclose(transfer.bt1886_eotf([0, 0.1, 0.5, 1], black=0.05), expected, rtol=1e-9)
    assert transfer.bt1886_eotf(1.09) == pytest.approx(100 * 1.09**2.4)
    assert transfer.bt1886_eotf(-0.2) == 0


@pytest.mark.parametrize("black", [0.0, 0.01])
def test_what_goes_in_comes_back(black):
    signal = np.linspace(0, 1, 999).reshape(-1, 3)
    np.testing.assert_allclose(transfer.pq_inverse_eotf(transfer.pq_eotf(signal)), signal, atol=1e-6)
    np.testing.assert_allclose(transfer.hlg_oetf(transfer.hlg_inverse_oetf(signal)), signal, atol=1e-12)
    shown = transfer.hlg_eotf(signal, 1500, black)
    np.testing.assert_allclose(transfer.hlg_inverse_eotf(shown, 1500, black), signal, atol=1e-12)
    shown = transfer.bt1886_eotf(signal, 120, black)
    np.testing.assert_allclose(transfer.bt1886_inverse_eotf(shown, 120, black), signal, atol=1e-12)


@pytest.mark.parametrize("name", ["st2084", "std-b67"])
def test_zimg_agrees(name):
    """resize computes in float32. Its HLG is for 1,000 cd/m² too, with the OOTF on each component: same for greys."""
    signal = np.random.default_rng(3).uniform(0, 1, (3, 32, 32)).astype(np.float32)
    if name == "std-b67":
        signal[:] = signal[0]
    clip = to_clip(list(signal), vs.core.get_video_format(vs.RGBS))
    options = {"nominal_luminance": 10_000 if name == "st2084" else 1000}
    linear = vs.core.resize.Point(
        clip, transfer_in_s=name, transfer_s="linear", primaries_in_s="2020", primaries_s="2020", **options
    )
    got = np.stack(to_arrays(linear), -1) * options["nominal_luminance"]
    signal = np.moveaxis(signal, 0, -1)
    expected = transfer.pq_eotf(signal) if name == "st2084" else transfer.hlg_eotf(signal)
    np.testing.assert_allclose(got, expected, rtol=2e-3, atol=2e-4)


def test_ictcp_is_bt_2100():
    expected = {
        (45.620519, 3.081071, 4.091952): (0.33091943381737055, 0.0014895323819163141, 0.26083757674843955),
        (1000, 10, 0.5): (0.6108929387415923, -0.17005868893692028, 0.4297457327921829),
        (0.01, 5000, 9999): (0.9005286848493839, 0.05951741229842865, -0.18536894578632257),
    }
    for light, colour in expected.items():
        np.testing.assert_allclose(ictcp(light), colour, rtol=0, atol=1e-13)
        np.testing.assert_allclose(light_of_ictcp(colour), light, rtol=1e-8, atol=1e-6)
    np.testing.assert_allclose(ictcp([203, 203, 203]), [0.5806888810416109, 0, 0], atol=1e-13)


def test_delta_e_itp_is_bt_2124():
    assert delta_e_itp([203, 150, 20], [210, 148, 25]) == pytest.approx(8.02027517231, abs=1e-9)
    grey = np.full(3, 1.0) * transfer.pq_eotf([[0.5], [0.5 + 1 / 876]])  # neighbours in 10 bits: 0.82
    assert delta_e_itp(grey[0], grey[1]) == pytest.approx(720 / 876, rel=1e-6)
