"""What decides a term of a point without an index of its own: notes, subjects by thesaurus.

The records that have its words in a wider point are candidates, and their fields decide
(`AccessPoint.within`). Words, phrases, positions, completeness and right truncation are honoured
as in points with words; other truncations are not.
"""

from __future__ import annotations

from catalogue.index.access_points import ACCESS_POINTS, AccessPoint, Kind
from catalogue.index.folding import fold_words
from catalogue.query import (
    Completeness,
    Part,
    Position,
    Relation,
    Structure,
    Term,
    Truncation,
    UnsupportedSearch,
)
from catalogue.searching.matches import (
    Alternative,
    Check,
    Clause,
    Match,
    Place,
    Span,
    Texts,
    after,
    present,
)
from catalogue.searching.matching_words import PHRASES, WORDS


def plan_within(term: Term, point: AccessPoint) -> Match:
    """The match of a term of such a point; raises UnsupportedSearch."""
    wider = ACCESS_POINTS[point.within]
    if term.relation is Relation.ALWAYS_MATCHES:
        check = Check(point.name, (), Place.ANYWHERE)
        return (Alternative((present((wider,)),), check=check),)
    if term.relation not in (None, Relation.EQUAL):
        raise UnsupportedSearch(Part.RELATION, term.relation.value)
    if term.truncation not in (None, Truncation.NONE, Truncation.RIGHT):
        raise UnsupportedSearch(Part.TRUNCATION, term.truncation.value)
    structure = term.structure
    if structure is not None and structure not in PHRASES and structure not in WORDS:
        raise UnsupportedSearch(Part.STRUCTURE, structure.value)
    is_open = term.truncation is Truncation.RIGHT
    place, texts = _place(term, is_open)
    is_anchored = place is not Place.ANYWHERE
    is_bare_complete = structure is None and term.completeness is not None
    is_phrase = structure in PHRASES or is_anchored or is_bare_complete
    tokens = [words for token in term.text.split() if (words := fold_words(token))]
    if not tokens:
        raise UnsupportedSearch(Part.TERM, term.text)
    words = [word for token in tokens for word in token]
    if len(words) > 1 and structure is Structure.WORD_LIST and is_anchored:
        raise UnsupportedSearch(Part.COMBINATION, "word list anchored in its field")
    phrases = [words] if is_phrase else tokens
    check = Check(point.name, tuple(map(" ".join, phrases)), place, is_open, texts)
    index = wider.index(Kind.WORD)
    clauses: list[Clause] = []
    for phrase in phrases:
        clauses += [((index, word.encode()),) for word in phrase[:-1]]
        key = phrase[-1].encode()
        clauses.append((Span(index, key, after(key), is_wide=True) if is_open else (index, key),))
    return (Alternative(tuple(clauses), check=check),)


def _place(term: Term, is_open: bool) -> tuple[Place, Texts]:
    """Where in what the words must stand."""
    whole = Place.BEGINNING if is_open else Place.WHOLE
    if term.completeness is Completeness.COMPLETE_FIELD:
        return whole, Texts.WHOLES
    if term.completeness is Completeness.COMPLETE_SUBFIELD:
        return whole, Texts.SUBFIELDS
    if term.position is Position.FIRST_IN_SUBFIELD:
        return Place.BEGINNING, Texts.SUBFIELDS
    if term.position is Position.FIRST_IN_FIELD:
        return Place.BEGINNING, Texts.WHOLES
    return Place.ANYWHERE, Texts.FIELDS
