"""Records in all forms that are read: MARC 21 in UTF-8 and MARC-8, danMARC2 in lines and as
marcXchange, UNIMARC, holdings, and broken ones of each kind of damage.

Titles, names and places are put together by chance from a few words, so that searches find more
than one and fewer than all.
"""

from __future__ import annotations

import lzma
from pathlib import Path
from random import Random
from xml.sax.saxutils import escape, quoteattr

from catalogue.marc.iso2709 import build
from catalogue.marc.marc8_writing import to_marc8
from tests.corpora.grammars import write

_LEADER = b"00000nam a2200000 i 4500"
_THINGS = [
    "mathematics",
    "physics",
    "chemistry",
    "analysis",
    "history",
    "education",
    "medicine",
    "soil",
    "water",
    "quality",
    "psychology",
    "economics",
    "biology",
    "ecology",
    "geography",
    "computing",
    "computers",
    "comparison",
    "war",
    "zebras",
    "zebra",
    "graphs",
    "world",
    "physicists",
    "historians",
    "report",
    "university",
]
_OPENINGS = (
    "Introduction to", "The history of", "American", "Analysis of", "A report on", "On",
    "The United States and", "Water quality and", "World history of", "Soil and",
)  # fmt: skip
_FAMILIES = [
    "Smith",
    "Johnson",
    "Jones",
    "Anderson",
    "Andersen",
    "Shakespeare",
    "Hansen",
    "Møller",
    "Dvořák",
    "Núñez",
    "Brontë",
    "Åkesson",
]
_GIVEN = ["John", "William", "Jane", "Mary", "Anna", "Ærø-Lise", "Søren", "François", "Zoë", "Olga"]
_CITIES = (
    "London", "New York", "Cambridge", "København", "Århus", "Paris", "Berlin", "Kraków", "Москва",
    "Lund", "Oslo", "Praha",
)  # fmt: skip
_PRESSES = (
    "University Press", "Springer", "Gyldendal", "Éditions du Parc", "Мир", "North & Sons",
    "Department of Education",
)  # fmt: skip
_SYLLABLES = [
    "ba",
    "do",
    "ke",
    "li",
    "mu",
    "na",
    "po",
    "ra",
    "se",
    "ti",
    "vu",
    "za",
    "fjord",
    "holm",
    "by",
    "rup",
]


def make(folder: Path, chance: Random) -> None:
    """``marc`` below a folder."""
    root = folder / "marc"
    records = [_marc21(number, chance) for number in range(1, 3_101)]
    _pack(root / "real.mrc.xz", b"".join(records))
    _pack(root / "marc8.mrc.xz", b"".join(to_marc8(record) for record in records[:2_000]))
    danish = [_danmarc2(number, chance) for number in range(1, 1_201)]
    lines = "\n\n".join("\n".join(map(_line, record)) for record in danish)
    _pack(root / "danmarc2.lines.txt.xz", lines.encode() + b"\n")
    _pack(root / "danmarc2.marcxchange.xml.xz", _marcxchange(danish[:360]))
    unimarc = [_unimarc(number, chance) for number in range(1, 1_001)]
    _pack(root / "unimarc.utf8.mrc.xz", b"".join(unimarc))
    holdings = [_holdings(number, chance) for number in range(1, 421)]
    _pack(root / "holdings.utf8.mrc.xz", b"".join(holdings))
    for name, data in _broken(records).items():
        write(root / "broken" / name, data)


def _pack(path: Path, data: bytes) -> None:
    write(path, lzma.compress(data, preset=0))


# MARC 21


def _word(chance: Random) -> str:
    return "".join(chance.choice(_SYLLABLES) for _ in range(3)).capitalize()


def _person(chance: Random) -> str:
    family = chance.choice(_FAMILIES) if chance.random() < 0.6 else _word(chance)
    return f"{family}, {chance.choice(_GIVEN)}"


def _title(chance: Random) -> str:
    things = " and ".join(chance.sample(_THINGS, chance.randint(1, 2)))
    return f"{chance.choice(_OPENINGS)} {things}"


def _isbn(number: int) -> str:
    digits = f"978{870000000 + number:09}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return digits + str(-total % 10)


def _field(tag: str, indicators: str, *parts: str) -> tuple[bytes, bytes]:
    codes = "".join(f"\x1f{part}" for part in parts if part)
    return tag.encode(), f"{indicators}{codes}".encode()


def _marc21(number: int, chance: Random) -> bytes:
    author, title = _person(chance), _title(chance)
    year = str(chance.randint(1890, 2026))
    city = chance.choice(_CITIES) if chance.random() < 0.5 else _word(chance)
    press = chance.choice(_PRESSES) if chance.random() < 0.5 else f"{_word(chance)} Press"
    not_filed = 4 if title.startswith("The ") else 2 if title.startswith("A ") else 0
    subjects = [
        _field("650", " 0", f"a{chance.choice(_THINGS).capitalize()}", f"x{_word(chance)}")
        for _ in range(chance.randint(0, 3))
    ]
    optional = [
        _field("600", "10", f"a{_person(chance)}", "xCriticism and interpretation."),
        _field("651", " 0", f"aUnited States {_word(chance)}", "xWorld War, 1939-1945."),
        _field("700", "1 ", f"a{_person(chance)}", "4edt"),
        _field("710", "2 ", f"a{press}"),
        _field("490", "0 ", f"a{_word(chance)} series ;", f"v{number % 40}"),
        _field("500", "  ", f"aNoter — “{_word(chance)}”; ½ side; cafés & œuvres."),
        _field("520", "  ", f"a{_title(chance)}: {' '.join(_word(chance) for _ in range(9))}."),
        _field("880", "10", "6245-01", "aИстория и физика"),  # noqa: RUF001
    ]
    fields = [
        (b"001", f"own{number:07}".encode()),
        (b"003", b"XX-Own"),
        (b"005", b"20261130120000.0"),
        (b"008", f"010203s{year}    dk {' ' * 17}eng d".ljust(40)[:40].encode()),
        _field("020", "  ", f"a{_isbn(number)}"),
        _field("035", "  ", f"a(XX-Own){number}"),
        _field("100", "1 ", f"a{author},", f"d{chance.randint(1850, 1990)}-"),
        _field("245", f"1{not_filed}", f"a{title} :", f"b{_word(chance)} /", f"c{author}."),
        _field("260" if number % 2 else "264", " 1" if number % 2 == 0 else "  ",
               f"a{city} :", f"b{press},", f"c{year}."),
        _field("300", "  ", f"a{chance.randint(20, 900)} p. ;", "c24 cm."),
        *subjects,
        *(field for field in optional if chance.random() < 0.35),
    ]  # fmt: skip
    return build(_LEADER, sorted(fields, key=lambda field: field[0]))


# Others


_Lines = list[tuple[str, str, list[str]]]


def _danmarc2(number: int, chance: Random) -> _Lines:
    """Tag, indicators, and subfields with their code before them."""
    family, given = _person(chance).split(", ")
    faust = f"{50_000_000 + number}"
    record: _Lines = [
        ("001", "00", [f"a{faust}", "b870970", "c20261130120000", "d20260101", "fa"]),
        ("004", "00", ["rn", chance.choice(["ae", "ae", "ab"])]),
        ("008", "00", ["tm", f"a{chance.randint(1950, 2026)}", "bdk", "ldan", "v0"]),
        ("009", "00", ["aa", "gxx"]),
        ("021", "00", [f"e{_isbn(number)}", "chf."]),
        ("100", "00", [f"a{family}", f"h{given}", "4aut"]),
        ("245", "00", [f"a{_title(chance)}", f"eaf {given} {family}"]),
        ("260", "00", [f"a{chance.choice(_CITIES[3:6])}", f"b{_word(chance)}s Forlag", "c2019"]),
        ("652", "00", [f"m{chance.randint(10, 99)}.{chance.randint(1, 9)}"]),
        ("666", "00", [f"0{chance.choice(_THINGS)}", f"eDanmark {_word(chance)}"]),
    ]
    if chance.random() < 0.2:
        record.append(("530", "00", [f"aDet ¤{_word(chance)} - æøå ÆØÅ", "&1"]))
    if chance.random() < 0.2:
        record.append(("996", "00", ["aDBC"]))
    return record


def _line(field: tuple[str, str, list[str]]) -> str:
    tag, indicators, parts = field
    return f"{tag} {indicators} " + " ".join(f"*{part[0]} {part[1:]}" for part in parts)


def _marcxchange(records: list[_Lines]) -> bytes:
    """A collection, with comments and foreign elements between records."""
    found = []
    for number, record in enumerate(records):
        inner = "".join(
            f'<datafield ind1="{indicators[0]}" ind2="{indicators[1]}" tag="{tag}">'
            + "".join(f"<subfield code={quoteattr(p[0])}>{escape(p[1:])}</subfield>" for p in parts)
            + "</datafield>"
            for tag, indicators, parts in record
        )
        found.append(
            '<record format="danMARC2" type="Bibliographic"><leader>00000n    2200000   4500'
            f"</leader>{inner}</record>"
        )
        if number % 50 == 7:
            found.append('<!-- between --><note xmlns="http://example.org/">not a record</note>')
    body = "\n".join(found)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<collection xmlns="info:lc/xmlns/marcxchange-v1">'
        f"\n{body}\n</collection>\n"
    ).encode()


def _unimarc(number: int, chance: Random) -> bytes:
    family, given = _person(chance).split(", ")
    fields = [
        (b"001", str(number).encode()),
        _field("010", "  ", f"a{_isbn(number)}"),
        _field("100", "  ", "a20261130d2019    m  y0frey50      ba"),
        _field("101", "0 ", "afre"),
        _field("200", "1 ", f"a{_title(chance)}", f"e{_word(chance)}", f"f{given} {family}"),
        _field("210", "  ", f"a{chance.choice(_CITIES)}", f"c{chance.choice(_PRESSES)}", "d2019"),
        _field("606", "  ", f"a{chance.choice(_THINGS)}"),
        _field("700", " 1", f"a{family}", f"b{given}", "4070"),
    ]
    return build(b"00000nam a2200000   4500", fields)


def _holdings(number: int, chance: Random) -> bytes:
    """Of nine in ten it can be said of what they are, and where."""
    fields = [(b"001", f"h{number}".encode())]
    if number % 20:
        fields.append((b"004", f"own{number:07}".encode()))
    fields.append((b"008", b"0506220u||||8|||4001uu|||0000000"))
    if number % 21:
        own = [f"p{31_000_000 + number}"] if number % 3 else []
        shelf = [f"hQA{chance.randint(1, 99)}", f"i.{_word(chance)[:2].upper()}{number % 90}"]
        fields.append(_field("852", "7 ", "bgen", *shelf, *own))
    if number % 3 == 0:
        fields.append(_field("876", "  ", f"p{32_000_000 + number}", f"3v. {number % 9 + 1}"))
    return build(b"00000cx  a22000001  4500", fields)


# Broken


def _broken(records: list[bytes]) -> dict[str, bytes]:
    """By file, each of a kind of damage that `tests/catalogue/marc/test_checking` knows."""

    def of(head: bytes, *fields: tuple[bytes, bytes]) -> bytes:
        usual = [(b"001", b"own-broken"), (b"245", b"10\x1faA title /\x1fcby somebody")]
        return build(head, sorted([*usual, *fields]))

    plain, old = b"00000nam a2200000 a 4500", b"00000nam  2200000 a 4500"
    long = of(plain, (b"500", b"  \x1fa" + b"long " * 60))
    return {
        "bad_data_value.mrc": of(plain, (b"500", b"no subfield here")),
        "bad_eacc_encoding.marc8.marc.mrc": of(old, (b"880", b"  \x1fa\x1b$1\x7b\x36\x39\x1b(B")),
        "bad_encoding.mrc": of(plain, (b"500", "  \x1faCafé".encode("latin-1"))),
        "bad_hathi_records.mrc": b"".join(records[:4]) + records[4][:-1] + b" \x1d",
        "bad_indicator.dat.mrc": of(plain).replace(b"245", b"0 2", 1),
        "bad_leaders_10_11.mrc": of(b"00000nam a  00000 a 4500"),
        "bad_marc8_escape.dat.mrc": of(old, (b"222", b"  \x1faOne\x1b[two")),
        "bad_subfield_code.marc.mrc": of(old, (b"260", b"  \x1faCity\x1f\xe2name")),
        "bad_too_long_plus_2.mrc": b"".join((records[5], b"99999" + long[5:], records[6])),
    }
