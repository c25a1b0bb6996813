"""The pages that are made from the code are what the code makes today."""

from pathlib import Path

import click.testing

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


def test_every_chart_shows_something():
    import json
    from xml.etree import ElementTree

    drawn = sorted((ROOT / "docs/images/benchmarks").glob("*.svg"))
    assert len(drawn) >= 5
    for path in drawn:
        results = json.loads((ROOT / f"benchmarks/results/{path.stem}.json").read_text())
        widths = [float(bar.get("width")) for bar in ElementTree.parse(path).iter("{http://www.w3.org/2000/svg}rect")]
        assert len(widths) >= 2 and max(widths) > 2 * min(widths) and results


def test_the_table_of_hdr_decisions_is_the_policy():
    assert policy.markdown() in (ROOT / "docs/hdr.md").read_text()
