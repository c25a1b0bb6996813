"""The first two tasks draw the same patches for the same seed as when their models were trained.

The figures were written down from the code that trained ``sr2-fast`` and ``denoise-fast``. The next draw of the
generator proves that no number more or less was taken from it; the sums prove what was made of them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the training room needs torch: install the 'train' extra")
Image = pytest.importorskip("PIL.Image")

SUPER_RESOLUTION = {"scale": 2, "patch": 16, "scales": [1.0, 0.7]}
DENOISE = {
    "patch": 16, "scales": [1.0, 0.7], "sigma": [0.0, 0.2], "chroma_sigma": [0.4, 1.2], "grey": 0.1, "subsampled": 0.7,
}  # fmt: skip
# kind, options, then per tensor (input, base, target) its weighted sum, then the generator's next draw
RECORDED = [
    ("super-resolution", SUPER_RESOLUTION, [-1.043266401, 0.145817120, 0.151763402], 0.8689389866355705),
    (
        "super-resolution",
        SUPER_RESOLUTION | {"candidates": 3},
        [-0.201175189, 0.231492241, 0.233892879],
        0.919856728878086,
    ),
    ("denoise", DENOISE, [0.408330472, 0.131007185, 0.172434175], 0.3223528340417492),
    ("denoise", DENOISE | {"candidates": 3}, [-0.149317203, -0.610230238, -0.669109565], 0.5215337654526868),
]


@pytest.fixture(scope="module")
def stills(tmp_path_factory) -> list[Path]:
    folder = tmp_path_factory.mktemp("stills")
    y, x = np.mgrid[0:96, 0:112]
    for index in range(3):
        planes = [127 + 100 * np.sin(x / (3 + index + c)) * np.cos(y / (4 + index - c)) for c in range(3)]
        Image.fromarray(np.stack(planes, 2).astype(np.uint8)).save(folder / f"{index}.png")
    return sorted(folder.glob("*.png"))


def weighted_sum(tensor) -> float:
    """Every sample counts with a weight of its own, so that moved or exchanged samples show."""
    values = tensor.double().numpy().ravel()
    return float(values @ np.cos(np.arange(values.size) * 0.37) / values.size**0.5)


def observe(kind: str, options: dict, stills: list[Path]) -> tuple[list[float], float]:
    from vsplugin.training.degrade import TASKS

    rng = np.random.default_rng(20261120)
    task = TASKS[kind](stills, rng, **options)
    task.batch(8)
    return [weighted_sum(tensor) for tensor in task.batch(8)], float(rng.random())


@pytest.mark.parametrize(("kind", "options", "sums", "draw"), RECORDED)
def test_a_seed_gives_the_batches_the_models_were_trained_on(stills, kind, options, sums, draw):
    got, next_draw = observe(kind, options, stills)
    assert next_draw == draw
    np.testing.assert_allclose(got, sums, rtol=0, atol=2e-6)
