"""A VapourSynth script becomes a clip: its output 0, as vspipe would take it."""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path

import vapoursynth as vs

from .errors import UserError, one_line


def open_script(path: Path) -> vs.VideoNode:
    """Run a ``.vpy`` in this process and take its output 0. ``UserError`` says what went wrong, in one line."""
    if not path.is_file():
        raise UserError(f"input: no such file: {path}")
    vs.clear_outputs()
    folder, before = str(path.resolve().parent), Path.cwd()
    sys.path.insert(0, folder)
    try:
        os.chdir(folder)  # as vspipe does: scripts name their sources from where they lie
        runpy.run_path(str(path.resolve()), run_name="__vapoursynth__")
        output = vs.get_output(0)
    except KeyError:
        raise UserError(f"input: {path} sets no output 0") from None
    except (Exception, SystemExit) as error:  # whatever a script may raise
        raise UserError(f"input: {path} failed: {type(error).__name__}: {one_line(error)}") from None
    finally:
        os.chdir(before)
        sys.path.remove(folder)
        vs.clear_outputs()
    clip = getattr(output, "clip", None)
    if not isinstance(clip, vs.VideoNode):
        raise UserError(f"input: output 0 of {path} is no video")
    return clip
