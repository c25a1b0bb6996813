"""The one exception that means: the user's arguments, files or machine, not our code. One line, exit code 2."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """What is wrong and what would be right, in one line."""


class StoppedError(Exception):
    """The user asked to stop; finished work is kept."""


def one_line(error: BaseException) -> str:
    """The text of any exception without line breaks."""
    return " ".join(str(error).split()) or type(error).__name__


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``"; did you mean 'x'?"`` for the end of a message, or nothing where no known name is near."""
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean '{near[0]}'?" if near else ""
