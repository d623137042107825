"""What the parts of a set-up say of each other: parents, branches, places of rules."""

from __future__ import annotations

from circulation.callers.partners import folded_agency
from circulation.kernel.policy import lineage
from circulation.setting_up.agreements import check_agreements
from circulation.setting_up.difference import title
from circulation.setting_up.dunning import check_flows
from circulation.setting_up.fees import check_fees
from circulation.setting_up.new_items import check_new_items
from circulation.setting_up.notices import check_notices
from circulation.setting_up.parts import Noun, Parts
from circulation.setting_up.paying import check_payment
from circulation.setting_up.scopes import Lines, no_such, unknown_in_scopes
from circulation.setting_up.source import Problem


def check_references(parts: Parts, line: Lines) -> list[Problem]:
    """Every name that stands for something that is not there, and every tree that is none."""
    return [
        *_trees(parts, line),
        *_organisation(parts, line),
        *check_agreements(parts, line),
        *unknown_in_scopes(parts, line, Noun.RULE, ("at", "category", "group")),
        *_between_branches(parts, line),
        *_callers(parts, line),
        *check_new_items(parts, line),
        *check_fees(parts, line),
        *check_flows(parts, line),
        *check_notices(parts, line),
        *check_payment(parts, line),
    ]


def _trees(parts: Parts, line: Lines) -> list[Problem]:
    problems = []
    for noun in (Noun.CATEGORY, Noun.GROUP):
        tree = {key[0]: fields["parent"] for key, fields in parts.of[noun].items()}
        for code, parent in tree.items():
            at = line(noun, (code,), "parent")
            chain = lineage(tree, code)
            if parent is not None and parent not in tree:
                problems.append(no_such(noun, (code,), at, noun.value, parent))
            elif tree.get(chain[-1]) in chain:
                problems.append(
                    Problem(at, f"{title(noun, (code,))}: its parents lead round in a circle")
                )
    return problems


def _organisation(parts: Parts, line: Lines) -> list[Problem]:
    problems = []
    if not parts.of[Noun.AGENCY]:
        problems.append(Problem(None, "there is no agency"))
    for key, fields in parts.of[Noun.BRANCH].items():
        if fields["agency"] and (fields["agency"],) not in parts.of[Noun.AGENCY]:
            at = line(Noun.BRANCH, key, "agency")
            problems.append(no_such(Noun.BRANCH, key, at, "agency", fields["agency"]))
        if key in parts.of[Noun.AGENCY]:
            at = line(Noun.BRANCH, key, "")
            problems.append(
                Problem(at, f"{title(Noun.BRANCH, key)}: an agency has this ISIL already")
            )
    return problems


def _between_branches(parts: Parts, line: Lines) -> list[Problem]:
    problems = []
    known = parts.of[Noun.BRANCH]
    for key, fields in parts.of[Noun.FLOAT_GROUP].items():
        at = line(Noun.FLOAT_GROUP, key, "")
        problems += [
            no_such(Noun.FLOAT_GROUP, key, at, "branch", isil)
            for isil in fields["branches"]
            if (isil,) not in known
        ]
    for key in parts.of[Noun.TRANSPORT]:
        at = line(Noun.TRANSPORT, key, "")
        problems += [
            no_such(Noun.TRANSPORT, key, at, "branch", isil)
            for isil in key
            if isil and (isil,) not in known
        ]
        if key[0] and key[0] == key[1]:
            problems.append(Problem(at, f"{title(Noun.TRANSPORT, key)}: the branches are the same"))
    return problems


#: Fields that name another part: of which noun, and which noun they name.
_NAMES = (
    (Noun.TERMINAL, "branch", Noun.BRANCH),
    (Noun.TERMINAL, "profile", Noun.PROFILE),
    (Noun.PARTNER, "branch", Noun.BRANCH),
    (Noun.SORT_RULE, "to", Noun.BRANCH),
    (Noun.SORT_RULE, "home", Noun.BRANCH),
    (Noun.SORT_RULE, "group", Noun.GROUP),
)


def _callers(parts: Parts, line: Lines) -> list[Problem]:
    problems = []
    for noun, name, named in _NAMES:
        for key, fields in parts.of[noun].items():
            value = fields.get(name)
            if value and (value,) not in parts.of[named]:
                problems.append(no_such(noun, key, line(noun, key, name), named.value, value))
    schemes = {key[0] for key in parts.of[Noun.SORT_RULE]}
    for key, fields in parts.of[Noun.TERMINAL].items():
        scheme = fields["sorting"]
        if scheme and scheme not in schemes:
            at = line(Noun.TERMINAL, key, "sorting")
            problems.append(no_such(Noun.TERMINAL, key, at, "sorting scheme", scheme))
    folded: dict[str, str] = {}
    for (agency,) in parts.of[Noun.PARTNER]:
        other = folded.setdefault(folded_agency(agency), agency)
        if other != agency:
            at = line(Noun.PARTNER, (agency,), "")
            problems.append(Problem(at, f"partner {agency}: {other} is the same name"))
    return problems
