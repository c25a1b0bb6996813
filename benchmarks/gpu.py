"""Everything that needs a GPU, in one run under eight minutes: kernels, TileSR, whole filters, each against its peers.

    ./run python benchmarks/gpu.py        # writes benchmarks/results/gpu.json

Times are medians of at least 7 rounds that alternate between the competitors, by CUDA events (of graphs: by the wall
clock). Every figure comes with the bytes it must move and the operations it must do, as shares of what this GPU was
measured to reach in the same run: copying inside its memory, and multiplying half matrices. What is absent is said and
left out. ``--seconds`` is when to stop starting new measurements.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from vsplugin import cuda, models
from vsplugin.cuda import device
from vsplugin.errors import UserError, one_line

ROUNDS, WARM_UP = 9, 3
RESULTS = Path(__file__).parent / "results"
Work = Callable[[], Any]


def milliseconds(works: dict[str, Work], repeats: int = 10) -> dict[str, float]:
    """Median time of each on the GPU; the rounds alternate, so that clocks and temperature hit all alike."""
    cp = device.cupy()
    start, end = cp.cuda.Event(), cp.cuda.Event()
    for work in works.values():
        for _ in range(WARM_UP):
            work()
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            start.record()
            for _ in range(repeats):
                work()
            end.record()
            end.synchronize()
            times[name].append(cp.cuda.get_elapsed_time(start, end) / repeats)
    return {name: statistics.median(values) for name, values in times.items()}


def torch_with_gpu(absent: list[str]) -> Any:
    """torch, whose current stream is CuPy's while neither is changed: the null stream; None where it is missing."""
    try:
        import torch
    except ImportError:
        absent.append("torch is not installed: no grid_sample, no torch network, no matrix peak")
        return None
    if not torch.cuda.is_available():
        absent.append("torch has no CUDA: no grid_sample, no torch network, no matrix peak")
        return None
    return torch


def peaks(torch: Any) -> dict[str, float]:
    """What this GPU reaches: bytes read and written by a copy of 256 MiB, and half products with float sums."""
    cp = device.cupy()
    one = cp.zeros(1 << 28, cp.uint8)
    other = cp.empty_like(one)
    works: dict[str, Work] = {"copy": lambda: cp.copyto(other, one)}
    if torch is not None:
        matrix = torch.randn(8192, 8192, dtype=torch.float16, device="cuda")
        product = torch.empty_like(matrix)
        works["matrix"] = lambda: torch.matmul(matrix, matrix, out=product)
    times = milliseconds(works, repeats=5)
    found = {"copy_gb_per_s": 2 * one.nbytes / times["copy"] / 1e6}
    if torch is not None:
        found["matrix_tflop_per_s"] = 2 * 8192**3 / times["matrix"] / 1e9
    return found


def figures(ms: float, moved: float, flop: float, peak: dict[str, float]) -> dict[str, float]:
    """Time, bytes and operations, and their shares of what the GPU was measured to reach."""
    row = {"ms": ms, "gb_per_s": moved / ms / 1e6, "share_of_copy": moved / ms / 1e6 / peak["copy_gb_per_s"]}
    if flop:
        row["tflop_per_s"] = flop / ms / 1e9
    if flop and "matrix_tflop_per_s" in peak:
        row["share_of_matrix_peak"] = row["tflop_per_s"] / peak["matrix_tflop_per_s"]
    return {name: float(f"{value:.4g}") for name, value in row.items()}


def warps(torch: Any, peak: dict[str, float]) -> dict[str, Any]:
    """7680x4320 planes moved along a smooth flow, against torch's grid_sample on the very same positions.

    Large, so that no cache holds them and starting a kernel takes no share of the time.
    """
    cp = device.cupy()
    height, width = 4320, 7680
    y, x = cp.mgrid[0:height, 0:width].astype(cp.float32)
    dx, dy = 6 * cp.sin(y / 90), 4 * cp.cos(x / 70)
    results = {}
    for sample in ("uint8", "uint16", "float16", "float32"):
        image = (cp.random.random((height, width)) * (200 if sample[0] == "u" else 1)).astype(sample)
        out = cp.empty_like(image)
        works: dict[str, Work] = {
            mode: lambda mode=mode, image=image, out=out: cuda.warp(image, dx, dy, mode=mode, out=out)
            for mode in ("bilinear", "catmullrom")
        }
        if torch is not None and sample.startswith("float"):
            grid = torch.from_dlpack(cp.stack([(2 * (x + dx) + 1) / width - 1, (2 * (y + dy) + 1) / height - 1], -1))
            grid, source = grid[None].to(getattr(torch, sample)), torch.from_dlpack(image)[None, None]
            for mode, name in (("bilinear", "bilinear"), ("bicubic", "catmullrom")):
                works[f"torch grid_sample {name}"] = lambda mode=mode, source=source, grid=grid: (
                    torch.nn.functional.grid_sample(source, grid, mode, padding_mode="border", align_corners=False)
                )
        times = milliseconds(works)
        moved = height * width * (2 * image.itemsize + 8)
        rows: dict[str, Any] = {name: figures(ms, moved, 0, peak) for name, ms in times.items()}
        for mode in ("bilinear", "catmullrom"):
            peer = times.get(f"torch grid_sample {mode}")
            if peer:
                rows[mode]["times_as_fast_as_grid_sample"] = round(peer / times[mode], 2)
        results[sample] = rows
    return results


def pixel_kernels(peak: dict[str, float]) -> dict[str, Any]:
    """Merge at 3840x2160 over a source of half the size; the light histogram of RGB: of noise, of one colour."""
    cp = device.cupy()
    base = cp.random.randint(0, 1024, (2160, 3840)).astype(cp.uint16)
    source = cp.ascontiguousarray(base[::2, ::2])
    residual = (cp.random.standard_normal(base.shape) * 0.02).astype(cp.float32)
    out, flat = cp.empty_like(base), cp.full_like(base, 500)
    works: dict[str, Work] = {
        "merge limited": lambda: cuda.merge_plane(base, residual, source=source, overshoot=0.25, bits=10, out=out),
        "histogram of noise": lambda: cuda.light_histogram(base, base, base, bits=16),
        "histogram of one colour": lambda: cuda.light_histogram(flat, flat, flat, bits=16),
    }
    times = milliseconds(works)
    moved = {"merge limited": base.size * (2 + 2 + 4) + source.nbytes}
    return {name: figures(ms, moved.get(name, 3 * base.nbytes), 0, peak) for name, ms in times.items()}


def torch_network(torch: Any, path: Path) -> Any:
    """Our ONNX as a torch module in half, channels last: the layers that TileSR's own reader finds."""
    from vsplugin.cuda import network

    found = network.read(path.read_bytes())
    steps: list[Any] = []
    for layer in found.layers:
        conv = torch.nn.Conv2d(layer.weights.shape[1], layer.weights.shape[0], 3, padding=1)
        conv.weight.data = torch.from_numpy(layer.weights.copy())
        conv.bias.data = torch.from_numpy(layer.bias.copy())
        steps += [conv, torch.nn.ReLU(inplace=True)] if layer.activation else [conv]
    steps.append(torch.nn.PixelShuffle(found.scale))
    return torch.nn.Sequential(*steps).half().cuda().to(memory_format=torch.channels_last).eval()


def onnx_runtime(path: Path, image: Any, out: Any, absent: list[str]) -> Work | None:
    """ONNX Runtime's CUDA provider on planes in the GPU's memory (float32 with TF32, as the file is)."""
    try:
        import onnxruntime

        session = onnxruntime.InferenceSession(str(path), providers=["CUDAExecutionProvider"])
        if session.get_providers()[0] != "CUDAExecutionProvider":
            raise RuntimeError(f"it runs on {session.get_providers()[0]}")
        binding = session.io_binding()
        ends = (session.get_inputs()[0].name, image), (session.get_outputs()[0].name, out)
        for (name, plane), bind in zip(ends, (binding.bind_input, binding.bind_output), strict=True):
            bind(name, "cuda", 0, np.float32, (1, 1, *plane.shape), plane.data.ptr)
        return lambda: session.run_with_iobinding(binding)
    except Exception as error:
        absent.append(f"ONNX Runtime CUDA: {one_line(error)[:200]}")
        return None


def tile_sr(torch: Any, peak: dict[str, float], absent: list[str]) -> dict[str, Any]:
    """1080p to 2160p, luma in the GPU's memory: our passes, ONNX Runtime, torch, compiled torch; the same weights."""
    cp = device.cupy()
    model = models.find("benchmark", "sr2-fast", "super-resolution")
    image = cp.random.random((1080, 1920)).astype(cp.float32)
    out = cp.empty((2160, 3840), cp.float32)
    works: dict[str, Work] = {}
    plans: dict[str, Any] = {}
    for passes in (0, 1, 2, 3):
        engine = cuda.TileSR(model.path, passes=passes)
        name = f"TileSR, {passes} passes" if passes else "TileSR"
        try:
            chosen = engine.passes(1920, 1080)
        except UserError as error:
            absent.append(f"{name}: {one_line(error)}")
            continue
        plans[name] = [
            {"layers": [p.first, p.last], "tiles": p.tiles, "threads": p.threads, "shared": p.shared} for p in chosen
        ]
        works[name] = lambda engine=engine: engine(image, out=out)
    runtime = onnx_runtime(model.path, image, out, absent)
    if runtime is not None:
        works["ONNX Runtime CUDA"] = runtime
    if torch is not None:
        with torch.inference_mode():
            network = torch_network(torch, model.path)
            given = torch.from_dlpack(image)[None, None].half().to(memory_format=torch.channels_last)

            def run(module: Any) -> Work:
                def work() -> None:
                    with torch.inference_mode():
                        module(given)

                return work

            works["torch half"] = run(network)
            try:
                compiled = torch.compile(network, mode="max-autotune-no-cudagraphs")
                run(compiled)()
                works["torch.compile half"] = run(compiled)
            except Exception as error:
                absent.append(f"torch.compile: {one_line(error)[:200]}")
    times = milliseconds(works, repeats=3)
    flop = 2 * model.macs_per_pixel * image.size
    rows: dict[str, Any] = {name: figures(ms, image.nbytes + out.nbytes, flop, peak) for name, ms in times.items()}
    peers = [ms for name, ms in times.items() if not name.startswith("TileSR")]
    if peers and "TileSR" in times:
        rows["TileSR"]["times_as_fast_as_best_peer"] = round(min(peers) / times["TileSR"], 2)
    check = np.abs(cuda.TileSR(model.path)(image[:270, :480]).get() - cpu_result(model.path, image[:270, :480].get()))
    return {"rows": rows, "plans": plans, "worst_error_of_1023": float(f"{check.max() * 1023:.3g}")}


def cpu_result(path: Path, image: np.ndarray) -> np.ndarray:
    from vsplugin import kernels

    return kernels.TileSR(path, cpu=kernels.cpu_level())(np.ascontiguousarray(image))


def conveyor() -> dict[str, Any]:
    """10-bit 1080p luma from and to the host's memory as a picture: frames per second with copies beside the work."""
    model = models.find("benchmark", "sr2-fast", "super-resolution")
    rng = np.random.default_rng(1)
    images = [rng.integers(64, 940, (1080, 1920)).astype(np.uint16) for _ in range(4)]
    engine = cuda.TileSR(model.path)
    options = {"strength": 1.0, "overshoot": 0.25, "bits": 10}
    rates = []
    for _ in range(ROUNDS):
        start, count = time.perf_counter(), 0
        for _ in engine.frames((images[i % 4] for i in range(40)), **options):
            count += 1
        rates.append(count / (time.perf_counter() - start))
    start = time.perf_counter()
    for i in range(10):
        engine(images[i % 4], **options)
    single = 10 / (time.perf_counter() - start)
    return {"frames_per_second": round(statistics.median(rates), 1), "one_by_one": round(single, 1)}


def filters(absent: list[str]) -> dict[str, Any]:
    """Whole filters in the graph, 1080p 10 bit: upscale and denoise on every backend that runs here."""
    import vapoursynth as vs
    from common import interleaved

    from vsplugin.filters import denoise, upscale

    clip = vs.core.std.BlankClip(format=vs.YUV420P10, width=1920, height=1080, length=400, color=[300, 500, 520])
    clips: dict[str, Any] = {}
    for backend in ("auto", "ov", "ort-cuda", "trt"):
        for name, make in (("upscale", upscale), ("denoise", lambda c, backend: denoise(c, sigma=8, backend=backend))):
            try:
                clips[f"{name} {backend}"] = make(clip, backend=backend)
                clips[f"{name} {backend}"].get_frame(0).close()
            except vs.Error as error:
                clips.pop(f"{name} {backend}", None)
                absent.append(f"{name} on {backend}: {one_line(error)[:200]}")
    times = interleaved(clips, frames=4, rounds=7)
    return {name: {"frames_per_second": round(1 / seconds, 2)} for name, seconds in times.items()}


def describe() -> dict[str, Any]:
    cp = device.cupy()
    properties = cp.cuda.runtime.getDeviceProperties(cp.cuda.Device().id)
    return {
        "gpu": properties["name"].decode(),
        "compute_capability": cp.cuda.Device().compute_capability,
        "driver": cp.cuda.runtime.driverGetVersion(),
        "cupy": cp.__version__,
        "multiprocessors": properties["multiProcessorCount"],
        "date": time.strftime("%Y-%m-%d"),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=400, help="start no measurement after this long (400)")
    parser.add_argument("--out", type=Path, default=RESULTS / "gpu.json")
    arguments = parser.parse_args()
    missing = cuda.why_not()
    if missing:
        print(json.dumps({"absent": [missing]}, indent=2))
        return 1
    began = time.monotonic()
    absent: list[str] = []
    torch = torch_with_gpu(absent)
    results: dict[str, Any] = {"machine": describe(), "peaks": peaks(torch)}
    parts: dict[str, Work] = {
        "warp 4320p": lambda: warps(torch, results["peaks"]),
        "pixel kernels 2160p": lambda: pixel_kernels(results["peaks"]),
        "tile_sr 1080p to 2160p": lambda: tile_sr(torch, results["peaks"], absent),
        "conveyor 1080p to 2160p": conveyor,
        "filters 1080p": lambda: filters(absent),
    }
    for name, part in parts.items():
        if time.monotonic() - began > arguments.seconds:
            absent.append(f"{name}: not started, {arguments.seconds:.0f} s had passed")
            continue
        try:
            results[name] = part()
        except Exception as error:  # a part that fails must not take the others' figures along
            absent.append(f"{name}: {type(error).__name__}: {one_line(error)[:300]}")
        results["absent"], results["seconds"] = absent, round(time.monotonic() - began)
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(json.dumps(results, indent=2) + "\n")
    print(arguments.out.read_text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
