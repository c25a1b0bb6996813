"""The viewer on localhost: frames are rendered when they are looked at."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import vapoursynth as vs

from ..errors import UserError, one_line
from ..preview import array, viewable
from . import page, pictures
from .data import viewer_data
from .entry import Entry

_FRAME = re.compile(r"/frame/(\d+)/(\d+)\.webp")
_KEPT = 64  # encoded frames
_QUALITY = 95


class Server(ThreadingHTTPServer):
    """Serves one page and its frames, to this machine only."""

    daemon_threads = True

    def __init__(self, entries: list[Entry], title: str, port: int = 0) -> None:
        pictures.pillow()
        data = viewer_data(entries)
        self.page = page.render(title, data, [], {}, {}).encode()
        width, height = data["size"]
        self._clips = [viewable(entry.clip, *_fitting(entry.clip, width, height)) for entry in entries]
        self._kept: OrderedDict[tuple[int, int], bytes] = OrderedDict()
        self._lock = threading.Lock()
        try:
            super().__init__(("127.0.0.1", port), _Handler)
        except OSError as error:
            raise UserError(f"--port: cannot listen on {port}: {error.strerror}") from None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"

    def frame(self, clip: int, number: int) -> bytes | None:
        """A frame as WebP; None where there is no such clip or frame. Raises ``vs.Error`` if it cannot be made."""
        if clip >= len(self._clips) or number >= self._clips[clip].num_frames:
            return None
        with self._lock:
            if (clip, number) in self._kept:
                self._kept.move_to_end((clip, number))
                return self._kept[clip, number]
        with self._clips[clip].get_frame(number) as made:
            image = array(made)
        encoded = pictures.encode(image, _QUALITY)
        with self._lock:
            self._kept[clip, number] = encoded
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return encoded


def _fitting(clip: vs.VideoNode, width: int, height: int) -> tuple[int, int]:
    """Clips keep their own size; the page lays them over each other."""
    return min(clip.width, width), min(clip.height, height)


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """The page, or a frame."""
        host = (self.headers.get("Host") or "").rsplit(":", 1)[0]
        if host not in ("127.0.0.1", "localhost"):  # another site's page must not read frames through the browser
            self._send(HTTPStatus.FORBIDDEN, b"only for this machine", "text/plain")
        elif self.path == "/":
            self._send(HTTPStatus.OK, self.server.page, "text/html; charset=utf-8")
        elif wanted := _FRAME.fullmatch(self.path):
            self._frame(int(wanted[1]), int(wanted[2]))
        else:
            self._send(HTTPStatus.NOT_FOUND, b"not found", "text/plain")

    def _frame(self, clip: int, number: int) -> None:
        try:
            found = self.server.frame(clip, number)
        except vs.Error as error:
            self._send(HTTPStatus.INTERNAL_SERVER_ERROR, one_line(error).encode(), "text/plain; charset=utf-8")
            return
        if found is None:
            self._send(HTTPStatus.NOT_FOUND, b"no such frame", "text/plain")
        else:
            self._send(HTTPStatus.OK, found, "image/webp")

    def _send(self, status: HTTPStatus, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=3600" if kind == "image/webp" else "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a person watches the pictures."""
