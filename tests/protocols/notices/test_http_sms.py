"""Texts through a gateway over HTTP: how they are given to it, and what it tells later."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest

from circulation.notices.kinds import NoticeState
from protocols.notices.channels import (
    Call,
    Channel,
    Doubtful,
    IncomingText,
    NotSent,
    Report,
    Sent,
    TryAgain,
)
from tests.builders.certificates import Authority
from tests.builders.outgoing import NOW, a_message, opened
from tests.protocols.notices.servers import Gateway, gateway

SECRET = "not so very secret, but long enough"
TOKEN = "a-token"


def channel(folder: Path, url: str, **options: Any) -> Channel:
    values = {
        "url": url,
        "token": TOKEN,
        "sender": "Byens Bib",
        "callback_secret": SECRET,
    }
    return opened("http_sms", "sms", folder, **values | options)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Gateway, Channel]]:
    with gateway() as made:
        yield made, channel(tmp_path, made.url)


def a_text(**fields: Any) -> Any:
    return a_message(channel="sms", address="+4522334455", body="Aflever nu: æøå", **fields)


def test_a_text_as_the_gateway_gets_it(served: tuple[Gateway, Channel]) -> None:
    made, sms = served
    assert sms.send(a_text(), NOW) == Sent("4711")
    (asked,) = made.asked
    assert asked.path == "/rest/mtsms"
    assert asked.headers["authorization"] == "Basic YS10b2tlbjo="
    assert asked.body == {
        "sender": "Byens Bib",
        "message": "Aflever nu: æøå",
        "recipients": [{"msisdn": 4522334455}],
        "userref": str(a_text().id),
        "encoding": "UTF8",
        "validity_period": 172_800,
    }


def test_a_letter_outside_gsm_is_sent_in_ucs_2(served: tuple[Gateway, Channel]) -> None:
    made, sms = served
    sms.send(a_message(channel="sms", address="+4522334455", body="Føroyskt: í"), NOW)
    assert made.asked[0].body["encoding"] == "UCS2"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((422, {"code": "0x0213", "message": "invalid msisdn"}), NotSent),
        ((400, {}), NotSent),
        ((401, {"message": "no such token"}), TryAgain),
        ((429, None), TryAgain),
        ((500, "oops"), TryAgain),
        ((200, {"ids": []}), Doubtful),
        ((200, [1]), Doubtful),
        (None, Doubtful),
    ],
)
def test_answers(answer: Any, kind: type[Any], served: tuple[Gateway, Channel]) -> None:
    made, sms = served
    made.answer = lambda asked: answer
    outcome = sms.send(a_text(), NOW)
    assert isinstance(outcome, kind)
    assert TOKEN not in outcome.why
    if kind is NotSent and answer[1]:
        assert outcome.why == "the gateway answers 422 0x0213 invalid msisdn"


def test_a_gateway_that_is_down(tmp_path: Path) -> None:
    sms = channel(tmp_path, "http://127.0.0.1:1/rest/mtsms")
    assert isinstance(sms.send(a_text(), NOW), TryAgain)


def test_https_with_a_certificate_that_is_vouched_for(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    issued = authority.issue("localhost", file="gateway", dns=("localhost",))
    with gateway(issued) as made:
        trusting = channel(tmp_path, made.url, ca_file=authority.certificate.name)
        assert isinstance(trusting.send(a_text(), NOW), Sent)
        assert isinstance(channel(tmp_path, made.url).send(a_text(), NOW), TryAgain)
        assert len(made.asked) == 1


def call(told: Any, *, signed: bool = True, secret: str = SECRET, key: str = "") -> Call:
    headers = {}
    if signed:
        headers["x-gwapi-signature"] = jwt.encode(told, secret, algorithm="HS256")
    return Call("POST", "", headers, {"key": key} if key else {}, json.dumps(told).encode(), NOW)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("DELIVERED", NoticeState.DELIVERED),
        ("ACCEPTED", NoticeState.SENT),
        ("UNDELIVERABLE", NoticeState.FAILED),
        ("EXPIRED", NoticeState.FAILED),
        ("REJECTED", NoticeState.FAILED),
        ("ENROUTE", None),
        ("BUFFERED", None),
    ],
)
def test_what_became_of_a_text(
    status: str, state: NoticeState | None, served: tuple[Gateway, Channel]
) -> None:
    _, sms = served
    told = {"id": 4711, "msisdn": 4522334455, "time": 1, "status": status, "userref": "12"}
    received = sms.receive(call(told))
    assert received.status == 200
    if state is None:
        assert received.reports == ()
        return
    why = status.lower() if state is NoticeState.FAILED else ""
    assert received.reports == (Report(state, 12, "4711", why),)


def test_a_text_from_a_patron(served: tuple[Gateway, Channel]) -> None:
    _, sms = served
    told = {"id": 99, "msisdn": 4522334455, "receiver": 1204, "message": "FORNY", "senttime": 1}
    for made in (call(told), call(told, signed=False, key=SECRET)):
        assert sms.receive(made).texts == (IncomingText("99", "+4522334455", "FORNY"),)


@pytest.mark.parametrize(
    ("made", "status"),
    [
        (call({"status": "DELIVERED"}, secret="another secret of some length...."), 403),
        (call({"status": "DELIVERED"}, signed=False), 403),
        (call({"status": "DELIVERED"}, signed=False, key="wrong"), 403),
        (call({"something": "else"}), 400),
        (Call("GET", "", {}, {"key": SECRET}, b"", NOW), 404),
        (Call("POST", "", {}, {"key": SECRET}, b"no json", NOW), 403),
        (Call("POST", "", {"x-gwapi-signature": "x.y.z"}, {}, b"{}", NOW), 403),
    ],
)
def test_other_calls_are_not_taken(
    made: Call, status: int, served: tuple[Gateway, Channel]
) -> None:
    _, sms = served
    received = sms.receive(made)
    assert (received.status, received.reports, received.texts) == (status, (), ())


def test_who_can_be_answered(tmp_path: Path) -> None:
    """A sender in letters cannot be answered, and without a secret no text is taken."""
    url = "http://127.0.0.1:9"
    assert channel(tmp_path, url, sender="1204").takes_answers
    assert not channel(tmp_path, url).takes_answers
    assert not channel(tmp_path, url, sender="1204", callback_secret=None).takes_answers


def test_without_a_secret_nobody_is_believed(tmp_path: Path) -> None:
    sms = channel(tmp_path, "http://127.0.0.1:1/", callback_secret=None)
    assert sms.receive(call({"status": "DELIVERED", "userref": "1"})).status == 404


@pytest.mark.parametrize("sender", ["Biblioteket i Byen", "Bib-1", "", "1234567890123456"])
def test_a_sender_that_networks_refuse_is_refused_at_once(sender: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="sender"):
        channel(tmp_path, "http://127.0.0.1:1/", sender=sender)
