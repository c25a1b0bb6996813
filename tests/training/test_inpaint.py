"""The task of closing holes, its network, and how it is scored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the training room needs torch: install the 'train' extra")
Image = pytest.importorskip("PIL.Image")

NETWORK = {
    "kind": "hole-unet", "planes_in": 5, "planes_out": 3, "channels": [8, 12, 16], "layers": [1, 1, 2], "slope": 0.1,
}  # fmt: skip


@pytest.fixture(scope="module")
def material(tmp_path_factory) -> tuple[Path, Path]:
    """A still of random blocks and an overlay with a hair and a speck, as the corpus lays them out."""
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "stills").mkdir(), (folder / "damage").mkdir()
    blocks = np.random.default_rng(0).integers(30, 220, (20, 20, 3), np.uint8).repeat(8, 0).repeat(8, 1)
    Image.fromarray(blocks).save(folder / "stills/a.png")
    alpha = np.zeros((120, 120), np.uint8)
    alpha[30:33, 10:100] = alpha[80:92, 60:70] = 255
    Image.fromarray(np.dstack([alpha] * 4)).save(folder / "damage/hair-1.png")
    return folder / "stills/a.png", folder


@pytest.fixture(scope="module")
def task(material):
    from vsplugin.training.degrade import TASKS

    options = {"patch": 64, "scales": [1.0], "overlays": "../damage", "grey": 0.25}
    return lambda **more: TASKS["inpaint"]([material[0]], np.random.default_rng(1), **options | more)


def test_only_holes_differ_and_what_stood_there_is_not_seen(task) -> None:
    x, base, target = task().batch(48)
    hole = x[:, 3:4] > 0
    share = hole.float().mean().item()
    assert 0.03 < share < 0.35
    assert torch.equal(base[~hole.expand_as(base)], target[~hole.expand_as(base)])
    error = (base - target)[:, 0].abs()[hole[:, 0]].mean()
    assert 0.02 < error < 0.2, "the smooth filling misses the blocks"
    grey = (target[:, 1:].abs().amax((1, 2, 3)) == 0).float().mean().item()
    assert 0.1 < grey < 0.45
    assert ((x[:, 4] > 0) == hole[:, 0]).all()


def test_the_answer_has_no_grain_of_its_own_to_find(task) -> None:
    _, base, target = task(grain=1.0, sigma=0.2).batch(32)
    x, _, plain = task().batch(32)
    assert (target[:, 0] - plain[:, 0])[x[:, 3] > 0].abs().max() < 1e-6, "inside: clean"
    assert 0.03 < (base[:, 0] - plain[:, 0])[x[:, 3] == 0].std() < 0.2, "around: noisy"


def test_the_network_answers_in_holes_alone_and_sees_as_far_as_it_says() -> None:
    from vsplugin.training.networks import build

    torch.manual_seed(0)
    net = build(NETWORK).eval()
    size, radius = 160, net.receptive_radius
    x = torch.randn(1, 5, size, size)
    x[:, 4] = 0
    x[:, 4, 80, 80] = 1
    out = net(x)
    assert out[0, :, 80, 80].abs().min() > 0
    assert (out.abs().sum(1)[0] > 0).sum() == 1
    x.requires_grad_()
    (gradient,) = torch.autograd.grad(net(x).sum(), x)
    rows, columns = torch.nonzero(gradient[0, :4].abs().sum(0), as_tuple=True)
    seen = max(80 - rows.min(), rows.max() - 80, 80 - columns.min(), columns.max() - 80)
    assert radius - 2 * net.multiple <= seen <= radius


def test_exported_and_read_back_it_is_the_same(tmp_path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    from vsplugin.training.export import write_onnx
    from vsplugin.training.networks import build
    from vsplugin.training.weights import read_onnx

    torch.manual_seed(0)
    net = build(NETWORK).folded()
    write_onnx(net, tmp_path / "net.onnx")
    x = torch.rand(1, 5, 24, 40)
    want = net(x).detach().numpy()
    session = onnxruntime.InferenceSession(str(tmp_path / "net.onnx"))
    np.testing.assert_allclose(session.run(None, {"input": x.numpy()})[0], want, atol=1e-6)
    again = read_onnx(tmp_path / "net.onnx", NETWORK)
    np.testing.assert_array_equal(again(x).detach().numpy(), want)


def test_scores_are_those_of_the_holes() -> None:
    pytest.importorskip("cv2")
    from vsplugin.training import evaluate_inpaint as protocol

    truth = np.random.default_rng(2).random((80, 90)).astype(np.float32)
    hole = np.zeros((80, 90), bool)
    hole[10:20, 10:20] = hole[50:60, 40:60] = True
    out = truth.copy()
    out[10:20, 10:20] += 0.01  # 40 dB
    out[50:60, 40:60] = 1 - truth[50:60, 40:60]  # the opposite structure
    worse = float(((2 * truth[50:60, 40:60] - 1) ** 2).sum())
    both = 10 * np.log10(300 / (100 * 1e-4 + worse))
    assert protocol.decibels(out, truth, hole) == pytest.approx(both, abs=0.01)
    assert protocol.restored(out, truth, hole) == [True, False]
    flat = protocol.smooth(np.stack([0 * truth + 0.25] * 3), hole)
    np.testing.assert_allclose(flat, 0.25, atol=1e-6)


def test_holes_cover_what_they_should(material) -> None:
    from vsplugin.training import evaluate_inpaint as protocol
    from vsplugin.training.degrade.holes import Holes, load_overlays

    masks = load_overlays(material[1] / "damage")
    assert masks[0].sum() > 3 * 90 + 12 * 10 and masks[0].sum() < 5 * 92 + 14 * 12 + 1
    drawn = Holes(np.random.default_rng(0), 96, masks)
    shares = [drawn.draw().mean() for _ in range(60)]
    assert min(shares) > 0.005 and max(shares) < 0.35 and np.std(shares) > 0.02
    hole = protocol.holes(masks, (200, 300), np.random.default_rng(1))
    assert protocol.AREA <= hole.mean() < protocol.AREA + 0.02


def test_a_recipe_says_what_is_wrong(tmp_path) -> None:
    from vsplugin.errors import UserError
    from vsplugin.training import recipe
    from vsplugin.training.degrade.holes import load_overlays

    ours = recipe.load(Path(__file__).parents[2] / "models/inpaint")
    ours["degradation"]["patch"] = 72
    with pytest.raises(UserError, match=r"degradation.patch must be a multiple of 16"):
        recipe.check(ours)
    ours["degradation"]["patch"], ours["network"]["layers"] = 64, [1, 2]
    with pytest.raises(UserError, match=r"network.layers must have 4 numbers, as network.channels; got 2"):
        recipe.check(ours)
    with pytest.raises(UserError, match=r"degradation.overlays: .* holds no .png files"):
        load_overlays(tmp_path)
