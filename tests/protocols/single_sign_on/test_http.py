"""A browser, a real server and a real provider."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from catalogue.database import open_database
from circulation.kernel.engine import Circulation
from circulation.staff.sessions import session_of
from protocols.demo.configuration import PORTS, demo_configuration
from protocols.demo.seeding import HOME_BRANCH
from tests.protocols.desk.browser import Desk, a_browser
from tests.protocols.single_sign_on.browser import Browser, a_provider, query_of
from tests.servers import LOOPBACK_ALLOWED, RunningServer, free_ports, running_demo


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningServer, str]]:
    """A server that trusts a provider, and its address."""
    folder = tmp_path_factory.mktemp("sign-on")
    port = free_ports(1)[0]
    with a_provider() as issuer:
        section = f"""
[single_sign_on]
after = "/desk"
[[single_sign_on.providers]]
name = "town"
label = "Borup Kommune"
issuer = "{issuer}"
client_id = "tiro"
client_secret = "a secret"
accounts = "made"
branch = "{HOME_BRANCH}"
roles_claim = "groups"
roles = {{ library = ["librarian"] }}
[[single_sign_on.providers]]
name = "gone"
issuer = "http://127.0.0.1:9"
client_id = "tiro"
"""
        ports = dict.fromkeys(PORTS, 0) | {"http": port}
        here = f'[http]\naddress = "http://127.0.0.1:{port}"'
        text = demo_configuration(**ports).replace("[http]", here)
        (folder / "tiro.toml").write_text(text + section + LOOPBACK_ALLOWED)
        with running_demo(folder, "--patrons", "2", "--http-port", str(port)) as server:
            yield server, f"http://127.0.0.1:{port}"


def test_who_comes_by_the_provider_is_signed_in(served: tuple[RunningServer, str]) -> None:
    server, address = served
    browser = Browser()
    away = browser.get(f"{address}/sign-on/town")
    assert away.status == 303
    assert query_of(away.location)["code_challenge_method"] == "S256"
    back = browser.consents(away.location, "a-1")
    page = browser.get(back)
    assert page.status == 200
    assert 'content="0; url=/desk"' in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    host = address.removeprefix("http://")
    assert set(browser.cookies[host]) == {"tiro"}  # the other one is forgotten
    database = open_database(f"sqlite:///{server.data / 'tiro.sqlite'}")
    try:
        found = database.read(
            lambda transaction: session_of(
                Circulation(), transaction, browser.cookies[host]["tiro"], datetime.now(UTC)
            )
        ).result()
    finally:
        database.close()
    assert found is not None
    assert found.principal.name == "anna"
    assert browser.get(back).status == 403  # again


def test_what_is_not_asked_for_signs_nobody_in(served: tuple[RunningServer, str]) -> None:
    _, address = served
    host = address.removeprefix("http://")
    mine, theirs = Browser(), Browser()
    back = mine.consents(mine.get(f"{address}/sign-on/town").location, "a-1")
    assert theirs.get(back).status == 403
    theirs.get(f"{address}/sign-on/town")
    assert theirs.get(back).status == 403
    assert "tiro" not in theirs.cookies[host]
    denied = theirs.get(f"{address}/sign-on/town").location
    state = query_of(denied)["state"]
    asked = urlencode({"state": state, "error": "<b>access_denied</b>"})
    page = theirs.get(f"{address}/sign-on/town/back?{asked}")
    assert page.status == 403
    assert "<b>" not in page.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/sign-on", 200),
        ("/sign-on/other", 404),
        ("/sign-on/town/other", 404),
        ("/sign-on/gone", 502),
        ("/sign-on/town/back", 403),
    ],
)
def test_ways_that_lead_nowhere(served: tuple[RunningServer, str], path: str, status: int) -> None:
    _, address = served
    assert Browser().get(f"{address}{path}").status == status
    if status == 403:
        assert Browser().post(f"{address}{path}", state="x", code="y").status == 405


def test_the_desk_offers_the_providers_and_is_come_back_to(
    served: tuple[RunningServer, str],
) -> None:
    _, address = served
    with a_browser() as browser:
        page = Desk(browser, address)

        def sign_in() -> None:
            ways = page.wait('[data-part="providers"] a')
            offered = [each.text for each in ways]
            assert offered == ["Sign in with Borup Kommune", "Sign in with gone"]
            ways[0].click()
            page.wait('[name="sub"]')[0].send_keys("a-1\n")
            page.wait("body[data-ready]")
            assert page.text('[data-part="who"]') == "anna"

        browser.get(f"{address}/desk/log-in")
        sign_in()
        assert browser.current_url == f"{address}/desk"
        browser.get(f"{address}/desk/account")
        page.wait('[data-part="sessions"] li')
        page.wait("body")[0].send_keys(Keys.ALT, "q")  # locks the page
        sign_in()
        assert browser.current_url == f"{address}/desk/account"
        page.wait('[data-part="sessions"] li')
        assert "vouches for you" in page.text('[data-part="provider"]')
        hidden = browser.find_elements(By.CSS_SELECTOR, "[data-own-password]")
        assert not any(each.is_displayed() for each in hidden)
        page.wait('[name="pin"]')[0].send_keys("8305\n")
        page.says('[data-part="told"]', "PIN")
