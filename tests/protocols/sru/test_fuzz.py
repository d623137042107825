"""Whatever is asked, the answer is XML that its schema allows."""

from __future__ import annotations

from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st

from protocols.cql.diagnostics import MESSAGES, Srw
from protocols.hosting.parameters import parameters_in
from tests.examples import examples
from tests.protocols.sru.stage import SRU, VERSIONS, Schemas, Stage, numbers, version_of

PIECES = [
    *("dc.title", "cql.serverChoice", "dc.date", "bath.isbn", "rec.id", "x.y", "title"),
    *("=", "==", "<>", "<", ">=", "all", "any", "adj", "within", "exact", "encloses"),
    *("and", "or", "not", "prox", "sortBy", "(", ")", "/", "/word", "/regexp", "/distance<=3"),
    *('"', "\\", "*", "?", "^", "soil", "wat*", "*er", '"soil and water"', "1990", "[", "a|b"),
    *("\u0301", "æ", "\U0001f4da", "\x00", "\ud800", "> x = y", ">", "&", "<b>", "]]>"),
]
QUERIES = st.one_of(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=9).map(" ".join),
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=5).map("".join),
    st.text(min_size=1, max_size=20),
)
QUIET = examples(250, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUIET
@given(QUERIES, st.sampled_from(VERSIONS), st.sampled_from(["searchRetrieve", "scan"]))
@example("(" * 5000, "2.0", "searchRetrieve")
@example(" or ".join(["a"] * 3000), "1.1", "searchRetrieve")
@example("a" * 70_000, "1.2", "scan")
@example("dc.title =/regexp " + "(" * 500, "1.2", "searchRetrieve")
def test_any_query_gets_an_answer(
    reading: Stage, schemas: Schemas, query: str, version: str, operation: str
) -> None:
    name = "scanClause" if operation == "scan" else "query"
    asked = version_of(version, operation) | {name: query, "maximumTerms": "3"}
    if operation != "scan":
        del asked["maximumTerms"]
    root = schemas.check(reading.ask(**asked))
    assert Srw.GENERAL_SYSTEM_ERROR not in numbers(root)


@QUIET
@given(st.binary(max_size=60))
def test_any_query_string_gets_an_answer(reading: Stage, schemas: Schemas, octets: bytes) -> None:
    parameters = dict(parameters_in(octets))
    schemas.check(reading.ask(**parameters))
    schemas.check(reading.ask(**{"query": "soil"} | parameters))


def test_every_diagnostic_has_a_message() -> None:
    assert set(MESSAGES) == set(Srw)


def test_a_handler_that_breaks_is_a_diagnostic(stage: Stage, schemas: Schemas) -> None:
    stage.library.database.close()
    for given_ in ({"query": "soil"}, {"scanClause": "soil"}, {}):
        root = schemas.check(stage.ask(**given_))
        assert numbers(root) == [1]
    assert root.tag == f"{SRU}explainResponse"
