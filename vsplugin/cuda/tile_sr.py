"""TileSR on a GPU: a network's weights in its memory, and planes or streams of frames through them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from . import device, fused, network
from .launch import Buffer
from .plan import Pass, plan

Plane = np.ndarray[tuple[int, int], np.dtype[Any]]


@dataclass
class _Loaded:
    """The passes for frames of one size, their tables in the GPU's memory, and memory for layers between passes."""

    passes: tuple[Pass, ...]
    tables: list[tuple[Any, Any, Any]]
    layers: list[Any]


class TileSR:
    """A small network of 3x3 convolutions on one plane, several layers at a time without leaving the chip.

        engine = cuda.TileSR("models/sr2-fast/model.onnx")
        out = engine(luma)                                    # engine.scale times as large
        for big in engine.frames(lumas, strength=1.0): ...    # numpy in, numpy out, copies beside the work

    Raises ``UserError`` in one line without CuPy or a GPU and for networks it cannot run; ``ValueError`` for files it
    cannot read. Memory between passes belongs to the object: use one for each stream of work at a time. ``passes`` is
    for measurements: how many launches a frame takes, 0 lets an estimate choose.
    """

    def __init__(self, model: str | Path | bytes, *, passes: int = 0) -> None:
        device.cupy()
        self._network = network.read(model if isinstance(model, bytes) else Path(model).read_bytes())
        self._limits = device.limits()
        self._wanted = passes
        self._loaded: dict[tuple[int, int], _Loaded] = {}

    @property
    def scale(self) -> int:
        """How many times wider and higher the output is."""
        return self._network.scale

    def passes(self, width: int, height: int) -> tuple[Pass, ...]:
        """How frames of this size are run."""
        return self._load(width, height).passes

    def __call__(
        self,
        image: Any,
        *,
        strength: float | None = None,
        overshoot: float = -1.0,
        full_range: bool = False,
        bits: int = 16,
        out: Any = None,
        stream: Any = None,
    ) -> Any:
        """What ``kernels.TileSR`` gives, for numpy, CuPy or torch planes: the network's output as float32, or, with
        ``strength``, the picture in the samples of ``image``. Layers are halves between each other, sums float32."""
        with device.stream(stream):
            held = device.adopt("TileSR", "image", image)
            height, width = held.shape if held.ndim == 2 else (1, 1)
            dtype = np.float32 if strength is None else held.dtype
            result = device.memory_for("TileSR", out, (height * self.scale, width * self.scale), dtype)
            planes = device.plane("TileSR", "image", held), device.plane("TileSR", "out", result)
            self._queue(*planes, strength=strength, overshoot=overshoot, full_range=full_range, bits=bits)
            return device.give(image, out, result)

    def frames(self, images: Iterable[Plane], *, strength: float | None = None, **options: Any) -> Iterator[Plane]:
        """The result of every image, in order. Images are numpy planes of one size and type; results are valid until
        the next but one is asked for. Copies to and from the GPU run beside the work on the frames between."""
        from .pinned import Conveyor

        conveyor: Conveyor | None = None
        for image in images:
            if conveyor is None:
                dtype = image.dtype if strength is not None else np.dtype(np.float32)
                shape = image.shape[0] * self.scale, image.shape[1] * self.scale
                conveyor = Conveyor(image.shape, image.dtype, shape, dtype)
            yield from conveyor.push(image, lambda i, o: self._queue(i, o, strength=strength, **options))
        if conveyor is not None:
            yield from conveyor.rest()

    def _load(self, width: int, height: int) -> _Loaded:
        if (width, height) not in self._loaded:
            cp = device.cupy()
            passes = plan(self._network, width, height, self._limits, self._wanted)
            made = [fused.tables(each) for each in passes]
            tables = [(cp.asarray(t.fragments), cp.asarray(t.lanes), cp.asarray(t.head)) for t in made]
            layers = [cp.empty(fused.layer_bytes(each, width, height), np.uint8) for each in passes]
            cp.cuda.get_current_stream().synchronize()  # other streams may read the tables next
            self._loaded[width, height] = _Loaded(passes, tables, layers)
        return self._loaded[width, height]

    def _queue(self, image: Buffer, out: Buffer, **options: Any) -> None:
        loaded = self._load(image.width, image.height)
        before = 0
        for each, tables, layer in zip(loaded.passes, loaded.tables, loaded.layers, strict=True):
            fragments, lanes, head = (int(table.data.ptr) for table in tables)
            places = fused.Addresses(fragments, lanes, head, before, int(layer.data.ptr))
            device.run(fused.launch(each, places, image, out, self._limits, **options))
            before = layer.data.ptr
