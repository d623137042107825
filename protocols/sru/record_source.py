"""Records from an SRU server, by number: a `protocols.records.record_sources.RecordSource`."""

from __future__ import annotations

from typing import Final

from catalogue.searching.standard_numbers import NumberKind, StandardNumber
from protocols.records.accession_settings import TargetSettings
from protocols.records.record_sources import MOST_RECORDS, SourceError
from protocols.sru.answers import ServerError
from protocols.sru.client import Client
from protocols.sru.messages import Version

#: The schema to ask for if the settings name none.
_SCHEMA: Final = "marcxml"
#: Indexes of the numbers (Bath profile; the context set rec).
_INDEXES: Final = {
    NumberKind.ISBN: "bath.isbn",
    NumberKind.ISSN: "bath.issn",
    NumberKind.EAN: "bath.standardIdentifier",
    NumberKind.CONTROL_NUMBER: "rec.identifier",
}


class SruSource:
    """A server that is asked over one connection for as long as it stays open."""

    def __init__(self, settings: TargetSettings) -> None:
        self._settings = settings
        self._client = Client(
            settings.url,
            version=Version(settings.version),
            user=settings.user,
            password=settings.password,
            timeout=settings.timeout,
        )

    def fetch(self, number: StandardNumber) -> list[bytes]:
        """The records of the number, an ISBN in both of its forms. Raises SourceError."""
        settings = self._settings
        index = settings.queries.get(number.kind.value, _INDEXES[number.kind])
        try:
            for text in number.forms:
                found = self._client.search(
                    f"{index}={_quoted(text)}",
                    number=MOST_RECORDS,
                    schema=settings.schema or _SCHEMA,
                )
                if found.count:
                    return [each.data for each in found.records if each.diagnostic is None]
        except ServerError as error:
            raise SourceError(str(error)) from error
        return []

    def close(self) -> None:
        self._client.close()


def _quoted(text: str) -> str:
    """A term of CQL."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def open_source(settings: TargetSettings) -> SruSource:
    """The source for a target of kind sru."""
    return SruSource(settings)
