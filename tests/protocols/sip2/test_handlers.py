"""93 and 99, and what each kind of account may ask."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from catalogue.database import Statement, change
from catalogue.schema import branches
from protocols.sip2.handlers import HANDLERS, OPEN_TO, offered_to, supported_messages
from protocols.sip2.settings import Account, Sip2Settings
from protocols.sip2.wording import Text, say
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.pins import hashed
from tests.protocols.sip2.cases import REQUESTS
from tests.protocols.sip2.conftest import ATerminal
from tests.protocols.sip2.terminals import LOGIN, PASSWORD, Terminal, an_account


@change
def _rename(*, named: str, name: str) -> Statement:
    return update(branches).where(branches.c.isil == named).values(name=name)


BX = (
    "23",
    "11",
    "09",
    "01",
    "99",
    "97",
    "93",
    "63",
    "35",
    "37",
    "17",
    "19",
    "25",
    "15",
    "29",
    "65",
)


@pytest.mark.parametrize(
    "login",
    [
        b"9300CNkiosk|COwrong|",
        b"9300CNkiosk|CO|",
        b"9300CNkiosk|",
        b"9300CNother|COopen sesame|",
        b"9300CN|CO|",
        b"9311CNkiosk|COopen sesame|",
        b"9300CNKIOSK|COopen sesame|",
    ],
)
def test_a_bad_login(a_terminal: ATerminal, login: bytes) -> None:
    terminal = a_terminal(logged_in=False)
    assert terminal.ask(login) == b"940\r"
    assert terminal.ask(b"17" + b" " * 18 + b"AOX|ABI1|").startswith(b"1801")
    assert terminal.ask(LOGIN) == b"941\r"


def test_the_third_bad_login_ends_the_connection(a_terminal: ATerminal) -> None:
    terminal = a_terminal(logged_in=False)
    for _ in range(3):
        assert not terminal.session.closing
        assert terminal.ask(b"9300CNkiosk|COwrong|") == b"940\r"
    assert terminal.session.closing


def test_a_login_before_any_message_is_answered_with_its_error_detection(
    a_terminal: ATerminal,
) -> None:
    assert a_terminal(logged_in=False).ask(LOGIN + b"AY0AZ0000") == b"96AZFEF6\r"


def test_the_status_of_a_self_service_machine(terminal: Terminal) -> None:
    assert terminal.ask(b"9900802.00") == (
        b"98YYYYYY30000320261125    1200002.00AODK-900100|BXYYYYYYYYYYYYNYYY|AMHovedbiblioteket|\r"
    )


def test_the_status_of_a_sorter(a_terminal: ATerminal) -> None:
    answer = a_terminal(kind="sorter").ask(b"9900802.00")
    assert answer.startswith(b"98YYNN")
    assert b"|BXNNYNYYYNNNYNNNNN|" in answer


def test_the_status_before_the_login_sets_no_clock_and_names_no_branch(
    a_terminal: ATerminal,
) -> None:
    answer = a_terminal(logged_in=False).ask(b"9900802.00")
    assert answer == b"98YYYYYY300003" + b"0" * 18 + b"2.00AO|BXYYYYYYYYYYYYNYYY|\r"


@pytest.mark.parametrize("version", ["2.00", "2.0 ", "3.00", "    ", "new!", "nan "])
def test_versions_that_are_taken(terminal: Terminal, version: str) -> None:
    assert terminal.ask(f"990080{version}".encode()).startswith(b"98Y")


def test_a_version_that_never_was_is_told_that_it_is_too_old(terminal: Terminal) -> None:
    answer = terminal.ask(b"9900800.50")
    assert answer.startswith(b"98NNNNNN")
    assert b"version 1.00 or 2.00 is needed." in answer


@pytest.mark.parametrize("kind", OPEN_TO)
def test_bx_tells_what_is_really_answered(
    library: Library, a_terminal: ATerminal, kind: str
) -> None:
    terminal = a_terminal(kind=kind)
    status = terminal.ask(b"9900802.00")
    flags = status[status.index(b"|BX") + 3 :].split(b"|")[0].decode()
    assert len(flags) == 16
    offered = {code for code, flag in zip(BX, flags, strict=True) if flag == "Y"}
    card, item = a_patron(library), an_item(library)
    for _, data in REQUESTS:
        code = data[:2].decode()
        message = data.replace(b"AAP1|", f"AA{card}|".encode()).replace(
            b"ABI1|", f"AB{item}|".encode()
        )
        answer = terminal.ask(message)
        terminal.ask(LOGIN)
        refusals = {say(Text.NOT_PERMITTED, language).encode() for language in ("da", "en")}
        assert any(refusal in answer for refusal in refusals) == (code not in offered)


def test_bx_of_all_and_of_nothing() -> None:
    assert supported_messages(frozenset(HANDLERS)) == "Y" * 16
    assert supported_messages(offered_to([])) == "NNNNYYYNNNNNNNNN"


def test_what_is_not_open_to_an_account_is_refused_by_its_own_pair(
    library: Library, a_terminal: ATerminal
) -> None:
    terminal = a_terminal(kind="sorter")
    card, item = a_patron(library), an_item(library)
    answer = terminal.ask(f"11NN{' ' * 36}AOX|AA{card}|AB{item}|AC|".encode())
    assert answer.startswith(b"120NNN")
    assert b"AFThis machine is not set up for that.|" in answer
    assert library.events_of(item) == []


def test_two_accounts_on_one_port(library: Library) -> None:
    accounts: tuple[Account, ...] = (
        an_account(),
        an_account(login="sorter", password=hashed("other"), kind="sorter", branch="DK-900102"),
    )
    terminal = Terminal(library, Sip2Settings(accounts=accounts))
    try:
        assert terminal.ask(b"9300CNsorter|CO" + PASSWORD.encode() + b"|") == b"940\r"
        assert terminal.ask(b"9300CNsorter|COother|CPbelt 2|") == b"941\r"
        item = an_item(library)
        answer = terminal.ask(f"09N{' ' * 36}AP|AO|AB{item}|AC|".encode())
        assert b"|CTDK-900101|CV04|" in answer
        event = library.events_of(item)[-1]
        assert (event.actor, event.device) == ("sorter", "belt 2")
        assert event.branch_id == library.other.id
    finally:
        terminal.close()


def test_a_branch_renamed_is_seen_within_a_minute(terminal: Terminal, library: Library) -> None:
    assert b"AMHovedbiblioteket|" in terminal.ask(b"9900802.00")
    library.write(lambda transaction: _rename(transaction, named="DK-900101", name="Det nye hus"))
    library.pass_time(seconds=61)
    assert b"AMDet nye hus|" in terminal.ask(b"9900802.00")
