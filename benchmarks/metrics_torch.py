"""MS-SSIM by pytorch-msssim and LPIPS (SqueezeNet) by torch, run by metrics.py under a Python that has them.

python metrics_torch.py FRAMES.npz BACKBONE.pth
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import torch
from pytorch_msssim import ms_ssim  # type: ignore[import-not-found]
from torch.nn.functional import conv2d, max_pool2d, relu

_MEAN, _STD = torch.tensor([-0.030, -0.088, -0.188]), torch.tensor([0.458, 0.448, 0.450])  # of LPIPS' own scaling layer


def squeeze_features(picture: torch.Tensor, weights: dict[str, torch.Tensor]) -> list[torch.Tensor]:
    """The seven activations of SqueezeNet 1.1 that LPIPS compares."""

    def fire(x: torch.Tensor, name: str) -> torch.Tensor:
        x = relu(conv2d(x, weights[f"{name}.squeeze.weight"], weights[f"{name}.squeeze.bias"]))
        ones, threes = (
            relu(conv2d(x, weights[f"{name}.{part}.weight"], weights[f"{name}.{part}.bias"], padding=pad))
            for part, pad in (("expand1x1", 0), ("expand3x3", 1))
        )
        return torch.cat([ones, threes], 1)

    def pool(x: torch.Tensor) -> torch.Tensor:
        return max_pool2d(x, 3, 2, ceil_mode=True)

    out = [relu(conv2d(picture, weights["0.weight"], weights["0.bias"], stride=2))]
    out.append(fire(fire(pool(out[-1]), "3"), "4"))
    out.append(fire(fire(pool(out[-1]), "6"), "7"))
    x = pool(out[-1])
    for name in ("9", "10", "11", "12"):
        x = fire(x, name)
        out.append(x)
    return out


def distance(one: np.ndarray, other: np.ndarray, backbone: dict, linear: dict) -> float:
    features = []
    for picture in (one, other):
        scaled = torch.from_numpy(picture.clip(0, 1).transpose(2, 0, 1)[None]) * 2 - 1
        scaled = (scaled - _MEAN[:, None, None]) / _STD[:, None, None]
        layers = squeeze_features(scaled, backbone)
        features.append([x / (x.square().sum(1, keepdim=True).sqrt() + 1e-10) for x in layers])
    return float(
        sum(
            conv2d((a - b).square(), linear[f"lin{index}.model.1.weight"]).mean()
            for index, (a, b) in enumerate(zip(*features, strict=True))
        )
    )


def main() -> None:
    frames = np.load(sys.argv[1])
    backbone = torch.load(sys.argv[2], map_location="cpu", weights_only=True)
    package = importlib.util.find_spec("lpips")  # its weights only: importing it would need torchvision
    linear = torch.load(
        Path(package.origin).with_name("weights") / "v0.1/squeeze.pth", map_location="cpu", weights_only=True
    )
    lumas = [torch.from_numpy(frames[name].astype(np.float32))[:, None] for name in ("luma", "distorted_luma")]
    structure = [float(ms_ssim(a[None], b[None], data_range=255)) for a, b in zip(*lumas, strict=True)]
    pictures = zip(frames["rgb"], frames["distorted_rgb"], strict=True)
    perceptual = [distance(one, other, backbone, linear) for one, other in pictures]
    print(json.dumps({"ms_ssim": np.mean(structure), "lpips": np.mean(perceptual), "torch": torch.__version__}))


if __name__ == "__main__":
    with torch.inference_mode():
        main()
