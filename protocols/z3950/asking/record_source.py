"""Records from a Z39.50 target, by number: a `protocols.records.record_sources.RecordSource`."""

from __future__ import annotations

from typing import Final

from catalogue.searching.standard_numbers import NumberKind, StandardNumber
from protocols.records.accession_settings import TargetSettings
from protocols.records.record_sources import MOST_RECORDS, SourceError
from protocols.z3950.asking.client import Client, Login
from protocols.z3950.asking.origin import AssociationEnded, TargetError
from protocols.z3950.messages.searching import RPNQuery, Type1
from protocols.z3950.queries.attributes import BIB_1
from protocols.z3950.queries.pqf import QueryError, attributes, term
from protocols.z3950.records.forms import DANMARC, UNIMARC, USMARC, XML
from protocols.z3950.wire.asn1 import External

_SYNTAXES: Final = {"usmarc": USMARC, "unimarc": UNIMARC, "danmarc": DANMARC, "xml": XML}
#: Bib-1 use attributes of the numbers.
_ATTRIBUTES: Final = {
    NumberKind.ISBN: "@attr 1=7",
    NumberKind.ISSN: "@attr 1=8",
    NumberKind.EAN: "@attr 1=1007",
    NumberKind.CONTROL_NUMBER: "@attr 1=12",
}


class Z3950Source:
    """A target whose association stays open from one number to the next."""

    def __init__(self, settings: TargetSettings) -> None:
        self._settings = settings
        self._client: Client | None = None

    def fetch(self, number: StandardNumber) -> list[bytes]:
        """The records of the number, an ISBN in both of its forms. Raises SourceError."""
        is_kept = self._client is not None
        try:
            try:
                return self._fetch(number)
            except AssociationEnded:
                self.close()
                if not is_kept:
                    raise
                # It may have been closed for inactivity since the last number: try once more.
                return self._fetch(number)
        except (TargetError, QueryError) as error:
            raise SourceError(str(error)) from error

    def _fetch(self, number: StandardNumber) -> list[bytes]:
        client = self._connected()
        settings = self._settings
        elements = attributes(settings.queries.get(number.kind.value, _ATTRIBUTES[number.kind]))
        for text in number.forms:
            query = Type1(RPNQuery(BIB_1, term(elements, text)))
            count = client.search(settings.database, query)
            if count:
                return self._records(client, min(count, MOST_RECORDS))
        return []

    def _records(self, client: Client, number: int) -> list[bytes]:
        settings = self._settings
        is_schema = ":" in settings.schema
        found = client.present(
            1,
            number,
            syntax=_SYNTAXES[settings.syntax],
            element_set="F" if is_schema or not settings.schema else settings.schema,
            schema=settings.schema if is_schema else None,
        )
        return [
            each.encoding
            for each in found
            if isinstance(each, External) and isinstance(each.encoding, bytes)
        ]

    def _connected(self) -> Client:
        if self._client is None or self._client.is_over:
            self.close()
            settings = self._settings
            login = None
            if settings.user is not None:
                login = Login(settings.user, settings.password, settings.group)
            self._client = Client.connect(
                settings.host, settings.port, login=login, timeout=settings.timeout
            )
        return self._client

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


def open_source(settings: TargetSettings) -> Z3950Source:
    """The source for a target of kind z3950."""
    return Z3950Source(settings)
