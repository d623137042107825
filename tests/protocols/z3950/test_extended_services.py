"""Extended services: records updated and items ordered by those who may, and the packages."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from catalogue.items import add_item
from catalogue.marc.iso2709 import build
from circulation.interlending.lists import open_loans
from protocols.z3950.association import Option
from protocols.z3950.codec import read_value
from protocols.z3950.messages.building_blocks import DateTime, DefaultDiagFormat, V2Addinfo
from protocols.z3950.messages.extended_services import (
    ExtendedServicesRequest,
    ExtendedServicesResponse,
)
from protocols.z3950.messages.packages import (
    AddlBilling,
    Contact,
    CorrelationInfo,
    ItemOrderRequest,
    ItemOrderTaskPackage,
    ItemOrderToKeep,
    PaymentMethod,
    RequestedItem,
    ResultSetItem,
    UpdateTaskPackage,
)
from protocols.z3950.messages.result_sets import SortKeySpec, SortRequest
from protocols.z3950.records.forms import DANMARC, USMARC, XML
from protocols.z3950.wire.asn1 import External, SingleAsn1Type
from tests.builders import circulation
from tests.builders.circulation import a_patron
from tests.builders.holds import a_hold, holds_of
from tests.builders.interlending import a_partner
from tests.protocols.z3950.extended import (
    ACCOUNTS,
    DELETE,
    HASH,
    INSERT,
    ITEM_ORDER,
    PERIODIC_QUERY,
    REPLACE,
    TASK_PACKAGE,
    UPDATE,
    UPDATE_REVISION_0,
    Place,
    a_request,
    condition,
    failure,
    package,
    send,
    supplied,
    update,
)
from tests.protocols.z3950.library import INIT, a_library, marc_record
from tests.protocols.z3950.pqf import search
from tests.protocols.z3950.serving import a_server


def update_part(response: ExtendedServicesResponse) -> UpdateTaskPackage:
    encoding = package(response).task_specific_parameters.encoding
    assert isinstance(encoding, SingleAsn1Type)
    return read_value(UpdateTaskPackage, encoding.value, TASK_PACKAGE)


def statuses(response: ExtendedServicesResponse) -> list[int]:
    return [each.record_status for each in update_part(response).target_part.task_package_records]


# Who may


def test_the_service_is_negotiated_where_somebody_may_use_it(place: Place) -> None:
    for accounts, is_offered in ((ACCOUNTS, True), (ACCOUNTS[:1], False), ((), False)):
        client = place.client(None, accounts=accounts)
        options = client.session.association.options
        assert bool(options & Option.EXTENDED_SERVICES) is is_offered


@pytest.mark.parametrize(
    ("user", "package_type", "expected"),
    [
        ("cataloguer", PERIODIC_QUERY, (221, PERIODIC_QUERY)),
        ("cataloguer", "1.2.840.10003.9.5", (221, "1.2.840.10003.9.5")),
        ("cataloguer", ITEM_ORDER, (222, "cataloguer")),
        ("reader", UPDATE, (222, "reader")),
        (None, UPDATE, (222, "")),
        ("lost", UPDATE, (222, "DK-000000")),
    ],
)
def test_who_may_not_is_told_so(
    place: Place, user: str | None, package_type: str, expected: tuple[int, str]
) -> None:
    request = replace(update(INSERT, supplied(marc_record(1))), package_type=package_type)
    assert request.task_specific_parameters is not None
    request.task_specific_parameters.direct_reference = package_type
    assert failure(send(place.client(user), request)) == expected
    assert [record.id for record in place.records("rec1")] == [1]


def test_a_service_that_no_account_may_use_is_not_offered(place: Place) -> None:
    client = place.client("reader", accounts=ACCOUNTS[:1])
    assert failure(send(client, update(INSERT, supplied(marc_record(1))))) == (221, UPDATE)


def test_what_cannot_be_honoured_is_refused_by_name(place: Place) -> None:
    client = place.client()
    good = update(INSERT, supplied(marc_record(7)))
    external = good.task_specific_parameters
    for request, expected in (
        (replace(good, function=2), (1040, "2")),
        (replace(good, wait_action=5), (1047, "5")),
        (replace(good, task_specific_parameters=None), (1008, "taskSpecificParameters")),
        (
            replace(good, task_specific_parameters=replace(external, direct_reference=ITEM_ORDER)),  # type: ignore[type-var]
            (1043, ITEM_ORDER),
        ),
        (update(4, supplied(marc_record(7))), (1044, "4")),
        (update(INSERT, supplied(marc_record(7)), schema="1.2.3"), (1045, "1.2.3")),
        (
            update(
                INSERT,
                supplied(marc_record(7)),
                action_qualifier=External(b"x", direct_reference="1.2"),
            ),
            (1057, "actionQualifier"),
        ),
        (update(INSERT), (1008, "suppliedRecords")),
        (update(INSERT, supplied(marc_record(7)), database="nowhere"), (109, "nowhere")),
    ):
        assert failure(send(client, request)) == expected
    broken = External(SingleAsn1Type(b"\xa1\x03\x02\x01\x01"), direct_reference=UPDATE)
    assert failure(send(client, replace(good, task_specific_parameters=broken)))[0] == 1001
    assert place.records("rec7") == []


# Update


@pytest.mark.parametrize("package_type", [UPDATE, UPDATE_REVISION_0])
def test_an_inserted_record_is_found_at_once(place: Place, package_type: str) -> None:
    client = place.client()
    record = marc_record(7, note="Inserted")
    correlation = CorrelationInfo("mine", 42)
    response = send(
        client,
        update(
            INSERT,
            supplied(record, correlation_info=correlation),
            package_type=package_type,
            element_set_name="F",
        ),
    )
    assert (response.operation_status, response.diagnostics) == (1, None)
    whole = package(response)
    assert (whole.package_type, whole.task_status) == (package_type, 2)
    assert whole.creation_date_time == "20261125110000Z"
    part = update_part(response)
    assert part.origin_part.database_name == "catalogue"
    assert part.target_part.update_status == 1
    [entry] = part.target_part.task_package_records
    assert (entry.record_status, entry.correlation_info) == (1, correlation)
    [stored] = place.records("rec7")
    assert entry.record_or_sur_diag == External(stored.data, direct_reference=USMARC)
    assert client.search(search("@attr 1=1016 inserted")).result_count == 1


def test_a_record_belongs_to_the_agency_whose_database_it_is_inserted_into(place: Place) -> None:
    client = place.client()
    of_agency = ["DK-900100"]
    for number, database, hits in (
        (7, "DK-900101", 1),
        (8, "dk-900100", 1),
        (9, "Prøveland", 0),
        (10, "catalogue", 0),
    ):
        request = update(INSERT, supplied(marc_record(number)), database=database)
        assert statuses(send(client, request)) == [1]
        found = client.search(search(f"@attr 1=12 rec{number}", database_names=of_agency))
        assert found.result_count == hits


@pytest.mark.parametrize("named", [2, "rec2", b"rec2", None])
def test_a_record_is_replaced_however_it_is_named(
    place: Place, named: int | str | bytes | None
) -> None:
    client = place.client()
    response = send(client, update(REPLACE, supplied(marc_record(2, note="Rettet"), named)))
    assert statuses(response) == [1]
    assert client.search(search("@attr 1=1016 rettet")).result_count == 1
    assert [record.id for record in place.records("rec2")] == [2]


def test_marcxml_and_danmarc2_are_taken(place: Place) -> None:
    xml = (
        b'<record xmlns="http://www.loc.gov/MARC21/slim"><leader>00000nam a2200000 i 4500</leader>'
        b'<controlfield tag="001">x1</controlfield><datafield tag="245" ind1="1" ind2="0">'
        b'<subfield code="a">Om kornet</subfield></datafield></record>'
    )
    client = place.client()
    fields = ((b"001", b"00\x1fad1\x1fb870970"), (b"245", b"00\x1faKornet"))
    danmarc2 = build(b"00000n    2200000   4500", fields)
    response = send(
        client,
        update(INSERT, supplied(xml, syntax=XML), supplied(danmarc2, syntax=DANMARC)),
    )
    assert statuses(response) == [1, 1]
    assert client.search(search("@attr 1=4 kornet")).result_count == 2


def test_each_record_fails_by_itself(place: Place) -> None:
    a_hold(place.circulation, a_patron(place.circulation), "I2")
    response = send(
        place.client(),
        update(
            DELETE,
            supplied(None, "rec3"),
            supplied(None, "nothing"),
            supplied(marc_record(2), 2),
        ),
    )
    assert response.operation_status == 1
    part = update_part(response).target_part
    assert (part.update_status, statuses(response)) == (2, [1, 4, 4])
    reasons = [
        condition(entry.record_or_sur_diag[0])
        for entry in part.task_package_records
        if isinstance(entry.record_or_sur_diag, list)
    ]
    assert reasons == [
        (224, "no record is nothing"),
        (224, "it has items (1); somebody waits for it (1)"),
    ]
    assert place.records("rec3") == []
    assert len(place.records("rec2")) == 1


def test_where_all_fail_the_request_has_failed(place: Place) -> None:
    client = place.client()
    for record, expected in (
        (supplied(b"no record"), 224),
        (supplied(b"x", syntax="1.2.840.10003.5.101"), 239),
        (supplied(None), 1008),
        (supplied(b"<records/>", syntax=XML), 224),
    ):
        response = send(client, update(INSERT, record))
        assert failure(response)[0] == expected
        assert package(response).task_status == 3
        assert update_part(response).target_part.update_status == 3


def test_a_record_is_changed_only_in_databases_that_show_it(place: Place) -> None:
    client = place.client()
    response = send(client, update(DELETE, supplied(None, "rec4"), database="DK-900101"))
    assert failure(response) == (224, "no record is rec4")
    changed = update(REPLACE, supplied(marc_record(1, note="Her"), "rec1"), database="DK-900101")
    assert statuses(send(client, changed)) == [1]


def test_what_the_origin_has_not_seen_is_not_written_over(place: Place) -> None:
    client = place.client()
    as_it_was = External(marc_record(1), direct_reference=USMARC)
    first = replace(supplied(marc_record(1, note="Et"), "rec1"), supplemental_id=as_it_was)
    assert statuses(send(client, update(REPLACE, first))) == [1]
    for seen in (as_it_was, DateTime("20261125105959Z"), "20260101000000.0"):
        late = replace(supplied(marc_record(1, note="To"), "rec1"), supplemental_id=seen)
        reason = failure(send(client, update(REPLACE, late)))
        assert reason == (224, "the record has changed since it was seen")
    timely = replace(
        supplied(marc_record(1, note="To"), "rec1"),
        supplemental_id=DateTime("20261125110000Z"),
    )
    assert statuses(send(client, update(REPLACE, timely))) == [1]


@pytest.mark.parametrize("wait_action", [1, 2, 3, 4])
def test_the_package_comes_back_unless_it_is_not_wanted(place: Place, wait_action: int) -> None:
    request = update(INSERT, supplied(marc_record(7)), wait_action=wait_action)
    response = send(place.client(), request)
    assert response.operation_status == 1
    assert (response.task_package is None) is (wait_action == 4)


def test_version_2_gets_its_own_diagnostics(place: Place) -> None:
    init = replace(INIT, protocol_version=0b011, id_authentication="cataloguer/password")
    client = place.library.client(init, accounts=ACCOUNTS)
    [found] = send(client, update(9, supplied(b""))).diagnostics or ()
    assert isinstance(found, DefaultDiagFormat)
    assert isinstance(found.addinfo, V2Addinfo)


# Item order


def order(
    set_name: str = "default", item: int = 1, *, user: str | None = None, **more: Any
) -> ExtendedServicesRequest:
    wanted = RequestedItem(ResultSetItem(set_name, item))
    return a_request(ITEM_ORDER, ItemOrderRequest(wanted, **more), user_id=user)


def auxiliary_status(response: ExtendedServicesResponse) -> int | None:
    encoding = package(response).task_specific_parameters.encoding
    assert isinstance(encoding, SingleAsn1Type)
    return read_value(
        ItemOrderTaskPackage, encoding.value, TASK_PACKAGE
    ).target_part.auxiliary_status


def test_an_order_is_a_hold_for_the_user_of_the_request(place: Place) -> None:
    card = a_patron(place.circulation)
    client = place.client("broker")
    client.search(search("@attr 1=4 soil"))
    response = send(client, order(item=2, user=card))
    assert response.operation_status == 1
    assert auxiliary_status(response) == 2
    assert package(response).user_id == card
    [placed] = holds_of(place.circulation, card)
    assert placed.hold.record_id == 2


def test_a_record_of_a_sorted_set_may_be_ordered_before_it_was_ever_read(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalogue.searching.sorting.FEW_RECORDS", 1)
    monkeypatch.setattr("catalogue.searching.result_order.FIRST_PIECE", 1)
    card = a_patron(place.circulation)
    client = place.client("broker")
    client.search(search("@attr 1=4 soil"))
    client.send(SortRequest(["default"], "default", [SortKeySpec("date", 1, 0)]))
    assert send(client, order(item=2, user=card)).operation_status == 1
    [placed] = holds_of(place.circulation, card)
    assert placed.hold.record_id == 1
    assert failure(send(client, order(item=3, user=card))) == (13, "3")


def test_an_order_may_name_the_customer_or_stand_for_the_partner(place: Place) -> None:
    customer = a_patron(place.circulation)
    a_patron(place.circulation, "P9")
    billed = ItemOrderToKeep(
        contact=Contact("Ida", None, "ida@example.org"),
        addl_billing=AddlBilling(PaymentMethod.BILL_INVOICE, customer),
    )
    for user, to_keep in (("broker", billed), ("partner", None)):
        client = place.client(user)
        client.search(search("@attr 1=4 soil"))
        assert send(client, order(to_keep=to_keep)).operation_status == 1
    for card in (customer, "P9"):
        assert [each.hold.record_id for each in holds_of(place.circulation, card)] == [1]


def test_orders_that_cannot_be_taken_say_why(place: Place) -> None:
    card = a_patron(place.circulation)
    client = place.client("broker")
    client.search(search("@attr 1=4 soil"))
    client.search(search("@attr 1=1003 tolkien", result_set_name="without items"))
    ill = RequestedItem(ResultSetItem("default", 1), External(b"<ill/>", direct_reference=XML))
    bare = RequestedItem(item_request=External(b"<ill/>"))
    for request, expected in (
        (order("nowhere", user=card), (30, "nowhere")),
        (order(item=3, user=card), (13, "3")),
        (order(item=0, user=card), (13, "0")),
        (order(), (1008, "userId")),
        (order(user="P404"), (222, "no patron has this identifier")),
        (
            order("without items", user=card),
            (224, "no item of this title can be kept for this patron"),
        ),
        (a_request(ITEM_ORDER, ItemOrderRequest(ill), user_id=card), (1009, XML)),
        (a_request(ITEM_ORDER, ItemOrderRequest(bare), user_id=card), (1002, "")),
        (
            a_request(ITEM_ORDER, ItemOrderRequest(RequestedItem()), user_id=card),
            (1008, "resultSetItem"),
        ),
    ):
        assert failure(send(client, request)) == expected
    assert holds_of(place.circulation, card) == []
    assert send(client, order(user=card)).operation_status == 1
    refused = send(client, order(user=card))
    assert failure(refused) == (224, "the patron has a hold on this title already")
    assert auxiliary_status(refused) is None


# A real client


@pytest.fixture(scope="module")
def port(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> Iterator[tuple[int, circulation.Library]]:
    path = tmp_path_factory.mktemp("extended") / "tiro.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    accounts = [
        {"user": "reader", "password": HASH},
        {
            "user": "partner",
            "password": HASH,
            "branch": "DK-900101",
            "may_update": True,
            "may_order": True,
            "patron": "P9",
        },
    ]
    with a_library(f"sqlite:///{path}") as library:
        around = circulation.a_library(library.database)
        a_patron(around, "P9")
        a_partner(around)
        around.write(
            lambda transaction: add_item(
                transaction, barcode="I1", record_id=1, branch_id=around.main.id, now=around.now
            )
        )
        with a_server(f"sqlite:///{path}", accounts=accounts) as port:
            yield port, around


def run(program: Callable[[str], str], port: int, user: str, script: str) -> str:
    done = subprocess.run(
        [program("yaz-client"), "-u", f"{user}/password", f"127.0.0.1:{port}/catalogue"],
        input=script.encode(),
        capture_output=True,
        timeout=30,
        check=True,
    )
    return done.stdout.decode()


def outcomes(printed: str) -> list[str]:
    """Of each task how it went, and the diagnostics."""
    found = re.findall(r"^(?:Z> )*Status: (\w+)|\[(\d+)\]", printed, re.MULTILINE)
    return [status or number for status, number in found]


def test_yaz_client_updates(
    program: Callable[[str], str], port: tuple[int, circulation.Library], tmp_path: Path
) -> None:
    record = tmp_path / "record.xml"
    record.write_text(
        '<record><leader>00000nam a2200000 i 4500</leader><controlfield tag="001">y1'
        '</controlfield><datafield tag="245" ind1="1" ind2="0"><subfield code="a">TITLE'
        "</subfield></datafield></record>"
    )
    other = tmp_path / "other.xml"
    other.write_text(record.read_text().replace("TITLE", "Kornets bog"))
    printed = run(
        program,
        port[0],
        "partner",
        f"update insert none <{record}\nfind @attr 1=4 title\n"
        f"update replace y1 <{other}\nfind @attr 1=4 title\nfind @attr 1=4 kornets\n"
        f"update delete y1 <{other}\nfind @attr 1=4 kornets\nupdate delete y1 <{other}\nquit\n",
    )
    assert "extendedServices" in printed
    assert outcomes(printed) == ["done", "done", "done", "failure", "224"]
    assert re.findall(r"Number of hits: (\d+)", printed) == ["1", "0", "1", "0"]
    refused = run(program, port[0], "reader", f"update insert none <{record}\nquit\n")
    assert outcomes(refused) == ["failure", "222"]


def test_yaz_client_orders(
    program: Callable[[str], str], port: tuple[int, circulation.Library]
) -> None:
    printed = run(
        program,
        port[0],
        "partner",
        "find @attr 1=12 rec1\nitemorder none 1\nitemorder ill 1\nitemorder none 7\nquit\n",
    )
    assert outcomes(printed) == ["done", "done", "failure", "13"]
    [placed] = holds_of(port[1], "P9")
    assert placed.hold.record_id == 1
    [asked] = port[1].read(open_loans)
    assert (asked.title, asked.user) == ("Soil and water", "P9")
