"""The rules on messages: rows with a scope, and each field from the narrowest row that sets it.

Rows and scopes are as in `circulation.kernel.policy`, the kind of message in the place of the
material group. However many rows fit, a patron is told of one event once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any, NamedTuple

from catalogue.database import Transaction
from circulation.kernel.policy import Case, narrowness
from circulation.kernel.scoped_rows import ScopedRows, check_rule
from circulation.kernel.set_up import SetUp, SetUpPart
from circulation.notices.kinds import TRAITS, NoticeKind
from circulation.notices.schema import notice_rules


class NoticeRow(NamedTuple):
    """A rule as it is stored: its scope (None holds for any), then its fields (None says nothing).

    `agency_id` and `branch_id` exclude each other. The fields are those of `NoticeTerms`;
    lists are parted by blanks.
    """

    id: int
    agency_id: int | None
    branch_id: int | None
    patron_category: str | None
    kind: str | None
    channels: str | None
    digest: str | None
    send_at: str | None
    quiet: str | None
    verified: bool | None
    guardians: str | None
    absent: str | None
    days: int | None
    on_request: bool | None
    valid_hours: int | None
    keep_days: int | None
    at_desk: str | None
    in_reading_room: str | None

    @property
    def material_group(self) -> str | None:
        """What `circulation.kernel.policy.narrowness` calls the last part of a scope."""
        return self.kind


@dataclass(frozen=True, slots=True)
class NoticeTerms:
    """What the rules say of one kind of message to one patron category at one branch.

    * `channels`: where it is sent, the first that has an address; where that fails, the next.
      Without any nobody is told;
    * `digest`: each for itself (``none``), all that are due in one message (``together``), or
      kept until `send_at` of the day and then in one (``day``);
    * `quiet`: hours in which no channel is used that rings: ``22:00-08:00``; empty: none;
    * `verified`: only addresses that the patron has shown to be theirs;
    * `guardians` of children are told where no channel reaches the child (``fallback``), or have a
      ``copy``, or are told ``instead`` of the child, or never (``none``);
    * `absent`: while the patron is away it is sent (``send``), kept (``wait``), or left (``skip``);
    * `days`: before the date that it warns of, or after it where it tells that it is past;
    * `on_request`: only to patrons who have asked for it;
    * `valid_hours`: not sent any more so long after it was due; None: whenever;
    * `keep_days`: how long its text is kept; None is what its kind is built in with;
    * `at_desk`, in a rule of `hold_ready`: material groups, with those below them, that are handed
      over at the desk: who waits for one is told `ready_at_desk`; `in_reading_room`: that are read
      in the house: `ready_in_reading_room`.
    """

    channels: tuple[str, ...] = ()
    digest: str = "together"
    send_at: str = "09:00"
    quiet: str = ""
    verified: bool = False
    guardians: str = "fallback"
    absent: str = "send"
    days: int = 0
    on_request: bool = False
    valid_hours: int | None = None
    keep_days: int | None = None
    at_desk: tuple[str, ...] = ()
    in_reading_room: tuple[str, ...] = ()

    def days_kept(self, kind: NoticeKind) -> int:
        """How long the text is kept: what tells of amounts as proof, until no claim is left."""
        if self.keep_days is not None:
            return self.keep_days
        return _PROOF_DAYS if TRAITS[kind].is_proof else _USUAL_DAYS


#: Claims lapse after three years, one of them under collection; a year to close the accounts.
_PROOF_DAYS = 5 * 365
_USUAL_DAYS = 28

FIELDS = NoticeRow._fields[5:]
SCOPE = NoticeRow._fields[1:5]
_DEFAULTS = NoticeTerms()

#: What the fields with a closed list of words may say.
WORDS: dict[str, tuple[str, ...]] = {
    "digest": ("none", "together", "day"),
    "guardians": ("none", "fallback", "copy", "instead"),
    "absent": ("send", "wait", "skip"),
}
_SPANS = {"days": 365, "valid_hours": 8_784, "keep_days": 36_500}
_FLAGS = ("verified", "on_request")
#: Fields that are lists of material groups.
GROUPS = ("at_desk", "in_reading_room")
#: Fields that are lists; their columns have them parted by blanks.
_LISTS = ("channels", *GROUPS)
_CHANNEL = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_QUIET = re.compile(r"([0-9]{1,2}:[0-9]{2})-([0-9]{1,2}:[0-9]{2})", re.ASCII)


def parse_time(text: str) -> time | None:
    """A time of the day as rules write it, ``9:30``; None where it is none."""
    hour, separator, minute = text.partition(":")
    if not separator or len(minute) != 2 or not (hour + minute).isascii():
        return None
    try:
        return time(int(hour), int(minute))
    except ValueError:
        return None


def parse_quiet(text: str) -> tuple[time, time] | None:
    """From when to when, perhaps over midnight; None where nothing is quiet."""
    found = _QUIET.fullmatch(text)
    if found is None:
        return None
    first, last = parse_time(found[1]), parse_time(found[2])
    return None if first is None or last is None or first == last else (first, last)


def notice_rule_problems(terms: Mapping[str, object]) -> dict[str, str]:
    """What is wrong with the fields of a rule: a sentence for each field at fault."""
    problems = {}
    for name, value in terms.items():
        if name not in FIELDS:
            problems[name] = f"{name}: rules on messages have no such field"
        elif value is not None and (problem := _problem(name, value)):
            problems[name] = problem
    return problems


def _problem(name: str, value: object) -> str | None:
    if name == "channels":
        fits = isinstance(value, list | tuple) and all(
            isinstance(each, str) and _CHANNEL.fullmatch(each) for each in value
        )
        if not fits or len(set(value)) != len(value):  # type: ignore[arg-type, call-overload]
            return f'channels are names, each once: ["sms", "email"], not {value!r}'
        return None
    if name in GROUPS:
        fits = isinstance(value, list | tuple) and all(
            isinstance(each, str) and len(each.split()) == 1 for each in value
        )
        return None if fits else f'{name} is material groups: ["game"], not {value!r}'
    if name in WORDS:
        words = WORDS[name]
        return None if value in words else f"{name} is {' or '.join(words)}, not {value!r}"
    if name == "send_at":
        fits = isinstance(value, str) and parse_time(value) is not None
        return None if fits else f"send_at is a time of the day, 09:00, not {value!r}"
    if name == "quiet":
        fits = isinstance(value, str) and (not value or parse_quiet(value) is not None)
        return None if fits else f"quiet is hours, 22:00-08:00, or empty, not {value!r}"
    if name in _FLAGS:
        return None if type(value) is bool else f"{name} must be true or false, not {value!r}"
    most = _SPANS[name]
    if type(value) is not int or not 0 <= value <= most:
        return f"{name} is a whole number from 0 to {most}, not {value!r}"
    return None


def stored_value(name: str, value: Any) -> Any:
    """A field as its column holds it."""
    return " ".join(value) if name in _LISTS and value is not None else value


def said_value(name: str, value: Any) -> Any:
    """A field as a rule says it, from its column: a list for what is one."""
    return value.split() if name in _LISTS and value is not None else value


@dataclass(frozen=True, slots=True)
class ExplainedNotice:
    """One field, its value, and the row that decided; None where the built-in default did."""

    field: str
    value: Any
    row: NoticeRow | None


def explain_notices(rows: Iterable[NoticeRow], case: Case) -> list[ExplainedNotice]:
    """Each field of `NoticeTerms` with the row that decides it; the case's group is the kind."""
    fitting = [(fit, row) for row in rows if (fit := narrowness(row, case)) is not None]
    fitting.sort(key=lambda found: found[1].id)
    fitting.sort(key=lambda found: found[0], reverse=True)
    explained = []
    for name in FIELDS:
        deciding = next((row for _, row in fitting if getattr(row, name) is not None), None)
        value = getattr(_DEFAULTS if deciding is None else deciding, name)
        if name in _LISTS and deciding is not None:
            value = tuple(value.split())
        explained.append(ExplainedNotice(name, value, deciding))
    return explained


#: What rules are remembered for: branch x category x kind, so many at most.
_TERMS_KEPT = 20_000


class NoticeRules:
    """All rules on messages of one set-up. Never changed, but for what it remembers."""

    __slots__ = ("_terms", "kinds", "on_request", "rows")

    def __init__(self, rows: Iterable[NoticeRow]) -> None:
        self.rows = tuple(rows)
        self._terms: dict[tuple[int, str, NoticeKind], NoticeTerms] = {}
        #: What any rule sends at all: nobody needs to look for the others.
        self.kinds = frozenset(
            kind
            for kind in NoticeKind
            if any(row.channels and row.kind in (None, kind.value) for row in self.rows)
        )
        #: What nobody is told who has not asked for it, whatever the place and category.
        self.on_request = frozenset(
            kind
            for kind in self.kinds
            if any(
                row.on_request and row.kind == kind.value and row[1:4] == (None, None, None)
                for row in self.rows
            )
            and not any(
                row.on_request is False and row.kind in (None, kind.value) for row in self.rows
            )
        )

    def shortest_kept(self, kind: NoticeKind) -> int:
        """For how many days messages of the kind are kept, whatever the place and category."""
        said = [row.keep_days for row in self.rows if row.kind in (None, kind.value)]
        return min([_DEFAULTS.days_kept(kind), *(days for days in said if days is not None)])

    def terms(
        self, case: Callable[[int, str, str], Case], branch_id: int, category: str, kind: NoticeKind
    ) -> NoticeTerms:
        """What the rules say, remembered; `case` is `SetUp.case`."""
        if not self.rows:
            return _DEFAULTS
        key = (branch_id, category, kind)
        terms = self._terms.get(key)
        if terms is None:
            if len(self._terms) >= _TERMS_KEPT:
                self._terms.clear()
            found = explain_notices(self.rows, notice_case(case, *key))
            terms = NoticeTerms(**{part.field: part.value for part in found})
            self._terms[key] = terms
        return terms


def notice_case(
    case: Callable[[int, str, str], Case], branch_id: int, category: str, kind: NoticeKind
) -> Case:
    """What the rules are asked about a message in the name of the branch."""
    found = case(branch_id, category, "")
    return Case(found.agency_id, branch_id, found.categories, (kind.value,))


_rows = ScopedRows(notice_rules, NoticeRow, SCOPE)
read_notice_rules = _rows.read


def store_notice_rule(
    transaction: Transaction,
    *,
    agency_id: int | None = None,
    branch_id: int | None = None,
    patron_category: str | None = None,
    kind: NoticeKind | None = None,
    **terms: Any,
) -> int:
    """Stores the rule of one scope, in place of what that scope had; gives the row's id.

    `terms` are fields of `circulation.notices.rules.NoticeTerms`. Raises ValueError with all that
    is wrong with them. Needs `circulation.kernel.set_up.set_up_changed` afterwards.
    """
    scope = (agency_id, branch_id, patron_category, kind.value if kind else None)
    check_rule(notice_rule_problems(terms), agency_id, branch_id)
    values = [stored_value(name, terms.get(name)) for name in FIELDS]
    return _rows.store(transaction, scope, values)


def forget_notice_rule(
    transaction: Transaction,
    *,
    agency_id: int | None = None,
    branch_id: int | None = None,
    patron_category: str | None = None,
    kind: NoticeKind | None = None,
) -> None:
    """Removes the rule of one scope, where there is one; see `store_notice_rule`."""
    scope = (agency_id, branch_id, patron_category, kind.value if kind else None)
    _rows.forget(transaction, scope)


NOTICES = SetUpPart("notices", lambda transaction: NoticeRules(read_notice_rules(transaction)))


def notice_terms(
    set_up: SetUp, branch_id: int, patron_category: str, kind: NoticeKind
) -> NoticeTerms:
    """What the rules on messages say of that kind in the name of the branch."""
    return NOTICES.of(set_up).terms(set_up.case, branch_id, patron_category, kind)
