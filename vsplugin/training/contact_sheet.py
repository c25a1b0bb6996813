"""Every degradation on one picture, labelled with what a recipe would say: ``docs/images/degradations.png``.

``python -m vsplugin.training.contact_sheet PICTURE OUT.png`` draws it; ``--table`` prints the options of every step as
they stand in docs/degradations.md.
"""

from __future__ import annotations

import argparse
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .degrade.chain import keys, read_chain, run_chain
from .degrade.colour import to_rgb
from .degrade.motion import Scene, random_scene
from .degrade.patterns import PATTERNS
from .degrade.steps import STEPS, Step
from .pictures import load_rgb, ycbcr

WIDTH, HEIGHT, MARGIN = 144, 112, 24  # of what is shown, and the pixels around it that are damaged too
ENLARGED, COLUMNS, LABEL, GAP = 2, 4, 34, 8

Table = dict[str, Any]
SECOND_ORDER = [
    {"step": "blur", "kernels": ["anisotropic"], "sigma": [0.6, 1.6]},
    {"step": "resize", "factor": [0.7, 0.7]},
    {"step": "noise", "sigma": [0.03, 0.03]},
    {"step": "codec", "mjpeg": [8, 8]},
    {"step": "blur", "sigma": [0.8, 0.8]},
    {"step": "codec", "x264": [30, 30], "frames": 1},
]
SHOWN: list[tuple[str, list[Table]]] = [
    ("clean", []),
    *(
        (table["step"], [table])
        for table in (
            {"step": "blur", "kernels": ["gaussian"], "sigma": [1.6, 1.6]},
            {"step": "blur", "kernels": ["anisotropic"], "sigma": [0.6, 3.0]},
            {"step": "blur", "kernels": ["motion"], "length": [9, 9]},
            {"step": "blur", "kernels": ["defocus"], "radius": [3, 3]},
            {"step": "blur", "kernels": ["airy"], "spread": [2, 2]},
            {"step": "blur", "kernels": ["low-pass"], "cutoff": [1.2, 1.2]},
            {"step": "resize", "factor": [0.4, 0.4], "kernels": ["bicubic"]},
            {"step": "resize", "factor": [0.4, 0.4], "kernels": ["bilinear"], "aliased": 1},
            {"step": "noise", "sigma": [0.06, 0.06]},
            {"step": "sensor-noise", "gain": [0.01, 0.01], "read": [0.01, 0.01]},
            {"step": "chroma-noise", "sigma": [0.05, 0.05], "size": [2, 2]},
            {"step": "grain", "strength": [0.08, 0.08], "size": [0.8, 0.8]},
            {"step": "grain", "models": ["boolean"], "radius": [0.3, 0.3], "size": [0.6, 0.6]},
            {"step": "clip", "black": [0.2, 0.2], "white": [0.7, 0.7]},
            {"step": "band", "bits": [3, 3]},
            {"step": "interlace", "modes": ["comb"], "motion": [6, 6], "share": [1, 1]},
            {"step": "interlace", "modes": ["blend"], "motion": [6, 6], "share": [0.5, 0.5]},
            {"step": "interlace", "modes": ["drop"]},
            {"step": "codec", "mjpeg": [20, 20]},
            {"step": "codec", "mpeg2": [20, 20], "frames": 3, "motion": 1.5},
            {"step": "codec", "mpeg4": [20, 20], "frames": 3, "motion": 1.5},
            {"step": "codec", "x264": [38, 38], "frames": 3, "motion": 1.5, "deblock": 1},
            {"step": "codec", "x264": [38, 38], "frames": 3, "motion": 1.5, "deblock": 0},
            {"step": "codec", "x265": [38, 38], "frames": 3, "motion": 1.5, "deblock": 1},
        )
    ),
    ("second order", SECOND_ORDER),
]


def words(table: Table) -> str:
    """The options of a step, short: ``[x, x]`` is x."""

    def value(it: Any) -> str:
        if isinstance(it, list):
            return "-".join(dict.fromkeys(value(one) for one in it))
        return f"{it:g}" if isinstance(it, float | int) else str(it)

    return ", ".join(f"{key} {value(it)}" for key, it in table.items() if key != "step")


def middle(picture: np.ndarray) -> np.ndarray:
    """The part of ``(3, H, W)`` that is shown, with its margins: the middle one."""
    height, width = HEIGHT + 2 * MARGIN, WIDTH + 2 * MARGIN
    if picture.shape[1] < height or picture.shape[2] < width:
        raise SystemExit(f"contact_sheet: the picture must have at least {width}x{height} pixels")
    top, left = ((size - part) // 2 for size, part in zip(picture.shape[1:], (height, width), strict=True))
    return picture[:, top : top + height, left : left + width]


def tiles(picture: np.ndarray) -> list[tuple[str, str, np.ndarray]]:
    """Title, options and ``(HEIGHT, WIDTH, 3)`` uint8 of everything there is."""
    clean = middle(picture)
    made = []
    for title, chain in SHOWN:
        rng = np.random.default_rng(7)
        out = run_chain(read_chain(chain), clean[None], clean.shape[1:], rng)[0]
        below = words(chain[0]) if len(chain) == 1 else ", ".join(step["step"] for step in chain)
        made.append((title, below, _shown(out[:, MARGIN:-MARGIN, MARGIN:-MARGIN])))
    return [*made, *_patterns(), *_moving(picture)]


def _shown(ycc: np.ndarray) -> np.ndarray:
    return np.rint(255 * np.clip(to_rgb(ycc), 0, 1)).astype(np.uint8).transpose(1, 2, 0)


def _patterns() -> list[tuple[str, str, np.ndarray]]:
    """What enlarging is trained on beside photographs."""
    made = []
    for name, draw_one in PATTERNS.items():
        plane = draw_one(np.random.default_rng(5), WIDTH)[:HEIGHT]
        made.append((f"pattern: {name}", "super-resolution, patterns", _shown(np.stack([plane, *[0 * plane] * 2]))))
    return made


def _moving(picture: np.ndarray) -> list[tuple[str, str, np.ndarray]]:
    """A frame of a dead-leaves scene, the one two later, the flow between them and what it cannot tell."""
    scene: Scene = random_scene([picture], HEIGHT, WIDTH, np.random.default_rng(3), leaves=5, motion=2.5)
    flow, hidden = scene.flow(0, 2)
    x, y = np.clip(flow / 12, -0.5, 0.5)
    colours = np.stack([np.full_like(x, 0.55), -x - 0.5 * y, x - 0.5 * y])
    return [
        ("motion: a scene of dead leaves", "random_scene(leaves=5, motion=2.5), frame 0", _shown(scene.frame(0))),
        ("", "frame 2", _shown(scene.frame(2))),
        ("", "flow from frame 0 to 2, by colour", _shown(colours)),
        ("", "occlusion", np.repeat((255 * hidden).astype(np.uint8)[:, :, None], 3, 2)),
    ]


def draw(picture: np.ndarray) -> Image.Image:
    """The sheet from ``(3, H, W)`` Y, Cb, Cr."""
    made = tiles(picture)
    wide, high = WIDTH * ENLARGED + GAP, HEIGHT * ENLARGED + LABEL + GAP
    rows = -(-len(made) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * wide + GAP, rows * high + GAP), "white")
    pen = ImageDraw.Draw(sheet)
    for index, (title, options, tile) in enumerate(made):
        left, top = GAP + index % COLUMNS * wide, GAP + index // COLUMNS * high
        pen.text((left, top), title, "black", ImageFont.load_default(14))
        pen.text((left, top + 17), options, "#555555", ImageFont.load_default(11))
        enlarged = Image.fromarray(tile).resize((WIDTH * ENLARGED, HEIGHT * ENLARGED), Image.Resampling.NEAREST)
        sheet.paste(enlarged, (left, top + LABEL))
    return sheet


def table() -> str:
    """Markdown: every option of every step, its default and what is allowed."""
    lines = ["| step | option | default | allowed |", "|---|---|---|---|"]
    for name, kind in STEPS.items():
        first = (kind.__doc__ or "").strip().split("\n")[0]
        lines.append(f"| **{name}** | | | {first} |")
        lines += [f"| | `{option}` | {default} | {allowed} |" for option, default, allowed in _options(kind)]
    return "\n".join(lines) + "\n"


def _options(kind: type[Step]) -> list[tuple[str, str, str]]:
    rules = keys(kind)
    own = [one for one in fields(kind) if one.name != "chance" and one.default is not MISSING]
    return [(one.name, _default(one.default), rules[one.name].allowed) for one in own]


def _default(value: Any) -> str:
    if value is None:
        return "not used"
    if isinstance(value, tuple):
        return ", ".join(str(one) if isinstance(one, str) else f"{one:g}" for one in value)
    return f"{value:g}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw every degradation on one picture.")
    parser.add_argument("picture", type=Path, nargs="?")
    parser.add_argument("out", type=Path, nargs="?")
    parser.add_argument("--table", action="store_true", help="print the options of every step instead")
    arguments = parser.parse_args()
    if arguments.table:
        print(table(), end="")
        return
    if arguments.out is None:
        parser.error("PICTURE and OUT are needed")
    draw(ycbcr(load_rgb(arguments.picture))).save(arguments.out, optimize=True)


if __name__ == "__main__":
    main()
