"""The API over HTTP, without sockets: headers, lengths, and heads that are known already."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from time import sleep
from typing import Any

import pytest
from twisted.internet.task import Clock
from twisted.web.resource import Resource

from circulation.staff.workstations import add_workstation
from protocols.api.http import ALWAYS, ApiResource, MetadataResource
from protocols.api.openapi import written
from protocols.api.operations import OPERATIONS
from protocols.api.streams import Streams
from protocols.desk.pages import PAGES
from protocols.hosting.http_channel import EndingSite
from protocols.hosting.requests import BoundedRequest
from tests.builders.accounts import PASSWORD, a_colleague, at_no_desk
from tests.builders.circulation import a_patron, an_item
from tests.protocols.api.stage import Stage, a_stage
from tests.protocols.hosting.test_brief_requests import Client


class Wire:
    """A connection to the API of a stage."""

    def __init__(self, stage: Stage) -> None:
        root = Resource()  # type: ignore[no-untyped-call]
        root.putChild(b"api", ApiResource(stage.api, Streams(stage.services, Clock().callLater)))  # type: ignore[no-untyped-call]
        self.site = EndingSite(root, requestFactory=BoundedRequest, timeout=120, reactor=Clock())
        self.client = Client(self.site)
        self.stage = stage
        self.token = stage.a_caller()

    def sent(self, data: bytes) -> bytes:
        """What is answered, as soon as it is."""
        answer, patience = self.client.ask(data), 500
        while not answer and patience:
            sleep(0.01)
            answer, patience = self.client.answers(), patience - 1
        return answer

    def ask(self, line: str, body: bytes = b"", **headers: str) -> tuple[str, dict[str, str], Any]:
        """Status line, headers and what the body says."""
        head = [f"{line} HTTP/1.1", "Host: x", f"Authorization: Bearer {self.token}"]
        if body:
            head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        head += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        data = self.sent("\r\n".join([*head, "", ""]).encode() + body)
        top, _, rest = data.partition(b"\r\n\r\n")
        status, *lines = top.decode().split("\r\n")
        told = {name.lower(): value for name, _, value in (each.partition(": ") for each in lines)}
        if "content-length" in told:
            assert line.startswith("HEAD") or int(told["content-length"]) == len(rest)
        return status, told, json.loads(rest) if rest else None


@pytest.fixture
def wire(sqlite_url: str) -> Iterator[Wire]:
    with a_stage(sqlite_url) as stage:
        yield Wire(stage)


def _wish(wire: Wire) -> bytes:
    library = wire.stage.library
    return json.dumps({"card": a_patron(library), "item": an_item(library)}).encode()


def test_every_answer_has_the_headers_that_keep_it_from_others(wire: Wire) -> None:
    for line in ("GET /api/v1/self", "GET /api/v1/nothing", "GET /api"):
        _, told, _ = wire.ask(line)
        for name, value in ALWAYS:
            assert told[name.decode().lower()] == value.decode()
        assert told["x-request-id"] or line != "GET /api/v1/self"


def test_a_head_has_no_body_and_the_same_length(wire: Wire) -> None:
    status, told, said = wire.ask("HEAD /api/v1/openapi.json")
    assert (status, said) == ("HTTP/1.1 200 OK", None)
    assert int(told["content-length"]) > 10_000


def test_clients_keep_the_description_and_take_it_compressed(wire: Wire) -> None:
    """It is a megabyte; each form has its own tag, and both are the committed document."""
    line = "GET /api/v1/openapi.json"
    tags = set()
    for accept, is_gzip in (
        ("gzip, br", True),
        ("br;q=1.0, GZIP;q=0.8", True),
        ("*", True),
        ("gzip;q=0, *", False),
        ("gzip; q=0.0", False),
        ("identity", False),
    ):
        asked = f"HTTP/1.1\r\nHost: x\r\nAccept-Encoding: {accept}\r\n"
        head, _, body = wire.sent(f"{line} {asked}\r\n".encode()).partition(b"\r\n\r\n")
        assert (b"Content-Encoding: gzip" in head) is is_gzip
        assert (gzip.decompress(body) if is_gzip else body) == written(OPERATIONS)
        (tag,) = re.findall(rb"(?i)etag: (\S+)", head)
        tags.add(tag)
        _, told, _ = wire.ask(line.replace("GET", "HEAD"), Accept_Encoding=accept)
        assert (told["etag"].encode(), told["content-length"]) == (tag, str(len(body)))
        assert (told["cache-control"], told["vary"]) == ("no-cache", "Accept-Encoding, Origin")
        for known in (tag.decode(), f'"x", W/{tag.decode()}', "*"):
            for method in ("GET", "HEAD"):
                status, told, said = wire.ask(
                    line.replace("GET", method), Accept_Encoding=accept, If_None_Match=known
                )
                assert (status, said) == ("HTTP/1.1 304 Not Modified", None)
                assert told["etag"].encode() == tag
                assert "content-encoding" not in told
        assert wire.ask(line, If_None_Match='"another"')[0] == "HTTP/1.1 200 OK"
    assert len(tags) == 2


def test_the_second_request_under_a_head_is_answered_as_the_first(wire: Wire) -> None:
    first = wire.ask("POST /api/v1/checkouts", _wish(wire), Idempotency_Key="one")
    second = wire.ask("POST /api/v1/checkouts", _wish(wire), Idempotency_Key="two")
    assert len(wire.site.heads._known) == 1
    assert (first[0], second[0]) == ("HTTP/1.1 200 OK", "HTTP/1.1 200 OK")
    assert set(first[1]) == set(second[1])
    assert first[2]["loan"]["id"] != second[2]["loan"]["id"]


def test_a_known_head_with_another_key_is_another_request(wire: Wire) -> None:
    wish = _wish(wire)
    first = wire.ask("POST /api/v1/checkouts", wish, Idempotency_Key="one")
    again = wire.ask("POST /api/v1/checkouts", wish, Idempotency_Key="one")
    other = wire.ask("POST /api/v1/checkouts", wish, Idempotency_Key="two")
    without = wire.ask("POST /api/v1/checkouts", wish)
    assert again[2] == first[2]
    assert other[0].startswith("HTTP/1.1 409")
    assert without[0].startswith("HTTP/1.1 428")


def test_two_keys_are_none_that_is_known(wire: Wire) -> None:
    wire.ask("POST /api/v1/checkouts", _wish(wire), Idempotency_Key="one")
    wish = _wish(wire)
    head = (
        f"POST /api/v1/checkouts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {wire.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(wish)}\r\n"
        "Idempotency-Key: a\r\nidempotency-key: b\r\n\r\n"
    )
    assert wire.sent(head.encode() + wish).startswith(b"HTTP/1.1 200")


def test_a_body_that_is_too_long_is_refused(wire: Wire) -> None:
    head = (
        "POST /api/v1/checkouts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        "Content-Length: 99999999\r\n\r\n"
    )
    told = wire.sent(head.encode())
    assert told.startswith(b"HTTP/1.1 413")
    assert b"application/problem+json" in told
    assert json.loads(told.partition(b"\r\n\r\n")[2])["status"] == 413


def test_an_address_in_parts_that_are_no_text_is_not_found(wire: Wire) -> None:
    for path in ("/api/v1/items/%00", "/api/v1/items/%ff%fe", "/api/v1//", "/api/v1/items/"):
        assert wire.ask(f"GET {path}")[0] == "HTTP/1.1 404 Not Found", path


def test_clients_find_out_where_to_ask(wire: Wire) -> None:
    """RFC 8414; all that it names is there."""
    root = Resource()  # type: ignore[no-untyped-call]
    root.putChild(b".well-known", MetadataResource(wire.stage.library.circulation))  # type: ignore[no-untyped-call]
    client = Client(EndingSite(root, requestFactory=BoundedRequest, timeout=120, reactor=Clock()))
    name = b"GET /.well-known/oauth-authorization-server HTTP/1.1\r\nHost: x\r\n\r\n"
    head, _, body = client.ask(name).partition(b"\r\n\r\n")
    told = json.loads(body)
    assert head.startswith(b"HTTP/1.1 200 ")
    assert told["issuer"] == "https://tiro.example"
    paths = {f"https://tiro.example/api/v1{each.path}" for each in OPERATIONS}
    assert {told["token_endpoint"], told["revocation_endpoint"]} <= paths
    pages = {f"https://tiro.example/desk/{each.path}" for each in PAGES}
    assert told["authorization_endpoint"] in pages
    assert client.ask(name.replace(b"oauth", b"x")).startswith(b"HTTP/1.1 404 ")


def test_a_browser_keeps_its_session_and_its_desk(wire: Wire) -> None:
    """Two cookies in one answer, whichever way it goes."""
    library = wire.stage.library
    a_colleague(library, "anna", "librarian")
    main = library.main.id
    key = at_no_desk(library, lambda act: add_workstation(act, "Desk 1", main))
    wish = {"name": "anna", "password": PASSWORD, "workstation_key": key}
    body = json.dumps(wish).encode()
    head = f"POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
    head += "X-Forwarded-Proto: https\r\n"
    request = f"{head}Content-Type: application/json\r\n\r\n".encode() + body
    for _ in range(2):  # the second time its head is known
        answer = wire.sent(request)
        assert answer.startswith(b"HTTP/1.1 201 ")
        assert answer.lower().count(b"\r\nset-cookie: __host-tiro") == 2
