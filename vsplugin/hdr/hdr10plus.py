"""HDR10+ dynamic metadata: SMPTE ST 2094-40 (application 4) as ITU-T T.35 payloads, read and written bit by bit.

Syntax as in CTA-861-H annex S. Luminances are in 0.1 cd/m² (10,000 cd/m² divided by 100,000) unless said otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..errors import UserError
from .bits import BitReader, BitWriter
from .t35 import HDR10PLUS

_WHAT = "HDR10+"
_LONGEST = 2048  # bytes; the syntax with everything at its largest takes 1,244
LUMINANCE_STEP = 0.1  # cd/m²

# Percentages a profile A or B payload lists, and the older variant of the last two.
PERCENTAGES = (1, 5, 10, 25, 50, 75, 90, 95, 99)
OLD_PERCENTAGES = (1, 5, 10, 25, 50, 75, 90, 95, 98, 99)


@dataclass(frozen=True, slots=True)
class Grid:
    """Actual peak luminances of a display, as rows of values 0..15 (fifteenths of the nominal maximum)."""

    rows: int
    columns: int
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ellipse:
    """Where processing window 1 or 2 lies: pixels, degrees; each pair is (x, y)."""

    upper_left: tuple[int, int]
    lower_right: tuple[int, int]
    centre: tuple[int, int]
    rotation: int
    axes: tuple[int, int, int]  # semi-major internal, semi-major external, semi-minor external
    overlap: int


@dataclass(frozen=True, slots=True)
class Curve:
    """A tone mapping curve: knee point in 1/4095, Bezier anchors in 1/1023."""

    knee: tuple[int, int]
    anchors: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """What is said of a window's pixels; of the whole picture for the first, which has no ``shape``."""

    maxscl: tuple[int, int, int]  # largest linear R, G, B
    average: int  # mean of max(R, G, B)
    percentiles: tuple[tuple[int, int], ...]  # (percentage, luminance); 5 and 10 mean something else, see docs/hdr.md
    bright: int = 0  # fraction of bright pixels, 1/1000
    curve: Curve | None = None
    saturation: int | None = None  # weight in 1/8
    shape: Ellipse | None = None


@dataclass(frozen=True, slots=True)
class Hdr10Plus:
    """One picture's metadata. ``padding`` and ``rest`` keep what follows it, so that every payload packs to itself."""

    windows: tuple[Window, ...]
    version: int = 1
    target: int = 0  # cd/m², maximum of the display the curve was made for
    target_actual: Grid | None = None
    mastering_actual: Grid | None = None
    padding: int = 0  # bits up to the next whole byte
    rest: bytes = b""

    @property
    def profile(self) -> str:
        """``"A"`` (no curve, no target), ``"B"`` (both), or ``"?"``: windows, or only one of the two."""
        if len(self.windows) != 1:
            return "?"
        return {(False, False): "A", (True, True): "B"}.get((self.windows[0].curve is not None, self.target > 0), "?")

    def bare(self) -> Hdr10Plus:
        """Without anything after the metadata proper."""
        return replace(self, padding=0, rest=b"")


def is_hdr10plus(payload: bytes) -> bool:
    return payload.startswith(HDR10PLUS)


def same(one: bytes, other: bytes) -> bool:
    """Whether two payloads are equal but for zero bytes at the end, which encoders add."""
    return one.rstrip(b"\0") == other.rstrip(b"\0")


def parse(payload: bytes) -> Hdr10Plus:
    """Read a T.35 payload that begins with the country code. ``UserError`` says what is wrong with it."""
    if not is_hdr10plus(payload):
        raise UserError(f"{_WHAT}: a payload begins with {HDR10PLUS.hex()}; got {payload[:6].hex() or 'nothing'}")
    bits = BitReader(payload[len(HDR10PLUS) : _LONGEST], _WHAT)
    version = bits.read(8)
    count = bits.read(2)
    if not count:
        raise UserError(f"{_WHAT}: number of windows must be in [1, 3]; got 0")
    shapes = [None, *(_read_shape(bits) for _ in range(count - 1))]
    target, target_actual = bits.read(27), _read_grid(bits)
    light = [_read_light(bits) for _ in range(count)]
    mastering_actual = _read_grid(bits)
    windows = tuple(Window(*fields, *_read_mapping(bits), shape) for fields, shape in zip(light, shapes, strict=True))
    padding = bits.read(bits.left % 8)
    rest = payload[min(len(payload), _LONGEST) - bits.left // 8 :]
    return Hdr10Plus(windows, version, target, target_actual, mastering_actual, padding, rest)


def _read_shape(bits: BitReader) -> Ellipse:
    upper_left, lower_right, centre = ((bits.read(16), bits.read(16)) for _ in range(3))
    rotation = bits.read(8)
    axes = bits.read(16), bits.read(16), bits.read(16)
    return Ellipse(upper_left, lower_right, centre, rotation, axes, bits.read(1))


def _read_grid(bits: BitReader) -> Grid | None:
    if not bits.flag():
        return None
    rows, columns = bits.read(5), bits.read(5)
    return Grid(rows, columns, tuple(bits.read(4) for _ in range(rows * columns)))


def _read_light(bits: BitReader) -> tuple[tuple[int, int, int], int, tuple[tuple[int, int], ...], int]:
    maxscl = bits.read(17), bits.read(17), bits.read(17)
    average = bits.read(17)
    percentiles = tuple((bits.read(7), bits.read(17)) for _ in range(bits.read(4)))
    return maxscl, average, percentiles, bits.read(10)


def _read_mapping(bits: BitReader) -> tuple[Curve | None, int | None]:
    curve = None
    if bits.flag():
        knee = bits.read(12), bits.read(12)
        curve = Curve(knee, tuple(bits.read(10) for _ in range(bits.read(4))))
    return curve, bits.read(6) if bits.flag() else None


def pack(meta: Hdr10Plus) -> bytes:
    """The T.35 payload, from the country code on. ``UserError`` names a value that does not fit its field."""
    if not 1 <= len(meta.windows) <= 3:
        raise UserError(f"{_WHAT}: number of windows must be in [1, 3]; got {len(meta.windows)}")
    bits = BitWriter(_WHAT)
    bits.write(8, meta.version, "version")
    bits.write(2, len(meta.windows), "number of windows")
    for number, window in enumerate(meta.windows):
        if (window.shape is None) != (number == 0):
            raise UserError(
                f"{_WHAT}: window {number} must {'have a' if number else 'be the whole picture, without'} shape"
            )
        if window.shape:
            _write_shape(bits, window.shape)
    bits.write(27, meta.target, "target display luminance")
    _write_grid(bits, meta.target_actual, "target display actual peak")
    for window in meta.windows:
        _write_light(bits, window)
    _write_grid(bits, meta.mastering_actual, "mastering display actual peak")
    for window in meta.windows:
        _write_mapping(bits, window)
    bits.write(bits.to_byte, meta.padding, "padding")
    return HDR10PLUS + bits.bytes() + meta.rest


def _write_shape(bits: BitWriter, shape: Ellipse) -> None:
    for name, pair in (("upper left", shape.upper_left), ("lower right", shape.lower_right), ("centre", shape.centre)):
        for axis, value in zip("xy", pair, strict=True):
            bits.write(16, value, f"window {name} {axis}")
    bits.write(8, shape.rotation, "window rotation")
    for value in shape.axes:
        bits.write(16, value, "window axis")
    bits.write(1, shape.overlap, "window overlap")


def _write_grid(bits: BitWriter, grid: Grid | None, name: str) -> None:
    bits.write(1, grid is not None, name)
    if grid is None:
        return
    bits.write(5, grid.rows, f"{name} rows")
    bits.write(5, grid.columns, f"{name} columns")
    if len(grid.values) != grid.rows * grid.columns:
        raise UserError(f"{_WHAT}: {name} must have {grid.rows * grid.columns} values; got {len(grid.values)}")
    for value in grid.values:
        bits.write(4, value, name)


def _write_light(bits: BitWriter, window: Window) -> None:
    for channel, value in zip("RGB", window.maxscl, strict=True):
        bits.write(17, value, f"MaxSCL {channel}")
    bits.write(17, window.average, "average maxRGB")
    bits.write(4, len(window.percentiles), "number of percentiles")
    for percentage, value in window.percentiles:
        bits.write(7, percentage, "percentage")
        bits.write(17, value, f"{percentage} % percentile")
    bits.write(10, window.bright, "fraction of bright pixels")


def _write_mapping(bits: BitWriter, window: Window) -> None:
    bits.write(1, window.curve is not None, "tone mapping flag")
    if window.curve:
        for axis, value in zip("xy", window.curve.knee, strict=True):
            bits.write(12, value, f"knee point {axis}")
        bits.write(4, len(window.curve.anchors), "number of Bezier anchors")
        for value in window.curve.anchors:
            bits.write(10, value, "Bezier anchor")
    bits.write(1, window.saturation is not None, "saturation flag")
    if window.saturation is not None:
        bits.write(6, window.saturation, "saturation weight")
