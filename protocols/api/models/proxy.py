"""The proxy before this library and another system: who is in which mode, what is left to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from circulation.languages.sentences import said_in, sentence_in
from protocols.api.models.answers import Patron
from protocols.api.models.common import Paging, Request, Why
from protocols.hosting.proxy_control import KEPT
from protocols.hosting.proxy_words import (
    say_cause,
    say_errand,
    say_not_compared,
    say_remedy,
    say_side,
)

Errand = Literal["CLOCK", "ITEM", "PATRON", "DUE_DATE", "DELIVER", "NOTHING"]
Mode = Literal["old", "shadow", "new with write-back", "new"]
Login = Annotated[str, Field(min_length=1, max_length=255, description="the login of a terminal")]


class FlipWish(Request):
    """These terminals are to be in another mode from their next message on."""

    terminals: Annotated[tuple[Login, ...], Field(min_length=1, max_length=10_000)]
    mode: Mode
    why: Why
    despite_readiness: Annotated[
        str, Field(max_length=1000, description="why, where a branch is not ready for Tiro")
    ] = ""


class UnequalPaging(Paging):
    """Which differences, and which part of the list of them."""

    branch: Annotated[
        str | None,
        Field(max_length=255, description="the ISIL of a branch; empty: of no known branch"),
    ] = None
    errand: Errand | None = None
    find: Annotated[
        str,
        Field(
            max_length=255,
            description="a part of the barcode of an item, or of the card of a patron whom the"
            " caller may see",
        ),
    ] = ""


class ReconcileWish(Request):
    """Both systems are to be compared now: everything, or that of the branch with this ISIL."""

    branch: Annotated[str, Field(max_length=255)] = ""


class SettledWish(Request):
    """What became of something that a system could not be told."""

    why: Why


@dataclass(frozen=True, slots=True)
class ProxyTerminal:
    """A terminal, its branch's ISIL and its mode."""

    login: str
    branch: str
    mode: str


@dataclass(frozen=True, slots=True)
class ProxySystem:
    """One of the two systems: is it down, and why; how many acts it has still to be told, and for
    how many seconds the oldest has waited; how many exchanges wait to be judged. `clock_seconds`:
    how far its clock is ahead of the proxy's, null while that is not known."""

    system: str
    is_down: bool
    why: str
    to_be_told: int
    oldest_seconds: float
    to_be_judged: int
    clock_seconds: float | None


@dataclass(frozen=True, slots=True)
class ProxyTask:
    """What a system could not be told, for a person. `request` is its number in the journal."""

    request: int
    at: datetime
    terminal: str
    system: str
    message: str
    item: str
    why: str


@dataclass(frozen=True, slots=True)
class ProxyDifference:
    """An item or a patron in which the two systems differ, since when, and what each says.

    `request` is its number in the journal. `item` is the barcode, empty where the difference is
    about a patron; `title` is empty where this library does not know the item. `patron` is null
    where Tiro does not know the card, or where the caller may not see whose it is. `cause` is
    likely; `remedy` is what Tiro does about it; `errand` names what a person must do
    (`ProxyUnequalErrand`)."""

    request: int
    item: str
    title: str
    patron: Patron | None
    branch: str
    since: datetime
    old: str
    new: str
    cause: str
    remedy: str
    errand: Errand


@dataclass(frozen=True, slots=True)
class UnequalBranch:
    """How many differences a branch has; `branch` is empty where none is known."""

    branch: str
    number: int


@dataclass(frozen=True, slots=True)
class ProxyUnequal:
    """How many differences there are between the two systems: `GET /proxy/unequal` lists them.
    `is_comparing`: everything is being compared at present; `ended`: when that ended last.
    `is_possible`: the proxy has the accounts to compare them. `not_compared`: what no comparison
    can tell, and what to do instead."""

    number: int
    is_possible: bool
    is_comparing: bool
    ended: datetime | None
    not_compared: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnequalErrand:
    """What a person must do, in words, and about how many differences."""

    errand: Errand
    text: str
    number: int


@dataclass(frozen=True, slots=True)
class UnequalLines:
    """A page of differences, the most urgent first and then the oldest. `number` is how many there
    are on all pages; `branches` and `errands` say how many there would be with another choice."""

    number: int
    branches: tuple[UnequalBranch, ...]
    errands: tuple[UnequalErrand, ...]
    lines: tuple[ProxyDifference, ...]


@dataclass(frozen=True, slots=True)
class ProxyPattern:
    """How this library would have answered otherwise, so many times. `accepted`: why that is as it
    should be, empty where nobody has said so."""

    pattern: str
    kind: str
    message: str
    field: str
    old: str
    new: str
    count: int
    last: datetime
    accepted: str


@dataclass(frozen=True, slots=True)
class ProxyObstacle:
    """What is in the way of a switch to this library: `count` of it, of `of` where that says
    something; an example, where there is one, and what to do about it."""

    code: str
    count: int
    of: int
    text: str
    example: str
    what_to_do: str


@dataclass(frozen=True, slots=True)
class ProxyGate:
    """May a branch be flipped? `against` has each thing in the way."""

    branch: str
    is_open: bool
    against: tuple[ProxyObstacle, ...]


@dataclass(frozen=True, slots=True)
class ProxyShown:
    """The proxy that stands before this library. `can_go_back`: the other system knows everything.
    `counted` is when patterns and gates were, null where they are being counted for the first time.
    `trouble` is what is wrong with its journal. Where no proxy stands before it (`is_there`),
    nothing is shown."""

    is_there: bool
    terminals: tuple[ProxyTerminal, ...]
    systems: tuple[ProxySystem, ...]
    for_a_person: tuple[ProxyTask, ...]
    number_for_a_person: int
    can_go_back: bool
    unequal: ProxyUnequal
    trouble: str
    patterns: tuple[ProxyPattern, ...]
    gates: tuple[ProxyGate, ...]
    counted: datetime | None
    is_counting: bool


NO_PROXY: Final = ProxyShown(
    *(False, (), (), (), 0, True, ProxyUnequal(0, False, False, None, ()), ""),
    *((), (), None, False),
)


@dataclass(frozen=True, slots=True)
class Reconciling:
    """About so many items and patrons are being compared."""

    compares: int


@dataclass(frozen=True, slots=True)
class Flipped:
    """The terminals that were flipped, in their new modes."""

    terminals: tuple[ProxyTerminal, ...]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def proxy_shown(
    status: Mapping[str, Any], differences: Mapping[str, Any], language: str
) -> ProxyShown:
    """Of the answers of the proxy itself, for somebody who reads the language."""
    counted = differences["counted"]
    return ProxyShown(
        is_there=True,
        terminals=tuple(ProxyTerminal(**each) for each in status["terminals"]),
        systems=tuple(
            ProxySystem(
                name,
                each["is_down"],
                _said(each["why"], language),
                each["to_be_told"],
                each["oldest_seconds"],
                each["to_be_judged"],
                each["clock_seconds"],
            )
            for name, each in status["systems"].items()
        ),
        for_a_person=tuple(_task(each, language) for each in status["for_a_person"]),
        number_for_a_person=status["number_for_a_person"],
        can_go_back=status["can_go_back"],
        unequal=_unequal(status["unequal"], language),
        trouble=status["trouble"],
        patterns=tuple(map(_pattern, differences["patterns"])),
        gates=tuple(
            ProxyGate(
                branch, each["is_open"], tuple(ProxyObstacle(**one) for one in each["against"])
            )
            for branch, each in differences["gates"].items()
        ),
        counted=None if counted is None else _moment(counted),
        is_counting=differences["is_counting"],
    )


def _unequal(unequal: Mapping[str, Any], language: str) -> ProxyUnequal:
    return ProxyUnequal(
        unequal["number"],
        unequal["is_possible"],
        unequal["is_comparing"],
        _moment(unequal["ended"]) if unequal["ended"] else None,
        tuple(say_not_compared(each).in_language(language) for each in unequal["not_compared"]),
    )


def unequal_lines(
    found: Mapping[str, Any],
    titles: Mapping[str, str],
    patron_with: Callable[[str], Patron | None],
    language: str,
) -> UnequalLines:
    """Return a page of differences in the words of a language. `titles` has those of items by
    barcode; `patron_with` gives the patron with a card, None where the caller may not see them."""
    return UnequalLines(
        found["number"],
        tuple(UnequalBranch(*each) for each in found["branches"].items()),
        tuple(
            UnequalErrand(name, say_errand(name).in_language(language), number)
            for name, number in found["errands"].items()
        ),
        tuple(_difference(each, titles, patron_with, language) for each in found["rows"]),
    )


def _difference(
    row: Mapping[str, Any],
    titles: Mapping[str, str],
    patron_with: Callable[[str], Patron | None],
    language: str,
) -> ProxyDifference:
    is_item = row["subject"] == "item"
    return ProxyDifference(
        row["of"],
        row["name"] if is_item else "",
        titles.get(row["name"], "") if is_item else "",
        None if is_item else patron_with(row["name"]),
        row["branch"],
        _moment(row["since"]),
        say_side(row["old"]).in_language(language),
        say_side(row["new"]).in_language(language),
        say_cause(row["cause"]).in_language(language),
        say_remedy(row["remedy"]).in_language(language),
        row["errand"],
    )


def _said(text: str, language: str) -> str:
    return said_in(language, sentence_in(text, KEPT))


def _task(task: Mapping[str, Any], language: str) -> ProxyTask:
    return ProxyTask(
        task["request"],
        _moment(task["at"]),
        task["terminal"],
        task["system"],
        task["message"],
        task["item"],
        _said(task["why"], language),
    )


def _pattern(pattern: Mapping[str, Any]) -> ProxyPattern:
    return ProxyPattern(
        pattern["pattern"],
        pattern["class"],
        pattern["message"],
        pattern["field"],
        pattern["old"],
        pattern["new"],
        pattern["count"],
        _moment(pattern["last"]),
        pattern["accepted"],
    )
