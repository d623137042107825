"""Rules of any kind: what each says and for whom, and which of them decides.

A rule has a scope, a place (a branch, an agency, or any) x a patron category (or any) x a material
group, or a kind of message (or any), and says some of the settings of its set. Categories and
groups are trees: a rule for a category holds for those below it too. For each setting apart, the
rules whose scope holds are asked from the narrowest to the widest, and the first that says anything
decides. Place weighs more than category, category more than material group: what a branch says for
all its patrons goes before what its agency says for children, because the branch was the one to
know. Of two rules with one scope the one that came into force later decides, then the older.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Integer,
    String,
    Table,
    delete,
    insert,
    select,
)

from catalogue.database import (
    Statement,
    Transaction,
    columns,
    many,
    metadata,
    scalar_one,
    send,
    taking,
)
from catalogue.schema import agencies, branches
from circulation.kernel.models import Model, Setting, row_of
from circulation.kernel.results import Branch
from circulation.languages.sentences import Sentence

T = TypeVar("T")

#: Patron categories, or material groups: code -> code of the parent, None at a root.
Tree = Mapping[str, str | None]


class Rule(NamedTuple):
    """A rule as it is stored: its scope, where None holds for any, and what it says.

    `agency_id` and `branch_id` exclude each other. No set of rules has all these scopes.
    """

    id: int
    agency_id: int | None = None
    branch_id: int | None = None
    patron_category: str | None = None
    material_group: str | None = None
    kind: str | None = None  # of message
    material_type: str | None = None
    valid_from: date | None = None
    says: Mapping[str, Any] = {}


_SCOPE = Rule._fields[1:-1]


class Explained(NamedTuple):
    """One setting, its value, and the rule that decided; None where the built-in default did."""

    field: str
    value: Any
    rule: Rule | None


@dataclass(frozen=True, slots=True)
class Case:
    """What the rules are asked about; `categories` and `groups` are lineages."""

    agency_id: int
    branch_id: int
    categories: tuple[str, ...]
    groups: tuple[str, ...]


def lineage(tree: Tree, code: str) -> tuple[str, ...]:
    """The code and its ancestors, the narrowest first; a code not in the tree has none."""
    found = [code]
    while (parent := tree.get(found[-1])) is not None and parent not in found:
        found.append(parent)
    return tuple(found)


def descent(tree: Tree, code: str) -> tuple[str, ...]:
    """The code and everything below it, the code first and the others by name."""
    below = sorted(other for other in tree if other != code and code in lineage(tree, other))
    return (code, *below)


def narrowness(rule: Rule, case: Case) -> tuple[int, int, int] | None:
    """How narrowly the scope fits the case (greater is narrower); None if it does not."""
    if rule.branch_id is not None:
        place = 2 if rule.branch_id == case.branch_id else None
    elif rule.agency_id is not None:
        place = 1 if rule.agency_id == case.agency_id else None
    else:
        place = 0
    category = _rank(rule.patron_category, case.categories)
    group = _rank(rule.material_group or rule.kind, case.groups)
    if place is None or category is None or group is None:
        return None
    return place, category, group


def _rank(code: str | None, chain: tuple[str, ...]) -> int | None:
    if code is None:
        return 0
    return len(chain) - chain.index(code) if code in chain else None


def fitting(rules: Iterable[Rule], case: Case, day: date | None = None) -> list[Rule]:
    """The rules that hold in the case, the one that decides first. With a `day` only those that
    have come into force."""
    found = [
        (fit, rule.valid_from or date.min, -rule.id, rule)
        for rule in rules
        if (day is None or rule.valid_from is None or rule.valid_from <= day)
        and (fit := narrowness(rule, case)) is not None
    ]
    return [rule for *_, rule in sorted(found, key=lambda each: each[:3], reverse=True)]


def scope_of(rule: Rule, branch: Branch) -> dict[str, str]:
    """The scope of a rule that holds at the branch, as library.toml writes it."""
    place = None
    if rule.branch_id is not None:
        place = branch.isil
    elif rule.agency_id is not None:
        place = branch.agency_isil
    scope = {
        "at": place,
        "category": rule.patron_category,
        "group": rule.material_group,
        "kind": rule.kind,
        "from": None if rule.valid_from is None else rule.valid_from.isoformat(),
    }
    return {name: value for name, value in scope.items() if value is not None}


def rule_table(
    name: str,
    settings: Sequence[Column[Any]],
    *scope: str,
    check: CheckConstraint | None = None,
) -> Table:
    """A table of rules. A scope column that is NULL holds for any; a setting that is NULL is left
    to a rule of wider scope."""
    return Table(
        name,
        metadata,
        Column("id", Integer, Identity(), primary_key=True),
        Column("agency_id", ForeignKey(agencies.c.id)),
        Column("branch_id", ForeignKey(branches.c.id)),
        *(Column(each, Date if each == "valid_from" else String) for each in scope),
        *settings,
        CheckConstraint("agency_id IS NULL OR branch_id IS NULL", name="one_place"),
        *([] if check is None else [check]),
    )


def _statements(
    table: Table, names: Sequence[str]
) -> tuple[Callable[..., list[Any]], Callable[..., int], Callable[..., None]]:
    """What reads all rows, what inserts one and gives its id, and what deletes one."""
    row = row_of("id", *names)

    @many(row)
    def all_rules() -> Statement:
        return select(*columns(row, table)).order_by(table.c.id)

    @scalar_one(int)
    @taking(*names)
    def insert_rule(**values: Any) -> Statement:
        return insert(table).values(values).returning(table.c.id)

    @send
    def delete_rule(*, rule_id: int) -> Statement:
        return delete(table).where(table.c.id == rule_id)

    return all_rules, insert_rule, delete_rule


class RuleRows:
    """The rows of a table of rules: one for each scope, stored in place of what was there."""

    def __init__(self, table: Table, settings: Mapping[str, Setting], noun: str = "rule") -> None:
        self.scope = tuple(name for name in _SCOPE if name in table.c)
        self.table = table
        self._settings = settings
        self._noun = noun
        self._rows, self._insert, self._delete = _statements(table, (*self.scope, *settings))

    def read(self, transaction: Transaction) -> list[Rule]:
        """All rules, the oldest first."""
        rules = []
        for row in self._rows(transaction):
            values = row._asdict()
            scope = {name: values.pop(name) for name in ("id", *self.scope)}
            says = {
                name: self._settings[name].loaded(value)
                for name, value in values.items()
                if value is not None
            }
            rules.append(Rule(**scope, says=says))
        return rules

    def of(self, transaction: Transaction, scope: Mapping[str, Any]) -> list[Rule]:
        """The rule of that scope, where there is one; what it does not name holds for any."""
        return [
            rule
            for rule in self.read(transaction)
            if all(getattr(rule, name) == scope.get(name) for name in self.scope)
        ]

    def store(self, transaction: Transaction, **said: Any) -> int:
        """Stores what is said for the scope that is said with it, in place of what that scope had;
        gives the id. `circulation.kernel.set_up.set_up_changed` is to be called afterwards.

        Raises ValueError with all that is wrong.
        """
        scope = {name: said.pop(name, None) for name in self.scope}
        self.check(scope, self.problems(said, scope))
        self.forget(transaction, **scope)
        values = {name: each.stored(said.get(name)) for name, each in self._settings.items()}
        return self._insert(transaction, **scope, **values)

    def forget(self, transaction: Transaction, **scope: Any) -> None:
        """Removes the rule of one scope, where there is one; otherwise as `store`."""
        for rule in self.of(transaction, scope):
            self._delete(transaction, rule_id=rule.id)

    def problems(self, said: Mapping[str, Any], scope: Mapping[str, Any]) -> dict[str, Sentence]:
        """What is wrong with what is said for the scope: a sentence for each setting at fault."""
        return {}

    def check(self, scope: Mapping[str, Any], problems: Mapping[str, str]) -> None:
        """Raises ValueError with all that is wrong with a rule, its place included."""
        found = list(problems.values())
        if None not in (scope.get("agency_id"), scope.get("branch_id")):
            found.append(f"a {self._noun} is for an agency or for a branch, not for both")
        if found:
            raise ValueError("; ".join(found))


class RuleSet(RuleRows):
    """The rules of one kind. `together` are settings of which only one is ever said, so that the
    rule that says any of them decides on them all."""

    def __init__(self, model: Model[Any], table: Table, *, together: tuple[str, ...] = ()) -> None:
        super().__init__(table, model.settings)
        self.model = model
        self._together = together

    def problems(self, said: Mapping[str, Any], scope: Mapping[str, Any]) -> dict[str, Sentence]:
        return self.model.problems(said)

    def explain(
        self, rules: Iterable[Rule], case: Case, day: date | None = None
    ) -> list[Explained]:
        """Each setting with the rule that decides it; with a `day` as the rules are on that day."""
        holding = fitting(rules, case, day)
        explained = []
        for name, setting in self.model.settings.items():
            names = self._together if name in self._together else (name,)
            deciding = next(
                (rule for rule in holding if any(each in rule.says for each in names)), None
            )
            value = setting.default if deciding is None else deciding.says.get(name)
            explained.append(Explained(name, value, deciding))
        return explained

    def values(self, rules: Iterable[Rule], case: Case, day: date | None = None) -> dict[str, Any]:
        """What the rules say; see `explain` for why."""
        return {each.field: each.value for each in self.explain(rules, case, day)}
