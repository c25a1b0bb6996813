"""Tell film grain from the noise of sensors and codecs by what was measured."""

from __future__ import annotations

from typing import Any, Literal

Kind = Literal["none", "film grain", "sensor noise", "fixed pattern or codec noise"]

_NOTHING = 0.15  # 8-bit steps: rounding to 8 bits alone makes 0.29 where there is any noise at all
_SAME_AGAIN = 0.5  # correlation of frames that follow each other, which new grain does not reach
_WHITE = 0.8  # power of the finest octave over the mean, above which noise is as good as white


def kind_of(facts: dict[str, Any]) -> Kind:
    """From the ``about`` of a model: strength, likeness to the frame before, share of the finest octave.

    Grain is new in every frame and clumps (its finest octave is weak); a sensor's noise is white but for what
    demosaicing and scaling took; codecs repeat what they left. Scans with pixels far larger than the grain make it
    white: those are called sensor noise.
    """
    if max(facts["sigma_8bit"]) < _NOTHING:
        return "none"
    if facts["correlation_over_time"] > _SAME_AGAIN:
        return "fixed pattern or codec noise"
    return "sensor noise" if facts["octaves_over_white"][-1] > _WHITE else "film grain"
