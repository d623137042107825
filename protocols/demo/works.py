"""The demo catalogue: real works, each in a real edition, a row of works.tsv."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal, NamedTuple


class Work(NamedTuple):
    """A published work with one of its editions: what `marc_record` makes a record of.

    * title: as on the title page; ": " before a subtitle.
    * author: "Family, Given", or one name alone; "" where no person is the author.
    * year, isbn, publisher: of one edition. ISBN-13 without hyphens. A row without isbn is the
      first edition, so its year is that of the work; publisher may be "".
    * first_published: of the work, in its first language; of a work older than printing, the
      first printed edition.
    * language, original_language: ISO 639-2/B. The latter is set for a translation only.
    * subjects: "; " stands between them in the row.
    * dk5: the Danish decimal classification, "sk" for fiction in Danish; "" where not known.
    """

    title: str
    author: str
    year: int
    first_published: int
    language: str
    isbn: str
    publisher: str
    subjects: tuple[str, ...]
    audience: Literal["adult", "children"]
    form: Literal["fiction", "non-fiction"]
    dk5: str
    original_language: str


def _work(line: str) -> Work:
    title, author, year, first_published, language, isbn, publisher, *rest = line.split("\t")
    subjects, audience, form, dk5, original_language = rest
    return Work(
        title,
        author,
        int(year),
        int(first_published),
        language,
        isbn,
        publisher,
        tuple(subjects.split("; ")),
        "children" if audience == "children" else "adult",
        "fiction" if form == "fiction" else "non-fiction",
        dk5,
        original_language,
    )


_HEADING, *_LINES = Path(__file__).with_name("works.tsv").read_text("utf-8").splitlines()
#: Those in Danish first, then by language; within each by author.
WORKS: Final = tuple(map(_work, _LINES))
