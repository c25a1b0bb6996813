"""The kernel tests with AddressSanitizer and UndefinedBehaviorSanitizer, or with ThreadSanitizer.

    ./run python tests/kernels/sanitize.py [pytest arguments]
    ./run python tests/kernels/sanitize.py --threads [pytest arguments]

Builds both faces once more under build/sanitize or build/sanitize-threads (minutes the first time) and runs the tests
against them.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Sanitizer:
    flags: str
    build: Path
    library: str
    options: dict[str, str]


# Leaks are not looked for, because Python keeps objects to the end.
MEMORY = Sanitizer(
    "-fsanitize=address,undefined -fno-sanitize-recover=undefined",
    ROOT / "build" / "sanitize",
    "libasan.so",
    {"ASAN_OPTIONS": "detect_leaks=0", "UBSAN_OPTIONS": "print_stacktrace=1"},
)
# Only our code is watched: VapourSynth and Python are not built for it.
THREADS = Sanitizer(
    "-fsanitize=thread",
    ROOT / "build" / "sanitize-threads",
    "libtsan.so",
    {"TSAN_OPTIONS": "halt_on_error=1 ignore_noninstrumented_modules=1"},
)

# In a process of its own: the editable install's finder knows only the ordinary build. The sanitizers' reports must not
# end in pytest's capture, which is lost when they stop the process; the name of each test is shown before it runs, so
# that the last one is the one that was stopped.
RUN = """
import sys
sys.meta_path = [finder for finder in sys.meta_path if type(finder).__name__ != "ScikitBuildRedirectingFinder"]
sys.path.insert(0, sys.argv[1])
import vsplugin
vsplugin.__path__.insert(0, sys.argv[2] + "/vsplugin")
from vsplugin import _kernels
assert _kernels.__file__.startswith(sys.argv[2]), _kernels.__file__
import pytest
sys.exit(pytest.main(["-vv", "--capture=sys", "-p", "no:cacheprovider", "--durations=10", *sys.argv[3:]]))
"""


def build(sanitizer: Sanitizer) -> Path:
    """Where the sanitized module and plugin are installed."""
    target = sanitizer.build / "install"
    flags = f"-O1 {sanitizer.flags} -fno-omit-frame-pointer -g1"
    configure = ["cmake", "-S", str(ROOT), "-B", str(sanitizer.build), "-G", "Ninja"]
    configure += [f"-DPython_EXECUTABLE={sys.executable}", f"-DCMAKE_INSTALL_PREFIX={target}"]
    configure += ["-DCMAKE_BUILD_TYPE=None", f"-DCMAKE_CXX_FLAGS={flags}"]
    configure += ["-DVSP_ROWS_OPTIMISE=-O1"]  # a third of the time to build, and finds as much
    for command in (configure, ["cmake", "--build", sanitizer.build], ["cmake", "--install", sanitizer.build]):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return target


def runtime(name: str) -> str:
    compiler = os.environ.get("CXX", "c++")
    return subprocess.run(
        [compiler, f"-print-file-name={name}"], check=True, capture_output=True, text=True
    ).stdout.strip()


def run(*arguments: str, sanitizer: Sanitizer = MEMORY) -> int:
    """pytest's exit code on the kernel tests, its output shown as it goes."""
    preload = f"{runtime(sanitizer.library)} {runtime('libstdc++.so')}"
    # Small frames (kernel_planes.py), and none of the corpus: whole pictures do nothing that small ones do not.
    environment = dict(os.environ, LD_PRELOAD=preload, VSPLUGIN_SANITIZED="1", VSPLUGIN_CORPUS=os.devnull)
    environment.update(sanitizer.options)
    named = any(Path(argument.split("::")[0]).exists() for argument in arguments)
    tests = arguments if named else (*arguments, str(Path(__file__).parent))
    command = [sys.executable, "-c", RUN, str(ROOT), str(build(sanitizer)), *tests]
    return subprocess.run(command, env=environment, cwd=ROOT).returncode


if __name__ == "__main__":
    chosen = THREADS if "--threads" in sys.argv[1:] else MEMORY
    sys.exit(run(*(argument for argument in sys.argv[1:] if argument != "--threads"), sanitizer=chosen))
