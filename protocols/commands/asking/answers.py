"""Answers of operations, as commands print them: to programs as they are, to people in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import click

from protocols.commands.shared.library import say
from protocols.commands.shared.wording import Money, with_money

#: What pages are made from, and nobody reads.
_UNSAID: Final = ("may",)
_MONEY: Final = {"amount", "currency"}


def print_answer(answer: Any, as_json: bool) -> None:
    """Prints an answer; that something was done, where there is nothing else to tell."""
    if answer is None:
        answer = {"done": True}
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
        return
    if not isinstance(answer, Mapping):
        say([_facts(each) for each in answer], False)
        return
    lists = {name: value for name, value in answer.items() if _has_lines(value)}
    rest = _spread({name: value for name, value in answer.items() if name not in lists})
    if len(answer) == 1 and not any(rest.values()):
        rest = {}
    if rest or not lists:
        say(rest or [], False)
    for number, lines in enumerate(lists.values()):
        if rest or number:
            click.echo()
        say([_facts(each, rest.get("currency")) for each in lines], False)


def _spread(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of an answer, with those of what is in it beside them."""
    facts: dict[str, Any] = {}
    for name, value in _facts(answer).items():
        if isinstance(value, Mapping):
            facts = {**value, **facts}
        else:
            facts[name] = value
    return facts


def _has_lines(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)


def _facts(answer: Mapping[str, Any], currency: str | None = None) -> dict[str, Any]:
    """An answer in facts: of an item its barcode and title, of a branch its ISIL, of a patron the
    card, and amounts with their currency."""
    currency = answer.get("currency", currency)
    facts: dict[str, Any] = {}
    for name, value in answer.items():
        if name in _UNSAID:
            continue
        if isinstance(value, Mapping):
            facts |= _face(name, value, currency)
        elif isinstance(value, list):
            facts[name] = [
                _facts(each, currency) if isinstance(each, Mapping) else each for each in value
            ]
        else:
            facts[name] = value
    return with_money(facts, currency) if currency else facts


def _face(name: str, value: Mapping[str, Any], currency: str | None) -> dict[str, Any]:
    if set(value) == _MONEY:
        return {name: Money(value["amount"], value["currency"])}
    if "isil" in value:
        return {name: value["isil"]}
    if "barcode" in value:
        return {name: value["barcode"], "title": value.get("title")}
    if "card" in value and "name" in value:
        return {name: value["card"] or value["name"]}
    return {name: _facts(value, currency)}
