"""What a job will do, complete and explicit, as JSON; and what differs between two plans, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import av
import vapoursynth as vs

from .. import __version__, forensic, sink
from .. import chain as chains
from ..errors import UserError
from ..hdr import restore as hdr_restore
from ..hdr.props import NAMES, of
from ..source import Source
from ..spec import RESTORATIONS

LAYOUT = 1  # of plan.json and the job folder
CHUNK = 96  # frames: a few seconds of film; what a crash can cost

# Left out when plans are compared: they follow from the rest, or were measured from the same source.
_DERIVED = {"resolved", "broken"}


@dataclass(frozen=True)
class Plan:
    """Everything that decides the pixels and packets of the result."""

    layout: int
    source: dict[str, Any]  # spec, size, sha256, frames
    frames: tuple[int, int]  # [first, last) of the source
    chain: list[Any]  # as asked
    resolved: list[Any]  # every default and measured value written out
    models: dict[str, str]
    versions: dict[str, str]
    encoding: dict[str, Any]
    chunk: int
    broken: str | None = None  # the source is cut off
    forensic: bool = False

    @property
    def chunks(self) -> list[tuple[int, int]]:
        """The ranges [first, last) in order, fixed by the plan alone."""
        first, last = self.frames
        return [(at, min(at + self.chunk, last)) for at in range(first, last, self.chunk)]

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1, sort_keys=True)

    @staticmethod
    def from_json(text: str) -> Plan:
        values = json.loads(text)
        values["frames"] = tuple(values["frames"])
        return Plan(**values)


def make_plan(
    source: Source,
    chain: chains.Chain,
    *,
    codec: str = "libx265",
    crf: float | None = None,
    first: int = 0,
    frames: int | None = None,
    chunk: int = CHUNK,
    resolved: chains.Chain | None = None,
    hdr: hdr_restore.Mode = "carry",
    prove: bool = False,
) -> Plan:
    """The plan for these arguments. ``resolved`` saves measuring again when a job is continued."""
    first, last = _frame_range(source, first, frames)
    if chunk < 1:
        raise UserError(f"--chunk must be at least 1 frame; got {chunk}")
    if resolved is None:
        resolved = chains.resolve(source.clip, chain)
    clip = chains.apply(source.clip, resolved)
    if clip.num_frames != source.clip.num_frames:
        raise UserError(f"chain: must keep the number of frames; {source.clip.num_frames} became {clip.num_frames}")
    encoding = sink.plan_encoding(clip, codec, crf, _props(source, resolved, clip, first), hdr)
    return Plan(
        layout=LAYOUT,
        source=_identity(source),
        frames=(first, last),
        chain=_plain(chain),
        resolved=_plain(resolved),
        models=chains.model_hashes(resolved),
        versions=versions(),
        encoding=asdict(encoding),
        chunk=chunk,
        broken=source.broken if last == source.clip.num_frames else None,
        forensic=prove,
    )


def build(source: Source, plan: Plan) -> vs.VideoNode:
    """The whole graph: the chain, and behind it the HDR metadata that the chain made false, measured anew.

    In forensic mode it ends in the encoder's samples, and each frame says how far each filter kept its promise.
    """
    resolved = [(name, values) for name, values in plan.resolved]
    clip = (
        forensic.build(source.clip, resolved, plan.encoding["pixel_format"])
        if plan.forensic
        else chains.apply(source.clip, resolved)
    )
    return hdr_restore.behind(clip, source, false_metadata(resolved), plan.encoding["hdr"])


def false_metadata(resolved: list[Any]) -> tuple[str, ...]:
    """The kinds of HDR metadata that the chain's filters make false."""
    found = [kind for step, values in resolved for kind in RESTORATIONS[step].invalidated(values)]
    return tuple(dict.fromkeys(found))


def _props(source: Source, resolved: chains.Chain, clip: vs.VideoNode, first: int) -> dict[str, Any]:
    """The properties the encoder is told of: the source's, and the static HDR metadata that the chain sets anew."""
    false = false_metadata(resolved)
    kept = {name: value for name, value in source.first_props.items() if name not in of(false)}
    static = of(tuple(kind for kind in NAMES if kind in false and kind in ("mastering_display", "content_light")))
    if not static:
        return kept
    with clip.get_frame(first) as frame:
        return {**kept, **{name: frame.props[name] for name in static if name in frame.props}}


def _frame_range(source: Source, first: int, frames: int | None) -> tuple[int, int]:
    there = source.clip.num_frames
    if not 0 <= first < there:
        raise UserError(f"--start must be in [0, {there - 1}]; got {first}")
    if frames is None:
        return first, there
    if frames < 1:
        raise UserError(f"--frames must be at least 1; got {frames}")
    return first, min(there, first + frames)


def _identity(source: Source) -> dict[str, Any]:
    path = source.path.resolve() if source.path else None
    return {
        "spec": str(path) if path else source.spec,
        "size": path.stat().st_size if path else 0,
        "sha256": source.fingerprint,
        "frames": source.clip.num_frames,
    }


def _plain(value: Any) -> Any:
    """As it will read back from JSON, so that plans compare equal."""
    return json.loads(json.dumps(value))


def versions() -> dict[str, str]:
    """Versions of everything that touches the pixels."""
    found = {"vsplugin": __version__, "vapoursynth": str(vs.core.core_version), "pyav": av.__version__}
    for plugin in vs.core.plugins():
        if plugin.namespace in ("bs", "ov", "ort", "trt"):
            found[plugin.namespace] = f"{plugin.version.major}.{plugin.version.minor}"
    return found


def differences(old: Plan, new: Plan) -> list[str]:
    """``name: before -> now`` for all that changed and matters."""
    before, now = ({k: v for k, v in _plain(asdict(plan)).items() if k not in _DERIVED} for plan in (old, new))
    return list(_differ("", before, now))


def _differ(name: str, before: Any, now: Any) -> Iterator[str]:
    if before == now:
        return
    if name == "chain":
        before, now = _named_steps(before), _named_steps(now)
    if isinstance(before, dict) and isinstance(now, dict):
        for key in dict.fromkeys([*before, *now]):
            yield from _differ(f"{name}.{key}" if name else key, before.get(key, "absent"), now.get(key, "absent"))
        return
    yield f"{name}: {_short(before)} -> {_short(now)}"


def _named_steps(steps: list[Any]) -> dict[str, Any]:
    """A chain as a dict, for naming what differs; repeated filters get a number."""
    out: dict[str, Any] = {}
    for name, arguments in steps:
        key, count = name, 1
        while key in out:
            count += 1
            key = f"{name}{count}"
        out[key] = arguments
    return {**out, "order": " ".join(out)} if out else out


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 64 else text[:16] + "…"
