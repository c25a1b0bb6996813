"""Gate weave, unsteady cameras and shrunken film: what shakes is taken out of the motion, what was meant stays."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import numpy as np
import vapoursynth as vs

from .. import color, kernels
from ..motion.pairs import CUT, shifted
from ..spec import Range, check_progressive, restoration
from ..steady import levels, missing, sidecar, weave, windows
from .flow import flow

_LONG_SIDE = 384  # pixels of the picture that is searched
_SHORT_SIDE = 16  # pixels: in less, nothing can be told
_FINE = 3  # times larger is the picture that is sampled
_CELL = 16  # pixels: the correction is drawn this coarsely and enlarged
_SEAM = 16  # pixels from an edge of the frame in the picture over which its level meets that of what is filled in
_FILLING = (1, -1)  # frames that borders are filled from, the first that shows the place

Border = Literal["fill", "mirror", "crop"]


@restoration()
def stabilize(
    clip: vs.VideoNode,
    *,
    strength: Annotated[float, Range(0, 1), "0 keeps the source, 1 takes out all the shake found."] = 1.0,
    radius: Annotated[
        int, Range(2, 60, "frames"), "Frames looked at on each side: more find slower shake, and average it better."
    ] = 20,
    border: Annotated[
        Border,
        "What is shown where the frame does not reach: fill takes neighbouring frames, mirror reflects the frame, crop "
        "enlarges the picture until it reaches.",
    ] = "fill",
    limit: Annotated[float, Range(0, 64, "pixels"), "Largest correction; also what crop cuts off on each side."] = 24.0,
    analysis: Annotated[
        str | None,
        "File for the motion of the whole clip: read if it is there, else measured now over all frames, and written.",
    ] = None,
) -> vs.VideoNode:
    """Hold the picture steady: gate weave, jitter, rotation, breathing and slow warping of the frame.

    Any constant YUV, GRAY or RGB format goes in (8-16 bit, half, float) and the same comes out, with its size and frame
    properties. Dense flow between every two neighbouring frames, and then the pictures themselves, are fitted with one
    displacement of the whole frame, a polynomial of degree 3; objects that move by themselves are outvoted. Where they
    cover so much that little of the picture agrees, blocks of it vote for what stands still behind them, up to turns
    and sizes. Over ``radius`` frames on each side the paths of the picture's parts are smoothed into straight pieces
    with few bends, so that pans, zooms and their starts and ends stay; what could be errors of the measurement stays,
    too, so that steady film comes back as it was. Each frame is sampled once. Windows end at cuts and where no part
    of the picture can be taken for the background; where that leaves fewer than five frames, the source is kept.
    Float samples that are no numbers are taken for missing: the mean of the numbers within two samples stands for them
    (0 where there are none), so the result is finite and what lies around is not spoilt.

    Motion is measured as the frames are asked for; with ``analysis`` it is kept in a file and no frame is searched
    again. A file of another clip (size, length, or sampled frames differ) is an error that names both.

    Needs the extra ``flow``. Raises ``vs.Error`` for clips of varying format or size, interlaced clips, arguments
    outside their range, and files that are no analysis of this clip.
    """
    check_progressive("stabilize", clip)
    if strength == 0 or limit == 0 or clip.num_frames < 3:
        return clip
    seen = _luma(clip)
    if min(seen.width, seen.height) < _SHORT_SIDE:
        return clip
    whole = missing.filled(clip)
    pairs = _pairs(clip, _luma(whole), radius)
    if analysis is not None:
        pairs = windows.known(sidecar.of("stabilize", analysis, clip, pairs))
    shape = _Shape(clip, limit)
    drawn = _drawn(pairs, radius, shape, strength, border)
    steady = _sampled(whole, drawn, shape)
    return _filled(whole, steady, drawn, shape) if border == "fill" else steady


def _luma(clip: vs.VideoNode) -> vs.VideoNode:
    return windows.small(color.plane(color.to_yuv(clip), 0), _LONG_SIDE)


def _pairs(clip: vs.VideoNode, luma: vs.VideoNode, radius: int) -> vs.VideoNode:
    """The movement from each frame to the next in pixels of the clip, and its variances; from a small picture."""
    core = vs.core
    soft = core.std.Convolution(luma, [1, 2, 1, 2, 4, 2, 1, 2, 1])
    shades = core.std.BoxBlur(soft, hradius=8, hpasses=2, vradius=8, vpasses=2)
    detail = core.std.MakeDiff(soft, shades)
    to_clip = np.array([clip.width / luma.width, clip.height / luma.height])

    def measure(f: list[vs.VideoFrame]) -> np.ndarray | None:
        first, second, motion = f
        if motion.props.get(CUT, 0):
            return None
        planes = [np.asarray(motion[p]) for p in range(3)]
        found = weave.between(np.asarray(first[0]), np.asarray(second[0]), planes)
        return None if found is None else np.stack([found[0] * to_clip, found[1] * to_clip**2]).ravel()

    return windows.measured([detail, shifted(detail, 1), flow(luma, 1)], radius, measure)


class _Shape:
    """The coarse picture that corrections are drawn in: one block for each frame that is sampled, one below another.

    A block has a cell for every 16 pixels, and more around, for what lies outside the frame.
    """

    def __init__(self, clip: vs.VideoNode, limit: float) -> None:
        step = 1 << max(clip.format.subsampling_w, clip.format.subsampling_h)
        limit = min(limit, min(clip.width, clip.height) / 4)
        self.width, self.height = clip.width, clip.height
        self.reach = min(math.ceil(limit / step) * step, clip.width // step * step, clip.height // step * step)
        self.limit = limit
        self.columns, self.rows = math.ceil(clip.width / _CELL), math.ceil(clip.height / _CELL)
        cell = min(clip.width / self.columns, clip.height / self.rows)
        self.around = math.ceil(self.reach / cell) + 3
        x, y = weave.fields.grid(self.columns, self.rows, self.around)
        self.cells = np.stack([x, y], axis=-1)
        self.picture = weave.Picture(clip.width, clip.height)

    def blank(self, frames: int, blocks: int) -> vs.VideoNode:
        height, width = self.cells.shape[:2]
        return vs.core.std.BlankClip(format=vs.RGBS, width=width, height=height * blocks, length=frames, keep=True)

    def enlarged(
        self,
        drawn: vs.VideoNode,
        block: int,
        size: tuple[int, int],
        reach: tuple[int, int] = (0, 0),
    ) -> vs.VideoNode:
        """One block at ``size``, and ``reach`` samples more on each side."""
        (width, height), (more_x, more_y) = size, reach
        cell_x, cell_y = self.columns / width, self.rows / height
        large = drawn.resize.Bicubic(
            width + 2 * more_x,
            height + 2 * more_y,
            src_left=self.around - more_x * cell_x,
            src_top=block * self.cells.shape[0] + self.around - more_y * cell_y,
            src_width=self.columns + 2 * more_x * cell_x,
            src_height=self.rows + 2 * more_y * cell_y,
        )
        return _briefly(large)


def _briefly(node: vs.VideoNode) -> vs.VideoNode:
    """Kept for as long as one output frame needs it, in several places at once.

    VapourSynth would let caches of such nodes grow as far as it is allowed to: 2 GB of displacements at 1920x1080.
    """
    vs.core.std.SetVideoCache(node, mode=1, fixedsize=1, maxsize=vs.core.num_threads + 1, maxhistory=0)
    return node


def _drawn(pairs: vs.VideoNode, radius: int, shape: _Shape, strength: float, border: Border) -> vs.VideoNode:
    """RGBS: where each cell is in the frame and in those it is filled from (dx, dy, whether that is known)."""
    offsets = (0, *_FILLING) if border == "fill" else (0,)
    picture, height = shape.picture, shape.cells.shape[0]
    shrink = 1 - shape.limit / picture.half.min() if border == "crop" else 1.0

    def draw(window: windows.Window, planes: list[np.ndarray]) -> None:
        measured, centre = window.steps.reshape(-1, 2, weave.TERMS, 2), window.centre
        steps, variances = measured[:, 0], measured[:, 1]
        correction = picture.correction(steps, variances, centre, window.radius) * strength
        largest = np.abs(picture.fetch(picture.points, correction)).max()
        correction *= min(1.0, shape.limit / largest) if largest > 0 else 1.0
        own = picture.moved_back(shape.cells * shrink, correction)
        for block, offset in enumerate(offsets):
            known = 0 <= centre + offset <= len(steps)
            places = own
            for step in steps[centre : centre + offset] if offset > 0 and known else ():
                places = picture.moved(places, step)
            for step in steps[centre + offset : centre][::-1] if offset < 0 and known else ():
                places = picture.moved_back(places, step)
            rows = slice(block * height, (block + 1) * height)
            moved = (places - shape.cells) * picture.half
            planes[0][rows], planes[1][rows], planes[2][rows] = moved[..., 0], moved[..., 1], float(known)

    blank = shape.blank(pairs.num_frames, len(offsets))
    return windows.windowed(pairs, radius, blank, draw)


def _sampled(clip: vs.VideoNode, drawn: vs.VideoNode, shape: _Shape) -> vs.VideoNode:
    """The clip along the first block, mirrored at its edges.

    Catmull-Rom alone would take up to a quarter of the gradients' energy between pixels. So planes are enlarged first,
    by Lanczos with 12 taps, to where Catmull-Rom takes next to nothing; whole pixels stay exact.
    """
    core = vs.core
    kind = clip.format
    fine = vs.GRAYS if kind.sample_type == vs.FLOAT else vs.GRAY16
    first = (_FINE - 1) / 2  # an enlarged picture's samples of the picture itself are every _FINE-th, from the first
    planes = []
    for p in range(kind.num_planes):
        plane = color.plane(clip, p) if kind.num_planes == 1 else _briefly(color.plane(clip, p))
        reach_x, reach_y = (shape.reach >> (shift if p else 0) for shift in (kind.subsampling_w, kind.subsampling_h))
        wide = _mirrored(plane, reach_x, reach_y)
        enlarged = wide.resize.Lanczos(
            _FINE * wide.width,
            _FINE * wide.height,
            src_left=first / _FINE,
            src_top=first / _FINE,
            filter_param_a=6,
            format=fine,
        )
        scale_x, scale_y = plane.width / clip.width, plane.height / clip.height
        motion = core.std.Expr(drawn, [f"x {scale_x} *", f"x {scale_y} *", "1"])
        motion = shape.enlarged(motion, 0, (plane.width, plane.height), (reach_x, reach_y))
        sampled = kernels.plugin().Warp(enlarged, motion, scale=_FINE).resize.Point(format=plane.format.id)
        planes.append(sampled.std.Crop(reach_x, reach_x, reach_y, reach_y))
    return color.joined(planes, clip)


def _mirrored(plane: vs.VideoNode, x: int, y: int) -> vs.VideoNode:
    """``x`` and ``y`` samples more on each side, as in a mirror."""
    core = vs.core
    if x:
        ends = plane.std.Crop(right=plane.width - x), plane.std.Crop(left=plane.width - x)
        left, right = (core.std.FlipHorizontal(end) for end in ends)
        plane = _briefly(core.std.StackHorizontal([left, plane, right]))
    if y:
        ends = plane.std.Crop(bottom=plane.height - y), plane.std.Crop(top=plane.height - y)
        top, bottom = (core.std.FlipVertical(end) for end in ends)
        plane = _briefly(core.std.StackVertical([top, plane, bottom]))
    return plane


def _filled(clip: vs.VideoNode, steady: vs.VideoNode, drawn: vs.VideoNode, shape: _Shape) -> vs.VideoNode:
    """``steady`` with the places that its frame does not show taken from the neighbour that does.

    That is the one ahead, unless it shows them nearer to its own edge, where scans are dark, than the one behind does.
    """
    core = vs.core
    x, y = _coordinates(clip)
    size, right, bottom = (clip.width, clip.height), clip.width - 1, clip.height - 1
    # x, y, z and a are dx, column, dy and row: pixels from where they lead to the nearest edge of the frame.
    deep = f"x y + dup {right} swap - min z a + dup {bottom} swap - min min {_SEAM} min"
    slope = "0.5 * 0.5 + 0 max 1 min"  # of two pixels at that edge
    motion = _briefly(shape.enlarged(drawn, 0, size))
    places = [color.plane(motion, 0), x, color.plane(motion, 1), y]
    shown = _briefly(core.std.Expr(places, f"{deep} {slope}"))
    filling, depths = list[vs.VideoNode](), list[vs.VideoNode]()
    for block, offset in enumerate(_FILLING, 1):
        motion = shape.enlarged(drawn, block, size)  # its third plane, whether that frame is known, is the confidence
        dx, dy, known = (color.plane(motion, p) for p in range(3))
        depths.append(_briefly(core.std.Expr([dx, x, dy, y, known], f"b 0.5 > {deep} -1e6 ?")))
        filling.append(kernels.plugin().Warp(shifted(clip, offset), motion))
    other = _briefly(_chosen(filling[0], filling[1], core.std.Expr(depths, "x y < 0 1 ?")))
    covered = _briefly(core.std.Expr(depths, f"x y max {slope}"))
    margin = core.std.Expr([*places, shown, covered], _near_a_seam(right, bottom) + " b * c *")
    steady = levels.met(steady, other, core.std.Expr([shown, covered], "x 1 < 0 y ?"), margin)
    return _merged(steady, other, core.std.Expr([shown, covered], "1 x - y *"))


def _near_a_seam(right: int, bottom: int) -> str:
    """Of places as in :func:`_filled`: 1 at an edge of the frame that lies in the picture, 0 from ``_SEAM`` on.

    Or from twice as far as the edge has come in: a border that hardly moved is hardly touched.
    """
    sides = []
    for way, place in (("x -1 *", "x y +"), ("x", f"{right} x y + -"), ("z -1 *", "z a +"), ("z", f"{bottom} z a + -")):
        sides.append(f"1 {place} {way} 2 * 0.01 max {_SEAM} min / -")
    return " ".join(sides) + " max max max 0 max 1 min"


def _coordinates(clip: vs.VideoNode) -> tuple[vs.VideoNode, vs.VideoNode]:
    """GRAYS clips of one frame whose samples are their own column, and row."""
    blank = vs.core.std.BlankClip(clip, format=vs.GRAYS, length=1)

    def ramp(axis: int) -> vs.VideoNode:
        def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
            out = f.copy()
            np.asarray(out[0])[:] = np.indices((clip.height, clip.width), np.float32, sparse=True)[axis]
            return out

        return vs.core.std.ModifyFrame(blank, blank, fill).std.Loop(clip.num_frames)

    return ramp(1), ramp(0)


def _chosen(clip: vs.VideoNode, other: vs.VideoNode, mask: vs.VideoNode) -> vs.VideoNode:
    """``clip`` where the mask (GRAYS, 0 or 1) is 1, ``other`` where it is 0: to the bit, which no merge is."""
    core, planes = vs.core, []
    for p in range(clip.format.num_planes):
        one, two = color.plane(clip, p), color.plane(other, p)
        planes.append(core.std.Expr([one, two, mask.resize.Point(one.width, one.height)], "z 0.5 > x y ?"))
    return color.joined(planes, clip)


def _merged(clip: vs.VideoNode, other: vs.VideoNode, mask: vs.VideoNode) -> vs.VideoNode:
    kind = clip.format
    like = vs.core.query_video_format(vs.GRAY, kind.sample_type, kind.bits_per_sample)
    mask = mask.resize.Point(format=like.id, range=vs.RANGE_FULL)
    return vs.core.std.MaskedMerge(clip, other, mask, first_plane=True)
