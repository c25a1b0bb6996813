"""``vsplugin doctor``."""

from __future__ import annotations

import click

from .. import doctor as examination
from .options import json_option
from .output import print_json


@click.command()
@json_option
def doctor(as_json: bool) -> int:
    """Say what is installed here, what would be used and why, and what is wrong."""
    findings = examination.examine()
    problems = findings["problems"]
    if as_json:
        print_json(findings)
    else:
        for name, value in findings.items():
            if name != "problems":
                _print(name, value)
        print("\n".join(f"problem: {text}" for text in problems) or "no problems found")
    return 2 if problems else 0


def _print(name: str, value: str | dict[str, str]) -> None:
    """One line, or one for each of what has a name of its own."""
    if isinstance(value, str):
        print(f"{name:<12} {value}")
        return
    width = max(map(len, value), default=0)
    for key, text in value.items():
        print(f"{name:<12} {key:<{width}}  {text}")
        name = ""
