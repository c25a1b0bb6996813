"""docs/images/lift_hdr.png: light over SDR signal for the methods of lift_hdr. ./run python benchmarks/plot_lift.py"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vsplugin.hdr import bt2446
from vsplugin.hdr.transfer import bt1886_eotf, pq_inverse_eotf

SIZE, SCALE = (960, 640), 2
LEFT, RIGHT, TOP, BOTTOM = 90, 30, 30, 60
LIGHTS = (0.01, 0.1, 1, 10, 100, 203, 1000, 4000, 10_000)


def curves() -> dict[str, tuple[str, np.ndarray]]:
    """Name -> colour, cd/m² over 0..109 % of the signal."""
    v = np.linspace(0, 1.09, 500)
    return {
        "SDR shown at 203 cd/m2": ("#888888", bt1886_eotf(v, 203)),
        "a, peak 1000": ("#1f77b4", np.minimum(1000 * bt2446.method_a(v) ** 2.4, 1000)),
        "a, peak 4000": ("#2a9d8f", np.minimum(4000 * bt2446.method_a(v, 4000) ** 2.4, 4000)),
        "maxrgb, peak 10000": ("#e9a000", v**2.4 * bt2446.gain_curve(v**2.4, 10_000)),
        "a, peak 10000": ("#7b2cbf", np.minimum(10_000 * bt2446.method_a(v, 10_000) ** 2.4, 10_000)),
        "c (limit 10000)": ("#d62828", bt2446.method_c(100 * v**2.4)),
    }


def main() -> None:
    width, height = (side * SCALE for side in SIZE)
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(15 * SCALE)

    def at(signal: float, light: float) -> tuple[float, float]:
        x = LEFT + signal / 1.09 * (SIZE[0] - LEFT - RIGHT)
        y = SIZE[1] - BOTTOM - float(pq_inverse_eotf(light)) * (SIZE[1] - TOP - BOTTOM)
        return x * SCALE, y * SCALE

    for light in LIGHTS:
        draw.line([at(0, light), at(1.09, light)], "#dddddd", SCALE)
        draw.text((at(0, light)[0] - 8 * SCALE, at(0, light)[1]), f"{light:g}", "black", font, anchor="rm")
    for signal in (0, 0.2, 0.4, 0.6, 0.8, 1.0):
        draw.line([at(signal, 0), at(signal, 10_000)], "#dddddd", SCALE)
        draw.text((at(signal, 0)[0], at(0, 0)[1] + 8 * SCALE), f"{signal:.0%}", "black", font, anchor="mt")
    draw.text((SCALE * SIZE[0] // 2, height - 8 * SCALE), "SDR signal", "black", font, anchor="mb")
    draw.text((8 * SCALE, 6 * SCALE), "cd/m2, spaced as PQ", "black", font)
    for row, (name, (colour, light)) in enumerate(curves().items()):
        points = [at(s, value) for s, value in zip(np.linspace(0, 1.09, 500), light, strict=True)]
        draw.line(points, colour, 2 * SCALE + 1, joint="curve")
        draw.text(((LEFT + 20) * SCALE, (TOP + 14 + 24 * row) * SCALE), name, colour, font)
    target = Path(__file__).parents[1] / "docs" / "images" / "lift_hdr.png"
    image.resize(SIZE, Image.Resampling.LANCZOS).quantize(255).save(target, optimize=True)


if __name__ == "__main__":
    main()
