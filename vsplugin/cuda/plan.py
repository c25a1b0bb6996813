"""How a network is cut into passes and a frame into strips and bands (docs/cuda.md): arithmetic only, no GPU."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from vsplugin.errors import UserError

from .network import Network

# Warps of a block. A warp keeps a layer's weights in registers: 32 channels take 144 of 255 per thread, which eight
# warps can have; 16 channels take 36 of 168, which twelve can.
_MOST_WARPS = {16: 12, 32: 8}
_STEP_COST = 0.25  # a barrier, in tiles of a warp
_TILE_BYTES_PER_COST = 1 << 20  # of memory traffic that takes as long as one tile of all multiprocessors; a guess


@dataclass(frozen=True)
class Limits:
    """What a GPU has: shared memory of a block in bytes, and multiprocessors."""

    shared: int
    multiprocessors: int


@dataclass(frozen=True)
class Pass:
    """Layers ``first`` to ``last`` - 1 of the network, fused, with rows of ``tiles`` times 16 pixels."""

    network: Network
    first: int
    last: int
    tiles: int
    warps: int
    turns: int

    @property
    def head(self) -> bool:
        return self.first == 0

    @property
    def tail(self) -> bool:
        return self.last == len(self.network.layers)

    @property
    def stages(self) -> int:
        return self.last - self.first + (not self.head)

    @property
    def inner(self) -> int:
        return self.stages - 1 - self.tail

    @property
    def at_once(self) -> int:
        return self.warps * self.turns

    @property
    def lag(self) -> int:
        return self.tiles + 1 + self.at_once

    @property
    def halo(self) -> int:
        return self.stages - 1

    @property
    def width(self) -> int:
        """Columns that a strip makes."""
        return 16 * self.tiles - 2 * self.halo

    @property
    def threads(self) -> int:
        return 32 * self.warps * max(1, self.inner)

    def layer_of(self, stage: int) -> int:
        return self.first + stage - (not self.head)

    def skip_of(self, stage: int) -> int:
        """The stage whose output is added, or -1."""
        if stage == 0:
            return -1
        skip = self.network.layers[self.layer_of(stage)].skip
        return -1 if skip < 0 else skip - self.layer_of(0)

    def ring(self, stage: int) -> int:
        """Tiles kept of a stage (kernels/tile_sr/cuda_shape.hpp, ring_of)."""
        kept = [
            self.lag * (later - stage) + self.at_once for later in range(self.stages) if self.skip_of(later) == stage
        ]
        return max([2 * self.tiles + 2 + 2 * self.at_once, *kept])

    @property
    def shared(self) -> int:
        """Bytes of shared memory of a block."""
        channels, results = self.network.channels, self.network.scale**2
        rings = sum(self.ring(stage) for stage in range(self.stages - 1)) * 32 * channels
        head = 36 * channels if self.head else 0
        weights = 9 * (channels // 16) * -(-results // 8) * 256
        return rings + head + (weights + self.at_once * 64 * (results + 1) if self.tail else 0)

    def macros(self, sample: str, picture: bool) -> dict[str, object]:
        layers = self.network.layers
        stages = range(self.stages)
        of = [layers[self.layer_of(stage)] for stage in stages]
        return {
            "VSP_STAGES": self.stages,
            "VSP_INNER": self.inner,
            "VSP_HEAD": int(self.head),
            "VSP_TAIL": int(self.tail),
            "VSP_CHANNELS": self.network.channels,
            "VSP_SCALE": self.network.scale,
            "VSP_TILES": self.tiles,
            "VSP_WARPS": self.warps,
            "VSP_TURNS": self.turns,
            "VSP_ACTIVATIONS": ",".join(str(layer.activation) for layer in of),
            "VSP_SKIPS": ",".join(str(self.skip_of(stage)) for stage in stages),
            "VSP_SKIPS_FIRST": ",".join(str(int(layer.skip_first)) for layer in of),
            "VSP_SAMPLE": sample,
            "VSP_PICTURE": int(picture),
            "VSP_THREADS": self.threads,
            "VSP_BLOCKS": 1,
            "VSP_SHARED": self.shared,
        }

    def band_cost(self, width: int, height: int, band: int, limits: Limits) -> float:
        """Time of one frame in tiles of a warp: waves of blocks, each with its rim and the filling of its stages."""
        count = -(-width // self.width) * -(-height // band)
        tiles = (min(band, height) + 2 * self.halo) * self.tiles + self.lag * (self.stages - 1)
        return -(-count // limits.multiprocessors) * -(-tiles // self.at_once) * (self.turns + _STEP_COST)

    def best_band(self, width: int, height: int, limits: Limits) -> int:
        bands = {-(-height // count) for count in range(1, 65)}
        return min(bands, key=lambda band: (self.band_cost(width, height, band, limits), -band))


def _cuts(network: Network, passes: int) -> Iterator[tuple[int, ...]]:
    """Where layers could be cut into that many passes of about equal length; a skip connection is never cut."""
    count = len(network.layers)
    even = tuple(round(count * index / passes) for index in range(passes + 1))
    for shift in (0, -1, 1):
        cuts = (0, *(cut + shift for cut in even[1:-1]), count)
        whole = all(b - a >= (2 if a == 0 else 1) for a, b in pairwise(cuts))
        kept = all(
            layer.skip < 0 or max(cut for cut in cuts if cut <= index) <= layer.skip + 1
            for index, layer in enumerate(network.layers)
        )
        if whole and kept:
            yield cuts


def _widest(network: Network, first: int, last: int, width: int, height: int, limits: Limits) -> Pass | None:
    """The pass over these layers with the best width of strips, or None when none fits."""
    inner = Pass(network, first, last, 1, 1, 1).inner
    most = _MOST_WARPS[network.channels]
    if inner > most:
        return None
    warps = most // max(1, inner)
    turns = max(1, min(inner, 4 // warps))
    if inner == 0:
        warps, turns = 4, 1
    found = []
    for tiles in range(1, 65):
        candidate = Pass(network, first, last, tiles, warps, turns)
        if candidate.shared > limits.shared:
            break
        if candidate.width > 0:
            found.append(candidate)
    return min(found, key=lambda each: _cost(each, width, height, limits), default=None)


def _cost(each: Pass, width: int, height: int, limits: Limits) -> float:
    traffic = 0 if each.tail else width * height * 4 * each.network.channels
    band = each.best_band(width, height, limits)
    return each.band_cost(width, height, band, limits) + traffic / _TILE_BYTES_PER_COST


def plan(network: Network, width: int, height: int, limits: Limits, passes: int = 0) -> tuple[Pass, ...]:
    """The passes that run this network on frames of this size; ``passes`` 0 lets the estimate choose how many."""
    found: list[tuple[Pass, ...]] = []
    for count in [passes] if passes else range(1, len(network.layers)):
        for cuts in _cuts(network, count):
            ends = pairwise(cuts)
            chosen = [_widest(network, first, last, width, height, limits) for first, last in ends]
            if all(chosen):
                found.append(tuple(each for each in chosen if each is not None))
    if not found:
        wanted = f" in {passes} passes" if passes else ""
        raise UserError(
            f"cuda: a network of {len(network.layers)} layers of {network.channels} channels does not fit{wanted} into "
            f"{limits.shared} bytes of shared memory"
        )
    return min(found, key=lambda these: sum(_cost(each, width, height, limits) for each in these))
