"""The library's set-up in memory: branches, calendars, rules, good for one version.

Every process keeps a `SetUp`, and reads the version row in the same statement as its facts;
where that has moved on, the set-up is read anew in the same transaction. A version is a random
number, never a counter: a counted version could come again after a rollback, with other content.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update

from catalogue.database import Transaction, change, many, scalar
from catalogue.schema import agencies, branches
from circulation.calendars.due_dates import local_date
from circulation.calendars.opening_hours import Calendar
from circulation.calendars.rows import read_calendars
from circulation.callers.partners import Partner, all_partners, folded_agency
from circulation.callers.terminals import Terminal, all_terminals
from circulation.dunning.flow_rows import read_flows
from circulation.dunning.steps import Flows
from circulation.fees.payment_ways import PaymentWays, read_payment_ways
from circulation.fees.rule_rows import read_fee_rules
from circulation.fees.rules import FeeRules, FeeTerms
from circulation.kernel.agreements import Agreements, read_agreements
from circulation.kernel.loan_rules import LoanRules
from circulation.kernel.media import Media, media_of, read_media
from circulation.kernel.policy import (
    FIELDS,
    SCOPE,
    Case,
    PolicyRow,
    Tree,
    lineage,
    rule_problems,
)
from circulation.kernel.results import Branch, Desk, Item
from circulation.kernel.schema import (
    agency_settings,
    loan_policies,
    set_up_version,
)
from circulation.kernel.scoped_rows import ScopedRows, check_rule
from circulation.kernel.sorting import SortRule, read_sorting, sort_refused
from circulation.kernel.transport import Transport, read_transport
from circulation.kernel.trees import CATEGORIES, GROUPS
from circulation.notices.kinds import NoticeKind
from circulation.notices.rule_rows import read_notice_rules
from circulation.notices.rules import NoticeRules, NoticeTerms
from circulation.patrons.pin_settings import USUAL, PinRules, read_pin_rules

DEFAULT_TIMEZONE = "Europe/Copenhagen"

#: For the fact statements: the version under which the rest of the row was read.
VERSION = select(set_up_version.c.version).scalar_subquery()

BRANCH_COLUMNS = (
    branches.c.id,
    branches.c.isil,
    branches.c.name,
    branches.c.agency_id,
    agencies.c.isil,
    agencies.c.name,
    func.coalesce(agency_settings.c.timezone, DEFAULT_TIMEZONE),
)
BRANCH_TABLES = branches.join(agencies, agencies.c.id == branches.c.agency_id).outerjoin(
    agency_settings, agency_settings.c.agency_id == agencies.c.id
)

_version = scalar(select(set_up_version.c.version))
_all_branches = many(select(*BRANCH_COLUMNS).select_from(BRANCH_TABLES), Branch)
_policies = ScopedRows(loan_policies, PolicyRow, SCOPE)
#: Schools whose stock is their own.
_hidden_schools: Callable[..., list[Any]] = many(
    select(agencies.c.id).where(agencies.c.kind == "school", agencies.c.shares_stock.is_(False)),
    None,
)
_set_version = change(
    update(set_up_version).values(version=bindparam("new_version")), "new_version"
)


class SetUp(LoanRules):
    """All branches, calendars and rules of one version. Never changed, but for what it remembers.

    `branches` and `calendars` go by the branch's id; `categories` and `groups` are the trees of
    patron categories and material groups.
    `transport` says what sending costs and where items float. `terminals` go by login, `partners`
    by `folded_agency`, `sorting` by the name of the scheme; `hidden_schools` are ids of
    agencies. `media` is what material groups say of their things. `fees` are the rules on money,
    `notices` those on messages, `dunning` what follows for whom, `payment_ways` how each agency, by
    its id, is paid, `agreements` what agencies do for each other.
    """

    __slots__ = (
        "calendars",
        "dunning",
        "fees",
        "groups",
        "hidden_schools",
        "media",
        "notices",
        "partners",
        "payment_ways",
        "pin_rules",
        "sorting",
        "terminals",
        "transport",
        "version",
    )

    def __init__(
        self,
        version: int,
        branches: dict[int, Branch],
        policies: tuple[PolicyRow, ...],
        calendars: dict[int, Calendar],
        categories: Tree,
        groups: Tree,
        transport: Transport,
        terminals: Mapping[str, Terminal],
        partners: Mapping[str, Partner],
        sorting: Mapping[str, tuple[SortRule, ...]],
        pin_rules: Mapping[int, PinRules],
        hidden_schools: frozenset[int],
        fees: FeeRules,
        notices: NoticeRules,
        dunning: Flows,
        payment_ways: Mapping[int, PaymentWays],
        media: Mapping[str, Media],
        agreements: Agreements,
    ) -> None:
        super().__init__(branches, policies, categories, groups, hidden_schools, agreements)
        self.version = version
        self.calendars = calendars
        self.transport = transport
        self.terminals = terminals
        self.partners = partners
        self.sorting = sorting
        self.pin_rules = pin_rules
        self.fees = fees
        self.notices = notices
        self.dunning = dunning
        self.payment_ways = payment_ways
        self.media = media

    def desk(self, branch_id: int, actor: str, device: str = "") -> Desk:
        """Where something is done at a branch by nobody who stands there: by a job, a text."""
        return Desk(actor, device, self.branches[branch_id].agency_id, branch_id)

    @property
    def timezone(self) -> str:
        """That of most branches, for where none is known."""
        zones = Counter(branch.timezone for branch in self.branches.values())
        return max(sorted(zones), key=zones.__getitem__, default=DEFAULT_TIMEZONE)

    def day(self, now: datetime, branch_id: int | None = None) -> date:
        """The date at the branch. Without one, the date that has come at every branch: where they
        have several clocks the one that lags behind counts, so that nothing is ended too early."""
        if branch_id is not None:
            return local_date(now, self.branches[branch_id].timezone)
        zones = {branch.timezone for branch in self.branches.values()} or {DEFAULT_TIMEZONE}
        return min(local_date(now, zone) for zone in zones)

    def agency_isil(self, agency_id: int) -> str:
        """The ISIL of the agency, empty for one without branches."""
        its = (each.agency_isil for each in self.branches.values() if each.agency_id == agency_id)
        return next(its, "")

    def speaker(self, agency_id: int, home_branch_id: int | None) -> int:
        """The branch in whose name the agency speaks to a patron: their own, where it is one of
        the agency's."""
        its = [each.id for each in self.branches.values() if each.agency_id == agency_id]
        return home_branch_id if home_branch_id in its else min(its)

    def fee_terms(
        self, branch_id: int, patron_category: str, material_group: str, day: date
    ) -> FeeTerms:
        """What the rules on money say on that day, remembered."""
        return self.fees.terms(self.case, (branch_id, patron_category, material_group), day)

    def agency_fee_terms(self, agency_id: int, patron_category: str, day: date) -> FeeTerms:
        """What the rules on money say of the agency as a whole: payments, blocks for debt."""

        def case(key: int, patron_category: str, material_group: str) -> Case:
            return Case(-key, 0, lineage(self.categories, patron_category), (material_group,))

        # Its key is negative, so that it is not taken for a branch.
        return self.fees.terms(case, (-agency_id, patron_category, ""), day)

    def notice_terms(self, branch_id: int, patron_category: str, kind: NoticeKind) -> NoticeTerms:
        """What the rules on messages say of that kind in the name of the branch."""
        return self.notices.terms(self.case, branch_id, patron_category, kind)

    def media_of(self, material_group: str) -> Media:
        """What is known of the things of a material group."""
        return media_of(self.media, self.groups, material_group)

    def pin_rules_of(self, agency_id: int) -> PinRules:
        """What the agency asks of the PINs of its patrons."""
        return self.pin_rules.get(agency_id, USUAL)

    def sort_rules_at(self, login: str, scheme: str | None = None) -> tuple[SortRule, ...]:
        """The rules by which the terminal sorts, those of `scheme` if it names one; none where it
        does not sort."""
        if scheme is None:
            terminal = self.terminals.get(login)
            scheme = terminal.sorting if terminal is not None else None
        return () if scheme is None else self.sorting.get(scheme, ())

    def problem_bin_at(
        self, login: str, branch_id: int, item: Item | None, scheme: str | None = None
    ) -> str | None:
        """The bin of a sorting terminal for what it does not take back; None for its own mind."""
        here = self.branches.get(branch_id)
        rules = self.sort_rules_at(login, scheme)
        rule = sort_refused(rules, item, here, self.groups) if here and rules else None
        return None if rule is None else rule.bin


def read_set_up(transaction: Transaction) -> SetUp:
    """The set-up as the transaction sees it."""
    # The version first: a change that comes between makes the next look-up read anew.
    version = _version(transaction)
    branches = {branch.id: branch for branch in _all_branches(transaction)}
    return SetUp(
        version,
        branches,
        tuple(_policies.read(transaction)),
        read_calendars(transaction, branches.values()),
        {node.code: node.parent for node in CATEGORIES.all(transaction)},
        {node.code: node.parent for node in GROUPS.all(transaction)},
        read_transport(transaction),
        {terminal.login: terminal for terminal in all_terminals(transaction)},
        {folded_agency(partner.agency): partner for partner in all_partners(transaction)},
        read_sorting(transaction),
        read_pin_rules(transaction),
        frozenset(row[0] for row in _hidden_schools(transaction)),
        FeeRules(read_fee_rules(transaction)),
        NoticeRules(read_notice_rules(transaction)),
        Flows(read_flows(transaction)),
        read_payment_ways(transaction),
        read_media(transaction),
        Agreements(read_agreements(transaction)),
    )


def version_of(transaction: Transaction) -> int:
    """The version of the set-up that the transaction sees."""
    version: int = _version(transaction)
    return version


def set_up_changed(transaction: Transaction) -> None:
    """To be called by whatever changes anything that a `SetUp` holds."""
    _set_version(transaction, secrets.randbits(62))


# Rules


def set_loan_policy(
    transaction: Transaction,
    *,
    agency_id: int | None = None,
    branch_id: int | None = None,
    patron_category: str | None = None,
    material_group: str | None = None,
    **terms: bool | int | str | None,
) -> int:
    """Stores the rule of one scope, in place of what that scope had; gives the row's id.

    `terms` are fields of `circulation.kernel.policy.LoanTerms`. Raises ValueError with all that is
    wrong with them (see `circulation.kernel.policy.rule_problems`).
    """
    scope = (agency_id, branch_id, patron_category, material_group)
    check_rule(rule_problems(terms), agency_id, branch_id)
    new_id = _policies.store(transaction, scope, [terms.get(name) for name in FIELDS])
    set_up_changed(transaction)
    return new_id


def remove_loan_policy(
    transaction: Transaction,
    *,
    agency_id: int | None = None,
    branch_id: int | None = None,
    patron_category: str | None = None,
    material_group: str | None = None,
) -> None:
    """Removes the rule of one scope, where there is one."""
    _policies.forget(transaction, (agency_id, branch_id, patron_category, material_group))
    set_up_changed(transaction)


def loan_policies_of(transaction: Transaction) -> list[PolicyRow]:
    """All rules, for `circulation.kernel.policy.explain` and for people to read."""
    return _policies.read(transaction)
