"""Long jobs that survive anything: a plan, idempotent chunks, and a join.

``OUT.vsplugin/`` beside the output holds ``plan.json``, the finished chunks and their records. A chunk is done when its
record is there and its file has the recorded hash; everything else is done again.
"""

from .plan import Plan, make_plan
from .run import Progress, Result, run

__all__ = ["Plan", "Progress", "Result", "make_plan", "run"]
