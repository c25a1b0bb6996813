"""Forensic mode: only filters that can be held to a promise, measured on every frame, and an audit that proves it.

    vsplugin restore IN OUT --forensic      # writes OUT and OUT.audit.json
    vsplugin audit verify OUT.audit.json    # checks files, pixels, models and promises again

docs/forensic.md says what is promised and how a stranger can check it.
"""

from .audit import Audit, read
from .chain import admit, build, promise_of

__all__ = ["Audit", "admit", "build", "promise_of", "read"]
