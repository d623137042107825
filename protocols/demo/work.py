"""One work of the demo catalogue, as the tables of works write it down."""

from __future__ import annotations

from typing import Literal, NamedTuple


class Work(NamedTuple):
    """A published work with one of its editions: what `marc_record` makes a record of.

    * title: as on the title page; ": " before a subtitle.
    * author: "Family, Given", or one name alone; "" where no person is the author.
    * year, isbn, publisher: of one edition. ISBN-13 without hyphens. A row without isbn is the
      first edition, so its year is that of the work; publisher may be "".
    * first_published: of the work, in its first language; of a work older than printing, the
      first printed edition.
    * language, original_language: ISO 639-2/B. The latter is set for a translation only.
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
    original_language: str = ""
