"""The training room's mean along the motion is the one that ``denoise(radius)`` makes."""

from __future__ import annotations

import motion_clips as mc
import numpy as np
import pytest
import vapoursynth as vs

pytest.importorskip("cv2", reason="OpenCV is not installed: pip install vapoursynth-vsplugin[flow]")
pytest.importorskip("PIL.Image")

from vsplugin.motion import average
from vsplugin.training.degrade import noise_samples, noise_scenes
from vsplugin.training.degrade.aligned import Aligned

SIGMA = (0.12, 0.08)


def clip_of(frames: list[list[np.ndarray]], kind: int) -> vs.VideoNode:
    """Float planes of any size, as they are."""
    height, width = frames[0][0].shape
    blank = vs.core.std.BlankClip(format=kind, width=width, height=height, length=len(frames), keep=True)

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out = f.copy()
        out.props.update(_Range=0, _Matrix=6)  # full range, as float is
        for p, plane in enumerate(frames[n]):
            np.asarray(out[p])[...] = plane
        return out

    return vs.core.std.ModifyFrame(blank, blank, fill)


@pytest.mark.parametrize(
    ("kind", "step"), [(vs.YUV444PS, 1), (vs.YUV420PS, 2), (vs.GRAYS, 1)], ids=["444", "420", "grey"]
)
@pytest.mark.parametrize("radius", [1, 3])
def test_the_mean_and_its_noise_are_the_filters(kind, step, radius):
    rng = np.random.default_rng(4)
    scene = mc.scene(2, 96, 128, speed=6.0)  # fast enough that some flow back misses
    clean = [scene.frame(n) - np.float32([0, 0.5, 0.5])[:, None, None] for n in range(7)]
    frames = [
        [plane[:: step if p else 1, :: step if p else 1].copy() for p, plane in enumerate(each)][
            : 1 if kind == vs.GRAYS else 3
        ]
        for each in clean
    ]
    for planes in frames:
        for p, plane in enumerate(planes):
            plane += rng.normal(0, SIGMA[p > 0], plane.shape).astype(np.float32)
    clip = clip_of(frames, kind)
    expected, left = average.average(clip, clip, clip, radius, SIGMA)
    deltas = [*range(-radius, 0), *range(1, radius + 1)]
    sigma = [SIGMA[p > 0] for p in range(len(frames[0]))]
    found, share = Aligned(frames, (step - 1, step - 1)).mean(3, deltas, sigma)
    with expected.get_frame(3) as f, left.get_frame(3) as g:
        # std.Expr's cosine is good to some 1e-5.
        np.testing.assert_allclose(share, np.asarray(g[0]), atol=2e-4)
        assert 0.3 < share.mean() < 0.9
        for p, plane in enumerate(found):
            np.testing.assert_allclose(plane, np.asarray(f[p]), atol=1e-5)


def test_samples_hold_the_truth_and_as_much_noise_as_they_say():
    """Of a still that stands: the clean frame itself; frame and mean off it by what the planes say."""
    y, x = np.mgrid[:96, :96]
    still = np.stack([0.5 + 0.2 * np.sin(x / 9) * np.cos(y / 7), 0.1 * np.sin(x / 20), 0.1 * np.cos(y / 20)])
    clean = np.repeat(still[None].astype(np.float32), 7, 0)
    sizes = set()
    for seed in range(12):
        planes = dict(zip(noise_samples.PLANES, noise_scenes.sample(clean, np.random.default_rng(seed)), strict=True))
        np.testing.assert_array_equal(planes["clean Y"], clean[0, 0])
        sigma = planes["frame's sigma Y"]
        assert np.ptp(sigma) == 0 and 0 < sigma[0, 0] <= 0.2
        assert (planes["frame's Y"] - planes["clean Y"]).std() == pytest.approx(sigma[0, 0], rel=0.06)
        error = ((planes["Y"] - planes["clean Y"]) / planes["sigma Y"])[8:-8, 8:-8]
        assert 0.75 < error.std() < 1.6 and abs(error.mean()) < 0.15
        grey = not planes["clean Cb"].any()
        assert bool(planes["sigma C"].any()) != grey and bool(planes["frame's Cb"].any()) != grey
        sizes.add(grey)
        if not grey:
            assert np.abs(planes["clean Cb"] - clean[0, 1]).max() < 0.01
    assert sizes == {True, False}


def test_a_sample_comes_back_from_its_file(tmp_path):
    planes = np.random.default_rng(3).uniform(-1.5, 3, (12, 40, 48)).astype(np.float32)
    noise_samples.write(planes, tmp_path / "a.png")
    read = noise_samples.values(noise_samples.read(tmp_path / "a.png"))
    assert read.shape == planes.shape and np.abs(read - planes).max() <= 0.5 / 8192 + 1e-6
    from PIL import Image

    Image.fromarray(np.zeros((13, 8), np.uint8)).save(tmp_path / "b.png")
    with pytest.raises(ValueError, match=r"b\.png must have 12 pictures below each other; it is 13 high"):
        noise_samples.read(tmp_path / "b.png")


def test_a_batch_is_cut_from_the_samples(tmp_path):
    pytest.importorskip("torch", reason="the training room needs torch: install the 'train' extra")
    from vsplugin.training.degrade import TASKS

    planes = np.repeat(np.arange(12, dtype=np.float32)[:, None, None] / 8, 40, 1).repeat(48, 2)
    planes += np.random.default_rng(0).uniform(0, 0.05, (1, 40, 48)).astype(np.float32)  # the same in each
    noise_samples.write(planes, tmp_path / "a.png")
    x, base, target = TASKS["denoise-t"]([tmp_path / "a.png"], np.random.default_rng(1), patch=16).batch(5)
    assert x.shape == (5, 9, 16, 16) and base.shape == target.shape == (5, 3, 16, 16)
    assert (x[:, :3] - base).abs().max() == 0
    for n in range(9):  # every plane from the same place, turned the same way
        assert (x[:, n] - target[:, 0] - (n + 3) / 8).abs().max() < 3e-4
    assert target[:, 0].std() > 0.01
