"""An authenticator in software: makes passkeys and shows them, as a browser would pass them on."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_bytes
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

_PRESENT, _VERIFIED, _HAS_CREDENTIAL = 0x01, 0x04, 0x40


def _text(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def _octets(text: str) -> bytes:
    return urlsafe_b64decode(text + "==")


@dataclass
class SoftAuthenticator:
    """One passkey at most. `counts`: it counts how often it was shown; `asks`: it asks its owner
    for a PIN. What a test sets of `rp_id` and `origin` stands for the page's own."""

    origin: str = "https://tiro.example"
    rp_id: str | None = None
    counts: bool = True
    asks: bool = True
    sign_count: int = 0
    credential_id: bytes = field(default_factory=lambda: token_bytes(32))
    user_handle: bytes = b""
    _key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1()), repr=False
    )

    def make(self, options: dict[str, Any]) -> dict[str, Any]:
        """RegistrationResponseJSON to what the server wants."""
        self.user_handle = _octets(options["user"]["id"])
        numbers = self._key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        attested = bytes(16) + len(self.credential_id).to_bytes(2) + self.credential_id
        data = self._data(options["rp"]["id"], _HAS_CREDENTIAL) + attested + cbor2.dumps(cose)
        statement = {"fmt": "none", "attStmt": {}, "authData": data}
        return self._shown(
            clientDataJSON=self._client_data("webauthn.create", options["challenge"]),
            attestationObject=cbor2.dumps(statement),
        )

    def show(self, options: dict[str, Any]) -> dict[str, Any]:
        """AuthenticationResponseJSON to what the server wants."""
        self.sign_count += self.counts
        client_data = self._client_data("webauthn.get", options["challenge"])
        data = self._data(options["rpId"])
        signed = data + sha256(client_data).digest()
        return self._shown(
            clientDataJSON=client_data,
            authenticatorData=data,
            signature=self._key.sign(signed, ec.ECDSA(SHA256())),
            userHandle=self.user_handle,
        )

    def _data(self, rp_id: str, flags: int = 0) -> bytes:
        flags |= _PRESENT | (_VERIFIED if self.asks else 0)
        host = sha256((self.rp_id or rp_id).encode()).digest()
        return host + bytes([flags]) + self.sign_count.to_bytes(4)

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _shown(self, **response: bytes) -> dict[str, Any]:
        name = _text(self.credential_id)
        told = {key: _text(value) for key, value in response.items()}
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "response": told,
            "clientExtensionResults": {},
        }
