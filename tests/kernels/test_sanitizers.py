"""The kernel tests once more with AddressSanitizer and UndefinedBehaviorSanitizer.

./run pytest -m slow tests/kernels/test_sanitizers.py
"""

import shutil
from pathlib import Path

import pytest
import sanitize


@pytest.mark.slow
@pytest.mark.skipif(
    not Path(sanitize.runtime("libasan.so")).is_absolute() or not shutil.which("ninja"),
    reason="needs the compiler's sanitizers, and ninja",
)
def test_the_kernel_tests_run_clean():
    done = sanitize.run()
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
