"""Horizontal bars as SVG text: no library, the same bytes everywhere, legible on light and dark pages."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

_ROW, _BAR, _LABEL, _WIDTH, _TOP = 26, 16, 250, 720, 34
_COLOURS = ("#3b82c4", "#e08a3c", "#5aa469", "#9a6cc0")
_TEXT = 'font-family="system-ui, sans-serif" font-size="13" fill="#808890"'


def chart(title: str, rows: Sequence[tuple[str, Sequence[float]]], series: Sequence[str], *, start: float = 0.0) -> str:
    """``rows``: label and one value per series. Bars begin at ``start``, which the title should say if it is not 0."""
    room = _WIDTH - _LABEL - 90
    top = max(value for _, values in rows for value in values)
    height = _TOP + sum(_ROW + (len(values) - 1) * _BAR for _, values in rows) + (22 if len(series) > 1 else 0)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}">',
        f'<text x="0" y="18" {_TEXT} font-weight="600">{escape(title)}</text>',
    ]
    y = _TOP
    for label, values in rows:
        middle = y + (len(values) * _BAR) / 2 + 5
        out.append(f'<text x="{_LABEL - 10}" y="{middle:g}" text-anchor="end" {_TEXT}>{escape(label)}</text>')
        for index, value in enumerate(values):
            width = max(1.0, room * (value - start) / (top - start)) if top > start else 1.0
            out.append(
                f'<rect x="{_LABEL}" y="{y + index * _BAR}" width="{width:.1f}" height="{_BAR - 2}" rx="2" '
                f'fill="{_COLOURS[index % len(_COLOURS)]}"/>'
            )
            out.append(f'<text x="{_LABEL + width + 6:.1f}" y="{y + index * _BAR + 12}" {_TEXT}>{value:g}</text>')
        y += _ROW + (len(values) - 1) * _BAR
    if len(series) > 1:
        x = _LABEL
        for index, name in enumerate(series):
            out.append(f'<rect x="{x}" y="{y + 2}" width="10" height="10" fill="{_COLOURS[index % len(_COLOURS)]}"/>')
            out.append(f'<text x="{x + 15}" y="{y + 12}" {_TEXT}>{escape(name)}</text>')
            x += 35 + 7 * len(name)
    return "\n".join([*out, "</svg>", ""])
