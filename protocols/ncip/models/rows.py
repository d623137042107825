"""A row of a content model: what the tables of elements are made of, and the rows many share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from protocols.ncip.messages import (
    AuthenticationInput,
    InitiationHeader,
    ResponseHeader,
    UserId,
)


class Kind(Enum):
    """How the content of an element without a layout of its own is written."""

    TEXT = "xs:string"
    CODE = "SchemeValuePair"
    MOMENT = "xs:dateTime"
    COUNT = "xs:nonNegativeInteger"
    NUMBER = "xs:integer"
    FLAG = "no content"


class Occurs(Enum):
    """How often an element stands in its parent."""

    ONE = "1"
    OPTIONAL = "?"
    SOME = "+"
    MANY = "*"


ONE, OPTIONAL, SOME, MANY = Occurs.ONE, Occurs.OPTIONAL, Occurs.SOME, Occurs.MANY
TEXT, CODE, MOMENT, FLAG = Kind.TEXT, Kind.CODE, Kind.MOMENT, Kind.FLAG
COUNT, NUMBER = Kind.COUNT, Kind.NUMBER

#: Major and minor number of a version of NCIP; 1.01 is (1, 1).
Version = tuple[int, int]
V1: Version = (1, 0)
V2: Version = (2, 0)
V2_02: Version = (2, 2)

#: The names that version 1 has for the identifiers.
NAMES_1 = {
    "AgencyId": "UniqueAgencyId",
    "BibliographicId": "UniqueBibliographicId",
    "ItemId": "UniqueItemId",
    "RequestId": "UniqueRequestId",
    "UserId": "UniqueUserId",
}


class _Agency:
    """Stands in `Row.otherwise` for the agency that the answer is given by."""


#: The agency that gives the answer, as its partner writes it.
AGENCY = _Agency()


@dataclass(frozen=True, slots=True)
class Row:
    """One element of a content model.

    `kind` is a `Kind`, or the dataclass of the element. `choice` names the group of alternatives
    it belongs to, of which one is given. `since` is the first version that knows the element
    there. `before` says of the versions before one how often it occurs in them; where these demand
    it and the message does not have it, `otherwise` is written. `name_1` is its name in version 1
    where `NAMES_1` does not say it, `within_1` the element that is around it there.
    """

    name: str
    kind: Any
    occurs: Occurs
    choice: str = ""
    since: Version = V1
    before: tuple[Version, Occurs] | None = None
    otherwise: Any = None
    name_1: str = ""
    within_1: str = ""

    @property
    def element(self) -> str:
        """The element's name: ``item_id`` is ItemId."""
        return "".join(part.capitalize() for part in self.name.split("_"))

    def element_in(self, version: Version) -> str:
        """The element's name in a version."""
        if version >= V2:
            return self.element
        return self.name_1 or NAMES_1.get(self.element, self.element)

    def occurs_in(self, version: Version) -> Occurs:
        """How often it stands there in a version that has it."""
        if self.before is not None and version < self.before[0]:
            return self.before[1]
        return self.occurs


HEADER = Row("initiation_header", InitiationHeader, OPTIONAL, before=(V2, ONE))
RESPONSE_HEADER = Row("response_header", ResponseHeader, OPTIONAL, before=(V2, ONE))
AGENCY_ID = Row("agency_id", CODE, OPTIONAL, before=(V2, ONE), otherwise=AGENCY)
USER = (
    Row("user_id", UserId, ONE, choice="user"),
    Row("authentication_input", AuthenticationInput, SOME, choice="user"),
)
ITEM_ELEMENTS = Row("item_element_type", CODE, MANY)
USER_ELEMENTS = Row("user_element_type", CODE, MANY)
