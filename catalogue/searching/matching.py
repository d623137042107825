"""What decides a term: from its attributes to the postings that are to be read."""

from __future__ import annotations

from functools import lru_cache
from itertools import chain

from catalogue.index.access_points import ACCESS_POINTS, Kind, searched_points
from catalogue.query import Part, Relation, Structure, Term, UnsupportedSearch
from catalogue.searching.matches import Alternative, Match, Span, present, sole_posting
from catalogue.searching.matching_numbers import plan_number
from catalogue.searching.matching_within import plan_within
from catalogue.searching.matching_words import plan_words

#: Characters in one term.
LONGEST_TERM = 1_000
#: The most words (or pairs of words) read for a term without the wide read lane.
FEW_CLAUSES = 16


@lru_cache(maxsize=2_048)
def plan_term(term: Term) -> Match:
    """The match of a term; raises UnsupportedSearch for what cannot be honoured."""
    if len(term.text) > LONGEST_TERM:
        raise UnsupportedSearch(Part.TERM, f"more than {LONGEST_TERM} characters")
    point = ACCESS_POINTS.get(term.access_point)
    if point is None:
        raise UnsupportedSearch(Part.ACCESS_POINT, term.access_point)
    if term.structure is Structure.FREE_FORM and term.relation is not Relation.ALWAYS_MATCHES:
        return _plan_some_word(term)
    if point.within:
        return plan_within(term, point)
    points = searched_points(term.access_point)
    if term.relation is Relation.ALWAYS_MATCHES:
        return (Alternative((present(points),)),)
    if Kind.WORD in points[0].kinds:
        return plan_words(term, points)
    return plan_number(term, points)


def _plan_some_word(term: Term) -> Match:
    """Any of the words, each as if it came alone with the same attributes."""
    if term.relation not in (None, Relation.EQUAL):
        raise UnsupportedSearch(Part.RELATION, term.relation.value)
    words = [word for word in term.text.split() if any(map(str.isalnum, word))]
    if not words:
        raise UnsupportedSearch(Part.TERM, term.text)
    terms = [term._replace(text=word, structure=Structure.WORD) for word in words]
    return tuple(chain.from_iterable(map(plan_term, terms)))


def is_wide_term(term: Term) -> bool:
    """May the term read many postings, or records? Raises what `plan_term` raises."""
    match = plan_term(term)
    return sole_posting(match) is None and any(
        alternative.check is not None
        or len(alternative.clauses) > FEW_CLAUSES
        or any(
            isinstance(part, Span) and part.is_wide
            for clause in (*alternative.clauses, alternative.without)
            for part in clause
        )
        for alternative in match
    )
