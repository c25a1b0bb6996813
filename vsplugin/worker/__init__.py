"""The process that renders for an OpenFX host: ``python -I -m vsplugin.worker``, started by the bundle (ofx_bridge/).

Read it along a frame's way: ``channel`` (messages) -> ``frames`` (pictures of the host) -> ``render`` (one frame) ->
``graph`` (the VapourSynth graph of a node) -> ``colour``, ``sidecars``.
"""
