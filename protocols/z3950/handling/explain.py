"""The Explain database (Z39.50-2003, 3.2.10): describes this server in a few records of its own.
There is one record for the categories, one for the target, and one for each database. They are
searched by category and by the name of a database, with attributes of Exp-1 (OID.3.2).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from pyroaring import BitMap

from catalogue.records import count
from catalogue.visibility import database_names, visible_records
from protocols.hosting.answering import Context
from protocols.z3950.association import Association, ResultSet
from protocols.z3950.codec import encode_value
from protocols.z3950.databases import EXPLAIN_DATABASE
from protocols.z3950.diagnostics import BIB_1, Bib1, Refused
from protocols.z3950.messages.building_blocks import IntUnit, Unit
from protocols.z3950.messages.retrieval import (
    CompSpec,
    NamePlusRecord,
    ResponseRecords,
)
from protocols.z3950.messages.searching import (
    AttributesPlusTerm,
    ComplexAttributeValue,
    Operator,
    ProximityOperator,
    Query,
    RpnRpnOp,
    RPNStructure,
)
from protocols.z3950.messages.structures import (
    AccessInfo,
    CategoryInfo,
    CategoryList,
    DatabaseInfo,
    HumanText,
    RpnCapabilities,
    TargetInfo,
)
from protocols.z3950.queries.attributes import BIB_1 as BIB_1_ATTRIBUTES
from protocols.z3950.queries.rpn import rpn_of, text_of
from protocols.z3950.records.forms import element_set_name, offered_syntaxes
from protocols.z3950.records.retrieval import Page, PresentStatus, Wanted
from protocols.z3950.wire.asn1 import NULL, External, SingleAsn1Type
from protocols.z3950.wire.ber import identifier_of

EXPLAIN: Final = "1.2.840.10003.5.100"
EXP_1: Final = "1.2.840.10003.3.2"

#: Use attributes of Exp-1.
EXPLAIN_CATEGORY: Final = 1
DATABASE_NAME: Final = 3

#: Values of the other attribute types (those of Bib-1) that ask for what happens anyway: the whole
#: value, and case ignored.
_PLAIN: Final[dict[int, tuple[frozenset[int], Bib1]]] = {
    2: (frozenset({3}), Bib1.RELATION_UNSUPPORTED),
    3: (frozenset({1, 2, 3}), Bib1.POSITION_UNSUPPORTED),
    4: (frozenset({1, 2, 3, 108}), Bib1.STRUCTURE_UNSUPPORTED),
    5: (frozenset({100}), Bib1.TRUNCATION_UNSUPPORTED),
    6: (frozenset({2, 3}), Bib1.COMPLETENESS_UNSUPPORTED),
}

#: Element sets: brief, brief with the description, full.
_ELEMENT_SETS: Final = frozenset({"B", "DESCRIPTION", "F"})

_ENGLISH: Final = "eng"

#: A category's tag in Explain-Record.
_TAGS: Final[dict[type, int]] = {TargetInfo: 0, DatabaseInfo: 1, CategoryList: 100}
_CATEGORIES: Final = ("CategoryList", "TargetInfo", "DatabaseInfo")

ExplainRecord = CategoryList | TargetInfo | DatabaseInfo


@dataclass(frozen=True, slots=True)
class Entry:
    """A record and the values that find it, in lower case."""

    category: str
    database: str
    record: ExplainRecord


def entries(caller: Association, context: Context) -> list[Entry]:
    """All records; their order is the same as long as the databases are."""
    settings, transaction = caller.settings, context.transaction
    visible = visible_records(transaction)
    held = count(transaction) if visible is None else len(visible)
    access = AccessInfo(
        query_types_supported=[RpnCapabilities(True, False)],
        diagnostics_sets=[BIB_1],
        attribute_set_ids=[BIB_1_ATTRIBUTES],
        record_syntaxes=offered_syntaxes(),
        element_set_names=["F", "B"],
    )
    explained = DatabaseInfo(
        EXPLAIN_DATABASE,
        user_fee=False,
        available=True,
        explain_database=NULL,
        title_string=_text("Explain"),
        description=_text("What can be found here."),
        proprietary=False,
        access_info=replace(access, attribute_set_ids=[EXP_1], record_syntaxes=[EXPLAIN]),
    )
    databases = [
        DatabaseInfo(
            name,
            user_fee=False,
            available=True,
            title_string=_text(name),
            description=_text("The catalogue with live holdings."),
            record_count=held,
            proprietary=False,
            access_info=access,
        )
        for name in settings.databases
    ]
    databases += [
        DatabaseInfo(
            each.name,
            user_fee=False,
            available=True,
            title_string=_text(each.title),
            description=_text(f"What this {each.kind} has, with live holdings."),
            proprietary=False,
            access_info=access,
        )
        for each in database_names(transaction)
        if each.name.lower() not in settings.names
    ]
    return [
        Entry("categorylist", "", CategoryList([CategoryInfo(name) for name in _CATEGORIES])),
        Entry("targetinfo", "", _target(caller, access)),
        *(Entry("databaseinfo", each.name.lower(), each) for each in (*databases, explained)),
    ]


def _target(caller: Association, access: AccessInfo) -> TargetInfo:
    settings = caller.settings
    return TargetInfo(
        "Tiro",
        named_result_sets=True,
        multiple_db_search=True,
        max_result_sets=settings.maximum_result_sets,
        timeout_interval=IntUnit(
            round(settings.idle_timeout), Unit(unit_system="SI", unit="second")
        ),
        description=_text("A library system that speaks the standards."),
        languages=[_ENGLISH],
        common_access_info=replace(access, attribute_set_ids=[BIB_1_ATTRIBUTES, EXP_1]),
    )


def _text(text: str) -> list[HumanText]:
    return [HumanText(text, language=_ENGLISH)]


# Search


def search(query: Query, caller: Association, context: Context) -> ResultSet:
    """The result set of a query of Exp-1 attributes. Raises Refused."""
    rpn = rpn_of(query)
    found = _evaluated(rpn.rpn, rpn.attribute_set, entries(caller, context), caller)
    return ResultSet(found, [EXPLAIN_DATABASE])


def _evaluated(
    rpn: RPNStructure, attribute_set: str, held: list[Entry], caller: Association
) -> BitMap:
    """The numbers of the entries found. Recursive: the decoder has bounded the depth."""
    if isinstance(rpn, AttributesPlusTerm):
        return _term(rpn, attribute_set, held)
    if isinstance(rpn, RpnRpnOp):
        if isinstance(rpn.op, ProximityOperator):
            raise Refused(Bib1.OPERATOR_UNSUPPORTED, "prox")
        left = _evaluated(rpn.rpn1, attribute_set, held, caller)
        right = _evaluated(rpn.rpn2, attribute_set, held, caller)
        if rpn.op is Operator.AND:
            return left & right
        return left | right if rpn.op is Operator.OR else left - right
    if isinstance(rpn, str):
        kept = caller.result_sets.get(rpn)
        if kept is None:
            raise caller.without_result_set(rpn)
        if kept.database != EXPLAIN_DATABASE:
            raise Refused(Bib1.COMBINATION_OF_DATABASES_UNSUPPORTED, kept.database)
        return kept.records
    raise Refused(Bib1.RESULT_ATTRIBUTES_UNSUPPORTED, rpn.result_set)


def _term(operand: AttributesPlusTerm, attribute_set: str, held: list[Entry]) -> BitMap:
    use: int | None = None
    for attribute in operand.attributes:
        named = attribute.attribute_set or attribute_set
        if named != EXP_1 and (named != BIB_1_ATTRIBUTES or attribute.attribute_type == 1):
            raise Refused(Bib1.ATTRIBUTE_SET_UNSUPPORTED, named)
        value = attribute.attribute_value
        if isinstance(value, ComplexAttributeValue):
            raise Refused(Bib1.COMPLEX_ATTRIBUTE_UNSUPPORTED, ",".join(map(str, value.list_)))
        if attribute.attribute_type == 1:
            use = value
        elif attribute.attribute_type not in _PLAIN:
            raise Refused(Bib1.ATTRIBUTE_TYPE_UNSUPPORTED, str(attribute.attribute_type))
        else:
            plain, unsupported = _PLAIN[attribute.attribute_type]
            if value not in plain:
                raise Refused(unsupported, str(value))
    if use not in (EXPLAIN_CATEGORY, DATABASE_NAME):
        raise Refused(Bib1.USE_ATTRIBUTE_UNSUPPORTED, "" if use is None else str(use))
    text = text_of(operand.term).lower()
    return BitMap(
        number
        for number, each in enumerate(held)
        if text == (each.category if use == EXPLAIN_CATEGORY else each.database)
    )


# Present


def take_page(
    context: Context,
    found: ResultSet,
    wanted: Wanted,
    caller: Association,
) -> Page:
    """The records that are wanted, in the Explain syntax. Raises Refused."""
    ranges, syntax, composition, _ = wanted
    if syntax not in (None, EXPLAIN):
        raise Refused(Bib1.SYNTAX_UNSUPPORTED, syntax)
    if isinstance(composition, CompSpec):
        raise Refused(Bib1.COMP_SPEC_UNSUPPORTED, EXPLAIN_DATABASE)
    element_set = element_set_name(composition, EXPLAIN_DATABASE) or "F"
    if element_set.upper() not in _ELEMENT_SETS:
        raise Refused(Bib1.ELEMENT_SET_NAME_NOT_VALID, element_set)
    held = entries(caller, context)
    taken = [
        NamePlusRecord(_external(held[entry].record, element_set.upper()), name=EXPLAIN_DATABASE)
        for start, number in ranges
        for entry in found.ids(context.transaction, start, number)
    ]
    following = sum(ranges[-1])
    return Page(
        ResponseRecords(taken),
        len(taken),
        following if following <= len(found) else 0,
        PresentStatus.SUCCESS,
    )


def _external(record: ExplainRecord, element_set: str) -> External:
    identifier = identifier_of(_TAGS[type(record)], constructed=True)
    octets = encode_value(_of_element_set(record, element_set), identifier)
    return External(SingleAsn1Type(octets), direct_reference=EXPLAIN)


def _of_element_set(record: ExplainRecord, element_set: str) -> ExplainRecord:
    """The record without what its element set leaves out."""
    if element_set == "F" or isinstance(record, CategoryList):
        return record
    description = record.description if element_set == "DESCRIPTION" else None
    if isinstance(record, TargetInfo):
        return replace(record, description=description, languages=None, common_access_info=None)
    return replace(
        record, description=description, record_count=None, proprietary=None, access_info=None
    )
