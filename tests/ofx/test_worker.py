"""The worker dies, hangs, is absent, speaks another language; hosts cancel, render in parallel, and go on for hours."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from vsplugin.ofx import bundle as bundles

from .conftest import FAILED, MEMORY, OK, SCRIPTS, install
from .own import descriptors, open_files, resident_kib

SIZE = (64, 48)


def test_it_starts_in_the_first_render_and_not_before(own, scene):
    bundle = own()
    node = bundle.node("denoise")
    node.set(sigma_unset=0, sigma=5.0)
    node.feed(0, scene)
    assert bundle.workers() == []
    node.render(0, SIZE)
    assert bundle.worker()


def test_all_nodes_of_a_process_share_one_and_unloading_ends_it(own, scene):
    bundle = own()
    nodes = [bundle.node(), bundle.node("denoise"), bundle.node()]
    for node in nodes:
        node.feed(0, scene)
        node.render(0, SIZE)
    worker = bundle.worker()
    bundle.close()
    assert not Path(f"/proc/{worker}").exists()


def test_killed_between_frames_it_is_started_again_unnoticed(own, scene):
    bundle = own()
    node = bundle.node()
    node.feed(0, scene)
    for _ in range(5):
        np.testing.assert_array_equal(node.render(0, SIZE), scene)
        os.kill(bundle.worker(), signal.SIGKILL)
    assert node.instance.message == ""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_killed_while_it_renders_the_frame_is_the_source_and_the_next_one_right(own, scene, how):
    bundle = own()
    node = bundle.node()
    node.feed(0, scene)
    node.feed(1, scene)
    node.render(0, SIZE)  # the worker is there
    node.set(script=str(SCRIPTS / "slow.vpy"))
    killer = threading.Timer(0.8, lambda: os.kill(bundle.worker(), how))
    killer.start()
    status, out = node.try_render(0, SIZE)
    assert status == FAILED
    np.testing.assert_array_equal(out, scene)
    assert f"signal {int(how)}" in node.instance.message
    assert bundle.zombies() == []
    node.set(script=str(SCRIPTS / "halve.vpy"))
    np.testing.assert_allclose(node.render(1, SIZE)[..., :3], scene[..., :3] / 2 + 0.125, atol=1e-6)
    assert node.instance.message == ""


def test_after_three_deaths_the_node_gives_up_until_something_changes(own, scene):
    bundle = own()
    node = bundle.node(script="dies.vpy")
    node.feed(0, scene)
    for _ in range(3):
        assert node.try_render(0, SIZE)[0] == FAILED
    status, out = node.try_render(0, SIZE)
    assert status == FAILED
    assert "died 3 times" in node.instance.message and bundle.workers() == []
    np.testing.assert_array_equal(out, scene)
    node.set(script=str(SCRIPTS / "null.vpy"))
    changed = {"OfxPropChangeReason": "OfxChangeUserEdited", "OfxPropName": "script", "OfxPropTime": 0.0}
    assert node.act("OfxActionInstanceChanged", **changed)[0] == OK
    np.testing.assert_array_equal(node.render(0, SIZE), scene)


def test_a_hung_worker_is_ended_after_its_time(own, scene):
    bundle = own(frame_seconds="2", prepare_seconds="3")
    node = bundle.node()
    node.feed(0, scene)
    node.render(0, SIZE)
    node.set(script=str(SCRIPTS / "slow.vpy"))
    stopper = threading.Timer(0.8, lambda: os.kill(bundle.worker(), signal.SIGSTOP))
    stopper.start()
    status, out = node.try_render(0, SIZE)
    assert status == FAILED
    assert "did not answer within" in node.instance.message
    np.testing.assert_array_equal(out, scene)
    assert bundle.workers() == []
    node.set(script=str(SCRIPTS / "null.vpy"))
    np.testing.assert_array_equal(node.render(0, SIZE), scene)


def test_a_worker_that_never_starts_is_given_up_after_its_time(own, scene, tmp_path):
    sleeper = tmp_path / "sleeper"
    sleeper.write_text("#!/bin/sh\nexec sleep 100\n")
    sleeper.chmod(0o755)
    node = own(python=str(sleeper), start_seconds="1").node()
    node.feed(0, scene)
    status, out = node.try_render(0, SIZE)
    assert status == FAILED and "did not answer within 1 seconds" in node.instance.message
    np.testing.assert_array_equal(out, scene)


@pytest.mark.parametrize(
    ("python", "words"),
    [
        ("/no/such/python", "cannot be started: /no/such/python: No such file"),
        ("/etc/passwd", "Permission denied"),
        ("/bin/true", "ended with exit status 0"),
        ("/bin/false", "ended with exit status 1"),
        ("", "vsplugin ofx install"),
    ],
)
def test_an_absent_worker_is_said_once_and_the_source_shown(own, scene, python, words):
    bundle = own(python=python)
    node = bundle.node()
    node.feed(0, scene)
    for _ in range(2):
        status, out = node.try_render(0, SIZE)
        assert status == FAILED
        assert words in node.instance.message
        np.testing.assert_array_equal(out, scene)
    assert bundle.zombies() == []


def test_no_settings_at_all(own, scene):
    bundle = own()
    bundles.settings(bundle.binary.parents[2]).unlink()
    node = bundle.node()
    node.feed(0, scene)
    assert node.try_render(0, SIZE)[0] == FAILED
    assert "run vsplugin ofx install" in node.instance.message


@pytest.mark.parametrize("mode", ["older", "garbage", "noise"])
def test_workers_of_another_version_and_ones_that_talk_too_much(own, scene, tmp_path, mode):
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} {Path(__file__).parent / "odd_worker.py"} {mode} "$@"\n')
    python.chmod(0o755)
    node = own(python=str(python), start_seconds="20").node()
    node.feed(0, scene)
    status, out = node.try_render(0, SIZE)
    np.testing.assert_array_equal(out, scene)
    if mode == "noise":
        assert status == OK
    else:
        assert status == FAILED
        words = {"older": "speaks protocol 0, this bundle 1", "garbage": "not this protocol"}
        assert words[mode] in node.instance.message


def test_out_of_memory_is_its_own_status(own, scene):
    node = own().node(script="hungry.vpy")
    node.feed(0, scene)
    status, out = node.try_render(0, SIZE)
    assert status == MEMORY
    assert "MemoryError" in node.instance.message
    np.testing.assert_array_equal(out, scene)


# Abort ---------------------------------------------------------------------------------------------------------------


def test_abort_is_heard_before_the_frame_is_done_and_the_channel_is_used_again(own, scene):
    bundle = own()
    node = bundle.node(script="slow.vpy")
    node.feed(0, scene)
    quick = bundle.node()
    quick.feed(0, scene)
    quick.render(0, SIZE)  # the worker is there
    waits = []
    for _ in range(3):
        moment = []

        def stop(moment=moment):
            moment.append(time.monotonic())
            node.instance.abort = True

        node.instance.abort = False
        threading.Timer(0.3, stop).start()
        status, out = node.try_render(0, SIZE)
        waits.append(time.monotonic() - moment[0])
        assert status == OK
        assert (out.view(np.uint8) == 0xA5).all()  # nothing was written
    assert max(waits) < 1, waits  # the frame takes 2 s; benchmarks/ofx.py measures how soon
    node.instance.abort = False
    node.set(script=str(SCRIPTS / "halve.vpy"))
    np.testing.assert_allclose(node.render(0, SIZE)[..., :3], scene[..., :3] / 2 + 0.125, atol=1e-6)
    time.sleep(2.5)  # the cancelled frames have ended
    node.render(0, SIZE)
    assert open_files(bundle.worker()) < 60


def test_abort_before_the_render_and_by_the_progress_bar(own, scene):
    bundle = own()
    node = bundle.node(script="slow.vpy")
    node.feed(0, scene)
    node.instance.abort = True
    assert node.try_render(0, SIZE)[0] == OK
    node.instance.abort = False
    node.set(script=str(SCRIPTS / "slower.vpy"))
    node.instance.stop_by_progress()
    began = time.monotonic()
    assert node.try_render(0, SIZE)[0] == OK
    assert 1.9 < time.monotonic() - began < 8 and node.instance.progress_updates == 1  # the frame takes 8 s


# In parallel and for long --------------------------------------------------------------------------------------------


def test_two_nodes_on_four_threads_give_what_each_gives_alone(own, scene):
    bundle = own()
    nodes = [bundle.node(script="halve.vpy"), bundle.node(script="mirror.vpy")]
    for node in nodes:
        for moment in range(6):
            node.feed(moment, scene + moment)

    def work(number):
        node = bundle.node(script="halve.vpy" if number % 2 else "mirror.vpy")
        out = []
        for moment in range(6):
            node.feed(moment, scene + moment)
            out.append(node.render(moment, SIZE)[..., :3])
        return out

    alone = [[node.render(moment, SIZE)[..., :3] for moment in range(6)] for node in nodes]
    with ThreadPoolExecutor(4) as pool:
        for number, found in enumerate(pool.map(work, range(4))):
            np.testing.assert_array_equal(found, alone[0 if number % 2 else 1])
    assert bundle.worker()


def test_twenty_nodes_come_and_go(own, scene):
    """The first ones bring the worker, its slots and caches; what the rest leave behind would be a leak."""
    bundle = own()
    bundle.node()
    sizes = []
    for _ in range(20):
        node = bundle.node()
        node.feed(0, scene)
        np.testing.assert_array_equal(node.render(0, SIZE), scene)
        bundle.nodes.pop().close()
        worker = bundle.worker()
        sizes.append((descriptors(), open_files(worker), resident_kib(), resident_kib(worker)))
    ours, workers, our_kib, their_kib = zip(*sizes[4:], strict=True)
    assert len(set(ours)) == len(set(workers)) == 1, sizes
    assert their_kib[-1] - their_kib[0] < 4_000, sizes
    if "libasan" not in Path("/proc/self/maps").read_text():  # which keeps what was freed
        assert our_kib[-1] - our_kib[0] < 2_000, sizes
    assert bundle.zombies() == []


def test_a_thousand_frames_leave_nothing_behind(own, scene):
    bundle = own()
    node = bundle.node(script="mean3.vpy")
    node.set(radius=1)
    picture = np.repeat(np.repeat(scene, 4, 0), 4, 1)
    sizes = []
    for moment in range(1, 1001):
        for near in (moment - 1, moment, moment + 1):
            picture[..., 0] = near / 1000
            node.feed(near, picture)
        out = node.render(moment, (256, 192))
        assert abs(float(out[100, 100, 0]) - moment / 1000) < 1e-5
        if moment % 100 == 0:
            worker = bundle.worker()
            sizes.append((descriptors(), open_files(worker), resident_kib(worker)))
            node.instance.no_frames()
    assert len({files for files, _, _ in sizes[1:]}) == 1
    assert len({files for _, files, _ in sizes[1:]}) == 1
    assert sizes[-1][2] < sizes[2][2] + 20_000, sizes
    assert bundle.zombies() == []


def test_begin_without_end_render_without_begin_and_sizes_that_change(own, scene):
    bundle = own()
    node = bundle.node()
    for height in (48, 10, 48, 33):
        node.feed(0, scene[:height])
        np.testing.assert_array_equal(node.render(0, (64, height), sequence=height != 10), scene[:height])
    node.act("OfxImageEffectActionBeginSequenceRender", OfxPropTime=0.0)
    assert node.act("OfxActionPurgeCaches")[0] == OK
    node.feed(0, scene)
    np.testing.assert_array_equal(node.render(0, SIZE), scene)


def test_the_worker_inherits_nothing_and_dies_with_its_host(ofxhost, tmp_path):
    """A host in a process of its own, with a thousand open files: killed, it takes its worker along."""
    binary = bundles.binary(install(tmp_path / "bundle"))
    told = {"binary": str(binary), "module": ofxhost.__file__, "script": str(SCRIPTS / "null.vpy")}
    environment = {**os.environ, "PYTHONHOME_TRAP": "1", "QT_PLUGIN_PATH": "/nowhere", "LD_TRAP": "1"}
    host = subprocess.Popen(
        [sys.executable, "-m", "tests.ofx.child_host", json.dumps(told)],
        stdout=subprocess.PIPE, cwd=Path(__file__).resolve().parents[2], env=environment, text=True,
    )  # fmt: skip
    try:
        answer = json.loads(host.stdout.readline())
        assert answer["same"] is True
        worker = Path(f"/proc/{answer['worker']}")
        told_variables = worker.joinpath("environ").read_bytes().split(b"\0")
        assert not [one for one in told_variables if one.startswith((b"PYTHON", b"QT_", b"LD_"))]
        text = b" ".join(told_variables)  # the C library has cut the list of tunables into pieces
        assert b"GLIBC_TUNABLES=glibc.malloc.hugetlb=1" in text and b"glibc.malloc.mmap_threshold=131072" in text
        leaked = [str(one.readlink()) for one in worker.joinpath("fd").iterdir()]
        assert not [one for one in leaked if "trap" in one]
    finally:
        host.kill()
        host.wait()
        host.stdout.close()
    deadline = time.monotonic() + 20
    while worker.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not worker.exists()
