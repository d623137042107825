"""Who is calling, and where: the account behind a connection and the branch it acts for."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

from circulation.kernel.clientele import Clientele
from circulation.kernel.organisation import find_branch
from circulation.kernel.results import Branch, Desk, Patron
from protocols.hosting.answering import Context
from protocols.sip2.settings import Account, Sip2Settings
from protocols.sip2.terminals.entrance import Entrance
from protocols.sip2.wire.dates import local_date
from protocols.sip2.wording import Text, language_of

#: How long a branch's name, agency and timezone may be remembered.
REMEMBERED = timedelta(seconds=60)


class Unanswerable(Exception):
    """A request that gets the negative answer of its pair, with `text` as screen message."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.name)
        self.text = text


class Branches:
    """Branches by ISIL, read at most once a minute each: every message needs its own.

    Unknown ISILs are not remembered, so there are never more entries than branches.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[datetime, Branch]] = {}

    def find(self, context: Context, isil: str) -> Branch | None:
        """The branch with this ISIL; None if there is none."""
        known = self._known.get(isil)
        if known is not None and known[0] > context.now:
            return known[1]
        branch = find_branch(context.transaction, isil=isil)
        if branch is None:
            self._known.pop(isil, None)
        else:
            self._known[isil] = (context.now + REMEMBERED, branch)
        return branch

    def zone_of(self, isil: str) -> tzinfo | None:
        """The timezone of a branch that was looked up lately."""
        known = self._known.get(isil)
        return None if known is None else ZoneInfo(known[1].timezone)


class Place(NamedTuple):
    """A branch, and the desk of the caller there."""

    branch: Branch
    zone: tzinfo
    desk: Desk

    def institution(self, sent: str) -> str:
        """AO of an answer: what was sent, or the agency if that is empty."""
        return sent or self.branch.agency_isil


class Standing(NamedTuple):
    """Where the terminal at the other end of a connection was last, as which account."""

    place: Place
    account: Account


class Caller(NamedTuple):
    """The terminal that a request came from, as its session knows it.

    `account` is None before the login. `language` is the SIP2 code of the patron's choice.
    `may_write` is False if the transaction only reads. `patron` is the patron of the request, if
    they were let in before its handler was called (`protocols.sip2.handling.authority.Proof`).
    """

    settings: Sip2Settings
    branches: Branches
    account: Account | None
    device: str
    language: str
    entrance: Entrance
    may_write: bool
    patron: Patron | None = None

    def now(self, context: Context) -> Caller:
        """The same with the account as it is now: the set-up may have changed since the login."""
        self.entrance.accounts.follow(context)
        if self.account is None:
            return self
        account = self.entrance.account(self.account.login)
        return self if account is self.account else self._replace(account=account)

    @property
    def words(self) -> str:
        """The language of screen messages."""
        return language_of(self.language, self.account.language if self.account else "en")

    def date(self, now: datetime) -> str:
        """The date of an answer without a place: by the clocks of the account's branch, or else by
        those of most branches."""
        zone = self.branches.zone_of(self.account.branch) if self.account is not None else None
        return local_date(now, zone or self.entrance.accounts.zone)

    def place(self, context: Context, *wanted: str | None) -> Place:
        """Where a request happens: in the first of the branches `wanted` (AP, AO) that its account
        may act for, else in the account's own. Raises Unanswerable if that does not exist.
        """
        account = self.account
        if account is None:
            raise Unanswerable(Text.LOGIN_FIRST)
        own = self.branches.find(context, account.branch)
        if own is None:
            raise Unanswerable(Text.BRANCH_UNKNOWN)
        branch = own
        if account.any_branch_of_agency:
            for isil in wanted:
                if isil == own.isil:
                    break
                if not isil or isil == own.agency_isil:
                    continue
                named = self.branches.find(context, isil)
                if named is not None and named.agency_id == own.agency_id:
                    branch = named
                    break
        return self._at(branch, account, context)

    def _at(self, branch: Branch, account: Account, context: Context) -> Place:
        """The caller at one of the account's branches: mostly where the message before was, too."""
        known: Standing | None = self.entrance.standing
        if known is not None and known.account is account:
            place = known.place
            if place.branch is branch and place.desk.device == self.device:
                return place
        desk = Desk(
            account.login,
            self.device,
            branch.agency_id,
            branch.id,
            clientele_of(account, branch, context),
            follows=account.follows == "shadow",
            is_machine=True,
        )
        place = Place(branch, ZoneInfo(branch.timezone), desk)
        if not isinstance(account.serves_patrons_of, tuple):  # else it hangs on the set-up
            self.entrance.standing = Standing(place, account)
        return place


def clientele_of(account: Account, branch: Branch, context: Context) -> Clientele:
    """Whose patrons the account serves at a branch of its agency, and which of them without a
    PIN: for one that follows, the PIN was seen elsewhere."""
    own = frozenset((branch.agency_id,))
    served = None if account.serves_patrons_of == "all" else own
    if isinstance(account.serves_patrons_of, tuple):
        branches = context.circulation.current_set_up(context.transaction).branches.values()
        served = own.union(
            each.agency_id for each in branches if each.agency_isil in account.serves_patrons_of
        )
    needs_pin = account.require_patron_pin
    if needs_pin == "nobody" or account.follows != "no":
        return Clientele(served)
    return Clientele(served, own if needs_pin == "others" else frozenset())
