"""XML from others: without DTDs, entities, network and huge trees."""

from __future__ import annotations

from lxml import etree


class XmlUnreadable(ValueError):
    """Not well-formed, or with a DTD. The message shows nothing of what was read."""


def parsed(document: bytes) -> etree._Element:
    """The root element. Raises XmlUnreadable."""
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
        huge_tree=False,
    )
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise XmlUnreadable("the document is no well-formed XML") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise XmlUnreadable("the document has a DTD")
    return root


def local_text(root: etree._Element, name: str) -> str:
    """The text of the first element of that local name, whatever its namespace; else empty."""
    for element in root.iter():
        if isinstance(element.tag, str) and etree.QName(element).localname == name:
            return (element.text or "").strip()
    return ""
