"""`tiro z3950 ask`, against the demo's own server, and against none."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from protocols.commands.command_line import tiro
from tests.servers import RunningServer, free_ports


def asked(*arguments: str) -> Result:
    return CliRunner().invoke(tiro, ["z3950", "ask", *arguments])


def target(server: RunningServer, database: str = "catalogue") -> str:
    return f"127.0.0.1:{server.z3950}/{database}"


def test_it_finds_and_shows(demo_server: RunningServer) -> None:
    done = asked(target(demo_server), "@attr 1=1003 andersen", "--show", "2")
    assert done.exit_code == 0, done.output
    assert done.output.startswith("hits: ")
    assert "[1] " in done.output
    assert "[2] " in done.output
    assert "Andersen" in done.output


@pytest.mark.parametrize(
    ("syntax", "words"), [("usmarc", " $a"), ("xml", "<record"), ("sutrs", "Andersen")]
)
def test_it_asks_for_a_syntax(syntax: str, words: str, demo_server: RunningServer) -> None:
    options = ("--syntax", syntax, "--json", "--first", "2")
    done = asked(target(demo_server), "@attr 1=1003 andersen", *options)
    found = json.loads(done.stdout)
    assert found["hits"] > 1
    (record,) = found["records"]
    assert words in record


def test_nothing_is_found_and_nothing_shown(demo_server: RunningServer) -> None:
    done = asked(target(demo_server), "@attr 1=7 9780000000000")
    assert (done.exit_code, done.output) == (0, "hits: 0\n")


def test_what_the_target_refuses_is_told(demo_server: RunningServer) -> None:
    done = asked(target(demo_server, "nowhere"), "x")
    assert done.exit_code == 1
    assert "diagnostic" in done.output
    syntax = asked(target(demo_server), "@attr 1=1003 andersen", "--syntax", "unimarc")
    assert syntax.exit_code == 0  # it is told in the place of the record
    assert "(diagnostic 238" in syntax.output or "diagnostic" in syntax.output


def test_what_cannot_be_asked_is_told() -> None:
    (port,) = free_ports(1)
    assert asked(f"127.0.0.1:{port}", "x").exit_code == 2
    assert "is no PQF" in asked(f"127.0.0.1:{port}/x", "@and a").output
    silent = asked(f"127.0.0.1:{port}/x", "a")
    assert silent.exit_code == 1
    assert "cannot connect" in silent.output
