"""The pages that are made from the code are what the code makes today."""

import itertools
from pathlib import Path

import click.testing
import pytest

from vsplugin.cli import cli
from vsplugin.hdr import policy

ROOT = Path(__file__).resolve().parents[1]


def test_the_table_of_filters_is_the_filters():
    made = click.testing.CliRunner().invoke(cli, ["filters", "--markdown"]).output
    assert made.strip() and made.strip() in (ROOT / "docs/filters.md").read_text()


def test_the_pages_of_benchmarks_and_metrics_are_those_of_the_results(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    import page

    text, charts = page.benchmarks()
    again = "run ./run python benchmarks/page.py"
    assert text == (ROOT / "docs/benchmarks.md").read_text(), again
    assert {path.name: path.read_text() for path in page.CHARTS.glob("*.svg")} == charts, again
    assert page.metrics_tables() in (ROOT / "docs/metrics.md").read_text(), again


def test_bars_are_as_long_as_their_numbers_say():
    from xml.etree import ElementTree

    drawn = sorted((ROOT / "docs/images/benchmarks").glob("*.svg"))
    assert len(drawn) >= 5
    space = "{http://www.w3.org/2000/svg}"
    for path in drawn:
        parts = list(ElementTree.parse(path).getroot())
        bars = [
            (float(bar.get("width")), float(label.text))
            for bar, label in itertools.pairwise(parts)
            if bar.tag == space + "rect" and bar.get("rx")
        ]
        assert len(bars) >= 2
        (first, low), (last, high) = min(bars), max(bars)
        if first == last:
            continue
        start = (low * last - high * first) / (last - first)  # where the axis begins, by the shortest and the longest
        for width, value in bars:
            assert width == pytest.approx(max(1, last * (value - start) / (high - start)), abs=3)


def test_the_table_of_hdr_decisions_is_the_policy():
    assert policy.markdown() in (ROOT / "docs/hdr.md").read_text()
