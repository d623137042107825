"""What a search finds, attribute by attribute, and what it refuses."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyroaring import BitMap

from catalogue.database import Database, open_database
from catalogue.index.access_points import ACCESS_POINTS
from catalogue.query import (
    And,
    AndNot,
    Found,
    Near,
    Or,
    Part,
    Query,
    Relation,
    Term,
    UnsupportedSearch,
)
from catalogue.searching.evaluation import FEW_OPERANDS, MOST_OPERANDS, is_wide, search
from catalogue.searching.lookups import MOST_CHECKED
from tests.builders.catalogue import a_record, add_records
from tests.catalogue.searching.searches import (
    FINDS,
    FIRST,
    LEFT,
    MASKED,
    NAMES,
    RECORDS,
    REFUSES,
    REGULAR,
    RIGHT,
    SUBFIELD,
    WHOLE,
    P,
    t,
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Database]:
    path = tmp_path_factory.mktemp("searching") / "tiro.sqlite"
    shutil.copy(sqlite_template, path)
    database = open_database(f"sqlite:///{path}")
    database.write(lambda transaction: add_records(transaction, list(RECORDS.values()))).result()
    yield database
    database.close()


def found_in(database: Database, query: Query) -> BitMap:
    return database.read(lambda transaction: search(transaction, query)).result()


def names_of(records: BitMap) -> str:
    return " ".join(NAMES[number - 1] for number in records)


@pytest.mark.parametrize(("query", "names"), FINDS)
def test_finds(library: Database, query: Query, names: str) -> None:
    assert names_of(found_in(library, query)) == names


def test_finds_the_same_in_every_database(database: Database) -> None:
    database.write(lambda transaction: add_records(transaction, list(RECORDS.values()))).result()
    for query, names in FINDS:
        assert names_of(found_in(database, query)) == names, query


@pytest.mark.parametrize(("query", "part", "value"), REFUSES)
def test_refuses(library: Database, query: Query, part: Part, value: str) -> None:
    with pytest.raises(UnsupportedSearch) as refused:
        found_in(library, query)
    assert (refused.value.part, refused.value.value) == (part, value)
    assert not is_wide(query)


@pytest.mark.parametrize("name", ACCESS_POINTS)
def test_every_access_point_can_be_searched(library: Database, name: str) -> None:
    every = found_in(library, Term(name, "", Relation.ALWAYS_MATCHES))
    assert found_in(library, Term(name, "1999")) <= every if name != "language" else every


def test_result_sets_are_operands(library: Database) -> None:
    kept = BitMap([1, 2, 5])
    assert found_in(library, And(t("title", "soil"), Found(kept))) == BitMap([1, 2])
    assert found_in(library, AndNot(Found(kept), t("title", "soil"))) == BitMap([5])
    assert found_in(library, Found(kept)) == BitMap([1, 2, 5])


def a_tower(depth: int, *, of: type[And] | type[Or] = Or, left: bool = True) -> Query:
    query: Query = t("title", "soil")
    for _ in range(depth):
        term = t("title", "mars")
        query = of(query, term) if left else of(term, query)
    return query


@pytest.mark.parametrize("left", [True, False])
@pytest.mark.parametrize("depth", [MOST_OPERANDS, 10_000, 200_000])
def test_too_many_operands_are_refused_however_deep(
    library: Database, depth: int, left: bool
) -> None:
    query = a_tower(depth, left=left)
    assert is_wide(query)
    with pytest.raises(UnsupportedSearch) as refused:
        found_in(library, query)
    assert refused.value.part is Part.TOO_COMPLEX


@pytest.mark.parametrize("left", [True, False])
def test_as_many_operands_as_allowed_are_answered(library: Database, left: bool) -> None:
    query = a_tower(MOST_OPERANDS - 1, left=left)
    assert names_of(found_in(library, query)) == "soil mars spider order"


def test_too_many_words_are_refused(library: Database) -> None:
    query: Query = t("title", "soil")
    for number in range(50):
        query = Or(query, t("title", " ".join(f"w{number}x{word}" for word in range(100))))
    with pytest.raises(UnsupportedSearch) as refused:
        found_in(library, query)
    assert refused.value.part is Part.TOO_COMPLEX


def test_many_masks_in_a_word_cost_no_more_than_few(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    try:
        database.write(lambda work: add_records(work, [a_record("a" * 64)])).result()
        assert not found_in(database, t("title", "aa" + "*a" * 30 + "b", MASKED))
        assert found_in(database, t("title", "aa" + "*a" * 30, MASKED))
    finally:
        database.close()


def test_too_many_terms_of_an_expression_are_refused(
    library: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalogue.searching.lookups.MOST_ACCEPTED", 3)
    assert found_in(library, t("title", "so.*", REGULAR))
    with pytest.raises(UnsupportedSearch) as refused:
        found_in(library, t("title", ".*", REGULAR))
    assert refused.value.part is Part.TOO_COMPLEX
    monkeypatch.setattr("catalogue.searching.lookups.MOST_WALKED", 3)
    with pytest.raises(UnsupportedSearch):
        found_in(library, t("title", "[s].*", REGULAR))


#: Notes with several titles, keywords and series in one field.
ALBUM = a_record(
    "Beatles for sale",
    fields=[
        ("505", "00", ["t", "No reply --", "t", "I'm a loser /", "r", "Lennon", "t", "Baby's in"]),
        ("653", "  ", ["a", "pop music", "a", "Liverpool"]),
        ("490", "0 ", ["a", "Apple series ;", "v", "3", "a", "Classics ;", "v", "17"]),
    ],
)


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        *(
            (t("title", "i'm a loser", *parts), True)
            for parts in ((WHOLE,), (FIRST,), (P,), (WHOLE, FIRST, P), (SUBFIELD,))
        ),
        (t("title", "reply i'm", P), False),
        (t("title", "loser baby's", P), False),
        (t("title", "no reply", WHOLE), True),
        (t("title", "no reply i'm a loser baby's in", WHOLE), False),
        (Near(t("title", "reply"), t("title", "loser"), 9), False),
        (t("subject", "liverpool", WHOLE), True),
        (t("subject", "music liverpool", P), False),
        (t("series", "classics 17", WHOLE), True),
        (t("series", "apple series 3", WHOLE), True),
        (t("series", "3 classics", P), False),
        (t("any", "loser lennon baby's", P), True),
    ],
)
def test_each_of_several_in_one_field_is_a_field(
    sqlite_url: str, query: Query, is_found: bool
) -> None:
    database = open_database(sqlite_url)
    try:
        database.write(lambda transaction: add_records(transaction, [ALBUM])).result()
        assert bool(found_in(database, query)) is is_found
    finally:
        database.close()


def test_only_what_is_visible_is_found(library: Database) -> None:
    visible = BitMap([2, 3, 5])
    queries = (t("title", "soil"), Or(t("title", "soil"), t("year", "1999")), Found(BitMap([1, 2])))
    for query in queries:
        everything = found_in(library, query)
        found = library.read(lambda work, q=query: search(work, q, visible)).result()
        assert found == everything & visible
        assert found
    assert visible == BitMap([2, 3, 5])


def test_too_many_records_to_look_at_are_refused(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    one = a_record("aa bb cc")
    phrase = t("title", "aa bb cc", P)
    try:
        database.write(lambda work: add_records(work, [one] * MOST_CHECKED)).result()
        assert len(found_in(database, t("title", "aa"))) == MOST_CHECKED
        assert len(found_in(database, AndNot(t("title", "aa bb", P), t("title", "dd")))) == (
            MOST_CHECKED
        )
        database.write(lambda work: add_records(work, [one])).result()
        with pytest.raises(UnsupportedSearch) as refused:
            found_in(database, phrase)
    finally:
        database.close()
    assert refused.value.part is Part.TOO_COMPLEX


@pytest.mark.parametrize(
    ("query", "wide"),
    [
        (t("title", "soil"), False),
        (t("title", "soil mechanics"), False),
        (t("title", "soil mechanics", P), False),
        (t("title", "soil mechanics and", P), True),
        (t("title", "soil mechanics", WHOLE), False),
        (t("title", "soil mechanics", FIRST), False),
        (t("title", "soil o", FIRST), True),
        (t("title", "soil", FIRST), False),
        (t("any", "soil mechanics", P), True),
        (t("any", "spider-man"), True),
        (t("title", "spider-man"), False),
        (t("title", "mech", RIGHT), False),
        (t("title", "mec", RIGHT), True),
        (t("title", "soil me", P, RIGHT), True),
        (t("title", "mech*s", MASKED), True),
        (t("title", "soil", LEFT), True),
        (t("title", "s.*l", REGULAR), True),
        (t("title", "soil", SUBFIELD), True),
        (Near(t("title", "soil"), t("title", "mechanics")), True),
        (t("title", "a b c d e f g h i j k l m n o p q r"), True),
        (t("isbn", "9780306406157"), False),
        (t("isbn", "978", RIGHT), True),
        (t("year", "1999"), False),
        (t("year", "1999", Relation.GREATER), True),
        (Found(BitMap([1])), False),
        (And(t("title", "soil"), t("author", "smith")), False),
        (And(t("title", "soil"), t("author", "s", RIGHT)), True),
        (a_tower(FEW_OPERANDS - 1), False),
        (a_tower(FEW_OPERANDS), True),
    ],
)
def test_tells_beforehand_what_is_wide(query: Query, wide: bool) -> None:
    assert is_wide(query) is wide


def test_records_of_several_chunks_are_found_together(database: Database) -> None:
    """Ids on both sides of a chunk's border of 65,536."""
    first = database.write(lambda w: add_records(w, [a_record("Border soil")])).result()
    beyond = 3 * 65_536 + 7
    database.write(lambda w: add_records(w, [a_record("Border mars")], first_id=beyond)).result()
    assert list(found_in(database, t("title", "border"))) == [*first, beyond]
    assert list(found_in(database, t("title", "bord", RIGHT))) == [*first, beyond]
    both = Or(t("title", "soil"), t("title", "border"))
    assert list(found_in(database, both)) == [*first, beyond]
    assert list(found_in(database, And(both, t("title", "mars")))) == [beyond]
