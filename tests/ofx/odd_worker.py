"""Workers a bundle must survive: ``older`` speaks protocol 0, ``garbage`` none; ``noise`` is the real one, but loud."""

import os
import socket
import sys
import threading

from vsplugin.worker import __main__ as worker
from vsplugin.worker import protocol


def loud() -> None:
    while True:
        os.write(1, b"noise on standard output\n")
        os.write(2, b"noise on standard error\n")
        threading.Event().wait(0.001)


def main() -> None:
    mode = sys.argv[1]
    if mode == "noise":
        threading.Thread(target=loud, daemon=True).start()
        worker.main()
    control = socket.socket(fileno=3)
    while True:
        data, files, _, _ = socket.recv_fds(control, protocol.LARGEST, 1)
        if not data:
            os._exit(0)
        channel = socket.socket(fileno=files[0])
        channel.recv(protocol.LARGEST)
        answer = protocol.message(protocol.Type.READY, 0)
        if mode == "older":
            answer = protocol.HEADER.pack(protocol.MAGIC, 0, protocol.Type.READY, 0, 0)
        channel.send(answer if mode == "older" else b"garbage" * 9)
        channel.detach()


if __name__ == "__main__":
    main()
