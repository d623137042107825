"""Which list of terms a scan goes through, and where in it a term stands."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from catalogue.index.access_points import ACCESS_POINTS, AccessPoint, Kind, searched_points
from catalogue.index.folding import fold_phrase, phrase_key
from catalogue.index.numbers import isbn_keys, issn_key, lc_card_number_key, number_key
from catalogue.query import Completeness, Part, Position, Structure, Term, UnsupportedSearch
from catalogue.searching.languages import language_codes
from catalogue.searching.matching import LONGEST_TERM
from catalogue.searching.matching_numbers import STRUCTURES
from catalogue.searching.matching_words import PHRASES
from catalogue.searching.years import years_of_text

#: Before every term but `access_points.PRESENT`.
_FIRST = b"\x00"
_YEAR_BEGINNING = re.compile(r"[0-9]{0,4}")


@dataclass(frozen=True, slots=True)
class TermList:
    """One list of terms and the place asked for.

    Terms from `start` on are ahead, those below it are back. `phrase` is the term asked for as the
    list has it: folded, and cut where the list is of whole fields. Where `is_exact` says no to a
    term, its postings are not what a search for it finds, which reads it in another way. A list
    that `has_holders` has their ISILs besides.
    """

    access_point: str
    indexes: tuple[int, ...]
    start: bytes
    phrase: str
    search: Term
    is_exact: Callable[[bytes], bool] | None = None
    has_holders: bool = False


def list_for(term: Term) -> TermList:
    """The list that a term asks for; raises UnsupportedSearch where there is none."""
    name, text, structure = term.access_point, term.text, term.structure
    if len(text) > LONGEST_TERM:
        raise UnsupportedSearch(Part.TERM, f"more than {LONGEST_TERM} characters")
    if name not in ACCESS_POINTS:
        raise UnsupportedSearch(Part.ACCESS_POINT, name)
    points = searched_points(name)
    if not points[0].kinds:
        raise UnsupportedSearch(Part.ACCESS_POINT, name)
    if Kind.WORD not in points[0].kinds:
        return _numbers(name, points, text, structure)
    kind, search = _of_words(term)
    if not all(kind in point.kinds for point in points):
        if term.completeness is Completeness.COMPLETE_FIELD:
            raise UnsupportedSearch(Part.COMPLETENESS, term.completeness.value)
        if structure is not None and kind is Kind.FIELD:
            raise UnsupportedSearch(Part.STRUCTURE, structure.value)
        raise UnsupportedSearch(Part.POSITION, term.position.value if term.position else "")
    phrase = fold_phrase(text)
    key = phrase_key(phrase) if kind is Kind.FIELD else phrase.encode()
    indexes = tuple(point.index(kind) for point in points)
    return TermList(name, indexes, key or _FIRST, key.decode(), search)


def _of_words(term: Term) -> tuple[Kind, Term]:
    """The kind of terms in the list, and a search for one of them."""
    name, structure, position = term.access_point, term.structure, term.position
    completeness = term.completeness
    if position is Position.FIRST_IN_SUBFIELD:
        raise UnsupportedSearch(Part.POSITION, position.value)
    if completeness is Completeness.COMPLETE_SUBFIELD:
        raise UnsupportedSearch(Part.COMPLETENESS, completeness.value)
    is_first = position is Position.FIRST_IN_FIELD
    is_whole = completeness is Completeness.COMPLETE_FIELD
    if structure in PHRASES or (structure is None and (is_first or is_whole)):
        return Kind.FIELD, Term(
            name, "", structure=Structure.PHRASE, completeness=Completeness.COMPLETE_FIELD
        )
    if structure not in (None, Structure.WORD, Structure.WORD_LIST):
        raise UnsupportedSearch(Part.STRUCTURE, structure.value)
    if is_whole:
        raise UnsupportedSearch(Part.COMBINATION, "list of words that are a complete field")
    if is_first:
        return Kind.FIRST, Term(name, "", position=position, structure=Structure.WORD)
    return Kind.WORD, Term(name, "", structure=Structure.WORD)


def _numbers(
    name: str, points: tuple[AccessPoint, ...], text: str, structure: Structure | None
) -> TermList:
    kind = points[0].kinds[0]
    if structure is not None and structure not in STRUCTURES[kind]:
        raise UnsupportedSearch(Part.STRUCTURE, structure.value)
    if kind is Kind.CODE:
        phrase = " ".join(text.lower().split())
    elif kind is Kind.YEAR:
        phrase = text.strip()
        if not _YEAR_BEGINNING.fullmatch(phrase):
            years = years_of_text(text)
            if years is None:
                raise UnsupportedSearch(Part.TERM, text)
            phrase = f"{years.first:04d}"
    else:
        is_card_number = name == "lc_card_number"
        phrase = lc_card_number_key(text) if is_card_number else number_key(text)
    start = phrase.encode("utf-8", "replace") or _FIRST
    return TermList(
        name,
        tuple(point.index(kind) for point in points),
        start,
        phrase,
        Term(name, "", structure=structure),
        _never if len(points) > 1 else _EXACT.get(name),
        points[0].has_holders,
    )


def _never(key: bytes) -> bool:
    return False


_EXACT: dict[str, Callable[[bytes], bool]] = {
    "isbn": lambda key: (
        (len(key) in (10, 13) and key.isdigit()) or (text := key.decode()) in isbn_keys(text)
    ),
    "issn": lambda key: (text := key.decode()) == issn_key(text),
    "language": lambda key: language_codes(text := key.decode()) == (text,),
}
