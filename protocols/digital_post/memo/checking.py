"""Finds what is wrong with a message before it is sent: the platform would say so only later. The
rules are those of the layout, and those that the platform adds to the schema (in production since
10 September 2025) for names of files and the addresses of actions.
"""

from __future__ import annotations

import re
from typing import Any

from protocols.digital_post.memo.documents import Action, ActionCode, File
from protocols.digital_post.memo.layout import LAYOUT, Part, is_many
from protocols.digital_post.memo.messages import MemoVersion, Message, MessageType
from protocols.digital_post.memo.values import Simple

#: Characters that the platform refuses in the name of a file.
_NOT_IN_NAMES = re.compile('[<>:"/\\\\|?*\r\n\u00a0\u2000-\u200a\u2028\u205f\u2060\u3000]')
_URL = re.compile(r"https://[^\s/?#]+([/?#]\S*)?")
_NUMBERS = {"CPR": re.compile("[0-9]{10}", re.ASCII), "CVR": re.compile("[0-9]{8}", re.ASCII)}


class MemoInvalid(ValueError):
    """Not a message of that version; `problems` holds a sentence for each reason, without
    values."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def problems_of(message: Message, version: MemoVersion) -> list[str]:
    """A sentence for everything that `version` or the platform does not allow."""
    return structural_problems(message, version) or _platform_problems(message)


def structural_problems(message: Message, version: MemoVersion) -> list[str]:
    """What the schema does not allow."""
    return _problems(message, version, "Message")


def _problems(value: Any, version: MemoVersion, path: str) -> list[str]:
    found: list[str] = []
    for part in LAYOUT[type(value)]:
        held = getattr(value, part.field)
        values = held if is_many(part) else (() if held is None else (held,))
        here = f"{path}/{part.element}"
        if values and version not in part.versions:
            found.append(f"{here} is not in MeMo {version.value}")
        elif not values and version in part.required:
            found.append(f"{here} is missing")
        elif len(values) > part.most:
            found.append(f"{here} stands more than {part.most} times")
        for each in values:
            found += _value_problems(each, part, version, here)
    return found


def _value_problems(value: Any, part: Part, version: MemoVersion, path: str) -> list[str]:
    expected = part.kind.kind if isinstance(part.kind, Simple) else part.kind
    if type(value) is not expected:
        return [f"{path} is no {expected.__name__}"]
    if not isinstance(part.kind, Simple):
        return _problems(value, version, path)
    problem = part.kind.problem(value)
    return [] if problem is None else [f"{path} {problem}"]


def _platform_problems(message: Message) -> list[str]:
    header = message.message_header
    found = [
        f"{name} is no number of the type that is given"
        for name, kind, number in (
            ("memo:senderID", header.sender.id_type, header.sender.sender_id),
            ("memo:recipientID", header.recipient.id_type, header.recipient.recipient_id),
        )
        if kind not in _NUMBERS or not _NUMBERS[kind].fullmatch(number)
    ]
    body = message.message_body
    if header.message_type is MessageType.NEMSMS:
        if body is not None:
            found.append("a NemSMS has no memo:MessageBody")
        if not header.notification:
            found.append("a NemSMS needs a memo:notification")
    elif body is None:
        found.append("memo:MessageBody is missing")
    if body is not None:
        files = [*body.main_document.file]
        actions = [*body.main_document.action]
        for additional in body.additional_document:
            files += additional.file
            actions += additional.action
        for technical in body.technical_document:
            files += technical.file
        found += filter(None, map(_misnamed, files))
        found += filter(None, map(_misfit, actions))
    return found


def _misnamed(file: File) -> str | None:
    if not file.filename.strip():
        return "memo:filename is empty"
    if _NOT_IN_NAMES.search(file.filename):
        return "memo:filename holds a character that names of files may not have"
    return None


def _misfit(action: Action) -> str | None:
    code = action.action_code
    if action.reservation is not None and action.entry_point is not None:
        return "memo:Action has memo:Reservation and memo:EntryPoint"
    if code is ActionCode.AFTALE:
        return None if action.reservation else "memo:Action AFTALE needs a memo:Reservation"
    if action.entry_point is None:
        return f"memo:Action {code.value} needs a memo:EntryPoint"
    if not _URL.fullmatch(action.entry_point.url):
        return "memo:url is no absolute address that begins with https://"
    return None
