"""Keeps a preview and some lines of every frame that passes, while something else looks at the frames.

The metrics ask for each frame once; a recorder sits between, so that nothing is rendered twice.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import vapoursynth as vs

from ..preview import array, viewable
from .pictures import Store, encode

SLICES = (0.25, 0.5, 0.75)  # of the height and width: where lines are followed over time
_WAITING = 8  # pictures encoded at a time; more would fill the memory


class Recorder:
    """Previews (WebP) and lines over time of one clip."""

    def __init__(self, clip: vs.VideoNode, store: Store, pool: ThreadPoolExecutor) -> None:
        self._store, self._pool = store, pool
        self._free = threading.Semaphore(_WAITING)
        self._seen: dict[int, Future[bytes]] = {}
        frames = clip.num_frames
        # Time runs to the right in both, as in the plots.
        self.rows = np.zeros((len(SLICES), store.width, frames, 3), np.uint8)  # y fixed, x down
        self.columns = np.zeros((len(SLICES), store.height, frames, 3), np.uint8)  # x fixed, y down
        small = viewable(clip, store.width, store.height)
        self.clip = clip.std.ModifyFrame([clip, small], self._see)

    def _see(self, n: int, f: Any) -> vs.VideoFrame:
        if n not in self._seen:
            image = array(f[1])
            for place, share in enumerate(SLICES):
                self.rows[place, :, n] = image[int(share * (image.shape[0] - 1))]
                self.columns[place, :, n] = image[:, int(share * (image.shape[1] - 1))]
            self._free.acquire()
            self._seen[n] = self._pool.submit(self._encode, image)
        out: vs.VideoFrame = f[0]
        return out

    def _encode(self, image: np.ndarray) -> bytes:
        try:
            return encode(image, self._store.quality)
        finally:
            self._free.release()

    def previews(self) -> list[bytes]:
        """One WebP per frame; frames nobody asked for are made now."""
        for n in range(self.clip.num_frames):
            if n not in self._seen:
                self.clip.get_frame(n).close()
        return [self._seen[n].result() for n in range(self.clip.num_frames)]
