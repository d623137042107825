"""The formats in which records are given out, each with its prefix, schema and namespace.

The root of each says where its schema is, as the schema of OAI-PMH has metadata validated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from catalogue.formats.dc import ELEMENTS, dublin_core
from catalogue.formats.marcxchange import MARCXCHANGE
from catalogue.formats.marcxchange import NAMESPACE as MARCXCHANGE_NAMESPACE
from catalogue.formats.marcxml import MARCXML
from catalogue.formats.marcxml import NAMESPACE as MARCXML_NAMESPACE
from catalogue.records import Record
from protocols.oai.messages import ErrorCode, MetadataFormat, OaiError, Problem

_OAI_DC: Final = "http://www.openarchives.org/OAI/2.0/oai_dc/"
_INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance"


class Form(NamedTuple):
    """A format, the stored formats that have it (None: all), and how a record is written in it."""

    told: MetadataFormat
    of_formats: frozenset[str] | None
    render: Callable[[Record], bytes]

    def fits(self, record_format: str) -> bool:
        """Has a record that is stored in this format that form?"""
        return self.of_formats is None or record_format in self.of_formats


def _located(
    namespace: str, schema: str, render: Callable[[Record], bytes]
) -> Callable[..., bytes]:
    plain = f'<record xmlns="{namespace}"'.encode()
    located = (
        f'<record xmlns="{namespace}" xmlns:xsi="{_INSTANCE}" '
        f'xsi:schemaLocation="{namespace} {schema}"'
    ).encode()

    def write(record: Record) -> bytes:
        return render(record).replace(plain, located, 1)

    return write


def _form(
    told: MetadataFormat, render: Callable[[Record], bytes], *of_formats: str
) -> tuple[str, Form]:
    write = _located(told.namespace, told.schema, render)
    return told.prefix, Form(told, frozenset(of_formats) or None, write)


_DC: Final = MetadataFormat("oai_dc", "http://www.openarchives.org/OAI/2.0/oai_dc.xsd", _OAI_DC)
_DC_HEAD: Final = (
    f'<oai_dc:dc xmlns:oai_dc="{_OAI_DC}" xmlns:dc="{ELEMENTS}" xmlns:xsi="{_INSTANCE}" '
    f'xsi:schemaLocation="{_OAI_DC} {_DC.schema}">'
)


def _dublin_core(record: Record) -> bytes:
    return f"{_DC_HEAD}{dublin_core(record)}</oai_dc:dc>".encode()


FORMS: Final[dict[str, Form]] = {
    _DC.prefix: Form(_DC, None, _dublin_core),
    **dict(
        (
            _form(
                MetadataFormat(
                    "marc21",
                    "http://www.loc.gov/standards/marcxml/schema/MARC21slim.xsd",
                    MARCXML_NAMESPACE,
                ),
                MARCXML.render,
                "marc21",
            ),
            _form(
                MetadataFormat(
                    "marcxchange",
                    "http://www.loc.gov/standards/iso25577/marcxchange-1-1.xsd",
                    MARCXCHANGE_NAMESPACE,
                ),
                MARCXCHANGE.render,
            ),
        )
    ),
}


def form_of(prefix: str) -> Form:
    """The format with the prefix. Raises OaiError."""
    form = FORMS.get(prefix)
    if form is None:
        sentence = f"There is no format {prefix}."
        raise OaiError(Problem(ErrorCode.CANNOT_DISSEMINATE_FORMAT, sentence))
    return form
