"""The way to a provider and back, without network and without Twisted.

/sign-on/NAME         the browser is sent to the provider
/sign-on/NAME/back    it comes back with a code, and is signed in
/sign-on/NAME/out     it is sent to where the provider ends its own session
"""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Mapping
from datetime import datetime
from html import escape
from http import HTTPStatus
from typing import Any, Final

from circulation.kernel.results import UNATTENDED
from circulation.patrons.seals import Seal
from circulation.staff.identities import sign_in_by_identity
from circulation.staff.results import NotSignedIn, SignedIn
from circulation.staff.signing_in import Arrival
from circulation.staff.site import Site
from protocols.hosting.answering import Context
from protocols.hosting.cookies import SESSION, WORKSTATION, cookie_in, cookie_name, set_cookie
from protocols.single_sign_on.codec import opened, sealed
from protocols.single_sign_on.messages import LASTS, Answer, Pending, begun
from protocols.single_sign_on.provider import ProviderClient, admission_of, identity_of
from protocols.single_sign_on.settings import SingleSignOnSettings

log = logging.getLogger(__name__)

PENDING: Final = "tiro-sign-on"


class SignOn:
    """Single sign-on of one server."""

    def __init__(self, settings: SingleSignOnSettings, site: Site | None) -> None:
        self.settings = settings
        self.address = None if site is None else site.address
        self.clients = {
            each.name: ProviderClient(each, settings.patience) for each in settings.providers
        }
        self._is_secure = (self.address or "").startswith("https://")

    def redirect_uri(self, name: str) -> str:
        return f"{self.address}/sign-on/{name}/back"

    def _cookie(self, of: str) -> str:
        return cookie_name(of, is_secure=self._is_secure)

    def listed(self) -> Answer:
        """The providers, for whoever makes a page to sign in by."""
        told = [
            {"name": name, "address": f"{self.address}/sign-on/{name}"}
            for name in self.clients
            if self.address is not None
        ]
        return Answer(HTTPStatus.OK, json.dumps({"providers": told}), kind="application/json")

    def begin(self, name: str, cookies: str | None, now: datetime) -> Pending:
        """A sign-in by that provider, from this browser."""
        workstation = cookie_in(cookies, self._cookie(WORKSTATION))
        return begun(name, now, workstation, cookie_in(cookies, self._cookie(SESSION)))

    def sent_away(self, address: str, pending: Pending, seal: Seal) -> Answer:
        """The browser goes to the provider. Its cookie must come with the way back, which another
        site causes: so it is lax."""
        lasts = int(LASTS.total_seconds())
        cookie = set_cookie(self._cookie(PENDING), sealed(pending, seal), seconds=lasts, site="Lax")
        return Answer(HTTPStatus.SEE_OTHER, "", (("Location", address), ("Set-Cookie", cookie)))

    def pending(
        self, name: str, query: Mapping[str, str], cookies: str | None, seal: Seal, now: datetime
    ) -> Pending | None:
        """The sign-in that the browser comes back from; None where it has begun none like it."""
        cookie = cookie_in(cookies, self._cookie(PENDING))
        found = None if cookie is None else opened(cookie, seal, name, now)
        if found is None or not hmac.compare_digest(
            found.state.encode(), query.get("state", "").encode()
        ):
            return None
        issuer = query.get("iss")  # RFC 9207: the answer of one provider is not taken for another's
        if issuer is not None and issuer.rstrip("/") != self.clients[name].settings.issuer:
            return None
        return found

    def signed_in(
        self, pending: Pending, claims: Mapping[str, Any], address: str, context: Context
    ) -> SignedIn | NotSignedIn:
        """Work of a transaction that writes."""
        provider = self.clients[pending.provider].settings
        return sign_in_by_identity(
            context.act(UNATTENDED),
            identity_of(provider, claims),
            admission_of(provider, claims),
            Arrival(address, pending.workstation_key, pending.previous_token),
        )

    def welcomed(self, answer: SignedIn | NotSignedIn) -> Answer:
        """A page that goes on by itself: the strict cookie of the session would not come with a
        redirection, since another site has caused all of this."""
        if isinstance(answer, NotSignedIn):
            return self.refused(answer.refusal.value)
        session = set_cookie(self._cookie(SESSION), answer.token)
        after = escape(self.settings.after, quote=True)
        page = f'<meta http-equiv="refresh" content="0; url={after}"><a href="{after}">Go on</a>'
        return Answer(
            HTTPStatus.OK, _page("Signed in", page), (("Set-Cookie", session), self._forget())
        )

    def refused(self, why: str) -> Answer:
        page = f'<p>{escape(why)}.</p><p><a href="/">Back</a></p>'
        return Answer(HTTPStatus.FORBIDDEN, _page("Not signed in", page), (self._forget(),))

    def unreachable(self) -> Answer:
        page = "<p>The provider does not answer as it should. Try again later.</p>"
        return Answer(HTTPStatus.BAD_GATEWAY, _page("Not signed in", page), (self._forget(),))

    def _forget(self) -> tuple[str, str]:
        return "Set-Cookie", set_cookie(self._cookie(PENDING), "", seconds=0, site="Lax")


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"</head><body><h1>{escape(title)}</h1>{body}</body></html>"
    )
