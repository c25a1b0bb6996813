"""The bundle as a file: what it exports and needs; and other builds of it, which take minutes (``-m slow``)."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from vsplugin.ofx import bundle as bundles

from .conftest import ROOT, build_host

_spec = importlib.util.spec_from_file_location("release", ROOT / "ofx_bridge" / "release.py")
release = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(release)


def test_it_exports_three_functions_and_needs_the_c_library_only():
    assert release.problems(bundles.binary(bundles.built()), newest=None) == []


def test_other_exports_libraries_and_newer_symbols_are_found():
    found = release.problems(Path(sys.executable).resolve(), newest=(2, 3))
    assert any(text.startswith("exports") for text in found) and any("glibc" in text for text in found)


def conformance(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-m", "not slow", *options]
    parts = ("describe", "images", "nodes", "conformance", "worker", "worker_limits")
    command += [f"tests/ofx/test_{part}.py" for part in parts]
    return subprocess.run(command, env={**os.environ, **environment}, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.slow
def test_address_and_undefined_behaviour_sanitizers_find_nothing(tmp_path):
    folder = ROOT / "build" / "ofx_sanitized"
    host = build_host(folder, "-DVSP_SANITIZE=ON")
    libraries = [
        subprocess.run(["c++", f"-print-file-name={name}"], capture_output=True, text=True, check=True).stdout.strip()
        for name in ("libasan.so", "libubsan.so", "libstdc++.so")
    ]
    done = conformance(
        # OpenVINO, which some tests run in this process to compare, cannot be loaded beside sanitizers.
        "-k",
        "not (the_filter or measures or grows or takes_back or presets or linear)",
        LD_PRELOAD=":".join(libraries),
        ASAN_OPTIONS="detect_leaks=0:halt_on_error=1:abort_on_error=0",  # Python itself leaks
        UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1",
        VSPLUGIN_OFX_TEST_HOST=str(host),
        VSPLUGIN_OFX_TEST_BUNDLE=str(next(folder.rglob("vsplugin.ofx"))),
    )
    text = done.stdout + done.stderr
    assert done.returncode == 0 and "Sanitizer" not in text and "runtime error" not in text, text[-6000:]


@pytest.mark.slow
def test_the_release_build_loads_from_glibc_2_28_on_and_conforms(tmp_path):
    if importlib.util.find_spec("ziglang") is None:
        pytest.skip("ziglang is not installed: uv run --with ziglang pytest -m slow tests/ofx/test_binary.py")
    binary = release.build(tmp_path)
    assert release.problems(binary) == []
    done = conformance(VSPLUGIN_OFX_TEST_BUNDLE=str(binary))
    assert done.returncode == 0, done.stdout[-6000:]
