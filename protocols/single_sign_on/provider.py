"""A provider of OpenID Connect: where it is asked, and what its tokens say.

Authorization code with PKCE (RFC 7636); the id token is verified by PyJWT: signature by a key that
the issuer publishes, algorithm of our list (never ``none``, never one of a shared secret), issuer,
audience, times, and the nonce of this very sign-in. Everything here waits for the network: it is
called in a thread.
"""

from __future__ import annotations

import hmac
import threading
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256
from time import monotonic
from typing import Any, Final
from urllib.parse import quote, urlencode

import jwt

from circulation.staff.identities import Admission, Identity
from protocols.hosting.fetching import ProviderFailed, get_json, post_form
from protocols.single_sign_on.privileges import privileges_in
from protocols.single_sign_on.settings import Provider

ALGORITHMS: Final = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
)
_LEEWAY: Final = 60.0
#: How long what a provider publishes is remembered, and how soon its keys may be asked for again.
_REMEMBERED, _AGAIN = 3600.0, 30.0
#: How long one that has not answered is not asked again, so that nobody waits in vain.
_SPARED: Final = 5.0


class NotVouched(Exception):
    """The provider does not vouch for anybody by that: the text says why, for the log."""


class ProviderClient:
    """One provider, as this library asks it. For several threads."""

    def __init__(self, settings: Provider, patience: float) -> None:
        self.settings = settings
        self._patience = patience
        self._lock = threading.Lock()
        self._document: dict[str, Any] = {}
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._read_at = self._keys_at = self._failed_at = -_REMEMBERED

    def authorization_address(
        self, redirect_uri: str, state: str, nonce: str, verifier: str
    ) -> str:
        """Where the browser is sent. Raises ProviderFailed."""
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(self.settings.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
        }
        if self.settings.prompt:
            asked["prompt"] = self.settings.prompt
        endpoint = self._endpoint("authorization_endpoint")
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"

    def log_out_address(self, redirect_uri: str) -> str | None:
        """Where the provider ends its own session (RP-initiated logout); None where it has none."""
        if "end_session_endpoint" not in self._discovered():
            return None
        asked = {"client_id": self.settings.client_id, "post_logout_redirect_uri": redirect_uri}
        return f"{self._endpoint('end_session_endpoint')}?{urlencode(asked)}"

    def claims(self, code: str, redirect_uri: str, nonce: str, verifier: str) -> dict[str, Any]:
        """What the id token for the code says. Raises ProviderFailed and NotVouched."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        headers = {}
        client, secret = self.settings.client_id, self.settings.client_secret
        if secret is None:
            form["client_id"] = client
        elif self._takes_basic():
            pair = f"{quote(client, safe='')}:{quote(secret, safe='')}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": client, "client_secret": secret}
        answer = post_form(self._endpoint("token_endpoint"), form, headers, self._patience)
        return self.verified(str(answer.get("id_token", "")), nonce)

    def verified(self, token: str, nonce: str) -> dict[str, Any]:
        """What an id token says (OpenID Connect Core, 3.1.3.7). Raises NotVouched."""
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") not in ALGORITHMS:
                raise NotVouched(f"an id token is signed by {header.get('alg')!r}")
            key = self._key(header.get("kid"))
            found: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[header["alg"]],
                audience=self.settings.client_id,
                issuer=self._discovered()["issuer"],
                leeway=_LEEWAY,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except (jwt.PyJWTError, ValueError) as error:
            raise NotVouched(f"an id token is not valid: {type(error).__name__}") from error
        several = isinstance(found["aud"], list) and len(found["aud"]) > 1
        if found.get("azp", None if several else self.settings.client_id) != (
            self.settings.client_id
        ):
            raise NotVouched("an id token is for another client")
        if not hmac.compare_digest(str(found.get("nonce", "")).encode(), nonce.encode()):
            raise NotVouched("an id token is of another sign-in")
        return found

    def _takes_basic(self) -> bool:
        methods = self._discovered().get("token_endpoint_auth_methods_supported")
        return not isinstance(methods, list) or "client_secret_basic" in methods

    def _endpoint(self, name: str) -> str:
        found = self._discovered().get(name)
        same = self.settings.issuer.partition(":")[0]
        if not isinstance(found, str) or not found.startswith(("https://", f"{same}://")):
            raise ProviderFailed(f"{self.settings.issuer} names no safe {name}")
        return found

    def _discovered(self) -> dict[str, Any]:
        """OpenID Connect Discovery 1.0, 4: the issuer in it is the one that was asked."""
        with self._lock:
            if monotonic() - self._read_at >= _REMEMBERED:
                if monotonic() - self._failed_at < _SPARED:
                    raise ProviderFailed(f"{self.settings.issuer} has just not answered")
                try:
                    self._document = self._read()
                except ProviderFailed:
                    self._failed_at = monotonic()
                    raise
                self._read_at = monotonic()
            return self._document

    def _read(self) -> dict[str, Any]:
        address = f"{self.settings.issuer}/.well-known/openid-configuration"
        found = get_json(address, self._patience)
        if str(found.get("issuer", "")).rstrip("/") != self.settings.issuer:
            raise ProviderFailed(f"{address} is of the issuer {found.get('issuer')!r}")
        return found

    def _key(self, kid: str | None) -> jwt.PyJWK:
        """The key of that id; those of the provider are read anew where it is not among them."""
        address = self._endpoint("jwks_uri")
        with self._lock:
            age = monotonic() - self._keys_at
            if age >= _REMEMBERED or (kid not in self._keys and age >= _AGAIN):
                self._keys = _keys_in(get_json(address, self._patience))
                self._keys_at = monotonic()
            if kid is None and len(self._keys) == 1:
                return next(iter(self._keys.values()))
            if kid not in self._keys:
                raise NotVouched("an id token is signed by a key that the issuer does not publish")
            return self._keys[kid]


def _keys_in(document: Mapping[str, Any]) -> dict[str | None, jwt.PyJWK]:
    found: dict[str | None, jwt.PyJWK] = {}
    for each in document.get("keys", ()):
        if each.get("use", "sig") != "sig" or each.get("kty") == "oct":
            continue
        try:
            found[each.get("kid")] = jwt.PyJWK.from_dict(each)
        except jwt.PyJWTError:  # of a kind that nobody here can use
            continue
    return found


def _challenge(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def identity_of(settings: Provider, claims: Mapping[str, Any]) -> Identity:
    """Who the claims tell of."""
    methods = {*_words(claims.get("amr")), *_words(claims.get("acr"))}
    return Identity(
        issuer=settings.issuer,
        subject=str(claims["sub"]),
        user_name=_text(claims.get(settings.user_name_claim)),
        name=_text(claims.get("name")),
        email=_text(claims.get("email")) if claims.get("email_verified", True) is True else "",
        is_strong=not methods.isdisjoint(settings.strong),
    )


def admission_of(settings: Provider, claims: Mapping[str, Any]) -> Admission:
    """How far they are let in."""
    roles = None
    if settings.roles_claim:
        values = _words(_within(claims, settings.roles_claim))
        if scope := settings.privileges_of:
            values = [told for each in values for told in privileges_in(each, scope)]
        roles = tuple(
            dict.fromkeys(role for each in values for role in settings.roles.get(each, ()))
        )
    return Admission(settings.accounts, settings.branch, roles)


def _within(claims: Mapping[str, Any], path: str) -> Any:
    """A claim by its name, or one within others: ``realm_access.roles``."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _words(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        return [value]
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
