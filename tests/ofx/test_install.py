"""``vsplugin ofx``: install, uninstall, doctor."""

import json
import sys

import click.testing
import pytest

from vsplugin.cli import cli
from vsplugin.errors import UserError
from vsplugin.ofx import bundle, doctor, nodes


def run(*arguments, expect=0):
    done = click.testing.CliRunner().invoke(cli, ["ofx", *arguments], standalone_mode=False)
    if done.exception:
        raise done.exception
    assert (done.return_value or 0) == expect
    return done.output


def test_install_examine_uninstall(tmp_path):
    run("install", "--to", str(tmp_path))
    installed = tmp_path / bundle.NAME
    assert bundle.binary(installed).is_file()
    assert json.loads(bundle.settings(installed).read_text()) == {"python": sys.executable}
    found = json.loads(run("doctor", "--to", str(tmp_path), "--json"))
    mine = next(one for one in found["bundles"] if one["path"] == str(installed))
    assert mine["nodes"] == [node.identifier for node in nodes.nodes()]
    assert mine["worker"] == "answers, protocol 1"
    run("uninstall", "--to", str(tmp_path))
    assert not list(tmp_path.iterdir())
    with pytest.raises(UserError, match=r"there is no vsplugin\.ofx\.bundle"):
        run("uninstall", "--to", str(tmp_path))


def test_installing_again_replaces_the_whole_bundle(tmp_path):
    run("install", "--to", str(tmp_path))
    stray = tmp_path / bundle.NAME / "Contents" / "stray"
    stray.touch()
    told = json.loads(run("install", "--to", str(tmp_path), "--json"))
    assert told["bundle"] == str(tmp_path / bundle.NAME) and told["searched"] is False
    assert not stray.exists() and len(list(tmp_path.iterdir())) == 1


def test_a_place_that_cannot_be_written_and_two_places_at_once(tmp_path):
    blocked = tmp_path / "file"
    blocked.touch()
    with pytest.raises(UserError, match=r"cannot write .*Not a directory"):
        run("install", "--to", str(blocked / "below"))
    with pytest.raises(UserError, match="two places"):
        run("install", "--to", str(tmp_path), "--system")


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ('{"python": "/bin/false"}', "the worker ended"),
        ('{"python": "/no/such"}', "No such file"),
        ("{}", "python"),
        ("nonsense", "run vsplugin ofx install again"),
        (None, "No such file"),
    ],
)
def test_doctor_says_what_is_wrong_with_a_worker(tmp_path, told, words):
    bundle.install(tmp_path)
    settings = bundle.settings(tmp_path / bundle.NAME)
    settings.unlink() if told is None else settings.write_text(told)
    problems = doctor.examine(tmp_path)["problems"]
    assert any(words in text and str(tmp_path) in text for text in problems), problems


def test_doctor_tells_a_bundle_of_another_version(tmp_path):
    bundle.install(tmp_path)
    assert not [text for text in doctor.examine(tmp_path)["problems"] if str(tmp_path) in text]
    with bundle.binary(tmp_path / bundle.NAME).open("ab") as file:
        file.write(b"older")
    problems = doctor.examine(tmp_path)["problems"]
    assert f"{tmp_path / bundle.NAME} is another version's; run vsplugin ofx install again" in problems


def test_doctor_knows_that_no_host_looks_in_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("OFX_PLUGIN_PATH", raising=False)
    run("install")
    problems = doctor.examine()["problems"]
    assert f"export OFX_PLUGIN_PATH={tmp_path}/OFX/Plugins" in problems[0]
    monkeypatch.setenv("OFX_PLUGIN_PATH", str(tmp_path / "OFX" / "Plugins"))
    assert not [text for text in doctor.examine()["problems"] if "no host looks there" in text]
