"""The native kernels, found and logged in one place: on numpy planes here, on clips as `core.vsplugin`.

    out = kernels.warp(plane, dx, dy)            # numpy, the interpreter lock is released
    out = kernels.plugin(core).Warp(clip, flow)  # VapourSynth

Both faces run the same code (kernels/README.md) and pick its best build for this CPU; `cpu=` forces one.
"""

import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from vsplugin import _kernels

if TYPE_CHECKING:
    import vapoursynth as vs

Plane = np.ndarray[tuple[int, int], np.dtype[Any]]
Neighbour = tuple[Plane, Plane, Plane, Plane]  # image, dx, dy, confidence
Cpu = Literal["auto", "scalar", "avx2", "avx512"]
TileCpu = Literal["auto", "scalar", "avx2", "avx512", "amx", "vnni"]
Mode = Literal["catmullrom", "bilinear"]
Degradation = Literal["bicubic", "area"]

_log = logging.getLogger(__name__)
_loading = threading.Lock()


def cpu_levels() -> list[str]:
    """Builds of the kernels that this machine can run, slowest first; the first is always "scalar"."""
    return list(_kernels.cpu_levels())


def cpu_level() -> str:
    """The build that cpu="auto" means on this machine: "scalar", "avx2" or "avx512"."""
    return cpu_levels()[-1]


def tile_sr_levels(*, int8: bool = False) -> list[str]:
    """Builds of :class:`TileSR` that this machine can run, slowest first; the last is what cpu="auto" means.

    Networks with INT8 layers (``int8``) have builds of their own: "scalar" and "vnni".
    """
    return list(_kernels.tile_sr_levels(int8))


def plugin_path() -> Path:
    """Where our VapourSynth plugin lies: site-packages, or the build folder of an editable install."""
    return Path(_kernels.__file__).parents[1] / "vapoursynth" / "plugins" / "vsplugin" / "libvsplugin.so"


def plugin(core: "vs.Core | None" = None) -> Any:
    """`core.vsplugin`, loaded by path where VapourSynth did not find it itself (editable installs)."""
    if core is None:
        import vapoursynth

        core = vapoursynth.core
    with _loading:
        if not hasattr(core, "vsplugin"):
            core.std.LoadPlugin(str(plugin_path()))
            _log.info("core.vsplugin from %s, cpu %s", plugin_path(), cpu_level())
    return core.vsplugin


def load() -> None:
    """Make `core.vsplugin` available in the current VapourSynth environment."""
    plugin()


def warp(
    image: Plane,
    dx: Plane,
    dy: Plane,
    confidence: Plane | None = None,
    *,
    mode: Mode = "catmullrom",
    bits: int = 16,
    subsampling: tuple[int, int] = (0, 0),
    out: Plane | None = None,
    cpu: Cpu = "auto",
) -> Plane:
    """image(x + dx, y + dy), mixed with image(x, y) where confidence is below 1.

    `dx`, `dy` and `confidence` are float32, `1 << subsampling` (width, height) times as large as `image`.
    """
    out = np.empty_like(image, order="C") if out is None else out
    _kernels.warp(image, dx, dy, confidence, out, mode, bits, *subsampling, cpu)
    return out


def warp_blend(
    center: Plane,
    neighbours: list[Neighbour],
    *,
    weights: list[float] | None = None,
    mode: Mode = "catmullrom",
    bits: int = 16,
    subsampling: tuple[int, int] = (0, 0),
    out: Plane | None = None,
    cpu: Cpu = "auto",
) -> Plane:
    """Mean of `center` and of up to six neighbours (image, dx, dy, confidence), each warped onto it, in one pass.

    Weights are ``weights`` (of the centre, then of each neighbour; default 1) times confidence (0..1). Neighbours have
    the size and samples of ``center``; flows are as in :func:`warp`. A sample that is not finite is left out.
    """
    out = np.empty_like(center, order="C") if out is None else out
    images, dx, dy, confidence = (list(part) for part in zip(*neighbours, strict=True)) if neighbours else ([],) * 4
    weights = [1.0] * (len(neighbours) + 1) if weights is None else weights
    if len(weights) != len(neighbours) + 1:
        raise ValueError(f"weights must be {len(neighbours) + 1} numbers, the centre's first; got {len(weights)}")
    _kernels.warp_blend(center, images, dx, dy, confidence, weights, out, mode, bits, *subsampling, cpu)
    return out


def flow_confidence(
    dx: Plane,
    dy: Plane,
    back_dx: Plane,
    back_dy: Plane,
    confidence: Plane | None = None,
    *,
    alpha: float = 0.01,
    beta: float = 0.5,
    softness: float = 0.0,
    out: Plane | None = None,
    cpu: Cpu = "auto",
) -> Plane:
    """Where a flow and the one back agree: 1, else 0, after Sundaram, Brox and Keutzer (ECCV 2010), equation 5.

    A vector agrees if |forward + back there|² < ``alpha`` (|forward|² + |back|²) + ``beta``, in square pixels, and 0 is
    returned for vectors that leave the picture or are not numbers. ``softness`` 0..1 makes the step a slope between
    (1 - softness) and (1 + softness) times the bound. All planes are float32 and equally large; the result is
    multiplied with ``confidence``.
    """
    out = np.empty_like(dx, order="C") if out is None else out
    _kernels.flow_confidence(dx, dy, back_dx, back_dy, confidence, out, alpha, beta, softness, cpu)
    return out


def resize_flow(
    dx: Plane, dy: Plane, confidence: Plane | None = None, *, width: int, height: int, cpu: Cpu = "auto"
) -> tuple[Plane, Plane, Plane]:
    """A flow enlarged to ``width`` x ``height`` (bilinear, equal centres), vectors as much longer: dx, dy, confidence.

    Vectors that are not numbers are left out of the means; where nothing is known, the vector and confidence are 0.
    """
    out_dx, out_dy, out_confidence = (np.empty((height, width), np.float32) for _ in range(3))
    _kernels.resize_flow(dx, dy, confidence, out_dx, out_dy, out_confidence, cpu)
    return out_dx, out_dy, out_confidence


def flow_match(
    frames: list[Plane],
    neighbours: list[Plane],
    dx: Plane,
    dy: Plane,
    confidence: Plane | None = None,
    *,
    sigma: list[float],
    bits: int = 16,
    subsampling: tuple[int, int] = (0, 0),
    out: Plane | None = None,
    cpu: Cpu = "auto",
) -> Plane:
    """``confidence`` times how well the neighbour's planes, warped along the flow, match the frame's: 0..1, float32.

    Differences count as far as noise of ``sigma`` does not explain them (kernels/match/README.md). ``sigma`` is each
    plane's, in units of its samples, 0 for planes to leave out. The first plane is as large as the flow, the others are
    smaller by the subsampling.
    """
    out = np.empty_like(dx, order="C") if out is None else out
    _kernels.flow_match(frames, neighbours, sigma, dx, dy, confidence, out, bits, *subsampling, cpu)
    return out


def merge_plane(
    base: Plane,
    residual: Plane | None = None,
    *,
    strength: float = 1.0,
    source: Plane | None = None,
    overshoot: float = -1.0,
    full_range: bool = False,
    chroma: bool = False,
    bits: int = 16,
    dtype: Any = None,
    out_bits: int | None = None,
    source_bits: int | None = None,
    out: Plane | None = None,
    cpu: Cpu = "auto",
) -> Plane:
    """base + strength * residual, kept near `source`'s local extremes if overshoot >= 0, stored as `dtype`.

    `residual` is float32 in nominal units (luma 0..1, chroma -0.5..0.5). The bits are those of 16-bit integer planes.
    """
    out = np.empty(base.shape, dtype or base.dtype) if out is None else out
    _kernels.merge_plane(
        base,
        residual,
        out,
        strength,
        source,
        overshoot,
        full_range,
        chroma,
        bits,
        bits if out_bits is None else out_bits,
        bits if source_bits is None else source_bits,
        cpu,
    )
    return out


def guide_chroma(
    luma: Plane,
    chroma: tuple[Plane, Plane],
    scale: int = 1,
    *,
    strength: float = 1.0,
    detail: Plane | None = None,
    location: int = 0,
    full_range: bool = False,
    bits: int = 16,
    out: tuple[Plane, Plane] | None = None,
    cpu: Cpu = "auto",
) -> tuple[Plane, Plane]:
    """Both planes of chroma enlarged by bicubic, with the detail that luma has and lacks on their grid.

    ``chroma`` is as large as ``luma`` or a whole number of times smaller along each axis, sited there as ``location``
    (H.273: 0 left, 1 centre, 2 top left, 3 top, 4 bottom left, 5 bottom) says. ``detail``, for chroma as large as luma
    only, is what luma gained at the new size (float32, nominal units). The result has the samples of ``chroma``.
    """
    if out is None:
        height, width = chroma[0].shape
        out = (
            np.empty((height * scale, width * scale), luma.dtype),
            np.empty((height * scale, width * scale), luma.dtype),
        )
    _kernels.guide_chroma(luma, *chroma, *out, detail, strength, location, bits, full_range, cpu)
    return out


def backproject(
    clip: Plane,
    source: Plane,
    *,
    degradation: Degradation = "bicubic",
    shift: tuple[float, float] = (0.0, 0.0),
    bits: int = 16,
    full_range: bool = False,
    chroma: bool = False,
    out: Plane | None = None,
    cpu: Cpu = "auto",
) -> tuple[Plane, float]:
    """The picture nearest to ``clip`` that gives ``source`` when it is reduced, and the largest residual in its codes.

    ``clip`` is a whole number of times as large; the result has the samples of ``source``. ``shift`` (large samples) is
    how far samples of the small grid lie right of and below the middle of those they cover: not zero for sited chroma.
    """
    out = np.empty(clip.shape, source.dtype) if out is None else out
    return out, _kernels.backproject(clip, source, out, degradation, *shift, bits, full_range, chroma, cpu)


def reduction_residual(
    clip: Plane,
    source: Plane,
    *,
    degradation: Degradation = "bicubic",
    shift: tuple[float, float] = (0.0, 0.0),
    bits: int = 16,
    full_range: bool = False,
    chroma: bool = False,
    cpu: Cpu = "auto",
) -> float:
    """The largest difference between ``source`` and the reduced ``clip``, in codes of ``source``."""
    return _kernels.backproject(clip, source, None, degradation, *shift, bits, full_range, chroma, cpu)


def light_histogram(
    red: Plane, green: Plane, blue: Plane, *, bits: int = 16, cpu: Cpu = "auto"
) -> tuple[np.ndarray[Any, np.dtype[np.uint32]], tuple[int, int, int]]:
    """How many pixels have max(R, G, B) of each code, and the largest code of each component.

    Codes are those of integer planes of ``bits`` bits; half and float planes have 2^18 codes for 0..1.
    """
    bins = 1 << {np.dtype(np.uint8): 8, np.dtype(np.uint16): bits}.get(red.dtype, 18)
    counts, maxima = np.empty(bins, np.uint32), np.empty(3, np.uint32)
    _kernels.light_histogram(red, green, blue, counts, maxima, bits, cpu)
    return counts, (int(maxima[0]), int(maxima[1]), int(maxima[2]))


def grain(
    level: Plane,
    tones: np.ndarray[Any, Any],
    taps: np.ndarray[Any, Any],
    *,
    mix: Sequence[float] = (1.0,),
    seed: int = 0,
    frame: int = 0,
    out: Plane | None = None,
    cpu: Cpu = "auto",
) -> Plane:
    """Film grain for a plane of ``level`` (float32, nominal): noise of ``(seed, frame)`` alone, filtered per tone.

    ``taps`` ``(tones, side, side)``, ``side`` odd and at most 63: the filter at each of the ascending levels ``tones``;
    between them grain is mixed in a straight line. ``mix`` is how much of each of up to three independent noises is
    taken: planes that share streams have related grain. The result has the unit of ``taps`` and is to be added.
    """
    out = np.empty_like(level, order="C") if out is None else out
    levels, filters, shares = (np.ascontiguousarray(values, np.float32) for values in (tones, taps, mix))
    _kernels.grain(level, levels, filters, shares, out, seed, frame, cpu)
    return out


def unpack_rgba(
    picture: np.ndarray[Any, Any],
    red: Plane,
    green: Plane,
    blue: Plane,
    alpha: Plane | None = None,
    *,
    swapped: bool = False,
    cpu: Cpu = "auto",
) -> int:
    """Fill float32 planes from ``(height, width, 4)`` pixels of 8 or 16 bits, half or float; integers become 0..1.

    NaN becomes 0, infinity 65504. ``swapped``: the order is B, G, R, A. Returns 64 bits that tell pictures apart.
    """
    return _kernels.unpack_rgba(picture, red, green, blue, alpha, swapped, cpu)


def pack_rgba(
    red: Plane,
    green: Plane,
    blue: Plane,
    alpha: Plane | None,
    picture: np.ndarray[Any, Any],
    *,
    swapped: bool = False,
    cpu: Cpu = "auto",
) -> None:
    """The way back: float32 planes into ``(height, width, 4)`` pixels, rounded and limited if those are integers."""
    _kernels.pack_rgba(red, green, blue, alpha, picture, swapped, cpu)


class TileSR:
    """A small network of 3x3 convolutions (kernels/tile_sr/README.md) on one plane, all layers fused.

        engine = kernels.TileSR("models/sr2-fast/model.onnx")
        out = engine(luma)   # float32, engine.scale times as large

    Raises ``ValueError`` in one line for files it cannot read and networks it cannot run.
    """

    def __init__(self, model: str | Path | bytes, *, cpu: TileCpu = "auto") -> None:
        content = model if isinstance(model, bytes) else Path(model).read_bytes()
        self._engine = _kernels.TileSr(content, cpu)

    @property
    def scale(self) -> int:
        """How many times wider and higher the output is."""
        return self._engine.scale

    @property
    def cpu(self) -> str:
        """The build that runs."""
        return self._engine.cpu

    def memory(self, width: int, *, threads: int = 0, tile: int = 0) -> int:
        """Bytes it takes for one plane of this width, besides the input and the output."""
        return self._engine.memory(width, threads, tile)

    def __call__(
        self,
        image: Plane,
        *,
        strength: float | None = None,
        overshoot: float = -1.0,
        full_range: bool = False,
        bits: int = 16,
        threads: int = 0,
        tile: int = 0,
        out: Plane | None = None,
    ) -> Plane:
        """The network's output for ``image`` (8-16 bit, half, float; integers of limited or full range), as float32.

        With ``strength``: Catmull-Rom enlargement of ``image`` plus ``strength`` times that output, kept near the
        local extremes of ``image`` if ``overshoot`` >= 0 (as ``merge_plane``), in the samples of ``image``.
        ``threads`` (0: the idle cores) and ``tile`` (columns at a time; 0: by cache size) change no pixel.
        """
        if out is None:
            dtype = np.float32 if strength is None else image.dtype
            out = np.empty((image.shape[0] * self.scale, image.shape[1] * self.scale), dtype)
        self._engine.run(image, out, strength, overshoot, full_range, bits, threads, tile)
        return out
