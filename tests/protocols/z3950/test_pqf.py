"""Prefix notation to Type-1."""

from __future__ import annotations

import pytest

from protocols.z3950.messages.searching import (
    AttributeElement,
    AttributesPlusTerm,
    ComplexAttributeValue,
    Known,
    Operator,
    ProximityOperator,
    RPNQuery,
    RpnRpnOp,
    RPNStructure,
    Type1,
)
from protocols.z3950.queries.attributes import BIB_1
from protocols.z3950.queries.pqf import MOST_NESTED, QueryError, attributes, query


def rpn(text: str) -> RPNStructure:
    return query(text).value.rpn


def title(text: bytes) -> AttributesPlusTerm:
    return AttributesPlusTerm([AttributeElement(1, 4)], text)


def test_a_word_has_no_attributes() -> None:
    assert query("soil") == Type1(RPNQuery(BIB_1, AttributesPlusTerm([], b"soil")))


def test_attributes_stand_before_their_term() -> None:
    assert rpn("@attr 1=4 soil") == title(b"soil")


def test_a_term_in_quotes_is_one_term_and_no_operator() -> None:
    assert rpn('@attr 1=4 "soil and \\"water\\""') == title(b'soil and "water"')
    assert rpn('"@and"') == AttributesPlusTerm([], b"@and")


def test_operators_take_two_operands() -> None:
    found = rpn("@and @attr 1=4 soil @or @attr 1=4 water @set 1")
    assert found == RpnRpnOp(
        title(b"soil"), RpnRpnOp(title(b"water"), "1", Operator.OR), Operator.AND
    )


def test_attributes_before_an_operator_hold_below_it_unless_said_otherwise() -> None:
    found = rpn("@attr 1=4 @attr 4=2 @not soil @attr 1=1003 smith")
    assert isinstance(found, RpnRpnOp)
    assert found.rpn1 == AttributesPlusTerm(
        [AttributeElement(1, 4), AttributeElement(4, 2)], b"soil"
    )
    assert found.rpn2 == AttributesPlusTerm(
        [AttributeElement(4, 2), AttributeElement(1, 1003)], b"smith"
    )


def test_proximity() -> None:
    found = rpn("@prox 0 3 1 2 k 2 soil water")
    assert isinstance(found, RpnRpnOp)
    assert found.op == ProximityOperator(3, True, 2, Known(2), exclusion=False)


def test_sets_of_attributes() -> None:
    assert query("@attrset 1.2.840.10003.3.2 x").value.attribute_set == "1.2.840.10003.3.2"
    assert attributes("@attr bib-1 1=4") == [AttributeElement(1, 4, attribute_set=BIB_1)]
    assert attributes("@attr 1=title") == [AttributeElement(1, ComplexAttributeValue(["title"]))]


def test_kinds_of_terms() -> None:
    assert rpn("@term string ø") == AttributesPlusTerm([], "ø")
    assert rpn("@term numeric -4") == AttributesPlusTerm([], -4)
    assert rpn("@term general ø") == AttributesPlusTerm([], "ø".encode())


@pytest.mark.parametrize(
    "text",
    [
        *("", "@and soil", "@attr 1=4", "soil water", '"soil', "@attr x=4 soil", "@attr 1= soil"),
        *("@nor soil water", "@attrset none soil", "@prox 0 3 1 2 q 2 soil water", "@term x soil"),
        "@and " * (MOST_NESTED + 2) + "x " * (MOST_NESTED + 3),
    ],
)
def test_what_is_no_query_says_so(text: str) -> None:
    with pytest.raises(QueryError):
        query(text)


def test_only_attributes_are_attributes() -> None:
    with pytest.raises(QueryError, match="not an attribute: soil"):
        attributes("@attr 1=4 soil")
