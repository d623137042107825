"""FBS, PAIA, ISO 18626, the desk, SIP2 and NCIP over HTTP: acts without an end, each on patrons and
items of its own. `furnish` comes before the server, `enter` after it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final
from urllib.parse import urlencode

from catalogue.database import Transaction, open_database
from circulation.kernel.organisation import find_branch
from circulation.kernel.set_up import set_up_changed
from circulation.patrons.pins import hash_pin
from circulation.staff.roles import HeldRole
from circulation.staff.settings import STAFF_SETTINGS
from protocols.iso18626.codec import encode
from protocols.iso18626.codes import Version
from protocols.iso18626.messages import (
    AgencyId,
    BibliographicInfo,
    Header,
    Request,
    ServiceInfo,
)
from protocols.records.naming import record_ids
from protocols.sip2.wire.envelope import request_document
from tests.builders.accounts import PASSWORD, a_colleague
from tests.builders.circulation import Library, a_patron, present
from tests.builders.holds import record_of
from tests.commit_cuts.over_http import HttpLine
from tests.crash.callers import Act, Trace
from tests.crash.scripts import ncip, sip2
from tests.crash.stage import ITEMS, Stage, an_indexed_item, barcode
from tests.protocols.iso18626.stage import ODENSE, OURS, a_partner, a_title

PIN: Final = "4929"
FBS, PAIA, DESK, COMMAND, REMOTE, JOB = "FBS1", "PAIA1", "DESK1", "CMD1", "REMOTE1", "JOB1"
_FBS_TOKEN: Final = "a-token-of-a-patron"
_TOKENS: Final = f'[[tokens]]\ntoken = "{_FBS_TOKEN}"\nagency = "{OURS}"\npatron = "{FBS}"\n'
_ILL_TITLE: Final = "Peters jul i Odense"


@dataclass
class Doors:
    """What the callers know of the library."""

    stage: Stage
    #: The titles that FBS and PAIA reserve.
    fbs_title: str
    paia_title: str


def library_of(url: str) -> Library:
    """The engines on the stage's database; whoever calls closes it."""
    database = open_database(url)
    branches = [
        database.read(lambda transaction, isil=isil: find_branch(transaction, isil=isil)).result()
        for isil in ("DK-900101", "DK-900102")
    ]
    main, other = branches
    assert main is not None
    assert other is not None
    return Library(database, main, other, now=present())


def furnish(stage: Stage, url: str) -> Doors:
    """Patrons, items, a colleague and a partner for these callers."""
    library = library_of(url)
    try:
        for card in (FBS, PAIA, DESK, COMMAND, REMOTE, JOB):
            a_patron(library, card, pin_hash=hash_pin(PIN))
        for kind in ("K", "C", "R"):  # the desk, commands, commands on a server
            for number in range(ITEMS):
                an_indexed_item(library, barcode(kind, 0, number), f"Other {kind} {number}")
        for who in (FBS, PAIA, JOB):
            an_indexed_item(library, f"{who}-1", f"The book of {who}")
        titles = [_title_of(library, f"{who}-1") for who in (FBS, PAIA)]
        library.check_out(DESK, f"{JOB}-1")
        library.write(
            lambda transaction: STAFF_SETTINGS.store(
                transaction, library.main.agency_id, {"known_networks": ["127.0.0.0/8"]}
            )
        )
        library.write(set_up_changed)
        a_colleague(library, "anna", HeldRole("administrator"))
        a_title(library, _ILL_TITLE)
        a_partner(library, addresses=["127.0.0.1"], address="http://127.0.0.1:9/")
        (stage.folder / "tokens.toml").write_text(_TOKENS)
        return Doors(stage, *titles)
    finally:
        library.database.close()


def _title_of(library: Library, code: str) -> str:
    record = record_of(library, code)

    def work(transaction: Transaction) -> str:
        return record_ids(transaction, [record])[record]

    return library.read(work)


def http(
    method: str,
    path: str,
    body: bytes | Any = b"",
    kind: str = "application/json",
    **headers: str,
) -> bytes:
    octets = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(octets)}"]
    lines += [f"Content-Type: {kind}"] if octets else []
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + octets


def _status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def _body(answer: bytes) -> Any:
    octets = answer.partition(b"\r\n\r\n")[2]
    return json.loads(octets) if octets else None


def _is_for_now(answer: bytes) -> bool:
    return _status(answer) == 503


def asked(port: int, request: bytes) -> bytes:
    line = HttpLine(port)
    try:
        return line.ask(request)
    finally:
        line.close()


# FBS and PAIA, which have no keys: whoever sends a request again is told that it was done


def fbs(doors: Doors) -> Iterator[Act]:
    """A web site that reserves for a patron, and gives it up."""
    path, token = f"/external/v1/{OURS}/patrons/patronid/reservations", f"Bearer {_FBS_TOKEN}"
    wish = {"reservations": [{"recordId": doors.fbs_title}]}
    while True:
        yield Act(
            "FBS reservation",
            http("POST", f"{path}/v2", wish, authorization=token),
            lambda answer: _status(answer) == 200 and _body(answer)["success"],
            ("hold_placed", FBS),
            lambda answer: b"already_reserved" in answer,
            _is_for_now,
        )
        held = _body(asked(doors.stage.http, http("GET", f"{path}/v2", authorization=token)))
        number = held[0]["reservationId"]
        yield Act(
            "FBS reservation given up",
            http("DELETE", f"{path}?reservationid={number}", authorization=token),
            lambda answer: _status(answer) in (200, 204),
            ("hold_closed", FBS),
            lambda answer: _status(answer) in (200, 204, 404),
            _is_for_now,
        )


def paia(doors: Doors) -> Iterator[Act]:
    """A discovery system that requests for a patron, and cancels it."""
    form = {"grant_type": "password", "username": PAIA, "password": PIN, "scope": _SCOPES}
    login = http(
        "POST",
        "/paia/auth/login",
        urlencode(form).encode(),
        "application/x-www-form-urlencoded",
    )
    told = _body(asked(doors.stage.http, login))
    core, token = f"/paia/core/{told['patron']}", f"Bearer {told['access_token']}"
    wish = {"doc": [{"edition": f"tiro:title:{doors.paia_title}"}]}

    def is_done(answer: bytes) -> bool:
        return _status(answer) == 200 and "error" not in _body(answer)["doc"][0]

    for what, kind in (("request", "hold_placed"), ("cancel", "hold_closed")) * 1_000:
        yield Act(
            f"PAIA {what}",
            http("POST", f"{core}/{what}", wish, authorization=token),
            is_done,
            (kind, PAIA),
            lambda answer: _status(answer) == 200 and "error" in _body(answer)["doc"][0],
            _is_for_now,
        )


_SCOPES: Final = "read_patron read_fees read_items write_items"


# ISO 18626


def iso18626(doors: Doors) -> Iterator[Act]:
    """A library that asks for a title; a message that is sent again is the same, with its time."""
    for turn in count():
        name, at = f"ODENSE-{turn}", datetime(2026, 11, 1, tzinfo=UTC) + timedelta(seconds=turn)
        header = Header(AgencyId(OURS), AgencyId(ODENSE), at, name)
        wish = Request(header, BibliographicInfo(title=_ILL_TITLE), ServiceInfo())
        document = encode(wish, Version.V1_2)
        yield Act(
            "ISO 18626 request",
            http("POST", "/iso18626", document, "application/xml"),
            lambda answer: _status(answer) == 200 and b">OK<" in answer,
            ("interlibrary", name),
            is_passing=_is_for_now,
        )


# The desk


def desk(doors: Doors) -> Iterator[Act]:
    """A page of the desk: signed in by a cookie, it scans, and sends again under the same key."""
    port = doors.stage.http
    who = {"name": "anna", "password": PASSWORD}
    entered = asked(port, http("POST", "/api/v1/sessions", who))
    assert _status(entered) == 201, entered
    cookie = next(
        line.partition(b":")[2].split(b";")[0].strip().decode()
        for line in entered.split(b"\r\n")
        if line.lower().startswith(b"set-cookie")
    )

    def scan(key: str, body: Mapping[str, Any]) -> bytes:
        headers = {"Cookie": cookie, "Sec_Fetch_Site": "same-origin", "Idempotency_Key": key}
        return http("POST", "/api/v1/desk/scan", dict(body), **headers)

    opened = _body(asked(port, scan("opened", {"text": DESK})))["patron"]["id"]
    for turn in count():
        item = barcode("K", 0, turn % ITEMS)
        for outcome, kind, wish in (
            ("checked_out", "checked_out", {"text": item, "patron": opened}),
            ("renewed", "renewed", {"text": item, "patron": opened, "mode": "renew"}),
            ("checked_in", "checked_in", {"text": item, "mode": "return"}),
        ):
            yield Act(
                f"desk {outcome}",
                scan(f"{outcome} {turn}", wish),
                _is_outcome(outcome),
                (kind, item),
                is_passing=_is_for_now,
            )


def _is_outcome(outcome: str) -> Callable[[bytes], bool]:
    return lambda answer: _status(answer) == 200 and _body(answer)["outcome"] == outcome


# SIP2 and NCIP over HTTP


def sip2_over_http(number: int) -> Iterator[Act]:
    """The same as over a line, in an envelope each."""
    for act in sip2(number):
        document = request_document("kiosk", "kiosk", act.request.decode().rstrip("\r"))
        yield replace(
            act,
            name=f"{act.name} over HTTP",
            request=http("POST", f"/rest/sip2/{OURS}", document, "application/xml"),
            is_granted=_in_envelope(act.is_granted),
        )


def _in_envelope(is_granted: Callable[[bytes], bool]) -> Callable[[bytes], bool]:
    return lambda answer: is_granted(answer.partition(b"<response>")[2])


def ncip_over_http(number: int) -> Iterator[Act]:
    for act in ncip(number):
        request = http("POST", "/ncip", act.request, "application/xml")
        yield replace(act, name=f"{act.name} over HTTP", request=request)


#: What an act leaves in the database that is found by its name, and not by the kind of its event.
_NAMED: Final = ("payment", "record", "interlibrary")


def mark_of(trace: Trace | None) -> bytes:
    """What the transaction of an act sends, and no other at that moment."""
    assert trace is not None
    kind, name = trace
    return (name.removeprefix("kiosk:") if kind in _NAMED else kind).encode()
