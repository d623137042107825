"""searchRetrieve in every version: what is found, and that the answer is as its schema says."""

from __future__ import annotations

import dataclasses

import pytest
from lxml import etree
from sqlalchemy import update

from catalogue.database import send
from catalogue.schema import records
from tests.protocols.sru.stage import (
    DIAGNOSTIC,
    MARC,
    OLD_DIAGNOSTIC,
    VERSIONS,
    WORKS,
    Schemas,
    Stage,
    details,
    numbers,
    titles,
    value,
    version_of,
)

TITLES = [work[1] for work in WORKS]

FOUND = {
    "soil": [0, 1],
    "SOIL": [0, 1],
    '"soil and water"': [0],
    '"water soil"': [],
    "dc.title = soil": [0, 1],
    "title=soil": [0, 1],
    'dc.title = "soil water"': [],
    'dc.title all "water soil"': [0],
    'dc.title any "mechanics landscape"': [1, 2],
    'dc.title adj "soil and"': [0],
    'dc.title == "soil mechanics"': [1],
    'dc.title exact "soil"': [],
    'dc.title cql.exact "Soil mechanics"': [1],
    'dc.title =/string "soil mechanics"': [1],
    'dc.title =/word "water soil"': [0],
    "dc.title = mech*": [1],
    "dc.title = m?chanics": [1],
    "dc.title = m*anics": [1],
    'dc.title all "land* wat?r"': [2],
    'dc.title = "soil me*"': [1],
    'dc.title =/unmasked "mech*"': [],
    "dc.title = *oil": [0, 1],
    "dc.title = *ech*": [1],
    "dc.title =/regexp s[oa]il": [0, 1],
    'dc.title any/regexp "mech.* wa.+"': [0, 1, 2],
    "dc.title = soil prox dc.title = water": [],
    "dc.title=water prox/distance<=2 dc.title=soil": [0],
    "dc.title=water prox/distance<=2/ordered dc.title=soil": [],
    "dc.title=soil prox/unit=element dc.title=water": [0],
    "dc.title = ^smith": [4],
    'dc.title = "^soil mechanics^"': [1],
    'dc.title any "^water ^smith"': [2, 4],
    "dc.title = *": [0, 1, 2, 3, 4],
    "dc.creator = smith": [0, 2],
    "dc.creator = smith and dc.title = water": [0, 2],
    "smith not dc.creator = smith": [4],
    "dc.title=mechanics or dc.title=landscape and dc.creator=smith": [2],
    "dc.title=mechanics or (dc.title=landscape and dc.creator=smith)": [1, 2],
    "dc.date = 1990": [1],
    "dc.date > 1990": [2, 3],
    "dc.date >= 1990": [1, 2, 3],
    "dc.date < 1984": [4],
    "dc.date <= 1984": [0, 4],
    "dc.date <> 1984": [1, 2, 3, 4],
    'dc.date within/isoDate "1984 1990"': [0, 1],
    "dc.language = dan": [3],
    "dc.language <> eng": [3],
    'dc.language any "dan swe"': [3],
    "dc.identifier = 9788700000025": [1],
    "bath.isbn = 978-87-0000-002-5": [1],
    "bath.isbn = 87-0000-002-7": [1],
    "rec.id = 10000003": [2],
    "rec.id == 10000003": [2],
    "dc.title = bøger": [3],
    "dc.title = boeger": [3],
    "dc.creator = östergard": [],
    "dc.subject = læsning": [3],
    "bib.dateissued = 1967": [4],
    "bath.topicalSubject = hydrology": [0, 1],
    "dc.description = hydrology": [],
    "cql.allRecords = 1": [0, 1, 2, 3, 4],
    "cql.allRecords = 1 not dc.date > 1980": [4],
    '> x = "info:srw/cql-context-set/1/dc-v1.1" x.title = soil': [0, 1],
    '> "info:srw/cql-context-set/1/bib-v1" dateIssued = 1990': [1],
    'dc.title = "a \\"quoted\\" word"': [],
}  # fmt: skip


@pytest.mark.parametrize("query", FOUND)
def test_what_a_query_finds(reading: Stage, query: str) -> None:
    root = etree.fromstring(reading.ask(query=query))
    assert numbers(root) == []
    assert titles(root) == [TITLES[at] for at in FOUND[query]]
    assert value(root, "numberOfRecords") == str(len(FOUND[query]))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_page_of_records(reading: Stage, schemas: Schemas, version: str) -> None:
    asked = version_of(version, "searchRetrieve")
    document = reading.ask(query="cql.allRecords=1", maximumRecords="2", **asked)
    root = schemas.check(document)
    assert titles(root) == TITLES[:2]
    assert value(root, "numberOfRecords") == "5"
    assert value(root, "nextRecordPosition") == "3"
    assert value(root, "version") == (None if version == "2.0" else version)
    positions = [each.text for each in root.iter() if str(each.tag).endswith("recordPosition")]
    assert positions == ["1", "2"]
    names = [each.text for each in root.iter() if str(each.tag).endswith("recordSchema")]
    assert names == ["info:srw/schema/1/marcxml-v1.1"] * 2


@pytest.mark.parametrize("version", VERSIONS)
def test_the_last_page_has_no_next_position(reading: Stage, schemas: Schemas, version: str) -> None:
    asked = version_of(version, "searchRetrieve")
    document = reading.ask(query="cql.allRecords=1", startRecord="4", **asked)
    root = schemas.check(document)
    assert titles(root) == TITLES[3:]
    assert value(root, "nextRecordPosition") is None


@pytest.mark.parametrize("version", VERSIONS)
def test_no_records_are_asked_for(reading: Stage, schemas: Schemas, version: str) -> None:
    asked = version_of(version, "searchRetrieve")
    root = schemas.check(reading.ask(query="soil", maximumRecords="0", **asked))
    assert titles(root) == []
    assert value(root, "numberOfRecords") == "2"
    assert value(root, "nextRecordPosition") == "1"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("start", ["3", "99999999999999999"])
def test_past_the_end(reading: Stage, schemas: Schemas, version: str, start: str) -> None:
    asked = version_of(version, "searchRetrieve")
    root = schemas.check(reading.ask(query="soil", startRecord=start, **asked))
    assert numbers(root) == [61]
    assert titles(root) == []


def test_nothing_found_is_no_error(reading: Stage, schemas: Schemas) -> None:
    root = schemas.check(reading.ask(query="nothinglikeit"))
    assert numbers(root) == []
    assert value(root, "numberOfRecords") == "0"
    assert value(root, "nextRecordPosition") is None


def test_nobody_gets_more_than_the_most(reading: Stage, schemas: Schemas) -> None:
    bounded = dataclasses.replace(
        reading,
        settings=dataclasses.replace(reading.settings, maximum_records=3, default_records=1),
    )
    assert titles(schemas.check(bounded.ask(query="cql.allRecords=1"))) == TITLES[:1]
    root = schemas.check(bounded.ask(query="cql.allRecords=1", maximumRecords="1000"))
    assert titles(root) == TITLES[:3]
    assert value(root, "nextRecordPosition") == "4"


@pytest.mark.parametrize("version", VERSIONS)
def test_records_as_text(reading: Stage, schemas: Schemas, version: str) -> None:
    asked = version_of(version, "searchRetrieve")
    name = "recordXMLEscaping" if version == "2.0" else "recordPacking"
    root = schemas.check(reading.ask(query="rec.id=10000004", **asked, **{name: "string"}))
    (data,) = [each for each in root.iter() if str(each.tag).endswith("recordData")]
    assert len(data) == 0
    record = etree.fromstring(data.text or "")
    assert record.tag == f"{MARC}record"
    assert "Bøger og læsere" in (data.text or "")
    packings = [each.text for each in root.iter() if str(each.tag).endswith("recordPacking")]
    assert packings[0] == ("packed" if version == "2.0" else "string")


@pytest.mark.parametrize("version", VERSIONS)
def test_the_request_is_echoed(reading: Stage, schemas: Schemas, version: str) -> None:
    asked = version_of(version, "searchRetrieve")
    query = 'dc.title all/word "soil & <water>" and/x=1 a or "b" not (c prox/distance<3 d)'
    root = schemas.check(reading.ask(query=query, startRecord="2", recordSchema="marcxml", **asked))
    echo = next(each for each in root if "echoed" in str(each.tag))
    namespace = str(echo.tag).partition("}")[0] + "}"
    assert echo.findtext(f"{namespace}query") == query
    assert echo.findtext(f"{namespace}startRecord") == "2"
    assert echo.findtext(f"{namespace}recordSchema") == "marcxml"
    assert (echo.find(f"{namespace}xQuery") is None) == (version == "2.0")


def test_a_query_too_deep_for_xcql_is_not_echoed_in_1(reading: Stage, schemas: Schemas) -> None:
    query = " or ".join(["soil"] * 500)
    root = schemas.check(
        reading.ask(query=query, version="1.2", operation="searchRetrieve", maximumRecords="0")
    )
    assert value(root, "numberOfRecords") == "2"
    assert not [each for each in root if "echoed" in str(each.tag)]


@pytest.mark.parametrize("version", VERSIONS)
def test_diagnostics_are_in_the_namespace_of_the_version(
    reading: Stage, schemas: Schemas, version: str
) -> None:
    asked = version_of(version, "searchRetrieve")
    root = schemas.check(reading.ask(query="dc.nothing=x", **asked))
    namespace = DIAGNOSTIC if version == "2.0" else OLD_DIAGNOSTIC
    (found,) = root.iter(f"{namespace}diagnostic")
    assert [(str(each.tag).removeprefix(namespace), each.text) for each in found] == [
        ("uri", "info:srw/diagnostic/1/16"),
        ("details", "dc.nothing"),
        ("message", "Unsupported index"),
    ]
    assert value(root, "numberOfRecords") == "0"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_record_that_is_not_in_the_schema_is_replaced(
    stage: Stage, schemas: Schemas, version: str
) -> None:
    stage.add_copy("I0000001", "10000002")
    asked = version_of(version, "searchRetrieve")
    root = schemas.check(
        stage.ask(query="cql.allRecords=1", recordSchema="isohold", maximumRecords="3", **asked)
    )
    names = [each.text for each in root.iter() if str(each.tag).endswith("recordSchema")][:3]
    surrogate = "info:srw/schema/1/diagnostics-v1.1"
    assert names == [surrogate, "info:srw/schema/5/iso20775-v1.0", surrogate]
    # In place of a record it is in the old namespace in all versions.
    uris = [each.text for each in root.iter(f"{OLD_DIAGNOSTIC}uri")]
    assert uris == ["info:srw/diagnostic/1/67"] * 2
    assert numbers(root) == []


def test_a_surrogate_as_text(reading: Stage, schemas: Schemas) -> None:
    root = schemas.check(
        reading.ask(query="soil", recordSchema="isohold", recordXMLEscaping="string")
    )
    data = [each.text or "" for each in root.iter() if str(each.tag).endswith("recordData")]
    assert {etree.fromstring(each).tag for each in data} == {f"{OLD_DIAGNOSTIC}diagnostic"}


REFUSED = {
    "dc.title = ": (10, "unexpected end of the query at 10"),
    "(soil": (13, "0"),
    '"soil': (14, "0"),
    "nothing.title = soil": (15, "nothing"),
    '> x = "info:unknown" x.title = soil': (15, "info:unknown"),
    "dc.rights = x": (16, "dc.rights"),
    "nothing = x": (16, "nothing"),
    "dc.title encloses x": (19, "encloses"),
    "dc.title foo.bar x": (19, "foo.bar"),
    "dc.title =/stem soil": (20, "stem"),
    "dc.title =/respectCase soil": (20, "respectcase"),
    "dc.title =/isoDate soil": (20, "isodate"),
    "dc.title =/masked/unmasked soil": (21, "masked/unmasked"),
    "dc.title > soil": (22, "greater than"),
    "cql.allRecords > 1": (22, ">"),
    f"dc.title = {'x' * 1001}": (23, "1000"),
    r"dc.title = so\il": (26, "i"),
    'dc.title = ""': (27, None),
    "dc.date = *90": (28, "left truncation"),
    "dc.title =/regexp/masked so.*": (21, "masked/regexp"),
    'dc.title =/regexp "so.* wa.*"': (20, "regexp"),
    'dc.title =/regexp "(so"': (36, "(so: a parenthesis is not closed"),
    "dc.title == so*": (28, "so*"),
    "dc.title = soil^": (31, "soil"),
    "dc.title == ^soil": (31, "^soil"),
    "dc.title = so^il": (32, "2"),
    'dc.title = "so?l mech"': (33, None),
    "dc.date = yesterday": (36, "yesterday"),
    'dc.title = "---"': (36, "---"),
    " or ".join(["a"] * 1001): (38, "999"),
    "dc.title=soil prox dc.creator=smith": (39, "title, author"),
    "dc.date=1990 prox dc.date=1990": (39, "year"),
    "a prox b prox c": (39, None),
    "a prox/unit=element/distance=1 b": (39, "1 fields"),
    "a prox/distance=many b": (41, "many"),
    "a prox/distance b": (41, None),
    "a prox/unit=sentence b": (42, "sentence"),
    "a prox/ordered=1 b": (43, "1"),
    "a prox/ordered/unordered b": (44, "unordered"),
    "a prox/x b": (46, "x"),
    "soil and/x water": (46, "x"),
    "cql.resultSetId = abc": (50, None),
    "resultsetid = abc": (50, None),
}


@pytest.mark.parametrize("query", REFUSED)
@pytest.mark.parametrize("version", ["1.2", "2.0"])
def test_what_a_query_is_refused_with(
    reading: Stage, schemas: Schemas, query: str, version: str
) -> None:
    number, told = REFUSED[query]
    asked = version_of(version, "searchRetrieve")
    root = schemas.check(reading.ask(query=query, **asked))
    assert numbers(root) == [number]
    assert details(root) == ([] if told is None else [told])
    assert titles(root) == []


def test_a_query_too_long(reading: Stage, schemas: Schemas) -> None:
    root = schemas.check(reading.ask(query="x" * 65_537))
    assert (numbers(root), details(root)) == ([12], ["65536"])


@pytest.mark.parametrize("name", ["nothing", "info:srw/schema/1/marcxml-v9"])
def test_an_unknown_schema(reading: Stage, schemas: Schemas, name: str) -> None:
    root = schemas.check(reading.ask(query="soil", recordSchema=name))
    assert (numbers(root), details(root)) == ([66], [name])


@pytest.mark.parametrize("name", ["marcxml", "MARCXML", "info:srw/schema/1/marcxml-v1.1"])
def test_schemas_by_short_name_and_identifier(reading: Stage, schemas: Schemas, name: str) -> None:
    assert titles(schemas.check(reading.ask(query="soil", recordSchema=name))) == TITLES[:2]


def test_text_is_sent_in_nfc(stage: Stage, schemas: Schemas) -> None:
    stage.add(("10000009", "Cafe\u0301 \u0338x", "\u0301A", "", "x", 1999, "fre"))
    document = stage.ask(query="rec.id=10000009")
    assert "Café" in document.decode()
    assert titles(schemas.check(document)) == ["Café \u0338x"]


def test_a_broken_record_leaves_the_others(stage: Stage, schemas: Schemas) -> None:
    number = stage.records["10000001"]
    spoil = send(lambda: update(records).where(records.c.id == number).values(data=b""))
    stage.library.write(spoil)
    root = schemas.check(stage.ask(query="soil"))
    assert value(root, "numberOfRecords") == "2"
    assert titles(root) == [TITLES[1]]
    assert [each.text for each in root.iter(f"{OLD_DIAGNOSTIC}uri")] == ["info:srw/diagnostic/1/1"]
