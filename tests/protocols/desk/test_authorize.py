"""An app on somebody's machine, its browser, and whoever agrees to what it asks."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.error import HTTPError
from urllib.parse import parse_qsl, urlencode, urlsplit
from urllib.request import Request, urlopen

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from circulation.kernel.rights import Right
from circulation.patrons.pins import hash_pin
from circulation.staff.programs import NewProgram, add_program
from tests.builders.accounts import COMMAND, at_no_desk
from tests.builders.circulation import a_patron
from tests.protocols.desk.browser import Desk
from tests.protocols.desk.stage import NAME, PASSWORD, Stage
from tests.protocols.desk.test_accessibility import violations

VERIFIER = "a-verifier-of-the-app-with-letters-enough-for-it"
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@dataclass
class App:
    """Listens on a port of its own for the browser to come back, as RFC 8252 has it."""

    address: str
    client_id: str
    port: int
    came: list[dict[str, str]] = field(default_factory=list)

    @property
    def back(self) -> str:
        return f"http://127.0.0.1:{self.port}/back"

    def page(self, **other: str) -> str:
        asked = {
            "client_id": self.client_id,
            "redirect_uri": self.back,
            "response_type": "code",
            "state": "of the app",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        return f"{self.address}/desk/authorize?{urlencode(asked | other)}"

    def token(self) -> dict[str, str]:
        """What it gets for the code that came last."""
        form = {
            "grant_type": "authorization_code",
            "client_id": self.client_id,
            "redirect_uri": self.back,
            "code": self.came[-1]["code"],
            "code_verifier": VERIFIER,
        }
        with urlopen(f"{self.address}/api/v1/oauth/token", urlencode(form).encode()) as answer:
            told: dict[str, str] = json.load(answer)
        return told

    def ask(self, path: str, token: str) -> dict[str, object]:
        headers = {"Authorization": f"Bearer {token}"}
        with urlopen(Request(f"{self.address}/api/v1{path}", headers=headers)) as answer:
            told: dict[str, object] = json.load(answer)
        return told


@pytest.fixture
def app(stage: Stage, request: pytest.FixtureRequest) -> Iterator[App]:
    """For whom it works is the parameter."""
    kind, rights = request.param, [Right.LEND] if request.param == "staff" else []
    with stage.library() as library:
        back = ("http://127.0.0.1/back",)
        new = NewProgram(f"{kind} app", library.main.id, rights, acts_for=kind, redirect_uris=back)
        made = at_no_desk(library, lambda act: add_program(act, COMMAND, new))
    address = stage.address.replace("127.0.0.1", "localhost")
    found = App(address, made.client_id, 0)

    class Back(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/back"):
                found.came.append(dict(parse_qsl(urlsplit(self.path).query)))
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<p id=back>Back.</p>")

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Back)
    found.port = server.server_port
    Thread(target=server.serve_forever, daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


def fill(page: Desk, part: str, **fields: str) -> None:
    its = page.wait(f'[data-part="{part}"]:not([hidden])')[0]
    for name, text in fields.items():
        its.find_element(By.NAME, name).send_keys(text)
    its.find_element(By.NAME, name).send_keys(Keys.ENTER)


@pytest.mark.parametrize("app", ["staff"], indirect=True)
def test_somebody_of_the_staff_agrees(desk: Desk, app: App) -> None:
    desk.browser.delete_all_cookies()
    desk.browser.get(app.page())
    fill(desk, "staff", name=NAME, password=PASSWORD)
    desk.wait('[data-part="consent"]:not([hidden])')
    assert desk.text('[data-part="app"]') == "staff app wants to work in your name"
    told = "lend, renew, take returns; place, change and cancel holds"
    assert desk.text('[data-part="scope"]') == told
    assert violations(desk) == []
    desk.browser.find_element(By.CSS_SELECTOR, '[data-do="agree"]').click()
    desk.wait("#back")
    assert app.came[-1]["state"] == "of the app"
    assert app.came[-1]["iss"] == app.address
    token = app.token()["access_token"]
    session = app.ask("/sessions/current", token)
    assert (session["name"], session["rights"]) == (NAME, ["lend"])
    desk.browser.get(f"{app.address}/desk/account")
    [shown] = desk.wait('[data-part="apps"] li')
    assert f"staff app\n{told} · Until" in shown.text
    desk.click('[data-part="apps"] button')
    desk.says('[data-part="told"]', "The app has no access any more.")
    assert not desk.text('[data-part="apps"]')
    with pytest.raises(HTTPError, match="401"):
        app.ask("/sessions/current", token)
    desk.browser.get(app.page())  # who is signed in is not asked who they are
    desk.wait('[data-part="consent"]:not([hidden])')
    desk.browser.find_element(By.CSS_SELECTOR, '[data-do="deny"]').click()
    desk.wait("#back")
    assert app.came[-1]["error"] == "access_denied"
    desk.browser.get(app.page(scope="staff.administer"))
    desk.wait("#back")
    assert app.came[-1]["error"] == "invalid_scope"
    desk.browser.get(app.page(redirect_uri="https://evil.example/"))
    desk.wait('[data-part="told"]:not([hidden])')
    assert "/desk/authorize" in desk.browser.current_url


@pytest.mark.parametrize("app", ["patron"], indirect=True)
def test_a_patron_agrees(desk: Desk, app: App, stage: Stage) -> None:
    with stage.library() as library:
        card = a_patron(library, pin_hash=hash_pin("4071"))
    desk.browser.get(app.page())  # somebody of the staff is signed in here, and does not count
    fill(desk, "patron", card=card, pin="4071")
    desk.wait('[data-part="consent"]:not([hidden])')
    assert violations(desk) == []
    desk.browser.find_element(By.CSS_SELECTOR, '[data-do="agree"]').click()
    desk.wait("#back")
    told = app.token()
    assert told["scope"] == "self"
    assert app.ask("/self", told["access_token"])["card"] == card
    desk.browser.get(f"{app.address}/")
    desk.click('[data-view="account"]')
    desk.click("details:has([data-part=apps]) summary")
    assert "patron app" in desk.text('[data-part="apps"] li')
    assert violations(desk) == []
    desk.click('[data-part="apps"] button')
    desk.says('[data-part="alert"]', "patron app has no access any more.")
    with pytest.raises(HTTPError, match="401"):
        app.ask("/self", told["access_token"])
