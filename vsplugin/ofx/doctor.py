"""Whether a host would find the bundle, and the bundle its worker: the facts a bug report needs."""

from __future__ import annotations

import ctypes
import filecmp
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from ..errors import one_line
from ..worker import protocol
from . import bundle

_START_SECONDS = 60


def searched() -> list[Path]:
    """The folders a host on this machine looks through: the specification's, and OFX_PLUGIN_PATH."""
    own = [Path(text) for text in os.environ.get("OFX_PLUGIN_PATH", "").split(":") if text]
    return [*own, bundle.SYSTEM]


def examine(extra: Path | None = None) -> dict[str, Any]:
    """All findings; ``problems`` says what keeps a host from using the nodes, each with its cure."""
    problems: list[str] = []
    places = [*([extra] if extra else []), *searched()]
    found = [place / bundle.NAME for place in places if (place / bundle.NAME).is_dir()]
    unseen = bundle.USER.expanduser() / bundle.NAME
    if unseen.is_dir() and unseen not in found:
        found.append(unseen)
        problems.append(f"{unseen} is installed, but no host looks there: export OFX_PLUGIN_PATH={unseen.parent}")
    if not found:
        problems.append("the bundle is not installed: vsplugin ofx install")
    return {
        "searched": [str(place) for place in places],
        "bundles": [_examined(path, problems) for path in found],
        "problems": problems,
    }


def _examined(path: Path, problems: list[str]) -> dict[str, Any]:
    report: dict[str, Any] = {"path": str(path)}
    try:
        report["nodes"] = _nodes(bundle.binary(path))
    except OSError as error:
        problems.append(f"{path}: cannot be loaded: {one_line(error)}")
    try:
        told = json.loads(bundle.settings(path).read_text())
        report["python"] = told["python"]
        ours = told["python"] == sys.executable
        if ours and not filecmp.cmp(bundle.binary(path), bundle.binary(bundle.built()), shallow=False):
            problems.append(f"{path} is another version's; run vsplugin ofx install again")
        report["worker"] = start(told)
    except (OSError, ValueError, KeyError) as error:
        problems.append(f"{path}: {one_line(error)}; run vsplugin ofx install again")
    return report


def _nodes(binary: Path) -> list[str]:
    """What a host sees first: the identifiers of the nodes."""

    class Plugin(ctypes.Structure):
        _fields_ = [("api", ctypes.c_char_p), ("version", ctypes.c_int), ("identifier", ctypes.c_char_p)]

    library = ctypes.CDLL(str(binary), mode=os.RTLD_NOW)
    library.OfxGetPlugin.restype = ctypes.POINTER(Plugin)
    return [
        library.OfxGetPlugin(index).contents.identifier.decode() for index in range(library.OfxGetNumberOfPlugins())
    ]


def start(told: dict[str, str]) -> str:
    """Start the worker as the bundle does, greet it, let it end. ``OSError``: it does not answer as it should."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    channel, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LD_", "QT_"))}
    script = "import os, sys; os.dup2(int(sys.argv[1]), 3); os.execv(sys.argv[2], sys.argv[2:])"
    command = [told["python"], "-I", "-c", script, str(theirs.fileno()), told["python"], "-I", "-m", "vsplugin.worker"]
    with (
        ours,
        channel,
        subprocess.Popen(
            command, env=clean, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as process,
    ):
        theirs.close()
        answer = _greeted(ours, channel, far)
        ours.close()
        if not answer:
            process.kill()
        said = process.stderr.read().decode(errors="replace") if process.stderr else ""
    if not answer:
        raise OSError(f"the worker ended: {said.strip().splitlines()[-1] if said.strip() else 'it said nothing'}")
    version = protocol.parse(answer).version
    if version != protocol.VERSION:
        raise OSError(f"the worker speaks protocol {version}; this is {protocol.VERSION}")
    return f"answers, protocol {version}"


def _greeted(control: socket.socket, channel: socket.socket, far: socket.socket) -> bytes:
    """What the worker answers to hello; nothing if it ended before."""
    channel.settimeout(_START_SECONDS)
    try:
        socket.send_fds(control, [protocol.message(protocol.Type.OPEN, 0)], [far.fileno()])
        far.close()
        channel.send(protocol.message(protocol.Type.HELLO, 0))
        return channel.recv(protocol.LARGEST)
    except (ConnectionError, TimeoutError):
        return b""
    finally:
        far.close()
