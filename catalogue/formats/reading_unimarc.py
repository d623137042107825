"""UNIMARC read as `catalogue.formats.bibliographic`.

Source: UNIMARC Manual, Bibliographic Format (IFLA).
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
from catalogue.formats.field_readers import Reader, addresses, publication, text_into, value_into

#: Leader/06 as typeOfResource: not all letters mean the same as in MARC 21.
_RESOURCE_TYPES: Final = {
    "a": "text", "b": "text", "c": "notated music", "d": "notated music", "e": "cartographic",
    "f": "cartographic", "g": "moving image", "i": "sound recording-nonmusical",
    "j": "sound recording-musical", "k": "still image", "l": "software, multimedia",
    "m": "mixed material", "r": "three dimensional object",
}  # fmt: skip
_AUDIENCES: Final = {
    "a": "juvenile", "b": "preschool", "c": "primary", "d": "pre-adolescent", "e": "adolescent",
    "k": "adult", "m": "adult",
}  # fmt: skip
_NOTES: Final = {
    "300": "", "301": "", "302": "", "303": "", "304": "", "305": "", "306": "",
    "307": "", "308": "", "310": "", "311": "", "312": "", "313": "", "314": "",
    "315": "", "316": "", "317": "ownership", "318": "action", "320": "bibliography",
    "321": "citation/reference", "322": "creation/production credits", "323": "performers",
    "324": "original version", "325": "reproduction", "326": "", "328": "thesis",
    "336": "", "337": "system details", "345": "acquisition",
}  # fmt: skip
_RELATED: Final = {
    "410": "series", "421": "constituent", "422": "host", "430": "preceding", "431": "preceding",
    "432": "preceding", "433": "preceding", "434": "preceding", "436": "preceding",
    "440": "succeeding", "441": "succeeding", "442": "succeeding", "443": "succeeding",
    "444": "succeeding", "451": "otherVersion", "452": "otherFormat", "453": "otherVersion",
    "454": "original", "461": "host", "462": "host", "463": "host", "464": "constituent",
    "488": "",
}  # fmt: skip
_SUBDIVISIONS: Final = {"x": "topic", "y": "geographic", "z": "temporal", "j": "genre"}


def read_unimarc(data: bytes) -> Bibliographic:
    """What a UNIMARC record says."""
    made = Bibliographic()
    kind, level = chr(data[6]), chr(data[7])
    made.resource_type = _RESOURCE_TYPES.get(kind, "")
    made.is_manuscript = kind in "bdf"
    made.is_collection = level == "c"
    issuances = {"s": "serial", "i": "integrating resource", "m": "monographic", "a": "monographic"}
    made.issuance = issuances.get(level, "")
    for each in fields_of(data):
        if each.tag in _READERS:
            _READERS[each.tag](made, each)
        elif each.tag in _NOTES and (text := each.joined("abcdefghijklmnopqrstvxyz")):
            made.notes.append(Coded(_NOTES[each.tag], text))
    return made


def _general(made: Bibliographic, each: Field) -> None:
    """100 $a: date entered, type of date, dates, audience (from positions 0, 8, 9 and 17)."""
    value = each.first("a")
    made.created = value[:8].strip()
    first, second = value[9:13], value[13:17]
    if first.isdigit():
        made.date = first
        if value[8:9] in "abfg" and second.isdigit() and second != "9999":
            made.date_end = second
        elif value[8:9] == "h" and second.isdigit():
            made.copyright_date = second
    made.audiences += [_AUDIENCES[code] for code in value[17:20] if code in _AUDIENCES]


def _identifier(kind: str) -> Reader:
    def read(made: Bibliographic, each: Field) -> None:
        for code, value in each.parts:
            if code in "az" and value:
                number = value.strip().replace("-", "") if kind == "isbn" else value.strip()
                made.identifiers.append(Coded(kind, number, "", code == "z"))

    return read


def _languages(made: Bibliographic, each: Field) -> None:
    made.languages += [code for code in each.all("a") if code not in made.languages]


def _country(made: Bibliographic, each: Field) -> None:
    made.country, made.country_authority = each.first("a").lower(), "iso3166"


def _title(made: Bibliographic, each: Field) -> None:
    proper = each.all("a")
    for text in proper[:1]:
        title, part = trimmed(text), each.joined("i", ", ")
        made.titles.append(Title(title, each.joined("e", " : "), each.joined("h", ", "), part))
    made.titles += [Title(trimmed(text), kind="alternative") for text in proper[1:]]
    made.titles += [Title(trimmed(text), kind="alternative") for text in each.all("d")]
    made.responsibility = each.joined("fg", " ; ")


def _other_title(kind: str) -> Reader:
    def read(made: Bibliographic, each: Field) -> None:
        text = each.joined("a")
        if text:
            number, part = each.joined("h", ", "), each.joined("i", ", ")
            made.titles.append(Title(text, each.joined("e"), number, part, "", kind))

    return read


def name_of(each: Field) -> Name:
    """The name in a 6XX or 7XX: a person in 600 and 700 to 702, else a corporate body."""
    if each.tag in ("700", "701", "702", "600"):
        parts = [("family", each.joined("a")), ("given", each.joined("b"))]
        parts += [("termsOfAddress", each.joined("cd")), ("date", each.joined("f"))]
        if not parts[1][1]:
            parts[0] = ("", parts[0][1])
        kind = "personal"
    else:
        parts = [("", text) for text in (*map(trimmed, each.all("ab")), each.joined("cdef"))]
        kind = "conference" if each.indicators[0] == "1" else "corporate"
    is_main = each.tag in ("700", "710", "720")
    return Name(kind, tuple(p for p in parts if p[1]), (), tuple(each.all("4")), is_main)


def _name(made: Bibliographic, each: Field) -> None:
    if (name := name_of(each)).parts:
        made.names.append(name)


def _series(made: Bibliographic, each: Field) -> None:
    issn = tuple(Coded("issn", value) for value in each.all("x"))
    if text := each.joined("a"):
        title = Title(text, each.joined("e"), each.joined("h"), each.joined("i"))
        made.related.append(Related("series", title, None, issn, each.joined("v")))


def _related(made: Bibliographic, each: Field) -> None:
    """Links to other records, written with subfields; embedded fields are not read."""
    if not (text := each.joined("t")):
        return
    identifiers = [Coded("issn", value) for value in each.all("x")]
    identifiers += [Coded("isbn", value) for value in each.all("y")]
    identifiers += [Coded("local", value) for value in each.all("0")]
    author = each.joined("a")
    name = Name("", (("", author),)) if author else None
    kind = _RELATED[each.tag]
    part, year = each.joined("v"), each.joined("d")
    made.related.append(Related(kind, Title(text), name, tuple(identifiers), part, year))


def _subject(kind: str) -> Reader:
    def read(made: Bibliographic, each: Field) -> None:
        parts = [(kind, each.joined("ahi" if kind == "titleInfo" else "a"))]
        parts += [(_SUBDIVISIONS[c], trimmed(text)) for c, text in each.parts if c in _SUBDIVISIONS]
        parts = [part for part in parts if part[1]]
        if parts:
            made.subjects.append(Subject(tuple(parts), None, each.first("2")))

    return read


def _subject_name(made: Bibliographic, each: Field) -> None:
    parts = [(_SUBDIVISIONS[c], trimmed(text)) for c, text in each.parts if c in _SUBDIVISIONS]
    if (name := name_of(each)).parts:
        made.subjects.append(Subject(tuple(parts), name, each.first("2")))


def _terms(made: Bibliographic, each: Field) -> None:
    made.subjects += [Subject((("topic", trimmed(text)),)) for text in each.all("a")]


def _genre(made: Bibliographic, each: Field) -> None:
    if text := each.joined("a"):
        made.genres.append(Coded(each.first("2"), text))


def _classification(scheme: str) -> Reader:
    def read(made: Bibliographic, each: Field) -> None:
        for value in each.all("a"):
            edition = each.first("v") if scheme == "ddc" else ""
            made.classifications.append(Coded(scheme or each.first("2"), value, edition))

    return read


def _source(made: Bibliographic, each: Field) -> None:
    made.cataloguing_source = made.cataloguing_source or each.first("b")


_READERS: Final[dict[str, Reader]] = {
    "001": value_into("control_number"),
    "005": value_into("changed"),
    "010": _identifier("isbn"),
    "011": _identifier("issn"),
    "012": _identifier("fingerprint"),
    "013": _identifier("ismn"),
    "016": _identifier("isrc"),
    "073": _identifier("ean"),
    "100": _general,
    "101": _languages,
    "102": _country,
    "200": _title,
    "205": text_into("editions", "abf"),
    "210": publication("acd"), "214": publication("acd"),
    "215": text_into("extents", "acde"),
    "225": _series,
    "326": text_into("frequencies", "a"),
    "327": text_into("contents", "a"),
    "330": text_into("abstracts", "a"),
    "333": text_into("audiences", "a"),
    "500": _other_title("uniform"), "503": _other_title("uniform"),
    "510": _other_title("alternative"), "512": _other_title("alternative"),
    "513": _other_title("alternative"), "514": _other_title("alternative"),
    "515": _other_title("alternative"), "516": _other_title("alternative"),
    "517": _other_title("alternative"), "518": _other_title("alternative"),
    "530": _other_title("alternative"), "531": _other_title("abbreviated"),
    "532": _other_title("alternative"), "540": _other_title("alternative"),
    "541": _other_title("translated"),
    "600": _subject_name, "601": _subject_name, "602": _subject_name,
    "605": _subject("titleInfo"), "606": _subject("topic"), "607": _subject("geographic"),
    "608": _genre, "610": _terms,
    "675": _classification("udc"), "676": _classification("ddc"),
    "680": _classification("lcc"), "686": _classification(""),
    "700": _name, "701": _name, "702": _name, "710": _name, "711": _name, "712": _name,
    "720": _name,
    "801": _source,
    "856": addresses,
    **dict.fromkeys(_RELATED, _related),
}  # fmt: skip
