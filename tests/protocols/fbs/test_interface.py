"""Every answer of every call is what the published interface says of it: over requests that are
drawn, a short draw here and a long one in CI."""

from __future__ import annotations

import json
import logging
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.database import Transaction
from circulation.kernel.reasons import BlockReason
from circulation.ledger.money import ChargeKind
from circulation.patrons.addresses import NewAddress, add_address
from circulation.patrons.blocks import block_patron
from circulation.patrons.identifiers import find_patron
from circulation.patrons.kinds import PatronKind
from protocols.fbs.calls import MISSING, Asker, Call
from protocols.fbs.table import CALLS
from tests.builders.bookings import a_set
from tests.builders.circulation import an_item
from tests.builders.fees import charge
from tests.builders.holds import a_copy
from tests.corpora.fbs import Answers, differences, shape
from tests.examples import examples
from tests.protocols.fbs.interface import Interface
from tests.protocols.fbs.stage import AGENCY, CHILD, PERSON, PIN, Stage, Told, a_stage

#: Statuses that any call may have besides those that are published for it.
ANY = {400, 401, 403}
#: And some calls: who registers twice, the first version of reserving, which has no results, and
#: what would be believed done, if it were answered for a patron who is not there.
MORE = {
    "PUT {agencyid}/patrons/{patronid}/identifiers/block/v1": {404},
    "PUT {agencyid}/patrons/{patronid}/guardian/v1": {404},
    "PUT {agencyid}/patrons/{patronid}/guardian/v2": {404},
    **{f"POST {path}": {409} for path in ("v1/{agencyid}/patrons", "v2/{agencyid}/patrons")},
    **{f"POST {{agencyid}}/patrons/v{each}": {409} for each in range(3, 11)},
    **{f"POST {{agencyid}}/patrons/withGuardian/v{each}": {409} for each in range(1, 5)},
    "POST v1/{agencyid}/patrons/{patronid}/reservations": {500},
    **{
        f"GET {{agencyid}}/patrons/{kind}/{{patronid}}{version}": {404}
        for kind in ("person", "company", "group", "library")
        for version in ("", "/v2", "/v3", "/v4")
    },
}


def test_every_call_is_published(interface: Interface) -> None:
    ours = {(call.method, call.path) for call in CALLS}
    # The adapter asks it, and the documents that we have are older.
    later = {("POST", "{agencyid}/patrons/authenticate/v10")}
    assert ours - later <= set(interface.operations)


def test_everything_that_the_adapter_publishes_is_there(interface: Interface) -> None:
    assert set(interface.adapter) <= {(call.method, call.path) for call in CALLS}


#: All but the log-in, which needs no session.
ASKED = [call for call in CALLS if call.asker is not Asker.ANYBODY]


MORE_SETTINGS: dict[str, Any] = {"configuration": {"text": "yes", "list": ("a", "b")}}


@dataclass
class Person:
    """A patron of whom there is everything that answers tell of."""

    card: str
    loans: list[int]
    reservations: list[int]
    fees: list[int]
    bookings: list[str]


class Scene:
    """A library with titles of all sorts, and as many patrons as are wanted."""

    def __init__(self, stage: Stage) -> None:
        self.stage, library = stage, stage.library
        self.free = an_item(library, title="Pan", department="vo", location="fag")
        self.serial = an_item(library, title="Bladet", part="2018, nr. 9")
        a_copy(library, self.serial, part="Årg. 3, nr. 1")
        self.records = [*(stage.record_of(each) for each in (self.free, self.serial)), "52557240"]
        self.class_set = stage.record_of(a_set(library, 3)[0])
        self.records.append(self.class_set)
        self.days = (library.today + timedelta(days=each * 5) for each in count(2))
        self.blocked = stage.a_patron()
        self.others = {kind: stage.a_patron(kind=kind) for kind in PatronKind}
        self.numbers = count(1000)

        def work(transaction: Transaction) -> None:
            patron_id = find_patron(transaction, self.blocked) or 0
            for reason in BlockReason:
                block_patron(library.act(transaction), patron_id, reason)

        library.write(work)

    def a_cpr(self) -> str:
        """A national number that nobody has yet."""
        return f"010180{next(self.numbers):04}"

    def a_booking(self) -> dict[str, Any]:
        """A wish for a copy, at a time for which nobody has another."""
        return {
            "recordId": self.class_set,
            "preferredMaterials": 1,
            "minimumMaterials": 1,
            "period": {"from": next(self.days).isoformat(), "to": next(self.days).isoformat()},
            "requestedFromBranchId": "DK-900101",
            "deliverBranchId": "DK-900101",
        }

    def a_person(self) -> Person:
        stage, library = self.stage, self.stage.library
        card = stage.a_patron(email="ida@example.org", phone="+4522334455", municipality="900")
        an_item(library, on_loan_to=card)
        for kind in (ChargeKind.LATE_FEE, ChargeKind.COMPENSATION):
            charge(library, card, 2050, kind=kind)

        def work(transaction: Transaction) -> None:
            patron_id = find_patron(transaction, card) or 0
            new = NewAddress(street="Gade", house_number="2", city="By")
            add_address(library.act(transaction), patron_id, new)

        library.write(work)
        wish = {"reservations": [{"recordId": self.records[0]}]}
        made = stage.of_patron("POST", card, "v1/{}/patrons/{}/reservations/v2", wish).body
        booking = {"bookings": [self.a_booking()]}
        booked = stage.of_patron("POST", card, "v1/{}/patrons/{}/bookings", booking)
        loans = stage.of_patron("GET", card, "{}/patrons/{}/loans/v2").body
        fees = stage.of_patron("GET", card, "{}/patron/{}/fees/v2").body
        return Person(
            card,
            [each["loanDetails"]["loanId"] for each in loans],
            [each["reservationDetails"]["reservationId"] for each in made["reservationResults"]],
            [each["feeId"] for each in fees],
            [booked.body[0]["booking"]["bookingId"]],
        )


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("fbs")
    shutil.copy(sqlite_template, folder / "tiro.sqlite")
    with a_stage(f"sqlite:///{folder / 'tiro.sqlite'}", folder, **MORE_SETTINGS) as stage:
        yield Scene(stage)


def _value(schema: dict[str, Any], name: str, scene: Scene, its: Person) -> Any:
    """What may stand in a field: of its type, often something that is there."""
    kind = schema.get("type")
    if kind == "object":
        required = set(schema.get("required", ()))
        fields = {
            each: _value(told, each, scene, its) for each, told in schema["properties"].items()
        }
        return st.fixed_dictionaries(
            {each: value for each, value in fields.items() if each in required},
            optional={each: value for each, value in fields.items() if each not in required},
        )
    if kind == "array":
        return st.lists(_value(schema["items"], name, scene, its), max_size=4)
    if kind == "boolean":
        return st.booleans()
    if kind in ("integer", "number"):
        known = [*its.loans, *its.reservations, *its.fees, scene.stage.number(its.card)]
        return st.sampled_from(known) | st.integers(0, 2**60)
    return _text(name, scene, its)


def _text(name: str, scene: Scene, its: Person) -> Any:
    today = scene.stage.library.today
    days = [(today + timedelta(days=each)).isoformat() for each in (-2, 1, 60)]
    cards = [its.card, str(scene.stage.number(its.card))]
    known = {
        "recordId": scene.records,
        "requestedFromBranchId": ["DK-900101", "DK-900102"],
        "deliverBranchId": ["DK-900101", "DK-900102"],
        "bookingId": [*its.bookings, "7"],
        "pickupBranch": ["DK-900101", "DK-900102", "DK-900201"],
        "preferredPickupBranch": ["DK-900101", "DK-900102"],
        "libraryCardNumber": cards,
        "identifier": cards,
        "enduserId": cards,
        "pincode": [PIN, "7294", "1"],
        "emailAddress": ["ny@example.org", "", "ida@example.org"],
        "email": ["ny@example.org", ""],
        "phoneNumber": ["22334455", ""],
        "cprNumber": [PERSON, scene.a_cpr(), "x"],
        "personIdentifier": [PERSON, scene.a_cpr()],
        "personId": [CHILD, scene.a_cpr()],
        "type": ["normal", "parallel"],
        "preferredLanguage": ["da", "en", "xx"],
        "blockedReason": ["O", "W", "q"],
        "volumeYear": ["2018"],
        "volumeNumber": ["9"],
    }.get(name, days)
    return st.sampled_from(known) | st.text(max_size=12)


Drawn = tuple[Call, str, bytes, dict[str, list[str]]]


def _requests(scene: Scene, interface: Interface) -> Any:
    """A call, of a patron who may be there, with what may come with it."""
    its = scene.a_person()
    numbers = [scene.stage.number(each) for each in (its.card, scene.blocked)]
    numbers += [scene.stage.number(each) for each in scene.others.values()]
    bodies = {
        call.name: _value(schema, "libraryCardNumber", scene, its)
        for call in ASKED
        if (schema := interface.body_schema(call)) is not None and call.reads is not None
    }

    @st.composite
    def drawn(draw: Any) -> Drawn:
        call = draw(st.sampled_from(ASKED))
        number = draw(st.sampled_from([*numbers, numbers[0], numbers[0], 4711]))
        path = call.path.replace("{agencyid}", AGENCY).replace("{patronid}", str(number))
        path = path.replace("{feeId}", str(draw(st.sampled_from([*its.fees, 1]))))
        path = path.replace("{key}", draw(st.sampled_from(["text", "list", "none"])))
        path = path.replace("{recordid}", draw(st.sampled_from(scene.records)))
        body = json.dumps(draw(bodies[call.name])).encode() if call.name in bodies else b""
        query = {
            "recordid": draw(st.lists(st.sampled_from(scene.records), min_size=1, max_size=4)),
            "exclude": draw(st.lists(st.sampled_from(["DK-900102", "x"]), max_size=2)),
            "reservationid": [str(draw(st.sampled_from([*its.reservations, 7])))],
            "bookingid": [draw(st.sampled_from([*its.bookings, "7", "x"]))],
            "includepaid": [draw(st.sampled_from(["true", "false"]))],
            "includenonpayable": [draw(st.sampled_from(["true", "false"]))],
        }
        return call, path, body, query

    return drawn()


def test_a_patron_who_is_not_there_has_an_answer_that_is_published(interface: Interface) -> None:
    missing = [
        call.name
        for call in CALLS
        if call.is_about_patron and call.absent is MISSING and 404 not in _allowed(interface, call)
    ]
    assert missing == []


def _allowed(interface: Interface, call: Call) -> set[int]:
    published = interface.operations.get((call.method, call.path))
    known = set() if published is None else set(published.statuses)
    return known | ANY | MORE.get(call.name, set())


def test_every_answer_is_valid(interface: Interface, scene: Scene) -> None:
    @given(_requests(scene, interface))
    @examples(400)
    def check(drawn: Drawn) -> None:
        call, path, body, query = drawn
        stage = scene.stage
        told = stage.ask(call.method, path, body or None, session=stage.session, **query)
        assert told.status in _allowed(interface, call), (call.name, told)
        if told.status == 200:
            assert not interface.problems(call, told.body), (call.name, told.body)

    check()


@pytest.mark.parametrize("call", ASKED, ids=lambda call: call.name)
def test_the_plainest_answer_is_valid(
    call: Call, judge: Interface | Answers, scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        told = plainest(call, scene)
    assert not _SECRETS.findall(json.dumps(told.body)), call.name
    assert not _SECRETS.findall(caplog.text), call.name
    if "{patronid}/guardian/" in call.path:
        assert told.status == 403  # nobody has let them see the account
        return
    assert told.status == call.status, (call.name, told)
    assert not (judge.problems(call, told.body) if told.status == 200 else [])


#: A national number of the scene, with or without its hyphen; a PIN as a value of its own.
_SECRETS = re.compile(rf'(?<!\d)(?:010180|050318)-?\d{{4}}(?!\d)|"{PIN}"')


def test_our_own_judge_knows_every_call() -> None:
    assert Answers().shapes.keys() == {call.name for call in ASKED}


def test_our_own_judge_sees_what_is_new_and_what_is_otherwise() -> None:
    known = shape([{"id": 1, "lists": [{"a": "x"}], "yes": True}, {"id": 2, "late": 1.5}])
    assert known == [{"id": "number", "late": "number", "lists": [{"a": "str"}], "yes": "bool"}]
    assert differences(known, shape([{"id": 7}])) == []
    assert differences(known, shape([{"id": "7"}])) == ["/0/id: is str, and was number"]
    assert differences(known, shape([{"lists": [{"b": 1}]}])) == ["/0/lists/0/b: is new"]


def plainest(call: Call, scene: Scene) -> Told:
    """What is told to one request, as a client would send it that has nothing special in mind."""
    its, stage = scene.a_person(), scene.stage
    kind = next((each for each in PatronKind if f"/{each.value}/{{" in call.path), None)
    number = stage.number(its.card if kind is None else scene.others[kind])
    path = call.path.replace("{agencyid}", AGENCY).replace("{patronid}", str(number))
    path = path.replace("{feeId}", str(its.fees[0]))
    path = path.replace("{key}", "list" if path.endswith("list") else "text")
    path = path.replace("{recordid}", scene.records[0])
    return stage.ask(
        call.method,
        path,
        None if call.reads is None else _plain_body(call, scene, its),
        session=stage.session,
        recordid=scene.records,
        reservationid=its.reservations,
        bookingid=its.bookings,
        includepaid="true",
        includenonpayable="true",
    )


def _plain_body(call: Call, scene: Scene, its: Person) -> Any:
    stage, path = scene.stage, call.path
    chosen = {
        "preferredPickupBranch": "DK-900102",
        "guardianVisibility": False,
        "receivePostalMail": True,
        "receiveEmail": True,
        "receiveSms": False,
        "emailAddress": "ny@example.org",
    }
    person = scene.a_cpr()
    guardian = {"name": "Bo Ørsted", "email": "bo@example.org", "personIdentifier": person}
    wanted = {"recordId": scene.records[1]}
    wanted |= {"periodical": {"volumeYear": "2018", "volumeNumber": "9"}}  # type: ignore[dict-item]
    child = f"050318{next(scene.numbers) + 5000:04}"
    if "withGuardian" in path and call.method == "PUT":
        ward = stage.a_patron(birth_date=stage.library.today - timedelta(days=3000))
        return {"patronId": stage.number(ward), "guardian": guardian}
    for part, method, body in (
        ("preauthenticated/patronId", "POST", str(stage.number(its.card)).encode()),
        ("preauthenticated", "POST", its.card.encode()),
        ("authenticate", "POST", {"libraryCardNumber": its.card, "pincode": PIN}),
        (
            "requestitem",
            "POST",
            {"recordId": scene.records[0], "requestingAgency": AGENCY, "enduserId": its.card},
        ),
        ("payment", "POST", {"orderId": its.card, "feeIds": its.fees}),
        ("bookings", "POST", {"bookings": [scene.a_booking()]}),
        ("bookings", "PUT", {"bookings": [scene.a_booking() | {"bookingId": its.bookings[0]}]}),
        ("updateconsent", "PUT", b"true" if path.endswith("v1") else {"consent": True}),
        ("identifiers/block", "PUT", {"identifier": its.card}),
        (
            "withGuardian",
            "POST",
            {
                "name": "Liv Ørsted",
                "personId": child,
                "pincode": PIN,
                "preferredPickupBranch": "DK-900101",
                "guardian": guardian,
            },
        ),
        ("patrons/guardian", "POST", person.encode()),
        ("guardian", "PUT", {"guardianPersonId": person, "patron": chosen}),
        ("loans/renew", "POST", its.loans),
        ("reservations", "POST", {"reservations": [wanted]}),
        (
            "reservations",
            "PUT",
            {"reservations": [{"reservationId": its.reservations[0], "pickupBranch": "DK-900102"}]},
        ),
        ("{patronid}", "PUT", {"patron": chosen}),
        ("patrons", "POST", {"personIdentifier": person, "pincode": PIN, "patron": chosen}),
    ):
        if part in path and method == call.method:
            return body
    raise AssertionError(f"nothing is known to send to {call.name}")
