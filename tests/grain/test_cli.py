"""``vsplugin grain``: files written, figures shown, errors in one line."""

import json

import click.testing

from vsplugin.cli import cli
from vsplugin.errors import UserError
from vsplugin.grain import model


def run(*arguments):
    return click.testing.CliRunner().invoke(cli, ["grain", *map(str, arguments)])


def test_the_model_and_the_table_are_written_and_shown(tmp_path):
    result = run("sample:film", "-o", tmp_path / "g.json", "--av1", tmp_path / "g.tbl", "--width", 1920, "--json")
    facts = json.loads(result.output)
    found = model.read(tmp_path / "g.json")
    assert facts["width"] == found.width == 1920 and len(facts["tones"]) == len(found.planes[0].tones)
    assert (tmp_path / "g.tbl").read_text().startswith("filmgrn1\n")


def test_what_is_no_clip_is_named():
    result = run("absent.mkv")
    assert isinstance(result.exception, UserError) and "absent.mkv" in str(result.exception)


def test_a_file_that_cannot_be_written_is_named_before_the_work(tmp_path):
    for option in ("-o", "--av1"):
        error = run("sample:film", option, tmp_path / "no" / "g.json").exception
        assert isinstance(error, UserError) and str(error) == f"{option}: there is no folder {tmp_path / 'no'}"
