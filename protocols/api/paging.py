"""Lists by pages: where the next one begins is a word of ours, in a link (RFC 8288).

A word that comes back may have been altered: numbers may be infinite, and moments outside the
calendar of UTC. None of that gets as far as the database.
"""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from circulation.kernel.paging import Place
from protocols.api.messages import Reply
from protocols.api.operation import VERSION, Request
from protocols.api.problems import Problem, malformed

if TYPE_CHECKING:  # what checks requests takes a while to load
    from protocols.api.models.common import Continued

#: What databases count with: titles, conflicts and lines of a list, and all else.
LARGEST_OF_FEW: Final = 2**31 - 1
LARGEST: Final = 2**63 - 1


def word_of(place: object) -> str:
    """A place as a word."""
    told = place if not isinstance(place, tuple) else [_plain(each) for each in place]
    return base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")


def _plain(part: Any) -> Any:
    return part.isoformat() if isinstance(part, date) else part


def read_word(word: str) -> Any:
    """The place that a word stands for. Raises Problem."""
    try:
        return json.loads(base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)))
    except (binascii.Error, ValueError):
        raise no_page_ended_there() from None


def no_page_ended_there() -> Problem:
    """A cursor that is none of ours."""
    return malformed("cursor", "unknown", "no page has ended there")


def place_in(query: Continued, largest: int = LARGEST_OF_FEW) -> Place | None:
    """The moment and number after which the page begins. Raises Problem."""
    if query.cursor is None:
        return None
    try:
        moment, number = read_word(query.cursor)
        return place_at(moment, number, largest)
    except (ValueError, TypeError):
        raise no_page_ended_there() from None


def place_at(moment: Any, number: Any, largest: int) -> Place:
    """The place that these parts of a word stand for. Raises Problem."""
    try:
        place = Place(datetime.fromisoformat(moment), int(number))
        place.moment.astimezone(UTC)
    except (OverflowError, ValueError, TypeError):
        raise no_page_ended_there() from None
    if place.moment.tzinfo is None or not 0 <= place.id <= largest:
        raise no_page_ended_there()
    return place


def day_place_in(query: Continued) -> Place | None:
    """The day and number after which the page begins. Raises Problem."""
    if query.cursor is None:
        return None
    try:
        day, number = read_word(query.cursor)
        place = Place(date.fromisoformat(day), int(number))
    except (OverflowError, ValueError, TypeError):
        raise no_page_ended_there() from None
    if not 0 <= place.id <= LARGEST_OF_FEW:
        raise no_page_ended_there()
    return place


def spot_in(query: Continued) -> tuple[str, ...] | None:
    """The place of a list that is reckoned, not stored. Raises Problem."""
    if query.cursor is None:
        return None
    parts = read_word(query.cursor)
    if not isinstance(parts, list):
        raise no_page_ended_there()
    return tuple(str(each) for each in parts)


def number_in(query: Continued, largest: int = LARGEST_OF_FEW) -> int:
    """The number after which the page begins; 0 is before all. Raises Problem."""
    if query.cursor is None:
        return 0
    number = read_word(query.cursor)
    if not isinstance(number, int) or not 0 <= number <= largest:
        raise no_page_ended_there()
    return number


def page_of(request: Request[Any, Any], value: Any, following: object | None) -> Reply:
    """A page, with the link to the next where there is one."""
    if following is None:
        return Reply(value)
    given = request.query.model_dump(mode="json", exclude_defaults=True)
    query = urlencode(given | {"cursor": word_of(following)}, doseq=True)
    path = "/".join(request.asked.path)
    assert request.asked.path[0] == VERSION
    return Reply(value, headers=(("Link", f'</api/{path}?{query}>; rel="next"'),))
