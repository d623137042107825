"""Roles as Danish authorities tell them: OIO Basic Privilege Profile, 1.0.1 to 1.2.

A list of groups, in base64: each for a scope (an authority by its CVR number), with privileges and
perhaps constraints, which limit them to a part of the organisation.
"""

from __future__ import annotations

import logging
from base64 import b64decode
from collections.abc import Iterator
from typing import Final

from lxml import etree

from protocols.records.foreign_xml import parsed

log = logging.getLogger(__name__)

#: Up to 1.1, and from 1.2 on.
_ROOTS: Final = (
    "{http://itst.dk/oiosaml/basic_privilege_profile}PrivilegeList",
    "{http://digst.dk/oiosaml/basic_privilege_profile}PrivilegeList",
)


def privileges_in(value: str, scope: str) -> list[str]:
    """The privileges of that scope: those of model 2 as they are, those of model 3 with the value
    of their one constraint behind them, after a blank.

    What is limited in several ways at once is not told, nor is what cannot be read: nobody gets
    more than they were given.
    """
    try:
        root = parsed(b64decode(value))
    except ValueError as error:
        log.warning("single sign-on: the privileges in a claim cannot be read: %s", error)
        return []
    if root.tag not in _ROOTS:
        log.warning("single sign-on: a claim holds %.100s where privileges are expected", root.tag)
        return []
    return [told for group in root if group.get("Scope") == scope for told in _told(group)]


def _told(group: etree._Element) -> Iterator[str]:
    """Model 3 has one group for each set of constraints; several values stand with commas."""
    privileges = [_text(each) for each in group if _name(each) == "Privilege"]
    constraints = [_text(each) for each in group if _name(each) == "Constraint"]
    if len(constraints) > 1:
        log.info("single sign-on: privileges with several constraints are not told")
        return
    for privilege in filter(None, privileges):
        if not constraints:
            yield privilege
        else:
            values = (each.strip() for each in constraints[0].split(","))
            yield from (f"{privilege} {each}" for each in values if each)


def _name(element: etree._Element) -> str:
    """Its elements have no namespace; some senders write that of the list all the same."""
    return etree.QName(element).localname


def _text(element: etree._Element) -> str:
    return (element.text or "").strip()
