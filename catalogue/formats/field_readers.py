"""Readers of single fields, the same for every MARC: each adds what its field says."""

from __future__ import annotations

from collections.abc import Callable

from catalogue.formats.bibliographic import Bibliographic, Field, Publication, trimmed

Reader = Callable[[Bibliographic, Field], None]


def text_into(into: str, codes: str) -> Reader:
    """Adds the subfields `codes`, joined, to the list `into`."""

    def read(made: Bibliographic, each: Field) -> None:
        if text := each.joined(codes):
            getattr(made, into).append(text)

    return read


def value_into(into: str) -> Reader:
    """Sets `into` to the value of a control field, or to $a of a data field."""

    def read(made: Bibliographic, each: Field) -> None:
        setattr(made, into, each.value.strip() or each.first("a"))

    return read


def publication(codes: str) -> Reader:
    """Places, publishers and dates, each from the subfields of one code."""

    def read(made: Bibliographic, each: Field) -> None:
        parts = [tuple(trimmed(text).strip("[]") for text in each.all(code)) for code in codes]
        made.publications.append(Publication(*parts))

    return read


def addresses(made: Bibliographic, each: Field) -> None:
    made.addresses += each.all("u")
