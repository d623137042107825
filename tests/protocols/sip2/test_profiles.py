"""Machines of known vendors: the fields that two of them read differently, as each wants them."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

import pytest
from pydantic import ValidationError

from protocols.sip2.settings import account_from
from protocols.sip2.terminals.profiles import PROFILES, with_profile
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.fees import charge, fee_rule
from tests.protocols.sip2.conftest import ATerminal
from tests.protocols.sip2.terminals import Terminal, an_account

DATE = "20261125    120000"


@pytest.fixture
def a_terminal(a_terminal: ATerminal) -> ATerminal:
    """Terminals to which the same message twice is no retry."""
    return partial(a_terminal, settings={"repeats_within": 0})


@pytest.fixture
def card(library: Library) -> str:
    born, expires = date(1990, 2, 3), library.today + timedelta(days=30)
    a_patron(library, "P1", birth_date=born, expires=expires, email="ida@example.org")
    fee_rule(library, block_threshold=20_000, block_days=0)
    charge(library, "P1", 2_000)
    return "P1"


def fields(answer: str, code: str) -> list[str]:
    return [part[2:] for part in answer.split("|") if part[:2] == code]


def asked(terminal: Terminal, summary: str = "   Y      ") -> str:
    return terminal.ask(f"63001{DATE}{summary}AO|AAP1|AC|".encode()).decode(
        terminal.session.agreed.dialect.charset
    )


def returned(terminal: Terminal, item: str, properties: str = "") -> str:
    message = f"09N{DATE}{DATE}AP|AO|AB{item}|AC|{properties}"
    return terminal.ask(message.encode()).decode(terminal.session.agreed.dialect.charset)


def number_of_fee(library: Library, terminal: Terminal) -> str:
    return fields(asked(terminal, "      Y   "), "CG")[0]


def test_what_pa_means(library: Library, a_terminal: ATerminal, card: str) -> None:
    expires = f"{library.today + timedelta(days=30):%Y%m%d}"
    shown = {
        name: fields(asked(a_terminal(profile=name, kind="self-service")), "PA")
        for name in PROFILES
    }
    assert shown == {
        "3m": [],
        "envisionware": [expires],
        "lyngsoe": [],
        "polaris": ["adult"],
        "gossip": [],
        "fbs": [],
        "libki": [expires],
    }


def test_what_av_looks_like(library: Library, a_terminal: ATerminal, card: str) -> None:
    number = number_of_fee(library, a_terminal())
    shown = {
        name: fields(asked(a_terminal(profile=name, language="en", kind="self-service")), "AV")
        for name in ("3m", "envisionware", "polaris", "gossip")
    }
    assert shown == {
        "3m": ["Administrative fee: for a test 20.00 DKK"],
        "envisionware": ["20.00 DKK Administrative fee for a test"],
        "polaris": [f"{number} 20.00 for a test Administrative fee"],
        "gossip": [number],
    }


def test_polaris_dates_stand_where_its_clients_look(a_terminal: ATerminal, card: str) -> None:
    answer = asked(a_terminal(profile="polaris"))
    assert fields(answer, "BC") == ["19900203"]
    assert (fields(answer, "PX")[0][:4], fields(answer, "PY")) == ("2026", ["N"])
    assert fields(answer, "CC") == ["200.00"]
    assert fields(answer, "PB") == fields(answer, "PC") == []


def test_gossip_pays_one_fee_by_its_number(
    library: Library, a_terminal: ATerminal, card: str
) -> None:
    terminal = a_terminal(profile="gossip")
    number = number_of_fee(library, terminal)
    pay = f"37{DATE}0100DKKBV{{}}|AO|AAP1|AC|CG{number}|".format
    assert terminal.ask(pay("30.00").encode()).startswith(b"38N")
    assert terminal.ask(pay("20.00").encode()).startswith(b"38Y")
    assert fields(asked(terminal, "      Y   "), "FA") == []


def test_a_sorter_of_lyngsoe_has_its_fields_whatever_comes_back(
    library: Library, a_terminal: ATerminal
) -> None:
    here = an_item(library, department="Børn", material_group="book")
    away = an_item(library, home=library.other, call_number="61")
    terminal = a_terminal(profile="lyngsoe")
    answer = returned(terminal, here, "CHsent|")
    assert {code: fields(answer, code) for code in ("CL", "CR", "CS", "CT", "CV", "CH")} == {
        "CL": [""],
        "CR": ["Børn"],  # in Latin-1
        "CS": [""],
        "CT": ["DK-900101"],
        "CV": ["00"],
        "CH": ["book"],
    }
    answer = returned(terminal, away)
    assert (fields(answer, "CT"), fields(answer, "CV"), fields(answer, "CS")) == (
        ["DK-900102"],
        ["04"],
        ["61"],
    )
    assert fields(returned(terminal, "nothing"), "CV") == ["99"]
    assert terminal.ask(f"23001{DATE}AO|AAP1|AC|".encode()).startswith(b"24YYYY")  # not its work


def test_3m_machines_are_told_of_the_tag_and_never_of_00(
    library: Library, a_terminal: ATerminal, card: str
) -> None:
    terminal = a_terminal(profile="3m")
    item = an_item(library, title="Ærø")
    answer = terminal.ask(f"11NN{DATE}{DATE}AO|AAP1|AB{item}|AC|".encode())
    assert answer.startswith(b"121")
    assert b"|CIN|" in answer
    assert "|AJÆr".encode("cp850") in answer.replace("ø".encode("cp850"), b"")
    assert fields(returned(terminal, item), "CV") == []


@pytest.mark.parametrize("name", ["envisionware", "libki"])
def test_computers_lend_nothing(a_terminal: ATerminal, name: str) -> None:
    shown = a_terminal(profile=name).ask(b"9900802.00").decode()
    assert shown[:6] == "98YNNN"
    assert fields(shown, "BX")[0][1:3] == "NN"


def test_a_blank_pin_at_a_computer_is_right_and_opens_nothing(
    a_terminal: ATerminal, card: str
) -> None:
    terminal = a_terminal(profile="envisionware")
    message = f"63001{DATE}{' ' * 10}AO|AAP1|AC|AD|"
    assert fields(terminal.ask(message.encode()).decode(), "CQ") == ["Y"]
    strict = a_terminal(profile="envisionware", require_patron_pin=True)
    answer = strict.ask(message.encode()).decode()
    assert (fields(answer, "CQ"), fields(answer, "AE")) == (["N"], [""])


def test_what_an_account_says_itself_goes_before_its_profile() -> None:
    account = an_account(profile="lyngsoe", hide_fields=[], charset="ascii")
    assert (account.kind, account.hide_fields, account.charset) == ("sorter", (), "ascii")
    assert with_profile({"charset": "ascii"}) == {"charset": "ascii"}
    assert with_profile("no table") == "no table"
    with pytest.raises(ValidationError, match="no profile 'nobody'; there are 3m, envisionware"):
        account_from({"profile": "nobody"})
