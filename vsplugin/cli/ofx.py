"""``vsplugin ofx``: the nodes for Resolve, Nuke and other OpenFX hosts."""

from __future__ import annotations

from pathlib import Path

import click

from ..ofx import bundle
from ..ofx import doctor as examination
from .options import json_option
from .output import note, print_json

_to = click.option("--to", "target", metavar="FOLDER", help="Folder of OpenFX bundles; ~/OFX/Plugins without it.")
_system = click.option("--system", is_flag=True, help=f"{bundle.SYSTEM}, where every host looks; needs root.")


@click.group()
def ofx() -> None:
    """The filters as nodes in Resolve, Nuke and other OpenFX hosts."""


@ofx.command()
@_to
@_system
@json_option
def install(target: str | None, system: bool, as_json: bool) -> None:
    """Put the bundle where hosts find it, with this Python as its worker."""
    where = bundle.folder(target, system)
    path = bundle.install(where)
    seen = where in examination.searched()
    if as_json:
        print_json({"bundle": str(path), "python": bundle.worker_settings()["python"], "searched": seen})
        return
    note(f"{path} is installed")
    if not seen:
        note(f"hosts find it with: export OFX_PLUGIN_PATH={where}")


@ofx.command()
@_to
@_system
@json_option
def uninstall(target: str | None, system: bool, as_json: bool) -> None:
    """Remove the bundle."""
    path = bundle.uninstall(bundle.folder(target, system))
    if as_json:
        print_json({"removed": str(path)})
    else:
        note(f"{path} is removed")


@ofx.command()
@_to
@json_option
def doctor(target: str | None, as_json: bool) -> int:
    """Say which bundles hosts would find, what they would start, and whether that answers."""
    findings = examination.examine(Path(target).expanduser() if target else None)
    if as_json:
        print_json(findings)
        return 2 if findings["problems"] else 0
    print(f"searched     {', '.join(findings['searched'])}")
    for one in findings["bundles"]:
        for name, value in one.items():
            print(f"{name:<12} {', '.join(value) if isinstance(value, list) else value}")
    print("\n".join(f"problem: {text}" for text in findings["problems"]) or "no problems found")
    return 2 if findings["problems"] else 0
