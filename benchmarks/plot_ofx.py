"""docs/images/ofx_melt.png: a frame of the sample clip before and after the Denoise node, rendered by melt.

./run python benchmarks/plot_ofx.py, once tests/ofx/prepare_melt.sh has unpacked melt.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.ofx.test_melt import PROFILE, Melt, read  # noqa: E402

FRAME, ENLARGED = 2, 2


class Sample(Melt):
    """melt on the sample clip instead of the tests' own."""

    def _write_source(self) -> None:
        subprocess.run(["vsplugin", "sample", "film", str(self.source), "--overwrite"], check=True)
        with av.open(str(self.source)) as container:
            stream = container.streams.video[0]
            text = PROFILE.format(width=stream.width, height=stream.height, progressive=1, aspect=(1, 1))
        (self.folder / "profile.txt").write_text(text.replace("=16\n", "=4\n").replace("=9\n", "=3\n"))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        melt = Sample(Path(folder))
        before = melt.plain[FRAME]
        after = read(melt.run("after", "-filter", "openfx.org.vsplugin.denoise", "out=9"))[FRAME]
    middle = before.shape[1] // 2
    joined = np.concatenate([before[:, :middle], after[:, middle:]], axis=1)[..., :3]
    image = Image.fromarray((joined >> 8).astype(np.uint8))
    image = image.resize((image.width * ENLARGED, image.height * ENLARGED), Image.Resampling.LANCZOS)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(22)
    draw.line([(middle * ENLARGED, 0), (middle * ENLARGED, image.height)], fill="white", width=2)
    draw.text((middle * ENLARGED - 10, 8), "before", "white", font, anchor="ra")
    draw.text((middle * ENLARGED + 10, 8), "after: Denoise in melt", "white", font)
    out = ROOT / "docs" / "images" / "ofx_melt.png"
    image.quantize(256, dither=Image.Dither.NONE).save(out, optimize=True)
    print(out, image.size, out.stat().st_size)


if __name__ == "__main__":
    main()
