"""Static metadata in everyone's units, against what x265 and FFmpeg themselves say."""

from __future__ import annotations

import pytest

from vsplugin.errors import UserError
from vsplugin.hdr.static import ContentLight, MasteringDisplay

P3 = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)"


def test_x265s_units_are_the_properties() -> None:
    display = MasteringDisplay.from_x265(P3)
    assert display.to_x265() == P3
    props = display.to_props()
    assert props["MasteringDisplayPrimariesX"] == [0.68, 0.265, 0.15]
    assert props["MasteringDisplayPrimariesY"] == [0.32, 0.69, 0.06]
    assert (props["MasteringDisplayWhitePointX"], props["MasteringDisplayWhitePointY"]) == (0.3127, 0.329)
    assert (props["MasteringDisplayMaxLuminance"], props["MasteringDisplayMinLuminance"]) == (1000.0, 0.0001)
    assert MasteringDisplay.from_props(props) == display and MasteringDisplay.from_props({}) is None


def test_ffmpegs_ratios() -> None:
    display = MasteringDisplay.from_x265(P3)
    ratios = display.to_ffmpeg()
    assert ratios["red_x"] == "34000/50000" and ratios["max_luminance"] == "10000000/10000"
    assert MasteringDisplay.from_ffmpeg({**ratios, "side_data_type": "Mastering display metadata"}) == display
    with pytest.raises(UserError, match="incomplete"):
        MasteringDisplay.from_ffmpeg({**ratios, "red_x": "1/0"})


def test_the_sei_message() -> None:
    display = MasteringDisplay.from_x265(P3)
    assert display.to_sei().hex() == "33c286c41d4c0bb884d03e803d13404200989680" + "00000001"
    assert MasteringDisplay.from_sei(display.to_sei()) == display
    light = ContentLight(987, 321)
    assert (light.to_sei().hex(), light.to_x265()) == ("03db0141", "987,321")
    assert ContentLight.from_sei(light.to_sei()) == ContentLight.from_props(light.to_props()) == light
    for short in (MasteringDisplay.from_sei, MasteringDisplay.from_av1, ContentLight.from_sei):
        with pytest.raises(UserError, match="got 3"):
            short(b"123")


def test_av1s_units() -> None:
    payload = bytes.fromhex("ae14 51eb 43d7 b0a4 2666 0f5c 500d 5439".replace(" ", "")) + (1000 * 256).to_bytes(4)
    display = MasteringDisplay.from_av1(payload + (2).to_bytes(4))
    assert display.to_x265() == P3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (P3.replace("13250", "50001"), "green x must be in [0, 1]; got 1.00002"),
        (P3.replace("10000000", "0"), "highest luminance must be in (0, 10000] cd/m²; got 0"),
        (P3.replace("10000000", "100000001"), "highest luminance must be in (0, 10000]"),
        (P3.replace(",1)", ",10000000)"), "lowest luminance must be in [0, 1000) cd/m²; got 1000"),
        (P3.replace("13250", "9" * 5000), "green x must be in [0, 1]"),
        ("G(1,2)", "must read G(x,y)B(x,y)R(x,y)WP(x,y)L(max,min)"),
    ],
)
def test_out_of_range_is_refused(text: str, words: str) -> None:
    with pytest.raises(UserError) as told:
        MasteringDisplay.from_x265(text)
    assert words in str(told.value)


def test_nonsense_in_properties_is_refused() -> None:
    good = MasteringDisplay.from_x265(P3).to_props()
    for name, value, words in (
        ("MasteringDisplayMaxLuminance", float("nan"), "finite"),
        ("MasteringDisplayMaxLuminance", -5.0, "highest luminance"),
        ("MasteringDisplayPrimariesX", [0.1, 0.2], "3 primaries"),
        ("MasteringDisplayPrimariesX", [0.1, 0.2, float("inf")], "finite"),
    ):
        with pytest.raises(UserError, match=words):
            MasteringDisplay.from_props({**good, name: value})
    with pytest.raises(UserError, match="MaxCLL must be in"):
        ContentLight(65536, 0)
