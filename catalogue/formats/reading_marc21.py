"""MARC 21 read as `catalogue.formats.bibliographic`.

It follows the mapping of the Library of Congress (https://www.loc.gov/standards/mods/).
"""

from __future__ import annotations

from typing import Final

from catalogue.formats.bibliographic import (
    Bibliographic,
    Coded,
    Field,
    Name,
    Publication,
    Related,
    Subject,
    Title,
    fields_of,
    trimmed,
)
from catalogue.formats.field_readers import Reader, addresses, text_into, value_into
from catalogue.formats.tables import (
    AUDIENCES,
    FORMS,
    IDENTIFIERS_024,
    NOTES,
    RELATED,
    RESOURCE_TYPES,
    THESAURI,
)

_PERIODS: Final = frozenset("cdikmqu")
_NAME_KINDS: Final = {"00": "personal", "10": "corporate", "11": "conference"}
_SUBDIVISIONS: Final = {"x": "topic", "y": "temporal", "z": "geographic", "v": "genre"}


def read_marc21(data: bytes) -> Bibliographic:
    """What a MARC 21 record says."""
    made = Bibliographic()
    leader = data[:24].decode("ascii", "replace")
    _read_leader(made, leader)
    found = list(fields_of(data))
    has_traced_series = any(each.tag in ("800", "810", "811", "830") for each in found)
    for each in found:
        if each.tag == "008":
            _read_008(made, each.value, leader)
        elif each.tag == "490" and has_traced_series:
            continue
        elif each.tag in _READERS:
            _READERS[each.tag](made, each)
        elif each.tag in NOTES:
            made.notes.append(Coded(NOTES[each.tag], each.joined(_LETTERS)))
    if not made.control_source:
        made.control_source = made.cataloguing_source
    return made


_LETTERS: Final = "abcdefghijklmnopqrstvxyz"


def _read_leader(made: Bibliographic, leader: str) -> None:
    kind, level = leader[6], leader[7]
    made.resource_type = RESOURCE_TYPES.get(kind, "")
    made.is_manuscript = kind in "dft"
    made.is_collection = level == "c"
    made.issuance = {"b": "serial", "s": "serial", "i": "integrating resource"}.get(
        level, "monographic" if level in "acdm" else ""
    )


def _read_008(made: Bibliographic, value: str, leader: str) -> None:
    made.created = value[:6] if value[:6].isdigit() else ""
    kind, first, second = value[6:7], value[7:11], value[11:15]
    if _is_date(first):
        made.date = first
        if kind in _PERIODS and _is_date(second):
            made.date_end = second
        elif kind == "t" and _is_date(second):
            made.copyright_date = second
    if value[15:18].strip(" |") and "|" not in value[15:18]:
        made.country, made.country_authority = value[15:18].strip(), "marccountry"
    if value[35:38].isalpha():
        made.languages.append(value[35:38])
    at = 29 if leader[6] in "efgkor" else 23
    if leader[6] != "m":
        made.forms += [FORMS[value[at]]] if value[at : at + 1] in FORMS else []
    if value[22:23] in AUDIENCES and leader[6] in "acdgijkmort" and leader[7] not in "bis":
        made.audiences.append(AUDIENCES[value[22]])


def _is_date(text: str) -> bool:
    return len(text) == 4 and text[0].isdigit() and all(c.isdigit() or c == "u" for c in text)


def title_of(each: Field, kind: str = "") -> Title:
    """A title: $a and the subfields that go with it, of which a uniform title has more."""
    text = each.joined("afgklmors" if kind == "uniform" else "afgks")
    at = {"245": 1, "240": 1, "242": 1, "440": 1, "830": 1, "222": 1}.get(each.tag, 0)
    counts = each.tag in ("245", "240", "242", "440", "830", "222", "130", "730", "740", "630")
    skip = int(each.indicators[at]) if counts and each.indicators[at].isdigit() else 0
    if not 0 < skip < len(text):
        skip = 0
    return Title(
        text[skip:],
        "" if kind == "uniform" else each.joined("b"),
        each.joined("n", ", "),
        each.joined("p", ", "),
        text[:skip],
        kind,
    )


def name_of(each: Field) -> Name:
    """The name in a field of tag X00, X10 or X11."""
    kind = _NAME_KINDS[each.tag[1:]]
    if kind == "personal":
        parts = [("", each.joined("abq"))]
        parts += [("termsOfAddress", trimmed(text)) for text in each.all("c")]
        parts += [("date", trimmed(text)) for text in each.all("d")]
    elif kind == "corporate":
        parts = [("", trimmed(text)) for text in each.all("ab")]
        parts += [("", each.joined("ndc"))]
    else:
        parts = [("", each.joined("anedcq"))]
    return Name(
        kind,
        tuple(part for part in parts if part[1]),
        tuple(trimmed(text) for text in each.all("j" if kind == "conference" else "e")),
        tuple(code.rsplit("/", 1)[-1] for code in each.all("4")),
        each.tag[0] == "1",
    )


def _main_title(made: Bibliographic, each: Field) -> None:
    made.titles.append(title_of(each))
    made.responsibility = made.responsibility or each.joined("c")
    if each.all("h"):
        made.forms.append(each.joined("h").strip("[]"))


def _other_title(kind: str) -> Reader:
    def read(made: Bibliographic, each: Field) -> None:
        made.titles.append(title_of(each, kind))

    return read


def _name(made: Bibliographic, each: Field) -> None:
    if not each.all("t") or each.tag[0] == "1":
        made.names.append(name_of(each))
        return
    title = Title(each.joined("tklmors"), "", each.joined("n", ", "), each.joined("p", ", "))
    kind = "constituent" if each.indicators[1] == "2" else ""
    made.related.append(Related(kind, title, name_of(_before_title(each))))


def _before_title(each: Field) -> Field:
    codes = [code for code, _ in each.parts]
    return each._replace(parts=each.parts[: codes.index("t")] if "t" in codes else each.parts)


def _related_title(made: Bibliographic, each: Field) -> None:
    kind = "constituent" if each.indicators[1] == "2" else ""
    made.related.append(Related(kind, title_of(each, "uniform" if each.tag == "730" else "")))


def _series(made: Bibliographic, each: Field) -> None:
    if each.tag in ("800", "810", "811"):
        title = Title(each.joined("tklmors"), "", each.joined("n", ", "), each.joined("p", ", "))
        name: Name | None = name_of(_before_title(each))
    else:
        title, name = title_of(each), None
    issn = tuple(Coded("issn", value) for value in each.all("x"))
    made.related.append(Related("series", title, name, issn, each.joined("v")))


def _publication(made: Bibliographic, each: Field) -> None:
    if each.tag == "264" and each.indicators[1] not in "1 ":
        if each.indicators[1] == "4" and not made.copyright_date:
            made.copyright_date = each.joined("c")
        return
    texts = [tuple(trimmed(text).strip("[]") for text in each.all(code)) for code in "abc"]
    made.publications.append(Publication(*texts))


def _subject(made: Bibliographic, each: Field) -> None:
    thesaurus = each.indicators[1]
    authority = each.first("2") if thesaurus == "7" else THESAURI.get(thesaurus, "")
    if each.tag == "653":
        kinds = {"4": "temporal", "5": "geographic", "6": "genre"}
        kind = kinds.get(thesaurus, "topic")
        made.subjects += [Subject(((kind, trimmed(text)),)) for text in each.all("a")]
        return
    name, parts = None, []
    if each.tag in ("600", "610", "611"):
        name = name_of(_before_title(each))
        if each.all("t"):
            parts.append(("titleInfo", each.joined("tklmnoprs")))
    elif each.tag == "630":
        parts.append(("titleInfo", each.joined("adfgklmnoprst")))
    else:
        kinds = {"648": "temporal", "651": "geographic", "656": "occupation"}
        parts.append((kinds.get(each.tag, "topic"), each.joined("abcd")))
    for code, value in each.parts:
        if code in _SUBDIVISIONS:
            parts.append((_SUBDIVISIONS[code], trimmed(value)))
    parts = [part for part in parts if part[1]]
    if parts or name:
        made.subjects.append(Subject(tuple(parts), name, authority))


def _genre(made: Bibliographic, each: Field) -> None:
    thesaurus = each.indicators[1]
    authority = each.first("2") if thesaurus == "7" else THESAURI.get(thesaurus, "")
    made.genres.append(Coded(authority, "--".join(map(trimmed, each.all("abcvxyz")))))


def _classification(scheme: str, codes: str = "a") -> Reader:
    def read(made: Bibliographic, each: Field) -> None:
        value = " ".join(each.all(codes)).replace("/", "")
        kind = scheme or each.first("2")
        edition = each.first("2") if scheme == "ddc" else ""
        made.classifications.append(Coded(kind, value, edition))

    return read


def _identifier(kind: str, invalid: str = "") -> Reader:
    def read(made: Bibliographic, each: Field) -> None:
        for code, value in each.parts:
            # What follows the number, as in ``0306406152 (pbk.)``, is not part of it.
            value = value.strip().split(" ")[0] if kind in ("isbn", "issn") else trimmed(value)
            if code in "a" + invalid and value:
                made.identifiers.append(Coded(kind, value, "", code in invalid))

    return read


def _other_identifier(made: Bibliographic, each: Field) -> None:
    kind = IDENTIFIERS_024.get(each.indicators[0]) or each.first("2")
    made.identifiers += [Coded(kind, trimmed(value)) for value in each.all("a")]


def _system_number(made: Bibliographic, each: Field) -> None:
    for value in each.all("a"):
        if value.startswith("(OCoLC)"):
            made.identifiers.append(Coded("oclc", value.removeprefix("(OCoLC)")))


def _related(made: Bibliographic, each: Field) -> None:
    title = each.joined("ts")
    name = each.joined("a")
    identifiers = [
        *(Coded("issn", value) for value in each.all("x")),
        *(Coded("isbn", value) for value in each.all("z")),
        *(Coded("local", value) for value in each.all("w")),
    ]
    made.related.append(
        Related(
            RELATED[each.tag],
            Title(title) if title else None,
            Name("", (("", name),)) if name else None,
            tuple(identifiers),
            each.joined("g"),
            each.joined("d"),
            each.joined("n"),
        )
    )


def _languages(made: Bibliographic, each: Field) -> None:
    for value in each.all("ad"):
        codes = [value[at : at + 3] for at in range(0, len(value), 3)]
        made.languages += [c for c in codes if len(c) == 3 and c not in made.languages]


def _access(kind: str) -> Reader:
    def read(made: Bibliographic, each: Field) -> None:
        made.access.append(Coded(kind, each.joined("abcd")))

    return read


_READERS: Final[dict[str, Reader]] = {
    "001": value_into("control_number"),
    "003": value_into("control_source"),
    "005": value_into("changed"),
    "010": _identifier("lccn", "z"),
    "020": _identifier("isbn", "z"),
    "022": _identifier("issn", "yz"),
    "024": _other_identifier,
    "028": _identifier("publisher number"),
    "035": _system_number,
    "037": _identifier("stock number"),
    "040": value_into("cataloguing_source"),
    "041": _languages,
    "050": _classification("lcc", "ab"),
    "060": _classification("nlm", "ab"),
    "080": _classification("udc"),
    "082": _classification("ddc"),
    "084": _classification(""),
    "100": _name, "110": _name, "111": _name, "700": _name, "710": _name, "711": _name,
    "130": _other_title("uniform"), "240": _other_title("uniform"),
    "210": _other_title("abbreviated"), "242": _other_title("translated"),
    "245": _main_title, "246": _other_title("alternative"), "740": _related_title,
    "730": _related_title,
    "250": text_into("editions", "ab"),
    "260": _publication, "264": _publication,
    "300": text_into("extents", "abce"),
    "310": text_into("frequencies", "ab"),
    "440": _series, "490": _series, "800": _series, "810": _series, "811": _series,
    "830": _series,
    "505": text_into("contents", "agrtu"),
    "506": _access("restriction on access"),
    "520": text_into("abstracts", "ab"),
    "521": text_into("audiences", "ab"),
    "540": _access("use and reproduction"),
    "600": _subject, "610": _subject, "611": _subject, "630": _subject, "648": _subject,
    "650": _subject, "651": _subject, "653": _subject, "656": _subject,
    "655": _genre,
    "856": addresses,
    **dict.fromkeys(RELATED, _related),
}  # fmt: skip
