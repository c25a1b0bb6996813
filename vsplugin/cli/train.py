"""``vsplugin train RECIPE``. The training room is imported when a training starts; its options are declared there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from ..training.options import OPTIONS, Option, Request
from .output import json_option, print_json


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(OPTIONS):
        command = _declare(option)(command)
    return command


def _declare(option: Option) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    if option.type is bool:
        return click.option(option.flag, option.name, is_flag=True, help=option.help)
    kind = click.Choice(option.choices) if option.choices else option.type
    return click.option(
        option.flag, option.name, type=kind, default=option.default, show_default=option.default is not None,
        help=option.help, metavar=option.metavar or None,
    )  # fmt: skip


@click.command()
@click.argument("recipe", metavar="RECIPE")
@_options
@json_option
def train(as_json: bool, **values: Any) -> None:
    """Train the model of a recipe, or tune one on your own footage.

    Stop it any way you like: the same command with --resume goes on exactly where it was saved. With --on DIR
    --from MODEL it begins with a finished model, learns from your footage, and says what that gained on frames held
    back.
    """
    from ..training.train import run, words

    result = run(Request(**values), quiet=as_json)
    if as_json:
        print_json(result)
    else:
        print(result.get("text") or words(result))
