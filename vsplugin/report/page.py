"""One HTML file with everything in it."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

from ..disk import write_target
from .data import Report

VIEWER = Path(__file__).parent / "viewer"
SCRIPTS = ("frames.js", "stage.js", "plots.js", "slices.js", "panels.js", "main.js")


def render(
    title: str, data: dict[str, Any], previews: list[list[str]], lossless: dict[str, str], maps: dict[str, str]
) -> str:
    """The page. Pictures lie in blocks of their own, which the viewer reads only when it needs them."""
    blocks = [_block("data", data), *(_block(f"clip-{place}", frames) for place, frames in enumerate(previews))]
    if previews:
        blocks += [_block("lossless", lossless), _block("maps", maps)]
    parts = {
        "TITLE": html.escape(title),
        "STYLE": (VIEWER / "viewer.css").read_text(),
        "DATA": "\n".join(blocks),
        "SCRIPTS": "\n".join(f"<script>\n{(VIEWER / name).read_text()}</script>" for name in SCRIPTS),
    }
    text = (VIEWER / "viewer.html").read_text()
    for name, content in parts.items():
        text = text.replace(f"<!--{name}-->", content)
    return text


def _block(name: str, value: Any) -> str:
    """JSON that no content can end early."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False).replace("</", "<\\/").replace("<!", "<\\u0021")
    return f'<script type="application/json" id="{name}">{text}</script>'


def write(report: Report, title: str, path: Path) -> int:
    """Write it whole or not at all; its size in bytes."""
    data = render(title, report.data, report.previews, report.lossless, report.maps).encode()
    write_target(path, data, "-o")
    return len(data)
