"""Every packet of the result with its time: the source's own times, variable frame rates included."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from ..container import seconds_per_tick
from ..sink import PART_TIME_BASE
from ..source import Source
from .plan import Plan
from .times import growing

Timed = tuple[Fraction, int, av.Packet]  # seconds, tie-breaker, packet


class Clock:
    """Times of the result's pictures; they begin at 0 where the result begins in the middle of the source."""

    def __init__(self, source: Source, plan: Plan) -> None:
        first, last = plan.frames
        self.step = max(1, round(1 / (source.rate * source.time_base)))
        stamps = growing(source.timestamps, self.step)
        self.time_base = source.time_base
        shift = 0 if first == 0 else stamps[first]
        self.stamps = [stamp - shift for stamp in stamps[first:last]]
        end = (stamps[last] - shift) if last < len(stamps) else self.stamps[-1] + self._last_duration(source, stamps)
        self.durations = [after - at for at, after in zip(self.stamps, [*self.stamps[1:], end], strict=True)]
        # Audio and subtitles are trimmed only where pictures were: seconds [from, to) of the source.
        whole = first == 0 and last == len(stamps)
        self.window = None if whole else (shift * self.time_base, (end + shift) * self.time_base)

    def _last_duration(self, source: Source, stamps: list[int]) -> int:
        """Nothing follows the last frame; where the rate varies it is shown as long as the one before."""
        return stamps[-1] - stamps[-2] if source.facts.vfr and len(stamps) > 1 else self.step


def video_packets(chunks: list[Path], stream: av.stream.Stream, clock: Clock) -> Iterator[Timed]:
    """The chunks' packets with the source's times.

    Decoding times are the display times in order, late by the number of pictures the encoder reorders.
    """
    order = _display_numbers(chunks)
    delay = max((at - number for at, number in enumerate(order)), default=0)
    decode_times = [clock.stamps[0] - clock.step * (delay - i) for i in range(delay)] + clock.stamps
    at = 0
    for path in chunks:
        with av.open(str(path)) as inside:
            packet: Any
            for packet in inside.demux(video=0):
                if packet.pts is None:
                    continue
                packet.stream = stream
                packet.time_base = clock.time_base
                packet.pts, packet.dts = clock.stamps[order[at]], decode_times[at]
                packet.duration = clock.durations[order[at]]
                yield packet.dts * clock.time_base, 0, packet
                at += 1


def _display_numbers(chunks: list[Path]) -> list[int]:
    """For each packet in the order of the files, which picture of the result it is."""
    out: list[int] = []
    for path in chunks:
        with av.open(str(path)) as inside:
            numbers = [
                round(packet.pts * seconds_per_tick(packet) / PART_TIME_BASE)
                for packet in inside.demux(video=0)
                if packet.pts is not None
            ]
        if sorted(numbers) != list(range(len(numbers))):
            raise RuntimeError(f"join: {path.name} does not hold one packet per frame")
        out.extend([len(out) + number for number in numbers])
    return out


def other_packets(
    inside: av.container.InputContainer, copies: dict[int, av.stream.Stream], clock: Clock
) -> Iterator[Timed]:
    """Audio and subtitle packets of the source, for the streams in ``copies`` (source index -> new stream)."""
    last: dict[int, int] = {}
    try:
        for packet in inside.demux([stream for stream in inside.streams if stream.index in copies]):
            index = packet.stream_index
            when = packet.dts if packet.dts is not None else packet.pts
            # A muxer refuses times that do not grow; only damaged files have them.
            if when is None or when <= last.get(index, when - 1):
                continue
            last[index] = when
            seconds = when * seconds_per_tick(packet)
            if clock.window:
                if not clock.window[0] <= seconds < clock.window[1]:
                    continue
                _shift(packet, clock.window[0])
                seconds -= clock.window[0]
            packet.stream = copies[index]
            yield seconds, 1 + index, packet
    except av.error.FFmpegError:
        return  # a damaged end; what was readable is kept


def _shift(packet: av.Packet, seconds: Fraction) -> None:
    ticks = round(seconds / seconds_per_tick(packet))
    packet.pts = None if packet.pts is None else packet.pts - ticks
    packet.dts = None if packet.dts is None else packet.dts - ticks
