"""Who asks, and of whom: a session or a bearer token, the library of the path, and its patron.

A session (`X-Session`) is that of a program of the library (`tiro token add`), which has shown
its client id and secret at the log-in; it names patrons by number, and what it may do is what its
rights say there. A bearer token is of one library, and of one person or of nobody: in its paths
stand the words ``agencyid`` and ``patronid``, and what it is about is filled in from the token.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from circulation.kernel.engine import Circulation, Memory
from circulation.kernel.results import Branch
from circulation.kernel.rights import Kind, Principal
from circulation.kernel.set_up import SetUp
from circulation.patrons.identifiers import (
    IDENTIFIERS,
    PatronPlace,
    find_patron,
    place_of_patron,
)
from circulation.patrons.public_ids import public_ids
from circulation.staff.sessions import Session, session_of
from protocols.fbs.calls import Agency, Asker, Call, Caller
from protocols.fbs.messages import LARGEST, Asked
from protocols.fbs.problems import Denied, Fault, no_patron
from protocols.fbs.tokens import Meaning
from protocols.hosting.answering import Context

#: What stands in a path in place of the library and the patron of a token.
ANY_AGENCY: Final = "agencyid"
ANY_PATRON: Final = "patronid"
_BEARER: Final = "bearer "


class Credential(NamedTuple):
    """What the caller shows: the key of a session, or a bearer token."""

    secret: str
    is_session: bool


def credential_in(asked: Asked) -> Credential | None:
    """A session goes first: a site that has one shows it on purpose."""
    key = (asked.header("x-session") or "").strip()
    if key:
        return Credential(key, is_session=True)
    said = (asked.header("authorization") or "").strip()
    if said[: len(_BEARER)].lower() == _BEARER and said[len(_BEARER) :].strip():
        return Credential(said[len(_BEARER) :].strip(), is_session=False)
    return None


class _Agencies:
    """The libraries of one version of the set-up, by ISIL and by its digits."""

    def __init__(self) -> None:
        self._version: int | None = None
        self._named: dict[str, Agency] = {}

    def named(self, set_up: SetUp, name: str) -> Agency | None:
        if set_up.version != self._version:
            its: dict[tuple[int, str], list[Branch]] = {}
            for each in set_up.branches.values():
                its.setdefault((each.agency_id, each.agency_isil), []).append(each)
            self._named = {}
            for (agency_id, isil), branches in its.items():
                agency = Agency(
                    agency_id, isil, tuple(sorted(branches, key=lambda branch: branch.name))
                )
                self._named[isil.upper()] = agency
                self._named.setdefault(isil.rpartition("-")[2], agency)
            self._version = set_up.version
        return self._named.get(name.upper())


_AGENCIES: Final[Memory[_Agencies]] = Memory(_Agencies)


def agency_named(circulation: Circulation, set_up: SetUp, name: str) -> Agency | None:
    return _AGENCIES.of(circulation).named(set_up, name)


def caller_of(
    context: Context,
    call: Call,
    named: str,
    credential: Credential | None,
    meaning: Meaning | None,
    host: str,
) -> tuple[Caller, Agency, Session | None, PatronPlace | None]:
    """Who asks of which library, and whose token it is. Raises Denied."""
    if credential is None:
        # The adapter before FBS answers so; whoever names a library is asked for a session.
        fault = Fault.MALFORMED if named == ANY_AGENCY else Fault.UNAUTHORIZED
        raise Denied(fault, "neither a session nor a bearer token was shown")
    if credential.is_session:
        caller, agency, session = _site(context, named, credential.secret)
        return caller, agency, session, None
    return _bearer(context, call, named, credential.secret, meaning, host)


def _site(context: Context, named: str, key: str) -> tuple[Caller, Agency, Session]:
    transaction, circulation = context.transaction, context.circulation
    session = session_of(circulation, transaction, key, context.now)
    if session is None or session.principal.kind is not Kind.PROGRAM:
        raise Denied(Fault.UNAUTHORIZED, "the session is over, or never was: log in")
    principal = session.principal
    agency = agency_named(circulation, circulation.current_set_up(transaction), named)
    if agency is None or not serves(principal, agency):
        raise Denied(Fault.UNAUTHORIZED, "the session is of another library")
    if principal.agency_id != agency.id:  # one for all libraries works at the one that is asked
        branch = agency.branches[0]
        principal = _at(principal, agency.id, branch.id)
    return Caller(principal, is_site=True, digest=session.digest), agency, session


def serves(principal: Principal, agency: Agency) -> bool:
    """Does the program work for that library: its own, or all?"""
    return principal.agency_id == agency.id or any(
        each.covers(agency.id) for each in principal.grants.values()
    )


def _at(principal: Principal, agency_id: int, branch_id: int) -> Principal:
    return Principal(
        principal.kind,
        principal.id,
        principal.name,
        agency_id,
        branch_id,
        principal.device,
        principal.grants,
    )


def _bearer(
    context: Context, call: Call, named: str, token: str, meaning: Meaning | None, host: str
) -> tuple[Caller, Agency, Session | None, PatronPlace | None]:
    transaction, circulation = context.transaction, context.circulation
    set_up = circulation.current_set_up(transaction)
    session, own = None, ""
    if meaning is None:
        session = session_of(circulation, transaction, token, context.now)
        if session is None or session.principal.kind is not Kind.PATRON:
            raise Denied(Fault.FORBIDDEN, "invalid token")
        its = session.principal
        agency = agency_named(circulation, set_up, set_up.agency_isil(its.agency_id))
        place = place_of_patron(transaction, patron_id=its.id or 0)
        own = token
    else:
        agency = agency_named(circulation, set_up, meaning.agency)
        place = None
        if agency is not None:
            place = _owner(context, agency, meaning.identifiers)
    if agency is None:
        raise Denied(Fault.FORBIDDEN, "no library here is that of the token")
    if named != ANY_AGENCY and agency_named(circulation, set_up, named) != agency:
        raise Denied(Fault.OTHER_AGENCY, "the token is of another library")
    if call.asker is Asker.SITE:
        raise Denied(Fault.PATRON_UNKNOWN, "this is not to be reached with a bearer token")
    person = None if meaning is None else meaning.person
    if place is None:
        principal = Principal(
            Kind.PROGRAM, None, "fbs", agency.id, agency.branches[0].id, device=host
        )
    else:
        principal = Principal(
            Kind.PATRON,
            place.id,
            Kind.PATRON.value,
            place.agency_id,
            place.home_branch_id,
            device=host,
        )
    return Caller(principal, False, person, own), agency, session, place


def _owner(context: Context, agency: Agency, identifiers: Sequence[str]) -> PatronPlace | None:
    """The patron of that library whom a token names; None where none of it is theirs."""
    key = IDENTIFIERS.of(context.circulation)
    for each in identifiers:
        patron_id = find_patron(context.transaction, each, key=key)
        if patron_id is None:
            continue
        place = place_of_patron(context.transaction, patron_id=patron_id)
        if place is not None and place.agency_id == agency.id:
            return place
    return None


def patron_meant(
    context: Context,
    call: Call,
    named: str,
    caller: Caller,
    agency: Agency,
    own: PatronPlace | None,
) -> PatronPlace:
    """The patron of the path, whom the caller may ask for. Raises Denied."""
    ids = public_ids(context.circulation, context.transaction)
    number = int(named) if named.isascii() and named.isdigit() and len(named) <= 16 else None
    if not caller.is_site:
        if own is None:
            raise Denied(Fault.FORBIDDEN, "user authenticated token is required")
        if named != ANY_PATRON and number != ids.number(own.id):
            raise Denied(Fault.FORBIDDEN, "the token is of another patron")
        return own
    if number is None or number > LARGEST:
        raise Denied(Fault.MALFORMED, "a patron is named by a number", ("patronId",))
    return patron_numbered(context, call, number, caller, agency)


def patron_numbered(
    context: Context, call: Call, number: int, caller: Caller, agency: Agency
) -> PatronPlace:
    """The patron of the library with that number, where the caller has the right of the call with
    them. Raises Denied: what is another library's is not there."""
    ids = public_ids(context.circulation, context.transaction)
    patron_id = ids.with_number(number)
    place = None
    if patron_id is not None:
        place = place_of_patron(context.transaction, patron_id=patron_id)
    if place is None or place.agency_id != agency.id:
        raise no_patron()
    must_have(caller, call, place.agency_id, place.home_branch_id)
    return place


def must_have(caller: Caller, call: Call, agency_id: int, branch_id: int) -> None:
    """Raises Denied where a site has not the right of the call there."""
    if call.right is not None and not caller.principal.may(call.right, agency_id, branch_id):
        raise Denied(Fault.FORBIDDEN, f"the right {call.right.value} is missing")
