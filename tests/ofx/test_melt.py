"""A real host: melt from Debian sid, unpacked by tests/ofx/prepare_melt.sh; skipped where that is not at hand.

Frames travel as 16-bit RGBA: melt makes floats of them for a plugin, and 16 bits of what comes back.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import av
import numpy as np
import pytest

from vsplugin.ofx import nodes

from .conftest import SCRIPTS, install

WIDTH, HEIGHT, FRAMES = 160, 90, 4
TREE = Path(
    os.environ.get(
        "VSPLUGIN_MELT", Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "vsplugin" / "melt-sid"
    )
)
PROFILE = """description=test
frame_rate_num=25
frame_rate_den=1
width={width}
height={height}
progressive={progressive}
sample_aspect_num={aspect[0]}
sample_aspect_den={aspect[1]}
display_aspect_num=16
display_aspect_den=9
colorspace=709
"""
RGBA64 = {"vcodec": "ffv1", "pix_fmt": "rgba64le", "mlt_image_format": "rgba64", "an": "1"}


def read(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray() for frame in container.decode(video=0)])


class Melt:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plugins = folder / "plugins"
        install(self.plugins)
        (folder / "profile.txt").write_text(PROFILE.format(width=WIDTH, height=HEIGHT, progressive=1, aspect=(1, 1)))
        self.source = folder / "source.mkv"
        self._write_source()
        self.plain = read(self.run("plain"))

    def _write_source(self) -> None:
        y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
        generator = np.random.default_rng(2)
        with av.open(str(self.source), "w") as container:
            stream = container.add_stream("ffv1", rate=25)
            stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "rgba64le"
            for number in range(FRAMES):
                flat = np.stack([(x * 400 + number * 3000) % 65536, y * 700, ((x + y) // 9 % 2) * 50000], axis=2)
                noise = generator.normal(0, 2500, flat.shape)
                picture = np.full((HEIGHT, WIDTH, 4), 65535, np.uint16)
                picture[..., :3] = np.clip(flat + noise, 0, 65535)
                for packet in stream.encode(av.VideoFrame.from_ndarray(picture, "rgba64le")):
                    container.mux(packet)
            for packet in stream.encode():
                container.mux(packet)

    def start(self, name: str, *arguments: str, profile: str = "profile.txt", **consumer: str) -> subprocess.Popen[str]:
        library = TREE / "usr/lib/x86_64-linux-gnu"
        environment = {
            **os.environ,
            "MLT_REPOSITORY": str(library / "mlt-7"),
            "MLT_DATA": str(TREE / "usr/share/mlt-7"),
            "MLT_PROFILES_PATH": str(TREE / "usr/share/mlt-7/profiles"),
            "MLT_PRESETS_PATH": str(TREE / "usr/share/mlt-7/presets"),
            "OFX_PLUGIN_PATH": str(self.plugins),
        }
        folders = ":".join(str(library / sub) for sub in ("", "blas", "lapack", "pulseaudio"))
        told = [f"{key}={value}" for key, value in {**RGBA64, "real_time": "-1", **consumer}.items()]
        command = [str(library / "ld-linux-x86-64.so.2"), "--library-path", folders, str(TREE / "usr/bin/melt-7")]
        command += ["-silent", "-profile", str(self.folder / profile), str(self.source), *arguments]
        command += ["-consumer", f"avformat:{self.folder / name}.mkv", *told]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def run(self, name: str, *arguments: str, **options: str) -> Path:
        path = self.folder / f"{name}.mkv"
        for _ in range(3):  # on a busy machine melt, also without any filter, leaves an empty file once in 30 runs
            process = self.start(name, *arguments, **options)
            try:
                said, _ = process.communicate(timeout=120)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                continue
            assert process.returncode == 0, said
            if path.stat().st_size:
                break
        return path

    def node(self, name: str, node: str, *values: str, **options: str) -> np.ndarray:
        return read(self.run(name, "-filter", f"openfx.org.vsplugin.{node}", *values, **options))


@pytest.fixture(scope="module")
def melt(tmp_path_factory):
    if not (TREE / "usr/bin/melt-7").is_file():
        pytest.skip(f"no melt in {TREE}: tests/ofx/prepare_melt.sh puts it there (needs root and Debian's sid)")
    return Melt(tmp_path_factory.mktemp("melt"))


# What a user writes for vspipe: the source as the node gets it, then the filter.
SCRIPT = """import vapoursynth as vs
import vsplugin

clip = vsplugin.ofx_source("plain.mkv")
clip = clip.std.SetFrameProps(_Matrix=0, _Range=1, _Transfer=1, _Primaries=1)
{filter}.set_output()
"""


def piped(melt: Melt, script: Path) -> np.ndarray:
    """All frames of a script as vspipe gives them: float32, before any rounding."""
    tools = Path(sys.prefix) / "bin"
    vspipe = shutil.which("vspipe", path=str(tools))
    if vspipe is None:
        pytest.skip("vspipe is not installed")
    environment = {**os.environ, "VIRTUAL_ENV": sys.prefix, "PATH": f"{tools}:{os.environ['PATH']}"}
    done = subprocess.run([vspipe, str(script), "-"], capture_output=True, cwd=melt.folder, env=environment)
    assert done.returncode == 0, done.stderr.decode()
    green_blue_red = np.frombuffer(done.stdout, np.float32).reshape(FRAMES, 3, HEIGHT, WIDTH)
    return green_blue_red[:, [2, 0, 1]].transpose(0, 2, 3, 1)


def assert_is(got: np.ndarray, expected: np.ndarray) -> None:
    """melt's 16 bits of a float: the code above or below it."""
    exact = np.clip(expected.astype(np.float64), 0, 1) * 65535
    assert np.abs(got - exact).max() < 1.01


def test_the_source_arrives_in_all_16_bits(melt):
    np.testing.assert_array_equal(melt.plain, read(melt.source))


@pytest.mark.parametrize("node", [node.name for node in nodes.nodes()])
def test_every_node_at_mix_0_is_the_source_on_all_16_bits(melt, node):
    np.testing.assert_array_equal(melt.node(f"mix_{node}", node, "mix=0"), melt.plain)


@pytest.mark.parametrize(
    "node", [node.name for node in nodes.nodes() if "strength" in {knob.name for knob in node.knobs}]
)
def test_and_so_it_is_at_strength_0(melt, node):
    np.testing.assert_array_equal(melt.node(f"strength_{node}", node, "strength=0"), melt.plain)


@pytest.mark.parametrize(
    ("node", "values", "filter"),
    [
        (
            "denoise",
            ["sigma_unset=0", "sigma=12", "sigma_chroma_unset=0", "sigma_chroma=12"],
            "vsplugin.denoise(clip, sigma=12, sigma_chroma=12)",
        ),
        ("lift_hdr", ["peak=700"], "vsplugin.lift_hdr(clip, peak=700)"),
        ("upscale", [], f"vsplugin.upscale(clip.resize.Bicubic({WIDTH // 2}, {HEIGHT // 2}), scale=2)"),
        ("restoration", ["preset=Own script"], "clip.std.Expr('x 0.5 * .125 +')"),
    ],
)
def test_nodes_at_work_are_what_vspipe_gives(melt, node, values, filter):
    """The very file that vspipe runs is also the graph of the node Preset or Script."""
    script = melt.folder / f"{node}.vpy"
    script.write_text(SCRIPT.format(filter=filter))
    expected = piped(melt, script)
    if node == "restoration":
        values = [*values, f"script={script}"]
    out = melt.node(f"work_{node}", node, *values)
    assert len(out) == FRAMES
    for number in range(FRAMES):
        assert_is(out[number][..., :3], expected[number])
    np.testing.assert_array_equal(out[..., 3], melt.plain[..., 3])
    assert np.abs(out.astype(int) - melt.plain).max() > 1000


def test_several_render_threads_give_the_same(melt):
    values = ["sigma_unset=0", "sigma=9"]
    one = melt.node("threads1", "denoise", *values)
    np.testing.assert_array_equal(melt.node("threads4", "denoise", *values, real_time="-4"), one)


def test_bytes_half_size_and_other_pixel_shapes(melt):
    """8-bit frames, a preview at half size, PAL's pixels: the node's input is what the plain clip's output is."""
    (melt.folder / "pal.txt").write_text(PROFILE.format(width=720, height=576, progressive=0, aspect=(64, 45)))
    halve = ["-filter", "openfx.org.vsplugin.restoration", "preset=Own script", f"script={SCRIPTS / 'halve.vpy'}"]
    eight = {"pix_fmt": "bgra", "mlt_image_format": "rgba"}
    for name, options in (("small", {"scale": "0.5"}), ("pal", {"profile": "pal.txt"}), ("bytes", eight)):
        plain, out = read(melt.run(f"{name}_plain", **options)), read(melt.run(name, *halve, **options))
        assert plain.shape == out.shape
        peak = 255 if name == "bytes" else 65535
        expected = plain[..., :3].astype(np.float64) / 2 + peak / 8
        assert np.abs(out[..., :3] - expected).max() < (1.01 if name != "pal" else 2.01), name


def test_a_killed_worker_costs_a_frame_and_not_the_host(melt):
    values = ["preset=Own script", f"script={SCRIPTS / 'slow.vpy'}"]
    process = melt.start("killed", "-filter", "openfx.org.vsplugin.restoration", *values)
    killed = []

    def kill() -> None:
        deadline = time.monotonic() + 20
        while not killed and time.monotonic() < deadline:
            for stat in Path("/proc").glob("[0-9]*/stat"):
                try:
                    if int(stat.read_text().rsplit(") ", 1)[1].split()[1]) == process.pid:
                        time.sleep(1.0)
                        os.kill(int(stat.parent.name), signal.SIGKILL)
                        killed.append(stat.parent.name)
                        return
                except OSError:
                    continue
            time.sleep(0.05)

    killer = threading.Thread(target=kill)
    killer.start()
    said, _ = process.communicate(timeout=300)
    killer.join()
    assert process.returncode == 0, said
    assert killed
    out = read(melt.folder / "killed.mkv")
    np.testing.assert_array_equal(out, melt.plain)  # slow.vpy changes nothing, and neither does a failure
