"""What a bearer token means: as a file says, or a provider over HTTP."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from circulation.staff.results import SignedIn
from circulation.staff.signing_in import sign_in_patron
from protocols.fbs.settings import ProviderSettings
from protocols.fbs.tokens import UnfitTokens, read_tokens
from tests.protocols.fbs.stage import AGENCY, PERSON, PIN, Stage, a_stage

SECRET = b64encode(b"tiro:secret").decode()


class Provider:
    """A provider of tokens, with what it says of each, and all that it was asked."""

    def __init__(self) -> None:
        self.tokens: dict[str, dict[str, Any]] = {}
        self.persons: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        self.status = 200
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"] or 0)
                form = dict(parse_qsl(self.rfile.read(length).decode()))
                form |= dict(parse_qsl(urlsplit(self.path).query))
                token = form.get("token") or form.get("access_token") or ""
                provider.asked.append(token)
                is_known = self.headers["Authorization"] == f"Basic {SECRET}"
                said = provider.tokens.get(token, {"active": False})
                self.say(said if is_known else {"active": False})

            def do_GET(self) -> None:
                token = self.headers["Authorization"].removeprefix("Bearer ")
                self.say({"attributes": provider.persons[token]})

            def say(self, value: dict[str, Any]) -> None:
                body = json.dumps(value).encode()
                self.send_response(provider.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"


@contextmanager
def a_provider() -> Iterator[Provider]:
    provider = Provider()
    thread = Thread(target=provider.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield provider
    finally:
        provider.server.shutdown()
        provider.server.server_close()
        thread.join()


@pytest.fixture(params=["token", "access_token"])
def asking(
    request: pytest.FixtureRequest, sqlite_url: str, tmp_path: Path
) -> Iterator[tuple[Stage, Provider]]:
    with a_provider() as provider:
        settings = ProviderSettings(
            introspection=f"{provider.address}/introspection",
            userinfo=f"{provider.address}/userinfo",
            client_id="tiro",
            client_secret="secret",
            parameter=request.param,
            patience=5.0,
        )
        with a_stage(sqlite_url, tmp_path, provider=settings) as stage:
            yield stage, provider


def patron(stage: Stage, token: str) -> Any:
    return stage.ask("GET", "agencyid/patrons/patronid/v4", token=token)


def test_a_token_of_somebody_who_is_logged_in(asking: tuple[Stage, Provider]) -> None:
    """As the common log-in of Danish libraries says it: several libraries, each with a card."""
    stage, provider = asking
    card = stage.a_patron()
    provider.tokens["t-1"] = {"active": True, "type": "authorized", "agency": "900100"}
    provider.persons["t-1"] = {
        "userId": "P-ELSEWHERE",
        "cpr": PERSON,
        "agencies": [
            {"agencyId": "761500", "userId": "P-ELSEWHERE", "userIdType": "LOCAL"},
            {"agencyId": "900100", "userId": card, "userIdType": "LOCAL"},
        ],
    }
    assert patron(stage, "t-1").body["patron"]["patronId"] == stage.number(card)
    assert patron(stage, "t-1").status == 200
    assert provider.asked == ["t-1"]  # what was said is believed for a while


def test_by_their_national_number_where_that_is_their_card(
    asking: tuple[Stage, Provider],
) -> None:
    stage, provider = asking
    stage.a_patron(PERSON)
    provider.tokens["t-1"] = {"active": True, "agency": AGENCY}
    provider.persons["t-1"] = {"cpr": PERSON}
    assert patron(stage, "t-1").body["authenticateStatus"] == "VALID"


def test_a_token_of_the_library_is_nobodys(asking: tuple[Stage, Provider]) -> None:
    stage, provider = asking
    provider.tokens["t-1"] = {"active": True, "type": "anonymous", "agency": "900100"}
    assert stage.ask("GET", "v1/agencyid/branches", token="t-1").status == 200
    told = patron(stage, "t-1")
    assert (told.status, told.body["message"]) == (403, "user authenticated token is required")


@pytest.mark.parametrize(
    "said",
    [
        {"active": False},
        {"active": "true", "agency": "900100"},
        {"active": True},
        {"active": True, "agency": "761500"},
        {},
    ],
)
def test_a_token_that_is_not_good(asking: tuple[Stage, Provider], said: dict[str, Any]) -> None:
    stage, provider = asking
    provider.tokens["t-1"] = said
    provider.persons["t-1"] = {}
    assert patron(stage, "t-1").status == 403
    assert stage.ask("GET", "v1/agencyid/branches", token="t-1").status == 403


def test_a_token_is_believed_no_longer_than_it_says(asking: tuple[Stage, Provider]) -> None:
    stage, provider = asking
    over = int(stage.library.now.timestamp()) - 1
    provider.tokens["t-1"] = {"active": True, "agency": AGENCY, "exp": over}
    provider.persons["t-1"] = {}
    for _ in range(2):
        stage.ask("GET", "v1/agencyid/branches", token="t-1")
    assert provider.asked == ["t-1", "t-1"]


def test_a_provider_that_fails_is_no_refusal(asking: tuple[Stage, Provider]) -> None:
    stage, provider = asking
    provider.status = 500
    assert patron(stage, "t-1").status == 503
    provider.status = 200
    provider.tokens["t-1"] = {"active": True, "agency": AGENCY, "type": "anonymous"}
    assert stage.ask("GET", "v1/agencyid/branches", token="t-1").status == 200


def test_a_token_of_our_own_is_told_to_nobody(asking: tuple[Stage, Provider]) -> None:
    stage, provider = asking
    card = stage.a_patron()
    signed = stage.library.write(
        lambda transaction: sign_in_patron(
            stage.library.act(transaction), card=card, pin=PIN, address="192.0.2.9"
        )
    )
    assert isinstance(signed, SignedIn)
    assert patron(stage, signed.token).body["patron"]["patronId"] == stage.number(card)
    assert provider.asked == []


def test_a_file_is_read_again_when_it_has_changed(one_stage: Stage) -> None:
    card = one_stage.a_patron()
    first = one_stage.a_token(card)
    assert patron(one_stage, first).status == 200
    second = one_stage.a_token(card)
    assert patron(one_stage, second).status == 200
    one_stage.tokens.write_text("")
    assert patron(one_stage, first).status == 403
    one_stage.tokens.unlink()
    assert patron(one_stage, first).status == 503


@pytest.mark.parametrize(
    "text",
    [
        "[[tokens]]\n",
        '[[tokens]]\ntoken = "short"\nagency = "DK-1"\n',
        '[[tokens]]\ntoken = "long-enough"\n',
        '[[tokens]]\ntoken = "long-enough"\nagency = "DK-1"\nowner = "x"\n',
        "[[tokens\n",
        "tokens = 1\n",
    ],
)
def test_a_file_that_is_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "tokens.toml"
    path.write_text(text)
    with pytest.raises(UnfitTokens) as raised:
        read_tokens(path)
    assert "long-enough" not in str(raised.value)
    with pytest.raises(UnfitTokens):
        read_tokens(tmp_path / "missing")


def test_who_asks_too_often_waits(sqlite_url: str, tmp_path: Path) -> None:
    with a_stage(sqlite_url, tmp_path, requests_per_second=0.01, burst=2) as stage:
        token, other = stage.a_token(), stage.a_token()
        statuses = [stage.ask("GET", "v1/agencyid/branches", token=token).status for _ in range(3)]
        assert statuses == [200, 200, 429]
        assert stage.ask("GET", "v1/agencyid/branches", token=other).status == 200
