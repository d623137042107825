"""What decides a word whose beginning or middle is left open.

* **Left truncation** opens the beginning of every word, **left and right** also its end. Such words
  are looked for throughout the index.
* **Masked**: words in which ``*`` stands for any number of characters, ``?`` for one, and a
  backslash takes the next character as it is; the protocols rewrite their own signs to these.
* **Regular expressions**: each word of the term is one (`catalogue.searching.patterns`).
"""

from __future__ import annotations

import re
from fnmatch import translate

from catalogue.index.access_points import AccessPoint, Kind
from catalogue.index.folding import fold_words
from catalogue.query import Part, Term, Truncation, UnsupportedSearch
from catalogue.searching.matches import Alternative, Clause, Match, Span, after
from catalogue.searching.patterns import BadPattern, Pattern

#: With fewer letters than this before a mask, the index is gone through from end to end.
FEW_LETTERS = 2
#: The whole of an index of words, but for `access_points.PRESENT`.
_LOWEST, _BEYOND = b"\x00", b"\xff"

_MASK_PART = re.compile(r"\\(.)|([*?])|([^\\*?]+)", re.DOTALL)


def plan_open_words(term: Term, points: tuple[AccessPoint, ...]) -> Match:
    """A list of words that are open at their beginning, and perhaps at their end."""
    tokens = [words for token in term.text.split() if (words := fold_words(token))]
    if not tokens:
        raise UnsupportedSearch(Part.TERM, term.text)
    if any(len(words) > 1 for words in tokens):
        raise UnsupportedSearch(Part.COMBINATION, "left truncation of words that belong together")
    keys = [word.encode() for token in tokens for word in token]
    if term.truncation is Truncation.BOTH:
        return (Alternative(tuple(_through(points, containing=key) for key in keys)),)
    return (Alternative(tuple(_through(points, ending=key) for key in keys)),)


def plan_masked_words(term: Term, points: tuple[AccessPoint, ...]) -> Match:
    """A list of words of which some are masked."""
    clauses = tuple(_masked_word(token, points) for token in term.text.split())
    if not clauses:
        raise UnsupportedSearch(Part.TERM, term.text)
    return (Alternative(clauses),)


def plan_expressions(term: Term, points: tuple[AccessPoint, ...]) -> Match:
    """A list of words, each given by a regular expression."""
    clauses: list[Clause] = []
    for token in term.text.split():
        try:
            pattern = Pattern(token)
        except BadPattern as error:
            raise UnsupportedSearch(Part.TERM, f"{token}: {error}") from error
        low, high = _LOWEST, _BEYOND
        if pattern.prefix:
            low = pattern.prefix.encode()
            high = after(low)
        is_walked = len(pattern.prefix) < FEW_LETTERS
        clauses.append(
            tuple(
                Span(
                    point.index(Kind.WORD),
                    low,
                    high,
                    is_wide=True,
                    is_walked=is_walked,
                    expression=token,
                )
                for point in points
            )
        )
    if not clauses:
        raise UnsupportedSearch(Part.TERM, term.text)
    return (Alternative(tuple(clauses)),)


def _through(
    points: tuple[AccessPoint, ...], *, ending: bytes = b"", containing: bytes = b""
) -> Clause:
    return tuple(
        Span(
            point.index(Kind.WORD),
            _LOWEST,
            _BEYOND,
            is_wide=True,
            ending=ending,
            containing=containing,
        )
        for point in points
    )


def _masked_word(token: str, points: tuple[AccessPoint, ...]) -> Clause:
    prefix: str | None = None
    glob = literal = ""
    is_masked = False
    for escaped, mask, plain in [*_MASK_PART.findall(token), ("", "", "")]:
        if escaped or plain:
            literal += escaped or plain
            continue
        if literal:
            words = fold_words(literal)
            if len(words) != 1:
                raise UnsupportedSearch(Part.TERM, token)
            literal = words[0]
        if prefix is None:
            prefix = literal
        is_masked = is_masked or bool(mask)
        glob += literal + mask
        literal = ""
    assert prefix is not None
    if not glob.strip("*?"):
        raise UnsupportedSearch(Part.TERM, token)
    key = prefix.encode()
    if not is_masked:
        return tuple((point.index(Kind.WORD), key) for point in points)
    low, high = (key, after(key)) if key else (_LOWEST, _BEYOND)
    is_walked = len(prefix) < FEW_LETTERS
    # Folded words have nothing that is special in a glob; its pattern never goes back over a star.
    accepts = re.compile(translate(glob)).fullmatch
    return tuple(
        Span(point.index(Kind.WORD), low, high, accepts, True, is_walked) for point in points
    )
