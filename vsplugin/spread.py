"""Which frames stand for a clip, or for a part of it."""


def evenly(wanted: int, length: int, first: int = 0) -> list[int]:
    """At most ``wanted`` frames in the middle of as many parts of the ``length`` frames from ``first`` on, in order."""
    return sorted({first + int((index + 0.5) * length / wanted) for index in range(wanted)})
