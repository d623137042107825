"""What the things of a material group are physically: what a machine that lends must know of them.

A group says its media type in the set-up, and so all groups below it that say nothing themselves.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from sqlalchemy import select, update

from catalogue.database import Statement, Transaction, columns, many, send
from circulation.kernel.rules import lineage
from circulation.kernel.schema import material_groups
from circulation.kernel.set_up import SetUp, SetUpPart


class MediaType(Enum):
    """The media types that lending machines tell apart. The value is the word for it."""

    __hash__ = object.__hash__  # looked up with each check-out; that of enumerations is slow

    OTHER = "other"
    BOOK = "book"
    MAGAZINE = "magazine"
    BOUND_JOURNAL = "bound-journal"
    AUDIO_TAPE = "audio-tape"
    VIDEO = "video"
    CD = "cd"
    DISKETTE = "diskette"
    BOOK_WITH_DISKETTE = "book-with-diskette"
    BOOK_WITH_CD = "book-with-cd"
    BOOK_WITH_AUDIO_TAPE = "book-with-audio-tape"


#: Whether a strong field could wipe it, where that can be told from the type alone: a video may be
#: a tape or a disc, and of the others nothing is known.
_IS_MAGNETIC = {
    MediaType.BOOK: False,
    MediaType.MAGAZINE: False,
    MediaType.BOUND_JOURNAL: False,
    MediaType.AUDIO_TAPE: True,
    MediaType.CD: False,
    MediaType.DISKETTE: True,
    MediaType.BOOK_WITH_DISKETTE: True,
    MediaType.BOOK_WITH_CD: False,
    MediaType.BOOK_WITH_AUDIO_TAPE: True,
}


class Media(NamedTuple):
    """Of a material group; None is not known."""

    type: MediaType | None = None
    is_magnetic: bool | None = None


UNKNOWN = Media()


class _GroupMedia(NamedTuple):
    code: str
    media_type: str | None
    magnetic: bool | None


@many(_GroupMedia)
def _all() -> Statement:
    return select(*columns(_GroupMedia, material_groups)).order_by(material_groups.c.code)


@send
def set_media(*, code: str, media_type: str | None, magnetic: bool | None) -> Statement:
    """Writes down what a group says. Call `set_up_changed` afterwards."""
    return (
        update(material_groups)
        .where(material_groups.c.code == code)
        .values(media_type=media_type, magnetic=magnetic)
    )


def said_of_media(transaction: Transaction) -> dict[str, tuple[str | None, bool | None]]:
    """By group, the word for its media type and whether that is magnetic, as the set-up says."""
    return {row.code: (row.media_type, row.magnetic) for row in _all(transaction)}


def read_media(transaction: Transaction) -> dict[str, Media]:
    """What each group says itself, where it says anything."""
    return {
        code: Media(
            None if word is None else MediaType(word),
            _IS_MAGNETIC.get(MediaType(word)) if magnetic is None and word else magnetic,
        )
        for code, (word, magnetic) in said_of_media(transaction).items()
        if (word, magnetic) != (None, None)
    }


#: By the code of the material group, where it says anything itself.
MEDIA = SetUpPart("media", read_media)


def media_of_group(set_up: SetUp, material_group: str) -> Media:
    """What is known of the things of a group: what it says, or the nearest above it that does."""
    media = MEDIA.of(set_up)
    for code in lineage(set_up.groups, material_group) if media else ():
        if code in media:
            return media[code]
    return UNKNOWN
