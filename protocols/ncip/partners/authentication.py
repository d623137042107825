"""Is a partner who it says it is? Everything in its agreement must hold.

| agreed | what must be so |
|---|---|
| `addresses` | the message comes from one of them |
| `certificate` | the sender has shown it, and TLS has verified it |
| `token_key` | a JSON Web Token (RFC 7519) signed with it, not expired; its `sub` is FromSystemId |
| `systems` | FromSystemId is one of them |
| `shared_secret` | the secret stands in one of the places `secret_in` |

As a partner is found by its FromAgencyId, these credentials are good only for that agency.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import jwt

from circulation.patrons.pins import PinVerifier
from protocols.hosting.arrivals import Arrival, plain_fingerprint
from protocols.hosting.networks import is_within
from protocols.ncip.messages import InitiationHeader, Problem
from protocols.ncip.problems.problem_types import ProblemType
from protocols.ncip.problems.problems import problem
from protocols.ncip.settings import Partner

_AGENCY = ProblemType.AGENCY_AUTHENTICATION_FAILED
_SYSTEM = ProblemType.SYSTEM_AUTHENTICATION_FAILED
#: Seconds by which a partner's clock may differ from ours.
_LEEWAY = 30


def authenticate(
    caller: Partner,
    header: InitiationHeader | None,
    arrival: Arrival,
    pins: PinVerifier,
    now: datetime,
) -> Problem | None:
    """None if all that is agreed holds. Raises VerificationNeeded (see `patrons.pins`)."""
    if caller.addresses and not is_within(caller.addresses, arrival.host):
        return problem(_AGENCY, "not from this address")
    if caller.certificate and plain_fingerprint(caller.certificate) not in arrival.certificate():
        return problem(_AGENCY, "a certificate of this partner is needed")
    return (
        _token_problem(caller, header, arrival, now)
        or _system_problem(caller, header)
        or _secret_problem(caller, header, arrival, pins)
    )


def _token_problem(
    caller: Partner, header: InitiationHeader | None, arrival: Arrival, now: datetime
) -> Problem | None:
    if not caller.token_key:
        return None
    token = arrival.bearer or (header and header.from_system_authentication) or ""
    if not token:
        return problem(_SYSTEM, "a token is needed", "FromSystemAuthentication")
    try:
        # Its times are compared with our clock below, as the library would use another.
        claims = jwt.decode(
            token,
            caller.token_key,
            algorithms=[caller.token_algorithm],
            options={
                "require": ["exp", "sub"],
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
                "verify_aud": False,
            },
        )
    except (jwt.InvalidTokenError, ValueError):
        return problem(_SYSTEM, "the token is wrong", "FromSystemAuthentication")
    moment = now.timestamp()
    expires, begins = claims["exp"], claims.get("nbf", 0)
    if not isinstance(expires, int | float) or not isinstance(begins, int | float):
        return problem(_SYSTEM, "the token is wrong", "FromSystemAuthentication")
    if expires + _LEEWAY < moment or begins - _LEEWAY > moment:
        return problem(_SYSTEM, "the token is not valid now", "FromSystemAuthentication")
    if claims["sub"] != (_system(header) or claims["sub"]):
        return problem(_SYSTEM, "the token is another system's", "FromSystemId")
    if caller.systems and claims["sub"] not in caller.systems:
        return problem(_SYSTEM, "the token is of no system of this agency", "FromSystemId")
    return None


def _system_problem(caller: Partner, header: InitiationHeader | None) -> Problem | None:
    if not caller.systems or (caller.token_key and not _system(header)):
        return None
    if _system(header) in caller.systems:
        return None
    return problem(ProblemType.UNKNOWN_SYSTEM, "no system of this agency", "FromSystemId")


def _system(header: InitiationHeader | None) -> str:
    return header.from_system_id.value if header and header.from_system_id else ""


def _secret_problem(
    caller: Partner, header: InitiationHeader | None, arrival: Arrival, pins: PinVerifier
) -> Problem | None:
    expected = caller.shared_secret
    if expected is None:
        return None
    # Only the first is looked at: each look costs a slow hash.
    given = next(_given(caller, header, arrival), "")
    if given and pins.check(expected, given):
        return None
    return problem(
        _AGENCY,
        "the secret is wrong" if given else "a secret is needed",
        "FromAgencyAuthentication",
    )


def _given(caller: Partner, header: InitiationHeader | None, arrival: Arrival) -> Iterator[str]:
    """The secrets in a message and around it, in the places that the agreement names."""
    found: dict[str, tuple[str | None, ...]] = {
        "message": (
            (header.from_agency_authentication, header.from_system_authentication) if header else ()
        ),
        "basic": (arrival.password,),
        "bearer": (arrival.bearer,),
        "url": (arrival.url_token,),
    }
    for place in caller.secret_in:
        yield from (each for each in found[place] if each)
