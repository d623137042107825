"""Everything that is agreed must hold, whatever the transport."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from protocols.hosting.arrivals import UNTOLD, Arrival, credentials_in, plain_fingerprint
from protocols.ncip.settings import NcipSettings
from tests.builders.pins import hashed
from tests.protocols.ncip.stage import HEADER, PARTNER, Stage, item, message, problem_types

HASH = hashed("secret")
_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PRIVATE = _KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
PUBLIC = _KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
FINGERPRINT = "ab" * 32


def ask(
    stage: Stage,
    arrival: Arrival = UNTOLD,
    *,
    header: str = HEADER,
    agency_secret: str = "",
    system: str = "",
    system_secret: str = "",
) -> list[str]:
    """The problems of a look-up: that there is no such item, where the partner is believed."""
    given = f"<FromAgencyAuthentication>{agency_secret}</FromAgencyAuthentication>"
    first = f"<FromSystemId>{system}</FromSystemId>" if system else ""
    if system_secret:
        first += f"<FromSystemAuthentication>{system_secret}</FromSystemAuthentication>"
    if agency_secret:
        header = header.replace("<ToAgencyId>", f"{given}<ToAgencyId>")
    header = header.replace("<FromAgencyId>", f"{first}<FromAgencyId>")
    document = message(f"<LookupItem>{header}{item('I0000001')}</LookupItem>")
    return list(problem_types(stage.schemas.check(stage.answer(document, arrival))[0]))


def agreed(stage: Stage, **changes: Any) -> None:
    stage.use(NcipSettings(partners=(replace(PARTNER, **changes),)))


BELIEVED = ["Unknown Item"]
NOT_THE_AGENCY = ["Agency Authentication Failed"]
NOT_THE_SYSTEM = ["System Authentication Failed"]


@pytest.mark.parametrize(
    ("arrival", "secrets"),
    [
        (UNTOLD, {"agency_secret": "secret"}),
        (UNTOLD, {"system_secret": "secret"}),
        (Arrival(user="DK-710100", password="secret"), {}),
        (Arrival(bearer="secret"), {}),
        (Arrival(url_token="secret"), {}),
    ],
)
def test_where_a_secret_may_be(stage: Stage, arrival: Arrival, secrets: dict[str, str]) -> None:
    agreed(stage, shared_secret=HASH)
    assert ask(stage, arrival, **secrets) == BELIEVED
    agreed(stage, shared_secret=HASH, secret_in=())
    assert ask(stage, arrival, **secrets) == NOT_THE_AGENCY


def test_a_secret_that_is_wrong_or_missing(stage: Stage) -> None:
    agreed(stage, shared_secret=HASH)
    assert ask(stage) == NOT_THE_AGENCY
    assert ask(stage, agency_secret="Secret") == NOT_THE_AGENCY
    assert ask(stage, Arrival(bearer="guess")) == NOT_THE_AGENCY


def test_who_guesses_must_wait_and_keeps_nobody_else_out(stage: Stage) -> None:
    agreed(stage, shared_secret=HASH)
    guesser, partner = Arrival(host="203.0.113.9"), Arrival(host="192.0.2.1")
    for number in range(6):
        assert ask(stage, guesser, agency_secret=f"guess {number}") == NOT_THE_AGENCY
    assert ask(stage, guesser, agency_secret="secret") == NOT_THE_AGENCY
    assert ask(stage, partner, agency_secret="secret") == BELIEVED
    stage.library.pass_time(minutes=2)
    assert ask(stage, guesser, agency_secret="secret") == BELIEVED


def test_addresses(stage: Stage) -> None:
    agreed(stage, addresses=("192.0.2.0/24", "2001:db8::/32"))
    assert ask(stage, Arrival(host="192.0.2.7")) == BELIEVED
    assert ask(stage, Arrival(host="2001:db8::1")) == BELIEVED
    assert ask(stage, Arrival(host="198.51.100.1")) == NOT_THE_AGENCY
    assert ask(stage) == NOT_THE_AGENCY


@pytest.mark.parametrize("named", ["broker.example", ":".join(["AB"] * 32)])
def test_a_certificate(stage: Stage, named: str) -> None:
    agreed(stage, certificate=named)
    shown = Arrival(certificate=lambda: frozenset({"broker.example", FINGERPRINT}))
    assert ask(stage, shown) == BELIEVED
    assert ask(stage, Arrival(certificate=lambda: frozenset({"other"}))) == NOT_THE_AGENCY
    assert ask(stage) == NOT_THE_AGENCY


def test_who_does_not_name_itself_is_known_by_what_it_shows(stage: Stage) -> None:
    agreed(stage, certificate="broker.example", shared_secret=HASH)
    shown = Arrival(bearer="secret", certificate=lambda: frozenset({"broker.example"}))
    header = HEADER.replace("DK-710100", "")
    assert ask(stage, shown, header=header) == BELIEVED
    agreed(stage, shared_secret=HASH)
    basic = Arrival(user="dk-710100", password="secret")
    assert ask(stage, basic, header=header) == BELIEVED
    assert ask(stage, Arrival(user="other", password="secret"), header=header) == [
        "Needed Data Missing"
    ]


def token(stage: Stage, key: str = PRIVATE, **claims: Any) -> str:
    expires = stage.library.now + timedelta(minutes=5)
    facts = {"sub": "broker", "exp": expires.timestamp()} | claims
    return jwt.encode(
        {name: each for name, each in facts.items() if each is not None}, key, "RS256"
    )


def test_a_token(stage: Stage) -> None:
    agreed(stage, token_key=PUBLIC, systems=("broker",))
    right = token(stage)
    assert ask(stage, Arrival(bearer=right), system="broker") == BELIEVED
    assert ask(stage, Arrival(bearer=right)) == BELIEVED
    assert ask(stage, system="broker", system_secret=right) == BELIEVED
    stage.library.pass_time(minutes=6)
    assert ask(stage, Arrival(bearer=right), system="broker") == NOT_THE_SYSTEM


def test_a_token_that_is_not_good(stage: Stage) -> None:
    agreed(stage, token_key=PUBLIC)
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    forged = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    late = (stage.library.now + timedelta(minutes=2)).timestamp()
    unsigned = jwt.encode({"sub": "broker", "exp": late}, None, "none")
    wrongs = (
        "",
        "no token",
        token(stage, forged),
        token(stage, exp=None),
        token(stage, sub=None),
        token(stage, nbf=late),
        unsigned,
        token(stage, sub="x"),
    )
    for number, wrong in enumerate(wrongs):
        arrival = Arrival(f"192.0.2.{number}", bearer=wrong)
        assert ask(stage, arrival, system="broker") == NOT_THE_SYSTEM, wrong


def test_a_token_of_no_system_of_the_agency(stage: Stage) -> None:
    agreed(stage, token_key=PUBLIC, systems=("other",))
    assert ask(stage, Arrival(bearer=token(stage))) == NOT_THE_SYSTEM


def test_systems(stage: Stage) -> None:
    agreed(stage, systems=("broker", "second"))
    assert ask(stage, system="second") == BELIEVED
    assert ask(stage, system="third") == ["Unknown System"]
    assert ask(stage) == ["Unknown System"]


def test_an_authorization_header() -> None:
    pair = base64.b64encode(b"DK-710100:se:cret")
    assert credentials_in(b"Basic " + pair) == ("DK-710100", "se:cret", "")
    assert credentials_in(b"bearer  abc ") == ("", "", "abc")
    for wrong in (b"", b"Basic", b"Basic !!!", b"Digest abc"):
        assert credentials_in(wrong) == ("", "", "")


def test_fingerprints() -> None:
    assert plain_fingerprint(":".join(["AB"] * 32)) == FINGERPRINT
    assert plain_fingerprint("Broker.example") == "Broker.example"


def test_what_holds_secrets_does_not_show_them() -> None:
    shown = repr(Arrival(password="one", bearer="two", url_token="three"))
    assert not any(word in shown for word in ("one", "two", "three"))
