"""A headless Chromium, driven through ChromeDriver's WebDriver protocol (W3C) with the standard library alone."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-device-scale-factor=1",
    "--hide-scrollbars",
]
KEYS = {"left": "\ue012", "right": "\ue014", "home": "\ue011", "end": "\ue010", "space": " ", "shift": "\ue008"}


class Browser:
    """One window. Skips the test where there is no Chromium."""

    def __init__(self, width: int = 1280, height: int = 900, *, dark: bool = False) -> None:
        chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
        if not (chromium and driver):
            pytest.skip("no Chromium: apt install chromium chromium-driver")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self._profile = tempfile.TemporaryDirectory()
        self._driver = subprocess.Popen(
            [driver, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._base = f"http://127.0.0.1:{port}"
        options = {
            "binary": chromium,
            "args": [*FLAGS, f"--user-data-dir={self._profile.name}", f"--window-size={width},{height}"]
            + (["--force-dark-mode", "--blink-settings=preferredColorScheme=0"] if dark else []),
        }
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        for _ in range(200):
            try:
                made = self._call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.05)
        else:
            raise RuntimeError("ChromeDriver does not answer")
        self._session = f"/session/{made['sessionId']}"

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self._base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(error.read().decode()[:500]) from None

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._call("DELETE", self._session)
        finally:
            self._driver.terminate()
            self._driver.wait()
            self._profile.cleanup()

    def open(self, address: str | Path) -> None:
        self._call("POST", f"{self._session}/url", {"url": address.as_uri() if isinstance(address, Path) else address})
        self.wait("typeof state !== 'undefined' && Stage.shown.every(Boolean)")

    def run(self, script: str, *arguments: Any) -> Any:
        """The value of an expression in the page."""
        body = {"script": f"return {script}", "args": list(arguments)}
        return self._call("POST", f"{self._session}/execute/sync", body)

    def wait(self, condition: str, seconds: float = 30) -> None:
        """Until an expression in the page is true."""
        end = time.monotonic() + seconds
        while not self.run(condition):
            assert time.monotonic() < end, f"never true: {condition}"
            time.sleep(0.03)

    def settle(self) -> None:
        """Two screen frames: what was asked for is drawn, and its pictures are there."""
        self.wait("!asked && Frames.waiting.size === 0 && Stage.shown.every(Boolean)")
        script = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done(true)))"
        self._call("POST", f"{self._session}/execute/async", {"script": script, "args": []})

    def press(self, *keys: str, shift: bool = False) -> None:
        """Keys one after the other."""
        held = [KEYS["shift"]] if shift else []
        steps = [{"type": "keyDown", "value": key} for key in held]
        for key in keys:
            value = KEYS.get(key, key)
            steps += [{"type": "keyDown", "value": value}, {"type": "keyUp", "value": value}]
        steps += [{"type": "keyUp", "value": key} for key in held]
        self._act({"type": "key", "id": "keys", "actions": steps})
        self.settle()

    def drag(self, start: tuple[float, float], end: tuple[float, float], kind: str = "mouse") -> None:
        """From one point of the window to another."""
        middle = tuple((a + b) / 2 for a, b in zip(start, end, strict=True))
        down, up = ({"type": f"pointer{what}", "button": 0} for what in ("Down", "Up"))
        steps = [_move(*start), down, _move(*middle), _move(*end), up]
        self._act({"type": "pointer", "id": kind, "parameters": {"pointerType": kind}, "actions": steps})
        self.settle()

    def pinch(self, centre: tuple[float, float], before: float, after: float) -> None:
        """Two fingers, ``before`` and then ``after`` pixels from the centre, to the left and right of it."""
        fingers = []
        for name, side in (("one", -1), ("two", 1)):
            at = [(centre[0] + side * reach, centre[1]) for reach in (before, (before + after) / 2, after)]
            fingers.append({"type": "pointer", "id": name, "parameters": {"pointerType": "touch"}, "actions": [
                _move(*at[0]), {"type": "pointerDown", "button": 0}, _move(*at[1]), _move(*at[2]),
                {"type": "pointerUp", "button": 0},
            ]})  # fmt: skip
        self._act(*fingers)
        self.settle()

    def wheel(self, at: tuple[float, float], by: int) -> None:
        """Turn the wheel; negative is away from the person, which enlarges."""
        turn = {"type": "scroll", "x": round(at[0]), "y": round(at[1]), "deltaX": 0, "deltaY": by, "duration": 0}
        self._act({"type": "wheel", "id": "wheel", "actions": [turn]})
        self.settle()

    def _act(self, *actions: Any) -> None:
        self._call("POST", f"{self._session}/actions", {"actions": list(actions)})

    def errors(self) -> list[str]:
        """What the console complains of, but for the way the tests themselves read the canvas."""
        log = self._call("POST", f"{self._session}/se/log", {"type": "browser"})
        said = [entry["message"] for entry in log if entry["level"] in ("SEVERE", "WARNING")]
        return [message for message in said if "willReadFrequently" not in message]

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._call("GET", f"{self._session}/screenshot")))

    def resize(self, width: int, height: int) -> None:
        self._call("POST", f"{self._session}/window/rect", {"width": width, "height": height})

    def box(self, selector: str) -> dict[str, float]:
        """Where an element lies in the window."""
        found: dict[str, float] = self.run(
            "document.querySelector(arguments[0]).getBoundingClientRect().toJSON()", selector
        )
        return found


def _move(x: float, y: float) -> dict[str, Any]:
    return {"type": "pointerMove", "x": round(x), "y": round(y), "duration": 30}
