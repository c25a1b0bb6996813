"""What the kernel tests share: sizes, planes of every sample type inside padded memory, clips made of arrays."""

import os

import numpy as np
import pytest
import vapoursynth as vs

from vsplugin import kernels

# The sanitizers' run (sanitize.py) is 20 to 100 times slower: it takes smaller frames, and leaves no test out.
SANITIZED = "VSPLUGIN_SANITIZED" in os.environ


def sized(full, small):
    """The first; in the sanitizers' run the second."""
    return small if SANITIZED else full


SIZES = [(1, 1), (3, 5), (33, 17), (129, 67), sized((640, 360), (640, 9))]  # width, height
SAMPLES = [("uint8", 8), ("uint16", 10), ("uint16", 16), ("float16", 16), ("float32", 32)]  # numpy type, bits
FAST = [
    pytest.param(cpu, marks=pytest.mark.skipif(cpu not in kernels.cpu_levels(), reason=f"this CPU has no {cpu}"))
    for cpu in ("avx2", "avx512")
]
CANARY = 0xA5


def random_plane(rng, width, height, sample, bits):
    """Noise over the whole code range; floats reach beyond 0..1 as HDR does."""
    if sample.startswith("uint"):
        return rng.integers(0, 2**bits, (height, width)).astype(sample)
    return rng.uniform(-0.5, 3.0, (height, width)).astype(sample)


def keys(t):
    """Keys' cubic convolution kernel with a = -0.5, from its textbook form; not how the kernel computes it."""
    t = np.abs(t)
    near = 1.5 * t**3 - 2.5 * t**2 + 1
    far = -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2
    return np.where(t <= 1, near, np.where(t < 2, far, 0.0))


def warped(image, dx, dy, confidence, mode):
    """What Warp is defined to make, in float64, before rounding to the sample type."""
    height, width = image.shape
    image = image.astype(np.float64)
    dx, dy = (np.where(np.isfinite(d), d, 0).astype(np.float64) for d in (dx, dy))
    y, x = np.mgrid[:height, :width]
    px, py = x + dx, y + dy
    total = np.zeros_like(image)
    for j in range(-1, 3):
        for i in range(-1, 3):
            ix, iy = np.floor(px) + i, np.floor(py) + j
            weight = keys(px - ix) * keys(py - iy)
            if mode == "bilinear":
                weight = np.maximum(1 - np.abs(px - ix), 0) * np.maximum(1 - np.abs(py - iy), 0)
            total += weight * image[iy.clip(0, height - 1).astype(int), ix.clip(0, width - 1).astype(int)]
    if confidence is None:
        return total
    return image + np.nan_to_num(confidence.astype(np.float64)).clip(0, 1) * (total - image)


def random_flow(rng, width, height, spread=4.0):
    return (rng.normal(0, spread, (2, height, width))).astype(np.float32)


def padded(plane):
    """A copy of the plane whose rows lie apart, with known bytes before, between and after them."""
    height, width = plane.shape
    pad = 7  # samples: rows are not aligned either
    memory = np.frombuffer(bytearray([CANARY]) * ((height + 2) * (width + 2 * pad) * plane.itemsize), plane.dtype)
    view = memory.reshape(height + 2, width + 2 * pad)[1:-1, pad:-pad]
    view[...] = plane
    return view


def assert_padding_untouched(view):
    memory = view.base
    while memory.base is not None and isinstance(memory.base, np.ndarray):
        memory = memory.base
    rest = memory.view(np.uint8).reshape(view.shape[0] + 2, -1).copy()
    left = 7 * view.itemsize
    rest[1:-1, left:-left] = CANARY
    assert (rest == CANARY).all(), "bytes outside the plane were written"


def assert_same_bits(got, expected):
    """Equal to the last bit, NaN included."""
    assert got.dtype == expected.dtype and got.shape == expected.shape
    different = got.view(f"u{got.itemsize}") != expected.view(f"u{got.itemsize}")
    different &= ~(np.isnan(got) & np.isnan(expected)) if got.dtype.kind == "f" else True
    assert not different.any(), f"{different.sum()} samples differ, first at {np.argwhere(different)[0]}"


def clip_of(planes_per_frame, format_id, **props):
    """A clip whose frame n has the planes planes_per_frame[n]."""
    height, width = planes_per_frame[0][0].shape
    blank = vs.core.std.BlankClip(width=width, height=height, format=format_id, length=len(planes_per_frame), keep=True)

    def fill(n, f):
        frame = f.copy()
        for index, plane in enumerate(planes_per_frame[n]):
            np.asarray(frame[index])[...] = plane
        frame.props.update(props)
        return frame

    return blank.std.ModifyFrame(blank, fill)


def planes_of(clip, n=0):
    with clip.get_frame(n) as frame:
        return [np.asarray(frame[p]).copy() for p in range(clip.format.num_planes)]


def shapes_of(format_id, width, height):
    """Height and width of every plane."""
    fmt = vs.core.get_video_format(format_id)
    chroma = (height >> fmt.subsampling_h, width >> fmt.subsampling_w)
    return [(height, width)] + [chroma] * (fmt.num_planes - 1)


def random_planes(rng, format_id, width, height):
    fmt = vs.core.get_video_format(format_id)
    sample = {vs.INTEGER: "uint", vs.FLOAT: "float"}[fmt.sample_type] + str(8 * fmt.bytes_per_sample)
    return [random_plane(rng, w, h, sample, fmt.bits_per_sample) for h, w in shapes_of(format_id, width, height)]
