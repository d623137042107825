"""A browser that follows what it is told one step at a time, and a real provider."""

from __future__ import annotations

import http.client
import ssl
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from oidc_provider_mock import User, run_server_in_thread

#: Whom the provider knows: one of its own, and one whom a broker before a federation of SAML tells
#: of, with roles within a claim of its own and how sure it is of them.
ANNA = {
    "preferred_username": "Anna",
    "name": "Anna Ørsted",
    "email": "anna@example.dk",
    "groups": ["library", "canteen"],
}
BROKERED = {
    "preferred_username": "bo@kommune.example",
    "name": "Bo Berg",
    "acr": "https://data.gov.dk/concept/core/nsis/Substantial",
    "realm_access": {"roles": ["library-heads"]},
}


@contextmanager
def a_provider() -> Iterator[str]:
    """Its issuer."""
    users = [User(sub="a-1", claims=ANNA), User(sub="b-2", claims=BROKERED)]
    with run_server_in_thread(user_claims=users, require_nonce=True) as server:
        yield f"http://127.0.0.1:{server.server_port}"


class Page:
    """An answer."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.text = response.read().decode()

    @property
    def location(self) -> str:
        return self.headers["Location"]


class Browser:
    """Its cookies go to the hosts that set them. `authority` is the certificate of who vouches for
    hosts that are reached over TLS."""

    def __init__(self, authority: Path | None = None) -> None:
        self._authority = authority
        self.cookies: dict[str, dict[str, str]] = {}

    def get(self, address: str) -> Page:
        return self._ask("GET", address, None)

    def post(self, address: str, **form: str) -> Page:
        return self._ask("POST", address, urlencode(form))

    def consents(self, address: str, subject: str) -> str:
        """Signs in at the provider; gives the address with the code."""
        return self.post(address, sub=subject).location

    def _ask(self, method: str, address: str, body: str | None) -> Page:
        place = urlsplit(address)
        connection: http.client.HTTPConnection
        if place.scheme == "https":
            trusted = ssl.create_default_context(cafile=self._authority)
            connection = http.client.HTTPSConnection(place.netloc, timeout=20, context=trusted)
        else:
            connection = http.client.HTTPConnection(place.netloc, timeout=20)
        jar = self.cookies.setdefault(place.netloc, {})
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        path = f"{place.path or '/'}?{place.query}" if place.query else place.path or "/"
        connection.request(method, path, body, headers)
        page = Page(connection.getresponse())
        connection.close()
        for line in page.headers.get_all("Set-Cookie") or ():
            for name, morsel in SimpleCookie(line).items():
                jar[name] = morsel.value
                if morsel["max-age"] == "0":
                    del jar[name]
        return page


def query_of(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query))
