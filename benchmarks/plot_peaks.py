"""Draw docs/images/hdr_peaks.png as `vsplugin hdr show --plot` does: three shots of sample:hdr, measured anew.

./run python benchmarks/plot_peaks.py
"""

from __future__ import annotations

from pathlib import Path

import vapoursynth as vs

from vsplugin import hdr, sample
from vsplugin.hdr import plot, sidecar

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "hdr_peaks.png"


def main() -> None:
    clip = sample.clip("hdr", 48)
    shots = [clip[16 * n : 16 * n + 16].std.Expr([f"x {codes} +", ""]) for n, codes in enumerate((-120, 0, 60))]
    frames, _ = sidecar.of_clip(hdr.recompute(vs.core.std.Splice(shots)))
    plot.draw(frames, PICTURE, "three shots")


if __name__ == "__main__":
    main()
