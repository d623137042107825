"""Random MeMo messages, made from the layout itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from protocols.digital_post.memo import documents as d
from protocols.digital_post.memo import values as v
from protocols.digital_post.memo.layout import LAYOUT, Part, is_many
from protocols.digital_post.memo.messages import MemoVersion, Message, MessageType
from protocols.digital_post.memo.people import Recipient, Sender
from protocols.digital_post.memo.values import Simple
from tests.builders.digital_post import CPR, CVR

_CHARACTERS = st.characters(codec="utf-8", categories=("L", "N", "P", "S"))


def _text(longest: int) -> st.SearchStrategy[str]:
    return st.text(_CHARACTERS, min_size=1, max_size=20).map(lambda text: text[:longest]) | st.just(
        "æ" * longest
    )


_TIMES = st.datetimes(
    min_value=datetime(1970, 1, 1),  # noqa: DTZ001
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
).map(lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000))

_SIMPLE: dict[int, st.SearchStrategy[Any]] = {
    id(v.TEXT): _text(256),
    id(v.COMMENT): _text(512),
    id(v.NOTIFICATION): _text(150),
    id(v.LICENCE_NUMBER): _text(7),
    id(v.URI): _text(256),
    id(v.UUID): st.binary(min_size=16, max_size=16).map(
        lambda raw: str(UUID(bytes=raw, version=4))
    ),
    id(v.LANGUAGE): st.sampled_from(["da", "en", "DE"]),
    id(v.P_NUMBER): st.integers(0, 9_999_999_999),
    id(v.GLN): st.integers(0, 9_999_999_999_999),
    id(v.BOOLEAN): st.booleans(),
    id(v.DATE): st.dates(),
    id(v.DATE_TIME): _TIMES,
    id(v.CONTENT): st.binary(max_size=30),
    id(v.MESSAGE_TYPE): st.just(MessageType.DIGITALPOST),
    id(v.ACTION_CODE): st.sampled_from(d.ActionCode),
}
#: What the platform's own rules want of a field, beyond the schema.
_FITTING: dict[tuple[type[Any], str], Any] = {
    (Sender, "sender_id"): st.just(CVR),
    (Sender, "id_type"): st.just("CVR"),
    (Recipient, "recipient_id"): st.just(CPR),
    (Recipient, "id_type"): st.just("CPR"),
    (d.File, "filename"): st.just("Besked.pdf"),
    (d.EntryPoint, "url"): st.just("https://www.example.org/betal"),
}


@st.composite
def _made(draw: st.DrawFn, kind: type[Any], version: MemoVersion) -> Any:
    fields: dict[str, Any] = {}
    for part in LAYOUT[kind]:
        fields[part.field] = draw(_field(kind, part, version))
    if kind is d.Action:
        is_appointment = fields["action_code"] is d.ActionCode.AFTALE
        absent, present = ("entry_point", "reservation")[:: 1 if is_appointment else -1]
        fields[absent] = None
        kinds = {"reservation": d.Reservation, "entry_point": d.EntryPoint}
        fields[present] = fields[present] or draw(_made(kinds[present], version))
    return kind(**fields)


def _field(kind: type[Any], part: Part, version: MemoVersion) -> st.SearchStrategy[Any]:
    if version not in part.versions:
        return st.just(None)
    if (kind, part.field) in _FITTING:
        return _FITTING[kind, part.field]  # type: ignore[no-any-return]
    one = _SIMPLE[id(part.kind)] if isinstance(part.kind, Simple) else _made(part.kind, version)
    if is_many(part):
        least = 1 if version in part.required else 0
        return st.lists(one, min_size=least, max_size=2).map(tuple)
    must_be = version in part.required or (kind, part.field) == (Message, "message_body")
    return one if must_be else st.none() | one


def messages(version: MemoVersion) -> st.SearchStrategy[Message]:
    """Any message that the version and the platform allow."""
    return _made(Message, version)
