"""What the denoising task draws when asked for smooth noise and for colours that photographs lack."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the training room needs torch: install the 'train' extra")
Image = pytest.importorskip("PIL.Image")

OPTIONS = {
    "patch": 32, "scales": [1.0], "sigma": [0.1, 0.1], "chroma_sigma": [0.5, 0.5], "grey": 0.0, "subsampled": 0.5,
}  # fmt: skip


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    from vsplugin.training.degrade import TASKS

    path: Path = tmp_path_factory.mktemp("stills") / "grey.png"
    Image.fromarray(np.random.default_rng(0).integers(90, 160, (64, 64, 3), np.uint8)).save(path)
    return lambda **options: TASKS["denoise"]([path], np.random.default_rng(1), **OPTIONS | options)


def noise(task, count: int = 64) -> tuple[np.ndarray, np.ndarray]:
    """Luma's, and that of the chroma of the patches that are 4:4:4 (the last half)."""
    x, base, target = task.batch(count)
    assert torch.equal(x[:, :3], base)
    difference = (base - target).double().numpy()
    return difference[:, 0], difference[count // 2 :, 1:]


def neighbours(noise: np.ndarray) -> float:
    return float((noise[..., 1:] * noise[..., :-1]).mean() / (noise**2).mean())


def test_smooth_noise_is_as_strong_as_the_maps_say(task) -> None:
    luma, chroma = noise(task(grain=1.0))
    assert luma.std() == pytest.approx(0.1, rel=0.03) and chroma.std() == pytest.approx(0.05, rel=0.03)
    # Weight a on each side: neighbours correlate by 2a(1-2a) / ((1-2a)^2 + 2a^2), in the mean over a in 0..1/3.
    a = np.linspace(0, 1 / 3, 1000)
    mean = float(np.mean(2 * a * (1 - 2 * a) / ((1 - 2 * a) ** 2 + 2 * a**2)))
    assert neighbours(luma) == pytest.approx(mean, abs=0.08) and neighbours(chroma) == pytest.approx(mean, abs=0.1)
    luma, chroma = noise(task())
    assert abs(neighbours(luma)) < 0.02 and abs(neighbours(chroma)) < 0.02, "white without the option"


def test_vivid_patches_reach_the_ends_of_what_codes_can_say(task) -> None:
    _, _, plain = task().batch(64)
    _, _, vivid = task(vivid=1.0).batch(64)
    assert plain[:, 1:].mean((2, 3)).abs().max() < 0.1
    levels = vivid.mean((2, 3))
    assert levels[:, 0].min() < 0.05 and levels[:, 0].max() > 0.95
    assert (levels[:, 1:].min(0).values < -0.4).all() and (levels[:, 1:].max(0).values > 0.4).all()
    assert vivid[:, 0].min() >= -0.08 and vivid[:, 0].max() <= 1.1 and vivid[:, 1:].abs().max() <= 0.58
    _, _, some = task(vivid=0.25).batch(256)
    changed = (some[:, 1:].mean((2, 3)).abs() > 0.1).any(1).float().mean()
    assert changed == pytest.approx(0.25, abs=0.08)
