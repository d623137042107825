"""The plan of a move: which files hold what, and how their columns become ours. A file of TOML.

    source = "koha"
    dates = ["%Y-%m-%d", "%Y-%m-%d %H:%M:%S"]

    [values.branches]
    CPL = "DK-717500"

    [patrons]
    files = ["borrowers.csv"]
    key = "borrowernumber"
    [patrons.fields]
    card = "cardnumber"
    home_branch = { column = "branchcode", values = "branches" }
    language = { constant = "da" }
    phone = [{ column = "mobile" }, { column = "phone", optional = true }]
    blocks = [{ column = "debarred", values = { "*" = "excluded" } }, ...]

A field with several sources takes the first that gives a value; a field that holds a list takes
the values of all. In a table of values ``*`` is any other code and ``{code}`` in its value the code
itself. A column that is ``optional`` may be missing in the file. A code of a block may have a day
and words behind it, which no table changes: ``LOST until 2026-12-31: broke a lamp``.

What a section may be called, and which fields it has, `circulation.moving.kinds.table` says.
"""

from __future__ import annotations

import codecs
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lxml import etree
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

#: Stands for any other code in a table of values, and for that code in its value.
ANY: Final = "*"
CODE: Final = "{code}"


class PlanUnfit(ValueError):
    """A plan cannot be followed: everything that is wrong with it."""

    def __init__(self, path: Path, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{path}: {each}" for each in self.problems))


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _encoding(name: str) -> str:
    try:
        codecs.lookup(name)
    except LookupError:
        raise ValueError(f"there is no encoding {name!r}") from None
    return name


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"there is no time zone {name!r}") from None
    return name


Encoding = Annotated[str, AfterValidator(_encoding)]
Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FieldPlan(_Strict):
    """Where a field comes from: a column, several that are joined, or the same for all rows.

    `further` are the sources that follow in a list of sources.
    """

    column: Names = ()
    optional: bool = False  # the file need not have the columns
    joined_by: str = " "
    constant: str | None = None
    values: str | dict[str, str] | None = None  # the name of a table of the plan, or one
    by: Literal["number", "key"] = "number"  # of a patron or item: card and barcode, or the old id
    separator: str = "|"  # of a field that holds several
    newline: str | None = None  # what parts the lines of an address
    further: tuple[FieldPlan, ...] = ()

    @model_validator(mode="after")
    def _one_source(self) -> FieldPlan:
        if bool(self.column) == (self.constant is not None):
            raise ValueError("a field has a column or a constant")
        if any(each.by != self.by for each in self.further):
            raise ValueError("all sources of a field go by the same: number or key")
        return self

    @property
    def sources(self) -> tuple[FieldPlan, ...]:
        """All sources of the field, in their order."""
        return (self, *self.further)


def _field(value: Any) -> Any:
    if isinstance(value, list):
        first, *further = map(_field, value) if value else [{}]
        if any("further" in each for each in (first, *further) if isinstance(each, dict)):
            raise ValueError("a source has no sources of its own")
        return first | {"further": further} if isinstance(first, dict) else value
    return {"column": [value]} if isinstance(value, str) else value


Columns = dict[str, Names]


def _within(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        path = PurePath(name)
        if path.is_absolute() or ".." in path.parts:
            raise ValueError(f"{name!r} is not in the folder of the files")
    return names


Files = Annotated[Names, Field(min_length=1), AfterValidator(_within)]


class KindPlan(_Strict):
    """The files of one kind of rows. `only` and `unless` choose rows by what a column holds."""

    files: Files
    format: Literal["csv", "marc", "xml"] = "csv"
    delivery: Literal["whole", "changes"] = "whole"  # changes: what is not there is not gone
    least: Annotated[float, Field(ge=0.5, le=1)] = 0.99  # of the rows of the last whole delivery
    key: Annotated[tuple[str, ...], BeforeValidator(_listed), Field(min_length=1)]
    fields: dict[str, Annotated[FieldPlan, BeforeValidator(_field)]]
    encoding: Encoding | None = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    quote: Annotated[str, Field(max_length=1)] = '"'
    escape: Annotated[str, Field(max_length=1)] = ""
    has_apostrophes: bool = False  # before cells that a spreadsheet would compute, as Tiro writes
    columns: tuple[str, ...] = ()  # of files without a header
    tag: str = ""  # of the field of a record that is an item; of an XML file, the element of a row
    only: Columns = {}
    unless: Columns = {}
    waived: Names = ()  # columns that nothing reads, and that is right; `COLUMN: expired` of dates

    def columns_named(self) -> set[str]:
        """All columns that the plan speaks of."""
        every = (source for each in self.fields.values() for source in each.sources)
        return {*self.key, *self.only, *self.unless}.union(*(each.column for each in every))

    def columns_needed(self) -> set[str]:
        """Those without which a file cannot be read."""
        every = (source for each in self.fields.values() for source in each.sources)
        needed = (each.column for each in every if not each.optional)
        return {*self.key, *self.only, *self.unless}.union(*needed)

    @model_validator(mode="after")
    def _can_be_parted(self) -> KindPlan:
        if self.delimiter in ("\n", "\r", self.quote, self.escape):
            raise ValueError("the delimiter parts cells, and is no quotation mark or line end")
        return self


class Head(_Strict):
    """How the other system writes, in all files of the plan."""

    source: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9_-]{0,39}$")]
    encoding: Encoding = "utf-8-sig"
    dates: tuple[str, ...] = ()  # none: ISO 8601
    decimal: Literal[".", ","] = "."
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "DKK"
    timezone: Annotated[str, AfterValidator(_timezone)] | None = None
    empty: tuple[str, ...] = ("\\N",)
    values: dict[str, dict[str, str]] = {}


class Plan(Head):
    """A whole plan; `folder` is where its files are looked for."""

    folder: Path
    kinds: dict[str, KindPlan]

    def paths(self, kind: str) -> list[Path]:
        """The files of the kind: those of a pattern by name."""
        found: dict[Path, None] = {}
        for name in self.kinds[kind].files:
            matching = sorted(self.folder.glob(name)) if "*" in name else [self.folder / name]
            found |= dict.fromkeys(matching)
        return list(found)

    def homes(self, kind: str) -> frozenset[str]:
        """The ISILs of all home branches that rows of the kind may have; none where the plan does
        not say which."""
        field = self.kinds[kind].fields.get("home_branch")
        if field is None:
            return frozenset()
        found: set[str] = set()
        for source in field.sources:
            known = self.table(source) or {}
            found |= {*known.values()} if source.constant is None else {source.constant}
        return frozenset(found - {""})

    def table(self, field: FieldPlan) -> Mapping[str, str] | None:
        """The values of the field, old to new; None where it takes them as they are."""
        return self.values[field.values] if isinstance(field.values, str) else field.values


#: The kinds, each with its fields, and whether a plan must give them.
Known = Mapping[str, Mapping[str, bool]]


def read_plan(path: Path, known: Known, folder: Path | None = None) -> Plan:
    """The plan in the file. Raises PlanUnfit."""
    try:
        text = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PlanUnfit(path, [f"this is no TOML: {error}"]) from error
    kinds = {name: text.pop(name) for name in list(text) if name in known}
    try:
        plan = Plan.model_validate(text | {"folder": folder or path.parent, "kinds": kinds})
    except ValidationError as error:
        raise PlanUnfit(path, [_sentence(each) for each in error.errors()]) from error
    if problems := [*_problems(plan, known)]:
        raise PlanUnfit(path, problems)
    return plan


def _sentence(error: Any) -> str:
    place = ".".join(str(each) for each in error["loc"] if each != "kinds")
    return f"{place}: {error['msg'].removeprefix('Value error, ')}"


def _problems(plan: Plan, known: Known) -> Iterable[str]:
    if not plan.kinds:
        yield f"there is nothing to move; there are {', '.join(known)}"
    for kind, its in plan.kinds.items():
        names = list(known[kind])
        for name, is_needed in known[kind].items():
            if is_needed and name not in its.fields:
                yield f"{kind}.fields: {name} is needed"
        for name, field in its.fields.items():
            if name not in names:
                yield f"{kind}.fields: there is no {name!r}; there are {', '.join(names)}"
            tables = {each.values for each in field.sources if isinstance(each.values, str)}
            for table in sorted(tables - plan.values.keys()):
                yield f"{kind}.fields.{name}: there is no [values.{table}]"
        if its.format == "marc" and not its.tag:
            yield f"{kind}: format marc needs the tag of the items"
        if its.format == "xml" and not its.tag:
            yield f"{kind}: format xml needs the name of the element that is a row, as tag"
        for name in sorted(its.columns_named()) if its.format == "xml" else ():
            if not _is_path(name):
                yield f"{kind}: {name!r} is no path of XPath"


def _is_path(text: str) -> bool:
    try:
        etree.XPath(text)
    except etree.XPathError:
        return False
    return True
