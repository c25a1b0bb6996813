"""Ready chains of filters, one file each, for the kinds of material there are; docs/presets.md explains them.

A step with ``while_installed = "TASK"`` is left out as long as no model for that task is installed, and whoever runs
the preset is told so.
"""

from __future__ import annotations

import logging

import vapoursynth as vs


def preset(clip: vs.VideoNode, name: str) -> vs.VideoNode:
    """The clip restored by a preset: ``vsplugin.preset(clip, "film")``, as ``vsplugin restore --preset film`` does.

    Logs a warning for each step that is left out. Raises ``vs.Error`` naming the presets there are, and what the
    filters raise.
    """
    from .. import chain  # filters load on use

    for line in chain.left_out(name):
        logging.getLogger("vsplugin").warning(line)
    return chain.apply(clip, chain.preset(name))
