"""Our values against those other implementations gave, which benchmarks/metrics.py committed with their versions."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RECORD = json.loads((ROOT / "benchmarks/results/metrics.json").read_text())
PACKAGES = {"xpsnr": "vszip", "xpsnr_y": "vszip", "cambi": "cambi"}


def ours(corpus: Path, clip: str, names: list[str]) -> dict[str, float]:
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        import metric_material
    finally:
        sys.path.pop(0)
    return metric_material.ours(corpus, clip, names)


@pytest.mark.corpus
@pytest.mark.parametrize("clip", ["parkjoy", pytest.param("walker", marks=pytest.mark.slow)])
def test_every_metric_agrees_with_the_other_implementation_within_a_thousandth(corpus, clip):
    import vapoursynth as vs

    pytest.importorskip("onnxruntime", reason="LPIPS needs ONNX Runtime (extra 'metrics')")
    theirs = RECORD["checks"][clip]["theirs"]
    if missing := {plugin for plugin in PACKAGES.values() if not hasattr(vs.core, plugin)}:
        pytest.skip(f"not installed (extra 'metrics'): {missing}")
    found = ours(corpus, clip, list(theirs))
    assert found == pytest.approx(theirs, rel=1e-3)


def test_the_record_covers_every_metric_that_another_implementation_exists_for():
    from vsplugin.metrics import METRICS

    alone = {"vmaf", "vmaf_neg"}  # libvmaf itself computes them
    planted = {"noise", "grain", "flicker", "jitter", "jitter_acceleration", "unseen_detail", "invented"}
    for clip in RECORD["checks"].values():
        assert set(clip["theirs"]) == set(METRICS) - alone - planted
