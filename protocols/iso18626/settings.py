"""The section ``[iso18626]`` of tiro.toml, and what is agreed with a partner.

Partners are part of the set-up (`tiro apply`), as what is agreed with libraries is:

[partners.DK-746100]                # what it writes in its headers
protocol = "iso18626"
branch = "DK-900101"                # where its work is done
shared_secret = "$argon2id$..."     # `tiro hash` makes it
address = "https://ill.example.org/iso18626"
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from circulation.callers.partners import folded_agency
from circulation.interlending.answering import Terms
from circulation.interlending.borrowing import Agreement
from circulation.languages.sentences import Sentence, listed
from protocols.hosting.networks import Network
from protocols.iso18626.codes import Version
from protocols.iso18626.presets import PRESETS

#: The name of the folder, of its section and of its resource.
PROTOCOL: Final = "iso18626"


def _argon2(text: str) -> str:
    if not text.startswith("$argon2id$"):
        raise ValueError(Sentence("MUST", what=Sentence("AN_ARGON2_HASH")))
    return text


def _preset(name: str) -> str:
    if name and name not in PRESETS:
        raise ValueError(Sentence("NO_PRESET", known=listed(PRESETS)))
    return name


def _address(text: str) -> str:
    parts = urlsplit(text)
    if text and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValueError(Sentence("MUST", what=Sentence("A_HTTP_ADDRESS")))
    return text


@dataclass(frozen=True)
class Partner:
    """Another library or a broker: how it proves who it is, what we do for it, where it is told.

    `agencies` are patterns of the agencies for which a broker may speak besides its own. What is
    given of `addresses`, `certificate` and `shared_secret` must all hold.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    #: The symbol of the other library or broker: the name of the table.
    agency: Annotated[str, Field(min_length=1)]
    #: The branch at which its work is done.
    branch: str
    #: Its name for staff.
    name: str = ""
    #: Settings of a known system, which those given here replace.
    preset: Annotated[str, AfterValidator(_preset)] = ""
    #: The version in which it is written to.
    version: Literal["1.2", "2021-2"] = "1.2"
    #: In which list its agency stands: ISIL, DNUCNI, or a list of its own.
    agency_type: str = "ISIL"
    #: Patterns of the agencies for which it may speak besides its own.
    agencies: tuple[str, ...] = ()
    #: The symbols by which it calls us besides the ISILs of our agency and its branches: messages
    #: to any other library are refused.
    our_symbols: tuple[str, ...] = ()

    # How it proves who it is: all that is given must hold.
    #: The secret that it sends, hashed by `tiro hash`.
    shared_secret: Annotated[str, AfterValidator(_argon2)] | None = field(default=None, repr=False)
    #: Where it may send the secret: requestingAgencyAuthentication, HTTP Basic, a bearer token,
    #: the last part of the address.
    secret_in: tuple[Literal["message", "basic", "bearer", "url"], ...] = (
        "message",
        "basic",
        "bearer",
        "url",
    )
    #: Addresses and networks from which it connects.
    addresses: tuple[Network, ...] = ()
    #: The name, or the SHA-256 fingerprint, of its certificate (mutual TLS).
    certificate: str = ""

    # What we lend to it.
    #: Is our stock lent to it?
    lends: bool = True
    #: May it wait where no copy is in, or is it told to ask again?
    queues: bool = True
    #: Are copies of articles and parts made for it?
    copies: bool = False
    #: Category of our patron that stands for it.
    institution_category: str = "library"

    # What we borrow from it.
    #: Does it borrow for our patrons what we request from it?
    takes_requests: bool = False
    #: Material group of items borrowed from it.
    item_type: str = ""
    #: Location of items borrowed from it.
    item_location: str = ""
    #: Begins the title of items borrowed from it.
    title_prefix: str = ""
    #: Whose due dates hold: those of the owner, or those of our rules.
    due_dates: Literal["owner", "rules"] = "owner"
    #: May loans of its items be renewed?
    renewals: bool = True

    # Where it is told what happens here.
    #: Its HTTP address for our messages.
    address: Annotated[str, AfterValidator(_address)] = ""
    #: The name with which we sign in there.
    address_user: str = ""
    #: The secret with which we sign in there.
    address_secret: str = field(default="", repr=False)
    #: Where that secret goes: HTTP Basic, a bearer token, requestingAgencyAuthentication.
    address_secret_in: Literal["basic", "bearer", "message"] = "basic"  # noqa: S105
    #: Does it take RenewResponse and StatusRequestResponse, or StatusChange in their place?
    answers_apart: bool = True
    #: Does it know ExpectToSupply, or only WillSupply?
    expects: bool = True
    #: The note by which it learns that its conditions are accepted; empty: it takes our silence so.
    agrees_with: str = ""
    #: As what our record numbers are known there (FAUST); empty: not at all.
    record_numbers: str = ""

    @property
    def known_as(self) -> str:
        """The partner's name in the log and in events."""
        return self.name or self.agency

    @property
    def key(self) -> str:
        """The partner's name in interlibrary loans and notices."""
        return folded_agency(self.agency)

    @property
    def has_proof(self) -> bool:
        """Does it prove who it is? If not, whoever uses its name is taken for it."""
        return bool(self.shared_secret or self.certificate or self.addresses)

    @property
    def spoken(self) -> Version:
        """The version in which it is written to."""
        return Version(self.version)

    @property
    def terms(self) -> Terms:
        """What we do for it as the lender."""
        return Terms(self.lends, self.queues, self.copies)

    @property
    def agreement(self) -> Agreement:
        """What holds for items that are borrowed from it."""
        return Agreement(
            partner=self.key,
            actor=self.known_as,
            material_group=self.item_type,
            location=self.item_location,
            title_prefix=self.title_prefix,
            keeps_owner_due=self.due_dates == "owner",
            is_renewable=self.renewals,
        )

    def speaks_for(self, agency: str) -> bool:
        """May it write in the name of this agency?"""
        folded = folded_agency(agency)
        if folded == self.key:
            return True
        return any(fnmatchcase(folded, pattern.casefold()) for pattern in self.agencies)


def _with_preset(given: Any) -> Any:
    """The settings of the preset, overridden by those given."""
    if not isinstance(given, Mapping):
        return given
    return {**PRESETS.get(str(given.get("preset", "")), {}), **given}


#: A partner as it stands in a set-up.
PartnerSetting = Annotated[Partner, BeforeValidator(_with_preset)]


@dataclass(frozen=True)
class Iso18626Settings:
    """ISO 18626 is at ``/iso18626`` of the common HTTP port; its partners are in the set-up."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    #: How many days the messages of an exchange are kept, secrets masked; 0: not at all.
    body_days: Annotated[int, Field(ge=0, le=3650)] = 7
    #: Seconds between two looks for notices to partners.
    tell_seconds: Annotated[float, Field(gt=0)] = 2.0
