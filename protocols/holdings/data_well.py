"""The Danish data well: holdingsItemsUpdate over SOAP 1.1 (namespace
``http://oss.dbc.dk/ns/holdingsItemsUpdate``).

What an agency has of a record is told with up to a hundred others (``holdingsItemsUpdate``); where
items have gone, the record alone and whole (``completeHoldingsItemsUpdate``), which replaces all
that was known of it. ``modificationTimeStamp`` is the number of the change: the later wins there.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

from lxml import etree
from pydantic import ConfigDict, Field

from catalogue.changes.numbering import moment_of
from catalogue.formats.xml_text import text
from circulation.holdings.states import HeldItem, HeldState, RecordHoldings
from protocols.holdings.sinks import Refused, Unavailable
from protocols.hosting.validating import written
from protocols.notices.web_calls import HungUp, NotReached, post

NAMESPACE: Final = "http://oss.dbc.dk/ns/holdingsItemsUpdate"
SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
ACTION: Final = f"{NAMESPACE}/HoldingsItemsUpdate"
#: Records of one message, and holdings of a record within it.
AT_MOST: Final = 100

_SIX_DIGITS: Final = re.compile(r"(?:.*[^0-9])?([1-9][0-9]{5})", re.ASCII)
_PARSER: Final = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)


@dataclass(frozen=True)
class DataWellSettings:
    """Where the data well is, and who we are there."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    #: Address of the data well.
    url: Annotated[str, written(r"^https?://", "A_HTTP_ADDRESS")]
    #: The group of its log-in; none where the network is enough.
    group: str = ""
    #: The user of its log-in.
    user: str = ""
    #: The password of its log-in.
    password: str = ""
    #: Does it know the status Lost? Else such an item is NotForLoan.
    knows_lost: bool = True
    #: Authorities by which its certificate is verified; those of the system where there is none.
    ca_file: str | None = None
    #: Seconds that an answer may take.
    timeout: Annotated[float, Field(gt=0, le=600)] = 30.0


def _element(name: str, value: object) -> str:
    return f"<{name}>{text(str(value))}</{name}>"


def digits_of(isil: str) -> str | None:
    """The six digits by which a Danish library is known; None for others."""
    found = _SIX_DIGITS.fullmatch(isil)
    return found[1] if found else None


class DataWellSink:
    """See the module."""

    def __init__(self, settings: DataWellSettings, ca_file: str | None) -> None:
        self._settings = settings
        self._ca_file = ca_file

    def tell(self, told: Sequence[RecordHoldings], now: datetime) -> None:
        for document in self.documents(told):
            self._send(document)

    def documents(self, told: Sequence[RecordHoldings]) -> Iterator[bytes]:
        """The messages. Raises Refused for an agency without a number of six digits."""
        together: defaultdict[str, list[RecordHoldings]] = defaultdict(list)
        alone: list[RecordHoldings] = []
        for each in told:
            agency = digits_of(each.agency)
            if agency is None:
                raise Refused(f"{each.agency} has no number of six digits")
            parts = {item.part for item in each.items}
            if each.gone or not each.items or len(parts) > AT_MOST:
                alone.append(each)
            else:
                together[agency].append(each)
        # What is gone comes first: its number may be told again as that of another record.
        for each in alone:
            item = self._record("completeBibliographicItem", each)
            yield self._envelope("completeHoldingsItemsUpdate", digits_of(each.agency) or "", item)
        for agency, its in together.items():
            for at in range(0, len(its), AT_MOST):
                records = (self._record("bibliographicItem", e) for e in its[at : at + AT_MOST])
                yield self._envelope("holdingsItemsUpdate", agency, "".join(records))

    def _envelope(self, operation: str, agency: str, content: str) -> bytes:
        settings = self._settings
        request = f"{operation}Request"
        who = ""
        if settings.user:
            who = (
                "<authentication>"
                + _element("groupIdAut", settings.group)
                + _element("passwordAut", settings.password)
                + _element("userIdAut", settings.user)
                + "</authentication>"
            )
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<s:Envelope xmlns:s="{SOAP}"><s:Body><{operation} xmlns="{NAMESPACE}"><{request}>'
            f"{who}{_element('agencyId', agency)}{content}"
            f"</{request}></{operation}></s:Body></s:Envelope>\n"
        ).encode()

    def _record(self, name: str, each: RecordHoldings) -> str:
        moment = moment_of(each.number).astimezone(UTC)
        parts: defaultdict[str, list[HeldItem]] = defaultdict(list)
        for item in each.items:
            parts[item.part].append(item)
        stamp = _element("modificationDateTime", f"{moment:%Y-%m-%dT%H:%M:%S}Z") + _element(
            "modificationMilliSeconds", moment.microsecond // 1000
        )
        holdings = "".join(self._holding(part, its) for part, its in parts.items())
        return (
            f"<{name}>{_element('bibliographicRecordId', each.known_as)}"
            f"<modificationTimeStamp>{stamp}</modificationTimeStamp>{holdings}</{name}>"
        )

    def _holding(self, part: str, items: Sequence[HeldItem]) -> str:
        ready = sum(item.state is HeldState.ON_SHELF for item in items)
        dates = [item.due for item in items if item.due is not None]
        on_loan = any(item.state is HeldState.ON_LOAN for item in items)
        expected = ""
        if not ready and dates:
            expected = _element("expectedDeliveryDate", min(dates).isoformat())
        return (
            f"<holding>{expected}{_element('readyForLoan', ready if ready or on_loan else -1)}"
            f"{_element('issueId', part)}{_element('issueText', part)}"
            f"{''.join(self._item(item) for item in items)}</holding>"
        )

    def _item(self, item: HeldItem) -> str:
        state = item.state
        if state is HeldState.LOST and not self._settings.knows_lost:
            state = HeldState.NOT_FOR_LOAN
        told = (
            _element("itemId", item.barcode),
            _element("branchId", digits_of(item.branch) or re.sub(r"\s", "", item.branch)),
            _element("branch", item.branch_name),
            _element("department", item.department),
            _element("location", item.location),
            _element("subLocation", item.sublocation),
            _element("circulationRule", item.material_group),
            _element("status", state.value),
            _element("accessionDate", item.accession.isoformat()),
        )
        return f"<holdingsItem>{''.join(told)}</holdingsItem>"

    def _send(self, document: bytes) -> None:
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{ACTION}"'}
        settings = self._settings
        try:
            answer = post(
                settings.url, document, headers, timeout=settings.timeout, ca_file=self._ca_file
            )
        except (NotReached, HungUp) as error:
            raise Unavailable(str(error)) from error
        status, message = _read(answer.body)
        if status == "ok" and answer.status == 200:
            return
        why = f"{status or f'answers {answer.status}'}: {message}".removesuffix(": ")
        if status in ("failed_invalid_delivery_date", "Client", "Sender"):
            raise Refused(why)
        if status == "failed_update_internal_error" or answer.status == 500:
            raise Refused(why, is_doubtful=True)
        raise Unavailable(why)


def _read(body: bytes) -> tuple[str, str]:
    """The status and message of a response, or the code and text of a SOAP fault; empty where it is
    neither."""
    try:
        root = etree.fromstring(body, _PARSER)
    except etree.XMLSyntaxError:
        return "", ""
    found = {etree.QName(each).localname: each.text or "" for each in root.iter("*")}
    if "faultcode" in found:
        return found["faultcode"].rpartition(":")[2], found.get("faultstring", "")[:300]
    message = found.get("holdingsItemsUpdateStatusMessage", "")[:300]
    return found.get("holdingsItemsUpdateStatus", "").strip(), message


class DataWellDriver:
    """Entry point ``data_well``."""

    settings = DataWellSettings

    def open(self, name: str, settings: DataWellSettings, folder: Path) -> DataWellSink:
        ca_file = None if settings.ca_file is None else str(folder / settings.ca_file)
        return DataWellSink(settings, ca_file)


driver = DataWellDriver()
