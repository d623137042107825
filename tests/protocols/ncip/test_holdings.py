"""LookupItemSet: pages, holdings sets, what is not there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders.circulation import a_patron, an_item
from tests.builders.holds import a_copy, a_hold
from tests.protocols.ncip.furnishing import number_title, record, service
from tests.protocols.ncip.stage import N, Stage, elements, item, problem_types, text_of


def item_set(what: str, more: str = "") -> str:
    return service("LookupItemSet", what, more)


def barcodes(answer: Any) -> list[str]:
    return [str(each.text) for each in answer.iter(f"{N}ItemIdentifierValue")]


@pytest.fixture
def title(stage: Stage) -> list[str]:
    """The barcodes of a title, number 870970-1, with three items here and two in the branch."""
    library = stage.library
    found = [an_item(library, title="Kongens fald")]
    number_title(library, found[0], "870970-1")
    for home in (library.main, library.other, library.main, library.other):
        found.append(a_copy(library, found[0], home=home, call_number="Jen"))
    return [found[number] for number in (0, 1, 3, 2, 4)]


def test_a_title_with_all_its_items_by_branch(stage: Stage, title: list[str]) -> None:
    library = stage.library
    card = a_patron(library)
    library.check_out(card, title[1])
    a_hold(library, a_patron(library), title[0])
    answer = stage.ask(item_set(record("870970-1"), "<CurrentBorrowerDesired/>"))
    assert barcodes(answer) == title
    assert len(list(answer.iter(f"{N}HoldingsSet"))) == 2
    assert text_of(answer, "BibInformation/BibliographicDescription/Title") == "Kongens fald"
    assert text_of(answer, "BibInformation/TitleHoldQueueLength") == "1"
    lent = [each for each in answer.iter(f"{N}ItemInformation") if title[1] in barcodes(each)]
    assert text_of(lent[0], "CurrentBorrower/UserId/UserIdentifierValue") == card
    assert text_of(lent[0], "ItemOptionalFields/CirculationStatus") == "On Loan"
    assert (text_of(lent[0], "DateDue") or "").startswith("2026-12-23")
    assert answer.find(f"{N}NextItemToken") is None


def test_pages_go_on_where_the_last_one_ended(stage: Stage, title: list[str]) -> None:
    maximum = "<MaximumItemsCount>2</MaximumItemsCount>"
    found, token = [], ""
    for _ in range(4):
        answer = stage.ask(item_set(record("870970-1"), f"{maximum}{token}"))
        found.append(barcodes(answer))
        given = text_of(answer, "NextItemToken")
        if given is None:
            break
        token = f"<NextItemToken>{given}</NextItemToken>"
        if len(found) == 1:  # an item that comes in between hides none of the others
            a_copy(stage.library, title[0])
    assert [len(page) for page in found] == [2, 2, 2]
    assert found[0] == title[:2]
    assert set(title) < {barcode for page in found for barcode in page}


@pytest.mark.parametrize("token", ["", "0"])
def test_how_callers_ask_for_the_first_page(stage: Stage, title: list[str], token: str) -> None:
    more = f"<NextItemToken>{token}</NextItemToken>"
    assert barcodes(stage.ask(item_set(record("870970-1"), more))) == title


@pytest.mark.parametrize("token", ["x", "AAAA", "é", "AAAAAAAAMSAyIDM", "MQ=="])
def test_a_token_that_was_never_given(stage: Stage, title: list[str], token: str) -> None:
    more = f"<NextItemToken>{token}</NextItemToken>"
    answer = stage.ask(item_set(record("870970-1"), more))
    assert problem_types(answer) == ["Unauthorized Combination Of Element Values For Agency"]


def test_a_token_is_good_for_its_own_request_only(stage: Stage, title: list[str]) -> None:
    maximum = "<MaximumItemsCount>2</MaximumItemsCount>"
    token = text_of(stage.ask(item_set(record("870970-1"), maximum)), "NextItemToken")
    more = f"<NextItemToken>{token}</NextItemToken>"
    assert problem_types(stage.ask(item_set(item(title[0]), more)))


def test_some_are_not_there(stage: Stage, title: list[str]) -> None:
    answer = stage.ask(item_set(record("nothing") + record("870970-1")))
    assert problem_types(answer) == ["Unknown Item"]
    assert barcodes(answer) == title
    alone = stage.ask(item_set(record("nothing")))
    assert problem_types(alone) == ["Unknown Item"]


def test_items_by_their_ids_and_holdings_sets_by_theirs(stage: Stage, title: list[str]) -> None:
    other = an_item(stage.library, title="Vildanden")
    answer = stage.ask(item_set(item(other) + item(title[0]) + item("I9999999")))
    assert barcodes(answer) == [other, title[0]]
    assert problem_types(answer) == ["Unknown Item"]
    first = text_of(answer.findall(f"{N}BibInformation")[1], "HoldingsSet/HoldingsSetId")
    found = stage.ask(item_set(elements("HoldingsSetId", first or "")))
    assert barcodes(found) == title[:3]
    assert problem_types(stage.ask(item_set(elements("HoldingsSetId", "1-x"))))
    assert problem_types(stage.ask(item_set(elements("HoldingsSetId", "999-1"))))


def test_only_the_elements_asked_for(stage: Stage, title: list[str]) -> None:
    wanted = elements("ItemElementType", "Location")
    answer = stage.ask(item_set(record("870970-1"), wanted))
    assert answer.find(f".//{N}CirculationStatus") is None
    assert answer.find(f".//{N}BibliographicDescription") is None
    assert answer.find(f".//{N}Location") is not None


def test_nothing_asked_for(stage: Stage) -> None:
    assert problem_types(stage.ask(item_set(item("")))) == ["Needed Data Missing"]
