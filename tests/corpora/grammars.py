"""Content models in a line each, and the XML Schema that they make.

    record: leader?, (controlfield | datafield)* @type?
    controlfield: text @tag
    datestamp: dateTime

As in a DTD, ``?``, ``*`` and ``+`` say how often, ``|`` between alternatives, ``,`` between what
follows in order. Behind ``@`` are attributes, with ``?`` those that may be missing. What has no
children has a type of XML Schema (``text`` is ``string``), ``one of`` some words, ``empty``
nothing, ``any`` whatever is well-formed. An element without a line is text.
Names with a prefix are of the namespace of that prefix.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from lxml import etree
from lxml.builder import ElementMaker

XSD = "http://www.w3.org/2001/XMLSchema"
_E = ElementMaker(namespace=XSD, nsmap={"xs": XSD})
_TOKEN = re.compile(r"[\w.:-]+|[()|,?*+]")
_HOW_OFTEN = {
    "?": {"minOccurs": "0"},
    "*": {"minOccurs": "0", "maxOccurs": "unbounded"},
    "+": {"maxOccurs": "unbounded"},
}


class _Model:
    """Reads one content model; `refer` makes the particle of a name."""

    def __init__(self, text: str, prefix: str) -> None:
        self.tokens = _TOKEN.findall(text)
        self.names: set[str] = set()
        self._prefix = prefix
        self._at = 0

    def read(self) -> etree._Element:
        """The group that the whole text is."""
        self.tokens = ["(", *self.tokens, ")"]
        return self._particle()

    def _particle(self) -> etree._Element:
        token = self._next()
        if token == "(":
            parts, kind = [self._particle()], _E.sequence
            while (token := self._next()) != ")":
                kind = _E.choice if token == "|" else _E.sequence
                parts.append(self._particle())
            made = kind(*parts)
        else:
            self.names.add(token)
            made = _E.element(ref=token if ":" in token else f"{self._prefix}{token}")
        if self._at < len(self.tokens) and self.tokens[self._at] in _HOW_OFTEN:
            for name, value in _HOW_OFTEN[self._next()].items():
                made.set(name, value)
        return made

    def _next(self) -> str:
        self._at += 1
        return self.tokens[self._at - 1]


def _attributes(text: str) -> list[etree._Element]:
    return [
        _E.attribute(
            {"ref" if ":" in name else "name": name.rstrip("?")}
            | ({} if name.endswith("?") else {"use": "required"})
            | ({} if ":" in name else {"type": "xs:string"})
        )
        for name in text.split()
    ]


def _declaration(name: str, model: str, prefix: str, used: set[str]) -> etree._Element:
    content, _, attributes = (part.strip() for part in model.partition("@"))
    allowed = _attributes(attributes.replace("@", " "))
    word = content or "text"
    if word.startswith("one of "):
        values = [_E.enumeration(value=value) for value in word.split()[2:]]
        return _E.element(_E.simpleType(_E.restriction(*values, base="xs:string")), name=name)
    if re.fullmatch(r"\w+", word) and word[0].islower() and word in _SIMPLE:
        kind = f"xs:{_SIMPLE[word]}"
        if word == "any":
            wild = _E.any(processContents="lax", minOccurs="0", maxOccurs="unbounded")
            inner = _E.complexType(_E.sequence(wild), *allowed, mixed="true")
        elif word == "empty":
            inner = _E.complexType(*allowed)
        elif not allowed:
            return _E.element(name=name, type=kind)
        else:
            inner = _E.complexType(_E.simpleContent(_E.extension(*allowed, base=kind)))
    else:
        read = _Model(word, prefix)
        inner = _E.complexType(read.read(), *allowed)
        used |= {each for each in read.names if ":" not in each}
    return _E.element(inner, name=name)


_SIMPLE = {
    "text": "string",
    "any": "",
    "empty": "",
    **{
        name: name
        for name in (
            *("string", "dateTime", "date", "integer", "boolean", "decimal", "base64Binary"),
            *("nonNegativeInteger", "positiveInteger", "anyURI", "language"),
        )
    },
}


def schema(
    text: str,
    namespace: str = "",
    *,
    others: Mapping[str, tuple[str, str]] | None = None,
    attributes: tuple[str, ...] = (),
) -> bytes:
    """The schema of content models. `others` has, by prefix, the namespaces of elements that are
    declared in other files, with the name of the file; `attributes` are those of the namespace
    itself, which elements name with the prefix ``t``."""
    lines = re.sub(r"\\\n\s*", "", text).strip().splitlines()
    models = dict(line.partition(":")[::2] for line in lines if line.strip() and line[0] != "#")
    prefixes = {prefix: found[0] for prefix, found in (others or {}).items()}
    nsmap = {"xs": XSD, **prefixes} | ({"t": namespace} if namespace else {})
    root = etree.Element(f"{{{XSD}}}schema", nsmap=nsmap, elementFormDefault="qualified")
    if namespace:
        root.set("targetNamespace", namespace)
    for uri, place in (others or {}).values():
        root.append(_E("import", namespace=uri, schemaLocation=place))
    root.extend(_E.attribute(name=name, type="xs:string") for name in attributes)
    used: set[str] = set()
    prefix = "t:" if namespace else ""
    for name, model in models.items():
        root.append(_declaration(name.strip(), model, prefix, used))
    root.extend(_E.element(name=name, type="xs:string") for name in sorted(used - models.keys()))
    return etree.tostring(root, pretty_print=True)


def write(path: Path, content: bytes) -> None:
    """A file, and the folders that it is in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
