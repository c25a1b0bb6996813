"""The audit file: what went in, what was done, what came out, and its own hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import vapoursynth as vs

from .. import filters, infer
from ..chain import Chain
from ..errors import UserError, one_line
from ..source import open_source
from .chain import model_of, promise_of
from .evidence import numbers, pixel_hash

LAYOUT = 1
LOSSLESS = ("ffv1",)


@dataclass(frozen=True)
class Audit:
    """An audit as data, with its hash. The file's bytes are :meth:`text`, nothing else is accepted."""

    content: dict[str, Any]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(_canonical(self.content)).hexdigest()

    def text(self) -> str:
        """The file: the content in the order of its keys, a frame a line; then the hash of its canonical form."""
        values = {name: json.dumps(value, indent=1) for name, value in self.content.items()}
        lines = ",\n".join(json.dumps(frame) for frame in self.content["frames"])
        values["frames"] = f"[\n{lines}\n]"
        values["sha256"] = json.dumps(self.sha256)
        return "{\n" + ",\n".join(f'"{name}": {value}' for name, value in values.items()) + "\n}\n"


def _canonical(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def path_for(output: Path) -> Path:
    """Where the audit of a result lies: OUT.audit.json."""
    return output.with_name(output.name + ".audit.json")


def read(path: Path) -> tuple[Audit, str | None]:
    """The audit in a file, and what is wrong with the file itself, if anything. ``UserError`` if it is none."""
    try:
        text = path.read_bytes().decode()
        values = json.loads(text)
        stored = values.pop("sha256")
        audit = Audit(values)
        assert values["audit"] == LAYOUT and isinstance(values["frames"], list) and isinstance(values["steps"], list)
    except OSError as error:
        raise UserError(f"audit: cannot read {path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError, AssertionError):
        raise UserError(f"audit: {path} is no audit that this version can read; it may be damaged") from None
    if stored != audit.sha256:
        return audit, f"its content has the hash {audit.sha256}, it says {stored}"
    return audit, None if text == audit.text() else "its bytes are not those that were written"


def bounds_of(clip: vs.VideoNode, chain: Chain) -> list[tuple[float, ...]]:
    """What each step may leave at most, plane by plane."""
    out = []
    for name, values in chain:
        out.append(promise_of(name).bounds(clip, values))
        clip = getattr(filters, name)(clip, **values)
    return out


def make(
    *,
    source: dict[str, Any],
    clip: vs.VideoNode,
    chain: Chain,
    encoding: dict[str, Any],
    frames: list[dict[str, Any]],
    output: Path,
    part: Path,
    versions: dict[str, str],
) -> Audit:
    """The audit of the finished file ``part``, to become ``output``. It is decoded once to see what it holds."""
    lossless = encoding["codec"] in LOSSLESS
    delivered = _delivered(part, clip, chain, frames, lossless)
    spec = source["spec"]
    return Audit(
        {
            "audit": LAYOUT,
            "input": {"file": spec, "sha256": _sha256(spec), "frames": source["frames"]},
            "output": {
                "file": output.name,
                "sha256": hash_file_whole(part),
                "codec": encoding["codec"],
                "samples": encoding["pixel_format"],
                "lossless": lossless,
            },
            "steps": [
                _step(name, values, bounds)
                for (name, values), bounds in zip(chain, bounds_of(clip, chain), strict=True)
            ],
            "largest": _largest(frames, len(chain)),
            "frames": [{**evidence, **after} for evidence, after in zip(frames, delivered, strict=True)],
            "versions": versions,
        }
    )


def _step(name: str, values: dict[str, Any], bounds: tuple[float, ...]) -> dict[str, Any]:
    promise = promise_of(name)
    step: dict[str, Any] = {"filter": name, "arguments": values, "promise": promise.text, "unit": promise.unit}
    step["at_most"] = numbers(bounds)
    if "model" in values:
        model = model_of(name, values)
        step["model"] = {"name": model.name, "sha256": model.sha256}
        step["precision"] = infer.choose(name, values["backend"], model).precision
    return step


def _largest(frames: list[dict[str, Any]], steps: int) -> list[list[float]]:
    """The largest residual of each step and plane over all frames."""
    columns = [zip(*(frame["residuals"][step] for frame in frames), strict=True) for step in range(steps)]
    return [[max(plane) for plane in planes] for planes in columns]


def _delivered(
    part: Path, clip: vs.VideoNode, chain: Chain, frames: list[dict[str, Any]], lossless: bool
) -> Iterator[dict[str, Any]]:
    """What each frame of the file is when it is decoded: the very pixels, or other ones and their residual."""
    first = frames[0]["frame"] if frames else 0
    for evidence, frame in zip(frames, decoded_frames(part, clip, chain, first, residual=not lossless), strict=True):
        found: dict[str, Any] = {"delivered": pixel_hash(frame)}
        if lossless and found["delivered"] != evidence["encoded"]:
            raise RuntimeError(f"forensic: frame {evidence['frame']} does not decode to what was encoded")
        if not lossless and chain:
            found["after_coding"] = numbers(frame.props[DELIVERED])
        yield found


DELIVERED = "VSPluginForensicDelivered"


def decoded(path: Path) -> vs.VideoNode:
    """A result as it is decoded; nothing is cached on disk."""
    try:
        return vs.core.bs.VideoSource(str(path), cachemode=0)
    except vs.Error as error:
        raise UserError(f"audit: {path} cannot be decoded ({one_line(error)})") from None


def decoded_frames(path: Path, clip: vs.VideoNode, chain: Chain, first: int, *, residual: bool) -> Iterator[Any]:
    """The frames of a result, with the last step's residual as property where it is asked for."""
    result = decoded(path)
    if residual and chain:
        name, values = chain[-1]
        before = clip
        for earlier, arguments in chain[:-1]:
            before = getattr(filters, earlier)(before, **arguments)
        before = before[first : first + result.num_frames]
        # Containers keep neither siting nor range of every codec; those are what they were.
        result = vs.core.std.CopyFrameProps(result, before, props=["_ChromaLocation", "_Range", "_Transfer"])
        result = promise_of(name).residual(before, result, values, DELIVERED)
    yield from result.frames(close=True)


def _sha256(spec: str) -> str:
    """Of a file, or of a sample's name and revision."""
    if spec.startswith("sample:"):
        return open_source(spec).fingerprint
    return hash_file_whole(Path(spec))


def hash_file_whole(path: Path) -> str:
    """SHA-256 of a file, as sha256sum prints it."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
