"""The test host (built once), the bundle (installed into a folder of the test run), and nodes in a host."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from vsplugin.ofx import bundle as bundles

from .profiles import DEPTHS, FILTER, NEGATIVE_ROWS, PROFILES

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = Path(__file__).parent / "scripts"
OK, FAILED, MISSING_FEATURE, FORMAT, MEMORY, REPLY_DEFAULT = 0, 1, 4, 7, 8, 14


def build(source: Path, folder: Path, *options: str) -> None:
    """Compile what a CMakeLists.txt says; a second call compiles what changed."""
    configure = ["cmake", "-S", str(source), "-B", str(folder), "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", *options]
    for command in (configure, ["cmake", "--build", str(folder)]):
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def build_host(folder: Path, *options: str) -> Path:
    """The test host as a module."""
    pybind11 = subprocess.run([sys.executable, "-m", "pybind11", "--cmakedir"], capture_output=True, text=True)
    if pybind11.returncode:
        pytest.skip("the OpenFX test host needs pybind11: ./run test has it")
    python = (f"-Dpybind11_DIR={pybind11.stdout.strip()}", f"-DPython_EXECUTABLE={sys.executable}")
    build(Path(__file__).parent / "host", folder, *python, *options)
    return next(folder.glob("ofxhost*.so"))


# Another build of the bundle and of the host, such as one with sanitizers or of zig's compiler.
OTHER_BUNDLE, OTHER_HOST = (os.environ.get(f"VSPLUGIN_OFX_TEST_{what}") for what in ("BUNDLE", "HOST"))


@pytest.fixture(scope="session")
def ofxhost() -> ModuleType:
    path = Path(OTHER_HOST) if OTHER_HOST else build_host(ROOT / "build" / "ofx_host")
    spec = importlib.util.spec_from_file_location("ofxhost", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def install(folder: Path, other: Path | None = None, **settings: str) -> Path:
    """A copy of the bundle whose worker logs beside it; ``settings`` go into worker.json."""
    path = bundles.install(folder)
    if other or OTHER_BUNDLE:
        shutil.copy(other or OTHER_BUNDLE, bundles.binary(path))
    told = {**bundles.worker_settings(), "log": str(folder / "worker.log"), **settings}
    bundles.settings(path).write_text(json.dumps(told))
    return path


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The binary of a bundle that all tests share, and with it one worker."""
    return bundles.binary(install(tmp_path_factory.mktemp("ofx")))


class Node:
    """An instance of a node in a host, with pictures as ``(height, width, 4)``, the lowest row first."""

    def __init__(
        self, module: ModuleType, binary: Path, name: str, profile: str, host: Any = None, context: str = FILTER
    ) -> None:
        self.profile = profile
        self.host = host or module.Host(PROFILES[profile])
        self.binary = module.Binary(str(binary))
        self.binary.set_host(self.host)
        plugins = [self.binary.plugin(index, self.host) for index in range(len(self.binary))]
        self.plugin = next(one for one in plugins if one.identifier == f"org.vsplugin.{name}")
        self.plugin.set_host()
        assert self.plugin.act("OfxActionLoad") == OK
        status, self.description = self.plugin.describe()
        assert status == OK
        status, self.context = self.plugin.describe_in_context(context)
        assert status == OK
        self.instance = self.plugin.instance(self.context)
        assert self.instance.create() == OK

    def set(self, **values: Any) -> None:
        for name, value in values.items():
            self.instance.set(name, self.entry(name, value) if isinstance(value, str) else value)

    def entry(self, name: str, value: str) -> Any:
        """The number of a menu's entry, for its label; other texts are texts."""
        kind, properties = next((kind, values) for one, kind, values in self.context.params if one == name)
        return properties["OfxParamPropChoiceOption"].index(value) if kind == "OfxParamTypeChoice" else value

    def feed(self, time: float, picture: np.ndarray[Any, Any], **shape: Any) -> None:
        self.instance.frame(float(time), picture, {**self.shape(), **shape})

    def shape(self) -> dict[str, Any]:
        return {"negative_rows": True} if self.profile in NEGATIVE_ROWS else {}

    def render(
        self, time: float = 0, size: tuple[int, int] | None = None, dtype: str = "float32", **given: Any
    ) -> np.ndarray[Any, Any]:
        """The rendered picture; the action must succeed."""
        status, picture = self.try_render(time, size, dtype, **given)
        assert status == OK, self.instance.message
        return picture

    def try_render(self, time: float = 0, size: Any = None, dtype: str = "float32", **given: Any) -> Any:
        given["shape"] = {**self.shape(), **given.get("shape", {})}
        return self.instance.render(time=float(time), size=size, dtype=dtype, **given)

    def act(self, action: str, **given: Any) -> tuple[int, dict[str, Any]]:
        return self.instance.act(action, given)

    def close(self) -> None:
        assert self.instance.destroy() == OK
        assert self.plugin.act("OfxActionUnload") == OK
        assert self.host.violations == []


@pytest.fixture
def make(ofxhost: ModuleType, installed: Path) -> Iterator[Callable[..., Node]]:
    """Make nodes; at the end each is destroyed and its host must have nothing to complain of.

    The bundle stays loaded between tests, and its worker alive: one more load than unload.
    """
    made: list[Node] = []

    def one(name: str, profile: str = "strict", **given: Any) -> Node:
        if changes := given.pop("changes", None):
            given["host"] = ofxhost.Host({**PROFILES[profile], **changes})
        made.append(Node(ofxhost, installed, name, profile, **given))
        return made[-1]

    yield one
    for node in made:
        node.close()


@pytest.fixture(scope="session", autouse=True)
def _kept_loaded(ofxhost: ModuleType, installed: Path) -> Iterator[None]:
    """One load of the shared bundle without an unload, so that its worker serves all tests."""
    host, binary = ofxhost.Host(PROFILES["strict"]), ofxhost.Binary(str(installed))
    plugin = binary.plugin(0, host)
    plugin.set_host()
    assert plugin.act("OfxActionLoad") == OK
    yield
    plugin.set_host()
    assert [plugin.act(f"OfxAction{action}") for action in ("Load", "Unload", "Unload")] == [OK] * 3


@pytest.fixture(scope="session")
def scene() -> np.ndarray[Any, Any]:
    """``(48, 64, 4)`` float32: ramps and an edge, some values beyond 0..1, alpha of all kinds."""
    y, x = np.mgrid[0:48, 0:64].astype(np.float32)
    red = x / 63 * 1.5 - 0.2
    green = y / 47
    blue = ((x - 30) ** 2 + (y - 20) ** 2 < 150) * 0.8 + 0.1
    alpha = np.clip((x + y) / 80 - 0.2, 0, 1)
    return np.stack([red, green, blue, alpha], axis=2).astype(np.float32)


def depth_of(profile: str) -> str:
    return DEPTHS.get(profile, "float32")


@pytest.fixture
def own(ofxhost: ModuleType, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Make bundles with a worker of their own; at the end none of them may have left a process."""
    from .own import Own

    made: list[Own] = []

    def one(**settings: str) -> Own:
        made.append(Own(ofxhost, tmp_path / str(len(made)), **settings))
        return made[-1]

    yield one
    for each in made:
        each.close()
