"""A MARC 21 record for each work of the demo catalogue (MARC 21 Format for Bibliographic Data)."""

from __future__ import annotations

from pymarc import Field, Indicators, Leader, Record, Subfield

from protocols.demo.works import Work

AGENCY = "DK-900100"

# A fixed moment, so that the same table always makes the same bytes.
_ENTERED = "260101"
_CHANGED = "20260101000000.0"

# Leader/05 new, 06 language material, 07 monograph, 09 UCS, 17 full level, 18 ISBD; the lengths
# are filled in when the record is written.
_LEADER = "00000nam a2200000 i 4500"

_NORDIC = ("den", "det", "de", "en", "et")
_ARTICLES: dict[str, tuple[str, ...]] = {
    "dan": _NORDIC,
    "nor": (*_NORDIC, "ei"),
    "swe": (*_NORDIC, "ett"),
    "eng": ("the", "a", "an"),
    "ger": ("der", "die", "das", "ein", "eine"),
    "fre": ("le", "la", "les", "l'", "un", "une"),
    "spa": ("el", "la", "los", "las", "un", "una"),
    "ita": ("il", "lo", "la", "i", "gli", "le", "l'", "un", "una", "uno"),
}


def marc_record(work: Work, number: int) -> bytes:
    """The record of a work as UTF-8 ISO 2709; the number (from 1) becomes 001 "demo0001"."""
    record = Record(force_utf8=True)
    record.leader = Leader(_LEADER)
    record.fields = [
        Field("001", data=f"demo{number:04d}"),
        Field("003", data=AGENCY),
        Field("005", data=_CHANGED),
        Field("008", data=fixed_data(work)),
    ]
    add = record.fields.append
    if work.isbn:
        add(_field("020", "  ", a=work.isbn))
    add(_field("040", "  ", a=AGENCY, b="dan", e="rda"))
    if work.original_language:
        add(_field("041", "1 ", a=work.language, h=work.original_language))
    if work.dk5:
        add(_field("084", "  ", a=work.dk5, _2="dk5"))
    if work.author:
        add(_field("100", "1 " if "," in work.author else "0 ", a=work.author))
    add(_title(work))
    publisher = {"b": f"{work.publisher},"} if work.publisher else {}
    add(_field("264", " 1", **publisher, c=f"{work.year}."))
    add(_field("336", "  ", a="text", b="txt", _2="rdacontent"))
    add(_field("337", "  ", a="unmediated", b="n", _2="rdamedia"))
    add(_field("338", "  ", a="volume", b="nc", _2="rdacarrier"))
    for subject in work.subjects:
        add(_field("653", " 0", a=subject))
    written: bytes = record.as_marc()
    return written


def fixed_data(work: Work) -> str:
    """Field 008 for books: 40 characters.

    06-14 are a reprint with its original year where an older work is printed again in its own
    language, else a single year; 22 is "e" for adults, "j" for children; 33 is "1" for fiction.
    """
    reprint = work.first_published < work.year and not work.original_language
    dates = f"r{work.year:04d}{work.first_published:04d}" if reprint else f"s{work.year:04d}    "
    # The table names no country, and for a book in a world language it cannot be told.
    country = "dk " if work.language == "dan" else "xx "
    audience = "j" if work.audience == "children" else "e"
    form = "1" if work.form == "fiction" else "0"
    # 18-21 illustrations, 23 form of item, 24-27 contents, 28 government publication, then
    # conference, festschrift and index not coded as present; 39 "d": source neither a national
    # agency nor a cooperative.
    return f"{_ENTERED}{dates}{country}    {audience}      000 {form} {work.language} d"


def nonfiling_characters(title: str, language: str) -> int:
    """How many characters a leading article takes, for the second indicator of 245."""
    lowered = title.lower()
    for article in _ARTICLES.get(language, ()):
        lead = article if article.endswith("'") else f"{article} "
        if lowered.startswith(lead):
            return len(lead)
    return 0


def _title(work: Work) -> Field:
    """Field 245 with ISBD punctuation: title, subtitle, and the author's name in its own order."""
    main, _, subtitle = work.title.partition(": ")
    by = " ".join(reversed(work.author.split(", ", 1)))
    parts = {"a": f"{main} :", "b": subtitle} if subtitle else {"a": main}
    last = list(parts)[-1]
    if by:
        parts[last] += " /"
        parts["c"] = f"{by.rstrip('.')}."
    else:
        parts[last] += "" if parts[last][-1] in ".?!" else "."
    nonfiling = nonfiling_characters(work.title, work.language)
    return _field("245", f"{'1' if by else '0'}{nonfiling}", **parts)


def _field(tag: str, indicators: str, **subfields: str) -> Field:
    """A field; a subfield code that is a digit is written with an underscore before it."""
    return Field(
        tag,
        Indicators(indicators[0], indicators[1]),
        [Subfield(code.lstrip("_"), value) for code, value in subfields.items()],
    )
