"""Who guesses a password is made to wait, and cannot keep the one who knows it out: at every door.

A door is a real session or exchange, with its handlers, on a real database; `tries` is one attempt
from a host, and says whether it came in.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from catalogue.database import open_database
from protocols.hosting.arrivals import Arrival
from protocols.hosting.throttle import FailedLogins
from protocols.ncip.settings import NcipSettings
from protocols.sip2.settings import Sip2Settings
from protocols.z3950.entrance import Entrance
from protocols.z3950.messages.association import IdPass, InitializeResponse
from protocols.z3950.session import Z3950Session
from protocols.z3950.settings import Account, Z3950Settings
from tests.builders.circulation import a_library
from tests.builders.pins import hashed
from tests.protocols.ncip.stage import HEADER, PARTNER, Stage, item, message
from tests.protocols.sip2.terminals import Terminal, an_account
from tests.protocols.z3950.library import INIT, Client
from tests.protocols.z3950.library import a_library as a_catalogue

PASSWORD = "open sesame"
HASH = hashed(PASSWORD)
#: Who knows the password, and who guesses.
KNOWS, GUESSES = "192.0.2.1", "203.0.113.9"
#: Wrong passwords after which every door makes its caller wait.
ENOUGH = 12


@dataclass
class Door:
    """`tries(host, login, password)`: does it come in? `wait(seconds)` passes the time."""

    login: str
    other_login: str
    tries: Callable[[str, str, str], bool]
    wait: Callable[[float], None]
    #: Names that an attacker may go through.
    names: Sequence[str] = tuple(f"name-{number}" for number in range(60))


@pytest.fixture
def sip2(sqlite_url: str) -> Iterator[Door]:
    library = a_library(open_database(sqlite_url))
    accounts = (an_account(password=HASH), an_account(login="sorter", password=HASH))
    terminal = Terminal(library, Sip2Settings(accounts=accounts))

    def tries(host: str, login: str, password: str) -> bool:
        terminal.connect(f"{host}:50000")
        return terminal.ask(f"9300CN{login}|CO{password}|".encode()).startswith(b"941")

    def wait(seconds: float) -> None:
        terminal.seconds += seconds

    yield Door("kiosk", "sorter", tries, wait)
    terminal.close()
    library.database.close()


@pytest.fixture
def ncip(sqlite_url: str) -> Iterator[Door]:
    # Whom no agreement knows has no secret to guess, and is told so: the names are partners, too.
    names = tuple(f"DK-72{number:04}" for number in range(60))
    partners = tuple(
        replace(PARTNER, agency=agency, shared_secret=HASH)
        for agency in (PARTNER.agency, "DK-710200", *names)
    )
    stage = Stage(
        a_library(open_database(sqlite_url)),
        NcipSettings(partners=partners),
        None,  # type: ignore[arg-type]
    )

    def tries(host: str, login: str, password: str) -> bool:
        header = HEADER.replace(PARTNER.agency, login)
        document = message(f"<LookupItem>{header}{item('I0000001')}</LookupItem>")
        answer = stage.answer(document, Arrival(host=host, bearer=password))
        return b"Agency Authentication Failed" not in answer

    yield Door(
        PARTNER.agency,
        "DK-710200",
        tries,
        lambda seconds: stage.library.pass_time(minutes=seconds / 60),
        names,
    )
    stage.close()


@pytest.fixture
def z3950(sqlite_url: str) -> Iterator[Door]:
    settings = Z3950Settings(accounts=(Account("kiosk", HASH), Account("staff", HASH)))
    failed, clock = FailedLogins(), [1000.0]
    with a_catalogue(sqlite_url, 0) as library:

        def tries(host: str, login: str, password: str) -> bool:
            session = Z3950Session(settings, 0.0)
            session.association.entrance = Entrance(host, failed, lambda: clock[0])
            request = replace(INIT, id_authentication=IdPass(None, login, password))
            answer = Client(library.services, session).send(request)
            assert isinstance(answer, InitializeResponse)
            return answer.result

        def wait(seconds: float) -> None:
            clock[0] += seconds

        yield Door("kiosk", "staff", tries, wait)


@pytest.fixture(params=["sip2", "ncip", "z3950"])
def door(request: pytest.FixtureRequest) -> Door:
    found: Door = request.getfixturevalue(request.param)
    return found


def guess(door: Door, times: int = ENOUGH, login: str | None = None) -> None:
    for number in range(times):
        assert not door.tries(GUESSES, login or door.login, f"guess {number}")


def test_who_guesses_is_not_heard_even_with_the_right_password(door: Door) -> None:
    guess(door)
    assert not door.tries(GUESSES, door.login, PASSWORD)


def test_the_wait_ends_by_itself(door: Door) -> None:
    guess(door)
    door.wait(120.0)
    assert door.tries(GUESSES, door.login, PASSWORD)


def test_guessing_locks_nobody_out_at_another_address(door: Door) -> None:
    guess(door)
    assert door.tries(KNOWS, door.login, PASSWORD)


def test_guessing_one_login_leaves_the_others_of_the_same_address_alone(door: Door) -> None:
    guess(door)
    assert door.tries(GUESSES, door.other_login, PASSWORD)


def test_login_after_login_is_slowed_but_not_the_neighbour_who_got_in_before(door: Door) -> None:
    """Behind one gateway: an attacker who goes through names, and a machine that works there."""
    assert door.tries(GUESSES, door.login, PASSWORD)
    for name in door.names:
        assert not door.tries(GUESSES, name, "1234")
    assert not door.tries(GUESSES, door.other_login, PASSWORD)  # the address has to wait
    assert door.tries(GUESSES, door.login, PASSWORD)


def test_guessing_stands_in_the_log_without_what_was_guessed(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        guess(door)
    said = [
        each.getMessage() for each in caplog.records if each.name == "protocols.hosting.throttle"
    ]
    assert said
    assert GUESSES in said[0]
    assert door.login.casefold() in said[0].casefold()
    assert "guess 1" not in caplog.text


def test_a_wait_is_a_minute_at_most_however_long_somebody_guesses(door: Door) -> None:
    for _ in range(30):
        door.wait(timedelta(minutes=1).total_seconds() + 1)
        guess(door, 2)
    door.wait(61.0)
    assert door.tries(GUESSES, door.login, PASSWORD)
