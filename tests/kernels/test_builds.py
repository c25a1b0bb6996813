"""What the linker could get wrong: code for a newer CPU must never replace the baseline's."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OBJECTS = sorted(ROOT.glob("build/cp*/kernels/CMakeFiles/vsp_rows_*.dir/*/*.o"))  # not the sanitizers'


@pytest.mark.skipif(not OBJECTS or not shutil.which("nm"), reason="needs an editable build's object files, and nm")
def test_instruction_set_objects_share_no_code():
    for path in OBJECTS:
        symbols = subprocess.run(["nm", path], check=True, capture_output=True, text=True).stdout
        shared = [line for line in symbols.splitlines() if line[17:18] in "WVu" and line[17:18]]
        assert not shared, f"{path.name}: the linker may merge {shared}"
