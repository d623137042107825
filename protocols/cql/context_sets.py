"""Context sets: tables of the access point that each CQL index stands for. What is not in a table
is refused (15 the set, 16 the index); nothing is searched more widely than it was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from protocols.cql.diagnostics import Refused, Srw

#: Takes the place of an access point where all records are meant.
EVERY_RECORD: Final = ""
#: The index of identifiers of result sets; none are kept.
_RESULT_SET_ID: Final = "resultsetid"
#: The identifier of the Dublin Core record schema, up to its version.
_DC_SCHEMA: Final = "info:srw/schema/1/dc-v"


@dataclass(frozen=True, slots=True)
class ContextSet:
    """A context set: its usual prefix, its URI (and older ones), what it is called, its indexes.

    `indexes` are names of access points (`catalogue.index.access_points`) by index, in the spelling
    that Explain shows; case makes no difference in a query.
    """

    prefix: str
    uri: str
    title: str
    indexes: Mapping[str, str]
    older_uris: tuple[str, ...] = ()


#: In the order in which an index without a prefix is looked up in them.
CONTEXT_SETS: Final = (
    ContextSet(
        "cql",
        "info:srw/cql-context-set/1/cql-v1.2",
        "CQL",
        {
            "serverChoice": "any",
            "anywhere": "any",
            "anyIndexes": "any",
            "allIndexes": "any",
            "keywords": "any",
            "allRecords": EVERY_RECORD,
        },
        (
            "info:srw/cql-context-set/1/cql-v1.1",
            "info:srw/cql-context-set/1/cql-v1.0",
            "info:srw/cql-context-set/1/cql-v2.0",
        ),
    ),
    ContextSet(
        "dc",
        "info:srw/cql-context-set/1/dc-v1.1",
        "Dublin Core",
        {
            "title": "title",
            "creator": "author",
            "author": "author",  # not of the set, but the Bath profile and many clients write it
            "contributor": "author",
            "subject": "subject",
            "description": "note",
            "publisher": "publisher",
            "date": "year",
            "type": "material_type",
            "identifier": "standard_identifier",
            "source": "host_item",
            "language": "language",
            "coverage": "geographic_name",
        },
        ("info:srw/cql-context-set/1/dc-v1.0", "http://purl.org/dc/elements/1.1/"),
    ),
    ContextSet(
        "rec",
        "info:srw/cql-context-set/2/rec-1.1",
        "Record metadata",
        {"id": "local_number", "identifier": "local_number"},
        ("info:srw/cql-context-set/2/rec-1.0",),
    ),
    ContextSet(
        "bath",
        "http://zing.z3950.org/cql/bath/2.0/",
        "Bath profile",
        {
            "title": "title",
            "author": "author",
            "subject": "subject",
            "any": "any",
            "name": "name",
            "personalName": "personal_name",
            "corporateName": "corporate_name",
            "conferenceName": "conference_name",
            "uniformTitle": "uniform_title",
            "keyTitle": "key_title",
            "isbn": "isbn",
            "issn": "issn",
            "standardIdentifier": "standard_identifier",
            "lccn": "lc_card_number",
            "geographicName": "geographic_name",
            "notes": "note",
            "topicalSubject": "subject_topical",
            "genreForm": "genre",
            "possessingInstitution": "possessing_institution",
        },
        (
            "http://zing.z3950.org/cql/bath/1.1/",
            "http://www.loc.gov/zing/cql/context-sets/bath/v1.1/",
        ),
    ),
    ContextSet(
        "bib",
        "info:srw/cql-context-set/1/bib-v1",
        "Bibliographic searching",
        {
            "titleUniform": "uniform_title",
            "titleSeries": "series",
            "name": "name",
            "namePersonal": "personal_name",
            "nameCorporate": "corporate_name",
            "nameConference": "conference_name",
            "subjectPlace": "geographic_name",
            "dateIssued": "year",
            "genre": "genre",
            "originPlace": "place_of_publication",
            "issuance": "bibliographic_level",
        },
    ),
)

_BY_PREFIX: Final = {each.prefix: each for each in CONTEXT_SETS}
_BY_URI: Final = {uri: each for each in CONTEXT_SETS for uri in (each.uri, *each.older_uris)}
#: Access points by set and index in lower case.
_INDEXES: Final = {
    each.prefix: {name.lower(): point for name, point in each.indexes.items()}
    for each in CONTEXT_SETS
}


def access_point_of(index: str, uri: str | None) -> str:
    """The access point that an index of a query means, or EVERY_RECORD.

    `index` is in lower case, empty where the query names none. `uri` is the context set that the
    query itself gave to the index's prefix, or to those without one. Raises Refused.
    """
    if not index:
        return "any"
    prefix, dot, name = index.partition(".")
    if not dot:
        name = prefix
    if uri is not None:
        context_set = _BY_URI.get(uri)
        if context_set is None:
            raise Refused(Srw.UNSUPPORTED_CONTEXT_SET, uri)
        searched = [context_set.prefix]
    elif dot:
        if prefix not in _BY_PREFIX:
            raise Refused(Srw.UNSUPPORTED_CONTEXT_SET, prefix)
        searched = [prefix]
    else:
        searched = list(_BY_PREFIX)
    if name == _RESULT_SET_ID and "cql" in searched:
        raise Refused(Srw.RESULT_SETS_UNSUPPORTED)
    for each in searched:
        point = _INDEXES[each].get(name)
        if point is not None:
            return point
    raise Refused(Srw.UNSUPPORTED_INDEX, index)


def prefix_of_schema(name: str) -> str | None:
    """The prefix of the set that a schema's short name or identifier stands for (``dc``); empty for
    an empty name, None for an unknown one. Clients say in this way which title they sort by."""
    if not name or name in _BY_PREFIX:
        return name
    if name.startswith(_DC_SCHEMA):
        return "dc"
    context_set = _BY_URI.get(name)
    return None if context_set is None else context_set.prefix
