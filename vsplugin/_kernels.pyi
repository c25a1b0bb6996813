"""The native module as mypy sees it; every argument is given by vsplugin/kernels.py."""

from typing import Any

import numpy as np

_Plane = np.ndarray[tuple[int, int], np.dtype[Any]]

def cpu_levels() -> list[str]: ...
def backproject(
    clip: _Plane,
    source: _Plane,
    out: _Plane | None,
    degradation: str,
    shift_x: float,
    shift_y: float,
    bits: int,
    full: bool,
    chroma: bool,
    cpu: str,
) -> float: ...
def warp(
    image: _Plane,
    dx: _Plane,
    dy: _Plane,
    confidence: _Plane | None,
    out: _Plane,
    mode: str,
    bits: int,
    subsampling_w: int,
    subsampling_h: int,
    cpu: str,
) -> None: ...
def warp_blend(
    center: _Plane,
    images: list[_Plane],
    dx: list[_Plane],
    dy: list[_Plane],
    confidence: list[_Plane],
    weights: list[float],
    out: _Plane,
    mode: str,
    bits: int,
    subsampling_w: int,
    subsampling_h: int,
    cpu: str,
) -> None: ...
def flow_confidence(
    dx: _Plane,
    dy: _Plane,
    back_dx: _Plane,
    back_dy: _Plane,
    confidence: _Plane | None,
    out: _Plane,
    alpha: float,
    beta: float,
    softness: float,
    cpu: str,
) -> None: ...
def resize_flow(
    dx: _Plane,
    dy: _Plane,
    confidence: _Plane | None,
    out_dx: _Plane,
    out_dy: _Plane,
    out_confidence: _Plane | None,
    cpu: str,
) -> None: ...
def flow_match(
    frames: list[_Plane],
    neighbours: list[_Plane],
    sigma: list[float],
    dx: _Plane,
    dy: _Plane,
    confidence: _Plane | None,
    out: _Plane,
    bits: int,
    subsampling_w: int,
    subsampling_h: int,
    cpu: str,
) -> None: ...
def merge_plane(
    base: _Plane,
    residual: _Plane | None,
    out: _Plane,
    strength: float,
    source: _Plane | None,
    overshoot: float,
    full: bool,
    chroma: bool,
    bits: int,
    out_bits: int,
    source_bits: int,
    cpu: str,
) -> None: ...
def guide_chroma(
    luma: _Plane,
    first: _Plane,
    second: _Plane,
    out_first: _Plane,
    out_second: _Plane,
    detail: _Plane | None,
    strength: float,
    location: int,
    bits: int,
    full: bool,
    cpu: str,
) -> None: ...
def light_histogram(
    red: _Plane,
    green: _Plane,
    blue: _Plane,
    counts: np.ndarray[Any, np.dtype[np.uint32]],
    maxima: np.ndarray[Any, np.dtype[np.uint32]],
    bits: int,
    cpu: str,
) -> None: ...
def grain(
    level: _Plane,
    tones: np.ndarray[Any, np.dtype[np.float32]],
    taps: np.ndarray[Any, np.dtype[np.float32]],
    mix: np.ndarray[Any, np.dtype[np.float32]],
    out: _Plane,
    seed: int,
    frame: int,
    cpu: str,
) -> None: ...
def unpack_rgba(
    picture: np.ndarray[Any, Any],
    red: _Plane,
    green: _Plane,
    blue: _Plane,
    alpha: _Plane | None,
    swapped: bool,
    cpu: str,
) -> int: ...
def pack_rgba(
    red: _Plane,
    green: _Plane,
    blue: _Plane,
    alpha: _Plane | None,
    picture: np.ndarray[Any, Any],
    swapped: bool,
    cpu: str,
) -> None: ...
def tile_sr_levels(int8: bool) -> list[str]: ...
def read_layers(
    onnx: bytes,
) -> tuple[list[tuple[int, int, list[float], list[float], int, list[float], int, bool, bool]], int]: ...

class TileSr:
    def __init__(self, onnx: bytes, cpu: str) -> None: ...
    @property
    def scale(self) -> int: ...
    @property
    def cpu(self) -> str: ...
    def memory(self, width: int, threads: int, tile: int) -> int: ...
    def run(
        self,
        image: _Plane,
        out: _Plane,
        strength: float | None,
        overshoot: float,
        full: bool,
        bits: int,
        threads: int,
        tile: int,
    ) -> None: ...
