"""``vsplugin audit verify AUDIT [IN OUT]`` and ``vsplugin audit show AUDIT``."""

from __future__ import annotations

from pathlib import Path

import click

from ..forensic.audit import read
from ..forensic.verify import Check
from ..forensic.verify import verify as check_again
from .options import json_option
from .output import note, print_json
from .progress import counting


@click.group()
def audit() -> None:
    """Audits: what `vsplugin restore --forensic` writes beside its result."""


@audit.command()
@click.argument("path", metavar="AUDIT")
@click.argument("source", metavar="[IN]", required=False)
@click.argument("output", metavar="[OUT]", required=False)
@click.option("--hash", "expected", metavar="SHA256", help="The audit's hash, as it was noted elsewhere.")
@click.option("--recompute", is_flag=True, help="Run the whole chain again and compare every frame.")
@click.option("--quiet", is_flag=True, help="No progress.")
@json_option
def verify(
    path: str,
    source: str | None,
    output: str | None,
    expected: str | None,
    recompute: bool,
    quiet: bool,
    as_json: bool,
) -> int:
    """Check everything an audit says: its own bytes, both files and their pixels, models, promises.

    IN and OUT are looked for where the audit names them, or beside it. Exit code 2 if anything is not as it says.
    """
    with counting("verifying", quiet=quiet or as_json) as progress:
        checks = check_again(
            Path(path).expanduser(), source, output, expected=expected, recompute=recompute, progress=progress
        )
    found, _ = read(Path(path).expanduser())
    ok = not any(check.wrong for check in checks)
    if as_json:
        print_json({"ok": ok, "sha256": found.sha256, "checks": [vars(check) for check in checks]})
    else:
        for check in checks:
            print(_line(check))
        print(f"{'all as the audit says' if ok else 'NOT as the audit says'}; its hash: {found.sha256}")
        if expected is None:
            note("the hash proves the audit itself only against one that was noted elsewhere: --hash")
    return 0 if ok else 2


def _line(check: Check) -> str:
    if check.wrong:
        return f"WRONG {check.what}: {check.wrong}"
    return f"ok    {check.what}" + (f": {check.note}" if check.note else "")


@audit.command()
@click.argument("path", metavar="AUDIT")
@json_option
def show(path: str, as_json: bool) -> None:
    """Print what an audit says, without looking at any other file."""
    found, damage = read(Path(path).expanduser())
    content = found.content
    if as_json:
        print_json({**content, "sha256": found.sha256, "damage": damage})
        return
    print(f"{content['input']['file']} -> {content['output']['file']}, {len(content['frames'])} frames")
    for step, largest in zip(content["steps"], content["largest"], strict=True):
        print(f"{step['filter']}: {step['promise']}: {max(largest):g} of {max(step['at_most']):g} {step['unit']}")
    print(f"hash: {found.sha256}" + (f" (but {damage})" if damage else ""))
