"""Unpacking and packing RGBA against numpy."""

import numpy as np
import pytest

from vsplugin import kernels

DTYPES = (np.uint8, np.uint16, np.float16, np.float32)


def unpacked(picture: np.ndarray, **options: object) -> tuple[np.ndarray, int]:
    planes = np.full((4, *picture.shape[:2]), -7, np.float32)
    found = kernels.unpack_rgba(picture, *planes, **options)
    return np.moveaxis(planes, 0, 2), found


def samples(dtype: type, height: int = 5, width: int = 1037) -> np.ndarray:
    generator = np.random.default_rng(3)
    if np.dtype(dtype).kind == "u":
        return generator.integers(0, np.iinfo(dtype).max + 1, (height, width, 4), dtype)
    return (generator.normal(0.4, 2.0, (height, width, 4))).astype(dtype)


@pytest.mark.parametrize("cpu", kernels.cpu_levels())
@pytest.mark.parametrize("dtype", DTYPES)
def test_planes_hold_the_samples_as_numpy_divides_them(cpu, dtype):
    picture = samples(dtype)
    peak = np.float64(np.iinfo(dtype).max) if np.dtype(dtype).kind == "u" else 1.0
    planes, _ = unpacked(picture, cpu=cpu)
    np.testing.assert_allclose(planes, picture.astype(np.float64) / peak, rtol=1e-6, atol=0)
    back = np.zeros_like(picture)
    kernels.pack_rgba(*np.ascontiguousarray(np.moveaxis(planes, 2, 0)), back, cpu=cpu)
    np.testing.assert_array_equal(back, picture)


@pytest.mark.parametrize("cpu", kernels.cpu_levels())
def test_every_16_bit_code_comes_back(cpu):
    picture = np.arange(1 << 16, dtype=np.uint16).reshape(64, 256, 4)
    planes, _ = unpacked(picture, cpu=cpu)
    back = np.zeros_like(picture)
    kernels.pack_rgba(*np.ascontiguousarray(np.moveaxis(planes, 2, 0)), back, cpu=cpu)
    np.testing.assert_array_equal(back, picture)


@pytest.mark.parametrize("cpu", kernels.cpu_levels())
@pytest.mark.parametrize("dtype", (np.float16, np.float32))
def test_nan_and_infinity_become_finite_and_nothing_else_changes(cpu, dtype):
    picture = samples(dtype)
    picture[2, :4, 0] = np.nan, np.inf, -np.inf, np.finfo(dtype).max
    planes, _ = unpacked(picture, cpu=cpu)
    assert planes[2, :4, 0].tolist() == [0.0, 65504.0, -65504.0, float(np.finfo(dtype).max)]
    picture[2, :3, 0] = 0
    planes[2, :3, 0] = 0
    np.testing.assert_array_equal(planes, picture.astype(np.float32))


def test_integers_are_rounded_and_limited_to_their_codes():
    planes = np.zeros((4, 1, 6), np.float32)
    planes[0] = -1.0, 0.0, 0.5, 1.0, 4.0, np.nan
    out = np.zeros((1, 6, 4), np.uint16)
    kernels.pack_rgba(*planes, out)
    assert out[0, :, 0].tolist() == [0, 0, 32768, 65535, 65535, 0]
    kernels.pack_rgba(*planes[:3], None, out)
    assert out[0, :, 3].tolist() == [65535] * 6


def test_rows_may_go_up_and_red_and_blue_may_be_swapped():
    picture = samples(np.float32)
    padded = np.full((5, 1040, 4), 9, np.float32)
    padded[::-1, :1037] = picture
    planes, found = unpacked(padded[::-1, :1037])
    np.testing.assert_array_equal(planes, picture)
    assert found == unpacked(picture)[1]
    swapped, _ = unpacked(picture, swapped=True)
    np.testing.assert_array_equal(swapped, picture[:, :, [2, 1, 0, 3]])
    back = np.full_like(padded, 9)
    kernels.pack_rgba(*np.ascontiguousarray(np.moveaxis(swapped, 2, 0)), back[::-1, :1037], swapped=True)
    np.testing.assert_array_equal(back, padded)


@pytest.mark.parametrize("dtype", DTYPES)
def test_any_changed_byte_changes_the_hash(dtype):
    picture = samples(dtype, 3, 7)
    seen = {unpacked(picture)[1]}
    data = picture.view(np.uint8)
    for index in range(data.size):
        data.flat[index] ^= 1
        seen.add(unpacked(picture)[1])
        data.flat[index] ^= 1
    assert len(seen) == data.size + 1
    assert unpacked(picture)[1] in seen


def test_wrong_shapes_are_refused():
    planes = np.zeros((4, 3, 5), np.float32)
    for picture in (np.zeros((3, 5, 3), np.float32), np.zeros((3, 6, 4), np.float32), np.zeros((3, 5, 4), np.int32)):
        with pytest.raises(ValueError, match=r"picture|out must have"):
            kernels.unpack_rgba(picture, *planes)
