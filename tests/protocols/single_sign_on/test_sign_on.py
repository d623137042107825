"""The way to a real provider and back, step by step, with what may be tried on it."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from pydantic import ValidationError

from catalogue.database import Database
from circulation.kernel.rights import Right
from circulation.patrons.seals import Seal
from circulation.staff.accounts import roles_of
from circulation.staff.administering import disable_account
from circulation.staff.results import NotSignedIn, SignedIn, SignInRefusal
from circulation.staff.roles import HeldRole
from circulation.staff.site import Site
from circulation.staff.workstations import add_workstation
from protocols.hosting.answering import Context
from protocols.hosting.fetching import ProviderFailed
from protocols.hosting.validating import adapter_of
from protocols.single_sign_on.codec import opened, sealed
from protocols.single_sign_on.handlers import SignOn
from protocols.single_sign_on.messages import Pending
from protocols.single_sign_on.provider import NotVouched
from protocols.single_sign_on.settings import Provider, SingleSignOnSettings
from tests.builders.accounts import COMMAND, a_colleague, account, at_no_desk, is_let_in, session
from tests.builders.circulation import Library, a_library
from tests.circulation.staff.conftest import prepared
from tests.protocols.single_sign_on.browser import Browser, a_provider, query_of

ADDRESS = "http://127.0.0.1:8080"
SEAL = Seal(b"s" * 32)
TABLE = {"library": ("librarian",), "library-heads": ("head@DK-900102",)}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with a_provider() as issuer:
        yield issuer


@pytest.fixture
def house(database: Database) -> Library:
    return prepared(a_library(database))


def sign_on(issuer: str, **options: Any) -> SignOn:
    facts = {"name": "town", "issuer": issuer, "client_id": "tiro", "client_secret": "x"} | options
    return SignOn(SingleSignOnSettings("/", (Provider(**facts),)), Site(ADDRESS))


class Visit:
    """A browser on its way."""

    def __init__(self, library: Library, sign_on: SignOn, cookies: str | None = None) -> None:
        self.library, self.sign_on, self.browser = library, sign_on, Browser()
        self.pending = sign_on.begin("town", cookies, library.now)
        away = sign_on.sent_away(self.address(), self.pending, SEAL)
        headers = dict(away.headers)
        self.cookie = headers["Set-Cookie"].partition(";")[0]
        self.to = headers["Location"]
        assert "SameSite=Lax" in headers["Set-Cookie"]

    def address(self) -> str:
        pending = self.pending
        return self.sign_on.clients["town"].authorization_address(
            self.sign_on.redirect_uri("town"), pending.state, pending.nonce, pending.verifier
        )

    def comes_back(self, subject: str = "a-1") -> dict[str, str]:
        """What the address says that the provider sends the browser to."""
        back = self.browser.consents(self.to, subject)
        assert back.startswith(f"{ADDRESS}/sign-on/town/back?")
        return query_of(back)

    def taken(self, query: dict[str, str], cookie: str | None = None) -> Pending | None:
        sent = self.cookie if cookie is None else cookie
        return self.sign_on.pending("town", query, sent, SEAL, self.library.now)

    def signs_in(
        self, query: dict[str, str], pending: Pending | None = None, address: str = "192.0.2.7"
    ) -> SignedIn | NotSignedIn:
        found = pending or self.taken(query)
        assert found is not None
        claims = self.sign_on.clients["town"].claims(
            query["code"], self.sign_on.redirect_uri("town"), found.nonce, found.verifier
        )
        library = self.library
        return library.write(
            lambda transaction: self.sign_on.signed_in(
                found, claims, address, Context(transaction, library.circulation, library.now, [])
            )
        )


def test_an_account_is_made_at_the_first_sign_in_with_its_roles(
    house: Library, issuer: str
) -> None:
    options = {"accounts": "made", "branch": "DK-900101", "roles_claim": "groups", "roles": TABLE}
    visit = Visit(house, sign_on(issuer, **options))
    answer = visit.signs_in(visit.comes_back())
    assert isinstance(answer, SignedIn)
    principal = answer.session.principal
    assert (principal.name, principal.branch_id) == ("anna", house.main.id)
    assert principal.may(Right.WAIVE_FEES, house.main.agency_id)
    made = account(house)
    assert (made.name, made.email) == ("Anna Ørsted", "anna@example.dk")
    assert answer.session.methods == {"provider"}
    assert session(house, answer.token) is not None
    again = Visit(house, sign_on(issuer, roles_claim="groups", roles={"canteen": ("assistant",)}))
    second = again.signs_in(again.comes_back())
    assert isinstance(second, SignedIn)
    held = house.read(lambda transaction: roles_of(transaction, staff_id=made.id))
    assert held == [HeldRole("assistant", agency_id=house.main.agency_id)]


def test_a_broker_of_a_federation_gives_roles_within_a_claim(house: Library, issuer: str) -> None:
    options = {
        "accounts": "made",
        "branch": "DK-900102",
        "roles_claim": "realm_access.roles",
        "roles": TABLE,
        "strong": ("https://data.gov.dk/concept/core/nsis/Substantial",),
    }
    visit = Visit(house, sign_on(issuer, **options))
    answer = visit.signs_in(visit.comes_back("b-2"), address="198.51.100.4")
    assert isinstance(answer, SignedIn)
    assert answer.session.methods == {"provider", "mfa"}
    assert answer.session.principal.may(Right.REVERSE_FEES, None, house.other.id)
    assert not answer.session.principal.may(Right.REVERSE_FEES, None, house.main.id)


def test_who_is_not_known_is_let_in_as_far_as_the_provider_is_trusted(
    house: Library, issuer: str
) -> None:
    nobody = NotSignedIn(SignInRefusal.NO_ACCOUNT)
    for accounts in ("known", "matched"):
        visit = Visit(house, sign_on(issuer, accounts=accounts))
        assert visit.signs_in(visit.comes_back()) == nobody
    a_colleague(house, "anna", "librarian")
    known = Visit(house, sign_on(issuer))
    assert known.signs_in(known.comes_back()) == nobody
    matched = Visit(house, sign_on(issuer, accounts="matched"))
    assert isinstance(matched.signs_in(matched.comes_back()), SignedIn)
    known = Visit(house, sign_on(issuer))
    assert isinstance(known.signs_in(known.comes_back()), SignedIn)
    at_no_desk(house, lambda act: disable_account(act, COMMAND, account(house)))
    known = Visit(house, sign_on(issuer))
    assert known.signs_in(known.comes_back()) == nobody


def test_outside_a_password_at_the_provider_is_not_enough(house: Library, issuer: str) -> None:
    a_colleague(house, "anna", "librarian")
    visit = Visit(house, sign_on(issuer, accounts="matched"))
    query = visit.comes_back()
    refused = visit.signs_in(query, address="198.51.100.4")
    assert refused == NotSignedIn(SignInRefusal.NO_SECOND_FACTOR)


@pytest.mark.parametrize(
    "change",
    [
        {"state": "another"},
        {"state": ""},
        {"iss": "https://login.example.com"},
    ],
)
def test_an_answer_that_was_not_asked_for_is_not_taken(
    house: Library, issuer: str, change: dict[str, str]
) -> None:
    visit = Visit(house, sign_on(issuer))
    query = visit.comes_back()
    assert visit.taken(query) is not None
    assert visit.taken(query | change) is None


def test_a_code_is_of_no_use_in_another_browser(house: Library, issuer: str) -> None:
    """Who sends somebody the address of their own sign-in does not sign them in."""
    mine, theirs = Visit(house, sign_on(issuer)), Visit(house, sign_on(issuer))
    query = mine.comes_back()
    assert theirs.taken(query) is None
    assert theirs.taken(query, "") is None
    assert theirs.taken(query, "tiro-sign-on=made-up") is None
    a_colleague(house, "anna")
    with pytest.raises((ProviderFailed, NotVouched)):  # verifier and nonce are others
        theirs.signs_in(query, theirs.pending)


def test_a_code_is_taken_once(house: Library, issuer: str) -> None:
    a_colleague(house, "anna")
    visit = Visit(house, sign_on(issuer, accounts="matched"))
    query = visit.comes_back()
    assert isinstance(visit.signs_in(query), SignedIn)
    with pytest.raises(ProviderFailed):
        visit.signs_in(query)


def test_the_way_back_may_lead_to_another_process(house: Library, issuer: str) -> None:
    """Those of a supervisor, or the one that a restart has begun meanwhile."""
    a_colleague(house, "anna")
    visit = Visit(house, sign_on(issuer, accounts="matched"))
    query = visit.comes_back()
    visit.sign_on = sign_on(issuer, accounts="matched")
    assert isinstance(visit.signs_in(query), SignedIn)


def test_a_sign_in_waits_ten_minutes(house: Library, issuer: str) -> None:
    visit = Visit(house, sign_on(issuer))
    query = visit.comes_back()
    house.pass_time(minutes=10)
    assert visit.taken(query) is None


def test_the_session_is_a_new_one_at_the_workstation_of_the_browser(
    house: Library, issuer: str
) -> None:
    a_colleague(house, "anna")
    key = at_no_desk(house, lambda act: add_workstation(act, "Desk 1", house.other.id))
    before = is_let_in(house)
    cookies = f"tiro={before.token}; tiro-workstation={key}"
    visit = Visit(house, sign_on(issuer, accounts="matched"), cookies)
    answer = visit.signs_in(visit.comes_back(), address="198.51.100.4")
    assert isinstance(answer, SignedIn)
    assert answer.session.principal.device == "Desk 1"
    assert session(house, before.token) is None


def test_over_tls_the_cookies_are_of_this_host_alone(house: Library) -> None:
    settings, site = SingleSignOnSettings("/desk"), Site("https://library.example")
    a_colleague(house, "anna")
    sign_on = SignOn(settings, site)
    pending = sign_on.begin("town", None, house.now)
    page = sign_on.welcomed(pending, is_let_in(house), "en")
    cookies = [value for name, value in page.headers if name == "Set-Cookie"]
    assert cookies[0].startswith("__Host-tiro=")
    assert "SameSite=Strict" in cookies[0]
    assert all("; Secure" in each and "; HttpOnly" in each for each in cookies)
    assert 'content="0; url=/desk"' in page.text


@pytest.mark.parametrize(
    ("then", "goes_to"),
    [
        (None, "/desk"),
        ("/desk/authorize?client_id=x&amp;state=y", "/desk/authorize?client_id=x&amp;state=y"),
        ("//evil.example", "/desk"),
        ("/\\evil.example", "/desk"),
        ("/\tevil", "/desk"),
        ("https://evil.example", "/desk"),
        ("javascript:alert(1)", "/desk"),
        ("", "/desk"),
        ("/" + "x" * 2000, "/desk"),
    ],
)
def test_the_browser_goes_on_within_this_server(
    house: Library, then: str | None, goes_to: str
) -> None:
    sign_on = SignOn(SingleSignOnSettings("/desk"), Site(ADDRESS))
    pending = sign_on.begin("town", None, house.now, None if then is None else unescape(then))
    kept = opened(sealed(pending, SEAL), SEAL, "town", house.now)
    assert kept == pending
    a_colleague(house, "anna")
    page = sign_on.welcomed(kept, is_let_in(house), "en")
    assert f'content="0; url={goes_to}"' in page.text


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ({"error": "access_denied"}, 403, "Login-tjenesten har ikke lukket dig ind."),
        ({"error": "temporarily_unavailable"}, 502, "Prøv igen senere."),
        ({"error": "invalid_scope"}, 403, "den, der passer bibliotekets system"),
        ({}, 403, "den, der passer bibliotekets system"),
        (
            {"error": "access_denied", "error_description": "Fejl <b>7</b> {text} {0}"},
            403,
            "Login-tjenesten oplyser: Fejl &lt;b&gt;7&lt;/b&gt; {text} {0}",
        ),
    ],
)
def test_why_the_provider_lets_nobody_in_is_told(
    query: dict[str, str], status: int, said: str
) -> None:
    sign_on = SignOn(SingleSignOnSettings("/desk"), Site(ADDRESS))
    page = sign_on.denied(query, "da")
    assert page.status.value == status
    assert said in page.text
    assert '<html lang="da">' in page.text


def test_who_gets_no_role_is_not_let_in_and_loses_what_they_had(
    house: Library, issuer: str
) -> None:
    made = {"accounts": "made", "branch": "DK-900101", "roles_claim": "groups"}
    no_role = NotSignedIn(SignInRefusal.NO_ROLE)
    stranger = Visit(house, sign_on(issuer, **made, roles={"others": ("librarian",)}))
    assert stranger.signs_in(stranger.comes_back()) == no_role
    with pytest.raises(AssertionError):
        account(house)
    known = Visit(house, sign_on(issuer, **made, roles=TABLE))
    answer = known.signs_in(known.comes_back())
    assert isinstance(answer, SignedIn)
    again = Visit(house, sign_on(issuer, **made, roles={"others": ("librarian",)}))
    assert again.signs_in(again.comes_back()) == no_role
    assert house.read(lambda transaction: roles_of(transaction, staff_id=account(house).id)) == []
    still = session(house, answer.token)
    assert still is None or not still.principal.grants


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"after": "//evil.example"}, "a path on this server"),
        ({"after": "/\\evil.example"}, "a path on this server"),
        ({"providers": [{"name": "x", "issuer": "http://x", "client_id": "t"}]}, "https://"),
    ],
)
def test_settings_that_would_not_be_safe(facts: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        adapter_of(SingleSignOnSettings).validate_python(facts, context={})
