"""The section ``[ncip]`` of tiro.toml.

[ncip]
port = 3121                        # raw TCP; by default, only HTTP
branch = "DK-900101"               # where work is done for partners that name no branch

[[ncip.partners]]
name = "RESHARE"                   # what the partner writes in FromAgencyId, unless `agency` is
preset = "reshare"                 # see presets.py; what is said here takes precedence
shared_secret = "$argon2id$..."    # then the message or the request must contain the secret
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from circulation.interlending.notices import ONLY_APART, PartnerNoticeKind
from circulation.languages.sentences import Sentence, listed
from protocols.hosting.access import ANYBODY, Access
from protocols.hosting.networks import Network
from protocols.hosting.tls import Tls
from protocols.ncip.models.services import ALL_SERVICES, SERVICES
from protocols.ncip.partners.presets import BROKER, PRESETS


def _service(name: str) -> str:
    if name not in ALL_SERVICES and name not in SERVICES:
        raise ValueError(Sentence("NO_SERVICE", known=listed(sorted(SERVICES))))
    return name


def _argon2(text: str) -> str:
    if not text.startswith("$argon2id$"):
        raise ValueError(Sentence("MUST", what=Sentence("AN_ARGON2_HASH")))
    return text


def _preset(name: str) -> str:
    if name and name not in PRESETS:
        raise ValueError(Sentence("NO_PRESET", known=listed(PRESETS)))
    return name


def _pair(text: str) -> str:
    word, equals, isil = text.partition("=")
    if not (word.strip() and equals and isil.strip()):
        raise ValueError(Sentence("NO_PAIR"))
    return text


def _address(text: str) -> str:
    if text:
        parts = urlsplit(text)
        if parts.scheme not in ("http", "https", "tcp") or not parts.hostname:
            raise ValueError(Sentence("HTTP_OR_TCP"))
        if parts.scheme == "tcp" and parts.port is None:
            raise ValueError(Sentence("TCP_PORT"))
    return text


def _notice(kind: str) -> str:
    known = [each.value for each in PartnerNoticeKind if each not in ONLY_APART]
    if kind not in known:
        raise ValueError(Sentence("NO_NOTICE", known=listed(known)))
    return kind


#: In `Partner.serves`: all of them.
EVERY_AGENCY: Final = "*"


def folded_agency(agency: str) -> str:
    """The form in which agencies are compared: callers write their own names in any case."""
    return agency.strip().casefold()


@dataclass(frozen=True)
class Partner:
    """Another agency or broker, what it may do, and how it proves who it is.

    `services` are those of the preset, or by default those that a resource-sharing broker needs.
    `serves` names the agencies, by their ISIL, whose patrons, items and branches the partner may
    see, serve and change without a PIN (``*``: all); its own agency and its institutions go without
    saying. `handling.authority` says what each service demands. With `sees_borrowers` it is told
    who has an item or is waiting for it, among the patrons whom it may serve. `email_type` and
    `phone_type` are the words it expects as ElectronicAddressType. `lends_to` says which of its
    requests and check-outs are loans to another library; ``institutions`` are patterns of the
    identifiers of institutional patrons.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    agency: Annotated[str, Field(min_length=1)]
    branch: str = ""  # by default that of the section
    name: str = ""
    services: tuple[Annotated[str, AfterValidator(_service)], ...] = BROKER
    #: In addition to those of the preset.
    more_services: tuple[Annotated[str, AfterValidator(_service)], ...] = ()
    shared_secret: Annotated[str, AfterValidator(_argon2)] | None = field(default=None, repr=False)
    serves: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    sees_borrowers: bool = False
    #: May it change any hold of the patrons whom it may serve by our number? Otherwise only those
    #: that it has made, those of its institutions, and those of a user whom the message names.
    any_hold: bool = False
    #: Is what RequestItem wants for a user, and we do not lend, asked for at other libraries?
    forwards_requests: bool = True
    #: Among those waiting for a title, requests with a smaller number come first.
    request_priority: int = 0
    #: Is what it reports as already done recorded whatever the rules say, or treated as a request?
    mandated_actions: bool = True
    email_type: str = "mailto"
    phone_type: str = "tel"
    preset: Annotated[str, AfterValidator(_preset)] = ""

    # How it proves who it is: all that is given here must hold. `secret_in`:
    # FromAgencyAuthentication or FromSystemAuthentication, HTTP Basic, a bearer token, the last
    # part of the address.
    secret_in: tuple[Literal["message", "basic", "bearer", "url"], ...] = (
        "message",
        "basic",
        "bearer",
        "url",
    )
    addresses: tuple[Network, ...] = ()
    #: The name, or the SHA-256 fingerprint, of its certificate (mutual TLS).
    certificate: str = ""
    #: A key in PEM, or a secret, with which its tokens are signed; their `sub` is FromSystemId.
    token_key: str = field(default="", repr=False)
    token_algorithm: Literal["RS256", "ES256", "EdDSA", "HS256"] = "RS256"  # noqa: S105
    #: The values of FromSystemId that it may use; empty: any.
    systems: tuple[str, ...] = ()
    requests_per_second: Annotated[float, Field(gt=0)] | None = None
    requests_at_once: Annotated[int, Field(gt=0)] | None = None

    # What we lend to it and borrow through it.
    lends_to: Literal["institutions", "anybody", "nobody"] = "institutions"
    institutions: tuple[str, ...] = ()
    #: The category with which institutions are registered when they are first named; None: they are
    #: not.
    registers_institutions: bool = True
    institution_category: str = "library"
    #: Material group and place of temporary items, and the beginning of their titles.
    item_type: str = ""
    item_location: str = ""
    title_prefix: str = ""
    #: Its words for places of pickup: ``MAIN=DK-900101``. ISILs need none.
    pickup: tuple[Annotated[str, AfterValidator(_pair)], ...] = ()
    #: Do loans of borrowed items end when the owner says, or when the rules say?
    due_dates: Literal["owner", "rules"] = "owner"
    renewals: bool = True
    #: Does CheckInItem remove a temporary item that was made for this partner?
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
    #: Does it read numbered places of pickup from the Ext of LookupAgencyResponse?
    places_by_number: bool = False
    #: ItemElementTypes in every answer about an item, whether or not they are asked for.
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
        """Is there a limit on how much it may ask?"""
        return self.requests_at_once is not None or self.requests_per_second is not None

    @cached_property
    def key(self) -> str:
        """The partner's name in interlibrary loans and notices."""
        return folded_agency(self.agency)

    def may_ask_for(self, service: str) -> bool:
        """Was the service agreed with it?"""
        return service in self.services or service in self.more_services

    @property
    def has_proof(self) -> bool:
        """Does it prove who it is? If not, whoever uses its name is taken for it."""
        return bool(self.shared_secret or self.certificate or self.token_key or self.addresses)

    @property
    def serves_all(self) -> bool:
        """Is every agency agreed?"""
        return EVERY_AGENCY in self.serves

    @cached_property
    def _served(self) -> frozenset[str]:
        return frozenset(map(folded_agency, self.serves))

    def serves_agency(self, isil: str) -> bool:
        """May it see and serve the patrons of this agency without a PIN?"""
        folded = folded_agency(isil)
        if self.serves_all or folded in self._served:
            return True
        return self.has_proof and folded == self.key

    def is_institution(self, identifier: str) -> bool:
        """Is that an institutional patron of this partner?"""
        folded = identifier.casefold()
        return any(fnmatchcase(folded, pattern.casefold()) for pattern in self.institutions)


def _with_preset(given: Any) -> Any:
    """The settings of the preset, overridden by those given."""
    if not isinstance(given, Mapping):
        return given
    said = {**PRESETS.get(str(given.get("preset", "")), {}), **given}
    said.setdefault("agency", said.get("name", ""))
    return said


#: A partner as it stands in a configuration or a set-up.
PartnerSetting = Annotated[Partner, BeforeValidator(_with_preset)]


@dataclass(frozen=True)
class NcipSettings:
    """Where NCIP listens and who may use it. Over HTTP it is at ``/ncip`` of the common port.

    With `any_partner` everybody counts as a partner whose work is done at `branch`: for
    demonstrations and tests, or behind a filter of your own. Nobody has proven anything then, so
    patrons are served only with their PIN, except those of `any_partner_serves` (`Partner.serves`).
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    port: Annotated[int, Field(ge=0, le=65535)] | None = None
    interface: str = "127.0.0.1"
    #: For the raw port; for HTTP see the section [http].
    access: Access = ANYBODY
    tls: Tls | None = None
    idle_seconds: Annotated[float, Field(gt=0)] = 300.0
    message_seconds: Annotated[float, Field(gt=0)] = 30.0
    any_partner: bool = False
    any_partner_serves: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    branch: str = ""
    #: How many days the messages of an exchange are kept, secrets masked; 0: not at all.
    body_days: Annotated[int, Field(ge=0, le=3650)] = 7
    #: Seconds between two looks for notices to partners.
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
