"""A network of another shape, begun with a model's weights."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="the training room needs torch: install the 'train' extra")

PLAIN = {"kind": "plain", "planes_in": 1, "planes_out": 1, "channels": 6, "layers": 2, "scale": 2, "slope": 0.1}
UNET = {
    "kind": "block-unet", "planes_in": 5, "planes_out": 3, "channels": 8, "deep_channels": 6, "layers": 1,
    "deep_layers": 1, "expand": 0, "slope": 0.1,
}  # fmt: skip


def network(options: dict):
    from vsplugin.training.networks import build

    torch.manual_seed(3)
    net = build(options).folded()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.normal_(0, 0.2)
    return net


def test_planes_left_out_count_as_held_at_their_level() -> None:
    from vsplugin.training.graft import graft

    old = network(UNET)
    new = graft(old, UNET, UNET | {"planes_in": 3}, level=0.3)
    picture = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        told = old(torch.cat([picture, torch.full((1, 2, 64, 64), 0.3)], 1))
        difference = (new(picture) - told)[..., 20:-20, 20:-20]  # along the edges the planes end too
    assert told.abs().mean() > 0.1 and difference.abs().max() < 1e-4


@pytest.mark.parametrize(("had", "wanted"), [(UNET, 9), (PLAIN, 4)])
def test_planes_added_change_nothing_at_first_and_can_learn(had, wanted) -> None:
    from vsplugin.training.graft import graft

    old, new = network(had), graft(network(had), had, had | {"planes_in": wanted})
    seen = torch.rand(1, wanted, 64, 64)
    with torch.no_grad():
        expected = old(seen[:, : had["planes_in"]])
    answer = new(seen)
    assert expected.abs().mean() > 0.1
    torch.testing.assert_close(answer, expected)
    answer.square().mean().backward()
    first = next(layer for layer in new.modules() if isinstance(layer, torch.nn.Conv2d))
    assert bool((first.weight.grad[:, -1].abs().sum((1, 2)) > 0).all())


@pytest.mark.parametrize(("had", "scale"), [(PLAIN, 4), (UNET, 2)])
def test_a_larger_picture_begins_with_the_pixels_of_the_smaller_one(had, scale) -> None:
    from vsplugin.training.graft import graft

    old = network(had)
    new = graft(old, had, had | {"scale": scale})
    picture = torch.rand(1, had["planes_in"], 24, 24)
    with torch.no_grad():
        expected = old(picture).repeat_interleave(2, 2).repeat_interleave(2, 3)
        torch.testing.assert_close(new(picture), expected)


@pytest.mark.parametrize("had", [PLAIN | {"scale": 4}, UNET | {"scale": 2}])
def test_a_smaller_picture_begins_with_the_means_of_the_larger_one(had) -> None:
    from vsplugin.training.graft import graft

    old = network(had)
    wanted = {key: value for key, value in had.items() if key != "scale"}  # as recipes leave it out where it is 1
    new = graft(old, had, wanted | ({"scale": 2} if had["scale"] == 4 else {}))
    picture = torch.rand(1, had["planes_in"], 24, 24)
    with torch.no_grad():
        torch.testing.assert_close(new(picture), torch.nn.functional.avg_pool2d(old(picture), 2))


def test_other_differences_are_refused_by_name() -> None:
    from vsplugin.errors import UserError
    from vsplugin.training.graft import graft

    with pytest.raises(UserError, match=r"network\.channels is 6 there and 5 here"):
        graft(network(PLAIN), PLAIN, PLAIN | {"channels": 5})
    with pytest.raises(UserError, match=r"network\.slope is 0\.1 there and 0 here"):
        graft(network(PLAIN), PLAIN, PLAIN | {"slope": 0})
    with pytest.raises(UserError, match=r"network\.scale is 2 there and 3 here; one must be a multiple"):
        graft(network(PLAIN), PLAIN, PLAIN | {"scale": 3})


@pytest.mark.parametrize(("had", "more"), [
    (PLAIN, {"channels": 9}),
    (UNET, {"channels": 11}),
    (UNET, {"deep_channels": 10}),
    (UNET, {"channels": 11, "deep_channels": 10, "planes_in": 3}),
])  # fmt: skip
def test_more_channels_answer_the_same_at_first_and_can_learn(had, more) -> None:
    from vsplugin.training.graft import graft

    old, new = network(had), graft(network(had), had, had | more)
    seen = (had | more)["planes_in"]
    picture = torch.rand(1, had["planes_in"], 64, 64)
    picture[:, seen:] = 0
    with torch.no_grad():
        expected = old(picture)
        assert expected.abs().mean() > 0.1
    answer = new(picture[:, :seen])
    torch.testing.assert_close(answer, expected, rtol=1e-4, atol=1e-4)
    answer.square().mean().backward()
    grown = [layer.weight.grad for layer in new.modules() if isinstance(layer, torch.nn.Conv2d)]
    assert all(gradient.abs().sum() > 0 for gradient in grown)
    assert new.tail.weight.grad[:, had["channels"]].abs().sum() > 0, "what new channels see is of use"


@pytest.mark.parametrize(("had", "more", "group"), [
    (UNET, {"deep_layers": 2, "deep_channels": 12}, "deep."),
    (UNET, {"deep_layers": 4, "deep_channels": 15, "channels": 19, "planes_in": 3}, "deep."),
    (PLAIN, {"layers": 4, "channels": 13}, "body."),
])  # fmt: skip
def test_more_layers_of_twice_the_width_answer_the_same_at_first(had, more, group) -> None:
    from vsplugin.training.graft import graft

    old, new = network(had), graft(network(had), had, had | more)
    seen = (had | more)["planes_in"]
    picture = torch.rand(1, had["planes_in"], 64, 64)
    picture[:, seen:] = 0
    expected, answer = old(picture), new(picture[:, :seen])
    assert expected.abs().mean() > 0.1
    torch.testing.assert_close(answer, expected, rtol=1e-4, atol=1e-4)
    answer.square().mean().backward()
    added = [layer.weight.grad for name, layer in new.named_modules() if name.startswith(group)]
    assert len(added) == max(more.get("deep_layers", 0), more.get("layers", 0))
    assert all(gradient.abs().sum() > 0 for gradient in added)


@pytest.mark.parametrize("more", [{"layers": 3}, {"deep_layers": 3}, {"layers": 2, "deep_layers": 2, "channels": 12}])
def test_other_added_layers_change_only_how_often_negatives_are_bent(more) -> None:
    from vsplugin.training.graft import graft

    had = UNET | {"slope": 1.0}  # no bend at all: the same to rounding
    old, new = network(had), graft(network(had), had, had | more)
    picture = torch.rand(1, 5, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(new(picture), old(picture), rtol=1e-4, atol=1e-4)
