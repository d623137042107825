"""/sru/<database>: the catalogue by its names, and what each library of it shows."""

from __future__ import annotations

import pytest

from tests.protocols.sru.stage import (
    VERSIONS,
    ZEEREX,
    Schemas,
    Stage,
    details,
    numbers,
    titles,
    value,
    version_of,
)


@pytest.fixture
def divided(stage: Stage) -> Stage:
    """Two branches and a school, each with a title of its own."""
    stage.add_school()
    stage.add_copy("I0000001", "10000001", "DK-900101")
    stage.add_copy("I0000002", "10000002", "DK-900102")
    stage.add_copy("I0000003", "10000003", "DK-900201")
    stage.add_copy("I0000004", "10000001", "DK-900201")
    return stage


@pytest.mark.parametrize(
    ("database", "found"),
    [
        ("catalogue", ["10000001", "10000002", "10000004", "10000005"]),
        ("Default", ["10000001", "10000002", "10000004", "10000005"]),
        ("DEFAULT", ["10000001", "10000002", "10000004", "10000005"]),
        ("DK-900101", ["10000001"]),
        ("dk-900102", ["10000002"]),
        ("DK-900100", ["10000001", "10000002"]),
        ("DK-900200", ["10000001", "10000003"]),
        ("Prøveland", ["10000001", "10000002", "10000004", "10000005"]),
    ],
)
def test_what_a_database_shows(
    divided: Stage, schemas: Schemas, database: str, found: list[str]
) -> None:
    root = schemas.check(divided.ask(database, query="cql.allRecords=1"))
    identifiers = [each.text for each in root.iter() if str(each.tag).endswith("recordIdentifier")]
    assert identifiers == found
    assert value(root, "numberOfRecords") == str(len(found))


@pytest.mark.parametrize(
    ("database", "barcodes"),
    [
        ("catalogue", ["I0000001"]),
        ("DK-900200", ["I0000004"]),
        ("DK-900201", ["I0000004"]),
        ("DK-900100", ["I0000001"]),
    ],
)
def test_whose_items_a_database_shows(
    divided: Stage, schemas: Schemas, database: str, barcodes: list[str]
) -> None:
    for schema, path in (("isohold", "pieceIdentifier/value"), ("opacxml", "itemId")):
        root = schemas.check(divided.ask(database, query="rec.id=10000001", recordSchema=schema))
        assert [each.text for each in root.iterfind(f".//{path}")] == barcodes


def test_scan_and_facets_count_what_the_database_shows(divided: Stage, schemas: Schemas) -> None:
    root = schemas.check(divided.ask("DK-900101", scanClause='dc.title=""'))
    found = [each.text for each in root.iter() if str(each.tag).endswith("}value")]
    assert found == ["and", "soil", "water"]
    root = schemas.check(
        divided.ask("DK-900101", query="cql.allRecords=1", facetLimit="5:dc.subject")
    )
    texts = [each.text for each in root.iter() if str(each.tag).endswith("actualTerm")]
    assert texts == ["Hydrology"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("database", ["nothing", "DK-999999", "a/b", "<&>"])
def test_an_unknown_database(reading: Stage, schemas: Schemas, version: str, database: str) -> None:
    for given in (
        version_of(version, "searchRetrieve") | {"query": "soil"},
        version_of(version, "scan") | {"scanClause": "soil"},
        version_of(version, "explain"),
    ):
        root = schemas.check(reading.ask(database, **given))
        assert (numbers(root), details(root)) == ([235], [database])
        assert titles(root) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_explain_tells_what_there_is(divided: Stage, schemas: Schemas, version: str) -> None:
    root = schemas.check(divided.ask("DK-900102", **version_of(version, "explain")))
    (record,) = root.iter(f"{ZEEREX}explain")
    server = record.find(f"{ZEEREX}serverInfo")
    assert server is not None
    assert server.get("version") == ("2.0" if version == "2.0" else "1.2")
    assert [each.text for each in server] == ["sru.example.org", "80", "sru/DK-900102"]
    assert record.findtext(f"{ZEEREX}databaseInfo/{ZEEREX}title") == "Havnefilialen"
    schemas_told = {each.get("name") for each in record.iter(f"{ZEEREX}schema")}
    assert schemas_told >= {"marcxml", "opacxml", "isohold"}


def test_every_index_that_is_explained_can_be_used(reading: Stage, schemas: Schemas) -> None:
    root = schemas.check(reading.ask())
    indexes = list(root.iter(f"{ZEEREX}index"))
    assert len(indexes) > 40
    for index in indexes:
        name = index.find(f"{ZEEREX}map/{ZEEREX}name")
        assert name is not None
        written = f"{name.get('set')}.{name.text}"
        # A year may be no term for it (36), but the index is known.
        assert numbers(schemas.check(reading.ask(query=f"{written}=1990"))) in ([], [36])
        scanned = numbers(schemas.check(reading.ask(scanClause=f"{written}=1990")))
        assert (scanned == []) == (index.get("scan") == "true"), written
        ordered = numbers(schemas.check(reading.ask(query=f"1990 sortBy {written}")))
        assert (ordered == []) == (index.get("sort") == "true"), written


def test_every_schema_that_is_explained_can_be_asked_for(reading: Stage, schemas: Schemas) -> None:
    root = schemas.check(reading.ask())
    for schema in root.iter(f"{ZEEREX}schema"):
        for name in (schema.get("name"), schema.get("identifier")):
            assert name is not None
            assert numbers(schemas.check(reading.ask(query="soil", recordSchema=name))) == []


def test_explain_as_text(reading: Stage, schemas: Schemas) -> None:
    root = schemas.check(reading.ask(version="1.1", operation="explain", recordPacking="string"))
    (data,) = [each for each in root.iter() if str(each.tag).endswith("recordData")]
    assert len(data) == 0
    assert (data.text or "").startswith("<explain ")
