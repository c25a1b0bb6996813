"""One conversation with the bundle: a thread that reads, and one that renders what was asked for."""

from __future__ import annotations

import logging
import mmap
import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import vapoursynth as vs

from ..errors import UserError, one_line
from . import protocol
from .frames import CancelledError, Frames, unpack
from .protocol import ErrorKind, Type
from .render import render

_log = logging.getLogger("vsplugin")


class Channel(threading.Thread):
    """Serves one channel until its socket closes."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__(daemon=True)
        self._socket = connection
        self._sending = threading.Lock()
        self._slots: dict[int, mmap.mmap] = {}
        self._renderer = ThreadPoolExecutor(1)  # the next frame begins when a cancelled one has ended
        self._serial = 0
        self._frames = self._new_frames(0)
        self.last_used = time.monotonic()
        self.busy = False

    def run(self) -> None:
        handlers = {
            Type.HELLO: self._hello,
            Type.HAVE: self._have,
            Type.NONE: self._none,
            Type.RENDER: self._render,
            Type.CANCEL: self._cancel,
        }
        try:
            while True:
                data, files, _, _ = socket.recv_fds(self._socket, protocol.LARGEST, 1)
                if not data:
                    break
                message = protocol.parse(data)
                self.last_used = time.monotonic()
                if message.type == Type.SLOT:
                    self._slot(message, files)
                elif message.type in handlers:
                    handlers[Type(message.type)](message)
        except (OSError, ValueError) as error:
            _log.error("channel: %s", one_line(error))
        finally:
            self._frames.cancel()
            self._renderer.shutdown(wait=True)
            self._socket.close()

    def _send(self, data: bytes) -> None:
        with self._sending:
            self._socket.send(data)

    def _new_frames(self, serial: int) -> Frames:
        return Frames(lambda frame: self._send(protocol.need(serial, frame)))

    def _of(self, serial: int) -> Frames:
        """The pictures of a render; a new serial begins a new render."""
        if serial != self._serial:
            self._serial = serial
            self._frames = self._new_frames(serial)
        return self._frames

    def _hello(self, message: protocol.Message) -> None:
        self._send(protocol.message(Type.READY, message.serial))

    def _slot(self, message: protocol.Message, files: list[int]) -> None:
        slot, size = protocol.parse_slot(message.body)
        try:
            self._slots[slot] = mmap.mmap(files[0], size)
        finally:
            for file in files:
                os.close(file)

    def _have(self, message: protocol.Message) -> None:
        picture = protocol.parse_picture(message.body)
        began = time.perf_counter()
        image = unpack(self._slots[picture.slot], picture)
        _log.info("picture %d: unpacked in %.2f ms", picture.frame, (time.perf_counter() - began) * 1e3)
        self._send(protocol.taken(message.serial, picture.slot))
        self._of(message.serial).put(picture.frame, image)

    def _none(self, message: protocol.Message) -> None:
        self._of(message.serial).put(protocol.parse_frame(message.body), None)

    def _cancel(self, message: protocol.Message) -> None:
        frames = self._of(message.serial)
        frames.cancel()
        if not self.busy:
            self._send(protocol.error(message.serial, ErrorKind.CANCELLED, "cancelled"))

    def _render(self, message: protocol.Message) -> None:
        told = protocol.parse_render(message.body)
        frames = self._of(message.serial)
        frames.rendered, frames.temporal = told.frame, told.temporal
        self.busy = True
        self._renderer.submit(self._work, message.serial, told, frames, self._slots[told.out.slot])

    def _work(self, serial: int, told: protocol.Render, frames: Frames, memory: Any) -> None:
        began = time.perf_counter()
        try:
            answer = self._answer(serial, told, frames, memory)
        finally:
            frames.cancel()  # nobody answers what a graph may still ask for
            self.busy = False
            self.last_used = time.monotonic()
        _log.info("frame %d: rendered in %.2f ms", told.frame, (time.perf_counter() - began) * 1e3)
        try:
            self._send(answer)
        except OSError:
            _log.info("the host's side closed during a render")

    def _answer(self, serial: int, told: protocol.Render, frames: Frames, memory: Any) -> bytes:
        def rendering() -> None:
            self._send(protocol.progress(serial, 1))

        try:
            frames.check()
            render(told, frames, memory, rendering)
        except CancelledError:
            return protocol.error(serial, ErrorKind.CANCELLED, "cancelled")
        except MemoryError:
            return protocol.error(serial, ErrorKind.MEMORY, "the worker is out of memory")
        except (vs.Error, UserError) as error:
            if frames.cancelled:
                return protocol.error(serial, ErrorKind.CANCELLED, "cancelled")
            memory_ran_out = isinstance(error.__context__, MemoryError)
            return protocol.error(serial, ErrorKind.MEMORY if memory_ran_out else ErrorKind.FAILED, one_line(error))
        except Exception as error:
            _log.exception("render")
            return protocol.error(
                serial, ErrorKind.FAILED, f"internal error: {type(error).__name__}: {one_line(error)}"
            )
        return protocol.message(Type.DONE, serial)
