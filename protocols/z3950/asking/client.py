"""A Z39.50 client (origin) over a plain socket: Init, Search, Present, Scan, Delete, Close.

    with Client.connect("z3950.example.org", 210, timeout=10) as client:
        found = client.search("Default", query("@attr 1=7 9780140449136"))
        for record in client.present(1, min(found, 10)):
            ...                                      # External, or Diagnostic in its place

Each operation may take `timeout` seconds from its first octet to its last, however the target
spreads them, and the size of an answer is bounded: a target that is silent, endless or talks
nonsense costs no more than that, and raises a `TargetError`.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self, TypeVar

from protocols.hosting.outgoing import Connect, NotConnected, connect
from protocols.z3950.asking.origin import (
    MAXIMUM_RESPONSE_SIZE,
    OPTIONS,
    AssociationEnded,
    Origin,
    TargetError,
)
from protocols.z3950.diagnostics import Bib1
from protocols.z3950.messages.apdus import Apdu
from protocols.z3950.messages.association import (
    Close,
    CloseReason,
    IdPass,
    InitializeRequest,
    InitializeResponse,
)
from protocols.z3950.messages.building_blocks import (
    DefaultDiagFormat,
    DiagRec,
    SchemaUri,
    Specification,
    SurrogateDiagnostic,
)
from protocols.z3950.messages.result_sets import DeleteResultSetRequest, DeleteResultSetResponse
from protocols.z3950.messages.retrieval import (
    CompSpec,
    ElementSetNames,
    MultipleNonSurDiagnostics,
    NamePlusRecord,
    PresentRequest,
    PresentResponse,
    Records,
    ResponseRecords,
)
from protocols.z3950.messages.scanning import ListEntries, ScanRequest, ScanResponse, TermInfo
from protocols.z3950.messages.searching import (
    AttributesPlusTerm,
    Query,
    SearchRequest,
    SearchResponse,
    Term,
)
from protocols.z3950.queries.attributes import BIB_1
from protocols.z3950.records.forms import USMARC
from protocols.z3950.wire.asn1 import External

_BLOCK = 1 << 16
#: Seconds that a target gets to answer Close.
_FAREWELL = 1.0
_SCAN_FAILED = 6

A = TypeVar("A", bound=Apdu)
T = TypeVar("T")


class Diagnostic(NamedTuple):
    """A diagnostic of the target, alone or in place of a record."""

    condition: int  # of Bib-1, or of the target's own set
    addinfo: str

    def __str__(self) -> str:
        names = {each.value: each.name.lower().replace("_", " ") for each in Bib1}
        name = names.get(self.condition)
        told = f"diagnostic {self.condition}" + (f", {name}" if name else "")
        return f"{told}: {self.addinfo}" if self.addinfo else told


class TargetRefused(TargetError):
    """The target answered with diagnostics instead; the association goes on."""

    def __init__(self, diagnostics: Sequence[Diagnostic], otherwise: str) -> None:
        super().__init__("; ".join(map(str, diagnostics)) or otherwise)
        self.diagnostics = tuple(diagnostics)


@dataclass(frozen=True, slots=True)
class Login:
    """The user, with `password`, as idPass, and a group if one is needed."""

    user: str
    password: str
    group: str | None = None

    def authentication(self) -> IdPass:
        return IdPass(self.group, self.user, self.password)

    def __repr__(self) -> str:
        return f"Login({self.user!r})"


class ScannedTerm(NamedTuple):
    """An entry of a list of terms; `hits` is None if the target does not say."""

    term: str
    hits: int | None


class Client:
    """One open association, made by `connect`. Not for several threads at once."""

    def __init__(self, connection: socket.socket, timeout: float, maximum_response_size: int):
        self._socket = connection
        self._timeout = timeout
        self._origin = Origin(maximum_response_size)
        #: What the target agreed to; None before that.
        self.agreed: InitializeResponse | None = None

    @classmethod
    def connect(
        cls,
        host: str,
        port: int,
        *,
        login: Login | str | None = None,
        timeout: float = 10.0,
        maximum_response_size: int = MAXIMUM_RESPONSE_SIZE,
        connect: Connect = connect,
    ) -> Self:
        """Connects and initialises. A `login` that is a text is sent as it is (open). Raises
        TargetError if nobody listens or answers, or we are not let in. `connect` decides where it
        may connect to.
        """
        begun = time.monotonic()
        try:
            connection = connect(host, port, timeout)
        except NotConnected as error:
            raise AssociationEnded(str(error)) from error
        except OSError as error:
            raise AssociationEnded(f"cannot connect to {host}:{port}: {_told(error)}") from error
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client = cls(connection, timeout, maximum_response_size)
            client._initialize(login, begun + timeout)
        except BaseException:
            connection.close()
            raise
        return client

    def _initialize(self, login: Login | str | None, deadline: float) -> None:
        size = self._origin.maximum_response_size // 2
        request = InitializeRequest(
            protocol_version=0b111,
            options=int(OPTIONS),
            preferred_message_size=size,
            exceptional_record_size=size,
            id_authentication=login.authentication() if isinstance(login, Login) else login,
            implementation_name="Tiro",
        )
        answer = self._ask(request, InitializeResponse, deadline)
        if not answer.result:
            raise TargetRefused((), "the target does not let us in")
        self.agreed = answer

    def search(
        self,
        databases: str | Sequence[str],
        query: Query,
        *,
        result_set: str = "default",
    ) -> int:
        """The number of records found; they stay in the target's result set. Raises TargetError."""
        request = SearchRequest(
            small_set_upper_bound=0,
            large_set_lower_bound=1,
            medium_set_present_number=0,
            replace_indicator=True,
            result_set_name=result_set,
            database_names=[databases] if isinstance(databases, str) else list(databases),
            query=query,
            preferred_record_syntax=USMARC,
        )
        answer = self._ask(request, SearchResponse)
        _raise_for(answer.records, "" if answer.search_status else "the search failed")
        return answer.result_count

    def present(
        self,
        start: int,
        number: int,
        *,
        syntax: str = USMARC,
        element_set: str | None = "F",
        schema: str | None = None,
        result_set: str = "default",
    ) -> list[External | Diagnostic]:
        """Records `start` (from 1) and the `number` - 1 after it, in the order of the set.

        A target sends fewer if its message is full: the rest needs another call. `schema` (URI)
        chooses among XML records. Raises TargetError.
        """
        composition: ElementSetNames | CompSpec | None = element_set
        if schema is not None:
            generic = Specification(SchemaUri(schema), element_set)
            composition = CompSpec(False, generic, record_syntax=[syntax])
        request = PresentRequest(
            result_set_id=result_set,
            result_set_start_point=start,
            number_of_records_requested=number,
            record_composition=composition,
            preferred_record_syntax=syntax,
        )
        answer = self._ask(request, PresentResponse)
        _raise_for(answer.records, "" if answer.records else "the target gave no records")
        assert isinstance(answer.records, ResponseRecords)
        return [_record(entry) for entry in answer.records.value]

    def scan(
        self, database: str, start: AttributesPlusTerm, number: int, position: int = 1
    ) -> list[ScannedTerm]:
        """Terms around `start`, which should be the one at `position`. Raises TargetError."""
        request = ScanRequest(
            [database],
            start,
            number,
            attribute_set=BIB_1,
            preferred_position_in_response=position,
        )
        answer = self._ask(request, ScanResponse)
        entries = answer.entries or ListEntries()
        diagnostics = [_diagnostic(each) for each in entries.nonsurrogate_diagnostics or ()]
        if answer.scan_status == _SCAN_FAILED or diagnostics:
            raise TargetRefused(diagnostics, "the scan failed")
        return [
            ScannedTerm(_text(each.term), each.global_occurrences)
            for each in entries.entries or ()
            if isinstance(each, TermInfo)
        ]

    def delete(self, *result_sets: str) -> None:
        """Deletes result sets; all of them if none is named. Raises TargetError."""
        request = DeleteResultSetRequest(0 if result_sets else 1, list(result_sets) or None)
        answer = self._ask(request, DeleteResultSetResponse)
        if answer.delete_operation_status != 0:
            raise TargetRefused((), f"not deleted: status {answer.delete_operation_status}")

    def close(self) -> None:
        """Sends Close if that is possible, and closes the connection."""
        try:
            if not self._origin.is_over and not self._origin.is_waiting:
                deadline = time.monotonic() + min(_FAREWELL, self._timeout)
                with contextlib.suppress(TargetError):
                    self._ask(Close(CloseReason.FINISHED), Close, deadline)
        finally:
            self._socket.close()

    @property
    def is_over(self) -> bool:
        """Does the next request need a new association?"""
        return self._origin.is_over

    def _ask(self, request: Apdu, kind: type[A], deadline: float | None = None) -> A:
        """One request and its response; any error of the connection ends the association."""
        if deadline is None:
            deadline = time.monotonic() + self._timeout
        octets = self._origin.request(request)
        self._within(deadline, lambda: self._socket.sendall(octets))
        while True:
            data = self._within(deadline, lambda: self._socket.recv(_BLOCK))
            if not data:
                raise self._origin.end("the target broke off the connection")
            answer = self._origin.receive_data(data)
            if answer is not None:
                assert isinstance(answer, kind)
                return answer

    def _within(self, deadline: float, work: Callable[[], T]) -> T:
        left = deadline - time.monotonic()
        if left <= 0:
            raise self._origin.end("the target did not answer in time")
        self._socket.settimeout(left)
        try:
            return work()
        except TimeoutError:
            raise self._origin.end("the target did not answer in time") from None
        except OSError as error:
            raise self._origin.end(f"the connection broke: {_told(error)}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _told(error: OSError) -> str:
    return error.strerror or str(error)


def _text(term: Term) -> str:
    return term.decode("utf-8", "replace") if isinstance(term, bytes) else str(term)


def _diagnostic(found: DiagRec) -> Diagnostic:
    if isinstance(found, DefaultDiagFormat):
        return Diagnostic(found.condition, found.addinfo.value)
    return Diagnostic(0, found.direct_reference or "of a kind of its own")


def _raise_for(records: Records | None, otherwise: str) -> None:
    """Raises TargetRefused for diagnostics in place of records, or for `otherwise`."""
    if isinstance(records, DefaultDiagFormat):
        raise TargetRefused([_diagnostic(records)], otherwise)
    if isinstance(records, MultipleNonSurDiagnostics):
        raise TargetRefused([_diagnostic(each) for each in records.value], otherwise)
    if otherwise:
        raise TargetRefused((), otherwise)


def _record(entry: NamePlusRecord) -> External | Diagnostic:
    found = entry.record
    if isinstance(found, External):
        return found
    if isinstance(found, SurrogateDiagnostic):
        return _diagnostic(found.value)
    return Diagnostic(0, "a fragment of a record")
