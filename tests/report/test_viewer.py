"""The page in a real browser: what a person does with it, and what then is on the screen."""

from __future__ import annotations

import base64
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from vsplugin.cli import main
from vsplugin.report import pictures

from .browser import Browser

FRAMES, WIDTH, HEIGHT = 6, 320, 180


def write_clip(path: Path, level: int, frames: int = FRAMES) -> Path:
    """Grey of one level, a little brighter each frame, with a block on the left."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("ffv1", rate=25, options={"g": "1"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(frames):
            picture = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
            picture[:HEIGHT] = level + 3 * number
            picture[20:60, 40:80] = 235
            frame = av.VideoFrame.from_ndarray(picture, "yuv420p")
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    first, second = write_clip(folder / "dark.mkv", 60), write_clip(folder / "light.mkv", 160)
    with pytest.raises(SystemExit) as ended:
        main(["compare", str(first), str(second), "--metrics", "psnr_y,noise", "-o", str(folder / "r.html"), "--quiet"])
    assert not ended.value.code
    return folder / "r.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser(1000, 900) as opened:
        yield opened


@pytest.fixture
def shown(browser: Browser, page: Path) -> Browser:
    browser.open(page)
    browser.settle()
    return browser


def brightness(browser: Browser, share: float, height: float = 0.7) -> int:
    """Of the canvas, at this share of its width."""
    found: list[int] = browser.run(
        "(() => { const c = Stage.canvas; return [...c.getContext('2d').getImageData("
        "Math.floor(arguments[0] * c.width), Math.floor(arguments[1] * c.height), 1, 1).data]; })"
        ".apply(null, arguments)",
        share,
        height,
    )
    return found[0]


def middle(browser: Browser) -> tuple[float, float]:
    box = browser.box("#stage")
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.mark.parametrize("kind", ["mouse", "touch"])
def test_the_line_moves(shown: Browser, kind: str) -> None:
    dark, light = brightness(shown, 0.3), brightness(shown, 0.7)
    assert light - dark > 80
    x, y = middle(shown)
    shown.drag((x, y), (x + 0.35 * shown.box("#stage")["width"], y), kind)
    assert shown.run("state.wipe") == pytest.approx(0.85, abs=0.01)
    assert brightness(shown, 0.7) == dark and brightness(shown, 0.95) == light
    assert shown.box("#handle")["x"] == pytest.approx(
        shown.box("#stage")["x"] + 0.85 * shown.box("#stage")["width"], abs=3
    )
    assert shown.errors() == []


def test_zoom_keeps_what_lies_under_the_pointer(shown: Browser) -> None:
    box = shown.box("#stage")
    block = (60 / WIDTH, 40 / HEIGHT)  # its middle, in shares of the picture
    x, y = box["x"] + block[0] * box["width"], box["y"] + block[1] * box["height"]
    before = brightness(shown, *block)
    assert before > 200
    for _ in range(4):
        shown.wheel((x, y), -240)
    assert shown.run("state.zoom") > 3
    assert brightness(shown, *block) == before, "the block went away from under the pointer"
    assert brightness(shown, block[0] + 0.05, block[1]) == before, "it was not enlarged"
    at = shown.run("state.x")
    shown.drag((x + 200, y + 200), (x + 100, y + 200))
    assert shown.run("state.x") > at, "the picture did not follow the hand"
    shown.press("0")
    assert shown.run("state.zoom") == 1 and shown.run("byId('zoom').textContent") == "fit"
    shown.pinch(middle(shown), 60, 150)
    assert shown.run("state.zoom") == pytest.approx(2.5, rel=0.1)
    assert shown.errors() == []


def test_keys(shown: Browser) -> None:
    dark = brightness(shown, 0.3)
    shown.press("right", "right")
    assert shown.run("state.frame") == 2
    assert 2 <= brightness(shown, 0.3) - dark <= 10, "another frame must be on the screen"
    assert shown.run("byId('frame').textContent") == f"frame 2 of {FRAMES}"
    shown.press("end")
    assert shown.run("state.frame") == FRAMES - 1
    shown.press("left", shift=True)
    assert shown.run("state.frame") == 0
    shown.press("s")
    assert brightness(shown, 0.3) > dark + 80
    shown.press("2")
    assert shown.run("byId('modes').children[1].getAttribute('aria-checked')") == "true"
    shown.press("3")
    assert brightness(shown, 0.5) > 200, "a difference of a hundred, times four"
    shown.press("1", "d", "d")
    assert shown.run("state.wipe") == pytest.approx(0.54)
    shown.press("w")
    assert shown.run("state.frame === Panels.worst[1] || state.frame === Panels.worst[0]")
    shown.press("space")
    shown.wait("Player.timer && state.frame > 2")
    shown.press("space")
    assert shown.run("Player.timer") == 0
    assert shown.errors() == []


def test_plots_slices_and_worst_frames_lead_to_the_frame(shown: Browser) -> None:
    assert shown.run("document.querySelectorAll('.plot').length") == 2
    assert shown.run("document.querySelectorAll('.plot path').length") == 3  # psnr_y: one clip; noise: both
    shown.run("document.querySelector('.plot .area').scrollIntoView({block: 'center'})")
    box = shown.box(".plot .area")
    at = (box["x"] + box["width"] * 4.5 / FRAMES, box["y"] + 30)
    shown.drag(at, at)
    assert shown.run("state.frame") == 4
    assert shown.run("document.querySelector('.plot .cursor').style.left") == "75%"
    shown.run("document.querySelector('.slice').scrollIntoView({block: 'center'})")
    box = shown.box(".slice")
    shown.drag((box["x"] + 3, box["y"] + 30), (box["x"] + 3, box["y"] + 30))
    assert shown.run("state.frame") == 0
    size = shown.run(
        "(() => { const i = document.querySelector('.slice img'); return [i.naturalWidth, i.naturalHeight]; })()"
    )
    assert size[0] == FRAMES
    shown.run("document.querySelectorAll('#worst button')[2].click()")
    shown.settle()
    assert shown.run("state.frame === Panels.worst[2]")
    assert shown.errors() == []


def test_light_and_dark(shown: Browser) -> None:
    def paper() -> int:
        found = re.findall(r"\d+", shown.run("getComputedStyle(document.body).backgroundColor"))
        return int(found[0])

    shown.run("Theme.set('light')")
    light = paper()
    shown.press("t")
    assert light > 230 and paper() < 40
    shown.press("t")
    assert paper() == light
    with Browser(700, 500, dark=True) as other:
        assert other.run("matchMedia('(prefers-color-scheme: dark)').matches")


def test_a_phone_sees_all_of_it(browser: Browser, page: Path) -> None:
    browser.resize(500, 900)
    try:
        browser.open(page)
        browser.settle()
        assert browser.run("document.documentElement.scrollWidth <= innerWidth"), "the page must not scroll sideways"
        assert browser.box("#stage")["width"] > 420
    finally:
        browser.resize(1000, 900)


def test_nothing_is_fetched(page: Path) -> None:
    text = page.read_text()
    assert not re.findall(r"""(?:src|href)=["']?(?!data:)[a-z]""", re.sub(r"<script.*?</script>", "", text, flags=re.S))
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "") and "https://" not in text
    data = json.loads(re.search(r'id="data">(.*?)</script>', text)[1])  # type: ignore[index]
    assert data["frames"] == FRAMES and data["lossless"] == list(range(FRAMES))
    image = pictures.pillow().open(io.BytesIO(base64.b64decode(
        json.loads(re.search(r'id="lossless">(.*?)</script>', text)[1])["1/0"])))  # type: ignore[index]  # fmt: skip
    assert image.size == (WIDTH, HEIGHT)
    assert np.asarray(image)[120, 200].tolist() == [168] * 3  # (160 - 16) / 219 of 255


def test_served_frames_are_rendered_when_looked_at(browser: Browser, tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mkv", 90)
    command = [
        sys.executable,
        "-m",
        "vsplugin",
        "preview",
        str(source),
        "--scale",
        "1",
        "--denoise",
        "0.5",
        "--no-open",
    ]
    with subprocess.Popen(
        [*command, "--set", "denoise.sigma=3", "--json"], stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            text = ""
            while not text.endswith("}\n"):
                line = server.stdout.readline()  # type: ignore[union-attr]
                assert line, "the server ended"
                text += line
            address = json.loads(text)["address"]
            browser.open(address)
            browser.settle()
            shade = brightness(browser, 0.3)
            browser.press("end")
            assert browser.run("state.frame") == FRAMES - 1 and brightness(browser, 0.3) > shade + 10
            assert browser.run("byId('badge').textContent") == "as rendered"
            assert browser.errors() == []
        finally:
            server.terminate()


@pytest.mark.slow
@pytest.mark.corpus
def test_300_frames_of_1080p_stay_small_and_scrub_smoothly(corpus: Path, browser: Browser, tmp_path: Path) -> None:
    for name, more in (("a", ""), ("b", ".std.BoxBlur(hradius=1, vradius=1)")):
        (tmp_path / f"{name}.vpy").write_text(
            "import vapoursynth as vs\ncore = vs.core\n"
            f"clip = core.bs.VideoSource(r'{corpus}/public/video/parkjoy_480x270.mkv', cachemode=0)\n"
            "clip = core.std.Loop(clip.resize.Bicubic(1920, 1080, format=vs.YUV420P8), 20)[:300]\n"
            f"clip.std.SetFrameProps(_Matrix=1){more}.set_output()\n"
        )
    target = tmp_path / "r.html"
    with pytest.raises(SystemExit) as ended:
        main(["compare", str(tmp_path / "a.vpy"), str(tmp_path / "b.vpy"), "--metrics", "psnr_y", "-o", str(target)])
    assert not ended.value.code
    assert target.stat().st_size <= 40e6
    browser.open(target)
    browser.settle()
    script = """(async () => {
      const spent = [];
      for (let n = 0; n < 60; n++) {
        const begin = performance.now(), frame = (37 * n) % DATA.frames;
        await Promise.all([Frames.fetch(0, frame), Frames.fetch(1, frame)]);
        update({ frame });
        await new Promise(requestAnimationFrame);
        spent.push(performance.now() - begin);
      }
      return spent.sort((a, b) => a - b);
    })()"""
    spent = browser.run(script)
    print(f"page {target.stat().st_size / 1e6:.1f} MB; a far jump takes {spent[30]:.0f} ms, at most {spent[-1]:.0f} ms")
    assert browser.errors() == []
