"""Printing for people and for machines: results go to standard output, everything else to standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import click


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--json``, which every command has."""
    return click.option("--json", "as_json", is_flag=True, help="Print a JSON object instead of text.")(command)


def note(text: str = "") -> None:
    """A line for a person watching."""
    print(text, file=sys.stderr, flush=True)


def fail(text: str, as_json: bool) -> None:
    """Why it ended badly: one line, or a JSON object."""
    if as_json:
        print_json({"error": text})
    else:
        note(f"vsplugin: {text}")


def print_json(value: Any) -> None:
    """One JSON object on standard output."""
    print(json.dumps(value, indent=1, default=str), flush=True)


def clock(seconds: float) -> str:
    """1:02:03, 2:03, or 3 s."""
    if seconds == float("inf"):
        return "unknown"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def count(number: int, thing: str) -> str:
    """``1 chunk``, ``3 chunks``."""
    return f"{number} {thing}{'' if number == 1 else 's'}"
