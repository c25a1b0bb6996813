"""What is written twice, in C++ and in Python, says the same."""

import re
from pathlib import Path

import pytest

from vsplugin.ofx import nodes, table
from vsplugin.spec import RESTORATIONS, Parameter
from vsplugin.worker import protocol

ROOT = Path(__file__).resolve().parents[2]


def test_the_committed_table_is_what_the_filters_signatures_give():
    assert table.PATH.read_text() == table.text(), "run: python -m vsplugin.ofx.table"


def test_every_filter_is_a_node_and_every_argument_a_knob():
    found = {node.name: node for node in nodes.nodes()}
    assert set(found) == {*RESTORATIONS, "restoration"}
    assert {knob.name for knob in found["denoise"].knobs if knob.argument} == {
        parameter.name for parameter in RESTORATIONS["denoise"].parameters
    }


@pytest.mark.parametrize("node", nodes.nodes(), ids=lambda node: node.name)
def test_names_differ_and_numbers_have_both_ranges(node):
    names = [knob.name for knob in node.knobs]
    assert len(names) == len(set(names))
    for knob in node.knobs:
        assert knob.label and knob.hint
        if knob.kind in ("integer", "real"):
            assert knob.low <= knob.display_low <= float(knob.default) <= knob.display_high <= knob.high
            assert knob.low < knob.high
        if knob.kind == "choice":
            assert 0 <= int(knob.default) < len(knob.choices)


@pytest.mark.parametrize(
    ("name", "help", "kind"),
    [("analysis", "File for the motion.", "file"), ("mask_file", "A picture.", "file"), ("path", "Where.", "file"),
     ("model", "Name of a model, or a file.", "text"), ("profile", "Name.", "text")],
)  # fmt: skip
def test_paths_get_a_file_chooser(name, help, kind):
    (knob,) = nodes._knobs(Parameter(name, str, None, help, optional=True))
    assert (knob.kind, knob.default) == (kind, "")


def test_numbers_are_written_whole():
    assert [table._number(value) for value in (0.1, 60, 1 << 20, 2**31 - 1)] == [
        "0.1",
        "60",
        "1048576.0",
        "2147483647.0",
    ]


def test_the_messages_have_the_same_numbers_on_both_sides():
    text = (ROOT / "ofx_bridge" / "protocol.hpp").read_text()
    assert int(re.search(r"magic = (0x\w+)", text).group(1), 16) == protocol.MAGIC
    assert int(re.search(r"version = (\d+)", text).group(1)) == protocol.VERSION
    body = re.search(r"enum class Type : uint16_t \{(.*?)\}", text, re.S).group(1)
    number, found = 0, {}
    for name, value in re.findall(r"(\w+)(?: = (\d+))?", body):
        number = int(value) if value else number + 1
        found[name.upper()] = number
    assert found == {kind.name: kind.value for kind in protocol.Type}
    kinds = dict(re.findall(r"(\w+) = (\d+)", re.search(r"enum class ErrorKind : int32_t \{(.*?)\}", text).group(1)))
    assert {name.upper(): int(value) for name, value in kinds.items()} == {
        kind.name: kind.value for kind in protocol.ErrorKind
    }


def test_the_page_for_users_names_every_knob_that_is_no_filters_and_every_host_with_quirks():
    page = (ROOT / "docs" / "ofx.md").read_text()
    hosts = re.findall(r'\.host = "([^"]+)"', (ROOT / "ofx_bridge" / "quirks.cpp").read_text())
    assert len(hosts) > 3 and all(f"`{host}`" in page for host in hosts)
    assert all(knob.label in page for knob in nodes.nodes()[0].knobs if knob.name != "script")


def test_no_label_is_taken_for_another():
    """Menus of hosts show labels alone: "Restore" and "Restoration" side by side were one too many."""
    labels = sorted(node.label for node in nodes.nodes())
    assert len({label.casefold()[:5] for label in labels}) == len(labels), labels
