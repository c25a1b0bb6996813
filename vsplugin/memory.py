"""Give memory back to the system."""

from __future__ import annotations

import contextlib
import ctypes


def release() -> None:
    """Return freed memory that glibc keeps; does nothing elsewhere.

    Once frames of several sizes are freed by several threads, glibc stops mapping them one by one and keeps the pieces:
    graphs whose nodes have several inputs grow by a plane per frame, beyond any limit of VapourSynth's caches.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
