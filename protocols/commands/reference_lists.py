"""Pages of the reference that are lists: events, refusals, messages and their channels, formats.

Each is written from its registry (`pages`); a test reads the registries, and holds the pages to
them. What a member means stands beside it in the code.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from typing import Final

from catalogue.formats import charset_of, record_formats
from circulation.kernel.events import EventKind
from circulation.kernel.overriding import overriding_right
from circulation.kernel.reasons import Reason
from circulation.languages.installed import language
from circulation.moving.example_plans import ALIASES, SYSTEMS, read_example
from circulation.moving.plan_columns import columns_told
from circulation.moving.plan_settings import field_options_told, settings_told
from circulation.notices.channels import CHANNELS
from circulation.notices.kinds import TRAITS, NoticeKind
from protocols.hosting.installed import installed
from protocols.ncip.problems.problem_reasons import PROBLEMS
from protocols.sip2.handling.refusals import REASONS

_MADE: Final = "<!-- Written by `make reference` from {what}; a test holds it to them. -->"

_EVENTS: Final = """\
Each change of state writes one, in the transaction that makes it; none is ever changed. `GET
/api/v1/events` and webhooks give them by these kinds ([API](api.md)), `tiro item events` shows
those of an item. Besides kind and moment an event has who did it, on which device and at which
branch, what it is about (item, patron, loan, hold), `before` and `after`."""
_REFUSALS: Final = """\
Why something is not done. Over the API each has its code; `reasons` holds all that apply, with
`text` in the language that was asked for. SIP2 tells patrons in AF, NCIP partners by the type of
a Problem (what they may know of a patron, and not more). Whoever has the right may pass over it,
with a why that stays on record."""
_MESSAGES: Final = """\
Rules say who is told what, where and when (`[[notices]]` in [library.toml](library-toml.md)); the
words are templates ([notices](../../circulation/notices/README.md))."""
_FORMATS: Final = """\
The forms in which a stored record is given out: over Z39.50 by record syntax or schema, over SRU
by `recordSchema`, over the API by media type. A format is an entry
point of the group `tiro.record_formats` ([contributing](../../CONTRIBUTING.md))."""

_PLANS: Final = """\
A plan of `tiro move` says how another system writes its files: settings of its head, and a section
for each kind of rows, here `[KIND]`, such as `[patrons]`. `tiro move fields` lists the kinds with
their fields, `tiro move plan SYSTEM` prints a plan to begin with, `tiro move survey` says what to
write for files that are there ([moving in](../moving-in.md))."""
_FIELDS: Final = """\
## Fields

In `[KIND.fields]` a field of Tiro has the name of a column (`card = "cardnumber"`), or a source
with these options (`home_branch = { column = "branchcode", values = "branches" }`):
"""
_FORMS: Final = """\
A field may have several sources, in a list: `phone = [{ column = "mobile" }, { column = "phone",
optional = true }]`. The first that gives a value is taken; a field that holds a list (blocks,
cards, consents, not_for_loan) takes the values of all.

A code of a block may have a day and words behind it: `STAFF_C until 2026-12-31: broke a lamp`. A
table of values is asked for the code alone, and the block is lifted on that day."""
_COLUMNS: Final = """\
What `tiro move` makes of each column, by the plan that comes along for a system (`tiro move plan
SYSTEM`): which field of which kind it becomes, that it is kept in the note of the patron, or why it
is left out. In a table of codes each code has a value; a code that the table lacks sets its row
aside. What is left out and has values is named by `tiro move balance`, until the plan waives it
([plans of a move](move-plans.md)). A plan can be changed: read a column by adding its field."""


def meanings(kind: type[Enum]) -> Mapping[str, str]:
    """What the comment beside each member of an enumeration says; without one, its value in
    words."""
    source = textwrap.dedent(inspect.getsource(kind))
    lines, found = source.splitlines(), {}
    (declared,) = ast.parse(source).body
    assert isinstance(declared, ast.ClassDef)
    for node in declared.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name in kind.__members__:
                _, _, beside = lines[(node.end_lineno or 1) - 1].partition("  # ")
                found[name] = beside or str(kind[name].value).replace("_", " ")
    return found


def _page(title: str, what: str, told: str, heads: Iterable[str], rows: Iterable[str]) -> str:
    heads = list(heads)
    table = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads), *rows]
    return "\n".join([f"# {title}", "", _MADE.format(what=what), "", told, "", *table, ""])


def _row(*cells: str) -> str:
    return f"| {' | '.join(each.replace('|', chr(92) + '|') for each in cells)} |"


def events() -> str:
    """The page of events."""
    said = meanings(EventKind)
    rows = (_row(f"`{each.value}`", said[each.name]) for each in EventKind)
    return _page("Events", "their list", _EVENTS, ("kind", "what happened"), rows)


def refusals() -> str:
    """The page of what the rules and the facts refuse, and what becomes of it on the wire."""
    english, danish = language("en").words, language("da").words
    rows = (
        _row(
            f"`{each.name}`",
            english.pgettext("reason", each.name),
            danish.pgettext("reason", each.name),
            "" if (right := overriding_right(each)) is None else f"`{right.value}`",
            english.pgettext("screen", REASONS[each].name),
            PROBLEMS["CheckOutItem"][each].value,
        )
        for each in Reason
    )
    heads = ("code", "English", "Danish", "passed over by", "SIP2 (AF)", "NCIP (CheckOutItem)")
    return _page("Refusals", "their list", _REFUSALS, heads, rows)


def messages() -> str:
    """The page of what patrons are told, by which channels, and of drivers."""
    said = meanings(NoticeKind)
    kinds = (
        _row(
            f"`{each.value}`",
            said[each.name],
            TRAITS[each].basis.value,
            "yes" if TRAITS[each].is_optional else "",
            "yes" if TRAITS[each].is_proof else "",
        )
        for each in NoticeKind
    )
    heads = ("kind", "what it tells", "about", "may be declined", "kept as proof")
    first = _page("Messages", "their lists", _MESSAGES, heads, kinds)
    channels = (
        _row(
            f"`{name}`",
            each.address.value.replace("_", " "),
            each.form.value,
            *("yes" if flag else "" for flag in (each.rings, each.confirms)),
        )
        for name, each in CHANNELS.items()
    )
    drivers = (
        _row(f"`{name}`", entry.value.partition(":")[0].replace(".", "/") + ".py")
        for name, entry in sorted(installed("tiro.notice_channels").items())
    )
    more = [
        "## Channels\n",
        "The names that rules may use; tiro.toml may add others that are like one of these.\n",
        "| channel | needs | text | rings | confirms |\n|---|---|---|---|---|",
        *channels,
        "\n## Drivers\n",
        "What opens a channel (`driver` of a section `[notices.channels.NAME]` of tiro.toml):",
        "an entry point of the group `tiro.notice_channels`.\n",
        "| driver | its module |\n|---|---|",
        *drivers,
        "",
    ]
    return first + "\n" + "\n".join(more)


def formats() -> str:
    """The page of record formats."""
    rows = (
        _row(
            f"`{name}`",
            each.media_type.partition(";")[0],
            charset_of(each),
            ", ".join(sorted(each.element_sets)),
            " ".join(f"`{identifier}`" for identifier in each.identifiers),
        )
        for name, each in sorted(record_formats().items())
    )
    heads = ("name", "media type", "charset", "element sets", "asked for by")
    return _page("Record formats", "the installed formats", _FORMATS, heads, rows)


def move_plans() -> str:
    """Return the page of the settings of a plan of `tiro move`."""
    rows = (
        _row(
            f"`[{each.section}]` `{each.setting}`" if each.section else f"`{each.setting}`",
            each.default and f"`{each.default}`",
            each.told,
        )
        for each in settings_told()
    )
    heads = ("setting", "default", "meaning")
    options = (
        _row(f"`{each.setting}`", each.default and f"`{each.default}`", each.told)
        for each in field_options_told()
    )
    more = [
        _FIELDS,
        "| option | default | meaning |",
        "|---|---|---|",
        *options,
        "",
        _FORMS,
        "",
    ]
    return _page("Plans of a move", "their model", _PLANS, heads, rows) + "\n" + "\n".join(more)


def moved_columns() -> str:
    """Return the page of what becomes of each column of the systems with a plan."""
    lines = ["# Columns of other systems", "", _MADE.format(what="the plans that come along")]
    lines += ["", _COLUMNS]
    for system in SYSTEMS:
        if system not in ALIASES:
            names = [system, *(name for name, plan in ALIASES.items() if plan == system)]
            lines += ["", f"## {', '.join(names)}", "", *_source_of(system), ""]
            lines += ["| file | column | becomes |", "|---|---|---|"]
            lines += [
                _row(
                    each.files,
                    f"`{each.column}`",
                    f"left out: {each.why}" if each.why else f"`[{each.kind}]`: {each.becomes}",
                )
                for each in columns_told(system)
            ]
    return "\n".join((*lines, ""))


def _source_of(system: str) -> Iterator[str]:
    """Give the first paragraph of a plan, which says where its columns come from."""
    for line in read_example(system).splitlines():
        if not line.removeprefix("#").strip():
            return
        yield line.removeprefix("#").strip()


#: The name of a file -> what writes it.
PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "events.md": events,
    "refusals.md": refusals,
    "messages.md": messages,
    "formats.md": formats,
    "move-plans.md": move_plans,
    "moved-columns.md": moved_columns,
}


def written() -> Iterator[tuple[str, str]]:
    """The name and the text of each page."""
    for name, write in PAGES.items():
        yield name, write()
