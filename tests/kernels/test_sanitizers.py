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
def test_the_kernel_tests_run_clean(capfd):
    with capfd.disabled():  # a run of minutes shows what it does
        assert sanitize.run() == 0
