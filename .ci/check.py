"""The one check command: ``./run check`` (``--fix`` to repair what can be repaired). Style, types, C++ format."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FIX = "--fix" in sys.argv


def sources() -> list[str]:
    rooms = (path for room in ("kernels", "ofx_bridge", "tests/ofx") for path in sorted((ROOT / room).rglob("*")))
    return [str(path) for path in rooms if path.suffix in (".cpp", ".hpp", ".h", ".cu")]


def main() -> int:
    steps = [
        ["ruff", "check", *(["--fix"] if FIX else []), "."],
        ["ruff", "format", *([] if FIX else ["--check"]), "."],
        ["mypy"],
        ["clang-format", *(["-i"] if FIX else ["--dry-run", "--Werror"]), *sources()],
    ]
    failed = [step[0] for step in steps if subprocess.run(step, cwd=ROOT).returncode]
    if failed:
        print(f"check: failed: {', '.join(failed)}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
