"""In the mode `old`: what a terminal sends is passed on as it is, and written down first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from protocols.proxy.journal.records import bytes_of
from protocols.sip2.codec import seal
from protocols.sip2.wire.text import Dialect
from tests.faults.clients import until
from tests.protocols.proxy.serving import IN, LOGIN, OUT, Running, ask, proxy, settings
from tests.protocols.proxy.systems import DATE, OldSystem


@pytest.fixture
def old() -> Iterator[OldSystem]:
    with OldSystem() as system:
        yield system


@pytest.fixture
def running(tmp_path: Path, old: OldSystem) -> Iterator[Running]:
    settings(tmp_path, old.port, patience=1.0)
    with proxy(tmp_path) as running:
        yield running


def summed(body: bytes, number: bytes = b"1") -> bytes:
    return seal(body, number, True, Dialect())[:-1]


def test_messages_and_answers_pass_as_they_are(running: Running, old: OldSystem) -> None:
    terminal = running.terminal()
    assert ask(terminal, OUT).startswith(b"121NNY")
    assert ask(terminal, IN).startswith(b"101YNN")
    assert [each[:2] for each in old.heard] == ["93", "11", "09"]
    assert old.heard[1].encode() == OUT


def test_a_message_is_written_down_with_its_answer(running: Running) -> None:
    terminal = running.terminal()
    ask(terminal, summed(OUT, b"7"))
    request, answer = running.records()[-2:]
    assert (request["kind"], request["terminal"]) == ("request", "kiosk-1")
    assert (request["mode"], request["to"], request["seq"]) == ("old", "old", "7")
    assert answer["of"] == request["id"]
    assert answer["by"] == "old"
    assert answer["sent"].startswith("121NNY")


def test_secrets_are_not_written_down(running: Running) -> None:
    terminal = running.terminal()
    ask(terminal, OUT)
    ask(terminal, OUT.replace(b"AAP1", b"AA0102031234").replace(b"ABI1", b"ABI2"))
    ask(terminal, b"63001" + DATE.encode() + b" " * 10 + b"AOOLD|AA010203-1234|AD1234|")
    written = running.journal() + (running.folder / "log").read_bytes()
    for secret in (b"open sesame", b"AD1234", b"0102031234", b"010203-1234"):
        assert secret not in written
    sent = [each["sent"] for each in running.records("request")]
    digests = {each.partition("|AD")[2][:18] for each in sent if "|AD" in each}
    assert len(digests) == 1, "equal PINs are equal"


def test_a_broken_message_is_asked_for_again_and_not_passed_on(
    running: Running, old: OldSystem
) -> None:
    terminal = running.terminal()
    broken = summed(OUT).replace(b"ABI1", b"ABI9")
    assert ask(terminal, broken).startswith(b"96")
    assert old.asked("11") == []
    assert ask(terminal, summed(OUT)).startswith(b"121")


def test_an_answer_can_be_had_again(running: Running, old: OldSystem) -> None:
    terminal = running.terminal()
    answer = ask(terminal, summed(OUT))
    assert ask(terminal, summed(OUT)) == answer
    assert ask(terminal, b"97") == answer
    assert len(old.asked("11")) == 1


def test_a_terminal_that_never_counts_lends_one_item_after_the_other(
    running: Running, old: OldSystem
) -> None:
    """A sum does not know in which order digits stand."""
    terminal = running.terminal()
    for item in (b"I12", b"I21"):
        assert b"AB%b|" % item in ask(terminal, summed(OUT.replace(b"ABI1", b"AB" + item)))
    assert len(old.asked("11")) == 2


def test_97_before_anything_was_said(running: Running) -> None:
    assert ask(running.terminal(b""), b"97") == b"96"


def test_the_same_checkout_on_a_new_connection_is_not_done_twice(
    running: Running, old: OldSystem
) -> None:
    first = ask(running.terminal(), OUT)
    again = ask(running.terminal(), OUT)
    assert again == first
    assert len(old.asked("11")) == 1


def test_a_terminal_that_comes_again_while_it_waits(running: Running, old: OldSystem) -> None:
    old.habits.seconds = 0.3
    first = running.terminal()
    first.send(OUT + b"\r")
    first.close()
    assert ask(running.terminal(), summed(OUT)).startswith(b"121NNY")
    assert len(old.asked("11")) == 1


def test_the_same_message_means_something_new_when_the_item_was_in_between(
    running: Running, old: OldSystem
) -> None:
    terminal = running.terminal()
    for message in (OUT, IN, OUT):
        ask(terminal, message)
    assert [each[:2] for each in old.heard] == ["93", "11", "09", "11"]
    assert old.loans["I1"][0] == "P1"


def test_a_system_that_closes_after_each_message(running: Running, old: OldSystem) -> None:
    old.habits.closes_after_each = True
    terminal = running.terminal()
    for number, message in enumerate((OUT, IN, OUT.replace(b"I1", b"I2"))):
        assert ask(terminal, summed(message, b"%d" % number))[2:3] == b"1"
        # What is sent while the line closes is dealt with by other means, with logins of their own.
        until(lambda: not old.connected)
    assert len(old.asked("93")) == 3, "each connection begins with the login of the terminal"


@pytest.mark.parametrize("numbered", [True, False])
def test_a_system_that_answers_twice(running: Running, old: OldSystem, numbered: bool) -> None:
    old.habits.answers_twice = True
    terminal = running.terminal()
    for number in range(6):
        item = b"ABI%d" % number
        body = b"17" + DATE.encode() + b"AOOLD|" + item + b"|"
        message = summed(body, b"%d" % number) if numbered else body
        assert item in ask(terminal, message)
    assert terminal.drain() == 0


def test_a_system_whose_answer_is_garbled_is_asked_again(running: Running, old: OldSystem) -> None:
    terminal = running.terminal()
    old.habits.garbled = 1
    assert ask(terminal, summed(OUT)).startswith(b"121NNY")
    assert old.asked("97") == ["97"]


def test_a_login_is_the_old_systems_to_judge(running: Running) -> None:
    terminal = running.terminal(b"")
    assert ask(terminal, b"9300CNkiosk-1|COwrong|") == b"940"
    assert ask(terminal, LOGIN) == b"941"


def test_messages_and_bytes_of_other_vendors_pass(running: Running, old: OldSystem) -> None:
    odd = b"81" + DATE.encode() + b"XXs\xf8ren\\|"
    assert ask(running.terminal(), odd) == b"82" + odd[2:]
    assert bytes_of(running.records("answer")[-1]["sent"]) == b"82" + odd[2:]


def test_what_never_ends_is_thrown_away(running: Running, old: OldSystem) -> None:
    terminal = running.terminal()
    for _ in range(100):
        terminal.send(b"1" * 1_000_000)
    status = Path(f"/proc/{running.process.pid}/status").read_text()
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    assert int(peak.split()[1]) < 400_000
    terminal.send(b"\r")
    assert ask(terminal, OUT).startswith(b"121")
    assert [each[:2] for each in old.heard] == ["93", "11"]


def test_a_killed_proxy_has_lost_nothing(running: Running, old: OldSystem) -> None:
    terminal = running.terminal()
    for number in range(20):
        ask(terminal, OUT.replace(b"ABI1", b"ABI%d" % number))
    running.kill()
    with (running.folder / "journal" / "lock").open("a"):
        newest = max((running.folder / "journal").glob("*.journal"))
    with newest.open("ab") as file:
        file.write(b'0000009c 5bd1e2a0 {"id":4711,"at":"2026')
    running.begin()
    assert len(running.records("answer")) == 21
    ids = [each["id"] for each in running.records()]
    assert ids == sorted(set(ids)), "no id is given twice"
    ask(running.terminal(), IN)
    assert running.records()[-1]["sent"].startswith("101")
    assert list((running.folder / "journal").glob("*.torn-*"))


def test_one_journal_has_one_proxy(running: Running, tmp_path: Path) -> None:
    from tests.processes import start

    second = start(
        "protocols.commands.command_line",
        *("proxy", "serve", "--file", str(tmp_path / "proxy.toml")),
        errors=tmp_path / "second",
    )
    assert second.wait(20) == 1
    assert "a proxy that runs" in (tmp_path / "second").read_text()
