"""Chains from recipes, the tasks that use them, and recipes that are wrong."""

from __future__ import annotations

import copy
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the training room needs torch: install the 'train' extra")

import torch
from material import recipe
from PIL import Image

from vsplugin.errors import UserError
from vsplugin.training import recipe as recipes
from vsplugin.training.degrade import TASKS
from vsplugin.training.degrade.chain import read_chain, run_chain
from vsplugin.training.degrade.restore import KEPT
from vsplugin.training.degrade.sheets import PICTURES
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
    usual = {"patch": 24, "scales": [1.0], "chain": LONG} | ({"scale": 2} if kind == "restore" else {})
    return TASKS[kind](stills, np.random.default_rng(seed), **(usual | options))


@pytest.mark.parametrize(("kind", "scale"), [("deartifact", 1), ("restore", 2), ("restore", 3)])
def test_batches_have_the_shapes_the_trainer_expects(stills, kind, scale):
    task = make(kind, stills, **({} if kind == "deartifact" else {"scale": scale, "picture": 48}))
    for size in (1, 3, 8):
        x, base, target = task.batch(size)
        assert x.shape == (size, 3, 24, 24) and base.shape == target.shape == (size, 3, 24 * scale, 24 * scale)
        assert all(t.dtype == torch.float32 and torch.isfinite(t).all() for t in (x, base, target))
        assert torch.equal(target[:, 1:, ::2, ::2], target[:, 1:, 1::2, 1::2])  # 4:2:0 repeated


def test_vivid_pictures_are_recoloured_before_the_damage(stills):
    """To the ends of what 8-bit codes can say, with the damage still that of the chain."""
    quiet = [{"step": "noise", "sigma": [0, 0]}]
    _, _, plain = make("deartifact", stills, chain=quiet, grey=0.0).batch(64)
    _, damaged, vivid = make("deartifact", stills, chain=quiet, grey=0.0, vivid=1.0).batch(64)
    assert plain[:, 1:].mean((2, 3)).abs().max() < 0.35
    levels = vivid.mean((2, 3))
    assert (levels[:, 1:].min(0).values < -0.4).all() and (levels[:, 1:].max(0).values > 0.4).all()
    inside = (vivid[:, 0] > 0) & (vivid[:, 0] < 1)
    rounding = 0.5 / 219 + 2**-12  # to 8 bits, and of the clean planes to half precision
    assert (damaged - vivid)[:, 0][inside].abs().max() <= rounding * 1.001


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


def test_a_sheet_is_replaced_after_its_uses_and_batches_mix_several(stills):
    task = make("deartifact", stills, picture=40, uses=2, chain=[{"step": "noise", "sigma": [0, 0]}])
    life = PICTURES * 2
    task.batch(8 * life)
    assert task.drawn == 8 * life
    task.batch(1)
    assert min(task.kept) >= 8 and max(task.kept) < 8 + KEPT
    assert len(task.kept) > KEPT // 2


def test_going_on_after_some_patches_gives_the_same_batches(stills):
    one, other = (make("deartifact", stills, picture=40, uses=1) for _ in range(2))
    for _ in range(5):
        one.batch(7)
    other.rng.bit_generator.state = one.rng.bit_generator.state
    other.resume(35)
    for _ in range(3):
        assert all(torch.equal(p, q) for p, q in zip(one.batch(7), other.batch(7), strict=True))


def test_a_sheet_depends_on_its_number_only(stills):
    one, other = (make("deartifact", stills, picture=40).sheets for _ in range(2))
    one.make(3)
    assert all(np.array_equal(a, b) for a, b in zip(one.make(5).damaged, other.make(5).damaged, strict=True))
    assert not np.array_equal(one.make(5).clean[0], one.make(6).clean[0])


def chained(**options):
    """The small recipe with the task ``deartifact``."""
    degradation = {"kind": "deartifact", "patch": 24, "scales": [1.0], "chain": LONG} | options
    return recipe(degradation=degradation, network__scale=degradation.get("scale", 1))


HOSTILE = [
    ({"patch": 23}, r"degradation\.patch must be a multiple of 2 for degradation\.kind \"deartifact\".*; got 23"),
    ({"patch": 0}, r"degradation\.patch must be a whole number in \[8, 512\]; got 0"),
    ({"patch": "24"}, r"degradation\.patch must .*got \"24\""),
    ({"picture": 38}, r"degradation\.picture must be at least 40 for patches of 24 pixels; got 38"),
    ({"uses": 0}, r"degradation\.uses must be a whole number in \[1, 1000\]; got 0"),
    ({"grey": float("nan")}, r"degradation\.grey .*got NaN"),
    ({"level_map": 1}, r"degradation\.level_map must be true or false; got 1"),
    ({"scale": 2}, r"no key 'degradation\.scale'"),
    ({"patsh": 24}, r"no key 'degradation\.patsh'; did you mean 'degradation\.patch'\?"),
    ({"chain": []}, r"degradation\.chain must be a list of 1 to 32, each a table; got \[\]"),
    ({"chain": {"step": "blur"}}, r"degradation\.chain must be a list"),
    ({"chain": [{"sigma": [0, 1]}]}, r"degradation\.chain\[0\]\.step is missing; it must be one of blur, "),
    ({"chain": [{"step": "blurr"}]}, r"degradation\.chain\[0\]\.step must .*; got \"blurr\"; did you mean \"blur\"\?"),
    ({"chain": [{"step": ["blur"]}]}, r"degradation\.chain\[0\]\.step must be one of .*; got \[\"blur\"\]"),
    ({"chain": [{"step": "blur", "sigm": [1, 2]}]}, r"no key 'degradation\.chain\[0\]\.sigm'; did you mean .*sigma'\?"),
    (
        {"chain": [{"step": "noise"}, {"step": "blur", "sigma": [2, 1]}]},
        r"degradation\.chain\[1\]\.sigma must be a list of 2, each a number in \[0\.2, 8\] \(pixels\), none below "
        r"the one before; got \[2, 1\]",
    ),
    ({"chain": [{"step": "blur", "sigma": 1.0}]}, r"chain\[0\]\.sigma must be a list of 2.*got 1\.0"),
    ({"chain": [{"step": "noise", "sigma": [0, float("inf")]}]}, r"chain\[0\]\.sigma .*got \[0, Infinity\]"),
    ({"chain": [{"step": "blur", "chance": 1.5}]}, r"chain\[0\]\.chance must be a number in \[0, 1\]; got 1\.5"),
    ({"chain": [{"step": "blur", "kernels": ["box"]}]}, r"chain\[0\]\.kernels .*gaussian.*; got \[\"box\"\]"),
    ({"chain": [{"step": "resize", "kernels": ["nearest"]}]}, r"chain\[0\]\.kernels .*got \[\"nearest\"\]"),
    ({"chain": [{"step": "codec"}]}, r"chain\[0\]: codec needs the quantiser range of at least one of x264, x265"),
    ({"chain": [{"step": "codec", "mpeg2": [4, 40]}]}, r"chain\[0\]\.mpeg2 .*\[1, 31\] \(quantiser scale\).*\[4, 40\]"),
    ({"chain": [{"step": "codec", "vp9": [4, 40]}]}, r"no key 'degradation\.chain\[0\]\.vp9'"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "message"), HOSTILE)
def test_wrong_recipes_stop_with_one_line(options, message):
    with pytest.raises(UserError, match=message) as caught:
        recipes.check(chained(**options), "my.toml")
    assert "\n" not in str(caught.value) and str(caught.value).startswith("my.toml: ")


def test_a_recipe_with_a_chain_is_written_as_it_was_read():
    made = chained(picture=48)
    recipes.check(made)
    assert tomllib.loads(recipes.as_toml(made)) == made


def test_the_smallest_still_holds_a_picture(tmp_path):
    made = chained(scales=[0.5], picture=48)
    size = recipes.smallest_still(made)
    options = {key: value for key, value in copy.deepcopy(made["degradation"]).items() if key != "kind"}
    noise = np.random.default_rng(0).integers(0, 255, (size, size, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "fits.png")
    TASKS["deartifact"]([tmp_path / "fits.png"], np.random.default_rng(0), **options).batch(4)
    Image.fromarray(noise[: size - 6]).save(tmp_path / "short.png")
    with pytest.raises(ValueError):
        TASKS["deartifact"]([tmp_path / "short.png"], np.random.default_rng(0), **options).batch(4)


def test_defaults_are_within_their_own_ranges():
    for name, kind in STEPS.items():
        if name == "codec":
            continue
        step = kind()
        table = {key: list(v) if isinstance(v, tuple) else v for key, v in vars(step).items()}
        assert read_chain([{"step": name} | table]) == [step]


@pytest.mark.parametrize(
    ("module", "absent"),
    [("degrade.tasks", ("vapoursynth", "av")), ("degrade.codecs", ("torch",)), ("degrade.chain", ("torch",))],
)
def test_what_need_not_be_installed_is_not_imported(module, absent):
    import subprocess

    code = f"import sys, vsplugin.training.{module}; sys.exit(any(name in sys.modules for name in {absent}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
