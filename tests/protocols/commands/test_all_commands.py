"""Rules for every command: facts as JSON, a sentence of help, completion by bash."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from protocols.commands.command_line import COMMANDS, about, tiro
from tests.builders.circulation import a_patron, an_item
from tests.builders.staff import Staff
from tests.protocols.commands.calls import ALL
from tests.walking import each

#: Commands that print no facts, each with what it is instead.
WITHOUT_JSON = {
    "completion": "prints a text for the shell",
    "demo": "runs until it is ended",
    "ill mock": "runs until it is ended",
    "jobs daily": "runs until it is ended",
    "proxy serve": "runs until it is ended",
    "serve": "runs until it is ended",
}


@each("name", list(ALL), str)
def test_what_prints_facts_prints_them_as_json(name: str) -> None:
    has_json = any("--json" in each.opts for each in ALL[name].params)
    assert has_json is (name not in WITHOUT_JSON)


def test_no_exception_is_for_a_command_that_is_gone() -> None:
    assert set(WITHOUT_JSON) <= set(ALL)


@each("name", list(ALL), str)
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
    for words in ("/nonexistent/tiro.toml", "--config", "TIRO_CONFIG", "tiro new DIR"):
        assert words in said.output


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("tiro lo", "load"), ("tiro loan re", "renew"), ("tiro patron show --j", "--json")],
)
def test_bash_completes(typed: str, offered: str) -> None:
    assert f"plain,{offered}" in completed(typed)


def completed(typed: str, **environment: str) -> list[str]:
    """What bash is offered for a line that ends there."""
    done = subprocess.run(
        [sys.executable, "-m", "protocols.commands.command_line"],
        env={
            **os.environ,
            "_TIRO_COMPLETE": "bash_complete",
            "COMP_WORDS": typed,
            "COMP_CWORD": str(len(typed.split(" ")) - 1),
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_branches_and_jobs_are_completed(staff: Staff) -> None:
    here = {"TIRO_CONFIG": str(staff.configuration)}
    found = completed("tiro loan in X --at DK-", **here)
    assert f"plain,{staff.library.main.isil}" in found
    assert len(found) == 2
    assert completed("tiro list overdue --at DK-9", TIRO_CONFIG="/nonexistent") == [""]
    assert "plain,notices" in completed("tiro jobs run no")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_given_what_it_needs(shell: str) -> None:
    said = CliRunner().invoke(tiro, ["completion", shell], prog_name="tiro")
    assert said.exit_code == 0
    assert f"_TIRO_COMPLETE={shell}_complete" in said.output


def test_bash_takes_it(tmp_path: Path) -> None:
    """The text is read by bash itself, with a `tiro` in its path, and completes a word."""
    program = tmp_path / "tiro"
    program.write_text(
        f'#!/bin/sh\nexec {sys.executable} -m protocols.commands.command_line "$@"\n'
    )
    program.chmod(0o755)
    script = (
        'eval "$(tiro completion bash)"; COMP_WORDS=(tiro rei); COMP_CWORD=1; '
        '_tiro_completion tiro; echo "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "-c", script],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "reindex\n", done.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_the_first_line_of_its_module_says_what_it_is_for(name: str) -> None:
    assert about(name), "begin it with `tiro NAME`: what it is for."
    assert f"\n  {name} " in CliRunner().invoke(tiro, ["--help"]).output


@pytest.mark.parametrize("word", ["--help", "--version", "completion"])
def test_it_starts_without_loading_what_it_does_not_need(word: str) -> None:
    script = (
        "import atexit, sys\n"
        "from protocols.commands.command_line import main\n"
        "heavy = 'sqlalchemy', 'twisted', 'pydantic', 'lxml', 'alembic', 'rich.progress'\n"
        "atexit.register(lambda: print([n for n in heavy if n in sys.modules], file=sys.stderr))\n"
        "main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, word], capture_output=True, text=True, check=False
    )
    assert done.stderr.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("given", "printed"),
    [("a long secret\n", "$argon2id$"), ("a long secret", "$argon2id$"), ("\n", "empty")],
)
def test_a_password_may_come_through_a_pipe(given: str, printed: str) -> None:
    said = CliRunner().invoke(tiro, ["hash"], input=given)
    assert printed in said.output
    assert "a long secret" not in said.output
    assert (said.exit_code == 0) is (printed != "empty")


@pytest.mark.parametrize(
    "words", ["jobs list", "list overdue", "notices queue", "lookups --patron P1", "loan list P1"]
)
def test_times_are_iso_8601_with_their_offset(staff: Staff, words: str) -> None:
    card = a_patron(staff.library, "P1")
    barcode = an_item(staff.library)
    assert staff.run("loan", "out", card, barcode, "--at", staff.library.main.isil).exit_code == 0
    assert staff.run("patron", "show", card).exit_code == 0
    assert staff.run("jobs", "run", "holds").exit_code == 0
    said = staff.run(*words.split(), "--json").output
    times = re.findall(r'"(\d{4}-\d\d-\d\dT[^"]*)"', said)
    assert all(datetime.fromisoformat(each).tzinfo for each in times), times
    assert times or words in ("list overdue", "notices queue"), said


@pytest.mark.parametrize(("given", "code"), [("4711\n", 0), ("4711", 0), ("", 1), ("\n", 1)])
def test_a_pin_may_come_through_a_pipe(staff: Staff, given: str, code: int) -> None:
    card = a_patron(staff.library, "P1")
    said = staff.run("patron", "pin", card, typed=given)
    assert said.exit_code == code, said.output
    assert staff.json("patron", "show", card)["details"]["has_pin"] is (code == 0)
    assert "4711" not in said.output


def test_at_a_terminal_a_pin_is_typed_twice_and_not_shown(staff: Staff) -> None:
    card = a_patron(staff.library, "P1")
    command = [sys.executable, "-m", "protocols.commands.command_line"]
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*command, "--config", str(staff.configuration), "patron", "pin", card],
        **dict.fromkeys(("stdin", "stdout", "stderr"), theirs),  # type: ignore[call-overload]
        start_new_session=True,
    )
    os.close(theirs)
    shown = b""
    for prompt in (b"PIN: ", b"confirmation: "):
        while not shown.endswith(prompt):
            shown += os.read(ours, 1000)
        os.write(ours, b"4711\n")
    assert process.wait(60) == 0
    os.close(ours)
    assert b"4711" not in shown
    assert staff.json("patron", "show", card)["details"]["has_pin"] is True
