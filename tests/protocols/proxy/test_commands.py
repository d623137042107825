"""`tiro proxy`: status, flips and the journal of a proxy that runs."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from protocols.commands.command_line import tiro
from tests.protocols.proxy.serving import IN, OUT, Running, ask, proxy, settings
from tests.protocols.proxy.systems import DATE, OldSystem
from tests.protocols.proxy.test_two_systems import Two, two, until

__all__ = ["two"]


def tiro_proxy(running: Running, *words: str) -> Result:
    command, *rest = words
    file = ("--file", str(running.folder / "proxy.toml"))
    return CliRunner().invoke(tiro, ["proxy", command, *file, *rest])


def status(running: Running) -> dict[str, object]:
    found = tiro_proxy(running, "status", "--json")
    assert found.exit_code == 0, found.output
    facts: dict[str, object] = json.loads(found.output)
    return facts


def test_a_flip_counts_from_the_next_message_on_and_stands_in_the_journal(two: Two) -> None:
    two.settings("old", "old")
    with proxy(two.folder) as running:
        terminal = running.terminal()
        ask(terminal, OUT)
        words = ("kiosk-1", "--to", "new with write-back", "--why", "our turn")
        refused = tiro_proxy(running, "switch-mode", *words)
        assert refused.exit_code == 1
        assert "the branch DK-900101 is not ready: judged on 0 days" in refused.output
        assert "`tiro proxy readiness` explains each point" in refused.output
        assert running.records("flip") == []
        despite = ("--despite-readiness", "the old one is switched off tonight")
        flipped = tiro_proxy(running, "switch-mode", *words, *despite)
        assert (flipped.exit_code, flipped.output.splitlines()[::2]) == (
            0,
            ["kiosk-1: new with write-back", "    tiro move take-over DK-900101"],
        )
        # The patron's session ends where it began.
        ask(terminal, OUT.replace(b"ABI1", b"ABI2"))
        ask(terminal, f"35{DATE}AOOLD|AAP1|".encode())
        ask(terminal, OUT.replace(b"ABI1", b"ABI3"))
        assert set(two.old.loans) - set(two.new.loans) >= {"I1", "I2"}
        assert "I3" in two.new.loans
        flip = running.records("flip")[0]
        assert (flip["before"], flip["to"], flip["why"]) == (
            "old",
            "new with write-back",
            "our turn",
        )
        assert flip["who"]
        assert flip["despite"] == despite[1]
        running.kill()
        running.begin()
        assert "kiosk-1              DK-900101    new with write-back" in (
            tiro_proxy(running, "status").output
        )


def test_a_branch_is_flipped_with_all_its_terminals(two: Two) -> None:
    two.settings("old", "old")
    with proxy(two.folder) as running:
        flipped = tiro_proxy(running, "switch-mode", "DK-900102", "--to", "shadow", "--why", "x")
        assert flipped.output == "kiosk-2: shadow\n"
        flipped = tiro_proxy(running, "flip", "DK-900102", "--to", "old", "--why", "x")
        assert flipped.stdout == "kiosk-2: old\n"
        assert "tiro proxy switch-mode" in flipped.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("kiosk-9", "--to", "shadow", "--why", "x"), "no terminal has the login 'kiosk-9'"),
        (("kiosk-1", "--to", "newer", "--why", "x"), "is not one of"),
        (("kiosk-1", "kiosk-9", "--to", "shadow", "--why", "x"), "kiosk-9"),
    ],
)
def test_what_cannot_be_flipped_is_said_and_nothing_is_flipped(
    two: Two, words: tuple[str, ...], said: str
) -> None:
    two.settings("old")
    with proxy(two.folder) as running:
        flipped = tiro_proxy(running, "switch-mode", *words)
        assert flipped.exit_code != 0
        assert said in flipped.output
        assert running.records("flip") == []


def test_a_mode_needs_the_account_that_it_works_with(two: Two, tmp_path: Path) -> None:
    settings(tmp_path, two.old.port, old='[[terminals]]\nlogin = "kiosk-1"\nbranch = "X"')
    with proxy(tmp_path) as running:
        flipped = tiro_proxy(running, "switch-mode", "kiosk-1", "--to", "new", "--why", "x")
        assert "has no [new]" in flipped.output


def test_what_nobody_took_is_for_a_person_until_it_is_settled(two: Two) -> None:
    two.settings("new with write-back")
    two.old.habits.drops_after = frozenset({"37"})
    pay = f"37{DATE}0101DKKBV20.50|AOOLD|AAP1|AC|AD1234|BK77|".encode()
    with proxy(two.folder) as running:
        ask(running.terminal(), pay)
        until(lambda: status(running)["number_for_a_person"] == 1)
        found = status(running)
        assert found["can_go_back"] is False
        listed = found["for_a_person"]
        assert isinstance(listed, list)
        number = str(listed[0]["request"])
        assert listed[0]["patron"] == "P1"
        assert tiro_proxy(running, "settle", "99999", "--why", "x").exit_code == 1
        settled = tiro_proxy(running, "settle", number, "--why", "It was taken.")
        assert settled.output == f"{number} is settled\n"
        assert status(running)["number_for_a_person"] == 0
        assert status(running)["can_go_back"] is True


def test_the_journal_tells_what_became_of_a_request(two: Two) -> None:
    two.settings("shadow")
    with proxy(two.folder) as running:
        terminal = running.terminal()
        ask(terminal, OUT)
        ask(terminal, IN)
        until(lambda: len(running.records("carried")) == 2)
        request = next(each for each in running.records("request") if each["sent"][:2] == "11")
        shown = tiro_proxy(running, "journal", "--request", str(request["id"])).output
        assert [line.split()[2] for line in shown.splitlines()] == [
            "request",
            "answer",
            "judged",
            "carried",
        ]
        lines = tiro_proxy(running, "journal", "--terminal", "kiosk-1", "--json").output
        assert len([json.loads(line) for line in lines.splitlines()]) == 10


def test_nobody_answers_where_no_proxy_runs(two: Two) -> None:
    two.settings("old")
    with proxy(two.folder) as running:
        running.stop()
        found = tiro_proxy(running, "status")
        assert found.exit_code == 1
        assert "Is `tiro proxy serve` running" in found.output


def test_prometheus_is_told(tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with OldSystem() as old:
        settings(tmp_path, old.port, listen=f"[metrics]\nport = {port}")
        with proxy(tmp_path) as running:
            ask(running.terminal(), OUT)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
                text = answer.read().decode()
            assert 'tiro_proxy_messages_total{what="11 by old"} 1.0' in text
            assert 'tiro_proxy_down{system="old"} 0.0' in text
