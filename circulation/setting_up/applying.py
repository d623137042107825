"""Making the stored set-up what a text declares, in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select

from catalogue.database import Transaction, lock, send
from catalogue.visibility import share_stock
from circulation.accession.barcode_ranges import let_go_of_agency, let_go_of_branch
from circulation.calendars.opening_hours import WEEKDAYS
from circulation.calendars.rows import Owner, forget_special_days, store_special_days, store_week
from circulation.calendars.schema import closures
from circulation.items.media import set_media
from circulation.items.placement import forget_placement_name, store_placement_name
from circulation.kernel.events import EventKind, write_event
from circulation.kernel.organisation import (
    add_agency,
    add_branch,
    add_consortium,
    all_agencies,
    all_branches,
    all_consortia,
    change_agency,
    remove_agency,
    remove_branch,
    rename_branch,
    rename_consortium,
)
from circulation.kernel.schema import set_up_version
from circulation.kernel.set_up import remove_loan_policy, set_loan_policy, set_up_changed
from circulation.kernel.transport import (
    forget_transport_cost,
    store_float_group,
    store_transport_cost,
)
from circulation.kernel.trees import CATEGORIES, GROUPS
from circulation.patrons.schema import history_settings
from circulation.setting_up.agreements import agreement_writers
from circulation.setting_up.calling import writers
from circulation.setting_up.difference import Change, differences, title
from circulation.setting_up.dunning import flow_writers
from circulation.setting_up.fees import fee_writers
from circulation.setting_up.new_items import new_item_writers
from circulation.setting_up.notices import notice_writers
from circulation.setting_up.parts import Fields, Key, Noun
from circulation.setting_up.paying import payment_writers
from circulation.setting_up.reading import Declared
from circulation.setting_up.scopes import stored_scope
from circulation.setting_up.source import Problem
from circulation.setting_up.stored import stored_parts, uses

_lock_version = lock(select(set_up_version.c.id).with_for_update())
_forget_history_days = send(
    delete(history_settings).where(history_settings.c.agency_id == bindparam("of")), "of"
)
_insert_history_days = send(
    insert(history_settings).values(agency_id=bindparam("new_id"), days=bindparam("new_days")),
    "new_id",
    "new_days",
)
_forget_closures = send(delete(closures).where(closures.c.branch_id == bindparam("of")), "of")


class DoesNotFit(ValueError):
    """What is declared cannot be applied; `problems` says why, all at once."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(problem.text for problem in problems))
        self.problems = problems


class ChangedMeanwhile(RuntimeError):
    """The stored set-up is not the one any more that the differences were shown for."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What applying would change, and what stands in its way."""

    changes: list[Change]
    problems: list[Problem]


def plan(transaction: Transaction, declared: Declared) -> Plan:
    """Compares what is declared with what is stored. Changes nothing.

    Of a text with problems nothing is compared.
    """
    if declared.problems:
        return Plan([], declared.problems)
    changes = differences(stored_parts(transaction), declared.parts)
    return Plan(changes, _objections(transaction, declared, changes))


def apply_set_up(
    transaction: Transaction,
    declared: Declared,
    *,
    now: datetime,
    shown: list[Change] | None = None,
) -> list[Change]:
    """Makes the stored set-up the declared one, and gives the changes; none where it was already.

    Raises DoesNotFit, and ChangedMeanwhile where the changes would be others than `shown`.
    Verbs under way in any process follow the new set-up from their next transaction on.
    """
    _lock_version(transaction)
    planned = plan(transaction, declared)
    if planned.problems:
        raise DoesNotFit(planned.problems)
    if shown is not None and planned.changes != shown:
        raise ChangedMeanwhile("the set-up was changed by somebody else meanwhile")
    if planned.changes:
        _Writing(transaction).write(planned.changes)
        set_up_changed(transaction)
        told = [str(change) for change in planned.changes]
        write_event(transaction, EventKind.SET_UP_CHANGED, None, now, after={"changes": told})
    return planned.changes


def _objections(
    transaction: Transaction, declared: Declared, changes: list[Change]
) -> list[Problem]:
    """Changes that what is stored besides the set-up forbids."""
    if len(all_consortia(transaction)) > 1:
        return [Problem(None, "the database holds more than one consortium; a text describes one")]
    ids: dict[Noun, dict[str, int]] = {
        Noun.AGENCY: {agency.isil: agency.id for agency in all_agencies(transaction)},
        Noun.BRANCH: {branch.isil: branch.id for branch in all_branches(transaction)},
    }

    def found_uses(change: Change) -> dict[str, int]:
        if change.noun in ids:
            return uses(transaction, change.noun, ids[change.noun][change.key[0]])
        if change.noun in (Noun.CATEGORY, Noun.GROUP):
            return uses(transaction, change.noun, change.key[0])
        return {}

    problems = []
    for change in changes:
        name = title(change.noun, change.key)
        if change.after is None:
            if found := found_uses(change):
                counted = ", ".join(f"{number} {table}" for table, number in found.items())
                problems.append(
                    Problem(None, f"{name} is in use, so it cannot be left out: {counted}")
                )
        elif (
            change.noun is Noun.BRANCH
            and change.before is not None
            and change.before["agency"] != change.after["agency"]
        ):
            at = declared.line(change.noun, change.key, "agency")
            problems.append(
                Problem(
                    at,
                    f"{name} belongs to {change.before['agency']}: a branch cannot change its "
                    "agency, its patrons would stay behind",
                )
            )
    return problems


#: Whatever names another comes after it, and goes before it.
_ORDER = (
    Noun.CONSORTIUM,
    Noun.AGENCY,
    Noun.BRANCH,
    Noun.AGREEMENT,
    Noun.PLACEMENT,
    Noun.WEEK,
    Noun.SPECIAL_DAYS,
    Noun.RULE,
    Noun.FEES,
    Noun.DUNNING,
    Noun.NOTICES,
    Noun.PAYMENT,
    Noun.FLOAT_GROUP,
    Noun.TRANSPORT,
    Noun.PINS,
    Noun.SORT_RULE,
    Noun.PROFILE,
    Noun.TERMINAL,
    Noun.PARTNER,
    Noun.ITEM_DEFAULTS,
    Noun.BARCODE_RANGE,
)
#: Of these what changes lets go of what it names, which may be removed next.
_LETS_GO = (Noun.AGREEMENT, Noun.FLOAT_GROUP, Noun.SORT_RULE, Noun.TERMINAL, Noun.PARTNER)


class _Writing:
    """Writes changes that are known to fit."""

    def __init__(self, transaction: Transaction) -> None:
        self.transaction = transaction
        self._write: dict[Noun, Callable[[Key, Fields, bool], None]] = {
            Noun.CONSORTIUM: self._consortium,
            Noun.AGENCY: self._agency,
            Noun.BRANCH: self._branch,
            Noun.PLACEMENT: self._placement,
            Noun.WEEK: self._week,
            Noun.SPECIAL_DAYS: self._special_days,
            Noun.RULE: self._rule,
            Noun.FLOAT_GROUP: self._float_group,
            Noun.TRANSPORT: self._transport,
        }
        self._remove: dict[Noun, Callable[[Key], None]] = {
            Noun.AGENCY: self._remove_agency,
            Noun.BRANCH: self._remove_branch,
            Noun.PLACEMENT: lambda key: forget_placement_name(
                transaction, self._agencies()[key[0]], key[1], key[2]
            ),
            Noun.WEEK: lambda key: store_week(transaction, self._owner(key[0]), {}),
            Noun.SPECIAL_DAYS: lambda key: forget_special_days(
                transaction, self._owner(key[0]), key[1]
            ),
            Noun.RULE: self._remove_rule,
            Noun.FLOAT_GROUP: lambda key: store_float_group(transaction, key[0], frozenset()),
            Noun.TRANSPORT: lambda key: forget_transport_cost(
                transaction, self._branches()[key[0]], self._branches()[key[1]]
            ),
        }
        for write, remove in (
            writers(transaction, self._agencies, self._branches),
            payment_writers(transaction, self._agencies),
        ):
            self._write |= write
            self._remove |= remove
        write, remove = writers(transaction, self._agencies, self._branches)
        self._write |= write
        self._remove |= remove
        write, remove = agreement_writers(transaction, self._agencies)
        self._write |= write
        self._remove |= remove
        for more in (new_item_writers, fee_writers, flow_writers, notice_writers):
            write, remove = more(transaction, self._owner)
            self._write |= write
            self._remove |= remove

    def write(self, changes: list[Change]) -> None:
        of = {noun: [change for change in changes if change.noun is noun] for noun in Noun}
        for noun in reversed(_ORDER):
            for change in of[noun]:
                if change.after is None or (noun in _LETS_GO and change.before):
                    self._remove[noun](change.key)
        for noun, nodes in ((Noun.CATEGORY, CATEGORIES), (Noun.GROUP, GROUPS)):
            wanted = {
                change.key[0]: (change.after["name"], change.after["parent"])
                for change in of[noun]
                if change.after is not None
            }
            nodes.store(self.transaction, wanted)
            if noun is Noun.GROUP:
                self._media(of[noun])
            gone = [change.key[0] for change in of[noun] if change.after is None]
            nodes.forget(self.transaction, gone)
        for noun in _ORDER:
            for change in of[noun]:
                if change.after is not None:
                    self._write[noun](change.key, change.after, change.before is None)

    def _media(self, changes: list[Change]) -> None:
        for change in changes:
            after = change.after
            if after is not None:
                said = after["media_type"], after["magnetic"]
                set_media(self.transaction, change.key[0], *said)

    def _agencies(self) -> dict[str, int]:
        return {agency.isil: agency.id for agency in all_agencies(self.transaction)}

    def _branches(self) -> dict[str, int]:
        return {branch.isil: branch.id for branch in all_branches(self.transaction)}

    def _owner(self, isil: str) -> Owner:
        """The agency or branch with the ISIL; neither for an empty one."""
        branch_id = self._branches().get(isil) if isil else None
        return Owner(self._agencies()[isil] if isil and branch_id is None else None, branch_id)

    def _consortium(self, key: Key, fields: Fields, is_new: bool) -> None:
        if is_new:
            add_consortium(self.transaction, fields["name"])
        else:
            rename_consortium(
                self.transaction, all_consortia(self.transaction)[0][0], fields["name"]
            )

    def _agency(self, key: Key, fields: Fields, is_new: bool) -> None:
        name, kind, timezone = fields["name"], fields["kind"], fields["timezone"]
        if is_new:
            consortium = all_consortia(self.transaction)[0][0]
            agency = add_agency(
                self.transaction, consortium, key[0], name, kind=kind, timezone=timezone
            )
            if fields["shares_stock"]:
                share_stock(self.transaction, key[0], True)
        else:
            before = {each.isil: each for each in all_agencies(self.transaction)}[key[0]]
            agency = before.id
            change_agency(self.transaction, agency, name, kind=kind, timezone=timezone)
            # What the catalogue hides is made anew, for which it goes through all records.
            if (before.kind, before.shares_stock) != (kind, fields["shares_stock"]):
                share_stock(self.transaction, key[0], fields["shares_stock"])
        _forget_history_days(self.transaction, agency)
        if fields["history_days"] is not None:
            _insert_history_days(self.transaction, agency, fields["history_days"])

    def _remove_agency(self, key: Key) -> None:
        agency = self._agencies()[key[0]]
        _forget_history_days(self.transaction, agency)
        let_go_of_agency(self.transaction, agency)
        remove_agency(self.transaction, agency)

    def _branch(self, key: Key, fields: Fields, is_new: bool) -> None:
        if is_new:
            add_branch(self.transaction, self._agencies()[fields["agency"]], key[0], fields["name"])
        else:
            rename_branch(self.transaction, self._branches()[key[0]], fields["name"])

    def _remove_branch(self, key: Key) -> None:
        branch = self._branches()[key[0]]
        _forget_closures(self.transaction, branch)
        let_go_of_branch(self.transaction, branch)
        remove_branch(self.transaction, branch)

    def _placement(self, key: Key, fields: Fields, is_new: bool) -> None:
        isil, level, code = key
        store_placement_name(self.transaction, self._agencies()[isil], level, code, fields["name"])

    def _week(self, key: Key, fields: Fields, is_new: bool) -> None:
        week = {WEEKDAYS.index(day): hours for day, hours in fields.items()}
        store_week(self.transaction, self._owner(key[0]), week)

    def _special_days(self, key: Key, fields: Fields, is_new: bool) -> None:
        store_special_days(
            self.transaction, self._owner(key[0]), key[1], fields["hours"], fields["note"]
        )

    def _rule(self, key: Key, fields: Fields, is_new: bool) -> None:
        set_loan_policy(self.transaction, **self._scope(key), **fields)

    def _remove_rule(self, key: Key) -> None:
        remove_loan_policy(self.transaction, **self._scope(key))

    def _scope(self, key: Key) -> dict[str, Any]:
        return stored_scope(self._owner, key, "patron_category", "material_group")

    def _float_group(self, key: Key, fields: Fields, is_new: bool) -> None:
        branches = self._branches()
        store_float_group(
            self.transaction, key[0], frozenset(branches[isil] for isil in fields["branches"])
        )

    def _transport(self, key: Key, fields: Fields, is_new: bool) -> None:
        branches = self._branches()
        store_transport_cost(self.transaction, branches[key[0]], branches[key[1]], fields["cost"])
