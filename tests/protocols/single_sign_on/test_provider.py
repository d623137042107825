"""Which id tokens are believed: one attack after the other."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from protocols.hosting.fetching import ProviderFailed
from protocols.single_sign_on import provider
from protocols.single_sign_on.provider import (
    NotVouched,
    ProviderClient,
    admission_of,
    identity_of,
)
from protocols.single_sign_on.settings import Provider
from tests.protocols.single_sign_on.browser import ANNA, BROKERED, query_of

ISSUER = "https://login.example.org"
KEY = rsa.generate_private_key(65537, 2048)
OTHER = rsa.generate_private_key(65537, 2048)
CURVE = ec.generate_private_key(ec.SECP256R1())
SETTINGS = Provider("municipality", ISSUER, "tiro")


def jwk(key: Any, kid: str, algorithm: type[Any]) -> dict[str, Any]:
    return algorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": kid, "use": "sig"}


KEYS = {
    "keys": [
        jwk(KEY, "one", jwt.algorithms.RSAAlgorithm),
        jwk(CURVE, "curve", jwt.algorithms.ECAlgorithm),
        {"kty": "oct", "kid": "shared", "k": base64.urlsafe_b64encode(b"k" * 32).decode()},
        {"kty": "strange", "kid": "strange"},
    ]
}
DOCUMENT = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/keys",
}


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> ProviderClient:
    found = {f"{ISSUER}/.well-known/openid-configuration": DOCUMENT, f"{ISSUER}/keys": KEYS}
    monkeypatch.setattr(provider, "get_json", lambda address, patience: found[address])
    return ProviderClient(SETTINGS, 1.0)


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    usual = {"iss": ISSUER, "aud": "tiro", "sub": "a-1", "iat": now, "exp": now + 300, "nonce": "n"}
    return {name: value for name, value in (usual | changes).items() if value is not None}


def signed(
    key: Any = KEY, kid: str | None = "one", algorithm: str = "RS256", **changes: Any
) -> str:
    headers = {} if kid is None else {"kid": kid}
    return jwt.encode(claims(**changes), key, algorithm, headers)


def unsigned(**header: str) -> str:
    parts = (json.dumps(each).encode() for each in ({"alg": "none", **header}, claims()))
    return ".".join(base64.urlsafe_b64encode(each).rstrip(b"=").decode() for each in parts) + "."


def test_what_is_right_is_believed(client: ProviderClient) -> None:
    assert client.verified(signed(), "n")["sub"] == "a-1"
    assert client.verified(signed(aud=["tiro", "other"], azp="tiro"), "n")["sub"] == "a-1"
    assert client.verified(signed(CURVE, "curve", "ES256"), "n")["sub"] == "a-1"


def _by_the_public_key() -> str:
    """The public key taken for a shared secret: PyJWT does not even make such a token."""
    public = KEY.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    head, body, _ = (
        unsigned(kid="one")
        .replace(base64.urlsafe_b64encode(b'{"alg": "none"').decode()[:8], "", 0)
        .split(".")
    )
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"one"}').rstrip(b"=").decode()
    mac = hmac.digest(public, f"{head}.{body}".encode(), sha256)
    return f"{head}.{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


@pytest.mark.parametrize(
    ("token", "why"),
    [
        (lambda: signed(nonce="another"), "another sign-in"),
        (lambda: signed(nonce=None), "another sign-in"),
        (lambda: signed(aud="other"), "InvalidAudienceError"),
        (lambda: signed(aud=None), "MissingRequiredClaimError"),
        (lambda: signed(aud=["tiro", "other"]), "another client"),
        (lambda: signed(azp="other"), "another client"),
        (lambda: signed(iss="https://login.example.com"), "InvalidIssuerError"),
        (lambda: signed(exp=int(time.time()) - 120), "ExpiredSignatureError"),
        (lambda: signed(exp=None), "MissingRequiredClaimError"),
        (lambda: signed(iat=int(time.time()) + 600), "ImmatureSignatureError"),
        (lambda: signed(sub=None), "MissingRequiredClaimError"),
        (lambda: signed(OTHER), "InvalidSignatureError"),
        (lambda: signed(OTHER, "another"), "does not publish"),
        (lambda: signed(OTHER, None), "does not publish"),
        (lambda: signed(CURVE, "one", "ES256"), "not valid"),
        (lambda: unsigned(), "signed by 'none'"),
        (lambda: unsigned(kid="one"), "signed by 'none'"),
        (_by_the_public_key, "signed by 'HS256'"),
        (lambda: signed("k" * 32, "shared", "HS256"), "signed by 'HS256'"),
        (lambda: "", "not valid"),
        (lambda: "a.b.c", "not valid"),
    ],
)
def test_what_is_not_is_refused(client: ProviderClient, token: Callable[[], str], why: str) -> None:
    with pytest.raises(NotVouched) as refused:
        client.verified(token(), "n")
    assert why in str(refused.value)


def test_a_document_of_another_issuer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    other = DOCUMENT | {"issuer": "https://login.example.com"}
    monkeypatch.setattr(provider, "get_json", lambda address, patience: other)
    with pytest.raises(ProviderFailed, match="is of the issuer"):
        ProviderClient(SETTINGS, 1.0).authorization_address("https://x/back", "s", "n", "v")


def test_no_code_goes_over_the_net_in_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    clear = DOCUMENT | {"token_endpoint": "http://login.example.org/token"}
    monkeypatch.setattr(provider, "get_json", lambda address, patience: clear)
    with pytest.raises(ProviderFailed, match="no safe token_endpoint"):
        ProviderClient(SETTINGS, 1.0).claims("code", "https://x/back", "n", "v")


def test_claims_become_roles_by_the_table() -> None:
    table = {"library": ("librarian",), "library-heads": ("head@DK-900101", "librarian")}
    flat = Provider("m", ISSUER, "tiro", roles_claim="groups", roles=table)
    assert admission_of(flat, ANNA).roles == ("librarian",)
    assert admission_of(flat, {"groups": "library"}).roles == ("librarian",)
    assert admission_of(flat, {}).roles == ()
    nested = Provider("m", ISSUER, "tiro", roles_claim="realm_access.roles", roles=table)
    assert admission_of(nested, BROKERED).roles == ("head@DK-900101", "librarian")
    assert admission_of(SETTINGS, ANNA).roles is None


def test_who_the_claims_tell_of() -> None:
    nsis = BROKERED["acr"]
    brokered = Provider("m", ISSUER, "tiro", strong=(str(nsis),))
    assert identity_of(brokered, BROKERED | {"sub": "b-2"}).is_strong
    anna = identity_of(SETTINGS, ANNA | {"sub": "a-1", "email_verified": False})
    assert (anna.user_name, anna.email, anna.is_strong) == ("Anna", "", False)
    assert identity_of(SETTINGS, {"sub": "a-1", "amr": ["pwd", "mfa"]}).is_strong


def test_one_that_does_not_answer_is_spared(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, now = [], [1000.0]

    def fails(address: str, patience: float) -> dict[str, Any]:
        asked.append(address)
        raise ProviderFailed("it hangs")

    monkeypatch.setattr(provider, "get_json", fails)
    monkeypatch.setattr(provider, "monotonic", lambda: now[0])
    client = ProviderClient(SETTINGS, 1.0)
    for seconds, times in ((0, 1), (4, 1), (2, 2), (1, 2)):
        now[0] += seconds
        with pytest.raises(ProviderFailed):
            client.log_out_address("/")
        assert len(asked) == times
    now[0] += 6
    monkeypatch.setattr(provider, "get_json", lambda address, patience: DOCUMENT)
    assert client.log_out_address("/") is None


@pytest.mark.parametrize("prompt", ["", "login", "select_account"])
def test_whoever_shares_a_desk_is_asked_who_they_are(client: ProviderClient, prompt: str) -> None:
    client.settings = replace(SETTINGS, prompt=prompt)  # type: ignore[arg-type]
    asked = query_of(client.authorization_address("https://x/back", "s", "n", "v"))
    assert asked.get("prompt", "") == prompt
