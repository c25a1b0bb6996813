"""An opponent for a network in training: it learns to tell made pictures from photographs and pulls ours towards those.

What is nearest to the truth on average lies between all that may be true, and so is blurred; what passes for a
photograph has texture, partly invented (Ledig et al. 2017, arXiv:1609.04802; Blau & Michaeli 2018, arXiv:1711.06077).
Cards of models trained so say ``generative = true``.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

_DETAIL = 4.0  # what is added to the base is small beside it; as large, it is learnt from sooner
_SLOPE = 0.2


class Critic(nn.Module):
    """``(N, planes, H, W)`` picture and base -> the features of each layer; the last are verdicts, one per 8x8 pixels.

    It sees the base and what was added to it (pairs: Isola et al. 2017, arXiv:1611.07004), so it judges whether this
    detail belongs there and not only whether it is detail. Each verdict sees about 50 pixels. Spectral normalisation
    (Miyato et al. 2018, arXiv:1802.05957) bounds how fast it changes its mind.
    """

    def __init__(self, planes: int, channels: int) -> None:
        super().__init__()
        c = channels
        shapes = [(8 * planes, c, 3, 1), (c, 2 * c, 4, 2), (2 * c, 2 * c, 3, 1), (2 * c, 3 * c, 4, 2), (3 * c, 1, 3, 1)]
        self.layers = nn.ModuleList(
            spectral_norm(nn.Conv2d(before, after, size, stride, 1)) for before, after, size, stride in shapes
        )

    def forward(self, picture: Tensor, base: Tensor) -> list[Tensor]:
        x = F.pixel_unshuffle(torch.cat([_DETAIL * (picture - base), base], 1), 2)
        seen = []
        for layer in self.layers[:-1]:
            x = F.leaky_relu(layer(x), _SLOPE)
            seen.append(x)
        return [*seen, self.layers[-1](x)]


class Adversary:
    """A critic, its optimiser and what it asks of the network. ``options`` is the recipe's ``[adversarial]``."""

    def __init__(self, options: dict[str, Any], planes: int, device: str, *, bf16: bool) -> None:
        self.options, self.device, self.bf16 = options, device, bf16
        self.critic = Critic(planes, options["channels"]).to(device, memory_format=torch.channels_last)
        self.optimiser = torch.optim.Adam(self.critic.parameters(), lr=options["learning_rate"], betas=(0.5, 0.99))
        self.told: list[float] = []  # since the last evaluation

    def _features(self, picture: Tensor, base: Tensor) -> list[Tensor]:
        with torch.autocast(self.device, torch.bfloat16, enabled=self.bf16):
            return [each.float() for each in self.critic(picture, base)]

    def gradient(self, loss: Tensor, out: Tensor, base: Tensor, target: Tensor) -> Tensor:
        """Of ``out``: that of ``loss``, and the critic's, made ``weight`` times as long as that.

        Lengths are compared because no constant fits: losses differ by decades, and the critic's pull grows as it
        learns (cf. the adaptive weight of Esser et al. 2021, arXiv:2012.09841).
        """
        (near,) = torch.autograd.grad(loss, out, retain_graph=True)
        (real,) = torch.autograd.grad(self._objection(out, base, target), out)
        return near + real * (self.options["weight"] * near.norm() / real.norm().clamp_min(1e-20))

    def _objection(self, out: Tensor, base: Tensor, target: Tensor) -> Tensor:
        """Small where the critic takes ``out`` for a photograph and sees the same in it as in ``target``.

        The latter is feature matching (Wang et al. 2018, arXiv:1711.11585), relative to what is seen.
        """
        made = self._features(out, base)
        with torch.no_grad():
            true = self._features(target, base)
        apart = sum(((a - b).abs().mean() / b.abs().mean() for a, b in zip(made[:-1], true[:-1], strict=True)))
        return self.options["features"] * apart - made[-1].mean()

    def learn(self, out: Tensor, base: Tensor, target: Tensor) -> None:
        """One step of the critic with the hinge loss (Lim & Ye 2017, arXiv:1705.02894)."""
        made, true = self._features(out.detach(), base)[-1], self._features(target, base)[-1]
        loss = F.relu(1 + made).mean() + F.relu(1 - true).mean()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        self.told.append(((made < 0).float().mean().item() + (true > 0).float().mean().item()) / 2)

    def told_apart(self) -> float:
        """Share of its verdicts that were right since this was last asked: 0.5 is chance."""
        share = sum(self.told) / max(len(self.told), 1)
        self.told = []
        return share

    def state_dict(self) -> dict[str, Any]:
        return {"critic": self.critic.state_dict(), "optimiser": self.optimiser.state_dict(), "told": self.told}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.critic.load_state_dict(state["critic"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.told = state["told"]


def detail(out: Tensor, target: Tensor) -> float:
    """Energy of the finest detail (the Laplacian) of ``out`` as a share of that of ``target``: blur has less than 1."""
    kernel = torch.tensor([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]]).view(1, 1, 3, 3)
    ours, theirs = ((F.conv2d(x[:, :1], kernel) ** 2).sum() for x in (out, target))
    return float(ours / theirs.clamp_min(1e-12))
