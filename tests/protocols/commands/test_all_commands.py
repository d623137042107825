"""Rules for every command: facts as JSON, a sentence of help, completion by bash."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from protocols.command_line import COMMANDS, tiro

#: Commands that print no facts, each with what it is instead.
WITHOUT_JSON = {
    "collection export": "prints a file for the collector, in the form that is asked for",
    "collection show": "the same",
    "demo": "runs until it is ended",
    "hash": "prints one word",
    "load": "tells of files as it goes; what is set aside is in files of its own",
    "ncip renewal": "does one thing, or says why not",
    "ncip send-home": "does one thing, or says why not",
    "notices resend": "does one thing, or says why not",
    "notices sent": "does one thing, or says why not",
    "notices withdraw": "does one thing, or says why not",
    "notices write": "does one thing, or says why not",
    "patron erase": "does one thing, or says why not",
    "patron export": "is JSON",
    "receiving close": "does one thing, or says why not",
    "serve": "runs until it is ended",
    "slip pick-list": "is a text to be printed",
    "slip pickup": "is a text to be printed",
    "slip receipt": "is a text to be printed",
    "slip transit": "is a text to be printed",
}


def commands(
    command: click.Command = tiro, path: tuple[str, ...] = ()
) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands(found, (*path, name))
    else:
        yield " ".join(path), command


ALL = dict(commands())


@pytest.mark.parametrize("name", ALL)
def test_what_prints_facts_prints_them_as_json(name: str) -> None:
    has_json = any("--json" in each.opts for each in ALL[name].params)
    assert has_json is (name not in WITHOUT_JSON)


def test_no_exception_is_for_a_command_that_is_gone() -> None:
    assert set(WITHOUT_JSON) <= set(ALL)


@pytest.mark.parametrize("name", ALL)
def test_a_command_says_what_it_does_in_a_sentence(name: str) -> None:
    first = (ALL[name].help or "").strip().split("\n\n")[0]
    assert first.endswith((".", ":", "?")), first


@pytest.mark.parametrize("name", [*COMMANDS, "patron", "no-such-command"])
def test_a_wrong_option_names_the_command_that_helps(name: str) -> None:
    said = CliRunner().invoke(tiro, [name, "--no-such-option"], prog_name="tiro")
    assert said.exit_code == 2
    assert "Error: " in said.output
    assert "--help" in said.output


def test_a_missing_configuration_says_how_to_name_or_make_one() -> None:
    said = CliRunner().invoke(tiro, ["--config", "/nonexistent/tiro.toml", "patron", "show", "P1"])
    assert said.exit_code == 1
    for words in ("/nonexistent/tiro.toml", "--config", "TIRO_CONFIG", "tiro demo"):
        assert words in said.output


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("tiro lo", "load"), ("tiro loan re", "renew"), ("tiro patron show --j", "--json")],
)
def test_bash_completes(typed: str, offered: str) -> None:
    words = typed.split(" ")
    done = subprocess.run(
        [sys.executable, "-m", "protocols.command_line"],
        env={
            **os.environ,
            "_TIRO_COMPLETE": "bash_complete",
            "COMP_WORDS": typed,
            "COMP_CWORD": str(len(words) - 1),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert f"plain,{offered}" in done.stdout.splitlines()


@pytest.mark.parametrize(
    ("given", "printed"),
    [("a long secret\n", "$argon2id$"), ("a long secret", "$argon2id$"), ("\n", "empty")],
)
def test_a_password_may_come_through_a_pipe(given: str, printed: str) -> None:
    said = CliRunner().invoke(tiro, ["hash"], input=given)
    assert printed in said.output
    assert "a long secret" not in said.output
    assert (said.exit_code == 0) is (printed != "empty")
