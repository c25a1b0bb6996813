"""A bundle of a test's own, and with it a worker of its own; and what /proc knows of processes."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType

from vsplugin.ofx import bundle as bundles

from .conftest import SCRIPTS, Node, install
from .profiles import PROFILES


def children() -> dict[int, str]:
    """Our child processes and their states; Z is a zombie."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            number, rest = stat.read_text().split(" (", 1)
        except OSError:
            continue
        state, parent = rest.rsplit(") ", 1)[1].split()[:2]
        if int(parent) == os.getpid():
            found[int(number)] = state
    return found


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def resident_kib(process: int | str = "self") -> int:
    status = Path(f"/proc/{process}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))


def open_files(process: int) -> int:
    return len(list(Path(f"/proc/{process}/fd").iterdir()))


class Own:
    """A bundle in one host, as a process has it."""

    def __init__(self, module: ModuleType, folder: Path, profile: str = "strict", **settings: str) -> None:
        self.module, self.folder, self.profile = module, folder, profile
        before = set(children())
        self.binary = bundles.binary(install(folder, **settings))
        self.host = module.Host(PROFILES[profile])
        self.nodes: list[Node] = []
        self._before = before

    def node(self, name: str = "restoration", script: str = "null.vpy") -> Node:
        node = Node(self.module, self.binary, name, self.profile, self.host)
        if name == "restoration":
            node.set(preset="Own script", script=str(SCRIPTS / script), colour="Rec.709 video")
        self.nodes.append(node)
        return node

    def worker(self) -> int:
        (found,) = self.workers()
        return found

    def workers(self) -> list[int]:
        return [one for one in children() if one not in self._before]

    def zombies(self) -> list[int]:
        """Processes that ended since and that nobody waited for; not those of tests before."""
        return [one for one, state in children().items() if state == "Z" and one not in self._before]

    def close(self) -> None:
        for node in self.nodes:
            node.close()
        self.nodes.clear()
        assert self.workers() == []
