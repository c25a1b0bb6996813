"""The kernel tests once more with AddressSanitizer and UndefinedBehaviorSanitizer.

./run pytest -m slow tests/kernels/test_sanitizers.py
"""

import shutil
from pathlib import Path

import pytest
import sanitize

# The reference on frames of some size takes minutes with the sanitizers and does nothing that it does not on tiny ones.
LONG = "scalar and (thread_count or broken_sample or formats_and_ranges or onnxruntime or float32_onnx)"


@pytest.mark.slow
@pytest.mark.skipif(
    not Path(sanitize.runtime("libasan.so")).is_absolute() or not shutil.which("ninja"),
    reason="needs the compiler's sanitizers, and ninja",
)
def test_the_kernel_tests_run_clean():
    done = sanitize.run("-k", f"not ({LONG})")
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
