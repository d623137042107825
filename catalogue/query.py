"""A search as a tree, in words of no particular protocol.

Bib-1 attribute numbers are turned into this by `protocols.z3950`, CQL by `protocols.sru`. A
`Term` that leaves a part at None leaves the choice to the engine; what is given is honoured or
raises `UnsupportedSearch` naming the part at fault: nothing is silently widened.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from pyroaring import BitMap


class Relation(Enum):
    """How the indexed value relates to the term (Bib-1 attribute type 2)."""

    LESS = "less than"
    LESS_OR_EQUAL = "less than or equal"
    EQUAL = "equal"
    GREATER_OR_EQUAL = "greater than or equal"
    GREATER = "greater than"
    NOT_EQUAL = "not equal"
    ALWAYS_MATCHES = "always matches"
    WITHIN = "within"
    PHONETIC = "phonetic"
    STEM = "stem"
    RELEVANCE = "relevance"


#: Relations that clients ask for by name and no index answers.
UNKNOWN_RELATIONS = frozenset((Relation.PHONETIC, Relation.STEM, Relation.RELEVANCE))


class Position(Enum):
    """Where in the field the term stands (type 3)."""

    FIRST_IN_FIELD = "first in field"
    FIRST_IN_SUBFIELD = "first in subfield"
    ANY = "any position in field"


class Structure(Enum):
    """What kind of thing the term is (type 4)."""

    PHRASE = "phrase"
    WORD = "word"
    WORD_LIST = "word list"
    FREE_FORM = "free-form text"  # some of its words will do
    KEY = "key"
    YEAR = "year"
    DATE = "date"
    NAME = "name"
    LOCAL_NUMBER = "local number"
    NUMBER = "numeric string"
    STRING = "string"


class Truncation(Enum):
    """Which ends of the term are open (type 5)."""

    NONE = "do not truncate"
    RIGHT = "right truncation"
    LEFT = "left truncation"
    BOTH = "left and right truncation"
    MASKED = "masked"
    REGULAR_EXPRESSION = "regular expression"


class Completeness(Enum):
    """How much of the field the term must cover (type 6)."""

    INCOMPLETE_SUBFIELD = "incomplete subfield"
    COMPLETE_SUBFIELD = "complete subfield"
    COMPLETE_FIELD = "complete field"


class Term(NamedTuple):
    """One search term against one access point (a name of `catalogue.index.access_points`)."""

    access_point: str
    text: str
    relation: Relation | None = None
    position: Position | None = None
    structure: Structure | None = None
    truncation: Truncation | None = None
    completeness: Completeness | None = None


@dataclass(frozen=True, slots=True)
class And:
    left: Query
    right: Query


@dataclass(frozen=True, slots=True)
class Or:
    left: Query
    right: Query


@dataclass(frozen=True, slots=True)
class AndNot:
    left: Query
    right: Query


@dataclass(frozen=True, slots=True)
class Found:
    """Records found before: a result set as an operand."""

    records: BitMap


class Unit(Enum):
    """What distances are counted in."""

    WORD = "word"
    FIELD = "field"


@dataclass(frozen=True, slots=True)
class Near:
    """Two words, or phrases, of one access point close to each other in one field.

    In words the distance of neighbours is 1; in fields that of the same field is 0, the only one
    there is. `relation` is between the distance found and `distance`.
    """

    left: Term
    right: Term
    distance: int = 1
    is_ordered: bool = False
    unit: Unit = Unit.WORD
    relation: Relation = Relation.LESS_OR_EQUAL


Query = Term | And | Or | AndNot | Found | Near


class Part(Enum):
    """The part of a search that could not be honoured."""

    ACCESS_POINT = "access point"
    RELATION = "relation"
    POSITION = "position"
    STRUCTURE = "structure"
    TRUNCATION = "truncation"
    COMPLETENESS = "completeness"
    COMBINATION = "combination of attributes"
    PROXIMITY = "proximity"
    TERM = "term"
    TOO_COMPLEX = "number or depth of operands"


class UnsupportedSearch(Exception):
    """A search that cannot be carried out as it stands; `part` at fault and its `value`."""

    def __init__(self, part: Part, value: str = "") -> None:
        super().__init__(f"unsupported {part.value}" + (f": {value}" if value else ""))
        self.part = part
        self.value = value
