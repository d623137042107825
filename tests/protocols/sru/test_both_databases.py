"""The same answers from SQLite and PostgreSQL: search, sort, scan, facets and holdings."""

from __future__ import annotations

from tests.protocols.sru.stage import WORKS, Schemas, a_stage, titles, value

TITLES = [work[1] for work in WORKS]


def test_every_operation(database_url: str, schemas: Schemas) -> None:
    with a_stage(database_url) as stage:
        stage.add_school()
        stage.add_copy("I0000001", "10000001")
        stage.lend("I0000001")
        root = schemas.check(stage.ask(query="dc.title=soil and dc.creator=smith"))
        assert titles(root) == TITLES[:1]
        root = schemas.check(stage.ask(query="cql.allRecords=1 sortBy dc.date/sort.descending"))
        assert titles(root) == [TITLES[at] for at in (3, 2, 1, 0, 4)]
        root = schemas.check(stage.ask(scanClause="dc.title=so", maximumTerms="1"))
        (term,) = [each.text for each in root.iter() if str(each.tag).endswith("}value")]
        assert term == "soil"
        root = schemas.check(stage.ask(query="soil", facetLimit="5:dc.subject"))
        (count,) = [each.text for each in root.iter() if str(each.tag).endswith("}count")]
        assert count == "2"
        root = schemas.check(
            stage.ask("DK-900101", query="rec.id=10000001", recordSchema="isohold")
        )
        assert root.findtext(".//availableCount") == "0"
        root = schemas.check(stage.ask("DK-900201", query="soil"))
        assert value(root, "numberOfRecords") == "0"
