"""The pictures of the docs: before and after, by the models that ship, and the damages of film.

``python benchmarks/sheets.py [NAME ...] [CORPUS]``, names as in ``SHEETS``. Pictures of Kodak, whose truth is known,
and footage as it was found. Parts are cut, never chosen anew for a model.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import noise as of_tones
import numpy as np
import vapoursynth as vs
from clips import clip_of, planes_of
from PIL import Image, ImageDraw, ImageFont
from preset_material import materials

import vsplugin
from vsplugin import noise, sample
from vsplugin.sample import film
from vsplugin.training import evaluate_restore
from vsplugin.training.evaluate_damage import clean_planes

IMAGES = Path(__file__).parents[1] / "docs" / "images"
LABEL, GAP = 18, 6
_CODES = ((16, 219), (128, 224), (128, 224))  # nominal 0 and 1 of Y, Cb, Cr in 8 bits
Panel = tuple[str, np.ndarray]  # what it is, (H, W, 3) uint8


def shown(clip: vs.VideoNode, part: tuple[int, int, int, int], frame: int = 0) -> np.ndarray:
    """Left, top, width and height of a frame as ``(H, W, 3)`` uint8."""
    left, top, width, height = part
    options = {"matrix_in": 6} if clip.format.color_family == vs.YUV else {}
    clip = vs.core.resize.Bicubic(clip[frame], format=vs.RGB24, **options)
    return np.stack(planes_of(clip.std.CropAbs(width, height, left, top)), 2)


def enlarged_pixels(picture: np.ndarray, times: int) -> np.ndarray:
    return picture.repeat(times, 0).repeat(times, 1)


def sheet(rows: list[list[Panel]], path: Path) -> None:
    widths = [sum(panel.shape[1] + GAP for _, panel in row) + GAP for row in rows]
    heights = [max(panel.shape[0] for _, panel in row) + LABEL + GAP for row in rows]
    page = Image.new("RGB", (max(widths), sum(heights)), "white")
    pen, top = ImageDraw.Draw(page), 0
    for row, height in zip(rows, heights, strict=True):
        left = GAP
        for words, panel in row:
            pen.text((left, top + 2), words, "black", ImageFont.load_default(12))
            page.paste(Image.fromarray(panel), (left, top + LABEL))
            left += panel.shape[1] + GAP
        top += height
    page.save(path, quality=88)
    print(f"{path}: {page.width}x{page.height}, {path.stat().st_size >> 10} KiB")


def kodak(corpus: Path, number: int) -> vs.VideoNode:
    """8-bit 4:2:0."""
    return clip_of(list(clean_planes(corpus / f"public/stills/{number}.png")), vs.YUV420P8)


def enlarged(corpus: Path) -> None:
    rows = []
    for scale, number, part in (
        (2, 5, (120, 180, 224, 176)),
        (2, 19, (270, 280, 224, 176)),
        (4, 23, (60, 100, 224, 176)),
        (4, 1, (400, 190, 224, 176)),
    ):
        truth = kodak(corpus, number)
        small = vs.core.resize.Bicubic(truth, truth.width // scale, truth.height // scale)
        names = ("sr2-fast",) if scale == 2 else ("sr4-realtime", "sr4-fast")
        candidates: list[tuple[str, vs.VideoNode]] = [
            (f"Lanczos x{scale}", vs.core.resize.Lanczos(small, truth.width, truth.height)),
            *((f"upscale, {name}", vsplugin.upscale(small, scale=scale, model=name)) for name in names),
            ("the picture before it was shrunk", truth),
        ]
        rows.append([(words, enlarged_pixels(shown(clip, part), 2)) for words, clip in candidates])
    sheet(rows, IMAGES / "models_enlarged.jpg")


def drawn(corpus: Path) -> None:
    """What is nearest, and what looks most like a photograph."""
    rows = []
    for number, part in ((8, (60, 230, 224, 176)), (19, (270, 280, 224, 176)), (15, (200, 90, 224, 176))):
        truth = kodak(corpus, number)
        small = vs.core.resize.Bicubic(truth, truth.width // 4, truth.height // 4)
        candidates: list[tuple[str, vs.VideoNode]] = [
            ("Lanczos x4", vs.core.resize.Lanczos(small, truth.width, truth.height)),
            *(
                (name, vsplugin.upscale(small, scale=4, model=name, mode="fidelity"))
                for name in ("sr4-fast", "sr4-perceptual")
            ),
            ("the picture before it was shrunk", truth),
        ]
        rows.append([(words, enlarged_pixels(shown(clip, part), 2)) for words, clip in candidates])
    sheet(rows, IMAGES / "models_drawn.jpg")


def footage(corpus: Path) -> None:
    """What was found in archives and on the net: nobody knows the truth."""
    rows = []
    for words, file, frame, part in (
        ("film of 1906", "oldfilm_pd/market_street_1906_480x368_24f.mkv", 8, (700, 130, 224, 170)),
        ("VP8", "containers/bbb_960x540_60fps_vp8.webm", 40, (960, 330, 224, 170)),
        ("cars", "video/cars_768x432.mkv", 20, (590, 160, 224, 170)),
    ):
        clip = vs.core.bs.VideoSource(str(corpus / "public" / file), cachemode=0)[frame]
        width, height = clip.width * 2, clip.height * 2
        rows.append(
            [
                (f"{words}, Lanczos x2", enlarged_pixels(shown(clip.resize.Lanczos(width, height), part), 2)),
                ("denoise, upscale", enlarged_pixels(shown(vsplugin.upscale(vsplugin.denoise(clip)), part), 2)),
            ]
        )
    sheet(rows, IMAGES / "models_footage.jpg")


def denoisers(corpus: Path) -> None:
    """Both denoisers on Kodak with noise of a known strength, and on film as it was found."""
    rng = np.random.default_rng(0)
    rows: list[list[Panel]] = []
    for number, sigma, part in ((1, 25, (400, 190, 200, 160)), (23, 50, (60, 100, 200, 160))):
        truth = kodak(corpus, number)
        planes = [np.clip(np.rint(p + rng.normal(0, sigma, p.shape)), 0, 255) for p in planes_of(truth)]
        noisy = clip_of([plane.astype(np.uint8) for plane in planes], vs.YUV420P8)
        row = [(f"noise of sigma {sigma}", noisy), *_denoised(noisy, sigma), ("the picture without noise", truth)]
        rows.append([(words, enlarged_pixels(shown(clip, part), 2)) for words, clip in row])
    film = vs.core.bs.VideoSource(str(corpus / "public/oldfilm_pd/market_street_1906_480x368_24f.mkv"), cachemode=0)[8]
    row = [("film of 1906, as found", film), *_denoised(film, None)]
    rows.append([(words, enlarged_pixels(shown(clip, (250, 110, 200, 160)), 2)) for words, clip in row])
    sheet(rows, IMAGES / "denoisers.jpg")


def tones(corpus: Path) -> None:
    """Noise that depends on brightness, taken off by the level of the flattest places and by what is measured."""
    rng, rows = np.random.default_rng(0), []
    for number, kind, words, part in (
        (23, "shot", "shot noise", (60, 60, 230, 190)),
        (5, "shadows", "noise in shadows", (330, 60, 230, 190)),
    ):
        truth = kodak(corpus, number)
        planes, sigma = of_tones.noisy(
            [(p.astype(float) - o) / s for p, (o, s) in zip(planes_of(truth), _CODES, strict=True)], kind, rng
        )
        coded = [np.rint(p * s + o).astype(np.uint8) for p, (o, s) in zip(planes, _CODES, strict=True)]
        noisy, level = clip_of(coded, vs.YUV420P8), 255 * noise.plane_sigma(planes[0])
        row = [
            (f"{words}, sigma {sigma.min():.0f} to {sigma.max():.0f}", noisy),
            (f"one level, of the flattest places: {level:.1f}", vsplugin.denoise(noisy, sigma=level)),
            ("denoise: measured at each brightness", vsplugin.denoise(noisy)),
            ("the picture without noise", truth),
        ]
        rows.append([(words, enlarged_pixels(shown(clip, part), 2)) for words, clip in row])
    sheet(rows, IMAGES / "noise.jpg")


def restored(corpus: Path) -> None:
    """Noise, compression and blur undone together: Kodak damaged by a known chain, and video as it was found."""
    rows: list[list[Panel]] = []
    chosen = {"5": (120, 180, 224, 160), "23": (60, 100, 224, 160)}
    for name, planes, _ in evaluate_restore.pictures(corpus / "public/stills"):
        if name not in chosen:
            continue
        bad = clip_of(list(planes), vs.YUV420PS)
        truth = kodak(corpus, int(name))
        row = [("blur, noise, x264: Lanczos x2", bad.resize.Lanczos(truth.width, truth.height)), *_both(bad)]
        rows.append(
            [(words, enlarged_pixels(shown(clip, chosen[name]), 2)) for words, clip in [*row, ("truth", truth)]]
        )
    for words, file, frame, part in (
        ("VP8", "containers/bbb_960x540_60fps_vp8.webm", 40, (960, 330, 224, 160)),
        ("film of 1906", "oldfilm_pd/market_street_1906_480x368_24f.mkv", 8, (700, 130, 224, 160)),
    ):
        clip = vs.core.bs.VideoSource(str(corpus / "public" / file), cachemode=0)[frame]
        row = [(f"{words}, Lanczos x2", clip.resize.Lanczos(clip.width * 2, clip.height * 2)), *_both(clip)]
        rows.append([(label, enlarged_pixels(shown(made, part), 2)) for label, made in row])
    sheet(rows, IMAGES / "restore.jpg")


def _both(clip: vs.VideoNode) -> list[tuple[str, vs.VideoNode]]:
    """The separate filters in their best order (docs/training.md), and the one that does it all."""
    return [
        ("deartifact, upscale", vsplugin.upscale(vsplugin.deartifact(clip))),
        ("restore", vsplugin.restore(clip)),
    ]


def _denoised(clip: vs.VideoNode, sigma: float | None) -> list[tuple[str, vs.VideoNode]]:
    return [(name, vsplugin.denoise(clip, sigma=sigma, model=name)) for name in ("denoise-fast", "denoise")]


def damage(corpus: Path) -> None:
    """Every kind of damage alone, somewhat more than usual, and all as usual; each with its ``--damage``."""
    clean, part = sample.clean("film"), (250, 60, 300, 190)
    tiles: list[Panel] = [("the clean picture", shown(clean, part, 4))]
    for text, frame in (
        ("fade", 4),
        ("weave=2", 4),
        ("flicker=15,flicker.gradient=15", 4),
        ("grain=14,grain.size=2", 4),
        ("stains=3", 5),
        ("scratches=6", 4),
        ("hair=6", 7),
        ("dust=40", 4),
        ("gate=12", 5),
        ("tears=1", 3),
        ("all", 8),
    ):
        made = film.damaged(clean, film.read(text), sample.FILM_SEED).clip
        tiles.append((text, shown(made, part, frame)))
    sheet([tiles[start : start + 3] for start in range(0, len(tiles), 3)], IMAGES / "film_damage.jpg")


def archive(corpus: Path) -> None:
    """Real damaged film: as found, what ``repair`` takes for dirt laid over in red, repaired, and the preset film."""
    street = vs.core.bs.VideoSource(str(corpus / "public/oldfilm_pd/market_street_1906_480x368_24f.mkv"), cachemode=0)
    masks, repaired = vsplugin.repair(street, show="mask"), vsplugin.repair(street)
    restored = vsplugin.preset(street, "film")
    rows = []
    for frame, (left, top) in ((13, (130, 140)), (19, (0, 0)), (22, (170, 0))):
        part = (left, top, 240, 220)
        rows.append(
            [
                *_judged(street, masks, repaired, part, frame),
                ("preset film (x2, shown at half)", shown(half(restored), part, frame)),
            ]
        )
    sheet(rows, IMAGES / "film_restored.jpg")
    sheet([_judged(street, masks, repaired, (0, 0, street.width, street.height), 19)], IMAGES / "repair.png")


def _judged(
    street: vs.VideoNode, masks: vs.VideoNode, repaired: vs.VideoNode, part: tuple[int, int, int, int], frame: int
) -> list[Panel]:
    found, mask = shown(street, part, frame), shown(masks, part, frame)
    return [
        (f"1906, frame {frame}, as found", found),
        ("what repair takes for dirt", np.where(mask > 127, np.array([255, 40, 40], np.uint8), found)),
        ("repair", shown(repaired, part, frame)),
    ]


def half(clip: vs.VideoNode) -> vs.VideoNode:
    return clip.resize.Bicubic(clip.width // 2, clip.height // 2)


def kinds(corpus: Path) -> None:
    """The presets on material of their kind (benchmarks/preset_material.py), with the truth beside."""
    rows = []
    for preset, name, frame, part in (
        ("vhs", "cars", 5, (150, 60, 200, 130)),
        ("dvd", "cars", 5, (280, 130, 200, 130)),
        ("anime", "street", 5, (120, 120, 200, 130)),
    ):
        one = materials(corpus, preset, 8)[name]
        truth, out = one.truth, vsplugin.preset(one.source, preset)
        source = one.source.std.SetFrameProps(_FieldBased=0).resize.Bicubic(truth.width, truth.height)
        if out.width != truth.width:
            out = out.resize.Bicubic(truth.width, truth.height)
        clips = ((f"{preset}: as it comes in", source), (f"preset {preset}", out), ("the truth", truth))
        rows.append([(words, enlarged_pixels(shown(clip, part, frame), 2)) for words, clip in clips])
    sheet(rows, IMAGES / "presets.jpg")


def gate(corpus: Path) -> None:
    """A hair in the gate and a tear, drawn over a real clip: before, what is found in red, repaired."""
    street = vs.core.bs.VideoSource(str(corpus / "public/video/walker_768x432.mkv"), cachemode=0)[:9]
    moving = [street[n].std.CropAbs(704, 400, 4 * n, 2 * n) for n in range(9)]  # as if the camera moved
    rows = []
    for words, recipe, seed in (("hairs in the gate", "gate=3,gate.tremble=0.1", 31), ("a tear", "tears=0.4", 31)):
        made = film.damaged(vs.core.std.Splice(moving), film.read(recipe), seed)
        frame = next(n for n in range(3, 9) if recipe.startswith("gate") or made.film.ripped(n))
        part, out = (0, 0, 704, 400), vsplugin.repair(made.clip, gate_hair=True)
        before, after = shown(made.clip, part, frame), shown(out, part, frame)
        mask = shown(vsplugin.repair(made.clip, gate_hair=True, show="mask"), part, frame)
        changed = (mask > 127).any(2, keepdims=True)
        panels = ((words, before), ("found", np.where(changed, np.uint8([255, 40, 40]), before)), ("repair", after))
        rows.append([(text, picture[::2, ::2]) for text, picture in panels])
    sheet(rows, IMAGES / "gate.jpg")


SHEETS: dict[str, Callable[[Path], None]] = {
    "enlarged": enlarged,
    "drawn": drawn,
    "footage": footage,
    "restored": restored,
    "denoisers": denoisers,
    "tones": tones,
    "damage": damage,
    "archive": archive,
    "kinds": kinds,
    "gate": gate,
}


def main() -> None:
    chosen = [argument for argument in sys.argv[1:] if argument in SHEETS] or list(SHEETS)
    others = [argument for argument in sys.argv[1:] if argument not in SHEETS]
    corpus = Path(others[0]) if others else Path(__file__).parents[2] / "shared/corpus"
    if not (corpus / "public").is_dir():
        sys.exit(f"sheets: no corpus at {corpus}")
    for name in chosen:
        SHEETS[name](corpus)


if __name__ == "__main__":
    main()
