"""The pages that are made from the code are what the code makes today."""

from pathlib import Path

import click.testing

from vsplugin.cli import cli
from vsplugin.hdr import policy

ROOT = Path(__file__).resolve().parents[1]


def test_the_table_of_filters_is_the_filters():
    made = click.testing.CliRunner().invoke(cli, ["filters", "--markdown"]).output
    assert made.strip() and made.strip() in (ROOT / "docs/filters.md").read_text()


def test_the_table_of_hdr_decisions_is_the_policy():
    assert policy.markdown() in (ROOT / "docs/hdr.md").read_text()
