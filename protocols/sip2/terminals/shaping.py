"""Gives complete answers the form that an account wants: which fields, and in which words.

Nothing here knows of patrons or items; what needs facts is filled in by the handlers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Final

from protocols.sip2.failures import ALERT_OTHER
from protocols.sip2.fields import LAYOUT_OF, Kind
from protocols.sip2.messages import LAYOUTS, CheckinResponse, CheckoutResponse
from protocols.sip2.terminals.options import NEEDED, Options, rewriting

#: Alert type (CV) "none", for sorters that insist on one.
NO_ALERT: Final = "00"
_NO_DATE: Final = " " * 18

Step = Callable[[Any], None]
_SENT_EMPTY: Final = {"CV": NO_ALERT, "CM": _NO_DATE}
_NAMES_IN_10: Final = {each.code: each.name for each in LAYOUTS["10"].variable}


def shaper_of(account: Options) -> Step | None:
    """The function that shapes each answer; None if the account takes answers as they are."""
    steps: list[Step] = []
    if set(account.alert_types) != {NO_ALERT, "01", "02", "03", "04", ALERT_OTHER}:
        steps.append(_known_alerts(frozenset(account.alert_types)))
    if not account.alert_on_failure:
        steps.append(_no_alert_on_failure)
    if account.always_send:
        steps.append(_always(account.always_send))
    if account.send_security_inhibit:
        steps.append(_security_inhibit)
    if account.screen_message_rewrites:
        steps.append(_rewritten(account.screen_message_rewrites))
    if account.print_lines == "messages":
        steps.append(_printed)
    if account.hide_fields or account.only_fields:
        steps.append(_fields(frozenset(account.hide_fields), frozenset(account.only_fields)))
    if not steps:
        return None

    def shape(response: Any) -> None:
        for step in steps:
            step(response)

    return shape


def known_alert(alert: str | None, known: Collection[str]) -> str | None:
    """The alert type (CV) for a machine that knows only these."""
    if alert is None or alert in known:
        return alert
    return ALERT_OTHER if ALERT_OTHER in known else None


def _known_alerts(known: frozenset[str]) -> Step:
    def step(response: Any) -> None:
        if isinstance(response, CheckinResponse):
            response.alert_type = known_alert(response.alert_type, known)

    return step


def _no_alert_on_failure(response: Any) -> None:
    if isinstance(response, CheckinResponse) and not response.ok:
        response.alert = False
        response.alert_type = None


def _always(codes: tuple[str, ...]) -> Step:
    empty = [(_NAMES_IN_10[code], _SENT_EMPTY.get(code, "")) for code in codes]

    def step(response: Any) -> None:
        if isinstance(response, CheckinResponse):
            for name, value in empty:
                if getattr(response, name) is None:
                    setattr(response, name, value)

    return step


def _security_inhibit(response: Any) -> None:
    if isinstance(response, CheckoutResponse):
        response.security_inhibit = response.desensitize != "Y"


def _rewritten(rewrites: tuple[str, ...]) -> Step:
    pairs = [rewriting(each) for each in rewrites]

    def line(text: str) -> str:
        for find, replace in pairs:
            text = find.sub(replace, text)
        return text

    def step(response: Any) -> None:
        for name in ("screen_message", "print_line"):
            lines = getattr(response, name, ())
            if lines:
                setattr(response, name, tuple(filter(None, map(line, lines))))

    return step


def _printed(response: Any) -> None:
    if getattr(response, "screen_message", ()):
        response.print_line = (*response.print_line, *response.screen_message)


def _fields(hidden: frozenset[str], only: frozenset[str]) -> Step:
    def is_sent(code: str) -> bool:
        return code not in hidden and (not only or code in only)

    def kept(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        return tuple(pair for pair in pairs if is_sent(pair[0]))

    def step(response: Any) -> None:
        for each in LAYOUT_OF[type(response)].variable:
            value = getattr(response, each.name)
            if each.kind is Kind.GROUPS:
                groups = [kept(group) for group in value]
                setattr(response, each.name, tuple(group for group in groups if group))
            elif each.kind is Kind.EXTRA:
                setattr(response, each.name, kept(value))
            elif each.code in NEEDED or is_sent(each.code):
                continue
            elif each.kind is Kind.LINES:
                setattr(response, each.name, ())
            else:
                setattr(response, each.name, "" if each.is_required else None)

    return step
