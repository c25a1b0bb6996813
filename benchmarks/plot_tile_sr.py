"""The figures of docs/tile_sr.md: ./run python benchmarks/plot_tile_sr.py

docs/images/tile_sr_roofline.png from results/kernels.json, docs/images/tile_sr_design.png drawn here.
"""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from common import RESULTS
from matplotlib.patches import Rectangle

from vsplugin import models

IMAGES = Path(__file__).parents[1] / "docs" / "images"
COLOURS = {"avx2": "#2a9d8f", "avx512": "#1f77b4", "amx": "#7b2cbf", "vnni": "#e76f51"}
MARKERS = {"avx2": "s", "avx512": "o", "amx": "^", "vnni": "D"}
PATCHES = ("avx2", "avx512")  # builds that make patches of pixels
PRODUCTS_SAVED = 144 / 36  # 4x4 pixels of a 3x3 convolution, directly and by F(4x4, 3x3)


def bytes_per_pixel(model: models.Model, fused: bool) -> float:
    """Float32 in and out; layer by layer also every hidden layer, written and read."""
    ends = 4 * (1 + (model.scale or 1) ** 2)
    inner = model.channels * 9
    layers = 1 + round((model.macs_per_pixel - inner - inner * (model.scale or 1) ** 2) / (model.channels * inner))
    return ends if fused else ends + layers * model.channels * 4 * 2


def roofline() -> None:
    model = models.find("plot", "sr2-fast", "super-resolution")
    results = json.loads((RESULTS / "kernels.json").read_text())
    bandwidth = results["one core copies, GB/s"]
    figure, axes = plt.subplots(figsize=(8, 5), dpi=120)
    intensity = np.logspace(-1, 4.2, 400)
    highest = 0.0
    # Labels in a column of their own: lines and points of two builds may coincide (CPUs that halve long vectors).
    for index, (name, found) in enumerate(results["one core, CPU time"].items()):
        peak, colour = found["peak_gmac_per_s"], COLOURS[name]
        patches = name in PATCHES
        highest = max(highest, PRODUCTS_SAVED * peak if patches else peak)
        axes.plot(intensity, np.minimum(peak, bandwidth * intensity), color=colour)
        if patches:
            axes.plot(intensity, np.minimum(PRODUCTS_SAVED * peak, bandwidth * intensity), color=colour, ls=":")
        axes.plot(
            model.macs_per_pixel / bytes_per_pixel(model, True), found["gmac_per_s"], MARKERS[name], color=colour, ms=7
        )
        direct = found["share_of_peak"]
        share = f"{direct:.2f} of the direct peak" + (
            f", {direct / PRODUCTS_SAVED:.2f} of Winograd's" if patches else ""
        )
        label = f"{name}: {found['gmac_per_s']:.0f} GMAC/s\n{share}"
        axes.text(0.5, 0.5 - 0.09 * index, label, color=colour, va="top", fontsize=8, transform=axes.transAxes)
    for fused, text in ((True, "fused: only the\nplanes move"), (False, "layer by layer")):
        x = model.macs_per_pixel / bytes_per_pixel(model, fused)
        axes.axvline(x, color="#888888", lw=0.8, ls="--")
        axes.text(x * 0.93, 1.3, text, rotation=90, ha="right", va="bottom", color="#555555", fontsize=9)
    axes.set(xscale="log", yscale="log", ylim=(1, highest * 1.5), xlim=(0.1, 1.6e4))
    axes.set(xlabel="multiply-adds of the network per byte of memory traffic", ylabel="GMAC/s, one core")
    axes.set_title(
        f"sr2-fast on {results['machine']['cpu']}; copies {bandwidth:g} GB/s\n"
        "solid: multiply-add peak of direct convolution; dotted: four times that, because Winograd's F(4x4, 3x3)\n"
        "makes a quarter of the products: that is why points lie above the solid lines. vnni: the INT8 copy, directly",
        fontsize=9,
    )
    axes.grid(alpha=0.25, which="both")
    figure.tight_layout()
    figure.savefig(IMAGES / "tile_sr_roofline.png")


def design() -> None:
    """One tile of columns on its way down a frame: what each layer holds at one moment."""
    figure, axes = plt.subplots(figsize=(9, 4.6), dpi=120)
    names = ("picture", "layer 1", "layer 2", "...", "layer 10", "output")
    for i, name in enumerate(names):
        left, lead = 1.7 * i, 0.55 * (len(names) - 1 - i)
        axes.add_patch(Rectangle((left, 0), 1.3, 6, fc="#f4f4f4", ec="#bbbbbb"))
        done = 1.2 + lead
        ends = i in (0, len(names) - 1)
        if ends:
            axes.add_patch(Rectangle((left + 0.45, 0), 0.4, done, fc="#cfe3f5" if i == 0 else "#d7f0dd", ec="none"))
        height = 0.9 if not ends else 0.45
        axes.add_patch(Rectangle((left + 0.3, done - height), 0.7, height, fc="#1f77b4" if not ends else "#2a9d8f"))
        axes.text(left + 0.65, 6.1, name, ha="center", va="top")
        if i + 1 < len(names):
            arrow = {"arrowstyle": "->", "color": "#d62828"}
            axes.annotate("", (left + 2.0, done - 0.75), (left + 1.0, done - 0.35), arrowprops=arrow)
    axes.text(0, -0.25, "rows the tile has passed", va="bottom", fontsize=9)
    axes.text(
        3.4,
        -0.25,
        "blue: rings of rows in the caches; each is as high as the next layer's kernel and step need",
        va="bottom",
        fontsize=9,
    )
    axes.set(xlim=(-0.1, 9.9), ylim=(6.6, -0.5))
    axes.axis("off")
    figure.tight_layout()
    figure.savefig(IMAGES / "tile_sr_design.png")


if __name__ == "__main__":
    roofline()
    design()
