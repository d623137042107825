"""What a search finds, attribute by attribute, and what it refuses."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyroaring import BitMap

from catalogue.access_points import ACCESS_POINTS
from catalogue.database import Database, open_database
from catalogue.lookups import MOST_CHECKED
from catalogue.matching import LONGEST_TERM
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
    UnsupportedSearch,
)
from catalogue.searching import FEW_OPERANDS, MOST_OPERANDS, is_wide, search
from tests.builders.catalogue import a_record, add_records

LONG = "a history of the " + "very " * 60

RECORDS = {
    "soil": a_record("Soil mechanics", "Smith, John", "0-306-40615-2", ["Soils"], 1999),
    "mars": a_record(
        "The soil of Mars", "Doe, Jane, 1970-", year=2001, not_filed=4, language="ger"
    ),
    "spider": a_record("Spider-man and the soil", "Man, Spider", year=2005, language="dan"),
    "order": a_record("Mechanics of soil", "Johnson, Smith", year=2010),
    "whale": a_record("Moby Dick", "Melville, Herman", subtitle="or the whale", year=1851),
    "long": a_record(LONG + "end", year=2015),
    "longer": a_record(LONG + "other end", year=2016),
    "numbered": a_record(
        "Numbers",
        control_number="ocm123",
        fields=[
            ("022", "  ", ["a", "1234-5679"]),
            ("035", "  ", ["a", "(OCoLC)98765"]),
            ("010", "  ", ["a", "   85000002 "]),
            ("082", "04", ["a", "813.54"]),
            ("700", "1 ", ["a", "Lindgren, Åse"]),
            ("600", "10", ["a", "Andersen, H. C."]),
            ("651", " 0", ["a", "Northern Ireland"]),
        ],
    ),
    "noted": a_record(
        "Notes",
        year="    ",
        language="zxx",
        fields=[
            ("500", "  ", ["a", "En bog om gamle bøger"]),
            ("500", "  ", ["a", "I to bind"]),
            ("650", " 0", ["a", "Hearts"]),
            ("650", " 2", ["a", "Heart"]),
        ],
    ),
    "dewey": a_record("Classes", fields=[("082", "04", ["a", "914.1"])], year="199u"),
}
NAMES = list(RECORDS)

P, W, WL = Structure.PHRASE, Structure.WORD, Structure.WORD_LIST
FIRST, WHOLE = Position.FIRST_IN_FIELD, Completeness.COMPLETE_FIELD
RIGHT, MASKED = Truncation.RIGHT, Truncation.MASKED
LEFT, BOTH, REGULAR = Truncation.LEFT, Truncation.BOTH, Truncation.REGULAR_EXPRESSION
SUBFIELD = Completeness.COMPLETE_SUBFIELD


def t(point: str, text: str, *parts: object) -> Term:
    """A term with its attributes in any order."""
    names = {
        Relation: "relation",
        Position: "position",
        Structure: "structure",
        Truncation: "truncation",
        Completeness: "completeness",
    }
    return Term(point, text, **{names[type(part)]: part for part in parts})  # type: ignore[arg-type]


EVERYTHING = (Relation.EQUAL, Position.ANY, Truncation.NONE, Completeness.INCOMPLETE_SUBFIELD)

FINDS: list[tuple[Query, str]] = [
    # words
    (t("title", "soil"), "soil mars spider order"),
    (t("title", "SOIL."), "soil mars spider order"),
    (t("title", "soil", W, *EVERYTHING), "soil mars spider order"),
    (t("title", "mechanics soil"), "soil order"),
    (t("title", "mechanics soil", WL), "soil order"),
    (t("title", "mechanics soil", W), "soil order"),
    (t("title", "mechanics soil", Position.ANY), "soil order"),
    (t("title", "soil & mechanics"), "soil order"),
    (t("title", "spider-man"), "spider"),
    (t("title", "man-spider"), ""),
    (t("title", "man spider"), "spider"),
    (t("title", "nowhere"), ""),
    (t("title", "soil nowhere"), ""),
    (t("any", "smith mechanics"), "soil order"),
    (t("any", "spider-man"), "spider"),
    (t("any", "soil-spider"), ""),
    (t("any", "man-and-the"), "spider"),
    (t("any", "0-306-40615-2"), "soil"),
    (t("any", "9780306406157"), "soil"),
    (t("author", "lindgren"), "numbered"),
    (t("author", "aase"), "numbered"),
    (t("author", "Åse"), "numbered"),
    # phrases
    (t("title", "soil mechanics", P), "soil"),
    (t("title", "soil mechanics", Structure.STRING), "soil"),
    (t("title", "soil mechanics", Completeness.INCOMPLETE_SUBFIELD), "soil"),
    (t("title", "mechanics", P), "soil order"),
    (t("title", "soil of Mars", P), "mars"),
    (t("title", "the soil of", P), "mars"),
    (t("title", "and soil the", P), ""),
    (t("title", "or the whale", P), "whale"),
    (t("any", "soil of mars", P), "mars"),
    (t("any", "mars soil", P), ""),
    (t("any", "soils", P), "soil"),
    (t("author", "smith john", P), "soil"),
    (t("author", "Smith, John", Structure.NAME), "soil"),
    (t("author", "john smith", P), ""),
    # right truncation
    (t("title", "mech", RIGHT), "soil order"),
    (t("title", "soil mec", RIGHT), "soil order"),
    (t("title", "mec soil", RIGHT), ""),
    (t("title", "soil mec", P, RIGHT), "soil"),
    (t("title", "the soil of ma", P, RIGHT), "mars"),
    (t("title", "soil of m", P, RIGHT), "mars"),
    (t("title", "spider-m", RIGHT), "spider"),
    (t("any", "soil of ma", P, RIGHT), "mars"),
    (t("any", "of-ma", RIGHT), "mars"),
    # first in field
    (t("title", "soil", FIRST), "soil mars"),
    (t("title", "soil", FIRST, W), "soil mars"),
    (t("title", "the soil", FIRST), "mars"),
    (t("title", "soil of", FIRST), "mars"),
    (t("title", "soil mechanics", FIRST, P), "soil"),
    (t("title", "soil mech", FIRST, P), ""),
    (t("title", "soil mech", FIRST, P, RIGHT), "soil"),
    (t("title", "so", FIRST, RIGHT), "soil mars"),
    (t("author", "smith", FIRST), "soil"),
    (t("author", "joh", FIRST, RIGHT), "order"),
    (t("author", "john", FIRST), ""),
    (t("any", "moby dick", FIRST), "whale"),
    (t("any", "dick", FIRST), ""),
    (t("any", "smith jo", FIRST, RIGHT), "soil"),
    (t("geographic_name", "northern", FIRST), "numbered"),
    (t("geographic_name", "ireland", FIRST), ""),
    (t("title", LONG, FIRST), "long longer"),
    (t("title", LONG + "other", FIRST), "longer"),
    (t("title", LONG + "oth", FIRST, RIGHT), "longer"),
    # complete field
    (t("title", "soil mechanics", WHOLE), "soil"),
    (t("title", "soil mechanics", WHOLE, P, FIRST), "soil"),
    (t("title", "soil", WHOLE), ""),
    (t("title", "numbers", WHOLE, W), "numbered"),
    (t("title", "the soil of mars", WHOLE), "mars"),
    (t("title", "soil of mars", WHOLE), "mars"),
    (t("title", "moby dick or the whale", WHOLE), "whale"),
    (t("title", "moby dick", WHOLE), "whale"),
    (t("title", "or the whale", WHOLE), ""),
    (t("title", "moby dick or", WHOLE, RIGHT), "whale"),
    (t("title", LONG + "end", WHOLE), "long"),
    (t("title", LONG, WHOLE), ""),
    (t("geographic_name", "northern ireland", WHOLE), "numbered"),
    (t("geographic_name", "northern", WHOLE), ""),
    # masks
    (t("title", "me?h*cs", MASKED), "soil order"),
    (t("title", "soi? of", MASKED), "mars order"),
    (t("title", "soil", MASKED), "soil mars spider order"),
    (t("title", "soil?", MASKED), ""),
    (t("title", "mech*", MASKED, P), "soil order"),
    (t("title", r"so\i?", MASKED), "soil mars spider order"),
    (t("author", "åas*", MASKED), ""),
    (t("author", "ås*", MASKED), "numbered"),
    (t("title", "*l", MASKED), "soil mars spider order"),
    (t("title", "?oil o?", MASKED), "mars order"),
    (t("title", "s*l", MASKED), "soil mars spider order"),
    # left truncation
    (t("title", "oil", LEFT), "soil mars spider order"),
    (t("title", "oi", LEFT), ""),
    (t("title", "oi", BOTH), "soil mars spider order"),
    (t("title", "ics", LEFT, W), "soil order"),
    (t("title", "ics oil", LEFT), ""),
    (t("title", "ics soil", LEFT, WL), "soil order"),
    (t("title", "oil mec", BOTH), "soil order"),
    (t("title", "oil and mec", BOTH), ""),
    (t("author", "AASE", LEFT), "numbered"),
    (t("personal_name", "dersen", LEFT), "numbered"),
    # regular expressions
    (t("title", "so.l", REGULAR), "soil mars spider order"),
    (t("title", "(so|to)[a-j]l?", REGULAR), "soil mars spider order"),
    (t("title", ".*k", REGULAR), "whale"),
    (t("title", "mech.* o.", REGULAR), "order"),
    (t("title", "oil", REGULAR), ""),
    (t("author", "å.*", REGULAR), "numbered"),
    (t("title", "(s*)*(o|oi)+l", REGULAR), "soil mars spider order"),
    # subfields
    (t("title", "or", Position.FIRST_IN_SUBFIELD), "whale"),
    (t("title", "or the wh", Position.FIRST_IN_SUBFIELD, RIGHT), "whale"),
    (t("title", "dick", Position.FIRST_IN_SUBFIELD), ""),
    (t("title", "soil", Position.FIRST_IN_SUBFIELD), "soil mars"),
    (t("title", "or the whale", SUBFIELD), "whale"),
    (t("title", "moby dick", SUBFIELD), "whale"),
    (t("title", "moby dick or the whale", SUBFIELD), ""),
    (t("title", "moby", SUBFIELD), ""),
    (t("title", "moby", SUBFIELD, RIGHT), "whale"),
    (t("title", "soil of mars", SUBFIELD), "mars"),
    # proximity
    (Near(t("title", "soil"), t("title", "mechanics")), "soil"),
    (Near(t("title", "mechanics"), t("title", "soil")), "soil"),
    (Near(t("title", "mechanics"), t("title", "soil"), is_ordered=True), ""),
    (Near(t("title", "mechanics"), t("title", "soil"), 2), "soil order"),
    (And(Near(t("any", "mechanics"), t("any", "soil"), 2), t("year", "2010")), "order"),
    # numbers
    (t("isbn", "0306406152"), "soil"),
    (t("isbn", "0-306-40615-2"), "soil"),
    (t("isbn", "978-0-306-40615-7"), "soil"),
    (t("isbn", "0306406152", Structure.KEY, Completeness.COMPLETE_SUBFIELD), "soil"),
    (t("isbn", "0306406152", P, Position.ANY, Completeness.COMPLETE_SUBFIELD), "soil"),
    (t("isbn", "0306406152", RIGHT), "soil"),
    (t("isbn", "978-0-306", RIGHT), "soil"),
    (t("isbn", "0306406160"), ""),
    (t("issn", "1234-5679"), "numbered"),
    (t("issn", "12345679", Structure.NUMBER), "numbered"),
    (t("lc_card_number", "85-2"), "numbered"),
    (t("local_number", "ocm123", Structure.LOCAL_NUMBER), "numbered"),
    (t("local_number", "98765"), "numbered"),
    (t("local_number", "(OCoLC)98765"), "numbered"),
    (t("standard_identifier", "0306406152", FIRST, P), "soil"),
    (t("standard_identifier", "1234-5679"), "numbered"),
    (t("dewey", "813.54"), "numbered"),
    (t("dewey", "81", RIGHT), "numbered"),
    (t("dewey", "900", Relation.GREATER_OR_EQUAL), "dewey"),
    (t("dewey", "900", Relation.LESS), "numbered"),
    (t("dewey", "800-899", Relation.WITHIN), "numbered"),
    (t("dewey", "813.54", Relation.NOT_EQUAL), "dewey"),
    (t("dewey", "", Relation.ALWAYS_MATCHES), "numbered dewey"),
    # years
    (t("year", "1999"), "soil dewey"),
    (t("year", "1999", Structure.YEAR, FIRST, Relation.EQUAL), "soil dewey"),
    (t("year", "1995", Structure.DATE), "dewey"),
    (t("year", "199", RIGHT), "soil dewey"),
    (t("year", "1900", Relation.LESS), "whale"),
    (t("year", "1999", Relation.LESS), "whale dewey"),
    (t("year", "1999", Relation.LESS_OR_EQUAL), "soil whale dewey"),
    (t("year", "2010", Relation.GREATER), "long longer"),
    (t("year", "2010", Relation.GREATER_OR_EQUAL), "order long longer"),
    (t("year", "2005 2010", Relation.WITHIN), "spider order"),
    (t("year", "2005-2010", Relation.WITHIN), "spider order"),
    (t("year", "2001", Relation.NOT_EQUAL), "soil spider order whale long longer dewey"),
    # codes
    (t("language", "ger"), "mars"),
    (t("language", "DAN", W), "spider"),
    (t("language", "eng", Relation.NOT_EQUAL), "mars spider"),
    (t("material_type", "book"), " ".join(NAMES)),
    # unions
    (t("personal_name", "lindgren"), "numbered"),
    (t("personal_name", "andersen"), "numbered"),
    (t("personal_name", "smith john", P), "soil"),
    (t("personal_name", "andersen h c", P), "numbered"),
    (t("name", "andersen lindgren"), "numbered"),
    (t("name", "andersen lindgren", P), ""),
    (t("personal_name", "", Relation.ALWAYS_MATCHES), "soil mars spider order whale numbered"),
    (t("author", "ignored", Relation.ALWAYS_MATCHES), "soil mars spider order whale numbered"),
    # points within others
    (t("note", "bog"), "noted"),
    (t("note", "gamle bøger"), "noted"),
    (t("note", "en bog", P), "noted"),
    (t("note", "bog en", P), ""),
    (t("note", "notes"), ""),
    (t("note", "om gam", RIGHT), "noted"),
    (t("note", "en bog om gamle", FIRST), "noted"),
    (t("note", "bog", FIRST), ""),
    (t("note", "i to bind", WHOLE), "noted"),
    (t("note", "i to", SUBFIELD), ""),
    (t("note", "", Relation.ALWAYS_MATCHES), "noted"),
    (t("subject_lcsh", "hearts"), "noted"),
    (t("subject_mesh", "hearts"), ""),
    (t("subject_mesh", "heart", P), "noted"),
    (t("subject_topical", "heart hearts"), "noted"),
    (t("subject_children", "heart"), ""),
    (Near(t("note", "bog"), t("note", "gamle"), 2), "noted"),
    # trees
    (And(t("title", "soil"), t("author", "smith")), "soil order"),
    (Or(t("author", "doe"), t("author", "melville")), "mars whale"),
    (AndNot(t("title", "soil"), t("author", "smith")), "mars spider"),
    (And(t("title", "soil"), AndNot(t("title", "soil"), t("title", "of"))), "soil spider"),
    (AndNot(AndNot(t("title", "soil"), t("title", "of")), t("year", "1999")), "spider"),
    (And(t("title", "soil"), t("title", "soil")), "soil mars spider order"),
]  # fmt: skip


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


REFUSES: list[tuple[Query, Part, str]] = [
    (t("colour", "red"), Part.ACCESS_POINT, "colour"),
    (t("title", "soil", Relation.LESS), Part.RELATION, "less than"),
    (t("title", "soil", Relation.NOT_EQUAL), Part.RELATION, "not equal"),
    (t("isbn", "0306406152", Relation.GREATER), Part.RELATION, "greater than"),
    (t("language", "eng", Relation.WITHIN), Part.RELATION, "within"),
    (t("title", "soil", Structure.KEY), Part.STRUCTURE, "key"),
    (t("title", "1999", Structure.YEAR), Part.STRUCTURE, "year"),
    (t("any", "123", Structure.LOCAL_NUMBER), Part.STRUCTURE, "local number"),
    (t("isbn", "0306406152", Structure.NAME), Part.STRUCTURE, "name"),
    (t("note", "soil", Structure.KEY), Part.STRUCTURE, "key"),
    (t("note", "soil", Relation.LESS), Part.RELATION, "less than"),
    (t("note", "oil", LEFT), Part.TRUNCATION, "left truncation"),
    (t("note", "soil of", WL, FIRST), Part.COMBINATION, "word list anchored in its field"),
    (t("note", "-"), Part.TERM, "-"),
    (t("year", "1999", Structure.NAME), Part.STRUCTURE, "name"),
    (t("language", "eng", Structure.YEAR), Part.STRUCTURE, "year"),
    (t("isbn", "03064", Truncation.LEFT), Part.TRUNCATION, "left truncation"),
    (t("isbn", "03*", MASKED), Part.TRUNCATION, "masked"),
    (t("title", "so?l of", P, MASKED), Part.COMBINATION, "phrase whose words are not whole"),
    (t("title", "oil", FIRST, LEFT), Part.COMBINATION, "phrase whose words are not whole"),
    (t("title", "oil of", P, BOTH), Part.COMBINATION, "phrase whose words are not whole"),
    (t("title", "s.l", WHOLE, REGULAR), Part.COMBINATION, "phrase whose words are not whole"),
    (
        t("title", "man-an", LEFT),
        Part.COMBINATION,
        "left truncation of words that belong together",
    ),
    (t("title", "-", LEFT), Part.TERM, "-"),
    (t("title", "*?", MASKED), Part.TERM, "*?"),
    (t("title", " ", REGULAR), Part.TERM, " "),
    (t("title", "soil(", REGULAR), Part.TERM, "soil(: a choice is empty"),
    (t("title", "soil", Relation.STEM), Part.RELATION, "stem"),
    (t("title", "soil", Relation.PHONETIC), Part.RELATION, "phonetic"),
    (t("title", "soil", Relation.RELEVANCE), Part.RELATION, "relevance"),
    (t("dewey", "800", Relation.STEM), Part.RELATION, "stem"),
    (t("lc_call_number", "800", Relation.LESS), Part.RELATION, "less than"),
    (t("title", "so?l", FIRST, MASKED), Part.COMBINATION, "phrase whose words are not whole"),
    (t("title", "soil of", WL, FIRST), Part.COMBINATION, "word list anchored in its field"),
    (t("title", "soil of", WL, WHOLE), Part.COMBINATION, "word list anchored in its field"),
    (t("year", "199", Relation.LESS, RIGHT), Part.COMBINATION, "less than, right truncation"),
    (t("title", ""), Part.TERM, ""),
    (t("title", "!?", P), Part.TERM, "!?"),
    (t("title", "...", MASKED), Part.TERM, "..."),
    (t("title", "spi-der*", MASKED), Part.TERM, "spi-der*"),
    (t("title", " ", MASKED), Part.TERM, " "),
    (t("title", r"so\*il", MASKED), Part.TERM, r"so\*il"),
    (t("isbn", "-"), Part.TERM, "-"),
    (t("year", "99"), Part.TERM, "99"),
    (t("year", "1999-01-01", Structure.DATE), Part.TERM, "1999-01-01"),
    (t("year", "2001", Relation.WITHIN), Part.TERM, "2001"),
    (t("year", "recent", Relation.GREATER), Part.TERM, "recent"),
    (t("dewey", "fic", Relation.GREATER), Part.TERM, "fic"),
    (t("language", "english"), Part.TERM, "english"),
    (t("title", "x" * 1001), Part.TERM, f"more than {LONGEST_TERM} characters"),
    (And(t("title", "soil"), t("colour", "red")), Part.ACCESS_POINT, "colour"),
]


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


def test_result_sets_are_operands_and_are_left_alone(library: Database) -> None:
    kept = BitMap([1, 2, 5])
    assert found_in(library, And(t("title", "soil"), Found(kept))) == BitMap([1, 2])
    assert found_in(library, AndNot(Found(kept), t("title", "soil"))) == BitMap([5])
    alone = found_in(library, Found(kept))
    alone.add(99)
    assert kept == BitMap([1, 2, 5])


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
    monkeypatch.setattr("catalogue.lookups.MOST_ACCEPTED", 3)
    assert found_in(library, t("title", "so.*", REGULAR))
    with pytest.raises(UnsupportedSearch) as refused:
        found_in(library, t("title", ".*", REGULAR))
    assert refused.value.part is Part.TOO_COMPLEX
    monkeypatch.setattr("catalogue.lookups.MOST_WALKED", 3)
    with pytest.raises(UnsupportedSearch):
        found_in(library, t("title", "[s].*", REGULAR))


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
