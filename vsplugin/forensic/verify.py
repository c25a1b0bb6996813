"""Check an audit again: the file itself, both videos, the models, and every promise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import vapoursynth as vs

from ..chain import Chain
from ..errors import UserError, one_line
from ..hdr.restore import with_metadata
from ..source import Source, open_source
from .audit import DELIVERED, Audit, decoded_frames, hash_file_whole, read
from .chain import build, model_of
from .evidence import numbers, pixel_hash


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. ``wrong`` says what is not as the audit says; None where all is."""

    what: str
    wrong: str | None = None
    note: str = ""


Progress = Callable[[int, int], None]


def verify(
    path: Path,
    source: str | None = None,
    output: str | None = None,
    *,
    expected: str | None = None,
    recompute: bool = False,
    progress: Progress = lambda done, total: None,
) -> list[Check]:
    """Every check, in order. ``UserError`` only for an audit that cannot be read at all or files that are not there.

    ``expected`` is the audit's hash as it was noted elsewhere. ``recompute`` runs the whole chain again and compares
    every frame: on another machine or another version of a runtime the last bits may differ.
    """
    audit, damage = read(path)
    checks = [Check("audit file", damage)]
    if expected is not None:
        same = expected.lower() == audit.sha256
        checks.append(Check("audit hash", None if same else f"it is {audit.sha256}, expected {expected}"))
    content = audit.content
    spec = source or _found(path, content["input"]["file"])
    result = Path(output) if output else path.with_name(content["output"]["file"])
    if not result.is_file():
        raise UserError(f"audit: no such file: {result}")
    chain: Chain = [(step["filter"], step["arguments"]) for step in content["steps"]]
    checks.append(_input_file(spec, content))
    checks.append(_file("output file", result, content["output"]["sha256"]))
    checks += _models(content)
    checks.append(_promises(content))
    opened = _opened(spec)
    checks.append(opened if isinstance(opened, Check) else _input_pixels(opened, audit, progress))
    if isinstance(opened, Check):
        checks.append(_output_pixels(result, None, chain, audit, progress))
    else:
        checks.append(_output_pixels(result, opened.clip, chain, audit, progress))
        if recompute:
            checks.append(_recomputed(opened, chain, audit, progress))
    checks.append(_versions(content))
    return checks


def _found(audit: Path, file: str) -> str:
    """The input where it was, or beside the audit."""
    if file.startswith("sample:") or Path(file).exists():
        return file
    beside = audit.with_name(Path(file).name)
    if not beside.is_file():
        raise UserError(f"audit: no such file: {file}; name it: vsplugin audit verify AUDIT IN OUT")
    return str(beside)


def _input_file(spec: str, content: dict[str, Any]) -> Check:
    if spec.startswith("sample:"):
        found = open_source(spec).fingerprint
        return Check("input file", None if found == content["input"]["sha256"] else f"{spec} is not what it was")
    path = Path(spec)
    if not path.is_file():
        raise UserError(f"audit: no such file: {spec}")
    return _file("input file", path, content["input"]["sha256"])


def _file(what: str, path: Path, promised: str) -> Check:
    found = hash_file_whole(path)
    return Check(what, None if found == promised else f"{path.name} has the SHA-256 {found}, not {promised}")


def _models(content: dict[str, Any]) -> Iterator[Check]:
    for step in content["steps"]:
        if "model" not in step:
            continue
        what = f"model {step['model']['name']}"
        try:
            model = model_of(step["filter"], step["arguments"])
        except vs.Error as error:
            yield Check(what, one_line(error))
            continue
        same = model.sha256 == step["model"]["sha256"]
        yield Check(what, None if same else f"{model.path} has the SHA-256 {model.sha256}")


def _promises(content: dict[str, Any]) -> Check:
    """What the audit itself says is within what it promises."""
    what = "promises"
    largest = [list(step["at_most"]) for step in content["steps"]]
    for frame in content["frames"]:
        for step, found, bounds in zip(content["steps"], frame["residuals"], largest, strict=True):
            for plane, (value, bound) in enumerate(zip(found, bounds, strict=True)):
                if not value <= bound:
                    return Check(what, f"frame {frame['frame']}, plane {plane}: {step['filter']} leaves {value:g}")
    note = "; ".join(
        f"{step['filter']}: at most {max(found):g} of {max(step['at_most']):g} {step['unit']}"
        for step, found in zip(content["steps"], content["largest"], strict=True)
    )
    return Check(what, None, note)


def _opened(spec: str) -> Source | Check:
    try:
        return open_source(spec)
    except UserError as error:
        return Check("input pixels", str(error))


def _input_pixels(opened: Source, audit: Audit, progress: Progress) -> Check:
    frames = audit.content["frames"]
    for done, frame in enumerate(frames):
        if frame["frame"] >= opened.clip.num_frames:
            return Check("input pixels", f"frame {frame['frame']} is missing; there are {opened.clip.num_frames}")
        try:
            with opened.clip.get_frame(frame["frame"]) as picture:
                if pixel_hash(picture) != frame["input"]:
                    return Check("input pixels", f"frame {frame['frame']} is another picture")
        except vs.Error as error:
            return Check("input pixels", f"frame {frame['frame']} cannot be decoded ({one_line(error)})")
        progress(done + 1, 2 * len(frames))
    return Check("input pixels", None, f"{len(frames)} frames")


def _output_pixels(path: Path, clip: vs.VideoNode | None, chain: Chain, audit: Audit, progress: Progress) -> Check:
    """Every frame is the one that was delivered, and leaves what the audit says; for one step only, which is cheap."""
    what, frames = "output pixels", audit.content["frames"]
    measure = clip is not None and len(chain) == 1
    key = "residuals" if audit.content["output"]["lossless"] else "after_coding"
    first = frames[0]["frame"] if frames else 0
    done = 0
    try:
        source = clip if clip is not None else vs.core.std.BlankClip()
        for frame in decoded_frames(path, source, chain, first, residual=measure):
            if done == len(frames):
                return Check(what, f"there are more than {len(frames)} frames")
            told = frames[done]
            if pixel_hash(frame) != told["delivered"]:
                return Check(what, f"frame {told['frame']} (the file's frame {done}) is another picture")
            residual = told["residuals"][0] if key == "residuals" and chain else told.get(key)
            if measure and numbers(frame.props[DELIVERED]) != residual:
                return Check(what, f"frame {told['frame']} leaves {numbers(frame.props[DELIVERED])}, not {residual}")
            done += 1
            progress(len(frames) + done, 2 * len(frames))
    except (vs.Error, UserError) as error:
        return Check(what, f"frame {done} of the file cannot be decoded ({one_line(error)})")
    if done < len(frames):
        return Check(what, f"the file ends after {done} of {len(frames)} frames")
    return Check(what, None, f"{done} frames" + (", residuals measured again" if measure else ""))


def _recomputed(opened: Source, chain: Chain, audit: Audit, progress: Progress) -> Check:
    content = audit.content
    clip = with_metadata(opened)[0].clip
    graph = build(clip, chain, content["output"]["samples"])
    for done, told in enumerate(content["frames"]):
        with graph.get_frame(told["frame"]) as frame:
            if pixel_hash(frame) != told["encoded"]:
                return Check("recomputed", f"frame {told['frame']} comes out differently here")
        progress(done + 1, len(content["frames"]))
    return Check("recomputed", None, f"{len(content['frames'])} frames equal to the last bit")


def _versions(content: dict[str, Any]) -> Check:
    """Other versions are no fault of the audit: they are said, not counted as wrong."""
    from ..job.plan import versions

    now = versions()
    names = dict.fromkeys([*content["versions"], *now])
    other = [
        f"{name} was {content['versions'].get(name, 'absent')}, is {now.get(name, 'absent')}"
        for name in names
        if content["versions"].get(name) != now.get(name)
    ]
    return Check("versions", None, "; ".join(other) or "the same")
