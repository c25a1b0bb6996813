"""The one exception that means: the user's arguments, files or machine, not our code. One line, exit code 2."""

from __future__ import annotations


class UserError(Exception):
    """What is wrong and what would be right, in one line."""


class StoppedError(Exception):
    """The user asked to stop; finished work is kept."""


def one_line(error: BaseException) -> str:
    """The text of any exception without line breaks."""
    return " ".join(str(error).split()) or type(error).__name__
