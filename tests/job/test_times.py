"""Times of damaged files."""

from __future__ import annotations

import itertools
import random

from vsplugin.job.times import growing


def test_times_that_grow_stay() -> None:
    assert growing([7, 8, 40, 1000], 40) == [7, 8, 40, 1000] and growing([], 1) == []


def test_what_does_not_fit_is_put_between() -> None:
    assert growing([0, 40, 80, 9999, 160, 200], 40) == [0, 40, 80, 120, 160, 200]
    assert growing([985_668_640, 10_800, 14_400, 18_000], 3600) == [7200, 10_800, 14_400, 18_000]
    assert growing([0, 1, 2, 2, 4], 1) == [0, 1, 2, 3, 4]
    assert growing([0, 40, 80, -5], 40) == [0, 40, 80, 120]
    assert growing([-(1 << 62)], 40) == [0]


def test_any_times_grow_then() -> None:
    rng = random.Random(1)
    for _ in range(2000):
        stamps = [rng.choice((rng.randrange(-50, 200), 10 * number)) for number in range(rng.randrange(1, 12))]
        found = growing(stamps, 7)
        assert len(found) == len(stamps) and all(a < b for a, b in itertools.pairwise(found)), stamps
