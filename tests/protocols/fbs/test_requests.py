"""Requests that are none: unknown calls, bodies and queries, browsers of other hosts, secrets."""

from __future__ import annotations

import json
import logging
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import inspect, select

from circulation.kernel.schema import events
from protocols.fbs.calls import Asker
from protocols.fbs.handlers import UNKNOWN, _failed
from protocols.fbs.problems import Denied
from protocols.fbs.routing import Routes, pattern_of
from protocols.fbs.table import CALLS
from protocols.hosting.traces import REFUSED
from tests.builders.circulation import an_item
from tests.examples import examples
from tests.protocols.fbs.stage import AGENCY, CHILD, PERSON, Stage, a_stage

PAGE = "https://library.example.org"


def test_calls_that_nobody_knows_are_logged_without_what_stands_in_them(
    one_stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    number = one_stage.number(one_stage.a_patron())
    for method, path, status in (
        ("GET", f"{AGENCY}/patrons/{number}/v99", 404),
        ("POST", f"{AGENCY}/patrons/{PERSON}/consentBook/v1", 404),
        ("PATCH", f"v1/{AGENCY}/branches", 405),
        ("GET", "", 404),
        ("GET", "x/" * 40, 404),
        ("GET", f"v1/{AGENCY}/authentication/login", 405),
    ):
        assert one_stage.ask(method, path, session=one_stage.session).status == status
    said = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
    assert said[:3] == [
        "nobody knows GET {}/patrons/{}/v99",
        "nobody knows POST {}/patrons/{}/consentBook/v1",
        "nobody knows PATCH v1/{}/branches",
    ]
    assert PERSON not in caplog.text
    assert str(number) not in caplog.text
    measures = one_stage.services.measures
    measures.add_up()
    counted = measures.meter("fbs").kind(UNKNOWN).times[REFUSED].counts
    assert sum(counted) == 6


def test_what_stands_in_a_path_is_covered() -> None:
    assert pattern_of(["v1", "DK-900100", "patrons", "1234", "æøå", "a b", "mail@x.dk"]) == (
        "v1/{}/patrons/{}/{}/{}/{}"
    )


def test_every_call_is_found_by_its_own_path() -> None:
    routes = Routes(CALLS)
    for call in CALLS:
        path = call.path.replace("{agencyid}", AGENCY).replace("{patronid}", "123")
        path = path.replace("{feeId}", "7").replace("{key}", "some.key")
        route = routes.find(path.split("/"))
        assert route is not None
        assert route.calls[call.method] is call
        assert route.path["agencyid"] == AGENCY
    with pytest.raises(ValueError, match="two calls"):
        Routes([CALLS[0], CALLS[0]])


def test_a_browser_asks_before_it_asks(sqlite_url: str, tmp_path: Path) -> None:
    """Pre-flights are answered before any check: browsers show nothing with them."""
    with a_stage(sqlite_url, tmp_path, cross_origin=(PAGE,)) as stage:
        for path in ("agencyid/patrons/patronid/v4", "no/such/call"):
            told = stage.ask("OPTIONS", path, headers={"origin": PAGE})
            assert told.status == 204
            assert told.headers["Access-Control-Allow-Origin"] == PAGE
            allowed = told.headers["Access-Control-Allow-Headers"].lower()
            assert "authorization" in allowed
            assert "content-type" in allowed
            for method in ("GET", "PUT", "POST", "DELETE"):
                assert method in told.headers["Access-Control-Allow-Methods"]
        told = stage.ask("GET", "v1/agencyid/branches", headers={"origin": PAGE})
        assert (told.status, told.headers["Access-Control-Allow-Origin"]) == (400, PAGE)
        other = {"origin": "https://elsewhere.example.org"}
        told = stage.ask("OPTIONS", "v1/agencyid/branches", headers=other)
        assert "Access-Control-Allow-Origin" not in told.headers


BODIES = [b"", b"{", b"[]", b"null", b"1", b'"x"', b"\xff\xfe", b"{" * 5000, b'{"a": 1}']


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:8]))
def test_bodies_that_cannot_be_read_write_nothing(one_stage: Stage, body: bytes) -> None:
    number = one_stage.number(one_stage.a_patron())
    session = one_stage.session
    before = _events(one_stage)
    for call in CALLS:
        if call.reads is None or call.asker is Asker.ANYBODY:
            continue
        path = call.path.replace("{agencyid}", AGENCY).replace("{patronid}", str(number))
        told = one_stage.ask(call.method, path, body, session=session)
        harmless = {200, 204} if "preauthenticated" in path or "guardian/v" in path else set()
        harmless |= (
            {204, 200} if body in (b"", b'{"a": 1}') and "{patronid}" in call.path else set()
        )
        harmless |= {200} if body == b"[]" and "renew" in path else set()
        assert told.status in {400, 404} | harmless, (call.name, body[:9], told)
    assert _events(one_stage) == before


def _events(stage: Stage) -> int:
    from catalogue.database import Statement, scalars

    @scalars(int)
    def ids() -> Statement:
        return select(events.c.id)

    return len(stage.library.read(ids))


@given(st.binary(max_size=60), st.sampled_from(CALLS))
@examples(60)
def test_any_octets_give_an_answer_or_one_mistake(body: bytes, call: Any) -> None:
    with suppress(Denied):
        if call.reads is not None:
            call.reads(body)


@pytest.mark.parametrize(
    "query",
    ["recordid=%00", "recordid=%FF%FE", "recordid=" + "x" * 300, "recordid=", "other=1", "%zz"],
)
def test_queries_that_cannot_be_read(one_stage: Stage, query: str) -> None:
    from protocols.fbs.messages import Asked

    found: list[Any] = []
    headers = {"x-session": one_stage.session}
    path = (AGENCY, "catalog", "availability", "v3")
    asked = Asked("GET", path, query.encode(), b"", headers.get, "192.0.2.1")
    one_stage.fbs.answer(asked, found.append)
    assert found[0].status == 400


def test_as_many_titles_as_anybody_asks_for(one_stage: Stage) -> None:
    path = f"{AGENCY}/catalog/availability/v3"
    for number, status in ((500, 200), (501, 400)):
        wanted = [str(each) for each in range(number)]
        told = one_stage.ask("GET", path, session=one_stage.session, recordid=wanted)
        assert told.status == status


def test_numbers_and_pins_are_in_no_answer_log_or_journal(
    one_stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """A library is used with them; then all that was said, logged and stored is looked through."""
    caplog.set_level(logging.DEBUG)
    pin, session = "8274", one_stage.session
    settings = {"preferredPickupBranch": "DK-900101"}
    said: list[str] = []

    def ask(method: str, path: str, body: Any) -> Any:
        told = one_stage.ask(method, path.format(AGENCY), body, session=session)
        said.append(json.dumps(told.body))
        return told

    new = {"patron": settings, "personIdentifier": PERSON, "pincode": pin}
    made = ask("POST", "{}/patrons/v9", new)
    ask("POST", "{}/patrons/v9", new)
    guardian = {"name": "Bo", "email": "bo@example.org", "personIdentifier": PERSON}
    child = settings | {"name": "Liv", "personId": CHILD, "guardian": guardian, "pincode": pin}
    ask("POST", "{}/patrons/withGuardian/v3", child)
    for typed in (pin, "1111"):
        body = {"libraryCardNumber": PERSON, "pincode": typed}
        ask("POST", "{}/patrons/authenticate/v8", body)
    for _ in range(7):
        ask("POST", "{}/patrons/authenticate/v8", {"libraryCardNumber": CHILD, "pincode": "9182"})
    ask("POST", "{}/patrons/preauthenticated/v9", PERSON.encode())
    number = made.body["patron"]["patronId"]
    change = {"libraryCardNumber": PERSON, "pincode": "7362"}
    ask("PUT", f"{{}}/patrons/{number}/v8", {"pincodeChange": change})
    ask("GET", f"{{}}/patrons/{number}/identifiers/v1", None)
    ask("POST", "{}/patrons/guardian/v2", PERSON.encode())
    ask("GET", f"{{}}/patrons/{PERSON}/v4", None)
    ask("GET", f"{{}}/patrons/{PERSON}/unheard/of", None)
    item = an_item(one_stage.library)
    title = one_stage.record_of(item)
    wish = {"recordId": title, "requestingAgency": AGENCY, "enduserId": PERSON}
    ask("POST", "{}/ill/requestitem/v1", wish)
    secrets = (PERSON, CHILD, pin, "9182", "7362")
    stored = _everything(one_stage)
    for secret in secrets:
        alone = re.compile(rf"(?<![0-9A-Za-z]){secret}(?![0-9A-Za-z])")  # ids have four digits, too
        assert not alone.search("".join(said)), secret
        assert not alone.search(caplog.text), secret
        assert not alone.search(stored), secret


def _everything(stage: Stage) -> str:
    """The texts of all tables."""
    from sqlalchemy import create_engine, text

    engine = create_engine(f"sqlite:///{stage.tokens.parent / 'tiro.sqlite'}")
    found = []
    with engine.connect() as connection:
        for table in inspect(engine).get_table_names():
            if table not in ("postings", "sort_keys", "patron_words"):
                rows = connection.execute(text(f'SELECT * FROM "{table}"'))
                found += [value for row in rows for value in row if isinstance(value, str)]
    engine.dispose()
    assert "PATRON_REGISTERED".lower() in " ".join(found).lower()
    return "\n".join(found)


def test_a_fault_of_ours_tells_nothing(caplog: pytest.LogCaptureFixture) -> None:
    answer = _failed(CALLS[0], RuntimeError("a secret"))
    assert answer.status == 500
    assert b"secret" not in answer.body
    assert "no answer could be found to" in caplog.text
