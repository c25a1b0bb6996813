"""HDR metadata of the frames that were rendered, as files for an encoder: whole at any time, written soon after."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..disk import write_whole
from ..errors import UserError, one_line
from ..hdr import dolbyvision, hdr10plus, hdr10plus_json, props, x265
from ..hdr.metadata import Metadata

_log = logging.getLogger("vsplugin")
_SECONDS = 0.5  # frames come one by one; a file is written when they pause


def _payload(path: Path, metadata: Metadata) -> bytes:
    wants_rpu = path.suffix.lower() in (".rpu", ".bin")
    if path.suffix.lower() not in (".json", ".nalu", ".txt", ".rpu", ".bin"):
        raise UserError(f"hdr_out must end in .json, .nalu, .txt (HDR10+), .rpu or .bin (Dolby Vision); got '{path}'")
    found = metadata.rpu if wants_rpu else metadata.hdr10plus
    if found is None:
        raise UserError(f"hdr_out: this frame has no {'Dolby Vision RPU' if wants_rpu else 'HDR10+ metadata'}")
    return found


def _content(path: Path, payloads: list[bytes]) -> str | bytes:
    kind = path.suffix.lower()
    if kind == ".json":
        return hdr10plus_json.write([hdr10plus.parse(payload) for payload in payloads])
    return dolbyvision.write_file(payloads) if kind in (".rpu", ".bin") else x265.nalu_text(payloads)


class Sidecars:
    """All files that are being written, from any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._frames: dict[Path, dict[int, bytes]] = {}
        self._changed: set[Path] = set()
        self._timer: threading.Timer | None = None

    def add(self, path: Path, frame: int, properties: Mapping[str, Any]) -> None:
        """Note a frame's metadata. ``UserError``: it has none of the kind that the file's ending asks for."""
        payload = _payload(path, props.from_props(properties))
        with self._lock:
            self._frames.setdefault(path, {})[frame] = payload
            self._changed.add(path)
            if self._timer is None:
                self._timer = threading.Timer(_SECONDS, self.flush)
                self._timer.daemon = True
                self._timer.start()

    def flush(self) -> None:
        """Write every file that is not up to date."""
        with self._lock:
            self._timer = None
            for path in sorted(self._changed):
                frames = self._frames[path]
                try:
                    write_whole(path, _content(path, [frames[number] for number in sorted(frames)]))
                except (OSError, UserError) as error:
                    _log.error("cannot write %s: %s", path, one_line(error))
            self._changed.clear()
