"""How far a clip is from its reference, and how steady, sharp or noisy it is by itself.

    from vsplugin import metrics
    result = metrics.measure(reference, restored, ["psnr", "ssim", "flicker"])
    result["ssim"]            # one number per frame
    result.pooled["psnr"]     # one for the clip
    result.reference["flicker"]   # what needs no reference is measured on the reference too

Each metric is one function; :data:`METRICS` derives name, unit, direction and source from its signature and docstring.
The functions themselves work on numpy planes and can be called alone. Importing this needs no VapourSynth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .registry import METRICS, Better, Metric, NotSuitableError, find

if TYPE_CHECKING:
    from .invention import invented
    from .measure import Measurement, measure, suitable

__all__ = ["METRICS", "Better", "Measurement", "Metric", "NotSuitableError", "find", "invented", "measure", "suitable"]

_HOMES = {"measure": "measure", "Measurement": "measure", "suitable": "measure", "invented": "invention"}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        # import_module leaves the submodule in this namespace under its own name; `measure` must stay the function.
        module = import_module(f".{_HOMES[name]}", __name__)
        for public, home in _HOMES.items():
            if home == _HOMES[name]:
                globals()[public] = getattr(module, public)
        return globals()[name]
    raise AttributeError(f"module 'vsplugin.metrics' has no attribute {name!r}")
