"""The borrower check: statuses, envelopes, throttling, cost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from time import process_time
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from lxml import etree

from circulation.patrons.identifiers import IDENTIFIERS, IdentifierKey
from circulation.patrons.pins import hash_pin
from circulation.staff.lookups import NEWEST, lookups_of_patron
from protocols.borrower_check.checking import check
from protocols.borrower_check.codec import MalformedRequest, decode, encode
from protocols.borrower_check.handlers import BorrowerCheck
from protocols.borrower_check.messages import ENVELOPES, NAMESPACE, Status
from protocols.borrower_check.settings import BorrowerCheckSettings
from protocols.hosting.answering import Services
from tests.builders.circulation import Library, a_library, a_patron
from tests.builders.fees import number_of
from tests.examples import examples
from tests.postgresql_copies import opened

PLATFORM = "192.0.2.20"
PIN = "4929"
PIN_HASH = hash_pin(PIN)
_NOBODY = "borrower_not_found"


class Stage:
    def __init__(self, library: Library, check: BorrowerCheck) -> None:
        self.library = library
        self.check = check

    def a_patron(self, card: str | None = None, **details: Any) -> str:
        return a_patron(self.library, card, **{"pin_hash": PIN_HASH} | details)

    def send(self, body: bytes, host: str = PLATFORM) -> tuple[int, etree._Element]:
        replies: SimpleQueue[tuple[int, bytes]] = SimpleQueue()
        self.check.answer(body, host, lambda status, told: replies.put((status, told)))
        status, told = replies.get(timeout=30)
        return status, etree.fromstring(told)

    def status(self, user: str, pin: str | None = PIN, **more: str) -> str:
        status, told = self.send(a_request(user, pin, **more))
        assert status == 200
        found = told.find(f".//{{{NAMESPACE}}}requestStatus")
        assert found is not None
        assert told.findtext(f".//{{{NAMESPACE}}}userId") == user
        return found.text or ""


def a_request(
    user: str,
    pin: str | None = PIN,
    *,
    library: str = "DK-900100",
    requester: str = "bibliotek.dk",
    envelope: str = ENVELOPES[0],
    namespace: str = NAMESPACE,
) -> bytes:
    root = etree.Element(f"{{{envelope}}}Envelope")
    body = etree.SubElement(root, f"{{{envelope}}}Body")
    asked = etree.SubElement(body, f"{{{namespace}}}borrowerCheckRequest")
    told = {"serviceRequester": requester, "libraryCode": library, "userId": user}
    for name, text in (told | ({} if pin is None else {"userPincode": pin})).items():
        etree.SubElement(asked, f"{{{namespace}}}{name}").text = text
    return etree.tostring(root)


@contextmanager
def a_stage(url: str, **settings: Any) -> Iterator[Stage]:
    database = opened(url)
    library = a_library(database)
    IDENTIFIERS.put(library.circulation, IdentifierKey(b"5a" * 16))
    services = Services(
        database,
        library.circulation,
        lambda: library.now,
        lambda deliver: deliver(),
        lambda seconds, release: None,
    )
    given: dict[str, Any] = {"enabled": True, "addresses": (PLATFORM,)} | settings
    yield Stage(library, BorrowerCheck(BorrowerCheckSettings(**given), services))
    services.close()
    database.close()


@pytest.fixture
def stage(database_url: str) -> Iterator[Stage]:
    with a_stage(database_url) as stage:
        yield stage


@pytest.fixture
def one_stage(sqlite_url: str) -> Iterator[Stage]:
    with a_stage(sqlite_url) as stage:
        yield stage


@pytest.mark.parametrize("envelope", ENVELOPES)
def test_card_and_pin_are_right(stage: Stage, envelope: str) -> None:
    card = stage.a_patron()
    assert stage.status(card, envelope=envelope) == "ok"
    _status, told = stage.send(a_request(card, envelope=envelope))
    assert etree.QName(told).namespace == envelope


def test_nobody_a_wrong_pin_and_another_library_are_told_alike(stage: Stage) -> None:
    card = stage.a_patron()
    assert stage.status(card, "7777") == _NOBODY
    assert stage.status("P-NOBODY") == _NOBODY
    assert stage.status("0101801928") == _NOBODY


def test_who_may_ask(sqlite_url: str) -> None:
    with a_stage(sqlite_url, requesters=("bibliotek.dk",)) as stage:
        card = stage.a_patron()
        assert stage.status(card) == "ok"
        assert stage.status(card, requester="somebody") == "service_not_licensed"
        status, told = stage.send(a_request(card), host="198.51.100.1")
        assert status == 403
        assert b"ok" not in etree.tostring(told)


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"library": "DK-000000"}, "library_not_found"),
        ({"library": "900100"}, "ok"),
        ({"library": "dk-900102"}, "ok"),
        ({"library": ""}, "error_in_request"),
        ({"pin": None}, "borrowercheck_not_allowed"),
        ({"pin": ""}, "borrowercheck_not_allowed"),
        ({"user": ""}, "no_user_in_request"),
    ],
)
def test_what_is_wrong_with_a_request(one_stage: Stage, asked: Any, status: str) -> None:
    told: dict[str, Any] = {"user": one_stage.a_patron(), "pin": PIN} | asked
    assert one_stage.status(told.pop("user"), told.pop("pin"), **told) == status


def test_without_a_pin_where_that_is_allowed(sqlite_url: str) -> None:
    """Each is in the log of look-ups."""
    with a_stage(sqlite_url, without_pin=True) as stage:
        card = stage.a_patron()
        assert stage.status(card, None) == "ok"
        assert stage.status("P-NOBODY", None) == _NOBODY
        assert stage.status(card, "7777") == _NOBODY
        number = number_of(stage.library, card)
        seen = stage.library.read(
            lambda transaction: lookups_of_patron(transaction, patron_id=number, before=NEWEST)
        )
        assert [each.context for each in seen] == ["borrower check"]


def test_who_lives_elsewhere(sqlite_url: str) -> None:
    with a_stage(sqlite_url, residents_apart=True) as stage:
        assert stage.status(stage.a_patron()) == "ok"
        assert stage.status(stage.a_patron(municipality="1")) == "ok"
        assert stage.status(stage.a_patron(municipality="751")) == "borrower_not_in_municipality"


def test_five_wrong_pins_hold_that_card_alone(stage: Stage) -> None:
    card, other = stage.a_patron(), stage.a_patron()
    for _ in range(5):
        stage.status(card, "7777")
    assert stage.status(card) == _NOBODY
    assert stage.status(other) == "ok"


def test_a_platform_that_tries_card_after_card_is_slowed(one_stage: Stage) -> None:
    regular, new = one_stage.a_patron(), one_stage.a_patron()
    assert one_stage.status(regular) == "ok"
    for number in range(300):
        one_stage.status(f"P-{number}", "1234")
    assert one_stage.status(new) == _NOBODY
    assert one_stage.status(regular) == "ok"


def test_a_right_pin_costs_little_the_next_time(one_stage: Stage) -> None:
    card = one_stage.a_patron()
    one_stage.status(card)
    before = process_time()
    for _ in range(100):
        assert one_stage.status(card) == "ok"
    assert (process_time() - before) / 100 < 0.005  # a slow hash takes 20 ms


def test_neither_card_nor_pin_is_logged(one_stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    card = one_stage.a_patron("0101801928")
    for _ in range(7):
        one_stage.status(card, "7777")
    assert card not in caplog.text
    assert "7777" not in caplog.text


_BODY = "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body>{}</s:Body></s:Envelope>"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<",
        b"{}",
        b"<a/>",
        _BODY.format("").encode(),
        _BODY.format("<other/>").encode(),
        _BODY.format("<borrowerCheckRequest><userId><x/></userId></borrowerCheckRequest>").encode(),
        _BODY.format(
            "<borrowerCheckRequest><userId>1</userId><userId>2</userId></borrowerCheckRequest>"
        ).encode(),
        b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
        + _BODY.format(
            "<borrowerCheckRequest><userId>&x;</userId></borrowerCheckRequest>"
        ).encode(),
        b"<" + b"a" * 40_000,
    ],
    ids=range(10),
)
def test_bytes_that_are_no_request(one_stage: Stage, body: bytes) -> None:
    status, told = one_stage.send(body)
    assert status == 500 or told.findtext(f".//{{{NAMESPACE}}}requestStatus") != "ok"
    assert b"root:" not in etree.tostring(told)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_request_or_a_mistake(data: bytes) -> None:
    for each in (data, a_request("1").replace(b"DK-900100", data)):
        with suppress(MalformedRequest):
            encode(decode(each), Status.OK)


@examples(40, [HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(max_size=30), st.text(max_size=10))
def test_any_text_as_card_and_pin(one_stage: Stage, user: str, pin: str) -> None:
    try:
        body = a_request(user, pin)
    except ValueError:  # no XML has it
        return
    status, _ = one_stage.send(body)
    assert status in (200, 500)


def test_what_the_check_says(one_stage: Stage) -> None:
    def said(**settings: Any) -> list[str]:
        made = BorrowerCheckSettings(**settings)
        found = one_stage.library.read(lambda transaction: list(check(made, transaction)))
        return [str(each) for each in found]

    assert said() == []
    assert said(enabled=True, addresses=(PLATFORM,)) == []
    assert len(said(enabled=True)) == 1
    assert len(said(enabled=True, addresses=("0.0.0.0/0",), without_pin=True)) == 2
