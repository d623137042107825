"""Reservations: all or none, in parallel, changed and given up."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import timedelta
from queue import SimpleQueue
from typing import Any

import pytest
from twisted.web.resource import Resource

from circulation.kernel.reasons import BlockReason, Reason
from circulation.kernel.results import Refusal
from circulation.patrons.blocks import block_patron
from circulation.patrons.identifiers import find_patron
from protocols.fbs.http import FbsResource
from protocols.fbs.refusals import RESERVATION_RESULTS, reservation_result
from protocols.hosting.http_channel import EndingSite
from protocols.hosting.requests import BoundedRequest
from tests.builders.circulation import an_item
from tests.builders.holds import a_copy, holds_of
from tests.protocols.fbs.stage import AGENCY, Stage
from tests.protocols.hosting.test_brief_requests import Transport

V2 = "v1/{}/patrons/{}/reservations/v2"
PLAIN = "v1/{}/patrons/{}/reservations"
RESULTS = {
    *("success", "patron_is_blocked", "patron_not_found", "already_reserved", "already_loaned"),
    *("material_not_loanable", "material_not_reservable", "material_lost", "material_Discarded"),
    *("loaning_profile_not_found", "material_not_found", "material_part_of_collection"),
    *("not_reservable", "no_reservable_materials", "interlibrary_material_not_reservable"),
    *("previously_loaned_by_homebound_patron", "exceeds_max_reservations"),
}


def reserve(
    stage: Stage, card: str, *wishes: dict[str, Any], kind: str | None = None, path: str = V2
) -> tuple[bool, list[str]]:
    body = {"reservations": list(wishes)} | ({} if kind is None else {"type": kind})
    told = stage.of_patron("POST", card, path, body)
    assert told.status == 200, told
    return told.body["success"], [each["result"] for each in told.body["reservationResults"]]


def of(*titles: str) -> list[dict[str, Any]]:
    return [{"recordId": each} for each in titles]


def listed(stage: Stage, card: str, path: str = V2) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = stage.of_patron("GET", card, path).body
    return told


def titles(stage: Stage, number: int) -> list[str]:
    return [stage.record_of(an_item(stage.library, title=f"T{n}")) for n in range(number)]


def test_one_that_cannot_be_placed_keeps_all_from_being_placed(stage: Stage) -> None:
    card, (first, second) = stage.a_patron(), titles(stage, 2)
    assert reserve(stage, card, *of(first)) == (True, ["success"])
    assert reserve(stage, card, *of(second, first, "52557240")) == (
        False,
        ["success", "already_reserved", "material_not_found"],
    )
    assert [each["recordId"] for each in listed(stage, card)] == [first]


def test_what_the_patron_has_at_home(one_stage: Stage) -> None:
    card = one_stage.a_patron()
    title = one_stage.record_of(an_item(one_stage.library, on_loan_to=card))
    assert reserve(one_stage, card, *of(title)) == (False, ["already_loaned"])


def test_more_than_the_rules_allow(stage: Stage) -> None:
    stage.library.policy(max_holds=2, loan_days=28)
    card, three = stage.a_patron(), titles(stage, 3)
    success, results = reserve(stage, card, *of(*three))
    assert not success
    assert sorted(results) == ["exceeds_max_reservations", "success", "success"]
    assert listed(stage, card) == []


def test_a_patron_who_is_blocked(one_stage: Stage) -> None:
    card, (title,) = one_stage.a_patron(), titles(one_stage, 1)

    def block(transaction: Any) -> None:
        patron_id = find_patron(transaction, card) or 0
        block_patron(one_stage.library.act(transaction), patron_id, BlockReason.EXCLUDED)

    one_stage.library.write(block)
    assert reserve(one_stage, card, *of(title)) == (False, ["patron_is_blocked"])


def test_doubles_are_dropped_and_nothing_is_a_success(one_stage: Stage) -> None:
    card, (title,) = one_stage.a_patron(), titles(one_stage, 1)
    assert reserve(one_stage, card, *of(title, title)) == (True, ["success"])
    assert reserve(one_stage, card) == (True, [])


def test_editions_in_parallel_are_one_transaction(stage: Stage) -> None:
    card, other, (first, second) = stage.a_patron(), stage.a_patron(), titles(stage, 2)
    assert reserve(stage, other, *of(first))[0]
    assert reserve(stage, card, *of(first, second), kind="parallel") == (
        True,
        ["success", "success"],
    )
    its = listed(stage, card)
    assert {each["reservationType"] for each in its} == {"parallel"}
    assert len({each["transactionId"] for each in its}) == 1
    assert [each["numberInQueue"] for each in its] == [1, 1]  # the smallest of the set


def test_in_parallel_too_the_second_version_places_all_or_none(stage: Stage) -> None:
    card, (first, second) = stage.a_patron(), titles(stage, 2)
    reserve(stage, card, *of(first))
    assert reserve(stage, card, *of(first, second), kind="parallel") == (
        False,
        ["already_reserved", "success"],
    )
    assert len(listed(stage, card)) == 1
    assert reserve(
        stage, card, *of(first, second), kind="parallel", path="{}/patrons/{}/reservations/v3"
    ) == (False, ["already_reserved", "success"])
    assert len(listed(stage, card)) == 2


def test_the_first_edition_to_come_ends_the_rest(stage: Stage) -> None:
    card = stage.a_patron()
    copies = [an_item(stage.library, title=f"T{n}") for n in range(2)]
    wanted = [stage.record_of(each) for each in copies]
    assert reserve(stage, card, *of(*wanted), kind="parallel")[0]
    stage.library.check_out(card, copies[1])
    assert listed(stage, card) == []


def test_branch_and_days_of_each(stage: Stage) -> None:
    card, (first, second) = stage.a_patron(), titles(stage, 2)
    until = (stage.library.today + timedelta(days=30)).isoformat()
    wishes = [
        {"recordId": first, "pickupBranch": "DK-900102", "expiryDate": until},
        {"recordId": second},
    ]
    for kind in ("normal", "parallel"):
        assert reserve(stage, card, *wishes, kind=kind)[0]
        its = {each["recordId"]: each for each in listed(stage, card)}
        assert (its[first]["pickupBranch"], its[first]["expiryDate"]) == ("DK-900102", until)
        stage.of_patron(
            "DELETE", card, PLAIN, reservationid=[each["reservationId"] for each in its.values()]
        )
        assert listed(stage, card) == []
    assert its[second]["pickupBranch"] == ("DK-900102" if kind == "parallel" else "DK-900101")


@pytest.mark.parametrize(
    "wrong",
    [
        {"pickupBranch": "DK-900201"},
        {"pickupBranch": "nowhere"},
        {"expiryDate": "2020-01-01"},
        {"expiryDate": "01-01-2027"},
        {"expiryDate": "2027-02-30"},
        {"expiryDate": 20270101},
        {"recordId": ""},
        {"recordId": None},
    ],
)
def test_what_cannot_be_read_is_no_refusal(one_stage: Stage, wrong: dict[str, Any]) -> None:
    one_stage.another_agency()
    card, (first, second) = one_stage.a_patron(), titles(one_stage, 2)
    body = {"reservations": [*of(first), {"recordId": second} | wrong]}
    told = one_stage.of_patron("POST", card, V2, body)
    assert told.status == 400
    assert told.body["validationErrors"]
    assert holds_of(one_stage.library, card) == []


def test_the_first_version_gives_reservations_or_fails(one_stage: Stage) -> None:
    card, (title,) = one_stage.a_patron(), titles(one_stage, 1)
    told = one_stage.of_patron("POST", card, PLAIN, {"reservations": of(title)})
    assert [each["recordId"] for each in told.body] == [title]
    assert told.body[0]["loanType"] == "loan"
    told = one_stage.of_patron("POST", card, PLAIN, {"reservations": of(title)})
    assert (told.status, told.body["errorCode"]) == (500, "reservationsFailed")


def test_an_issue_of_a_serial_is_chosen_as_holdings_tell_it(stage: Stage) -> None:
    card = stage.a_patron()
    copy = an_item(stage.library, title="Bladet", part="2018, nr. 9")
    a_copy(stage.library, copy, part="2018, nr. 10")
    title = stage.record_of(copy)
    assert reserve(stage, card, *of(title)) == (False, ["material_not_reservable"])
    holdings = stage.ask(
        "GET",
        "DK-900100/catalog/holdings/v5",
        session=stage.session,
        recordid=title,
    ).body[0]["holdings"][0]["materials"]
    issue = holdings[1]["periodical"]
    assert issue["displayText"] == "2018, nr. 10"
    assert reserve(stage, card, {"recordId": title, "periodical": issue}) == (True, ["success"])
    unknown = {"recordId": title, "periodical": {"volumeYear": "2019"}}
    assert reserve(stage, card, unknown) == (False, ["material_not_found"])
    [mine] = listed(stage, card)
    assert mine["periodical"] == issue


def test_a_volume_that_says_no_year(one_stage: Stage) -> None:
    card, title = (
        one_stage.a_patron(),
        one_stage.record_of(an_item(one_stage.library, part="Bind 2")),
    )
    wish = {
        "recordId": title,
        "periodical": {"volume": "2", "volumeYear": "", "volumeNumber": None},
    }
    assert reserve(one_stage, card, wish) == (True, ["success"])


def test_how_far_it_has_come(stage: Stage) -> None:
    card, copy = stage.a_patron(), an_item(stage.library)
    title = stage.record_of(copy)
    reserve(stage, card, {"recordId": title, "pickupBranch": "DK-900102"})
    assert listed(stage, card)[0]["state"] == "reserved"
    stage.library.check_in(copy)
    [its] = listed(stage, card)
    assert (its["state"], "numberInQueue" in its) == ("inTransit", False)
    stage.library.check_in(copy, at=stage.library.other)
    [its] = listed(stage, card)
    assert its["state"] == "readyForPickup"
    assert its["pickupNumber"].isdigit()
    assert its["pickupDeadline"] == "2026-12-02"


def test_changes(stage: Stage) -> None:
    card, (title,) = stage.a_patron(), titles(stage, 1)
    reserve(stage, card, *of(title))
    number = listed(stage, card)[0]["reservationId"]
    change = {"reservationId": number, "pickupBranch": "DK-900102", "expiryDate": "2027-01-31"}
    told = stage.of_patron("PUT", card, PLAIN, {"reservations": [change, {"reservationId": 4}]})
    assert [(each["pickupBranch"], each["expiryDate"]) for each in told.body] == [
        ("DK-900102", "2027-01-31")
    ]
    for wrong in ({"pickupBranch": "DK-900201"}, {"expiryDate": "2020-01-01"}):
        body = {"reservations": [{"reservationId": number} | wrong]}
        assert stage.of_patron("PUT", card, PLAIN, body).status == 400
    assert listed(stage, card)[0]["expiryDate"] == "2027-01-31"


def test_nobody_gives_up_what_is_anothers(stage: Stage) -> None:
    card, other, two = stage.a_patron(), stage.a_patron(), titles(stage, 2)
    for each in (card, other):
        reserve(stage, each, *of(*two))
    its, theirs = ([each["reservationId"] for each in listed(stage, c)] for c in (card, other))
    told = stage.of_patron("DELETE", card, PLAIN, reservationid=[its[0], theirs[0], 17])
    assert (told.status, told.body) == (200, None)
    assert [each["reservationId"] for each in listed(stage, card)] == its[1:]
    assert len(listed(stage, other)) == 2
    for wrong in ("x", "-1", str(2**60), ""):
        assert stage.of_patron("DELETE", card, PLAIN, reservationid=wrong).status == 400
    assert stage.of_patron("DELETE", card, PLAIN).status == 400


def test_every_reason_has_a_result_that_clients_know() -> None:
    assert set(RESERVATION_RESULTS.values()) <= RESULTS
    for reason in Reason:
        assert reservation_result([Refusal(reason)]) in RESULTS - {"success"}


@pytest.mark.parametrize(
    ("reasons", "result"),
    [
        ([Reason.PATRON_BLOCKED, Reason.ALREADY_ON_HOLD], "already_reserved"),
        ([Reason.NOT_HOLDABLE, Reason.ALREADY_ON_LOAN_TO_PATRON], "already_loaned"),
        ([Reason.BOOKED], "not_reservable"),
        ([], "not_reservable"),
    ],
)
def test_of_several_reasons_the_telling_one(reasons: Sequence[Reason], result: str) -> None:
    assert reservation_result([Refusal(each) for each in reasons]) == result


class Adapter:
    """The adapter between browsers and FBS: it reads a body as JSON where the answer promises it,
    and else as text."""

    def __init__(self, stage: Stage) -> None:
        root: Any = Resource()  # type: ignore[no-untyped-call]
        root.putChild(b"external", FbsResource(stage.fbs))
        site = EndingSite(root, requestFactory=BoundedRequest)
        self._stage = stage
        self._channel: Any = site.buildProtocol(None)  # type: ignore[no-untyped-call]
        self._answers: SimpleQueue[bytes] = SimpleQueue()
        transport = Transport()
        transport.write = self._answers.put  # type: ignore[method-assign]
        transport.writeSequence = lambda parts: self._answers.put(b"".join(parts))  # type: ignore
        self._channel.makeConnection(transport)

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        octets = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} /external/{path} HTTP/1.1\r\nHost: x\r\nX-Session: {self._stage.session}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(octets)}\r\n\r\n"
        )
        self._channel.dataReceived(head.encode() + octets)
        found = b""
        while not _is_whole(found):
            found += self._answers.get(timeout=30)
        top, _, text = found.partition(b"\r\n\r\n")
        is_json = b"json" in b"".join(re.findall(rb"(?i)\r\ncontent-type:([^\r]*)", top))
        return int(top.split()[1]), json.loads(text) if is_json else text.decode()


def _is_whole(answer: bytes) -> bool:
    top, end, text = answer.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: (\d+)", top)
    return bool(end) and len(text) >= (int(length[1]) if length else 0)


def test_the_adapter_reads_every_answer(stage: Stage) -> None:
    """A reservation is changed and given up, and settings are saved: none of it has a body."""
    card, [title] = stage.a_patron(), titles(stage, 1)
    its = f"{AGENCY}/patrons/{stage.number(card)}"
    adapter = Adapter(stage)
    status, made = adapter.ask("POST", f"v1/{its}/reservations/v2", {"reservations": of(title)})
    number = made["reservationResults"][0]["reservationDetails"]["reservationId"]
    assert (status, made["success"]) == (200, True)
    change = {"reservations": [{"reservationId": number, "pickupBranch": "DK-900102"}]}
    assert adapter.ask("PUT", f"v1/{its}/reservations", change)[0] == 200
    path = f"v1/{its}/reservations?reservationid={number}"
    for _ in range(2):  # the second time there is nothing left of it
        assert adapter.ask("DELETE", path) == (200, "")
    wish = {"preferredPickupBranch": "DK-900102"}
    form = {"patron": wish, "pincodeChange": {"pincode": None}}
    assert adapter.ask("PUT", f"{its}/v8", form) == (204, "")
    assert listed(stage, card) == []
