"""``vsplugin filters`` and ``vsplugin models``."""

from __future__ import annotations

from typing import Any

import click

from .. import chain as chains
from .. import filters as _register  # noqa: F401  fills RESTORATIONS
from ..models import Model, installed
from ..spec import RESTORATIONS, Parameter, Restoration
from . import model_table
from .domain import check_domain
from .options import json_option
from .output import print_json


@click.command()
@click.option("--markdown", is_flag=True, help="As tables for a document.")
@json_option
def filters(markdown: bool, as_json: bool) -> None:
    """List the filters, their arguments and the presets."""
    known = [RESTORATIONS[name] for name in sorted(RESTORATIONS)]
    if as_json:
        presets = {name: chains.preset(name) for name in chains.preset_names()}
        print_json({"filters": [_as_dict(one) for one in known], "presets": presets})
    elif markdown:
        print("\n\n".join(_markdown(one) for one in known))
    else:
        for one in known:
            _print_filter(one)
        _print_presets()


def _print_presets() -> None:
    for name in chains.preset_names():
        print(f"preset {name}: {chains.about(name)}")
        print("  " + " -> ".join(step for step, _ in chains.preset(name)))
        for line in chains.left_out(name):
            print(f"  {line.removeprefix(f'preset {name}: ')}")


def _limits(parameter: Parameter) -> str:
    if parameter.choices:
        return " | ".join(map(str, parameter.choices))
    if parameter.range:
        return f"{parameter.range.low:g} to {parameter.range.high:g} {parameter.range.unit}".strip()
    return parameter.type.__name__


def _as_dict(one: Restoration) -> dict[str, Any]:
    arguments = [
        {"name": p.name, "type": p.type.__name__, "default": p.default, "allowed": _limits(p), "help": p.help}
        for p in one.parameters
    ]
    return {"name": one.name, "summary": one.summary, "arguments": arguments}


def _markdown(one: Restoration) -> str:
    rows = [f"### {one.name}", "", one.summary, "", "| argument | default | allowed | meaning |", "|---|---|---|---|"]
    for p in one.parameters:
        rows.append(f"| `{p.name}` | `{p.default}` | {_limits(p).replace('|', 'or')} | {p.help} |")
    return "\n".join(rows)


def _print_filter(one: Restoration) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(title=f"{one.name}: {one.summary}", title_justify="left", title_style="bold", expand=False)
    for column in ("argument", "default", "allowed", "meaning"):
        table.add_column(column)
    for p in one.parameters:
        table.add_row(p.name, str(p.default), _limits(p), p.help)
    console.print(table)


@click.group(invoke_without_command=True)
@click.option("--markdown", "as_markdown", is_flag=True, help="As a table for a document.")
@json_option
@click.pass_context
def models(ctx: click.Context, as_markdown: bool, as_json: bool) -> None:
    """List the models at hand with what was measured."""
    if ctx.invoked_subcommand:
        return
    found = installed()
    if as_json:
        print_json({"models": [{**one.card, "name": one.name, "path": str(one.path)} for one in found]})
    elif not found:
        print("no models found; VSPLUGIN_MODELS names a folder to look in")
    elif as_markdown:
        print(model_table.markdown(found))
    else:
        model_table.show(found)


@models.command()
@json_option
def verify(as_json: bool) -> int:
    """Compare every model file with the SHA-256 on its card."""
    results = {one.name: _check(one) for one in installed()}
    if as_json:
        print_json({"models": results})
    else:
        for name, state in results.items():
            print(f"{name}: {state}")
    return 0 if all(state == "ok" for state in results.values()) else 2


models.add_command(check_domain)


def _check(one: Model) -> str:
    if not one.path.is_file():
        return "the file is missing"
    promised = one.card.get("sha256")
    if not promised:
        return "the card names no sha256"
    return "ok" if one.sha256 == promised else f"differs from its card: {one.sha256}"
