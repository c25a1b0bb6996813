"""When memory, descriptors or time run short, when the bundle is unloaded for good; failures as each host sees them."""

import gc
import os
import resource
import sys
from pathlib import Path

import numpy as np
import pytest

from vsplugin.ofx import bundle as bundles

from .conftest import FAILED, MEMORY, OK, SCRIPTS, Node, install
from .own import children, descriptors
from .profiles import PROFILES, SILENT

SIZE = (64, 48)


@pytest.mark.parametrize("profile", PROFILES)
def test_in_every_host_a_failure_shows_the_source_and_the_next_frame_is_right(own, scene, profile):
    bundle = own(profile=profile)
    node = bundle.node(script="dies.vpy")
    node.feed(0, scene)
    status, out = node.try_render(0, SIZE)
    assert status == FAILED
    np.testing.assert_array_equal(out, scene)
    assert "exit status 3" in node.instance.message or profile in SILENT
    node.set(script=str(SCRIPTS / "mirror.vpy"))
    np.testing.assert_array_equal(node.render(0, SIZE)[..., :3], scene[::-1, ::-1, :3])
    assert node.instance.message == ""
    if profile != "toucan":  # which has no abort
        node.instance.abort = True
        status, out = node.try_render(0, SIZE)
        assert status == OK
        node.instance.abort = False
    assert bundle.zombies() == []


def test_a_worker_that_is_slow_to_start_is_waited_for(own, scene, tmp_path):
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nsleep 2.5\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    node = own(python=str(python)).node()
    node.feed(0, scene)
    np.testing.assert_array_equal(node.render(0, SIZE), scene)
    assert node.instance.progress_updates > 0  # after two seconds the user sees why


@pytest.mark.parametrize(
    ("limit", "value"),
    [(resource.RLIMIT_NOFILE, None), (resource.RLIMIT_FSIZE, 4096)],
    ids=["descriptors", "memory for pictures"],
)
def test_a_host_that_has_no_more_to_give_shows_the_source(own, scene, limit, value):
    """No descriptor for a socket, and a memory file that cannot grow."""
    node = own().node(script="halve.vpy")
    node.feed(0, scene)
    soft, hard = resource.getrlimit(limit)
    free = os.dup(0)
    os.close(free)
    try:
        resource.setrlimit(limit, (free if value is None else value, hard))
        status, out = node.try_render(0, SIZE)
    finally:
        resource.setrlimit(limit, (soft, hard))
    assert status == (FAILED if value is None else MEMORY)
    assert ("Too many open files" if value is None else "no memory for a picture") in node.instance.message
    np.testing.assert_array_equal(out, scene)
    np.testing.assert_allclose(node.render(0, SIZE)[..., :3], scene[..., :3] / 2 + 0.125, atol=1e-6)


def test_unloaded_for_good_nothing_of_it_remains(ofxhost, scene, tmp_path):
    before = set(children())
    binary = bundles.binary(install(tmp_path))
    files = None
    for _ in range(4):
        node = Node(ofxhost, binary, "restoration", "strict")
        node.set(preset="Own script", script=str(SCRIPTS / "null.vpy"))
        node.feed(0, scene)
        np.testing.assert_array_equal(node.render(0, SIZE), scene)
        assert str(binary) in Path("/proc/self/maps").read_text()
        node.close()
        del node
        gc.collect()
        assert str(binary) not in Path("/proc/self/maps").read_text()  # dlclose did it
        assert set(children()) == before
        files = files or descriptors()
        assert descriptors() == files
