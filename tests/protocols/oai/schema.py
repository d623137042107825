"""What the schema of OAI-PMH 2.0 asks of a response, as rules: children in their order, and values.

Metadata is held against the schemas of MARC 21 and marcXchange where those are at hand.
"""

from __future__ import annotations

import re
from pathlib import Path

from lxml import etree

OAI = "{http://www.openarchives.org/OAI/2.0/}"
DC = "{http://www.openarchives.org/OAI/2.0/oai_dc/}"
ELEMENTS = "{http://purl.org/dc/elements/1.1/}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"

DATE = r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?"
WHOLE = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
PART = r"[A-Za-z0-9\-_.!~*'()]+"
SPEC = rf"{PART}(:{PART})*"

#: Element -> its children: name, how often at least, at most (None: as often as wanted).
CHILDREN: dict[str, list[tuple[str, int, int | None]]] = {
    "GetRecord": [("record", 1, 1)],
    "Identify": [
        ("repositoryName", 1, 1),
        ("baseURL", 1, 1),
        ("protocolVersion", 1, 1),
        ("adminEmail", 1, None),
        ("earliestDatestamp", 1, 1),
        ("deletedRecord", 1, 1),
        ("granularity", 1, 1),
        ("compression", 0, None),
        ("description", 0, None),
    ],
    "ListIdentifiers": [("header", 1, None), ("resumptionToken", 0, 1)],
    "ListMetadataFormats": [("metadataFormat", 1, None)],
    "ListRecords": [("record", 1, None), ("resumptionToken", 0, 1)],
    "ListSets": [("set", 1, None), ("resumptionToken", 0, 1)],
    "header": [("identifier", 1, 1), ("datestamp", 1, 1), ("setSpec", 0, None)],
    "metadataFormat": [("metadataPrefix", 1, 1), ("schema", 1, 1), ("metadataNamespace", 1, 1)],
    "record": [("header", 1, 1), ("metadata", 0, 1), ("about", 0, None)],
    "set": [("setSpec", 1, 1), ("setName", 1, 1), ("setDescription", 0, None)],
}
TEXTS = {
    "responseDate": WHOLE,
    "protocolVersion": "2[.]0",
    "adminEmail": r"\S+@(\S+\.)+\S+",
    "earliestDatestamp": DATE,
    "deletedRecord": "no|persistent|transient",
    "granularity": "YYYY-MM-DD(Thh:mm:ssZ)?",
    "datestamp": WHOLE,
    "metadataPrefix": PART,
    "setSpec": SPEC,
    "identifier": r"oai:[A-Za-z][A-Za-z0-9.-]*:\d+",
}
ARGUMENTS = {
    "verb": "|".join(name for name in CHILDREN if name[0].isupper()),
    "identifier": r"\S+",
    "metadataPrefix": PART,
    "from": DATE,
    "until": DATE,
    "set": SPEC,
    "resumptionToken": "(?s:.*)",
}
ERRORS = (
    "cannotDisseminateFormat|idDoesNotExist|badArgument|badVerb|noMetadataFormats|noRecordsMatch"
    "|badResumptionToken|noSetHierarchy"
)


def name_of(element: etree._Element) -> str:
    return etree.QName(element).localname


class Schema:
    """The rules, and the schemas of what is in records."""

    def __init__(self, shared: Path) -> None:
        folder = shared / "data" / "sru-schema" / "marcxchange"
        self._marc21 = etree.XMLSchema(file=str(folder / "MARC21slim.xsd"))
        found = sorted(folder.glob("*marcxchange*.xsd")) + sorted(folder.glob("*MarcXchange*.xsd"))
        self._marcxchange = etree.XMLSchema(file=str(found[0])) if found else None

    def check(self, document: bytes) -> etree._Element:
        """The root of a valid response; fails on any other."""
        root = etree.fromstring(document)
        assert root.tag == f"{OAI}OAI-PMH"
        location = root.get(f"{XSI}schemaLocation") or ""
        assert location.split() == [OAI[1:-1], f"{OAI[1:-1]}OAI-PMH.xsd"]
        date, request, *rest = root
        assert (name_of(date), name_of(request)) == ("responseDate", "request")
        codes = [each.get("code") for each in rest if name_of(each) == "error"]
        if codes:
            assert len(codes) == len(rest)
            assert all(re.fullmatch(ERRORS, code or "") for code in codes)
            if {"badVerb", "badArgument"} & set(codes):
                assert dict(request.attrib) == {}
        else:
            (verb,) = rest
            assert name_of(verb) == request.get("verb")
        for name, value in request.attrib.items():
            assert re.fullmatch(ARGUMENTS[str(name)], str(value)), (name, value)
        for element in root.iter(f"{OAI}*"):
            self._check_element(element)
        return root

    def _check_element(self, element: etree._Element) -> None:
        name, children = name_of(element), [name_of(each) for each in element]
        expected = CHILDREN.get(name)
        if name in TEXTS:
            assert re.fullmatch(TEXTS[name], element.text or ""), (name, element.text)
        if expected is not None:
            order = [each[0] for each in expected]
            assert children == sorted(children, key=order.index)
            for child, least, most in expected:
                number = children.count(child)
                assert number >= least, (name, child)
                assert most is None or number <= most
        if name == "header":
            assert element.get("status") in (None, "deleted")
        if name == "record":
            is_deleted = element[0].get("status") == "deleted"
            assert ("metadata" in children) != is_deleted
        if name == "metadata":
            (held,) = element
            assert held.get(f"{XSI}schemaLocation"), "its schema is not found"
            self._check_metadata(held)

    def _check_metadata(self, held: etree._Element) -> None:
        alone = etree.fromstring(etree.tostring(held, with_tail=False))
        if "MARC21/slim" in held.tag:
            assert self._marc21.validate(alone), self._marc21.error_log
        elif "marcxchange" in held.tag:
            if self._marcxchange is not None:
                assert self._marcxchange.validate(alone), self._marcxchange.error_log
        else:
            assert held.tag == f"{DC}dc"
            names = (
                *("title", "creator", "subject", "description", "publisher", "contributor"),
                *("date", "type", "format", "identifier", "source", "language", "relation"),
                *("coverage", "rights"),
            )
            assert all(each.tag in {ELEMENTS + name for name in names} for each in held)
