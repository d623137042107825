"""From a federation that speaks SAML through a broker to a session, and what is refused on the way.

Identity provider, broker and server are what they are outside; the settings are those of the guide.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from catalogue.database import open_database
from circulation.kernel.engine import Circulation
from circulation.kernel.rights import Right
from circulation.staff.sessions import Session, session_of
from protocols.demo.configuration import PORTS, demo_configuration
from tests.protocols.single_sign_on.browser import Browser, Page, query_of
from tests.protocols.single_sign_on.federation import (
    BROKER,
    EMAIL,
    GUIDE,
    LEVEL,
    NAME,
    OLD_LEVEL,
    OLD_PRIVILEGES,
    PERSON,
    PRIVILEGES,
    Federation,
    Posted,
    a_federation,
    privileges,
)
from tests.servers import LOOPBACK_ALLOWED, free_ports, running_demo

_ROLE = "http://library.example.org/roles/usersystemrole"
OF_THE_TOWN = "urn:dk:gov:saml:cvrNumberIdentifier:12345678"
_LIBRARIAN: tuple[str, str, dict[str, str]] = (f"{_ROLE}/librarian/1", OF_THE_TOWN, {})
_SETTINGS = re.compile(
    r'^(\[\[single_sign_on\.providers\]\]\nname = "municipality"\n.*?)^```',
    re.MULTILINE | re.DOTALL,
)


def a_person(subject: str, *given: tuple[str, str, dict[str, str]]) -> dict[str, str]:
    """What the identity provider says of somebody who has shown two factors."""
    return {
        "subject": f"C=DK,O=12345678,CN={subject},Serial={subject}",
        PERSON: f"urn:uuid:{subject}",
        NAME: f"{subject.capitalize()} Ørsted",
        EMAIL: f"{subject}@kommune.example",
        PRIVILEGES: privileges(*given),
        LEVEL: "Substantial",
    }


class Chain(NamedTuple):
    """All that runs: the library with its address and its data, and the federation."""

    library: str
    data: Path
    federation: Federation

    def browser(self) -> Browser:
        return Browser(self.federation.certificate)

    def to_the_login(self, browser: Browser) -> str:
        """From the library to the identity provider."""
        away = browser.get(f"{self.library}/sign-on/municipality")
        assert away.status == 303, away.text
        onwards = browser.get(away.location)
        assert onwards.status in (302, 303), onwards.text
        return onwards.location

    def comes_back(self, browser: Browser, posted: Posted) -> Page:
        """With an answer of the identity provider through the broker; the library's last page."""
        answer = browser.post(posted.address, **posted.form)
        assert answer.location.startswith(f"{self.library}/sign-on/municipality/back?")
        return browser.get(answer.location)

    def signs_in(self, browser: Browser, who: dict[str, str]) -> Page:
        """All the way."""
        login = self.to_the_login(browser)
        return self.comes_back(browser, self.federation.true.vouches(login, who))

    def session_of(self, browser: Browser) -> Session | None:
        host = self.library.removeprefix("http://")
        token = browser.cookies.get(host, {}).get("tiro", "")
        database = open_database(f"sqlite:///{self.data / 'tiro.sqlite'}")
        try:
            return database.read(
                lambda transaction: session_of(Circulation(), transaction, token, datetime.now(UTC))
            ).result()
        finally:
            database.close()


@pytest.fixture(scope="module")
def chain(
    tmp_path_factory: pytest.TempPathFactory, program: Callable[[str], str]
) -> Iterator[Chain]:
    program("xmlsec1")  # signs and verifies for pysaml2
    port = free_ports(1)[0]
    library = f"http://127.0.0.1:{port}"
    with a_federation(tmp_path_factory.mktemp("federation"), library) as federation:
        settings = _SETTINGS.search(GUIDE.read_text())
        assert settings is not None
        text = demo_configuration(**dict.fromkeys(PORTS, 0) | {"http": port})
        text = text.replace("[http]", f'[http]\naddress = "{library}"')
        text += settings[1].replace(BROKER, federation.broker)
        data = tmp_path_factory.mktemp("library")
        (data / "tiro.toml").write_text(f"{text}\n{LOOPBACK_ALLOWED}")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SSL_CERT_FILE", str(federation.certificate))
            with running_demo(data, "--patrons", "2", "--http-port", str(port)):
                yield Chain(library, data, federation)


def test_a_person_of_the_municipality_has_the_roles_that_they_were_given(chain: Chain) -> None:
    browser = chain.browser()
    page = chain.signs_in(browser, a_person("bo", _LIBRARIAN))
    assert page.status == 200, page.text
    session = chain.session_of(browser)
    assert session is not None
    assert session.principal.name == "bo@kommune.example"
    assert session.methods == {"provider", "mfa"}
    assert session.principal.may(Right.LEND)
    assert not session.principal.may(Right.REVERSE_FEES)
    limited = (f"{_ROLE}/head/1", OF_THE_TOWN, {"unit": "7d1a0f3c-0000-4000-8000-000000000002"})
    again = chain.browser()
    assert chain.signs_in(again, a_person("bo", limited)).status == 200
    head = chain.session_of(again)
    assert head is not None
    assert head.principal.id == session.principal.id
    reach = head.principal.grants[Right.REVERSE_FEES]
    assert (reach.everywhere, reach.agencies, len(reach.branches)) == (False, frozenset(), 1)


def test_who_is_told_of_as_before_2021_signs_in_as_well(chain: Chain) -> None:
    """OIOSAML 2: other names, and a level of 1 to 4."""
    who = a_person("eva", _LIBRARIAN)
    who[OLD_PRIVILEGES] = who.pop(PRIVILEGES)
    who[OLD_LEVEL] = "2"
    del who[LEVEL]
    browser = chain.browser()
    assert chain.signs_in(browser, who).status == 200
    session = chain.session_of(browser)
    assert session is not None
    assert session.methods == {"provider"}  # one factor


@pytest.mark.parametrize(
    "given",
    [
        (),
        ((f"{_ROLE}/cleaner/1", OF_THE_TOWN, {}),),
        ((f"{_ROLE}/librarian/1", "urn:dk:gov:saml:cvrNumberIdentifier:87654321", {}),),
        ((f"{_ROLE}/librarian/1", OF_THE_TOWN, {"unit": "elsewhere"}),),
    ],
)
def test_who_has_no_role_in_the_library_is_not_let_in(
    chain: Chain, given: tuple[tuple[str, str, dict[str, str]], ...]
) -> None:
    browser = chain.browser()
    page = chain.signs_in(browser, a_person("ida", *given))
    assert page.status == 403
    assert "ikke fået nogen rolle på biblioteket" in page.text
    assert chain.session_of(browser) is None


@pytest.mark.parametrize("lie", ["signer", "audience", "expired", "altered"])
def test_an_assertion_that_is_not_good_is_refused_by_the_broker(chain: Chain, lie: str) -> None:
    browser, federation = chain.browser(), chain.federation
    login, who = chain.to_the_login(browser), a_person("bo", _LIBRARIAN)
    if lie == "signer":
        posted = federation.forger.vouches(login, who)
    elif lie == "audience":
        posted = federation.true.vouches(login, who, audience="https://other.example.org")
    elif lie == "expired":
        posted = federation.outdated.vouches(login, who)
    else:
        posted = federation.true.vouches(login, who).altered("bo@kommune", "ida@kommune")
    page = chain.comes_back(browser, posted)
    assert page.status == 403
    assert "Login-tjenesten har ikke lukket dig ind." in page.text
    assert "Login-tjenesten oplyser: Authentication failed." in page.text
    assert chain.session_of(browser) is None


def test_an_assertion_is_good_once_and_for_the_browser_that_asked(chain: Chain) -> None:
    mine, theirs = chain.browser(), chain.browser()
    login = chain.to_the_login(mine)
    posted = chain.federation.true.vouches(login, a_person("bo", _LIBRARIAN))
    assert chain.comes_back(mine, posted).status == 200
    repeated = mine.post(posted.address, **posted.form)  # as with the browser's button
    assert "code=" not in repeated.headers.get("Location", "")
    state = query_of(chain.to_the_login(theirs))["RelayState"]
    stolen = Posted(posted.address, posted.form | {"RelayState": state})
    page = chain.comes_back(theirs, stolen)
    assert page.status == 403
    assert chain.session_of(theirs) is None
