"""Queries of Z39.50 as trees of the engine, and what is refused on the way."""

from __future__ import annotations

import pytest
from pyroaring import BitMap

from catalogue.query import (
    And,
    AndNot,
    Completeness,
    Found,
    Near,
    Or,
    Part,
    Position,
    Query,
    Relation,
    Structure,
    Term,
    Truncation,
    Unit,
    UnsupportedSearch,
)
from protocols.z3950.association import ResultSet
from protocols.z3950.diagnostics import Bib1, Refused
from protocols.z3950.messages.building_blocks import ObjectIdentifier
from protocols.z3950.messages.searching import (
    AttributeElement,
    AttributesPlusTerm,
    ComplexAttributeValue,
    Known,
    Operator,
    Private,
    ProximityOperator,
    ResultSetPlusAttributes,
    RPNQuery,
    RpnRpnOp,
    RPNStructure,
    Type0,
    Type1,
    Type2,
    Type100,
    Type101,
    Type102,
    Type104,
)
from protocols.z3950.messages.searching import Query as WireQuery
from protocols.z3950.messages.searching import Term as WireTerm
from protocols.z3950.queries.attributes import BIB_1
from protocols.z3950.queries.rpn import query_of, refusal_in
from protocols.z3950.wire.asn1 import NULL, External

KEPT = {"kept": ResultSet(BitMap([1, 2]), ["Default"])}


def term(text: WireTerm = b"soil", **attributes: int) -> AttributesPlusTerm:
    """``term(b"soil", a1=4, a5=1)``: attribute types and their values."""
    return AttributesPlusTerm(
        [AttributeElement(int(kind[1:]), number) for kind, number in attributes.items()], text
    )


def query(rpn: RPNStructure, attribute_set: str = BIB_1) -> WireQuery:
    return Type1(RPNQuery(attribute_set, rpn))


def translated(rpn: RPNStructure) -> Query:
    return query_of(query(rpn), KEPT)


def refusal(query_: WireQuery) -> tuple[int, str]:
    with pytest.raises(Refused) as caught:
        query_of(query_, KEPT)
    return caught.value.condition.value, caught.value.addinfo


def test_a_term_without_attributes() -> None:
    assert translated(term()) == Term("any", "soil")


def test_all_six_attributes() -> None:
    assert translated(term(a1=1003, a2=3, a3=1, a4=1, a5=1, a6=3)) == Term(
        "author",
        "soil",
        Relation.EQUAL,
        Position.FIRST_IN_FIELD,
        Structure.PHRASE,
        Truncation.RIGHT,
        Completeness.COMPLETE_FIELD,
    )


def test_operators_and_result_sets() -> None:
    both = RpnRpnOp(term(a1=4), "kept", Operator.AND)
    either = RpnRpnOp(both, term(a1=21), Operator.OR)
    assert translated(RpnRpnOp(either, term(a1=7), Operator.AND_NOT)) == AndNot(
        Or(And(Term("title", "soil"), Found(BitMap([1, 2]))), Term("subject", "soil")),
        Term("isbn", "soil"),
    )


def test_type_101_is_the_same() -> None:
    assert query_of(Type101(RPNQuery(BIB_1, term(a1=4))), {}) == Term("title", "soil")


@pytest.mark.parametrize(
    ("sent", "text"),
    [(b"soil", "soil"), ("bøger", "bøger"), ("bøger".encode(), "bøger"),
     ("bøger".encode("latin-1"), "bøger"), (1984, "1984"), (-5, "-5"), (b"", "")],
)  # fmt: skip
def test_terms_in_every_form(sent: WireTerm, text: str) -> None:
    assert translated(term(sent, a1=4)) == Term("title", text)


@pytest.mark.parametrize(
    ("number", "sent", "text"),
    [(101, b"wat#r", "wat*r"), (101, b"what? *", r"what\? \*"), (104, b"wom#n", "wom?n"),
     (104, b"colo?r", "colo*r"), (104, rb"a\b*", r"a\\b\*"),
     (105, b"w!t*", "w?t**"), (106, b"w!t*r?", r"w?t*r\?")],
)  # fmt: skip
def test_masks_are_rewritten_and_other_signs_are_themselves(
    number: int, sent: bytes, text: str
) -> None:
    assert translated(term(sent, a1=4, a5=number)) == Term(
        "title", text, truncation=Truncation.MASKED
    )


def test_a_mask_of_at_most_so_many_is_one_term_for_each_length() -> None:
    def masked(text: str) -> Term:
        return Term("title", text, truncation=Truncation.MASKED)

    assert translated(term(b"colo?1r#", a1=4, a5=104)) == Or(masked("color?"), masked("colo?r?"))
    assert translated(term(b"a?0b?", a1=4, a5=104)) == masked("ab*")
    assert translated(term(b"?1a?1", a1=4, a5=104)) == Or(
        Or(Or(masked("a"), masked("a?")), masked("?a")), masked("?a?")
    )


def test_a_name_of_ours_as_use_attribute() -> None:
    named = ComplexAttributeValue(["Title"])
    sent = AttributesPlusTerm([AttributeElement(1, named)], b"soil")
    assert translated(sent) == Term("title", "soil")


def test_all_records_by_the_name_that_zebra_has_for_them() -> None:
    def named(*others: AttributeElement) -> AttributesPlusTerm:
        name = ComplexAttributeValue(["_ALLRECORDS"])
        return AttributesPlusTerm([AttributeElement(1, name), *others], b"")

    always = AttributeElement(2, 103)
    assert translated(named(always)) == Term("any", "", Relation.ALWAYS_MATCHES)
    combination = Bib1.COMBINATION_UNSUPPORTED.value
    assert refusal(query(named())) == (combination, "_ALLRECORDS without relation 103")


def test_a_complex_value_of_one_number_is_that_number() -> None:
    number = ComplexAttributeValue([4])
    sent = AttributesPlusTerm([AttributeElement(1, number)], b"soil")
    assert translated(sent) == Term("title", "soil")


def test_each_attribute_may_name_its_set() -> None:
    element = AttributeElement(1, 4, attribute_set=BIB_1)
    sent = AttributesPlusTerm([element], b"soil")
    assert query_of(query(sent, "1.2.840.10003.3.2"), {}) == Term("title", "soil")


def one(attribute: AttributeElement, text: WireTerm = b"soil") -> WireQuery:
    return query(AttributesPlusTerm([attribute], text))


DAN_1 = "1.2.840.10003.3.15"


def near(
    left: RPNStructure | None = None,
    right: RPNStructure | None = None,
    *,
    distance: int = 3,
    relation: int = 2,
    unit: Known | Private = Known(2),  # noqa: B008 - never changed
    exclusion: bool | None = None,
) -> RpnRpnOp:
    """Two terms, soil and water unless others are given, near each other in this order."""
    op = ProximityOperator(distance, True, relation, unit, exclusion=exclusion)
    soil, water = term(a1=4), term(b"water", a1=4)
    return RpnRpnOp(soil if left is None else left, water if right is None else right, op)


def test_proximity() -> None:
    soil, water = Term("title", "soil"), Term("title", "water")
    assert translated(near()) == Near(soil, water, 3, True, Unit.WORD, Relation.LESS_OR_EQUAL)
    assert translated(near(unit=Known(8), distance=0, relation=3)) == Near(
        soil, water, 0, True, Unit.FIELD, Relation.EQUAL
    )


REFUSALS = {
    "use": (query(term(a1=9999)), 114, "9999"),
    "use by an unknown name": (
        one(AttributeElement(1, ComplexAttributeValue(["nonsense"]))), 114, "nonsense"
    ),
    "relation": (query(term(a1=4, a2=7)), 117, "7"),
    "structure": (query(term(a1=4, a4=106)), 118, "106"),
    "position": (query(term(a1=4, a3=4)), 119, "4"),
    "truncation": (query(term(a1=4, a5=103)), 120, "103"),
    "a mask of too many lengths": (query(term(b"c?9l?9r?9", a1=4, a5=104)), 120, "104"),
    "a mask of several lengths near a word": (
        query(near(term(b"colo?1r", a1=4, a5=104), term(b"x", a1=4))), 120, "104"
    ),
    "completeness": (query(term(a1=4, a6=4)), 122, "4"),
    "a type beyond six": (query(term(a1=4, a7=1)), 113, "7"),
    "type zero": (query(term(a0=1)), 113, "0"),
    "a negative type": (one(AttributeElement(-1, 4)), 113, "-1"),
    "a type twice": (
        query(AttributesPlusTerm([AttributeElement(1, 4), AttributeElement(1, 21)], b"x")),
        123, "attribute type 1 twice",
    ),
    "attribute set": (query(term(a1=4), DAN_1), 121, DAN_1),
    "attribute set of one attribute": (
        one(AttributeElement(1, 4, attribute_set=DAN_1)),
        121,
        DAN_1,
    ),
    "several values": (
        one(AttributeElement(1, ComplexAttributeValue(["title", 4]))), 246, "title,4"
    ),
    "no value": (one(AttributeElement(1, ComplexAttributeValue([]))), 246, ""),
    "a semantic action": (
        one(AttributeElement(1, ComplexAttributeValue([4], [1]))), 246, "4"
    ),
    "a relation by name": (
        one(AttributeElement(2, ComplexAttributeValue(["equal"]))), 246, "equal"
    ),
    "an unknown result set": (query("other"), 30, "other"),
    "an unknown result set inside": (
        query(RpnRpnOp(term(a1=4), "other", Operator.OR)), 30, "other"
    ),
    "a result set with attributes": (query(ResultSetPlusAttributes("kept", [])), 245, "kept"),
    "proximity of sets": (query(near("kept", term())), 129, ""),
    "proximity of operations": (
        query(near(RpnRpnOp(term(), term(), Operator.OR), term())), 129, ""
    ),
    "proximity with exclusion": (query(near(exclusion=True)), 110, "prox with exclusion"),
    "proximity in sentences": (query(near(unit=Known(3))), 132, "3"),
    "proximity in a private unit": (query(near(unit=Private(2))), 132, "2"),
    "a relation of distances": (query(near(relation=7)), 131, "7"),
    "a term that is too long": (query(term(b"x" * 1_001)), 11, "1000"),
    "an oid as term": (query(term(ObjectIdentifier("1.2"), a1=4)), 229, "ObjectIdentifier"),
    "null as term": (query(term(NULL, a1=4)), 229, "Null"),
    "type 0": (Type0(b"\x05\x00"), 107, "0"),
    "type 2": (Type2(b"find soil"), 107, "2"),
    "type 100": (Type100(b"soil"), 107, "100"),
    "type 102": (Type102(b"soil"), 107, "102"),
    "type 104": (Type104(External(b"soil")), 107, "104"),
}  # fmt: skip


@pytest.mark.parametrize(("sent", "condition", "addinfo"), REFUSALS.values(), ids=REFUSALS)
def test_what_is_not_understood_is_refused_by_name(
    sent: WireQuery, condition: int, addinfo: str
) -> None:
    assert refusal(sent) == (condition, addinfo)


@pytest.mark.parametrize(
    ("part", "value", "condition", "addinfo"),
    [
        (Part.RELATION, "less than", Bib1.RELATION_UNSUPPORTED, "1"),
        (Part.STRUCTURE, "phrase", Bib1.STRUCTURE_UNSUPPORTED, "1"),
        (Part.TRUNCATION, "left truncation", Bib1.TRUNCATION_UNSUPPORTED, "2"),
        (Part.ACCESS_POINT, "author", Bib1.USE_ATTRIBUTE_UNSUPPORTED, "1003"),
        (Part.POSITION, "any position", Bib1.POSITION_UNSUPPORTED, "any position"),
        (Part.TERM, "!!", Bib1.MALFORMED_TERM, "!!"),
        (Part.COMBINATION, "", Bib1.COMBINATION_UNSUPPORTED, ""),
        (Part.TOO_COMPLEX, "1000", Bib1.TOO_MANY_OPERATORS, "1000"),
    ],
)  # fmt: skip
def test_what_the_engine_refuses_is_named_as_the_client_wrote_it(
    part: Part, value: str, condition: Bib1, addinfo: str
) -> None:
    sent = query(RpnRpnOp(term(a1=4), term(a1=1003, a2=1, a4=1, a5=2), Operator.AND))
    refused = refusal_in(sent, UnsupportedSearch(part, value))
    assert (refused.condition, refused.addinfo) == (condition, addinfo)
