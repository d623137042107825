"""The section ``[ncip]`` of tiro.toml.

[ncip]
port = 3121                        # raw TCP; left out: HTTP alone
branch = "DK-900101"               # where the work of partners is done that name no branch

[[ncip.partners]]
name = "RESHARE"                   # what the partner writes in FromAgencyId, if `agency` is not
preset = "reshare"                 # see presets.py; what is said here goes before it
shared_secret = "$argon2id$..."    # then the message, or the request, must hold the secret
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from circulation.interlending.notices import NoticeKind
from protocols.hosting.access import ANYBODY, Access
from protocols.hosting.networks import Network
from protocols.hosting.tls import Tls
from protocols.ncip.models.services import ALL_SERVICES, SERVICES
from protocols.ncip.partners.presets import BROKER, PRESETS


def _service(name: str) -> str:
    if name not in ALL_SERVICES and name not in SERVICES:
        raise ValueError(f"no such service; there are {', '.join(sorted(SERVICES))}")
    return name


def _argon2(text: str) -> str:
    if not text.startswith("$argon2id$"):
        raise ValueError("not an argon2id hash")
    return text


def _preset(name: str) -> str:
    if name and name not in PRESETS:
        raise ValueError(f"no such preset; there are {', '.join(PRESETS)}")
    return name


def _pair(text: str) -> str:
    word, equals, isil = text.partition("=")
    if not (word.strip() and equals and isil.strip()):
        raise ValueError("say the partner's word, an equals sign and the ISIL: MAIN=DK-900101")
    return text


def _address(text: str) -> str:
    if text:
        parts = urlsplit(text)
        if parts.scheme not in ("http", "https", "tcp") or not parts.hostname:
            raise ValueError("an address begins with http://, https:// or tcp://")
        if parts.scheme == "tcp" and parts.port is None:
            raise ValueError("an address of raw TCP needs a port")
    return text


def _notice(kind: str) -> str:
    if kind not in {each.value for each in NoticeKind}:
        names = ", ".join(each.value for each in NoticeKind)
        raise ValueError(f"no such notice; there are {names}")
    return kind


#: In `Partner.serves`: all of them.
EVERY_AGENCY: Final = "*"


def folded_agency(agency: str) -> str:
    """What agencies are compared by: callers write their own names in any case."""
    return agency.strip().casefold()


@dataclass(frozen=True)
class Partner:
    """Another agency or broker, what it may do, and how it proves who it is.

    `services` are those of the preset, and without one those that a resource-sharing broker needs.
    `serves` names the agencies, by their ISIL, whose patrons, items and branches the partner may
    see, serve and change without a PIN (``*``: all); its own agency and its institutions need no
    such word. What each service demands is in `handling.authority`. `sees_borrowers` tells it who
    has an item, or waits for it, of the patrons whom it may serve. `email_type` and `phone_type`
    are the words it expects as ElectronicAddressType. Of what it requests or checks out, loans to
    another library are those for `lends_to`: ``institutions`` are patrons whose identifier is one
    of these patterns.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    agency: Annotated[str, Field(min_length=1)]
    branch: str = ""  # empty: that of the section
    name: str = ""
    services: tuple[Annotated[str, AfterValidator(_service)], ...] = BROKER
    #: Beyond `services`, for those that a preset has.
    more_services: tuple[Annotated[str, AfterValidator(_service)], ...] = ()
    shared_secret: Annotated[str, AfterValidator(_argon2)] | None = field(default=None, repr=False)
    serves: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    sees_borrowers: bool = False
    #: Of the patrons whom it may serve: may it change any hold by our number? Else those that it
    #: has made, those of its institutions, and those of a user whom the message names.
    any_hold: bool = False
    #: Of those who wait for a title, requests with the smaller number go first.
    request_priority: int = 0
    #: Is what it says has happened already recorded whatever the rules say, or asked for only?
    mandated_actions: bool = True
    email_type: str = "mailto"
    phone_type: str = "tel"
    preset: Annotated[str, AfterValidator(_preset)] = ""

    # How it proves who it is: all that is said here must hold.
    #: Where its secret may be: FromAgencyAuthentication or FromSystemAuthentication, HTTP Basic,
    #: a bearer token, the last part of the address.
    secret_in: tuple[Literal["message", "basic", "bearer", "url"], ...] = (
        "message",
        "basic",
        "bearer",
        "url",
    )
    addresses: tuple[Network, ...] = ()
    #: The name, or the SHA-256 fingerprint, of its certificate (mutual TLS).
    certificate: str = ""
    #: A key in PEM, or a secret, that its tokens are signed with; their `sub` is FromSystemId.
    token_key: str = field(default="", repr=False)
    token_algorithm: Literal["RS256", "ES256", "EdDSA", "HS256"] = "RS256"  # noqa: S105
    #: The values of FromSystemId that it may use; empty: any.
    systems: tuple[str, ...] = ()
    requests_per_second: Annotated[float, Field(gt=0)] | None = None
    requests_at_once: Annotated[int, Field(gt=0)] | None = None

    # What is lent to it and borrowed through it.
    lends_to: Literal["institutions", "anybody", "nobody"] = "institutions"
    institutions: tuple[str, ...] = ()
    #: Are institutions registered as patrons when they are first heard of, with this category?
    registers_institutions: bool = True
    institution_category: str = "library"
    #: Material group and place of the temporary item; what goes before its title.
    item_type: str = ""
    item_location: str = ""
    title_prefix: str = ""
    #: Its words for places of pickup: ``MAIN=DK-900101``. ISILs need none.
    pickup: tuple[Annotated[str, AfterValidator(_pair)], ...] = ()
    #: Do loans of what is borrowed end when the owner says, or when the rules say?
    due_dates: Literal["owner", "rules"] = "owner"
    renewals: bool = True
    #: Does CheckInItem take a temporary item away that was made for this partner?
    delete_on_check_in: bool = False

    # Where it is told what happens here.
    #: ``https://broker.example/ncip``, or ``tcp://broker.example:3121``.
    address: Annotated[str, AfterValidator(_address)] = ""
    address_user: str = ""
    address_secret: str = field(default="", repr=False)
    #: Where that secret goes: as HTTP Basic, as a bearer token, into the message.
    address_secret_in: Literal["basic", "bearer", "message"] = "message"  # noqa: S105
    version: Literal["1.0", "1.01", "2.0", "2.01", "2.02"] = "2.02"
    notices: tuple[Annotated[str, AfterValidator(_notice)], ...] = ()
    #: Does it borrow for our patrons what we ask it for (`circulation.interlending.asking`)?
    takes_requests: bool = False
    agency_scheme: str = ""
    user_id_type: str = "Barcode"
    #: ItemIdentifierType of our items in answers to it.
    item_id_type: str = "Item Barcode"
    #: Does it read places of pickup, with their numbers, in the Ext of LookupAgencyResponse?
    places_by_number: bool = False
    #: ItemElementTypes that every answer about an item tells, whether they are asked for or not.
    told_unasked: tuple[
        Literal[
            "Bibliographic Description",
            "Circulation Status",
            "Hold Queue Length",
            "Item Description",
            "Location",
        ],
        ...,
    ] = ()

    @property
    def known_as(self) -> str:
        """The partner's name in the log and in events."""
        return self.name or self.agency

    @property
    def is_capped(self) -> bool:
        """Is there a bound on what it may ask?"""
        return self.requests_at_once is not None or self.requests_per_second is not None

    @property
    def key(self) -> str:
        """What interlibrary loans and notices call the partner."""
        return folded_agency(self.agency)

    def may_ask_for(self, service: str) -> bool:
        """Was the service agreed with it?"""
        return service in self.services or service in self.more_services

    @property
    def has_proof(self) -> bool:
        """Does it prove who it is? Else whoever writes its name is taken for it."""
        return bool(self.shared_secret or self.certificate or self.token_key or self.addresses)

    @property
    def serves_all(self) -> bool:
        """Is every agency agreed?"""
        return EVERY_AGENCY in self.serves

    def serves_agency(self, isil: str) -> bool:
        """May it see and serve the patrons of this agency without a PIN?"""
        folded = folded_agency(isil)
        if self.serves_all or folded in map(folded_agency, self.serves):
            return True
        return self.has_proof and folded == self.key

    def is_institution(self, identifier: str) -> bool:
        """Is that an institutional patron of this partner?"""
        folded = identifier.casefold()
        return any(fnmatchcase(folded, pattern.casefold()) for pattern in self.institutions)


def _with_preset(given: Any) -> Any:
    """The settings of the preset, below what is given."""
    if not isinstance(given, Mapping):
        return given
    said = {**PRESETS.get(str(given.get("preset", "")), {}), **given}
    said.setdefault("agency", said.get("name", ""))
    return said


#: A partner as a configuration or a set-up says it.
PartnerSetting = Annotated[Partner, BeforeValidator(_with_preset)]


@dataclass(frozen=True)
class NcipSettings:
    """Where NCIP listens and who may use it. Over HTTP it is at ``/ncip`` of the common port.

    With `any_partner` everybody is taken as a partner whose work is done at `branch`: for
    demonstrations and tests, or behind a filter of one's own. Nobody has proven anything then, so
    that patrons are served with their PIN alone, but for those of `any_partner_serves`
    (`Partner.serves`).
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    port: Annotated[int, Field(ge=0, le=65535)] | None = None
    interface: str = "127.0.0.1"
    #: Of the raw port; over HTTP the section [http] has them.
    access: Access = ANYBODY
    tls: Tls | None = None
    idle_seconds: Annotated[float, Field(gt=0)] = 300.0
    message_seconds: Annotated[float, Field(gt=0)] = 30.0
    any_partner: bool = False
    any_partner_serves: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    branch: str = ""
    #: How long what was said in an exchange is kept, secrets masked; 0: not at all.
    body_days: Annotated[int, Field(ge=0, le=3650)] = 7
    #: Seconds between two looks for what partners are to be told.
    tell_seconds: Annotated[float, Field(gt=0)] = 2.0
    partners: tuple[PartnerSetting, ...] = ()

    def __post_init__(self) -> None:
        if self.any_partner and not self.branch:
            raise ValueError("any_partner needs a branch where the work of partners is done")
        if self.any_partner_serves and not self.any_partner:
            raise ValueError("any_partner_serves says whom any_partner may serve, which is not set")
        agencies = [folded_agency(partner.agency) for partner in self.partners]
        for agency in sorted(set(agencies)):
            if agencies.count(agency) > 1:
                raise ValueError(f"partners: {agency} is there more than once")
        homeless = [partner.agency for partner in self.partners if not partner.branch]
        if homeless and not self.branch:
            raise ValueError(f"partners: {homeless[0]} needs a branch where its work is done")
        at_home = tuple(
            partner if partner.branch else replace(partner, branch=self.branch)
            for partner in self.partners
        )
        object.__setattr__(self, "partners", at_home)
