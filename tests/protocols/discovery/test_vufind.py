"""A server asked over the network as VuFind's drivers ask it: which requests they send, and what
they look at in the answers."""

from __future__ import annotations

import http.client
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.servers import RunningServer

PREFIX = "tiro:title:"


class VuFind:
    """Its drivers PAIA and DAIA, with ``multiQuery``: a JSON body for every POST, the patron
    identifier as user name from the first log-in on, documents found by their own URI."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.session: dict[str, Any] = {}

    def send(self, verb: str, path: str, body: Any = None) -> Any:
        headers = {"Content-Type": "application/json; charset=UTF-8"}
        if "access_token" in self.session and path.startswith("/paia"):
            headers["Authorization"] = f"Bearer {self.session['access_token']}"
        octets = None if body is None else json.dumps(body)
        self.connection.request(verb, path, octets, headers)
        return json.loads(self.connection.getresponse().read())

    def log_in(self, username: str, password: str) -> dict[str, Any]:
        self.session = {}
        scopes = "read_patron read_fees read_items write_items change_password"
        body = {"username": username, "password": password, "grant_type": "password"}
        told = self.send("POST", "/paia/auth/login", body | {"scope": scopes})
        assert "error" not in told, told
        self.session = told
        patron: dict[str, Any] = self.send("GET", f"/paia/core/{told['patron']}")
        return patron

    def holdings(self, *ids: str) -> dict[str, list[dict[str, Any]]]:
        query = urlencode({"id": "|".join(PREFIX + each for each in ids), "format": "json"})
        told = self.send("GET", f"/daia?{query}")
        return {
            each["id"].removeprefix(PREFIX): each["item"]
            for each in told["document"]
            if "item" in each
        }

    def items(self, *statuses: int) -> list[dict[str, Any]]:
        told = self.send("GET", f"/paia/core/{self.session['patron']}/items")
        return [each for each in told["doc"] if each["status"] in statuses]

    def do(self, what: str, item: str) -> dict[str, Any]:
        body = {"doc": [{"item": item}]}
        told = self.send("POST", f"/paia/core/{self.session['patron']}/{what}", body)
        [found] = told["doc"]
        assert found["item"] == item  # it is by this that VuFind assigns the answer
        return found  # type: ignore[no-any-return]


@pytest.fixture
def vufind(demo_server: RunningServer) -> VuFind:
    return VuFind(demo_server.http)


def title_of(server: RunningServer, barcode: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", server.http, timeout=30)
    connection.request("GET", f"/daia?format=json&id=tiro:item:{barcode}")
    told = json.loads(connection.getresponse().read())
    uri: str = told["document"][0]["id"]
    return uri.removeprefix(PREFIX)


def test_log_in_reserve_and_cancel(vufind: VuFind, demo_server: RunningServer) -> None:
    card, item = demo_server.take_patron(), demo_server.take_item()
    profile = vufind.log_in(card, "1234")
    assert profile["name"]
    # What its form for reservations looks at.
    assert profile["status"] == 0
    assert profile["expires"] > "2026-11-30"
    assert "write_items" in vufind.session["scope"].split()
    title = title_of(demo_server, item)
    copies = vufind.holdings(title, "nothing")[title]
    [copy] = [each for each in copies if each["id"] == f"tiro:item:{item}"]
    assert {each["service"] for each in copy["available"]} == {"loan", "presentation"}
    assert "error" not in vufind.do("request", copy["id"])
    [hold] = vufind.items(1, 4)
    assert (hold["edition"], hold["cancancel"]) == (PREFIX + title, True)
    assert hold["queue"] == 1
    assert "error" not in vufind.do("cancel", hold["item"])
    assert vufind.items(1, 4) == []
    # Later it logs in with what it has kept.
    kept = vufind.session["patron"]
    assert vufind.log_in(kept, "1234")["name"] == profile["name"]
    assert vufind.session["patron"] == kept


def test_a_loan_is_listed_and_renewed(vufind: VuFind, demo_server: RunningServer) -> None:
    card, item = demo_server.take_patron(), demo_server.take_item()
    connection = http.client.HTTPConnection("127.0.0.1", demo_server.http, timeout=30)
    headers = {"Authorization": "Basic ZGVzazpkZXNr", "Content-Type": "application/json"}
    headers["Idempotency-Key"] = "discovery-loan-1"
    body = json.dumps({"card": card, "item": item})
    connection.request("POST", "/api/v1/checkouts", body, headers)
    lent = connection.getresponse()
    assert lent.status == 200, lent.read()
    vufind.log_in(card, "1234")
    [loan] = vufind.items(3)
    assert loan["item"] == f"tiro:item:{item}"
    assert loan["endtime"][:10] == loan["duedate"]
    told = vufind.do("renew", loan["item"])
    assert told["status"] == 3
    assert told.get("error") or told["endtime"] >= loan["endtime"]
    assert vufind.send("GET", f"/paia/core/{vufind.session['patron']}/fees")["fee"] == []


def test_answers_over_the_network(demo_server: RunningServer) -> None:
    """What the layer below adds or refuses: heads, kept connections, requests hidden in others."""
    connection = http.client.HTTPConnection("127.0.0.1", demo_server.http, timeout=30)
    for _ in range(2):
        connection.request("HEAD", "/daia?format=json&id=x:1")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"")
        assert int(answer.headers["Content-Length"]) > 10
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    connection.request("OPTIONS", "/paia/auth/login")
    answer = connection.getresponse()
    assert (answer.status, answer.read(), answer.headers["Allow"]) == (204, b"", "OPTIONS, POST")
    connection.request("GET", "/paia/core/%C3%A6%00/items")
    answer = connection.getresponse()
    assert answer.status == 401
    answer.read()


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 5\r\nContent-Length: 0\r\n",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: identity\r\n",
        b"Content-Length: +5\r\n",
    ],
)
def test_a_request_hidden_in_another(demo_server: RunningServer, head: bytes) -> None:
    """Where its end is in doubt, the connection ends and nothing is carried out."""
    hidden = b"GET /daia?format=json&id=x:1 HTTP/1.1\r\nHost: x\r\n\r\n"
    whole = b"POST /paia/auth/login HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n" + hidden
    with socket.create_connection(("127.0.0.1", demo_server.http), 10) as caller:
        caller.sendall(whole)
        told = b""
        while octets := caller.recv(65536):
            told += octets
    assert told.startswith(b"HTTP/1.1 400")
    assert told.count(b"HTTP/1.1") == 1


def test_who_asks_many_times_at_once_waits_once(vufind: VuFind, demo_server: RunningServer) -> None:
    """Of requests for one title that come together one is placed, and one cancels it."""
    card, item = demo_server.take_patron(), demo_server.take_item()
    vufind.log_in(card, "1234")
    others = [VuFind(demo_server.http) for _ in range(6)]
    for each in others:
        each.session = vufind.session
    with ThreadPoolExecutor(len(others)) as threads:
        told = list(threads.map(lambda one: one.do("request", f"tiro:item:{item}"), others))
    assert sorted("error" in each for each in told) == [False] + [True] * 5
    [hold] = vufind.items(1, 2, 4)
    with ThreadPoolExecutor(len(others)) as threads:
        told = list(threads.map(lambda one: one.do("cancel", hold["item"]), others))
    assert sorted("error" in each for each in told) == [False] + [True] * 5
    assert vufind.items(1, 2, 4) == []
