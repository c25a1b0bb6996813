"""The options of a training, declared once for ``vsplugin train`` and for ``python -m vsplugin.training.train``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Option:
    """One option of the command line; ``type=bool`` is a flag."""

    name: str
    type: type
    help: str
    metavar: str = ""
    default: str | int | None = None
    choices: tuple[str, ...] = ()

    @property
    def flag(self) -> str:
        return "--" + self.name.rstrip("_").replace("_", "-")


OPTIONS = (
    Option("data", str, "Folder of .png stills to train on.", "DIR"),
    Option("to", str, "Folder for checkpoints, log, curves (and the tuned model).", "DIR"),
    Option("resume", bool, "Go on from the checkpoint in --to."),
    Option("device", str, "Where to train.", default="cpu", choices=("cpu", "cuda")),
    Option("threads", int, "CPU threads; 0 means all.", "N", default=0),
    Option("on", str, "Tune on your own footage: a folder of stills and videos.", "DIR"),
    Option("from_", str, "The model to begin with: an installed one's name, or a path ending in .onnx.", "MODEL"),
    Option("name", str, "Name of the tuned model; made of both names if not given.", "NAME"),
    Option("steps", int, "Steps of the tuning.  [default: 2000]", "N"),
    Option("learning_rate", float, "Peak of the tuning.  [default: a tenth of the recipe's]", "X"),
    Option("frames", int, "Frames taken from each video.", "N", default=24),
)


@dataclass(frozen=True)
class Request:
    """What the user asked for; the fields are :data:`OPTIONS`'."""

    recipe: str
    data: str | None = None
    to: str | None = None
    resume: bool = False
    device: str = "cpu"
    threads: int = 0
    on: str | None = None
    from_: str | None = None
    name: str | None = None
    steps: int | None = None
    learning_rate: float | None = None
    frames: int = 24

    def folder(self, name: str) -> Path:
        """Where the training lives: ``--to``, or ``build/training/NAME``."""
        return Path(self.to).expanduser() if self.to else Path("build/training") / name
