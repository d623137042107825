"""CQL: what parses to what, what does not, and that nothing else can happen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.cql.parser import (
    Boolean,
    Clause,
    CqlError,
    CqlQuery,
    Modifier,
    SortKey,
    Tree,
    parse,
    written,
)


def clause(term: str, index: str = "", relation: str = "=", *modifiers: Modifier) -> Clause:
    return Clause(index, relation, modifiers, term)


CASES: dict[str, Tree] = {
    "soil": clause("soil"),
    '"soil water"': clause("soil water"),
    "dc.title = soil": clause("soil", "dc.title"),
    "DC.Title=Soil": clause("Soil", "dc.title"),
    'title any "soil water"': clause("soil water", "title", "any"),
    "title ALL/stem/rel.algorithm=cori soil": clause(
        "soil", "title", "all", Modifier("stem"), Modifier("rel.algorithm", "=", "cori")
    ),
    'dc.date within/isoDate "2002 2003"': clause(
        "2002 2003", "dc.date", "within", Modifier("isodate")
    ),
    "a or b and c": Boolean("and", (), Boolean("or", (), clause("a"), clause("b")), clause("c")),
    "a or (b and c)": Boolean("or", (), clause("a"), Boolean("and", (), clause("b"), clause("c"))),
    "a NOT b": Boolean("not", (), clause("a"), clause("b")),
    "a prox/unit=word/distance>2/ordered b": Boolean(
        "prox",
        (Modifier("unit", "=", "word"), Modifier("distance", ">", "2"), Modifier("ordered")),
        clause("a"),
        clause("b"),
    ),
    '"and" or "or"': Boolean("or", (), clause("and"), clause("or")),
    "and": clause("and"),
    '""': clause(""),
    r'"a \"b\" c"': clause(r"a \"b\" c"),
    "x<>1": clause("1", "x", "<>"),
    "x>=1": clause("1", "x", ">="),
    "x==y": clause("y", "x", "=="),
    "rec.id=12345678": clause("12345678", "rec.id"),
    "((a))": clause("a"),
    "søgning = æble*": clause("æble*", "søgning"),
}


@pytest.mark.parametrize("text", CASES)
def test_a_query_parses_to_its_tree(text: str) -> None:
    assert parse(text) == CqlQuery(CASES[text])


def test_sort_keys_follow_the_query() -> None:
    assert parse("dc.title=a sortBy dc.date/sort.descending title") == CqlQuery(
        clause("a", "dc.title"),
        (SortKey("dc.date", (Modifier("sort.descending"),)), SortKey("title", ())),
    )


def test_prefixes_hold_for_the_clause_they_stand_before() -> None:
    tree = parse('> dc = "info:a" (> "info:b" (dc.title=x and y)) or dc.title=z').tree
    assert isinstance(tree, Boolean)
    assert isinstance(tree.left, Boolean)
    assert tree.left.left == Clause("dc.title", "=", (), "x", "info:a")
    assert tree.left.right == Clause("", "=", (), "y", "info:b")
    assert tree.right == Clause("dc.title", "=", (), "z", "info:a")


ERRORS = {
    "": 27,
    "   ": 27,
    "dc.title=a/b": 10,
    "dc.title=": 10,
    "= a": 10,
    "a and": 10,
    "and a": 10,
    "a b": 10,
    "a b c d": 10,
    "(a": 13,
    "a)": 13,
    "()": 13,
    '"a': 14,
    'title="a b': 14,
    "a sortby": 10,
    "a /": 10,
    "x" * 70_000: 12,
    "(" * 5_000 + "a" + ")" * 5_000: 38,
    " and ".join(["a"] * 30_000): 12,
    " or ".join(["a"] * 3_000): 38,
}


@pytest.mark.parametrize("text", ERRORS, ids=lambda text: text[:12] or "empty")
def test_what_is_not_cql_gets_the_diagnostic_that_says_so(text: str) -> None:
    with pytest.raises(CqlError) as caught:
        parse(text)
    assert caught.value.number == ERRORS[text]
    assert 0 <= caught.value.offset <= len(text)


names = st.from_regex(r"[a-z][a-z0-9.]{0,6}", fullmatch=True)
terms = st.text(st.characters(blacklist_characters='"\\', blacklist_categories=["Cs"]), max_size=8)
modifier_lists = st.lists(
    st.builds(Modifier, names) | st.builds(Modifier, names, st.sampled_from(["=", "<"]), terms),
    max_size=2,
).map(tuple)
clauses = st.builds(Clause, st.just(""), st.just("="), st.just(()), terms) | st.builds(
    Clause, names, st.sampled_from(["=", "==", "any", "within", "<>"]), modifier_lists, terms
)
trees = st.recursive(
    clauses,
    lambda inner: st.builds(
        Boolean, st.sampled_from(["and", "or", "not", "prox"]), modifier_lists, inner, inner
    ),
    max_leaves=8,
)


@given(trees, st.lists(st.builds(SortKey, names, modifier_lists), max_size=2).map(tuple))
def test_what_is_written_parses_to_the_same_tree(tree: Tree, keys: tuple[SortKey, ...]) -> None:
    query = CqlQuery(tree, keys)
    assert parse(written(query)) == query


@given(st.text(max_size=60) | st.text('ab ()"\\/=<>and', max_size=60))
def test_any_text_gives_a_tree_or_one_error(text: str) -> None:
    try:
        query = parse(text)
    except CqlError:
        return
    assert parse(written(query)).sort_keys == query.sort_keys
