"""The training room. Needs torch and pillow (the ``train`` extra)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from material import RECIPE

from vsplugin.errors import UserError

torch = pytest.importorskip("torch", reason="the training room needs torch: install the 'train' extra")
Image = pytest.importorskip("PIL.Image")

_RESIDUAL = {"kind": "residual", "planes_in": 3, "planes_out": 1}
_SMALL = {
    "plain": {"kind": "plain", "planes_in": 3, "planes_out": 1, "channels": 8, "layers": 2, "scale": 2},
    "block-unet": {
        "kind": "block-unet", "planes_in": 3, "planes_out": 2,
        "channels": 8, "deep_channels": 12, "layers": 1, "deep_layers": 1,
    },
    "two-convolutions": _RESIDUAL | {"channels": 8, "blocks": 2, "block": "two-convolutions"},
    "attention": _RESIDUAL | {"channels": 8, "blocks": 2, "block": "attention", "scale": 3},
    "large-kernel": _RESIDUAL | {"channels": 18, "blocks": 2, "block": "large-kernel", "scale": 2, "planes_out": 2},
    "large-kernel on all": _RESIDUAL | {"channels": 16, "blocks": 1, "block": "large-kernel"},
    "hole-unet": {
        "kind": "hole-unet", "planes_in": 3, "planes_out": 2, "channels": [6, 8, 12], "layers": [1, 0, 2],
    },
    "block-unet x2": {
        "kind": "block-unet", "planes_in": 3, "planes_out": 2, "scale": 2,
        "channels": 8, "deep_channels": 12, "layers": 1, "deep_layers": 1,
    },
}  # fmt: skip


@pytest.fixture
def stills(tmp_path) -> Path:
    folder = tmp_path / "stills"
    folder.mkdir()
    y, x = np.mgrid[0:96, 0:96]
    for index in range(3):
        picture = 127 + 100 * np.sin(x / (3 + index)) * np.cos(y / (4 + index))
        Image.fromarray(np.repeat(picture[:, :, None], 3, 2).astype(np.uint8)).save(folder / f"{index}.png")
    return folder


def test_branches_fold_into_one_convolution():
    from vsplugin.training.networks import PlainNet

    net = PlainNet(planes_in=3, planes_out=2, channels=12, layers=3, scale=2)
    x = torch.rand(1, 3, 20, 24)
    with torch.no_grad():
        assert torch.equal(net(x), net.folded()(x))
    assert sum(p.numel() for p in net.folded().parameters()) < sum(p.numel() for p in net.parameters())


@pytest.mark.parametrize("slope", [0.0, 0.2])
@pytest.mark.parametrize("kind", _SMALL)
def test_exported_file_computes_what_torch_computes(tmp_path, kind, slope):
    runtime = pytest.importorskip("onnxruntime", reason="needs ONNX Runtime")
    from vsplugin.training.export import write_onnx
    from vsplugin.training.networks import build

    torch.manual_seed(0)
    net = build(_SMALL[kind] | {"slope": slope}).folded()
    write_onnx(net, tmp_path / "net.onnx")
    picture = np.random.default_rng(0).random((1, 3, 24, 40), np.float32)
    got = runtime.InferenceSession(str(tmp_path / "net.onnx")).run(None, {"input": picture})[0]
    with torch.no_grad():
        want = net(torch.from_numpy(picture)).numpy()
    assert want.std() > 1e-3
    np.testing.assert_allclose(got, want, atol=1e-5)


@pytest.mark.parametrize("kind", _SMALL)
def test_the_folded_network_says_what_it_costs(kind):
    """Counted as it runs: what release.py writes into the card."""
    from vsplugin.training.networks import build

    net = build(_SMALL[kind]).folded()
    counted = 0

    def count(layer, _, out):
        nonlocal counted
        counted += out.numel() * layer.weight[0].numel()

    for layer in net.modules():
        if isinstance(layer, torch.nn.Conv2d):
            layer.register_forward_hook(count)
    with torch.no_grad():
        net(torch.zeros(1, 3, 48, 64))
    assert counted / (48 * 64) == net.macs_per_pixel
    assert net.widest > 0


@pytest.mark.parametrize("kind", _SMALL)
def test_nothing_beyond_the_radius_of_the_card_matters(kind):
    from vsplugin.training.networks import build

    net = build(_SMALL[kind]).double()
    half = 4 * (net.receptive_radius // 4 + 2)
    x = torch.rand(1, 3, 2 * half, 2 * half, dtype=torch.float64, requires_grad=True)
    reach = 0
    for at in range(half, half + net.multiple):  # every position within a block
        (gradient,) = torch.autograd.grad(net(x)[:, :, at * net.scale, at * net.scale].sum(), x)
        rows = gradient.abs().sum((0, 1, 3)).nonzero()
        reach = max(reach, int((rows - at).abs().max()))
    assert reach <= net.receptive_radius <= reach + 4


_CHAINED = {  # sheets of pictures live longer than a batch
    "degradation": {
        "kind": "deartifact", "patch": 16, "scales": [1.0], "uses": 1, "chain": [{"step": "noise"}, {"step": "blur"}]
    },
    "network": {"kind": "plain", "planes_in": 3, "planes_out": 3, "channels": 8, "layers": 2},
}  # fmt: skip


@pytest.mark.parametrize(
    ("extra", "tables"), [({}, {}), ({"muon_rate": 0.02}, {}), ({}, _CHAINED)], ids=["adam", "muon", "sheets"]
)
def test_training_stopped_and_resumed_ends_where_uninterrupted_training_ends(tmp_path, stills, extra, tables):
    from vsplugin.training.trainer import Trainer

    class StopError(Exception):
        pass

    def stop(**row):
        raise StopError

    recipe = RECIPE | {"training": RECIPE["training"] | extra} | tables
    torch.set_num_threads(1)
    straight = Trainer(recipe, stills, tmp_path)
    straight.run(lambda **row: None)
    assert straight.step == 40
    want = [p.clone() for p in straight.average.parameters()]
    (tmp_path / "b").mkdir()
    first = Trainer(recipe, stills, tmp_path / "b")
    with pytest.raises(StopError):
        first.run(stop)
    second = Trainer(recipe, stills, tmp_path / "b")
    second.resume()
    assert second.step == 20
    second.run(lambda **row: None)
    for a, b in zip(want, second.average.parameters(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("shape", [(40, 360), (160, 48), (12, 12)])
def test_muon_steps_are_nearly_orthogonal(shape):
    from vsplugin.training.optimiser import orthogonal

    gradient = torch.randn(shape, generator=torch.Generator().manual_seed(0)) * torch.logspace(0, -1, shape[1])
    left, _, right = torch.linalg.svd(gradient, full_matrices=False)
    step = orthogonal(gradient)
    assert step.shape == shape
    values = torch.linalg.svdvals(step)
    assert float(values.min()) > 0.6 and float(values.max()) < 1.3
    alignment = (step * (left @ right)).sum() / (step.norm() * (left @ right).norm())
    assert float(alignment) > 0.97


def test_a_checkpoint_of_another_recipe_is_refused(tmp_path, stills):
    from vsplugin.training.trainer import Trainer

    Trainer(RECIPE, stills, tmp_path).save()
    other = RECIPE | {"training": RECIPE["training"] | {"learning_rate": 1e-3}}
    with pytest.raises(UserError, match=r"different recipe: training\.learning_rate is 0\.002 there and 0\.001 here"):
        Trainer(other, stills, tmp_path).resume()


def test_bicubic_shrinking_keeps_means_and_flat_pictures():
    from vsplugin.training.pictures import imresize

    rng = np.random.default_rng(0)
    np.testing.assert_allclose(imresize(np.full((20, 30), 7.0), 10, 15), 7.0)
    picture = rng.random((64, 64))
    assert abs(imresize(picture, 32, 32).mean() - picture.mean()) < 2e-3
    # A unit step halved: by hand from Keys' kernel (a = -0.5) stretched by two, as MATLAB's imresize does.
    step = np.zeros((1, 16))
    step[:, 8:] = 1
    np.testing.assert_allclose(imresize(step, 1, 8)[0, 3:5], [0.06640625, 0.93359375], atol=1e-12)


def test_lanczos_enlargement_by_hand():
    from vsplugin.training.pictures import imresize, lanczos3

    point = np.zeros((1, 15))
    point[0, 7] = 1
    out = imresize(point, 1, 30, lanczos3)[0]
    # The source pixel 7 lies at 14.5 of the output, so at 1/4, 3/4 ... source pixels from its neighbours there.
    x = np.array([0.25, 0.75, 1.25, 1.75, 2.25, 2.75])
    weights = np.sin(np.pi * x) * np.sin(np.pi * x / 3) / (np.pi * x) ** 2 * 3
    np.testing.assert_allclose(out[15:21], weights / weights.sum(), atol=1e-12)
    np.testing.assert_allclose(out[9:15], out[15:21][::-1], atol=1e-12)


def test_losses_by_hand():
    from vsplugin.training.losses import LOSSES

    target = torch.zeros(2, 1, 4, 4)
    out = torch.stack([torch.full((1, 4, 4), 0.1), torch.full((1, 4, 4), 0.01)])
    assert LOSSES["squared"](out, target).item() == pytest.approx((1e-2 + 1e-4) / 2)
    assert LOSSES["charbonnier"](out, target).item() == pytest.approx((0.1 + 0.01) / 2, rel=0.01)
    # Both pictures count alike: 20 and 40 dB, each with the floor of 40 dB added.
    assert LOSSES["psnr"](out, target).item() == pytest.approx((np.log(1.01e-2) + np.log(2e-4)) / 2)
    two = torch.cat([out, out.flip(0)], 1)  # the planes of both: 20 and 40 dB, with a floor of 50 dB
    assert LOSSES["plane-psnr"](two, torch.zeros_like(two)).item() == pytest.approx(
        (np.log(1e-2 + 1e-5) + np.log(1e-4 + 1e-5)) / 2, rel=1e-5
    )
    # The logarithm of errors of 0.1 and 0.01 with their smooth tips, and one step of 8 bits added.
    tips = [np.sqrt(error**2 + 1e-6) + 4e-3 for error in (0.1, 0.01)]
    assert LOSSES["log-charbonnier"](out, target).item() == pytest.approx(np.log(tips).mean(), rel=1e-5)


def test_luma_can_count_more_than_chroma():
    from vsplugin.training.losses import LOSSES, weighted
    from vsplugin.training.trainer import plane_weights

    weights = plane_weights(3, 6.0)
    np.testing.assert_allclose(weights, [2.25, 0.375, 0.375], rtol=1e-6)
    assert torch.equal(plane_weights(3, 1.0), torch.ones(3)), "nothing changes by default"
    target = torch.zeros(1, 3, 4, 4)
    out = torch.tensor([0.1, 0.2, 0.4])[None, :, None, None].expand(1, 3, 4, 4)
    squares = np.array([0.01, 0.04, 0.16])
    assert weighted("squared", out, target, weights).item() == pytest.approx((squares @ [2.25, 0.375, 0.375]) / 3)
    logs = np.log(squares + 1e-5)
    assert weighted("plane-psnr", out, target, weights).item() == pytest.approx((logs @ [2.25, 0.375, 0.375]) / 3)
    for name, loss in LOSSES.items():
        assert weighted(name, out, target, torch.ones(3)).item() == pytest.approx(loss(out, target).item())


def test_a_mix_is_the_mean_of_the_weights():
    from vsplugin.training.networks import build
    from vsplugin.training.release import mix

    one, other = (build(_SMALL["block-unet"]).folded() for _ in range(2))
    want = [0.75 * a + 0.25 * b for a, b in zip(one.parameters(), other.parameters(), strict=True)]
    mix(one, other, 0.75)
    for got, expected in zip(one.parameters(), want, strict=True):
        torch.testing.assert_close(got, expected)


def test_a_picture_of_any_size_is_enlarged_and_its_end_is_mirrored():
    from vsplugin.training.apply import enlarging
    from vsplugin.training.degrade.enlarge import bicubic_up
    from vsplugin.training.networks import build

    torch.manual_seed(5)
    net = build(_SMALL["block-unet x2"] | {"planes_in": 1, "planes_out": 1, "channels": 4}).folded()
    odd = np.random.default_rng(5).random((21, 18), np.float32)
    rows, columns = [*range(21), 20, 19, 18], [*range(18), 17, 16]
    out = enlarging(net)(odd)
    assert out.shape == (42, 36)
    with torch.no_grad():
        wanted = net(torch.from_numpy(odd[np.ix_(rows, columns)])[None, None])[0, 0, :42, :36].numpy()
    np.testing.assert_allclose(out - bicubic_up(torch.from_numpy(odd)[None, None], 2)[0, 0].numpy(), wanted, atol=1e-6)
