"""DAIA 1.0: queries, headers, errors, the data model and its integrity."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pymarc
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from sqlalchemy import update

from catalogue.changes.accession import add_record
from catalogue.database import Statement, Transaction, change
from catalogue.items import find_item
from catalogue.schema import agencies, records
from circulation.items.missing import note_missing
from circulation.kernel.loan_rules import LOAN_POLICIES
from circulation.kernel.set_up import set_up_changed
from protocols.discovery.checking import check
from protocols.discovery.settings import DiscoverySettings
from tests.builders.circulation import an_item
from tests.builders.holds import a_copy, a_hold, record_of
from tests.examples import examples
from tests.protocols.discovery.stage import Stage, a_stage

_ANY_DATE = re.compile(r"\d{4}-\d\d-\d\d(Z|[+-]\d\d:\d\d)?|unknown")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")
_SERVICES = {"presentation", "loan", "remote", "interloan", "openaccess"}
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+")


@change
def _number(*, record_id: int, number: str) -> Statement:
    return update(records).where(records.c.id == record_id).values(control_number=number)


def numbered(stage: Stage, item: str, number: str) -> str:
    """Gives the title of the copy a control number."""
    record = record_of(stage.library, item)
    stage.library.write(lambda transaction: _number(transaction, record_id=record, number=number))
    return item


def document(stage: Stage, *identifiers: str, **more: str) -> dict[str, Any]:
    told = stage.daia(*identifiers, **more)
    assert told.status == 200, told
    must_be_whole(told.body, identifiers)
    [found] = told.body["document"]
    return found  # type: ignore[no-any-return]


def entities(response: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    if "institution" in response:
        yield "institution", response["institution"]
    for item in (item for each in response["document"] for item in each.get("item", ())):
        for name in ("department", "storage"):
            if name in item:
                yield name, item[name]
        for service in (*item.get("available", ()), *item.get("unavailable", ())):
            for each in service.get("limitation", ()):
                yield "limitation", each


def must_be_whole(response: dict[str, Any], identifiers: tuple[str, ...]) -> None:
    """The data model, and its integrity rules 1, 2, 4, 5 and 6."""
    assert set(response) <= {"document", "institution", "timestamp"}
    assert _MOMENT.fullmatch(response["timestamp"])
    ids = [each["id"] for each in response["document"]]
    items = [item for each in response["document"] for item in each.get("item", ())]
    ids += [item["id"] for item in items if "id" in item]
    assert len(ids) == len(set(ids))  # 1
    assert all(_URI.fullmatch(each) for each in ids)
    its = list(entities(response))
    assert all(entity.get("id") or entity.get("content") for _, entity in its)
    institution = response.get("institution", {}).get("id")
    assert all(entity.get("id") != institution for name, entity in its if name != "institution")
    for each in response["document"]:
        assert set(each) <= {"id", "requested", "href", "about", "item"}
        assert {each["id"], each.get("requested")} & set(identifiers)
        assert each.get("item") != []
    for item in items:
        known = {"id", "href", "part", "label", "about", "department", "storage"}
        assert set(item) <= known | {"available", "unavailable"}
        assert item.get("storage", {}).get("id", "-") != item.get("department", {}).get("id")  # 5
        both = [item.get(name, []) for name in ("available", "unavailable")]
        assert any(both)
        told = [{json.dumps([s["service"], s.get("limitation")]) for s in each} for each in both]
        assert not told[0] & told[1]  # 6
        for service in both[0]:
            assert set(service) <= {"service", "href", "delay", "limitation"}
            assert service["service"] in _SERVICES
            assert service["service"] != "remote" or "delay" in service
        for service in both[1]:
            assert set(service) <= {"service", "href", "expected", "queue", "limitation"}
            assert service["service"] in _SERVICES
            assert _ANY_DATE.fullmatch(service.get("expected", "unknown"))
            assert service.get("queue", 1) >= 0


def services(item: dict[str, Any]) -> tuple[list[str], list[str]]:
    return tuple(
        [each["service"] for each in item.get(name, ())] for name in ("available", "unavailable")
    )  # type: ignore[return-value]


# What is told


def test_a_copy_on_its_shelf(stage: Stage) -> None:
    its = {"department": "voksen", "location": "reol 7", "sublocation": "øst", "section": "A"}
    item = an_item(stage.library, call_number="86-3", **its)
    found = document(stage, stage.edition(item))
    assert found == {
        "id": stage.edition(item),
        "about": "Krohn, Johan: Peters jul",
        "item": [
            {
                "id": f"tiro:item:{item}",
                "label": "86-3",
                "department": {
                    "id": "http://uri.gbv.de/organization/isil/DK-900101",
                    "content": "Hovedbiblioteket",
                },
                "storage": {"content": "voksen / reol 7 / øst / A"},
                "available": [{"service": "loan"}, {"service": "presentation"}],
            }
        ],
    }


def test_links_of_a_record_are_services(stage: Stage) -> None:
    """Of a MARC 21 record those to the document itself; of a danMARC2 record all."""
    library, link = stage.library, "https://e.example.org/"
    fields = [
        ("856", "40", {"u": f"{link}a"}),
        ("856", "41", {"u": f"{link}b", "7": "0"}),
        ("856", "42", {"u": f"{link}about-it"}),
        ("857", "40", {"u": f"{link}archive"}),
        ("856", "40", {"u": "ftp://e.example.org/c"}),
        ("856", "40", {"u": f"{link}d e"}),
        ("856", "40", {"u": "http://e.example.org/f", "7": "1"}),
    ]
    marc = pymarc.Record(force_utf8=True)
    marc.add_field(pymarc.Field("245", "10", [pymarc.Subfield("a", "Soil")]))
    for tag, indicators, parts in fields:
        its = [pymarc.Subfield(code, value) for code, value in parts.items()]
        marc.add_field(pymarc.Field(tag, pymarc.Indicators(*indicators), its))

    def services_in(record_format: str) -> list[dict[str, Any]]:
        number = f"links-{record_format}"

        def work(transaction: Transaction) -> None:
            its = {"now": library.now, "record_format": record_format}
            record = add_record(transaction, marc.as_marc(), **its)
            _number(transaction, record_id=record, number=number)

        library.write(work)
        return document(stage, number)["item"]  # type: ignore[no-any-return]

    def told(url: str, *, is_open: bool = False) -> dict[str, Any]:
        its = {"service": "openaccess"} if is_open else {"service": "remote", "delay": "PT0S"}
        return {"available": [its | {"href": url}]}

    to_itself = [told(f"{link}a"), told(f"{link}b", is_open=True), told("http://e.example.org/f")]
    assert services_in("marc21") == to_itself
    about_it = told(f"{link}about-it")
    assert services_in("danmarc2") == [*to_itself[:2], about_it, to_itself[2]]


def test_a_copy_on_loan_and_its_queue(stage: Stage) -> None:
    item = an_item(stage.library, on_loan_to=stage.a_patron())
    a_hold(stage.library, stage.a_patron(), item)
    [copy] = document(stage, stage.edition(item))["item"]
    assert services(copy) == ([], ["loan", "presentation"])
    back = {"expected": "2026-12-23+01:00", "queue": 1}
    assert copy["unavailable"] == [
        {"service": "loan"} | back,
        {"service": "presentation"} | back,
    ]
    stage.library.pass_time(days=40)
    [copy] = document(stage, stage.edition(item))["item"]
    assert copy["unavailable"][0]["expected"] == "unknown"  # it is late: any day, or never


def test_a_copy_on_its_way_and_one_that_is_kept_for_somebody(stage: Stage) -> None:
    library = stage.library
    item = an_item(library, on_loan_to=stage.a_patron())
    a_hold(library, stage.a_patron(), item, at=library.other)
    for at in (library.main, library.other):
        library.check_in(item, at=at)
        [copy] = document(stage, stage.edition(item))["item"]
        assert services(copy) == ([], ["loan", "presentation"])
        assert copy["unavailable"][1]["expected"] == "unknown"


def test_what_is_not_lent_is_looked_at_in_the_library(sqlite_url: str) -> None:
    with a_stage(sqlite_url) as stage:
        library = stage.library

        def not_lent(transaction: Transaction) -> None:
            LOAN_POLICIES.store(transaction, material_group="reference", on_site_only=True)
            set_up_changed(transaction)

        library.write(not_lent)
        item = an_item(library, material_group="reference")
        [copy] = document(stage, stage.edition(item))["item"]
        assert services(copy) == (["presentation"], ["loan"])
        assert copy["unavailable"] == [{"service": "loan"}]  # for good


def test_copies_that_are_gone_are_not_told(one_stage: Stage) -> None:
    library = one_stage.library
    item = an_item(library)

    def gone(transaction: Transaction) -> None:
        found = find_item(transaction, item)
        assert found is not None
        note_missing(transaction, item_id=found.id, since=library.now)

    library.write(gone)
    assert "item" not in document(one_stage, one_stage.edition(item))


# What VuFind makes of it

PAGES = "https://library.example.org/Record/"
_ON_SITE = ("loan", "presentation")


def vufind(item: dict[str, Any]) -> dict[str, bool]:
    """What the links of a copy depend on there: of the services at the library, one that cannot be
    had now and is not offered otherwise, with an address at any of those that cannot be had, makes
    a hold; else one that can be had, with an address, makes a storage retrieval request."""
    its = {
        name: [each for each in item.get(name, ()) if each["service"] in _ON_SITE]
        for name in ("available", "unavailable")
    }
    words = {name: {each["service"] for each in found} for name, found in its.items()}
    linked = {name: any("href" in each for each in found) for name, found in its.items()}
    holds = linked["unavailable"] and bool(words["unavailable"] - words["available"])
    fetches = linked["available"] and bool(words["available"] - words["unavailable"])
    return {
        "addLink": holds,
        "is_holdable": holds,
        "addStorageRetrievalRequestLink": not holds and fetches,
    }


def _offers(document: dict[str, Any]) -> list[str]:
    return [
        "hold" if made["addLink"] and made["is_holdable"] else "request"
        for made in map(vufind, document["item"])
        if any(made.values())
    ]


def test_vufind_offers_a_hold_and_a_storage_request(database_url: str) -> None:
    with a_stage(database_url, pages=PAGES) as stage:
        library = stage.library
        item = numbered(stage, an_item(library), "9 x/8")
        shelf = document(stage, stage.edition(item))
        assert _offers(shelf) == ["request"]
        address = PAGES + "9%20x%2F8"
        assert (shelf["href"], shelf["item"][0]["available"][0]["href"]) == (address, address)
        lent = document(stage, stage.edition(an_item(library, on_loan_to=stage.a_patron())))
        assert _offers(lent) == ["hold"]
        kept = an_item(library, on_loan_to=stage.a_patron())
        a_hold(library, stage.a_patron(), kept, at=library.main)
        library.check_in(kept, at=library.main)
        assert _offers(document(stage, stage.edition(kept))) == ["hold"]


def test_vufind_offers_nothing_that_the_rules_refuse(sqlite_url: str) -> None:
    with a_stage(sqlite_url, pages=PAGES) as stage:
        library = stage.library

        def rules(transaction: Transaction) -> None:
            LOAN_POLICIES.store(transaction, material_group="reference", on_site_only=True)
            LOAN_POLICIES.store(transaction, material_group="film", holdable=False)
            set_up_changed(transaction)

        library.write(rules)
        for group in ("reference", "film"):
            item = an_item(library, material_group=group)
            assert _offers(document(stage, stage.edition(item))) == []
        lent = an_item(library, material_group="film", on_loan_to=stage.a_patron())
        assert _offers(document(stage, stage.edition(lent))) == []


def test_without_an_address_vufind_offers_nothing(one_stage: Stage) -> None:
    item = an_item(one_stage.library, on_loan_to=one_stage.a_patron())
    found = document(one_stage, one_stage.edition(item))
    assert (_offers(found), "href" in found) == ([], False)


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        (None, 1),
        (PAGES, 0),
    ],
)
def test_the_check_names_a_missing_address(
    one_stage: Stage, pages: str | None, expected: int
) -> None:
    settings = DiscoverySettings(enabled=True, portals=("192.0.2.10",), pages=pages)
    found = one_stage.library.read(lambda transaction: check(settings, transaction))
    assert [str(each) for each in found if "pages" in str(each)] == [str(each) for each in found]
    assert len(found) == expected


# Identifiers


def test_a_title_is_called_by_uri_number_or_prefix(stage: Stage) -> None:
    item = numbered(stage, an_item(stage.library), "52557240")
    uri = "tiro:title:52557240"
    assert "requested" not in document(stage, uri)
    for each in ("52557240", "ppn:52557240", "870970-basis:52557240"):
        found = document(stage, each)
        assert (found["id"], found["requested"]) == (uri, each)
    record = record_of(stage.library, item)
    assert document(stage, f"t{record}")["id"] == uri


def test_one_copy_alone(stage: Stage) -> None:
    item = an_item(stage.library)
    a_copy(stage.library, item)
    found = document(stage, f"tiro:item:{item}")
    assert [each["id"] for each in found["item"]] == [f"tiro:item:{item}"]
    assert found["requested"] == f"tiro:item:{item}"
    assert len(document(stage, stage.edition(item))["item"]) == 2


def test_several_at_once_and_those_that_nobody_knows(stage: Stage) -> None:
    first, second = (stage.edition(an_item(stage.library)) for _ in range(2))
    told = stage.daia(second, "x:unknown", first, "", "t999999999", "t99999999999", "%", second)
    assert [each["id"] for each in told.body["document"]] == [second, first]
    told = stage.daia("x:unknown", "\x00", "æ" * 300)
    assert (told.status, told.body["document"]) == (200, [])


def test_what_is_too_much_is_told_in_a_second_answer(sqlite_url: str) -> None:
    """The header Link, with all parameters."""
    with a_stage(sqlite_url, titles_at_once=3) as stage:
        editions = [stage.edition(an_item(stage.library)) for _ in range(5)]
        told = stage.daia(*editions)
        assert [each["id"] for each in told.body["document"]] == editions[:3]
        link = told.headers["Link"]
        found = re.fullmatch(r'<([^>]+)>; rel="next"', link)
        assert found is not None
        query = parse_qs(urlsplit(found[1]).query)
        assert query == {"format": ["json"], "id": ["|".join(editions[3:])]}
        told = stage.daia(*query["id"][0].split("|"))
        assert [each["id"] for each in told.body["document"]] == editions[3:]
        assert "Link" not in told.headers
        assert "Link" not in stage.daia(*editions, at="DK-000000").headers


# Whose


def test_the_library_of_the_address(one_stage: Stage) -> None:
    branch = one_stage.another_agency()
    item = an_item(one_stage.library)
    theirs = a_copy(one_stage.library, item, home=branch)
    edition = one_stage.edition(item)
    told = one_stage.daia(edition)
    assert "institution" not in told.body  # of all libraries there are
    assert len(told.body["document"][0]["item"]) == 2
    assert one_stage.daia(edition, at="DK-900100").body["document"][0]["item"][0]["id"] == (
        f"tiro:item:{item}"
    )
    told = one_stage.daia(edition, at="DK-900200")
    assert told.body["institution"] == {
        "id": "http://uri.gbv.de/organization/isil/DK-900200",
        "content": "Nabokommunens Biblioteker",
    }
    must_be_whole(told.body, (edition,))
    [copy] = told.body["document"][0]["item"]
    assert copy["id"] == f"tiro:item:{theirs}"
    assert one_stage.daia(edition, at="DK-000000").status == 404


def test_what_a_school_keeps_to_itself_is_told_to_nobody(one_stage: Stage) -> None:
    branch = one_stage.another_agency()
    item = an_item(one_stage.library, home=branch)

    @change
    def hide() -> Statement:
        its = {"kind": "school", "shares_stock": False}
        return update(agencies).where(agencies.c.id == branch.agency_id).values(its)

    def work(transaction: Transaction) -> None:
        hide(transaction)
        set_up_changed(transaction)

    one_stage.library.write(work)
    for at in ("", "DK-900200"):
        told = one_stage.daia(one_stage.edition(item), at=at)
        assert "item" not in told.body["document"][0]


# Requests


@pytest.mark.parametrize(
    "query",
    [{"format": "xml"}, {"format": ""}, {"callback": "a-b"}, {"patron": "a", "patron-type": "b"}],
)
def test_queries_that_do_not_fit(one_stage: Stage, query: dict[str, str]) -> None:
    told = one_stage.daia("x:1", **query)
    assert (told.status, told.body["error"], told.body["code"]) == (422, "invalid_request", 422)
    assert one_stage.daia().status == 422
    assert one_stage.daia("x" * 100_001).status == 422


@pytest.mark.parametrize("query", [{"patron": "a"}, {"patron-type": "b"}, {"access_token": "c"}])
def test_availability_is_the_same_for_everybody(one_stage: Stage, query: dict[str, str]) -> None:
    told = one_stage.daia("x:1", **query)
    assert (told.status, told.body["error"]) == (501, "not_implemented")
    told = one_stage.daia("x:1", headers={"authorization": "Bearer c"})
    assert told.status == 501


def test_headers_and_verbs(one_stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    told = one_stage.daia("x:1")
    assert told.headers["X-DAIA-Version"] == "1.0.0"
    assert told.headers["Content-Type"] == "application/json; charset=utf-8"
    assert told.headers["Content-Language"] == "en"
    assert told.headers["Access-Control-Allow-Origin"] == "*"
    assert one_stage.daia("x:1", verb="HEAD").status == 200
    told = one_stage.daia(verb="OPTIONS")
    assert (told.status, told.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")
    assert "GET" in told.headers["Access-Control-Allow-Methods"]
    told = one_stage.daia("x:1", verb="POST")
    assert (told.status, told.body["error"]) == (405, "invalid_request")
    assert "nobody knows daia POST" in caplog.text
    assert one_stage.daia("x:1", at="DK-900100/more").status == 404
    assert any(each.levelno == logging.WARNING for each in caplog.records)


def test_scripts_and_statuses_kept_back(one_stage: Stage) -> None:
    told = one_stage.daia("x:1", callback="show")
    assert told.headers["Content-Type"] == "application/javascript; charset=utf-8"
    assert told.octets.startswith(b"/**/show({")
    told = one_stage.daia(suppress_response_codes="1")
    assert (told.status, told.body["code"]) == (200, 422)


def test_a_portal_asks_as_often_as_its_readers(sqlite_url: str) -> None:
    with a_stage(sqlite_url, requests_per_second=1.0, burst=2) as stage:
        assert {stage.daia("x:1").status for _ in range(5)} == {200}
        found = [stage.daia("x:1", host="198.51.100.7").status for _ in range(4)]
        assert found == [200, 200, 429, 429]


@given(identifiers=st.lists(st.text(max_size=40), max_size=6), at=st.integers(0, 2))
@examples(100, [HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_is_asked(one_stage: Stage, identifiers: list[str], at: int) -> None:
    """Any query gets an answer that is whole, or an error of DAIA."""
    known = one_stage.edition(an_item(one_stage.library))
    identifiers.insert(min(at, len(identifiers)), known)
    told = one_stage.daia(*identifiers)
    assert told.status == 200
    parts = tuple(part.strip() for each in identifiers for part in each.split("|"))
    must_be_whole(told.body, parts)
    assert len(told.body["document"]) >= 1
