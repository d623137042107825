"""Digital Post: what MeMo 1.1 and a letter of remote print may hold, as RELAX NG,
since their elements are of many namespaces."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

from lxml import etree
from lxml.builder import ElementMaker

from protocols.digital_post import letters
from protocols.digital_post.memo.layout import LAYOUT, NAMESPACES
from protocols.digital_post.memo.messages import MemoVersion, Message
from protocols.digital_post.memo.values import Simple
from tests.corpora.grammars import write

_R = ElementMaker(
    namespace="http://relaxng.org/ns/structure/1.0",
    nsmap={None: "http://relaxng.org/ns/structure/1.0"},
)
_TYPES = "http://www.w3.org/2001/XMLSchema-datatypes"
_F, _DKAL, _ADIR = letters.FJERNPRINT, "urn:oio:dkal:1.0.0", "urn:oio:adir:dagpenge:2009.07.01"
_ITST = "http://rep.oio.dk/itst.dk/xml/schemas/2006/01/17/"
_DKCC = "http://rep.oio.dk/ebxml/xml/schemas/dkcc/"
_ORDINALS = ("First", "Second", "Third", "Fourth", "Fifth", "Sixth")


def make(folder: Path, chance: Random) -> None:
    """``memo`` below a folder."""
    del chance  # nothing is drawn
    write(folder / "memo" / "memo.rng", _written(_memo()))
    write(folder / "memo" / "fjernprint.rng", _written(_letters()))


def _written(grammar: etree._Element) -> bytes:
    return etree.tostring(grammar, pretty_print=True)


def _memo() -> etree._Element:
    root = _element(NAMESPACES["memo"], "Message", *_children(Message))
    for name in ("memoVersion", "memoSchVersion"):
        root.append(_R.attribute(_R.text(), name=name))
    return root


def _children(kind: type[Any]) -> list[etree._Element]:
    """By the table of MeMo, which `test_reading` holds against the schema where that is."""
    found = []
    for part in LAYOUT[kind]:
        if MemoVersion.V1_1 not in part.versions:
            continue
        prefix, name = part.element.split(":")
        inner = [_R.text()] if isinstance(part.kind, Simple) else _children(part.kind)
        element = _element(NAMESPACES[prefix], name, *inner)
        is_needed = MemoVersion.V1_1 in part.required
        if part.most > 1:
            element = (_R.oneOrMore if is_needed else _R.zeroOrMore)(element)
        elif not is_needed:
            element = _R.optional(element)
        found.append(element)
    return found


def _element(namespace: str, name: str, *content: etree._Element) -> etree._Element:
    return _R.element(*(content or (_R.empty(),)), name=name, ns=namespace)


def _text(namespace: str, name: str, pattern: str) -> etree._Element:
    kind = _R.data(_R.param(pattern, name="pattern"), type="string", datatypeLibrary=_TYPES)
    return _element(namespace, name, kind)


def _letters() -> etree._Element:
    def words(kind: Any) -> str:
        return "|".join(each.value for each in kind)

    lines = [
        _text(f"{_DKCC}2005/05/19/", f"PostalAddress{ordinal}LineText", ".{1,34}")
        for ordinal in _ORDINALS
    ]
    country = _text(f"{_DKCC}2003/02/13/", "CountryIdentificationCode", "[A-Za-z]{2}")
    country.append(_R.attribute(_R.value("iso3166-alpha2"), name="scheme", ns=""))
    address = _element(
        _F,
        "ModtagerAdresse",
        _text(_ITST, "PersonName", ".{1,130}"),
        *map(_R.optional, lines),
        _R.optional(_text(f"{_DKCC}2005/03/15/", "PostCodeIdentifier", "[0-9]{4}")),
        country,
    )
    number = _R.choice(
        _text(_ADIR, "CPRnummerIdentifikator", "[0-9]{10}"),
        _text(_ADIR, "CVRnummerIdentifikator", "[0-9]{8}"),
    )
    letter = _element(
        _F,
        "ForsendelseI",
        _text(_F, "AfsendelseIdentifikator", ".{1,38}"),
        _text(_F, "ForsendelseTypeIdentifikator", "[1-9][0-9]*"),
        _element(
            _F,
            "ForsendelseModtager",
            _element(_DKAL, "AfsendelseModtager", number),
            _R.optional(address),
        ),
        _text(_DKAL, "FilformatNavn", "pdf"),
        _text(_DKAL, "MeddelelseIndholdData", "[A-Za-z0-9+/=]*"),
        _element(_F, "TransaktionsParametreI", _text(_F, "KvitteringsTypeKode", "Alle")),
        _element(_F, "DokumentParametre", _text("urn:oio:sagdok:3.0.0", "TitelTekst", ".+")),
        _element(_F, "PrintParametre", _text(_F, "KuvertTypeKode", words(letters.Envelope))),
        _element(_F, "PostParametre", _text(_F, "PostKategoriKode", words(letters.PostCategory))),
    )
    several = _element(_F, "ForsendelseISamling", _R.oneOrMore(_R.ref(name="letter")))
    return _R.grammar(
        _R.start(_R.choice(several, _R.ref(name="letter"))), _R.define(letter, name="letter")
    )
