"""Removal of sensor noise, luma and chroma together, by a network that is told how strong the noise is."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import vapoursynth as vs

from .. import color, kernels, models, noise
from ..hdr import gamma
from ..motion import average
from ..spec import Promise, Range, check_progressive, restoration
from . import corrections

_FARTHEST = 6  # times sigma: of white noise, one sample in 500 million lies further out
_OVER_TIME = "denoise-t"  # task of networks that see the noisy frame beside the mean over time
_PROFILES = ("profile", "profile_chroma")  # arguments
_AREA = 16  # pixels: the mean of white noise over 16x16 of them is sigma / 16


def _changed(before: vs.VideoNode, after: vs.VideoNode, values: dict[str, Any], prop: str) -> vs.VideoNode:
    """``after`` with the largest change of each plane, in 8-bit steps: where ``sigma`` is meant, in gamma for HDR."""
    core = vs.core
    old, new = color.to_float(before), color.to_float(after)
    signal, changed = color.to_yuv(before), color.to_yuv(after)
    there, now = gamma.of(signal), gamma.of(changed)
    if there and now:
        old, new = there.luma, now.luma
        if there.slope is not None:
            changes = core.std.MakeDiff(changed, signal)
            grown = [core.std.Expr([color.plane(changes, p), there.slope], "x y *") for p in (1, 2)]
            none = core.std.BlankClip(grown[0], keep=True)
            old = core.std.ShufflePlanes([old, none, none], [0, 0, 0], vs.YUV)
            new = core.std.ShufflePlanes([new, *grown], [0, 0, 0], vs.YUV)
    # Of equal size, reducing changes nothing and what it cannot explain is the difference.
    old, new = (core.std.Expr(clip, "x 255 *") for clip in (old, new))
    measured = kernels.plugin().ReductionResidual(new, old, degradation="area", prop=prop)
    return core.std.CopyFrameProps(after, measured, props=[prop])


def _six_sigma(before: vs.VideoNode, values: dict[str, Any]) -> tuple[float, ...]:
    """In 8-bit steps, with half a code for rounding. RGB is corrected as BT.709 Y'CbCr: its planes sum changes up."""
    kind = before.format
    said = _said(values["sigma"], values["sigma_chroma"], *(values.get(name) for name in _PROFILES))
    luma, chroma = (_FARTHEST * values["strength"] * level for level in said.most)
    code = 0.0 if kind.sample_type == vs.FLOAT else 255 / (219 * 2 ** (kind.bits_per_sample - 8))
    if gamma.of(color.to_yuv(before)) is not None:
        code = 0.5 + 8 * code  # the curve's steepness, and the steps of its table
        return (luma + code / 2, *(chroma + code / 2,) * (kind.num_planes - 1))
    if kind.color_family == vs.RGB:
        shares = (1.5748, 0.1873 + 0.4681, 1.8556)  # BT.709-6, 3.2
        return tuple(luma + share * chroma + code / 2 + 1e-3 for share in shares)
    return (luma + code / 2 + 1e-3, *(chroma + code / 2 + 1e-3,) * (kind.num_planes - 1))


_PROMISE = Promise(
    "no sample changes by more than six times the sigma of the noise",
    "8-bit steps",
    _changed,
    _six_sigma,
)


def _measured(clip: vs.VideoNode, values: dict[str, Any]) -> dict[str, Any]:
    given = [None if values[name] is None else noise.parse("denoise", name, values[name]) for name in _PROFILES]
    if values["strength"] == 0:  # nothing is taken off, whatever the noise
        found = noise.Noise(values["sigma"] or 0.0, values["sigma_chroma"] or 0.0)
    else:
        found = noise.complete(clip, values["sigma"], values["sigma_chroma"], *given)
    texts = {name: noise.text(getattr(found, name)) for name in _PROFILES}
    return {"sigma": found.sigma, "sigma_chroma": found.sigma_chroma, **texts}


def _said(sigma: float, sigma_chroma: float, *profiles: str | None) -> noise.Noise:
    """The noise as complete arguments say it; audits of older versions know of no profile."""
    given = zip(_PROFILES, profiles, strict=True)
    return noise.Noise(sigma, sigma_chroma, *(noise.parse("denoise", name, text or "1") for name, text in given))


@restoration(promise=_PROMISE, measures=_measured)
def denoise(
    clip: vs.VideoNode,
    *,
    sigma: Annotated[
        float | None,
        Range(0, 60, "8-bit steps"),
        "Standard deviation of the luma noise (255 = full scale). None: measured on a few frames of the clip.",
    ] = None,
    sigma_chroma: Annotated[
        float | None,
        Range(0, 60, "8-bit steps"),
        "The same for chroma. None: measured, or as sigma where that is given.",
    ] = None,
    profile: Annotated[
        str | None,
        "How luma's noise depends on luma: factors of sigma at lumas spread evenly from black to white, such as "
        "1.6,1.1,0.8; 1: the same everywhere. None: measured where sigma is, else 1.",
    ] = None,
    profile_chroma: Annotated[str | None, "The same of chroma's noise, which depends on luma, too."] = None,
    strength: Annotated[float, Range(0, 1), "0 keeps the source, 1 removes all the noise found."] = 1.0,
    radius: Annotated[
        int, Range(0, 3, "frames"), "Neighbours on each side that are averaged along the motion; 0: each frame alone."
    ] = 0,
    model: Annotated[
        str,
        "denoise-fast; denoise, 0.25 dB better at 3.5 times the work; another installed one, or an .onnx file's path.",
    ] = "denoise-fast",
    backend: Annotated[
        Literal["auto", "ov", "ort", "ort-cuda", "trt"], "Runtime for the model; auto takes the fastest present."
    ] = "auto",
    tile: Annotated[int, Range(0, 16384, "pixels"), "Side of the tiles frames are cut into; 0 decides by memory."] = 0,
) -> vs.VideoNode:
    """Remove noise from luma and chroma, frame by frame or along the motion of neighbouring frames.

    Any constant YUV, GRAY or RGB format goes in (8-16 bit, half, float) and the same comes out, with its frame
    properties. Inside, samples are float32 and never clamped; the network's output is applied as a residual in the
    source's own format, so ``strength=0`` returns the clip itself. Whatever the network answers, no sample of
    luma or chroma changes by more than six times its sigma: noise does not reach further.

    When ``sigma`` is None, :func:`vsplugin.noise.measure` decodes a few frames while the script loads and what it finds
    serves the whole clip: nothing can pump. Of footage whose noise is white that is a level for each brightness
    (``profile``), as sensors and tone curves make it: the network is told how much there is at every pixel. RGB is
    worked on as BT.709 Y'CbCr. Of PQ and HLG the network sees a copy in gamma 2.4, in which noise is measured and
    ``sigma`` is meant: 255 is 400 cd/m² there (:mod:`vsplugin.hdr.gamma`).

    With ``radius``, neighbours are first laid onto the frame by :func:`vsplugin.flow` (extra ``flow``) and averaged,
    each pixel as far as its flow is sure and the pictures agree but for noise; the network is told how much noise is
    left at every pixel and removes that. At cuts, at the clip's ends and where something is hidden fewer frames count,
    down to the frame alone. Interlaced clips are refused: their lines are of two moments.

    A user's ONNX takes five planes (Y, Cb, Cr and the maps of both noise levels, 1 = full scale) and returns the
    corrections of three. One with a card of the task ``denoise-t`` works with ``radius`` only and takes nine: of the
    mean, Y, Cb, Cr and the maps of the noise left; of the noisy frame, Y, Cb, Cr and the map of luma's noise. Raises
    ``vs.Error`` for a clip of varying format or size, for wrong arguments, and with ``radius`` for interlaced clips and
    where the extra is not installed.
    """
    network = models.find("denoise", model, "denoise", *([_OVER_TIME] if radius else []))
    if strength == 0:
        return clip
    assert sigma is not None and sigma_chroma is not None  # measured
    if sigma == 0 and sigma_chroma == 0:
        return clip
    said = _said(sigma, sigma_chroma, profile, profile_chroma)
    working = color.to_yuv(clip)
    hdr = gamma.of(working)
    seen = hdr.clip if hdr else working
    if radius:
        check_progressive("denoise", clip)
        residual = _temporal(clip, seen, network, said, radius, backend, tile)
    else:
        residual = _correction(seen, network, said, _maps(seen, said, None), backend, tile)
    if hdr:
        residual = hdr.back(residual)
    if clip.format.color_family == vs.RGB:
        residual = color.rgb_residual(residual)
    return kernels.plugin().Merge(clip, residual, strength=strength)


def _temporal(
    clip: vs.VideoNode,
    seen: vs.VideoNode,
    network: models.Model,
    said: noise.Noise,
    radius: int,
    backend: str,
    tile: int,
) -> vs.VideoNode:
    """What to add to ``seen``: the way to its mean over time, and what the network corrects of that."""
    judged = noise.evened(seen, said.profile)
    mean, left = average.average(clip, seen, judged, radius, (said.sigma / 255, said.sigma_chroma / 255))
    maps = _maps(mean, said, left)
    if network.task == _OVER_TIME:
        maps += [*corrections.planes(seen), _maps(mean, said, None)[0]]
    correction = _correction(mean, network, said, maps, backend, tile)
    farthest = [_FARTHEST * level / 255 for level in said.most]
    limits = [f"x y - z + -{most} max {most} min" for most in farthest]
    return vs.core.std.Expr([mean, seen, correction], limits[: seen.format.num_planes])


def _maps(clip: vs.VideoNode, said: noise.Noise, left: vs.VideoNode | None) -> list[vs.VideoNode]:
    """Luma's and chroma's noise, GRAYS. ``left`` (GRAYS) is the share of sigma at every pixel; None: all of it."""
    luma, chroma = said.sigma / 255, said.sigma_chroma / 255 if clip.format.num_planes > 1 else 0.0
    return [_map(clip, luma, said.profile, left), _map(clip, chroma, said.profile_chroma, left)]


def _map(clip: vs.VideoNode, level: float, factors: noise.Profile, left: vs.VideoNode | None) -> vs.VideoNode:
    luma = color.plane(clip, 0)
    if len(factors) == 1:
        level, varying = level * factors[0], None
    else:
        varying = noise.factors_at(luma, factors)
    parts = [part for part in (varying, left) if part is not None]
    if not parts or not level:
        return vs.core.std.BlankClip(luma, color=level, keep=True)
    return vs.core.std.Expr(parts, f"x {level} *" + " y *" * (len(parts) == 2))


def _correction(
    clip: vs.VideoNode,
    network: models.Model,
    said: noise.Noise,
    maps: list[vs.VideoNode],
    backend: str,
    tile: int,
) -> vs.VideoNode:
    """What to add to a float32 YUV or GRAY clip, in its own subsampling. Cost: ``network.macs_per_pixel`` per pixel."""
    planes = corrections.of("denoise", clip, network, maps=maps, backend=backend, tile=tile)
    return corrections.joined([_as_noise_is(plane, said.most[p > 0] / 255) for p, plane in enumerate(planes)], clip)


def _as_noise_is(correction: vs.VideoNode, sigma: float) -> vs.VideoNode:
    """A plane of the correction without what noise cannot be."""
    return corrections.limited(correction, area=_AREA, small=sigma / 2, farthest=_FARTHEST * sigma)
