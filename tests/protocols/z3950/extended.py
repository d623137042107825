"""A library whose accounts may ask for extended services, and what they ask and are told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from catalogue.records import Record, find_by_control_number
from protocols.z3950.codec import encode_value, read_value
from protocols.z3950.messages.building_blocks import DefaultDiagFormat, DiagRec
from protocols.z3950.messages.extended_services import (
    ExtendedServicesRequest,
    ExtendedServicesResponse,
)
from protocols.z3950.messages.packages import (
    SuppliedRecord,
    TaskPackage,
    UpdateRequest,
    UpdateToKeep,
)
from protocols.z3950.records.forms import USMARC
from protocols.z3950.settings import Account
from protocols.z3950.wire.asn1 import External, SingleAsn1Type
from protocols.z3950.wire.ber import identifier_of
from tests.builders import circulation
from tests.builders.pins import hashed
from tests.protocols.z3950.library import INIT, Client, Library

UPDATE = "1.2.840.10003.9.5.1.1"
UPDATE_REVISION_0 = "1.2.840.10003.9.5.1"
ITEM_ORDER = "1.2.840.10003.9.4"
PERSISTENT_SET = "1.2.840.10003.9.1"
PERIODIC_QUERY = "1.2.840.10003.9.3"
ES_REQUEST = identifier_of(1, constructed=True)
TASK_PACKAGE = identifier_of(2, constructed=True)
INSERT, REPLACE, DELETE = 1, 2, 3

HASH = hashed("password")
ACCOUNTS = (
    Account("reader", HASH),
    Account("cataloguer", HASH, may_update=True, branch="DK-900101"),
    Account("broker", HASH, may_order=True, branch="DK-900101"),
    Account("partner", HASH, may_order=True, branch="DK-900102", patron="P9"),
    Account("keeper", HASH, may_keep_sets=True),
    Account("collector", HASH, may_keep_sets=True),
    Account("lost", HASH, may_update=True, branch="DK-000000"),
)


@dataclass
class Place:
    """A library with five records, of which the first two have an item, and its patrons."""

    library: Library
    circulation: circulation.Library

    def client(self, user: str | None = "cataloguer", **settings: Any) -> Client:
        settings = {"accounts": ACCOUNTS, **settings}
        name = None if user is None else f"{user}/password"
        return self.library.client(replace(INIT, id_authentication=name), **settings)

    def records(self, control_number: str) -> list[Record]:
        return self.library.database.read(
            lambda transaction: find_by_control_number(transaction, control_number=control_number)
        ).result()


def update(
    action: int,
    *supplied: SuppliedRecord,
    database: str = "catalogue",
    wait_action: int = 1,
    package_type: str = UPDATE,
    **to_keep: Any,
) -> ExtendedServicesRequest:
    parameters = UpdateRequest(UpdateToKeep(action, database, **to_keep), list(supplied))
    return a_request(package_type, parameters, wait_action=wait_action)


def a_request(package_type: str, parameters: object, **fields: Any) -> ExtendedServicesRequest:
    external = External(
        SingleAsn1Type(encode_value(parameters, ES_REQUEST)), direct_reference=package_type
    )
    fields = {"function": 1, "wait_action": 1, "task_specific_parameters": external} | fields
    return ExtendedServicesRequest(package_type=package_type, **fields)


def supplied(
    data: bytes | None, named: int | str | bytes | None = None, syntax: str = USMARC, **more: Any
) -> SuppliedRecord:
    record = None if data is None else External(data, direct_reference=syntax)
    return SuppliedRecord(named, record=record, **more)


def send(client: Client, request: ExtendedServicesRequest) -> ExtendedServicesResponse:
    answered = client.send(request)
    assert isinstance(answered, ExtendedServicesResponse)
    return answered


def failure(response: ExtendedServicesResponse) -> tuple[int, str]:
    """Condition and additional information of a request that failed as a whole."""
    assert response.operation_status == 3
    [found] = response.diagnostics or ()
    return condition(found)


def condition(diagnostic: DiagRec) -> tuple[int, str]:
    assert isinstance(diagnostic, DefaultDiagFormat)
    return diagnostic.condition, diagnostic.addinfo.value


def package(response: ExtendedServicesResponse) -> TaskPackage:
    external = response.task_package
    assert external is not None
    assert external.direct_reference == "1.2.840.10003.5.106"
    assert isinstance(external.encoding, SingleAsn1Type)
    return read_value(TaskPackage, external.encoding.value)
