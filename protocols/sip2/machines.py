"""The machines of SIP2, as others ask for them: those of tiro.toml among them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from catalogue.database import Transaction
from circulation.explaining.machines import MACHINES
from circulation.explaining.sorters import Machine
from circulation.kernel.engine import Circulation
from circulation.kernel.results import CheckedIn
from circulation.kernel.set_up import SetUp
from protocols.sip2.handling.holds import alert_type_of, hold_handling
from protocols.sip2.settings import Account, Sip2Settings
from protocols.sip2.terminals.accounts import Accounts
from protocols.sip2.terminals.shaping import known_alert


def tell_of_machines(settings: Sip2Settings, circulation: Circulation) -> None:
    """From now on `MACHINES` has the accounts of the settings and of the set-up."""
    MACHINES.put(circulation, machines_of(settings))


def machines_of(settings: Sip2Settings) -> Callable[[SetUp], Mapping[str, Machine]]:
    """All accounts of a set-up and of the settings, by their logins."""
    accounts = Accounts(settings)

    def machines(set_up: SetUp) -> Mapping[str, Machine]:
        return {login: _machine(account) for login, account in accounts.of(set_up).items()}

    return machines


def _machine(account: Account) -> Machine:
    def alert(returned: CheckedIn, transaction: Transaction) -> str | None:
        return known_alert(alert_type_of(returned, transaction), account.alert_types)

    return Machine(account.login, account.branch, hold_handling(account), account.sorting, alert)
