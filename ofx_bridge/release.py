"""The bundle for everyone: built by zig's compiler against glibc 2.28, so that it loads where Resolve and Nuke run.

``uv run --no-project --with ziglang python ofx_bridge/release.py FOLDER``
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
GLIBC = (2, 28)
EXPORTS = {"OfxGetNumberOfPlugins", "OfxGetPlugin", "OfxSetHost"}
LIBRARIES = {"libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "ld-linux-x86-64.so.2"}
OPTIONS = (
    "-std=c++20 -O2 -fPIC -shared -s -DNDEBUG -Wall -Wextra -fvisibility=hidden -fvisibility-inlines-hidden "
    "-lpthread -ldl"
)


def build(folder: Path) -> Path:
    """Compile everything into ``folder``/vsplugin.ofx.bundle."""
    out = folder / "vsplugin.ofx.bundle" / "Contents" / "Linux-x86-64" / "vsplugin.ofx"
    out.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "ziglang", "c++", "-target", f"x86_64-linux-gnu.{GLIBC[0]}.{GLIBC[1]}"]
    command += [*OPTIONS.split(), f"-Wl,--version-script={HERE / 'exports.map'}", f"-I{HERE}"]
    subprocess.run([*command, "-o", str(out), *map(str, sorted(HERE.glob("*.cpp")))], check=True)
    return out


def problems(binary: Path, newest: tuple[int, int] | None = GLIBC) -> list[str]:
    """What would keep a host from loading it: other exports, other libraries, symbols of a newer glibc."""

    def ask(*command: str) -> str:
        environment = {**os.environ, "LC_ALL": "C"}
        return subprocess.run(
            [*command, str(binary)], check=True, capture_output=True, text=True, env=environment
        ).stdout

    found = []
    exports = {line.split()[-1] for line in ask("nm", "-D", "--defined-only").splitlines()}
    if exports != EXPORTS:
        found.append(f"exports {', '.join(sorted(exports ^ EXPORTS))}")
    needed = set(re.findall(r"NEEDED.*\[(.+)\]", ask("readelf", "-d")))
    if needed - LIBRARIES:
        found.append(f"needs {', '.join(sorted(needed - LIBRARIES))}")
    versions = {tuple(map(int, text.split("."))) for text in re.findall(r"GLIBC_([\d.]+)", ask("readelf", "-V"))}
    if newest and max(versions)[:2] > newest:
        found.append(f"needs glibc {'.'.join(map(str, max(versions)))}")
    return found


def main() -> int:
    binary = build(Path(sys.argv[1]))
    found = problems(binary)
    print("\n".join(found) or f"{binary}: {binary.stat().st_size >> 10} KiB, loads from glibc {GLIBC[0]}.{GLIBC[1]} on")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
