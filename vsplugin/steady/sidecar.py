"""The motion of a whole clip in a file, so that no frame is searched twice."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import vapoursynth as vs

from ..disk import check_target, located, write_whole
from ..errors import UserError
from ..hdr.transfer import Floats
from . import weave, windows

_FORMAT = "vsplugin motion 2"  # changes when the numbers in it mean something else
_SAMPLED = 8  # frames that tell one clip from another


def fingerprint(clip: vs.VideoNode) -> dict[str, Any]:
    """Size, format, length and a hash of the first plane of a few frames."""
    digest = hashlib.sha256()
    for number in sorted({round(k * (clip.num_frames - 1) / (_SAMPLED - 1)) for k in range(_SAMPLED)}):
        with clip.get_frame(number) as frame:
            digest.update(np.ascontiguousarray(frame[0]).tobytes())
    return {
        "width": clip.width,
        "height": clip.height,
        "format": clip.format.name,
        "frames": clip.num_frames,
        "sha256": digest.hexdigest()[:16],
    }


def of(owner: str, name: str, clip: vs.VideoNode, pairs: vs.VideoNode) -> list[Floats | None]:
    """What ``pairs`` measures, from the file ``name`` if it is there; else measured now and written to it."""
    path, mine = located(name), fingerprint(clip)
    if path.exists():
        return _read(owner, path, mine)
    try:
        check_target(path, f"{owner}: analysis {path} cannot be written")  # before the clip is searched for hours
    except UserError as error:
        raise vs.Error(str(error)) from None
    measured = [windows.read(frame) for frame in pairs.frames(close=True)]
    content = {
        "format": _FORMAT,
        "clip": mine,
        "pairs": [None if values is None else [float(f"{value:.6g}") for value in values] for values in measured],
    }
    try:
        write_whole(path, json.dumps(content))
    except OSError as error:
        raise vs.Error(f"{owner}: analysis {path} cannot be written: {error.strerror}") from error
    return _read(owner, path, mine)  # what is rendered now is what will be rendered from the file


def _read(owner: str, path: Path, mine: dict[str, Any]) -> list[Floats | None]:
    try:
        content = json.loads(path.read_text())
        theirs, pairs = content["clip"], content["pairs"]
        known = content["format"] == _FORMAT
        measured = [None if values is None else np.array(values, np.float64) for values in pairs]
        whole = len(measured) == theirs["frames"] and all(
            values is None or (values.shape == (4 * weave.TERMS,) and np.isfinite(values).all()) for values in measured
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise vs.Error(
            f"{owner}: analysis {path} is no file that {owner} wrote ({type(error).__name__}); "
            "name another, or delete it to measure again"
        ) from error
    if not known or not whole:
        raise vs.Error(f"{owner}: analysis {path} is damaged or of another version; delete it to measure again")
    if theirs != mine:
        raise vs.Error(
            f"{owner}: analysis {path} is of another clip: {_words(theirs)}; this one is {_words(mine)}; "
            "name another file, or delete it to measure again"
        )
    return measured


def _words(clip: dict[str, Any]) -> str:
    return "{width}x{height} {format}, {frames} frames, hash {sha256}".format_map(clip)
