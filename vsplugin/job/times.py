"""Times that grow from frame to frame, out of those that a damaged file has."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Sequence

_FARTHEST = 1 << 48  # ticks; a time beyond is damaged, and more than a muxer can count


def growing(stamps: Sequence[int], step: int) -> list[int]:
    """The same times if they grow. Otherwise as few as possible are replaced, by even steps between those that stay.

    Before the first and behind the last that stays, steps are of ``step`` ticks.
    """
    kept = most_that_grow(stamps)
    if len(kept) == len(stamps):
        return list(stamps)
    if not kept:
        return [step * number for number in range(len(stamps))]
    before = [stamps[kept[0]] - step * (kept[0] - number) for number in range(kept[0])]
    between = [
        stamps[one] + (stamps[other] - stamps[one]) * (number - one) // (other - one)
        for one, other in itertools.pairwise(kept)
        for number in range(one, other)
    ]
    after = [stamps[kept[-1]] + step * (number - kept[-1]) for number in range(kept[-1], len(stamps))]
    return before + between + after


def most_that_grow(stamps: Sequence[int]) -> list[int]:
    """The longest choice of frames whose times leave at least a tick for every frame between them.

    That is the longest subsequence of ``stamp - number`` that does not fall, by patience sorting.
    """
    ends: list[int] = []  # the smallest end of a choice of each length
    last: list[int] = []  # the frame it ends with
    before: dict[int, int | None] = {}
    for number, stamp in enumerate(stamps):
        if abs(stamp) > _FARTHEST:
            continue
        length = bisect.bisect_right(ends, stamp - number)
        ends[length : length + 1] = [stamp - number]
        last[length : length + 1] = [number]
        before[number] = last[length - 1] if length else None
    out: list[int] = []
    at = last[-1] if last else None
    while at is not None:
        out.append(at)
        at = before[at]
    return out[::-1]
