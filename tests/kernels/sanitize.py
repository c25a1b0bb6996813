"""The kernel tests with AddressSanitizer and UndefinedBehaviorSanitizer.

    ./run python tests/kernels/sanitize.py [pytest arguments]

Builds both faces once more under build/sanitize (minutes the first time) and runs the tests against them.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "sanitize"
FLAGS = "-O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g1"

# In a process of its own: the editable install's finder knows only the ordinary build. The sanitizers' reports must not
# end in pytest's capture, which is lost when they stop the process.
RUN = """
import sys
sys.meta_path = [finder for finder in sys.meta_path if type(finder).__name__ != "ScikitBuildRedirectingFinder"]
sys.path.insert(0, sys.argv[1])
import vsplugin
vsplugin.__path__.insert(0, sys.argv[2] + "/vsplugin")
from vsplugin import _kernels
assert _kernels.__file__.startswith(sys.argv[2]), _kernels.__file__
import pytest
sys.exit(pytest.main(["-q", "--capture=sys", "-p", "no:cacheprovider", *sys.argv[3:]]))
"""


def build() -> Path:
    """Where the sanitized module and plugin are installed."""
    target = BUILD / "install"
    configure = ["cmake", "-S", str(ROOT), "-B", str(BUILD), "-G", "Ninja", f"-DPython_EXECUTABLE={sys.executable}"]
    configure += ["-DCMAKE_BUILD_TYPE=None", f"-DCMAKE_CXX_FLAGS={FLAGS}", f"-DCMAKE_INSTALL_PREFIX={target}"]
    configure += ["-DVSP_ROWS_OPTIMISE=-O1"]  # a third of the time to build, and finds as much
    for command in (configure, ["cmake", "--build", str(BUILD)], ["cmake", "--install", str(BUILD)]):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return target


def runtime(name: str) -> str:
    compiler = os.environ.get("CXX", "c++")
    return subprocess.run(
        [compiler, f"-print-file-name={name}"], check=True, capture_output=True, text=True
    ).stdout.strip()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """pytest on the kernel tests; leaks are not looked for, because Python keeps objects to the end."""
    environment = dict(
        os.environ,
        LD_PRELOAD=f"{runtime('libasan.so')} {runtime('libstdc++.so')}",
        ASAN_OPTIONS="detect_leaks=0",
        UBSAN_OPTIONS="print_stacktrace=1",
    )
    named = any(Path(argument.split("::")[0]).exists() for argument in arguments)
    tests = arguments if named else (*arguments, str(Path(__file__).parent))
    command = [sys.executable, "-c", RUN, str(ROOT), str(build()), *tests]
    return subprocess.run(command, env=environment, cwd=ROOT, text=True, capture_output=True)


if __name__ == "__main__":
    done = run(*sys.argv[1:])
    print(done.stdout[-6000:], done.stderr[-6000:])
    sys.exit(done.returncode)
