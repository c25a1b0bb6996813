"""The command line. Exit codes: 0 fine, 1 our fault, 2 bad arguments or input, 130 stopped by the user."""

from __future__ import annotations

import importlib
import logging
import os
import sys
from typing import Any

import click

from .. import __version__
from ..errors import StoppedError, UserError, one_line
from .output import fail

# Command -> (module, what it does); modules are loaded when used, so that --help is quick.
_COMMANDS = {
    "restore": ("restore", "Restore a video file; continues where an earlier run stopped."),
    "preview": ("preview", "Look at a clip before and after, in the browser or as a picture of one frame."),
    "measure": ("measure", "How far a clip is from its reference; how steady, sharp, noisy it is by itself."),
    "filters": ("listing", "The filters and their arguments."),
    "models": ("listing", "The models at hand; `models verify` checks them."),
    "sample": ("sample", "Write a procedural damaged clip, and its truth."),
    "grain": ("grain", "Measure the grain of a clip: a model to draw it again, a table for AV1 encoders."),
    "hdr": ("hdr", "Show, check, export and inject HDR metadata."),
    "compare": ("compare", "Clips side by side in one page: wipe, zoom, metrics, worst frames first."),
    "audit": ("audit", "Check the audit of `restore --forensic` again."),
    "ofx": ("ofx", "The filters as nodes in Resolve, Nuke and other OpenFX hosts: install, doctor."),
    "train": ("train", "Train the model of a recipe, or tune one on your own footage."),
    "doctor": ("doctor", "What is installed here, and what would be used."),
    "demo": ("demo", "Restore a small sample and make a before/after picture."),
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f".{_COMMANDS[cmd_name][0]}", __name__)
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="vsplugin")
def cli() -> None:
    """Film and video restoration. IN may be a video file, or sample:film, sample:video, sample:hdr."""


def main(arguments: list[str] | None = None) -> None:
    """Run a command and end the process with its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    debug = bool(os.environ.get("VSPLUGIN_DEBUG"))
    if debug:
        logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    sys.exit(_run(arguments, as_json=_wants_json(arguments), debug=debug))


def _wants_json(arguments: list[str]) -> bool:
    """Whether results and errors are JSON; the option of that name of `hdr export` names a file."""
    return "--json" in arguments and arguments[:2] != ["hdr", "export"]


def _run(arguments: list[str], *, as_json: bool, debug: bool) -> int:
    try:
        code: Any = cli.main(arguments, prog_name="vsplugin", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except (StoppedError, KeyboardInterrupt, click.Abort) as error:
        fail(one_line(error) if isinstance(error, StoppedError) else "stopped", as_json)
        return 130
    except click.ClickException as error:
        if isinstance(error, click.NoSuchOption | click.BadParameter | click.MissingParameter | click.UsageError):
            context = getattr(error, "ctx", None)
            hint = f" (see {context.command_path} --help)" if context else ""
            fail(one_line_message(error) + hint, as_json)
        return 2
    except UserError as error:
        if debug:
            logging.exception("debug")
        fail(str(error), as_json)
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if debug:
            raise
        fail(f"internal error: {type(error).__name__}: {one_line(error)} (VSPLUGIN_DEBUG=1 shows where)", as_json)
        return 1


def one_line_message(error: click.ClickException) -> str:
    """Click's message without line breaks and capital."""
    text = " ".join(error.format_message().split()).rstrip(".")
    return text[:1].lower() + text[1:]
