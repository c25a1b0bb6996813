"""Files that are whole or not there: written under another name, made durable, then renamed."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .errors import UserError

_FULL = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file size limit is reached",
}


def located(path: str | os.PathLike[str]) -> Path:
    """A path as the user meant it: vspipe changes into the script's folder, PWD still names the one it was begun in."""
    given = Path(path).expanduser()
    if given.is_absolute() or given.exists():
        return given
    meant = Path(os.environ.get("PWD", ""), given)
    return meant if meant.exists() else given


class Outlet:
    """A file for a muxer to write into, which remembers the system's own error.

    FFmpeg swallows what a write raises, or hides it behind a later error of its own.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("w+b", buffering=0)
        self.failure: OSError | None = None

    def write(self, data: Any) -> int:
        try:
            view = memoryview(data)
            done = 0
            while done < len(view):  # an unbuffered file may take less than it is given
                done += self._file.write(view[done:]) or 0
            return done
        except OSError as error:
            self.failure = self.failure or error
            raise

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def flush(self) -> None:
        """Nothing is held back: the file is unbuffered."""

    def finish(self) -> None:
        """Everything is on the disk when this returns."""
        if self.failure:
            raise self.failure
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()


@contextmanager
def outlet(path: Path) -> Iterator[Outlet]:
    """Write ``path`` and make it durable; if the disk refused a write, that is the error, whatever came of it."""
    file = Outlet(path)
    try:
        try:
            yield file
        except Exception as error:
            raise file.failure or error from None
        file.finish()
    finally:
        file.close()


def disk_error(error: OSError, where: Path) -> UserError | None:
    """A refusal of the file system in the user's words; None for other errors."""
    if error.errno in _FULL:
        return UserError(f"output: {_FULL[error.errno]} at {where}; make room and run the same command to continue")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return UserError(f"output: cannot write to {where}: {os.strerror(error.errno)}")
    return None


def rename(part: Path, final: Path) -> None:
    """Give a finished file its name, durably."""
    part.replace(final)
    sync_folder(final.parent)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a small file so that it is there completely or not at all, also after a power cut."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as handle:
            handle.write(content.encode() if isinstance(content, str) else content)
            handle.flush()
            os.fsync(handle.fileno())
        rename(part, path)
    finally:
        part.unlink(missing_ok=True)


def check_target(text: str | Path, option: str) -> Path:
    """The path an option names, or ``UserError`` where no file can be written, before hours of work."""
    path = Path(text).expanduser()
    if path.is_dir():
        raise UserError(f"{option}: {path} is a folder")
    if not path.parent.is_dir():
        raise UserError(f"{option}: there is no folder {path.parent}")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UserError(f"{option}: cannot write {path}: Permission denied")
    return path


def write_target(path: Path, content: str | bytes, option: str) -> None:
    """Write the file an option names, whole or not at all; ``UserError`` says which option and why not."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content.encode() if isinstance(content, str) else content)
        part.replace(path)
    except OSError as error:
        raise UserError(f"{option}: cannot write {path}: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
