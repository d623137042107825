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
from circulation.languages.installed import language
from circulation.patrons.seals import Seal
from circulation.staff.identities import sign_in_by_identity
from circulation.staff.results import NotSignedIn, SignedIn
from circulation.staff.signing_in import Arrival
from circulation.staff.site import Site
from protocols.hosting.answering import Context
from protocols.hosting.cookies import SESSION, WORKSTATION, cookie_in, cookie_name, set_cookie
from protocols.single_sign_on.codec import opened, sealed
from protocols.single_sign_on.messages import LASTS, Answer, Pending, Word, begun
from protocols.single_sign_on.provider import ProviderClient, admission_of, identity_of
from protocols.single_sign_on.settings import SingleSignOnSettings

log = logging.getLogger(__name__)

PENDING: Final = "tiro-sign-on"
#: What RFC 6749 (4.1.2.1) and OpenID Connect Core (3.1.2.6) call it; anything else is about the
#: request that this server has made, which is for whoever looks after it.
_ERRORS: Final = {
    "access_denied": Word.DENIED,
    "login_required": Word.DENIED,
    "interaction_required": Word.DENIED,
    "consent_required": Word.DENIED,
    "account_selection_required": Word.DENIED,
    "server_error": Word.UNREACHABLE,
    "temporarily_unavailable": Word.UNREACHABLE,
}
_MOST_SAID: Final = 300
#: The status of a page that refuses, if it is not 403.
_STATUSES: Final = {
    Word.UNREACHABLE: HTTPStatus.BAD_GATEWAY,
    Word.NOT_SET_UP: HTTPStatus.SERVICE_UNAVAILABLE,
}


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
            {
                "name": name,
                "label": client.settings.label or name,
                "address": f"{self.address}/sign-on/{name}",
            }
            for name, client in self.clients.items()
            if self.address is not None
        ]
        return Answer(HTTPStatus.OK, json.dumps({"providers": told}), kind="application/json")

    def begin(
        self, name: str, cookies: str | None, now: datetime, then: str | None = None
    ) -> Pending:
        """A sign-in by that provider, from this browser, which goes on to the path `then`."""
        workstation = cookie_in(cookies, self._cookie(WORKSTATION))
        return begun(name, now, workstation, cookie_in(cookies, self._cookie(SESSION)), then)

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

    def welcomed(self, pending: Pending, answer: SignedIn | NotSignedIn, language: str) -> Answer:
        """A page that goes on by itself: the strict cookie of the session would not come with a
        redirection, since another site has caused all of this."""
        if isinstance(answer, NotSignedIn):
            return self.refused(Word(answer.refusal.name), language)
        session = set_cookie(self._cookie(SESSION), answer.token)
        after = escape(pending.then or self.settings.after, quote=True)
        go_on = f'<a href="{after}">{_said(Word.GO_ON, language)}</a>'
        page = f'<meta http-equiv="refresh" content="0; url={after}">{go_on}'
        cookies = (("Set-Cookie", session), self._forget())
        return _page(HTTPStatus.OK, Word.SIGNED_IN, page, language, *cookies)

    def denied(self, query: Mapping[str, str], language: str) -> Answer:
        """The provider has sent the browser back without a code (RFC 6749, 4.1.2.1)."""
        error = query.get("error", "")
        said = query.get("error_description", "") or error
        return self.refused(_ERRORS.get(error, Word.MISCONFIGURED), language, said[:_MOST_SAID])

    def refused(self, why: Word, language: str, said: str = "") -> Answer:
        """`said` is what the provider says about it."""
        paragraphs = [_said(why, language)]
        if said:
            paragraphs.append(_said(Word.PROVIDER_SAYS, language, text=said))
        after = escape(self.settings.after, quote=True)
        paragraphs.append(f'<a href="{after}">{_said(Word.BACK, language)}</a>')
        page = "".join(f"<p>{each}</p>" for each in paragraphs)
        status = _STATUSES.get(why, HTTPStatus.FORBIDDEN)
        return _page(status, Word.NOT_SIGNED_IN, page, language, self._forget())

    def _forget(self) -> tuple[str, str]:
        return "Set-Cookie", set_cookie(self._cookie(PENDING), "", seconds=0, site="Lax")


def _said(word: Word, language_tag: str, **facts: str) -> str:
    """For a page: the facts may be anybody's."""
    text = language(language_tag).words.pgettext("sign-on", word.value)
    return escape(text.format(**facts))


def _page(
    status: HTTPStatus, title: Word, body: str, language_tag: str, *headers: tuple[str, str]
) -> Answer:
    head = f'<meta charset="utf-8"><title>{_said(title, language_tag)}</title>'
    page = (
        f'<!doctype html><html lang="{escape(language_tag)}"><head>{head}</head>'
        f"<body><h1>{_said(title, language_tag)}</h1>{body}</body></html>"
    )
    chosen = (("Content-Language", language_tag), ("Vary", "Accept-Language"))
    return Answer(status, page, (*chosen, *headers))
