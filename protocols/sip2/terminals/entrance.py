"""Who is at the other end of a connection, and which account that may be.

A terminal logs in with 93 or at the prompts of a telnet port. It needs no login if its certificate
or its address identifies the account: of several accounts the one with the narrowest network, and
none if two are equally narrow. An account with a certificate of its own is closed to all who do not
show it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from protocols.hosting.networks import narrowest
from protocols.hosting.throttle import FailedLogins
from protocols.hosting.tls import PLAIN, Security
from protocols.sip2.settings import Account, Sip2Settings
from protocols.sip2.terminals.accounts import Accounts
from protocols.sip2.terminals.options import LoginWay


def host_of(peer: str) -> str:
    """The address without its port: ``192.0.2.7:50000``, ``::1:50000``."""
    host, separator, port = peer.rpartition(":")
    return host if separator and port.isdecimal() else peer


class Entrance:
    """The way in over one connection, from `peer`.

    `security` tells how the connection is protected, once something has come over it; `failed` is
    shared by all connections of the process.
    """

    def __init__(
        self,
        settings: Sip2Settings,
        accounts: Accounts,
        peer: str,
        failed: FailedLogins,
        security: Callable[[], Security] = lambda: PLAIN,
        way: LoginWay = "message",
    ) -> None:
        self.peer = peer
        self.host = host_of(peer)
        self.way = way
        self._settings = settings
        self.accounts = accounts
        self._failed = failed
        self._security_now = security
        self._security: Security | None = None
        self._admitted: Account | None = None
        #: Where its terminal stands, once `protocols.sip2.terminals.places` has found that out.
        self.standing: Any = None

    @property
    def security(self) -> Security:
        if self._security is None:
            self._security = self._security_now()
        return self._security

    def account(self, login: str) -> Account | None:
        """The account as it is now; None if there is none any more, or not over this connection."""
        account = self.accounts.by_login.get(login)
        if account is None or account is self._admitted or self.admits(account):
            return account
        return None

    def admits(self, account: Account) -> bool:
        """May the account be used over this connection?"""
        is_admitted = (
            account.is_used_from(self.host)
            and (not account.require_tls or self.security.is_encrypted)
            and (account.certificate is None or account.certificate in self.security.names)
        )
        if is_admitted:
            self._admitted = account
        return is_admitted

    def admits_login(self, account: Account) -> bool:
        """The same for a login with a password, in the way of this port."""
        return self.way in account.login_by and self.admits(account)

    def without_login(self) -> Account | None:
        """The account of a terminal that sends no login; None where it must."""
        names = self.security.names
        if names:
            for account in self.accounts.all():
                if (
                    account.certificate in names
                    and "certificate" in account.login_by
                    and self.admits(account)
                ):
                    return account
        found = self._by_address()
        if found is not None:
            return found
        usual = self._settings.default_account
        return self.account(usual) if usual is not None else None

    def _by_address(self) -> Account | None:
        found: list[tuple[int, Account]] = []
        for account in self.accounts.all():
            if "address" in account.login_by:
                bits = narrowest(account.networks, self.host)
                if bits is not None and self.admits(account):
                    found.append((bits, account))
        best = max((bits for bits, _ in found), default=None)
        accounts = [account for bits, account in found if bits == best]
        return accounts[0] if len(accounts) == 1 else None

    def may_ask_status(self) -> bool:
        """Is an SC Status (99) answered before the login?"""
        if not self._settings.status_before_login:
            return False
        accounts = self.accounts.all()
        return not accounts or any(
            account.status_before_login for account in accounts if account.is_used_from(self.host)
        )

    # Passwords that were wrong

    def is_held(self, login: str, now: float) -> bool:
        """Must the terminal wait before it tries this login again?"""
        return self._failed.is_held(self.host, login, now)

    def tried(self, login: str, is_right: bool, now: float) -> None:
        """The login was tried, and its password looked at."""
        if is_right:
            self._failed.succeeded(self.host, login)
        else:
            self._failed.failed(self.host, login, now)
