"""The VapourSynth graph of a node, kept between frames: making one can mean compiling a model."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

import vapoursynth as vs

from .. import chain as chains
from .. import color
from ..errors import UserError
from ..hdr import props as hdr
from ..hdr import sidecar
from ..ofx.source import serving
from .colour import to_pixels, to_signal
from .frames import Frames, Image
from .request import Request

_KEPT = 4  # graphs, each with its models
_MOST_SEEN = 4096  # pictures that are remembered
_building = threading.Lock()  # scripts run with global outputs


class Graph:
    """One graph. :attr:`lock` is held by the render that uses it: frames come from that render's host thread."""

    def __init__(self, request: Request) -> None:
        self.lock = threading.Lock()
        self._first, self._length = request.timeline
        self._frames: Frames | None = None
        self._seen: dict[int, int] = {}  # frame -> hash of what VapourSynth may have in its caches
        self._substituted = False
        self._unannounced = False  # it looks at more frames than the node says
        self._measured = False  # it looked at frames while it was made
        self._is_being_made = False
        self._out: vs.VideoNode | None = None
        self._metadata = sidecar.load(request.hdr_in) if request.hdr_in else ()
        size = {"width": request.width, "height": request.height, "length": self._length}
        self.source = self._fed(vs.RGBS, size, lambda image: image.colour)
        self.alpha = self._fed(vs.GRAYS, size, lambda image: image.alpha)

    def _fed(self, kind: int, size: dict[str, int], part: Callable[[Image], vs.VideoFrame]) -> vs.VideoNode:
        """A clip of the host's pictures."""
        blank = vs.core.std.BlankClip(format=kind, keep=True, **size)

        def frame(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
            return self._with_metadata(part(self._image(n)), n)

        return vs.core.std.ModifyFrame(blank, blank, frame)

    def _image(self, n: int) -> Image:
        if self._frames is None:
            raise vs.Error("the host's frames are there only while it renders")
        number = n + self._first
        self._measured |= self._is_being_made
        self._unannounced |= not self._is_being_made and not self._frames.announced(number)
        image, exact = self._frames.get(number)
        self._substituted |= not exact
        self._seen[number] = image.hash
        return image

    def _with_metadata(self, picture: vs.VideoFrame, n: int) -> vs.VideoFrame:
        if not 0 <= n < len(self._metadata):
            return picture
        out = picture.copy()
        for name, value in hdr.to_props(self._metadata[n]).items():
            if value is not None:
                out.props[name] = value
        return out

    def begin(self, frames: Frames) -> None:
        """Take over a render's pictures, and forget what was made of others."""
        self._frames = frames
        known = frames.known()
        changed = any(number in known and seen != known[number] for number, seen in self._seen.items())
        # Of frames that come without being asked for, the host shows every one that the result depends on.
        hidden = self._unannounced and frames.temporal and any(number not in known for number in self._seen)
        if changed and self._measured:
            self._out = None
        if changed or self._substituted or hidden or len(self._seen) > _MOST_SEEN:
            vs.core.clear_cache()
            self._seen.clear()
            self._substituted = False

    def end(self) -> None:
        self._frames = None

    def index(self, frame: int) -> int:
        return frame - self._first

    def output(self, request: Request) -> vs.VideoNode:
        """The result in the host's coding and size, not mixed."""
        if self._out is None:
            with _building:
                self._measured, self._is_being_made = False, True
                try:
                    self._out = self._build(request)
                finally:
                    self._is_being_made = False
        return self._out

    def _build(self, request: Request) -> vs.VideoNode:
        source = self.source
        if request.undoes_enlargement:
            width, height = (-(-side // request.scale) for side in (request.width, request.height))
            source = vs.core.resize.Bicubic(source, width, height)
        signal = to_signal(source, request.coding)
        out = _of_script(signal, request) if request.script else self._of_chain(signal, request)
        is_mask = out.format.color_family == vs.GRAY and not request.script  # values that a filter shows, not light
        out = _as_rgb(out)
        if not request.leaves_coding and not is_mask:
            out = to_pixels(out, request.coding)
        if (out.width, out.height) != request.size:
            out = vs.core.resize.Bicubic(out, *request.size)
        return out

    def _of_chain(self, signal: vs.VideoNode, request: Request) -> vs.VideoNode:
        """With what has to be measured, over the clip where the host says how long it is, else on this frame."""
        whole = request.render.temporal and self._length == request.render.length
        measured_on = signal if whole else signal[self.index(request.render.frame)]
        return chains.apply(signal, chains.resolve(measured_on, request.chain))


def _of_script(signal: vs.VideoNode, request: Request) -> vs.VideoNode:
    assert request.script is not None
    if request.script.suffix.lower() not in sidecar.SCRIPTS:
        raise UserError(f"script must be a .vpy or .py file; got '{request.script}'")
    with serving(signal):
        return sidecar.script_clip(request.script, {})


def _as_rgb(clip: vs.VideoNode) -> vs.VideoNode:
    """What a chain or a script ends in, as RGBS; GRAY, such as a mask, in all three planes."""
    if clip.format.color_family == vs.GRAY:
        return vs.core.std.ShufflePlanes([color.to_float(clip)] * 3, [0, 0, 0], vs.RGB)
    return clip if clip.format.id == vs.RGBS else vs.core.resize.Bicubic(clip, format=vs.RGBS)


class Graphs:
    """The graphs used last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Graph] = OrderedDict()

    def of(self, request: Request) -> Graph:
        """The graph for a request, made now if there is none. ``UserError`` for a metadata file that is none."""
        key = request.key()
        with self._lock:
            if key not in self._kept:
                self._kept[key] = Graph(request)
            self._kept.move_to_end(key)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            return self._kept[key]
