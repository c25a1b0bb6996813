"""Chains from recipes, the tasks that use them, and recipes that are wrong."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the training room needs torch: install the 'train' extra")
Image = pytest.importorskip("PIL.Image")

from vsplugin.training.degrade import TASKS
from vsplugin.training.degrade.chain import read_chain, run_chain
from vsplugin.training.degrade.options import RecipeError
from vsplugin.training.degrade.steps import STEPS

CODEC = {"step": "codec", "mpeg2": [4, 8], "x264": [20, 30]}
# Every step without PyAV, so that a plain training environment tests them too.
LONG = [
    {"step": "blur", "kernels": ["gaussian", "anisotropic", "motion", "defocus", "airy", "low-pass"]},
    {"step": "resize", "factor": [0.6, 1.3], "aliased": 0.5},
    {"step": "shrink", "chance": 0.5, "kernels": ["area", "lanczos"]},
    {"step": "noise"},
    {"step": "sensor-noise", "chance": 0.5},
    {"step": "chroma-noise"},
    {"step": "grain", "models": ["filtered", "boolean"]},
    {"step": "clip"},
    {"step": "band"},
    {"step": "interlace"},
]


@pytest.fixture(scope="module")
def stills(tmp_path_factory) -> list[Path]:
    folder = tmp_path_factory.mktemp("stills")
    y, x = np.mgrid[0:160, 0:192]
    for index in range(2):
        planes = [127 + 60 * np.sin(x / (3 + index + c)) * np.cos(y / (4 + index - c)) for c in range(3)]
        planes = [plane + 50 * (np.hypot(x - 90, y - 70) < 40) for plane in planes]
        Image.fromarray(np.stack(planes, 2).astype(np.uint8)).save(folder / f"{index}.png")
    return sorted(folder.glob("*.png"))


def make(kind, stills, seed=0, **options):
    return TASKS[kind](stills, np.random.default_rng(seed), **({"patch": 24, "scales": [1.0], "chain": LONG} | options))


@pytest.mark.parametrize(("kind", "scale"), [("deartifact", 1), ("restore", 2), ("restore", 3)])
def test_batches_have_the_shapes_the_trainer_expects(stills, kind, scale):
    task = make(kind, stills, **({} if kind == "deartifact" else {"scale": scale}))
    for size in (1, 3, 8):
        x, base, target = task.batch(size)
        assert x.shape == (size, 3, 24, 24) and base.shape == target.shape == (size, 3, 24 * scale, 24 * scale)
        assert all(t.dtype == torch.float32 and torch.isfinite(t).all() for t in (x, base, target))
        assert torch.equal(target[:, 1:, ::2, ::2], target[:, 1:, 1::2, 1::2])  # 4:2:0 repeated


@pytest.mark.parametrize("kind", ["deartifact", "restore"])
def test_without_damage_the_base_is_the_target_rounded(stills, kind):
    """Proves that input and target show the same place: the mildest chain leaves 8-bit rounding (and the scale)."""
    task = make(kind, stills, chain=[{"step": "noise", "sigma": [0, 0]}], grey=0.0)
    _, base, target = task.batch(8)
    cut = np.s_[:, :, 6:-6, 6:-6]
    if kind == "deartifact":
        assert (base - target).abs().max() < 0.51 / 219
    best = (base - target)[cut].square().mean()
    for shift in ((0, 1), (1, 0), (0, -1), (-1, 0)):
        moved = torch.roll(base, shift, (2, 3))
        assert (moved - target)[cut].square().mean() > 1.5 * best


@pytest.mark.parametrize("kind", ["deartifact", "restore"])
def test_a_seed_gives_the_same_batches_and_another_others(stills, kind):
    a, b, c = (make(kind, stills, seed).batch(6) for seed in (1, 1, 2))
    assert all(torch.equal(p, q) for p, q in zip(a, b, strict=True))
    assert not torch.equal(a[0], c[0])


def test_codecs_in_a_chain(stills):
    pytest.importorskip("av", reason="codecs need PyAV: pip install av")
    mild, hard = (
        make("deartifact", stills, chain=[{"step": "codec", "mpeg2": [q, q], "x264": [q, q]}]).batch(16)
        for q in (2, 28)
    )
    errors = [(base - target).square().mean() for _, base, target in (mild, hard)]
    assert errors[1] > 10 * errors[0]
    again = make("deartifact", stills, chain=[CODEC, CODEC])
    other = make("deartifact", stills, chain=[CODEC, CODEC])
    assert torch.equal(again.batch(5)[0], other.batch(5)[0])


def test_grey_patches_have_no_chroma_anywhere(stills):
    x, base, target = make("restore", stills, grey=1.0).batch(4)
    assert not x[:, 1:].any() and not base[:, 1:].any() and not target[:, 1:].any()


def test_the_level_map_is_the_error_of_the_base(stills):
    x, base, target = make("restore", stills, level_map=True).batch(4)
    assert x.shape[1] == 4
    want = (base - target)[:, 0].square().mean((1, 2)).sqrt()
    torch.testing.assert_close(x[:, 3, 5, 7], want)


def test_each_step_changes_the_picture_and_chance_zero_does_not():
    rng = np.random.default_rng(0)
    patches = np.concatenate([rng.random((4, 1, 32, 32)), rng.random((4, 2, 32, 32)) - 0.5], 1).astype(np.float32)
    before = patches.copy()
    for table in LONG:
        out = run_chain(read_chain([table | {"chance": 1}]), patches, (16, 16), np.random.default_rng(0))
        plain = run_chain(read_chain([table | {"chance": 0}]), patches, (16, 16), np.random.default_rng(0))
        bicubic = run_chain([], patches, (16, 16), np.random.default_rng(0))
        assert out.shape == (4, 3, 16, 16) and not np.array_equal(out, bicubic), table
        assert np.array_equal(plain, bicubic), table
    assert np.array_equal(patches, before)  # the caller's array is left alone


def test_chance_is_kept():
    patches = np.zeros((4000, 3, 8, 8), np.float32)
    chain = read_chain([{"step": "noise", "chance": 0.3, "sigma": [0.1, 0.1]}])
    out = run_chain(chain, patches, (8, 8), np.random.default_rng(0))
    assert out.any((1, 2, 3)).mean() == pytest.approx(0.3, abs=0.03)


HOSTILE = [
    ({"patch": 23}, r"degradation\.patch: must be even.*got 23"),
    ({"patch": 0}, r"degradation\.patch: must be a whole number in \[16, 512\] pixels, even; got 0"),
    ({"patch": 24.5}, r"degradation\.patch: .*got 24\.5"),
    ({"patch": True}, r"degradation\.patch: .*got True"),
    ({"patch": "24"}, r"degradation\.patch: .*got '24'"),
    ({"patch": 256}, r"degradation\.patch: 256 needs stills of at least"),
    ({"scales": []}, r"degradation\.scales: must be a list of numbers in \[0\.1, 1\]; got \[\]"),
    ({"scales": 0.5}, r"degradation\.scales: .*got 0\.5"),
    ({"grey": float("nan")}, r"degradation\.grey: .*got nan"),
    ({"level_map": 1}, r"degradation\.level_map: must be true or false; got 1"),
    ({"patsh": 24}, r"degradation\.patsh: no such option; did you mean 'patch'\?"),
    ({"chain": []}, r"degradation\.chain: must be a list of tables"),
    ({"chain": {"step": "blur"}}, r"degradation\.chain: must be a list of tables"),
    ({"chain": [{"sigma": [0, 1]}]}, r"degradation\.chain\[0\]\.step: no step None; allowed are blur, "),
    ({"chain": [{"step": "blurr"}]}, r"degradation\.chain\[0\]\.step: no step 'blurr'; did you mean 'blur'\?"),
    ({"chain": [{"step": ["blur"]}]}, r"degradation\.chain\[0\]\.step: no step \['blur'\]"),
    ({"chain": [{"step": "blur", "sigm": [1, 2]}]}, r"degradation\.chain\[0\]\.sigm: no such option; did you mean 'sigma'"),
    (
        {"chain": [{"step": "noise"}, {"step": "blur", "sigma": [2, 1]}]},
        r"degradation\.chain\[1\]\.sigma: must be two numbers \[from, to\], from <= to, in \[0\.2, 8\] pixels; got \[2, 1\]",
    ),
    ({"chain": [{"step": "blur", "sigma": 1.0}]}, r"chain\[0\]\.sigma: must be two numbers .*got 1\.0"),
    ({"chain": [{"step": "blur", "sigma": [0, 1]}]}, r"chain\[0\]\.sigma: .*got \[0, 1\]"),
    ({"chain": [{"step": "noise", "sigma": [0, float("inf")]}]}, r"chain\[0\]\.sigma: .*got \[0, inf\]"),
    ({"chain": [{"step": "blur", "chance": 1.5}]}, r"chain\[0\]\.chance: must be a number in \[0, 1\]; got 1\.5"),
    ({"chain": [{"step": "blur", "kernels": ["box"]}]}, r"chain\[0\]\.kernels: .*gaussian.*; got \['box'\]"),
    ({"chain": [{"step": "resize", "kernels": ["nearest"]}]}, r"chain\[0\]\.kernels: .*got \['nearest'\]"),
    ({"chain": [{"step": "codec"}]}, r"chain\[0\]\.codec: needs the quantiser range of at least one of x264, x265"),
    ({"chain": [{"step": "codec", "mpeg2": [4, 40]}]}, r"chain\[0\]\.mpeg2: .*in \[1, 31\] quantiser scale; got \[4, 40\]"),
    ({"chain": [{"step": "codec", "vp9": [4, 40]}]}, r"chain\[0\]\.vp9: no such option"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "message"), HOSTILE)
def test_wrong_recipes_stop_with_one_line(stills, options, message):
    with pytest.raises(RecipeError, match=message) as caught:
        make("deartifact", stills, **options)
    assert "\n" not in str(caught.value)


def test_deartifact_does_not_enlarge(stills):
    with pytest.raises(RecipeError, match=r"degradation\.scale: must be 1 for deartifact; got 2"):
        make("deartifact", stills, scale=2)


def test_missing_options_are_named(stills):
    with pytest.raises(RecipeError, match=r"degradation\.patch: is missing"):
        TASKS["restore"](stills, np.random.default_rng(0), chain=LONG, scales=[1.0])


def test_defaults_are_within_their_own_ranges():
    for name, kind in STEPS.items():
        if name == "codec":
            continue
        step = kind()
        table = {key: list(v) if isinstance(v, tuple) else v for key, v in vars(step).items()}
        assert read_chain([{"step": name} | table]) == [step]


def test_the_training_room_needs_no_vapoursynth():
    import subprocess

    code = "import sys, vsplugin.training.degrade; sys.exit('vapoursynth' in sys.modules or 'av' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
