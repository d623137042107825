"""The schemas of ISO 18626, to hold documents against, and the messages of other systems."""

from __future__ import annotations

from pathlib import Path

from lxml import etree

from protocols.iso18626.codes import Version

NAMESPACE = "http://illtransactions.org/2013/iso18626"
N = f"{{{NAMESPACE}}}"


class Schemas:
    """Both of them."""

    def __init__(self, shared: Path) -> None:
        folder = shared / "data" / "ncip-schema" / "iso18626"
        self._schemas = {
            Version.V1_2: etree.XMLSchema(file=str(folder / "ISO-18626-v1_2.xsd")),
            Version.V2021: etree.XMLSchema(file=str(folder / "ISO-18626-2021-2.xsd")),
        }

    def check(self, document: bytes, version: Version) -> etree._Element:
        """The one message in a document that is valid in the version; fails on any other."""
        root = etree.fromstring(document)
        schema = self._schemas[version]
        assert schema.validate(root), (schema.error_log, document.decode())
        return root[0]

    def errors(self, root: etree._Element, version: Version) -> list[etree._LogEntry]:
        """What the schema of the version says against a document."""
        schema = self._schemas[version]
        schema.validate(root)
        return list(schema.error_log)


def samples(shared: Path) -> dict[str, bytes]:
    """Messages by file name: 82 of five systems, where the real ones are."""
    folder = shared / "data" / "iso18626-samples"
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.xml"))}
