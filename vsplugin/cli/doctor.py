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
                text = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value
                print(f"{name:<12} {text}")
        print("\n".join(f"problem: {text}" for text in problems) or "no problems found")
    return 2 if problems else 0
