"""danMARC2 read as `catalogue.formats.bibliographic`.

Source: https://www.kat-format.dk/danMARC2/ . Sort marks (¤) and the sort forms in subfields with
capital codes are left out; an analytical entry within the record (*å) becomes a constituent.
"""

from __future__ import annotations

from typing import Final

from catalogue.formats.bibliographic import (
    Bibliographic,
    Coded,
    Field,
    Name,
    Related,
    Subject,
    Title,
    fields_of,
    trimmed,
)
from catalogue.formats.field_readers import Reader, addresses, publication, text_into
from catalogue.marc.danmarc2 import SORT_MARK, TEXT_SIGN

#: 009 *a as typeOfResource, and *g as the form of the carrier.
_RESOURCE_TYPES: Final = {
    "a": "text", "c": "notated music", "e": "cartographic", "g": "still image",
    "m": "moving image", "p": "text", "r": "sound recording-nonmusical",
    "s": "sound recording-musical", "t": "software, multimedia",
    "u": "three dimensional object", "v": "mixed material",
}  # fmt: skip
_FORMS: Final = {"xx": "print", "xe": "electronic", "xa": "microform"}
#: Notes. 504 is an abstract, 530 lists the contents, 557 and 558 are hosts.
_NOTES: Final = frozenset(str(tag) for tag in range(501, 560) if tag not in (504, 530, 557, 558))
#: What the subfields of controlled subjects are; those not listed are topics.
_KINDS: Final = {"e": "geographic", "q": "geographic", "i": "temporal", "l": "geographic"}
_GENRES: Final = {"665": "gu", "666": "o"}
_LEVELS: Final = "u"


def read_danmarc2(data: bytes) -> Bibliographic:
    """What a danMARC2 record says."""
    made = Bibliographic()
    level = ""
    for each in fields_of(data):
        each = each._replace(parts=tuple((code, _plain(text)) for code, text in each.parts))
        if each.tag == "004":
            level = each.first("a")
        elif each.tag in _READERS:
            _READERS[each.tag](made, each)
        elif each.tag in _NOTES and (text := each.joined(_LETTERS)):
            made.notes.append(Coded("", text))
    made.is_collection = level == "h"
    return made


_LETTERS: Final = "abcdefghijklmnopqrstvwxyz"


def _plain(text: str) -> str:
    """The text without sort marks, but with currency signs."""
    if SORT_MARK not in text:
        return text
    return text.replace(SORT_MARK + TEXT_SIGN, "\0").replace(SORT_MARK, "").replace("\0", SORT_MARK)


def _control(made: Bibliographic, each: Field) -> None:
    made.control_number = each.first("a")
    made.control_source = each.first("b")
    made.changed, made.created = each.first("c"), each.first("d")


def _coded(made: Bibliographic, each: Field) -> None:
    kind = each.first("t")
    made.issuance = "serial" if kind == "p" else "monographic" if kind in ("m", "s", "a") else ""
    made.date = made.date or each.first("a")
    end = each.first("z")
    made.date_end = end if end != made.date else ""
    made.country, made.country_authority = each.first("b"), "iso3166"
    made.languages += each.all("l")
    if each.all("m"):
        made.forms.append("large print")
    if each.all("w"):
        made.forms.append("electronic")


def _material(made: Bibliographic, each: Field) -> None:
    made.resource_type = made.resource_type or _RESOURCE_TYPES.get(each.first("a"), "")
    made.forms += [_FORMS[code] for code in each.all("g") if code in _FORMS]
    if each.first("a") == "p":
        made.forms.append("braille")


def _identifier(**kinds: str) -> Reader:
    """Identifiers by the subfields that hold them; those in x and z are invalid."""

    def read(made: Bibliographic, each: Field) -> None:
        for code, value in each.parts:
            if code in kinds and value:
                is_invalid = code in "xz"
                number = value.replace("-", "") if kinds[code] == "isbn" else value
                made.identifiers.append(Coded(kinds[code], number, "", is_invalid))

    return read


def _languages(made: Bibliographic, each: Field) -> None:
    made.languages += [code for code in each.all("ad") if code not in made.languages]


def _classification(scheme: str, codes: str) -> Reader:
    def read(made: Bibliographic, each: Field) -> None:
        for value in each.all(codes):
            made.classifications.append(Coded(scheme, value))
        if scheme == "dk5" and each.all("ah"):
            name = ", ".join(each.all("ah"))
            made.subjects.append(Subject((), Name("", (("", name),)), "dk5"))

    return read


def name_of(each: Field) -> Name:
    """The person or corporate body of a field."""
    if each.tag[1:] in ("00", "70"):
        parts = [("family", each.joined("a")), ("given", each.joined("h"))]
        parts += [("termsOfAddress", each.joined("ef")), ("date", each.joined("c"))]
        kind = "personal"
    else:
        parts = [("", text) for text in (each.joined("as"), each.joined("c"), each.joined("eijk"))]
        kind = "conference" if each.all("ij") else "corporate"
    parts = [part for part in parts if part[1]]
    if kind == "personal" and len(parts) == 1 and parts[0][0] == "family":
        parts = [("", parts[0][1])]
    return Name(kind, tuple(parts), (), tuple(each.all("4")), each.tag[0] == "1")


def _name(made: Bibliographic, each: Field) -> None:
    if not (name := name_of(each)).parts:
        return  # an unresolved link
    if each.all("å") and each.tag in ("770", "780"):
        made.related.append(Related("constituent", None, name))
    else:
        made.names.append(name)


def _title(made: Bibliographic, each: Field) -> None:
    text = each.joined("a")
    if text:
        number, part = each.joined("gn"), each.joined("o")
        made.titles.append(Title(text, each.joined("bc"), number, part))
    made.titles += [Title(parallel, kind="alternative") for parallel in each.all("p")]
    made.responsibility = made.responsibility or each.joined("ei", " ; ")


def _other_title(kind: str, codes: str) -> Reader:
    def read(made: Bibliographic, each: Field) -> None:
        made.titles += [Title(trimmed(text), kind=kind) for text in each.all(codes)]

    return read


def _series(made: Bibliographic, each: Field) -> None:
    issn = tuple(Coded("issn", value) for value in each.all("z"))
    made.related.append(Related("series", Title(each.joined("a")), None, issn, each.joined("v")))


def _host(made: Bibliographic, each: Field) -> None:
    number = "issn" if each.tag == "557" else "isbn"
    identifiers = tuple(Coded(number, value) for value in each.all("z"))
    part = ", ".join(each.all("vk"))
    title = Title(each.joined("a"))
    published = each.first("j")
    made.related.append(Related("host", title, None, identifiers, part, published))


def _part_title(made: Bibliographic, each: Field) -> None:
    for text in each.all("at"):
        made.related.append(Related("constituent", Title(trimmed(text))))


def _related(made: Bibliographic, each: Field) -> None:
    """Earlier and later titles of a periodical, and its other editions."""
    issn = tuple(Coded("issn", value) for value in each.all("z"))
    if title := each.joined("t") or each.joined("a"):
        made.related.append(Related("", Title(title), None, issn))


def _subject_name(made: Bibliographic, each: Field) -> None:
    if (name := name_of(each)).parts:
        made.subjects.append(Subject((), name))


def _subject(authority: str, codes: str) -> Reader:
    def read(made: Bibliographic, each: Field) -> None:
        source = each.first("2") or authority
        for code, value in each.parts:
            if code in _GENRES.get(each.tag, ""):
                made.genres.append(Coded(source, value))
            elif code in _LEVELS and each.tag == "666":
                made.audiences.append(value)
            elif code in codes:
                kind = _KINDS.get(code, "topic") if each.tag in _GENRES else "topic"
                made.subjects.append(Subject(((kind, value),), None, source))

    return read


def _heading(made: Bibliographic, each: Field) -> None:
    kinds = {"x": "topic", "y": "temporal", "z": "geographic", "v": "genre"}
    parts = [(kinds.get(code, "topic"), text) for code, text in each.parts if code in "axyzv"]
    if parts:
        made.subjects.append(Subject(tuple(parts), None, "lcsh" if each.tag == "650" else "mesh"))


_READERS: Final[dict[str, Reader]] = {
    "001": _control,
    "008": _coded,
    "009": _material,
    "021": _identifier(a="isbn", e="isbn", x="isbn"),
    "022": _identifier(a="issn", z="issn"),
    "023": _identifier(a="ean", b="ean"),
    "024": _identifier(a="isrc"),
    "027": _identifier(a="isrn"),
    "028": _identifier(a="ismn"),
    "041": _languages,
    "050": _classification("lcc", "ab"),
    "060": _classification("nlm", "ab"),
    "080": _classification("udc", "a"),
    "082": _classification("ddc", "a"),
    "652": _classification("dk5", "mnop"),
    "100": _name, "110": _name, "700": _name, "710": _name, "770": _name, "780": _name,
    "210": _other_title("abbreviated", "a"),
    "222": _other_title("alternative", "a"),
    "239": _other_title("uniform", "tuv"),
    "240": _other_title("uniform", "a"),
    "241": _other_title("alternative", "a"),
    "245": _title,
    "739": _other_title("uniform", "tuv"),
    "740": _other_title("alternative", "a"),
    "745": _other_title("alternative", "a"),
    "247": _part_title, "248": _part_title, "795": _part_title,
    "250": text_into("editions", "a"),
    "260": publication("abc"), "264": publication("abc"),
    "300": text_into("extents", "anbcde"),
    "440": _series, "840": _series,
    "504": text_into("abstracts", "a"),
    "530": text_into("contents", "atie"),
    "557": _host, "558": _host,
    "600": _subject_name, "610": _subject_name,
    "620": _subject("", "a"), "630": _subject("", "afs"), "631": _subject("", "abfgst"),
    "633": _subject("", "a"), "634": _subject("", "a"), "645": _subject("", "abc"),
    "650": _heading, "651": _heading, "660": _heading,
    "654": _subject("", "a"), "661": _subject("", "a"), "664": _subject("", "a"),
    "665": _subject("dbcs", "eifqmpnlt"), "666": _subject("dbcs", "eifsqmpnlt"),
    "856": addresses,
    **dict.fromkeys(map(str, range(860, 875)), _related),
}  # fmt: skip
