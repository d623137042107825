"""Queries in prefix notation, as yaz-client takes them: ``@and @attr 1=4 soil smith``."""

from __future__ import annotations

from protocols.z3950.messages.searching import SearchRequest, Type1
from protocols.z3950.queries import pqf
from protocols.z3950.queries.attributes import BIB_1


def query(text: str, attribute_set: str = BIB_1) -> Type1:
    """The query of a text; here a term may stand in single quotes too."""
    return pqf.query(text.replace("'", '"'), attribute_set)


def search(text: str, **fields: object) -> SearchRequest:
    """A search that asks for no records, with some `fields` of the request set otherwise."""
    values: dict[str, object] = {
        "small_set_upper_bound": 0,
        "large_set_lower_bound": 1,
        "medium_set_present_number": 0,
        "replace_indicator": True,
        "result_set_name": "default",
        "database_names": ["Default"],
        "query": query(text),
        **fields,
    }
    return SearchRequest(**values)  # type: ignore[arg-type]
