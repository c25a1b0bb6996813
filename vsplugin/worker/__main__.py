"""``python -I -m vsplugin.worker``: descriptor 3 is the control socket of a bundle; ends when that closes."""

from __future__ import annotations

import logging
import os
import select
import socket
import sys
import time
from pathlib import Path

_CONTROL = 3
_IDLE_SECONDS = 300.0  # without a render: memory, of a GPU too, goes back to the host


def _close_what_the_host_left_open() -> None:
    """Hosts have hundreds of descriptors, and not all are marked to be closed in children."""
    for file in list(Path("/proc/self/fd").iterdir()):
        if int(file.name) > _CONTROL:
            try:
                os.close(int(file.name))
            except OSError:
                continue  # that of the listing itself


def do_not_compile() -> None:
    """An editable install compiles what changed when it is imported; a host's frame does not wait for that."""
    for finder in sys.meta_path:
        if getattr(finder, "rebuild_flag", False):
            finder.rebuild_flag = False  # type: ignore[attr-defined]


def main() -> None:
    _close_what_the_host_left_open()
    try:
        control = socket.socket(fileno=_CONTROL)
    except OSError:
        sys.exit("vsplugin.worker is started by the OpenFX bundle: see `vsplugin ofx doctor`")
    logging.basicConfig(
        level=logging.INFO if os.environ.get("VSPLUGIN_DEBUG") else logging.WARNING,
        format="%(asctime)s %(name)s: %(message)s",
    )
    do_not_compile()
    from . import channel, protocol, render

    channels: list[channel.Channel] = []
    last = time.monotonic()
    while True:
        if select.select([control], [], [], 1.0)[0]:
            data, files, _, _ = socket.recv_fds(control, protocol.LARGEST, 1)
            if not data:
                break
            for file in files:
                channels.append(channel.Channel(socket.socket(fileno=file)))
                channels[-1].start()
        channels = [one for one in channels if one.is_alive()]
        last = max([last, *(time.monotonic() if one.busy else one.last_used for one in channels)])
        if time.monotonic() - last > _IDLE_SECONDS:
            break
    render.sidecars.flush()
    sys.stdout.flush()
    os._exit(0)  # VapourSynth may still be at work on something nobody waits for


if __name__ == "__main__":
    main()
