"""What a field of an element says besides its type: how often it may occur, and in which versions.

    agency_id: Annotated[Code, ONE] | None = None

A field without marks is optional, and exists in every version.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

#: Major and minor number of a version of NCIP; 1.01 is (1, 1).
Version = tuple[int, int]
V1: Version = (1, 0)
V2: Version = (2, 0)
V2_01: Version = (2, 1)
V2_02: Version = (2, 2)


class Kind(Enum):
    """How the content of an element without children is written."""

    TEXT = "xs:string"
    CODE = "SchemeValuePair"
    MOMENT = "xs:dateTime"
    COUNT = "xs:nonNegativeInteger"
    NUMBER = "xs:integer"
    FLAG = "no content"


TEXT, CODE, MOMENT, FLAG = Kind.TEXT, Kind.CODE, Kind.MOMENT, Kind.FLAG
#: An int is a COUNT unless marked NUMBER.
COUNT, NUMBER = Kind.COUNT, Kind.NUMBER


class Occurs(Enum):
    """How often an element may occur in its parent."""

    ONE = "1"
    OPTIONAL = "?"
    SOME = "+"
    MANY = "*"


ONE, OPTIONAL, SOME, MANY = Occurs.ONE, Occurs.OPTIONAL, Occurs.SOME, Occurs.MANY


@dataclass(frozen=True, slots=True)
class Choice:
    """The element is one of the alternatives of the group, exactly one of which is given."""

    group: str


@dataclass(frozen=True, slots=True)
class Since:
    """The first version that has the element there."""

    version: Version


@dataclass(frozen=True, slots=True)
class Before:
    """How often it may occur in the versions before this one. If they demand it and the message
    lacks it, `otherwise` is written.
    """

    version: Version
    occurs: Occurs
    otherwise: Any = None


@dataclass(frozen=True, slots=True)
class Version1:
    """The element's name in version 1 if not in `NAMES_1`, and the element around it."""

    name: str = ""
    within: str = ""


class _Agency:
    """In `Before.otherwise`, the agency that answers."""


#: The agency that answers, as its partner writes it.
AGENCY = _Agency()
