"""Who may write, what is confirmed, and that the same message does nothing twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from lxml import etree

from circulation.interlending.lists import open_loans
from circulation.patrons.pins import hash_pin
from protocols.hosting.arrivals import UNTOLD, Arrival
from protocols.iso18626.codec import encode
from protocols.iso18626.codes import Action, ReasonForMessage, Status, Version
from protocols.iso18626.messages import (
    AgencyId,
    RequestingAgencyMessage,
    SupplyingAgencyMessage,
)
from tests.builders.holds import holds_of
from tests.protocols.iso18626.stage import FROM_ODENSE, HOST, ODENSE, Stage, a_partner, a_title

SECRET = "open sesame"


def nothing_is_stored(stage: Stage) -> bool:
    found = stage.library.read(lambda transaction: open_loans(transaction))
    return not found and stage.tell() == []


def test_the_same_message_gets_the_same_confirmation_and_does_nothing(stage: Stage) -> None:
    a_title(stage.library)
    request = encode(stage.request(), Version.V1_2)
    first = stage.answer(request)
    stage.library.pass_time(days=6)
    assert stage.answer(request) == first
    assert len(stage.tell()) == 1
    cancel = encode(RequestingAgencyMessage(stage.header(), Action.CANCEL), Version.V1_2)
    assert stage.answer(cancel) == stage.answer(cancel)
    assert len(stage.tell()) == 1


def test_the_same_request_written_anew_does_nothing(stage: Stage) -> None:
    a_title(stage.library)
    for _ in range(2):
        assert stage.say(stage.request()).error is None
    assert len(stage.tell()) == len(holds_of(stage.library, ODENSE)) == 1


def test_another_request_of_the_same_id_is_refused(stage: Stage) -> None:
    a_title(stage.library)
    stage.say(stage.request())
    said = stage.say(stage.request(note="den nye udgave"))
    assert said.error is not None
    assert said.error.error_type == "UnrecognisedDataValue"
    assert len(stage.tell()) == 1


def test_ids_are_compared_exactly(stage: Stage) -> None:
    a_title(stage.library)
    stage.say(stage.request("abc"))
    assert stage.act(Action.STATUS_REQUEST, "ABC").error is not None


def test_what_nobody_has_asked_for(stage: Stage) -> None:
    for message in (
        RequestingAgencyMessage(stage.header("REQ-9"), Action.RECEIVED),
        SupplyingAgencyMessage(
            replace(
                stage.header("123"),
                supplying_agency_id=AgencyId(ODENSE),
                requesting_agency_id=AgencyId("DK-900100"),
            ),
            ReasonForMessage.STATUS_CHANGE,
            Status.LOANED,
            stage.library.now,
        ),
    ):
        said = stage.say(message)
        assert said.error is not None
        assert said.error.error_type == "UnrecognisedDataValue"


def test_a_partner_cannot_speak_of_what_another_has_asked_for(stage: Stage) -> None:
    """Not even by our number, nor by the other's id."""
    a_title(stage.library)
    stage.say(stage.request())
    a_partner(stage.library, "DK-751000", addresses=["192.0.2.8"])
    loan = stage.loan()
    for request_id, ours in (("REQ-1", ""), ("X", str(loan.id)), (str(loan.id), "")):
        header = replace(
            stage.header(request_id, supplying_agency_request_id=ours),
            requesting_agency_id=AgencyId("DK-751000"),
        )
        message = RequestingAgencyMessage(header, Action.CANCEL)
        assert stage.say(message, Arrival(host="192.0.2.8")).error is not None
    assert stage.loan().state is loan.state


@pytest.mark.parametrize(
    ("agency", "arrival", "status"),
    [
        ("DK-999999", FROM_ODENSE, 403),  # nobody
        (ODENSE, Arrival(host="198.51.100.1"), 403),  # from elsewhere
        (ODENSE, UNTOLD, 403),
        ("", FROM_ODENSE, 200),  # who does not say who it is: a broken message
    ],
)
def test_who_does_not_get_in(stage: Stage, agency: str, arrival: Arrival, status: int) -> None:
    a_title(stage.library)
    request = stage.request(header={"requesting_agency_id": AgencyId(agency)})
    answer = stage.answer(encode(request, Version.V1_2), arrival)
    assert answer[0] == status
    assert b"ERROR" in answer[1]
    assert nothing_is_stored(stage)


@pytest.mark.parametrize(
    "given",
    [
        lambda header: (replace(header, security_code=SECRET), Arrival(host=HOST)),
        lambda header: (header, Arrival(host=HOST, user="odense", password=SECRET)),
        lambda header: (header, Arrival(host=HOST, bearer=SECRET)),
        lambda header: (header, Arrival(host=HOST, url_token=SECRET)),
    ],
)
def test_a_secret_in_any_place(stage: Stage, given: Callable[..., tuple[object, Arrival]]) -> None:
    a_title(stage.library)
    a_partner(stage.library, shared_secret=hash_pin(SECRET))
    request = stage.request()
    without = stage.answer(encode(request, Version.V1_2))
    assert without[0] == 401
    header, arrival = given(request.header)
    wrong = replace(arrival, password="guess") if arrival.password else None
    message = encode(replace(request, header=header), Version.V1_2)  # type: ignore[arg-type]
    if wrong is not None:
        assert stage.answer(message, wrong)[0] == 401
    assert nothing_is_stored(stage)
    assert stage.answer(message, arrival)[0] == 200
    assert len(stage.tell()) == 1


def test_who_guesses_secrets_has_to_wait(stage: Stage) -> None:
    a_partner(stage.library, shared_secret=hash_pin(SECRET))
    request = encode(stage.request(), Version.V1_2)
    statuses = [stage.answer(request, replace(FROM_ODENSE, password="guess"))[0] for _ in range(8)]
    assert statuses[0] == 401
    assert statuses[-1] == 429


def test_a_certificate(stage: Stage) -> None:
    a_partner(stage.library, certificate="ill.odense.example")
    request = encode(stage.request(), Version.V1_2)
    assert stage.answer(request)[0] == 403
    shown = replace(FROM_ODENSE, certificate=lambda: frozenset({"ill.odense.example"}))
    assert stage.answer(request, shown)[0] == 200


def test_a_broker_proves_itself_by_its_own_account(stage: Stage) -> None:
    for agency in ("BROKER-1", "BROKER-2"):
        a_partner(stage.library, agency, agencies=["*"], shared_secret=hash_pin(agency))
    behind = AgencyId("DK-820010")
    request = encode(stage.request(header={"requesting_agency_id": behind}), Version.V1_2)
    assert stage.answer(request)[0] == 403  # either of them
    wrong = Arrival(host=HOST, user="broker-1", password="BROKER-2")
    assert stage.answer(request, wrong)[0] == 401
    right = Arrival(host=HOST, user="broker-1", password="BROKER-1")
    assert stage.answer(request, right)[0] == 200
    assert stage.loan("dk-820010:REQ-1").partner == "broker-1"


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"hello",
        b"<a/>",
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><ISO18626Message>&x;</a>',
        b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><ISO18626Message>&b;</a>',
        b"<ISO18626Message>" + b"<request>" * 5_000,
        b"<ISO18626Message><request>" + b"x" * 300_000 + b"</request></ISO18626Message>",
    ],
)
def test_what_is_no_message_is_confirmed_as_wrong(stage: Stage, document: bytes) -> None:
    status, said = stage.answer(document)
    assert status == 200
    root = etree.fromstring(said)
    assert b"passwd" not in said
    assert root.findtext(".//{*}messageStatus") == "ERROR"
    assert nothing_is_stored(stage)


def test_a_failure_of_ours_is_no_answer_to_the_message(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its sender must not take it for refused: it sends it again."""
    from protocols.iso18626.handlers import HANDLERS
    from protocols.iso18626.messages import Request

    def fail(*arguments: object) -> None:
        raise KeyError("lost")

    a_title(stage.library)
    request = encode(stage.request(), Version.V1_2)
    with monkeypatch.context() as patch:
        patch.setitem(HANDLERS, Request, fail)
        assert stage.answer(request)[0] == 503
    assert stage.answer(request)[0] == 200
    assert len(stage.tell()) == 1
