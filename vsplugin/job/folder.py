"""The job folder ``OUT.vsplugin/``: files appear in it whole or not at all, and one process works in it at a time."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from ..disk import write_whole
from ..errors import UserError
from .plan import LAYOUT, Plan

_OURS = re.compile(r"plan\.json|joined\.json|lock|\d{5}\.(mkv|json)|.*\.part")


@dataclass(frozen=True)
class Record:
    """What a finished chunk is; ``broken`` says why it ends early; ``evidence`` of each frame, in forensic mode."""

    first: int
    last: int
    frames: int
    sha256: str
    broken: str | None = None
    evidence: list[dict[str, Any]] | None = None


class JobFolder:
    """Access to one job's files; hold it open while working, as a lock."""

    def __init__(self, output: Path) -> None:
        self.output = output
        self.path = output.with_name(output.name + ".vsplugin")
        self._lock: IO[str] | None = None

    def open(self) -> None:
        """Create the folder and take its lock, which the system drops when the process ends in any way."""
        try:
            self.path.mkdir(exist_ok=True)
            self._lock = (self.path / "lock").open("w")
        except OSError as error:
            raise UserError(f"output: cannot write beside {self.output}: {error.strerror}") from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            self._lock = None
            raise UserError(f"output: another process is working on {self.path}") from None
        for leftover in [*self.path.glob("*.part"), *self.output.parent.glob(f".{self.output.name}.*.part")]:
            leftover.unlink(missing_ok=True)

    def close(self) -> None:
        if self._lock:
            self._lock.close()
            self._lock = None

    def remove(self) -> None:
        """Delete what is ours; anything else a person put there stays, and the folder with it."""
        for path in self.path.iterdir():
            if _OURS.fullmatch(path.name) and path.is_file():
                path.unlink()
        self.close()
        if not any(self.path.iterdir()):
            self.path.rmdir()

    def read_plan(self) -> Plan | None:
        """The stored plan; ``UserError`` if it cannot be read."""
        path = self.path / "plan.json"
        if not path.exists():
            return None
        try:
            text = path.read_text()
            if json.loads(text).get("layout") == LAYOUT:
                return Plan.from_json(text)
        except (ValueError, TypeError, KeyError, OSError):
            pass
        raise UserError(f"output: {path} is not a plan this version can read; --discard starts over")

    def write_plan(self, plan: Plan) -> None:
        write_whole(self.path / "plan.json", plan.to_json())

    def chunk_path(self, index: int) -> Path:
        return self.path / f"{index:05d}.mkv"

    def part_path(self, index: int) -> Path:
        return self.path / f"{index:05d}.mkv.{os.getpid()}.part"

    def write_record(self, index: int, record: Record) -> None:
        write_whole(self.path / f"{index:05d}.json", json.dumps(asdict(record), indent=1))

    def finished(self, index: int) -> Record | None:
        """The record of a chunk whose file is there and has the recorded hash; None means: do it (again)."""
        try:
            record = Record(**json.loads((self.path / f"{index:05d}.json").read_text()))
            return record if hash_whole(self.chunk_path(index)) == record.sha256 else None
        except (OSError, ValueError, TypeError):
            return None

    def note_joined(self, part: Path, result: dict[str, Any]) -> None:
        """Written just before the final rename: if we die between the two, the next run knows its own output."""
        status = part.stat()
        text = json.dumps({"inode": status.st_ino, "size": status.st_size, "result": result})
        write_whole(self.path / "joined.json", text)

    def joined(self) -> dict[str, Any] | None:
        """The result that was noted, if the output is that very file."""
        try:
            noted = json.loads((self.path / "joined.json").read_text())
            status = self.output.stat()
        except (OSError, ValueError):
            return None
        same = (status.st_ino, status.st_size) == (noted["inode"], noted["size"])
        return dict(noted["result"]) if same else None


def hash_whole(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
