"""A host in a process of its own, for tests that kill it: renders a frame, says who its worker is, and waits."""

import importlib.util
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from .profiles import FILTER, PROFILES


def main() -> None:
    told = json.loads(sys.argv[1])
    spec = importlib.util.spec_from_file_location("ofxhost", told["module"])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    trap = Path(tempfile.mkdtemp()) / "trap"
    trap.touch()
    kept = [os.open(trap, os.O_RDONLY) for _ in range(1000)]
    for descriptor in kept:
        os.set_inheritable(descriptor, True)
    trap.unlink()
    host, binary = module.Host(PROFILES["strict"]), module.Binary(told["binary"])
    plugin = binary.plugin(0, host)
    plugin.set_host()
    plugin.act("OfxActionLoad")
    plugin.describe()
    _, context = plugin.describe_in_context(FILTER)
    instance = plugin.instance(context)
    instance.create()
    instance.set("preset", 0)  # Own script
    instance.set("script", told["script"])
    picture = np.random.default_rng(0).random((9, 7, 4), np.float32)
    instance.frame(0.0, picture, {})
    _, out = instance.render(time=0.0, size=(7, 9))
    children = [
        int(stat.parent.name)
        for stat in Path("/proc").glob("[0-9]*/stat")
        if int(stat.read_text().rsplit(") ", 1)[1].split()[1]) == os.getpid()
    ]
    print(json.dumps({"same": bool(np.array_equal(out, picture)), "worker": children[0]}), flush=True)
    time.sleep(60)


if __name__ == "__main__":
    main()
