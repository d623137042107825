"""Bib-1 attributes (Z39.50-2003, appendix 3) in the words of `catalogue.query`, as tables.

What is not in a table is refused with the diagnostic of its type; nothing is ignored.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Final

from catalogue.query import Completeness, Part, Position, Relation, Structure, Truncation, Unit
from protocols.z3950.diagnostics import Bib1

#: The attribute set (OID.3.1).
BIB_1: Final = "1.2.840.10003.3.1"


class AttributeType(IntEnum):
    USE = 1
    RELATION = 2
    POSITION = 3
    STRUCTURE = 4
    TRUNCATION = 5
    COMPLETENESS = 6


#: Use attributes and the access points (`catalogue.index.access_points`) that answer them.
USE: Final[dict[int, str]] = {
    1: "personal_name",
    2: "corporate_name",
    3: "conference_name",
    4: "title",
    5: "series",
    6: "uniform_title",
    7: "isbn",
    8: "issn",
    9: "lc_card_number",
    10: "national_bibliography_number",
    11: "national_bibliography_number",
    12: "local_number",
    13: "dewey",
    14: "udc",
    16: "lc_call_number",
    17: "nlm_call_number",
    20: "local_class",
    21: "subject",
    25: "subject_mesh",
    27: "subject_lcsh",
    28: "subject_rvm",
    29: "subject_local",
    30: "year",  # what common clients send when they mean that of publication
    31: "year",
    33: "key_title",
    34: "title_collective",
    35: "title_parallel",
    36: "title_cover",
    37: "title_added_page",
    38: "title_caption",
    39: "title_running",
    40: "title_spine",
    41: "title_other_variant",
    42: "title_former",
    43: "title_abbreviated",
    44: "title_expanded",
    47: "subject_subdivision",
    48: "national_bibliography_number",
    54: "language",
    57: "name_title",
    58: "geographic_name",
    59: "place_of_publication",
    62: "abstract",
    63: "note",
    1000: "author_title",
    1001: "record_type",
    1002: "name",
    1003: "author",
    1004: "author_personal",
    1005: "author_corporate",
    1006: "author_conference",
    1007: "standard_identifier",
    1008: "subject_children",
    1009: "subject_personal",
    1016: "any",
    1017: "any",  # server choice: ours is the same as for no use attribute at all
    1018: "publisher",
    1021: "bibliographic_level",
    1026: "related_periodical",
    1031: "material_type",
    1033: "host_item",
    1035: "any",
    1036: "author_title_subject",
    1044: "possessing_institution",
    1075: "genre",
    1079: "subject_topical",
}

#: The use attribute by which Zebra and its clients mean all records of a database; it goes only
#: with the relation that always matches.
ALL_RECORDS: Final = "_allrecords"

#: The access point of a term without a use attribute.
DEFAULT_ACCESS_POINT: Final = "any"

RELATION: Final[dict[int, Relation]] = {
    1: Relation.LESS,
    2: Relation.LESS_OR_EQUAL,
    3: Relation.EQUAL,
    4: Relation.GREATER_OR_EQUAL,
    5: Relation.GREATER,
    6: Relation.NOT_EQUAL,
    100: Relation.PHONETIC,
    101: Relation.STEM,
    102: Relation.RELEVANCE,
    103: Relation.ALWAYS_MATCHES,
    104: Relation.WITHIN,
}

POSITION: Final[dict[int, Position]] = {
    1: Position.FIRST_IN_FIELD,
    2: Position.FIRST_IN_SUBFIELD,
    3: Position.ANY,
}

STRUCTURE: Final[dict[int, Structure]] = {
    1: Structure.PHRASE,
    2: Structure.WORD,
    3: Structure.KEY,
    4: Structure.YEAR,
    5: Structure.DATE,
    6: Structure.WORD_LIST,
    100: Structure.DATE,  # not normalised: dates are read in any form
    101: Structure.NAME,
    102: Structure.NAME,  # not normalised, like all names here
    # "Structure", which Danish clients send with the number of a record.
    103: Structure.LOCAL_NUMBER,
    105: Structure.FREE_FORM,
    107: Structure.LOCAL_NUMBER,
    108: Structure.STRING,
    109: Structure.NUMBER,
}

TRUNCATION: Final[dict[int, Truncation]] = {
    1: Truncation.RIGHT,
    2: Truncation.LEFT,
    3: Truncation.BOTH,
    100: Truncation.NONE,
    101: Truncation.MASKED,
    102: Truncation.REGULAR_EXPRESSION,
    104: Truncation.MASKED,
    105: Truncation.MASKED,
    106: Truncation.MASKED,
}

_LITERAL: Final = {"*": r"\*", "?": r"\?", "\\": r"\\"}

#: The signs of each masking truncation, and those of `catalogue.query`, where ``*`` stands for any
#: characters and ``?`` for one: 101 "process # in search term", 104 Z39.58, and Zebra's own: 105,
#: which is also open to the right, and 106.
MASKS: Final[dict[int, dict[int, str]]] = {
    101: str.maketrans(_LITERAL | {"#": "*"}),
    104: str.maketrans(_LITERAL | {"?": "*", "#": "?"}),
    105: str.maketrans(_LITERAL | {"*": "*", "!": "?"}),
    106: str.maketrans(_LITERAL | {"*": "*", "!": "?"}),
}

#: The mask that is open to the right even without a sign.
OPEN_MASK: Final = 105

COMPLETENESS: Final[dict[int, Completeness]] = {
    1: Completeness.INCOMPLETE_SUBFIELD,
    2: Completeness.COMPLETE_SUBFIELD,
    3: Completeness.COMPLETE_FIELD,
}

#: relationType of a proximity operator (3.7.2).
PROXIMITY_RELATION: Final[dict[int, Relation]] = {
    1: Relation.LESS,
    2: Relation.LESS_OR_EQUAL,
    3: Relation.EQUAL,
    4: Relation.GREATER_OR_EQUAL,
    5: Relation.GREATER,
    6: Relation.NOT_EQUAL,
}

#: KnownProximityUnit: words, and elements, which are fields here.
PROXIMITY_UNIT: Final[dict[int, Unit]] = {2: Unit.WORD, 8: Unit.FIELD}

#: For each attribute type, by its number less one: its table and the diagnostic for an unknown
#: value.
TABLES: Final[tuple[tuple[dict[int, Any], Bib1], ...]] = (
    (USE, Bib1.USE_ATTRIBUTE_UNSUPPORTED),
    (RELATION, Bib1.RELATION_UNSUPPORTED),
    (POSITION, Bib1.POSITION_UNSUPPORTED),
    (STRUCTURE, Bib1.STRUCTURE_UNSUPPORTED),
    (TRUNCATION, Bib1.TRUNCATION_UNSUPPORTED),
    (COMPLETENESS, Bib1.COMPLETENESS_UNSUPPORTED),
)

#: The attribute type of each part of a search that may be refused.
TYPE_OF_PART: Final[dict[Part, AttributeType]] = {
    Part.ACCESS_POINT: AttributeType.USE,
    Part.RELATION: AttributeType.RELATION,
    Part.POSITION: AttributeType.POSITION,
    Part.STRUCTURE: AttributeType.STRUCTURE,
    Part.TRUNCATION: AttributeType.TRUNCATION,
    Part.COMPLETENESS: AttributeType.COMPLETENESS,
}
