"""The Explain database: its records, and how they are found."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from protocols.z3950.codec import read_value
from protocols.z3950.handling.explain import EXP_1, EXPLAIN
from protocols.z3950.messages.result_sets import SortKeySpec, SortRequest, SortResponse
from protocols.z3950.messages.retrieval import CompSpec, PresentRequest
from protocols.z3950.messages.searching import SearchRequest
from protocols.z3950.messages.structures import CategoryList, DatabaseInfo, TargetInfo
from protocols.z3950.records.forms import USMARC
from protocols.z3950.wire.asn1 import NULL
from tests.protocols.z3950.library import Client, a_library, diagnostic_of, records_of
from tests.protocols.z3950.pqf import query, search

DATABASE = "IR-Explain-1"


@pytest.fixture
def client(sqlite_url: str) -> Iterator[Client]:
    with a_library(sqlite_url) as library:
        yield library.client()


def asked(text: str, name: str = "explained", **fields: object) -> SearchRequest:
    return search(
        "x", database_names=[DATABASE], query=query(text, EXP_1), result_set_name=name, **fields
    )


def presented(client: Client, element_set: str | None = None, number: int = 1) -> list[bytes]:
    response = client.present(
        PresentRequest(
            "explained",
            1,
            number,
            record_composition=element_set,
            preferred_record_syntax=EXPLAIN,
        )
    )
    return [bytes(each) for each in records_of(response)]


def test_the_categories(client: Client) -> None:
    assert client.search(asked("@attr 1=1 CategoryList")).result_count == 1
    (data,) = presented(client)
    categories = read_value(CategoryList, data, b"\xbf\x64").categories
    assert [each.category for each in categories] == ["CategoryList", "TargetInfo", "DatabaseInfo"]
    for each in categories:
        assert client.search(asked(f"@attr 1=1 {each.category}")).result_count


def test_the_target(client: Client) -> None:
    assert client.search(asked("@attr 1=1 targetinfo")).result_count == 1
    (data,) = presented(client)
    target = read_value(TargetInfo, data, b"\xa0")
    assert target.name == "Tiro"
    assert target.named_result_sets
    assert target.common_access_info is not None
    assert USMARC in (target.common_access_info.record_syntaxes or ())
    (data,) = presented(client, "b")
    brief = read_value(TargetInfo, data, b"\xa0")
    assert brief.common_access_info is None
    assert brief.description is None
    (data,) = presented(client, "description")
    assert read_value(TargetInfo, data, b"\xa0").description == target.description


def test_each_database(client: Client) -> None:
    found = client.search(asked("@attr 1=1 databaseinfo"))
    databases = [
        read_value(DatabaseInfo, data, b"\xa1")
        for data in presented(client, number=found.result_count)
    ]
    assert [each.name for each in databases][:2] == ["catalogue", "Default"]
    assert databases[0].record_count == 5
    assert databases[-1].name == DATABASE
    assert databases[-1].explain_database is NULL
    one = asked("@and @attr 1=1 DatabaseInfo @attr 1=3 default", preferred_record_syntax=EXPLAIN)
    one.small_set_upper_bound, one.large_set_lower_bound = 1, 2
    response = client.search(one)
    assert response.result_count == 1
    (data,) = records_of(response)
    assert read_value(DatabaseInfo, bytes(data), b"\xa1").name == "Default"


def test_operators_and_sets(client: Client) -> None:
    both = "@or @attr 1=1 targetinfo @attr 1=1 categorylist"
    assert client.search(asked(both)).result_count == 2
    assert client.search(asked("@not @set explained @attr 1=1 targetinfo")).result_count == 1
    assert client.search(asked("@and @set explained @attr 1=1 targetinfo")).result_count == 0


@pytest.mark.parametrize(
    ("text", "condition", "addinfo"),
    [
        ("@attr 1=9 x", 114, "9"),
        ("x", 114, ""),
        ("@attr 1=1 @attr 5=1 data", 120, "1"),
        ("@attr 1=1 @attr 2=1 data", 117, "1"),
        ("@attr 1=1 @attr 9=1 data", 113, "9"),
        ("@attr 1=name x", 246, "name"),
        ("@set nowhere", 30, "nowhere"),
        ("@set books", 23, "Default"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    client: Client, text: str, condition: int, addinfo: str
) -> None:
    client.search(search("soil", result_set_name="books"))
    assert diagnostic_of(client.search(asked(text))) == (condition, addinfo)


def test_explain_does_not_mix_with_the_catalogue(client: Client) -> None:
    client.search(asked("@attr 1=1 targetinfo"))
    mixed = client.search(search("@or @set explained soil"))
    assert diagnostic_of(mixed) == (23, DATABASE)
    both = client.search(search("soil", database_names=["Default", DATABASE]))
    assert diagnostic_of(both) == (23, DATABASE)
    sorting = client.send(SortRequest(["explained"], "x", [SortKeySpec("title", 0, 1)]))
    assert isinstance(sorting, SortResponse)
    assert sorting.sort_status == 2
    bib_1 = client.search(search("@attr 1=4 x", database_names=[DATABASE]))
    assert diagnostic_of(bib_1) == (121, "1.2.840.10003.3.1")


@pytest.mark.parametrize(
    ("syntax", "composition", "condition"),
    [(USMARC, None, 239), (EXPLAIN, "Q", 25), (EXPLAIN, CompSpec(False), 244)],
)
def test_forms_that_explain_does_not_have(
    client: Client, syntax: str, composition: str | CompSpec | None, condition: int
) -> None:
    client.search(asked("@attr 1=1 targetinfo"))
    request = PresentRequest(
        "explained", 1, 1, record_composition=composition, preferred_record_syntax=syntax
    )
    assert diagnostic_of(client.present(request))[0] == condition
