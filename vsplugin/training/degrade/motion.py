"""Clips with known motion made from stills: a moving background and dead leaves that move on their own over it.

Dead leaves (Matheron 1968; Lee, Mumford & Huang 2001): shapes of all sizes that cover one another have the statistics
of natural pictures. Here each layer carries the texture of a still and its own smooth motion, so the flow between any
two frames and what is hidden in either are known exactly.

Sign convention of flows, that of ``core.vsplugin.Warp``: ``flow(t, u)`` holds, for every pixel of frame t, where its
point is in frame u: ``frame_t(x, y) = frame_u(x + dx, y + dy)``, pixels, x to the right, y down. Warping the neighbour
by it gives frame t.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from .warp import sample

Places = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Path:
    """A layer's place over time: it turns, grows and drifts around its own centre (pixels, frames, radians)."""

    centre: tuple[float, float]  # x, y in frame 0
    speed: tuple[float, float] = (0.0, 0.0)  # pixels per frame
    sway: tuple[float, float] = (0.0, 0.0)  # pixels, swing to each side
    period: float = 12.0  # frames per swing
    spin: float = 0.0  # radians per frame, from x towards y
    growth: float = 0.0  # logarithm of the size per frame

    def _at(self, time: float) -> tuple[float, float, float, float]:
        """Centre x, y and the cosine and sine of the turn times the size."""
        swing = math.sin(2 * math.pi * time / self.period)
        x, y = (c + v * time + s * swing for c, v, s in zip(self.centre, self.speed, self.sway, strict=True))
        size = math.exp(self.growth * time)
        return x, y, size * math.cos(self.spin * time), size * math.sin(self.spin * time)

    def to_layer(self, time: float, x: np.ndarray, y: np.ndarray) -> Places:
        """Layer coordinates (0, 0 in its centre) of places in the frame at ``time``."""
        cx, cy, cos, sin = self._at(time)
        norm, x, y = cos * cos + sin * sin, x - cx, y - cy
        return (cos * x + sin * y) / norm, (cos * y - sin * x) / norm

    def to_frame(self, time: float, x: np.ndarray, y: np.ndarray) -> Places:
        """The inverse of :meth:`to_layer`."""
        cx, cy, cos, sin = self._at(time)
        return cx + cos * x - sin * y, cy + sin * x + cos * y


@dataclass(frozen=True)
class Leaf:
    """One layer: ``texture`` (planes, H, W) centred on the path; an ellipse of half axes ``radii``, or all (None)."""

    path: Path
    texture: np.ndarray = field(repr=False)
    radii: tuple[float, float] | None = None

    def cover(self, time: float, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """How much of each pixel the layer covers, 0..1: a ramp about one pixel wide across its outline."""
        if self.radii is None:
            return np.ones(x.shape, np.float32)
        u, v = self.path.to_layer(time, x, y)
        a, b = self.radii
        distance = np.hypot(u / a, v / b)
        slope = np.hypot(u / a**2, v / b**2) / np.maximum(distance, 1e-6)
        size = math.exp(self.path.growth * time)
        return np.clip(0.5 - (distance - 1) / np.maximum(slope, 1e-6) * size, 0, 1).astype(np.float32)

    def paint(self, time: float, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The texture at places in the frame, ``(planes, *x.shape)``; the texture is mirrored beyond its edges."""
        height, width = self.texture.shape[1:]
        u, v = self.path.to_layer(time, x, y)
        u, v = _mirror(u + (width - 1) / 2, width), _mirror(v + (height - 1) / 2, height)
        return sample(self.texture, u, v)


def _mirror(place: np.ndarray, size: int) -> np.ndarray:
    place = np.mod(place, 2 * (size - 1))
    return np.minimum(place, 2 * (size - 1) - place)


def _least(mask: np.ndarray, radius: int) -> np.ndarray:
    """Smallest value within ``radius`` pixels (a square); outside the picture counts as the edge sample."""
    side = 2 * radius + 1
    wide = np.pad(mask, radius, mode="edge")
    return np.lib.stride_tricks.sliding_window_view(wide, (side, side)).min((2, 3))


@dataclass(frozen=True)
class Scene:
    """Layers from the back to the front, in frames of ``height`` x ``width`` pixels."""

    layers: tuple[Leaf, ...]
    height: int
    width: int

    def _places(self) -> Places:
        y, x = np.mgrid[: self.height, : self.width].astype(np.float64)
        return x, y

    def frame(self, time: float) -> np.ndarray:
        """``(planes, height, width)`` float32."""
        x, y = self._places()
        out = np.zeros((len(self.layers[0].texture), self.height, self.width), np.float32)
        for layer in self.layers:
            cover = layer.cover(time, x, y)
            inside = cover > 0
            if inside.any():
                out[:, inside] += cover[inside] * (layer.paint(time, x[inside], y[inside]) - out[:, inside])
        return out

    def _shares(self, time: float, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """``(layers, *x.shape)``: how much of each layer is seen there; they sum to 1."""
        left, shares = np.ones(x.shape, np.float32), []
        for layer in reversed(self.layers):
            cover = layer.cover(time, x, y)
            shares.append(left * cover)
            left = left * (1 - cover)
        return np.stack(shares[::-1])

    def flow(self, time: int, other: int) -> tuple[np.ndarray, np.ndarray]:
        """Flow ``(2, H, W)`` and occlusion ``(H, W)``, both float32, from frame ``time`` to frame ``other``.

        Occlusion is 1 where the pixel's point cannot be read off the other frame: hidden there by another layer,
        outside of the picture, or so near to an outline (2 pixels, the reach of the warp's filter) that layers mix.
        ``1 - occlusion`` is the confidence that ``core.vsplugin.Warp`` takes.
        """
        x, y = self._places()
        seen = self._shares(time, x, y)
        top = seen.argmax(0)
        flow = np.zeros((2, self.height, self.width))
        there = np.zeros((self.height, self.width))
        visible = self._shares(other, x, y)
        for index, layer in enumerate(self.layers):
            mine = top == index
            if not mine.any():
                continue
            to_x, to_y = layer.path.to_frame(other, *layer.path.to_layer(time, x[mine], y[mine]))
            flow[0][mine], flow[1][mine] = to_x - x[mine], to_y - y[mine]
            rows = np.clip(np.rint(to_y), 0, self.height - 1).astype(int)
            columns = np.clip(np.rint(to_x), 0, self.width - 1).astype(int)
            # Three pixels around the rounded place hold the four taps of the filter on each axis.
            inside = (to_x >= 1) & (to_x <= self.width - 3) & (to_y >= 1) & (to_y <= self.height - 3)
            there[mine] = _least(visible[index], 3)[rows, columns] * inside
        pure = seen.max(0) * there
        return flow.astype(np.float32), (pure < 1 - 1e-6).astype(np.float32)


def _random_path(rng: np.random.Generator, centre: tuple[float, float], motion: float) -> Path:
    """Speeds with a standard deviation of ``motion`` pixels per frame; turning and growth of film cameras."""
    return Path(
        centre,
        speed=tuple(rng.normal(0, motion, 2)),
        sway=tuple(rng.normal(0, 0.5 * motion, 2)),
        period=float(rng.uniform(8, 40)),
        spin=float(rng.normal(0, 0.005)),
        growth=float(rng.normal(0, 0.005)),
    )


def random_scene(
    stills: list[np.ndarray],
    height: int,
    width: int,
    rng: np.random.Generator,
    *,
    leaves: int = 6,
    motion: float = 2.0,
    sizes: tuple[float, float] = (6.0, 60.0),
) -> Scene:
    """A background from one of ``stills`` (each (planes, H, W) float32) and ``leaves`` pieces of others moving over it.

    ``motion`` in pixels per frame is the standard deviation of speed on each axis, ``sizes`` the range of the leaves'
    half axes in pixels, distributed as 1 / r**3 (the scale-invariant law of dead leaves).
    """

    def texture() -> np.ndarray:
        still = stills[int(rng.integers(len(stills)))]
        tall, wide = min(still.shape[1], 2 * height), min(still.shape[2], 2 * width)
        y, x = (int(rng.integers(a - b + 1)) for a, b in zip(still.shape[1:], (tall, wide), strict=True))
        return still[:, y : y + tall, x : x + wide].astype(np.float32)

    def half_axis() -> float:
        low, high = (size**-2 for size in sizes)
        return float(rng.uniform(high, low) ** -0.5)

    layers = [Leaf(_random_path(rng, (width / 2, height / 2), motion), texture())]
    for _ in range(leaves):
        centre = (float(rng.uniform(0, width)), float(rng.uniform(0, height)))
        layers.append(Leaf(_random_path(rng, centre, motion), texture(), (half_axis(), half_axis())))
    return Scene(tuple(layers), height, width)


@dataclass(frozen=True)
class Clip:
    """``frames`` (T, 3, H, W); flows (T, 2, H, W) and occlusions (T, H, W) to the frame before and after.

    The first frame has none before and the last none after: flow 0, occlusion 1.
    """

    frames: np.ndarray
    before: np.ndarray
    hidden_before: np.ndarray
    after: np.ndarray
    hidden_after: np.ndarray


def render(scene: Scene, length: int) -> Clip:
    """``length`` frames of a scene with the flow to each neighbour."""
    shape = (scene.height, scene.width)
    none = np.zeros((2, *shape), np.float32), np.ones(shape, np.float32)
    before = [scene.flow(t, t - 1) if t else none for t in range(length)]
    after = [scene.flow(t, t + 1) if t < length - 1 else none for t in range(length)]
    return Clip(
        np.stack([scene.frame(t) for t in range(length)]),
        *(np.stack(part) for part in zip(*before, strict=True)),
        *(np.stack(part) for part in zip(*after, strict=True)),
    )
