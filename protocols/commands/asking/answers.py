"""Answers of operations, as commands print them: to programs as they are, to people in words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import click

from protocols.commands.shared.saying import say
from protocols.commands.shared.wording import Money, with_money

#: What pages are made from, and nobody reads.
_UNSAID: Final = ("may",)
#: Facts that are exceptions: left out where they are false, else a note in the words of the desk.
_NOTES: Final = {"is_before_loan": "RETURN_BEFORE_LOAN"}
#: Parts that are told among the facts of what they are parts of.
_TOLD_WITHIN: Final = ("checked_out", "checked_in", "renewed", "loan", "hold", "details")
_MONEY: Final = {"amount", "currency"}


class Outcome(NamedTuple):
    """What became of one of several things: the answer, or why it could not be done."""

    item: str
    answer: Any
    problem: dict[str, Any] | None


def print_answer(answer: Any, as_json: bool) -> None:
    """Prints an answer; that something was done, where there is nothing else to tell."""
    if answer is None:
        answer = {"done": True}
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
        return
    for number, block in enumerate(_blocks(answer, None)):
        if number:
            click.echo()
        say(block, False)


def print_stack(answer: Any, as_json: bool, *, within: str | None = None) -> None:
    """Prints what became of several items, and ends the command with 1 where one was refused.
    `within` is the part of the answer that tells of them."""
    print_answer(answer, as_json)
    if (answer if within is None else answer[within])["refused"]:
        raise click.exceptions.Exit(1)


def print_each(outcomes: Sequence[Outcome], as_json: bool) -> None:
    """Prints what became of each of several things, each a request of its own, and ends the command
    with 1 where one of them could not be done."""
    if as_json:
        shown = [each._asdict() for each in outcomes]
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        say([_outcome_said(each) for each in outcomes], False)
    if any(each.problem is not None for each in outcomes):
        raise click.exceptions.Exit(1)


def _outcome_said(outcome: Outcome) -> dict[str, Any]:
    problem = outcome.problem
    if problem is None:
        return {"item": outcome.item} | _facts(outcome.answer, None)
    named = [each["text"] for each in (*problem.get("reasons", ()), *problem.get("errors", ()))]
    return {"item": outcome.item, "refused": named or problem.get("detail", problem["title"])}


def _blocks(answer: Any, currency: str | None) -> list[Any]:
    """An answer in parts: its own facts, then what is in it, each as `say` takes it."""
    if not isinstance(answer, Mapping):
        return [[_facts(each, currency) for each in answer]]
    if _is_alone(answer):
        return [[]]
    answer = _flat(answer)
    currency = answer.get("currency", currency)
    own, parts = {}, []
    for name, value in answer.items():
        if name != "reasons" and _has_lines(value):
            parts += _blocks(value, currency)
        elif isinstance(value, Mapping) and _face(name, value) is None and _is_noun(value):
            parts += _blocks(value, currency)
            currency = value.get("currency", currency)
        else:
            own[name] = value
    facts = _facts(own, currency)
    return [facts, *parts] if facts or not parts else parts


def _flat(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The answer, what is told within it taken out of its parts: of those by their numbers."""
    flat: dict[str, Any] = {}
    for name, value in answer.items():
        if name in _TOLD_WITHIN and isinstance(value, Mapping):
            number = {name: value["id"]} if "id" in value else {}
            flat |= number | _flat({key: each for key, each in value.items() if key != "id"})
        else:
            flat[name] = value
    if isinstance(flat.get("item"), Mapping):
        flat.pop("barcode", None)  # the item says it
    return flat


def _has_lines(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)


def _is_noun(value: Mapping[str, Any]) -> bool:
    """Is it more than a few facts?"""
    return "id" in value or any(map(_has_lines, value.values()))


def _is_alone(answer: Mapping[str, Any]) -> bool:
    """Is an empty list all of it, but for how many there are?"""
    return [each for each in answer.values() if each != 0] == [[]]


def _facts(answer: Mapping[str, Any], currency: str | None) -> dict[str, Any]:
    """An answer in facts: of an item its barcode and title, of a branch its ISIL, of a patron the
    card, of reasons their words, and amounts with their currency."""
    answer = _flat(answer)
    currency = answer.get("currency", currency)
    facts: dict[str, Any] = {}
    for name, value in answer.items():
        if name in _UNSAID:
            continue
        if name in _NOTES:
            if value:
                facts["note"] = _note(_NOTES[name])
            continue
        if isinstance(value, Mapping):
            facts |= _face(name, value) or {name: _facts(value, currency)}
        elif name == "reasons" and _has_lines(value):
            facts["refused"] = [each["text"] for each in value]
        elif isinstance(value, list):
            facts[name] = [
                _facts(each, currency) if isinstance(each, Mapping) else each for each in value
            ]
        else:
            facts[name] = value
    return with_money(facts, currency) if currency else facts


def _note(name: str) -> str:
    """Return a sentence of the desk by its name, in the language of the commands."""
    from circulation.languages.installed import LAST, language  # Babel takes a while to load

    return language(LAST).words.pgettext("desk", name)


def _face(name: str, value: Mapping[str, Any]) -> dict[str, Any] | None:
    """What is told of a noun within others; None of those of which all is told."""
    if set(value) == _MONEY:
        return {name: Money(value["amount"], value["currency"])}
    if "isil" in value:
        return {name: value["isil"]}
    if "barcode" in value:
        return {name: value["barcode"], "title": value.get("title")}
    if "card" in value and "name" in value:
        return {name: value["card"] or value["name"]}
    return None
