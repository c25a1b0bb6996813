"""Put the bundle where OpenFX hosts look, tell it which Python to start, take it away again."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

from ..errors import UserError

NAME = "vsplugin.ofx.bundle"
SYSTEM = Path("/usr/OFX/Plugins")  # the specification's place; all hosts look there
USER = Path("~/OFX/Plugins")  # no host looks there by itself: OFX_PLUGIN_PATH names it


def built() -> Path:
    """The bundle that came with this package. ``UserError``: it was installed without one."""
    from vsplugin import _kernels

    path = Path(_kernels.__file__).parent / NAME
    if not binary(path).is_file():
        raise UserError(f"ofx: this installation has no bundle at {path}: it is built on Linux x86-64 only")
    return path


def binary(bundle: Path) -> Path:
    return bundle / "Contents" / "Linux-x86-64" / "vsplugin.ofx"


def settings(bundle: Path) -> Path:
    return bundle / "Contents" / "Resources" / "worker.json"


def folder(target: str | None, system: bool) -> Path:
    """Where the bundle goes: a folder of the user's choice, the system's, or the user's own."""
    if target and system:
        raise UserError("ofx: --to and --system name two places; give one")
    return Path(target).expanduser() if target else SYSTEM if system else USER.expanduser()


def worker_settings() -> dict[str, str]:
    """What worker.json says: the Python that has this package."""
    return {"python": sys.executable}


def install(where: Path) -> Path:
    """Copy the bundle into ``where`` and write its worker.json; an older copy is replaced whole."""
    target = where / NAME
    part = where / f".{NAME}.{os.getpid()}"
    try:
        where.mkdir(parents=True, exist_ok=True)
        shutil.copytree(built(), part)
        settings(part).parent.mkdir(exist_ok=True)
        settings(part).write_text(json.dumps(worker_settings(), indent=1) + "\n")
        if target.exists():
            shutil.rmtree(target)
        part.rename(target)
    except OSError as error:
        raise UserError(f"ofx: cannot write {target}: {error.strerror}{_rights(error)}") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return target


def _rights(error: OSError) -> str:
    return "; run it as root, or give --to a folder of your own" if isinstance(error, PermissionError) else ""


def uninstall(where: Path) -> Path:
    """Remove the bundle. ``UserError`` if there is none."""
    target = where / NAME
    if not target.is_dir():
        raise UserError(f"ofx: there is no {NAME} in {where}")
    try:
        shutil.rmtree(target)
    except OSError as error:
        raise UserError(f"ofx: cannot remove {target}: {error.strerror}{_rights(error)}") from None
    return target
