"""Records of every MARC in every schema, and long ones, over SRU."""

from __future__ import annotations

import pytest
from lxml import etree

from tests.contracts.test_record_formats import ORDINARY
from tests.protocols.sru.stage import SRW, ZEEREX, Schemas, Stage, version_of
from tests.protocols.z3950.test_record_forms import too_long

ROOTS = {
    "dc": "{info:srw/schema/1/dc-schema}dc",
    "info:srw/schema/1/dc-v1.1": "{info:srw/schema/1/dc-schema}dc",
    "mods": "{http://www.loc.gov/mods/v3}mods",
    "info:srw/schema/1/mods-v3.3": "{http://www.loc.gov/mods/v3}mods",
    "info:srw/schema/1/mods-v3.7": "{http://www.loc.gov/mods/v3}mods",
    "marcxchange": "{info:lc/xmlns/marcxchange-v1}record",
    "info:lc/xmlns/marcxchange-v1": "{info:lc/xmlns/marcxchange-v1}record",
    "opacxml": "opacRecord",
}
#: Record formats, and a word of their titles.
QUERIES = {"marc21": "dc.title=soil", "danmarc2": "dc.title=store", "unimarc": "dc.title=eau"}


@pytest.fixture
def mixed(stage: Stage) -> Stage:
    for kind in ("danmarc2", "unimarc"):
        stage.add_marc(ORDINARY[kind], kind)
    return stage


def records_in(mixed: Stage, query: str, **asked: str) -> list[etree._Element]:
    version = version_of("1.2", "searchRetrieve")
    document = mixed.ask(query=query, **version, **asked)
    return etree.fromstring(document).findall(f".//{SRW}record")


@pytest.mark.parametrize("kind", QUERIES)
def test_every_schema_has_every_record(mixed: Stage, kind: str) -> None:
    for schema, root in ROOTS.items():
        record = records_in(mixed, QUERIES[kind], recordSchema=schema)[0]
        (data,) = record.find(f"{SRW}recordData")  # type: ignore[misc]
        assert data.tag == root, schema


def test_marcxml_of_other_formats_is_a_surrogate_and_the_rest_is_there(mixed: Stage) -> None:
    found = records_in(mixed, 'dc.title any "soil eau"', recordSchema="marcxml")
    schemas = [each.findtext(f"{SRW}recordSchema") or "" for each in found]
    assert ["diagnostic" in each for each in schemas] == [False, False, True, True]
    assert "67" in (found[2].findtext(".//{*}uri") or "")


def test_a_record_too_long_for_iso_2709_is_served(mixed: Stage) -> None:
    mixed.add_marc(too_long())
    for schema in ("marcxml", *ROOTS):
        (found,) = records_in(mixed, 'dc.title="great length"', recordSchema=schema)
        assert b"Soil of great length" in etree.tostring(found)


def test_explain_lists_the_schemas(mixed: Stage, schemas: Schemas) -> None:
    root = schemas.check(mixed.ask(**version_of("1.2", "explain")))
    told = {each.get("name"): each.get("identifier") for each in root.iter(f"{ZEEREX}schema")}
    assert told == told | {
        "dc": "info:srw/schema/1/dc-v1.1",
        "mods": "info:srw/schema/1/mods-v3.3",
        "marcxchange": "info:lc/xmlns/marcxchange-v1",
        "marcxml": "info:srw/schema/1/marcxml-v1.1",
    }
    assert "marc21" not in told
