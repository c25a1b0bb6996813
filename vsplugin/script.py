"""A VapourSynth script becomes a clip: its output 0, as vspipe would take it."""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import vapoursynth as vs

from .errors import UserError, one_line


def open_script(path: Path) -> vs.VideoNode:
    """Run a ``.vpy`` in this process and take its output 0. ``UserError`` says what went wrong, in one line.

    It runs in its own folder, which is also where it imports from; what it prints goes to standard error.
    """
    if not path.is_file():
        raise UserError(f"input: no such file: {path}")
    script = path.resolve()
    vs.clear_outputs()
    try:
        with _inside(script.parent), redirect_stdout(sys.stderr):
            runpy.run_path(str(script), run_name="__vapoursynth__")
    except (Exception, SystemExit) as error:  # whatever a script may raise
        raise UserError(f"input: {path} failed: {type(error).__name__}: {one_line(error)}") from None
    output = vs.get_outputs().get(0)
    vs.clear_outputs()
    if output is None:
        raise UserError(f"input: {path} sets no output 0")
    clip = getattr(output, "clip", None)
    if not isinstance(clip, vs.VideoNode):
        raise UserError(f"input: output 0 of {path} is no video")
    return clip


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    sys.path.insert(0, str(folder))
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
        sys.path.remove(str(folder))
