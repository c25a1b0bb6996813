"""Which neighbours of a frame count: not the frame itself once more, whatever is marked as damage on either."""

import numpy as np
import vapoursynth as vs
from conftest import to_clip

from vsplugin.damage import aligned
from vsplugin.damage.evidence import NEIGHBOURS

GRAYS, GRAY8, RGBS = (vs.core.get_video_format(kind) for kind in (vs.GRAYS, vs.GRAY8, vs.RGBS))
HEIGHT, WIDTH = 48, 64


def places(luma, others, visible, marked):
    laid = [to_clip([other], GRAYS).get_frame(0) for other in others]
    still = np.zeros((HEIGHT, WIDTH), np.float32)
    flows = [to_clip([still, still, seen.astype(np.float32)], RGBS).get_frame(0) for seen in visible]
    return aligned.places(luma, laid, flows, to_clip([marked], GRAY8).get_frame(0))


def test_a_frame_shown_twice_is_known_where_nothing_is_marked():
    rng = np.random.default_rng(1)
    luma, another = rng.random((2, HEIGHT, WIDTH), dtype=np.float32)
    scratched = luma.copy()
    scratched[:, 20:23] = 1.0
    others = [luma, scratched, another, scratched]
    everything, nothing = np.ones((HEIGHT, WIDTH), bool), np.zeros((HEIGHT, WIDTH), np.uint8)
    scratch = np.zeros((HEIGHT, WIDTH), np.uint8)
    scratch[:, 20:23] = 255
    assert len(others) == len(NEIGHBOURS)
    assert places(luma, others, [everything] * 4, nothing) == [1, 2, 3], "a scratch tells them apart"
    assert places(luma, others, [everything] * 4, scratch) == [2], "marked on this frame"
    assert places(luma, others, [everything] * 3 + [scratch == 0], nothing) == [1, 2], "hidden on the neighbour"
