"""What is accepted as a record: sound, or repaired where nothing is lost, or refused.

`accept` gives the bytes that are stored: ISO 2709 (`catalogue.marc.iso2709`) in UTF-8 with
leader/09 ``a``. A sound record (`catalogue.marc.soundness`) is stored byte for byte. The following
are repaired without loss:

* a wrong record length, base address, indicator count or entry map in the leader;
* a directory that disagrees with the fields, as long as there are as many fields as entries: its
  order is kept, and lengths and starting positions are counted again. Records over 99,999 bytes
  and fields over 9,999 get through this way, in the long form;
* a field terminator within a field, if the directory says so: it becomes a blank;
* MARC-8, which is converted. Where the leader is wrong about the encoding, the bytes decide:
  valid UTF-8 beyond ASCII is taken as UTF-8, and anything else that is flawless MARC-8 as MARC-8;
* missing indicators of a field that begins with a subfield, and an indicator outside ASCII, which
  become blanks; an empty third indicator that the leader announces (danMARC2) and a subfield
  delimiter that nothing follows, which are left out.

With a note for the librarian, a few octets that are not UTF-8 are accepted in a record that
otherwise is; each becomes U+FFFD, as it is displayed elsewhere. That applies only if the caller
takes notes: to a file that is loaded, not to a record that somebody sends in to be stored.

What would have to be guessed is refused, with the reason: bytes that are neither UTF-8 nor MARC-8,
fewer or more fields than the directory names, an impossible tag, a number of indicators other than
two, a record that is cut short. Odd subfield codes and control characters are kept as found.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from catalogue.marc import danmarc2, iso2709
from catalogue.marc.iso2709 import FIELD_END, LEADER_LENGTH, RECORD_END, SUBFIELD
from catalogue.marc.marc8 import NotMarc8, resolve_references, to_unicode
from catalogue.marc.soundness import ESCAPE, is_sound

_INDICATORS = re.compile(rb"[ -~]{2}\x1f")
_TAG = re.compile(rb"[0-9A-Za-z]{3}")
#: The minimum that must be right to tell where the directory begins.
_LEADER = re.compile(rb"[ -~]{24}")
#: A delimiter with neither code nor value.
_STRAY_IN_FIELD = re.compile(rb"\x1f(?=\x1f|\Z)")
#: Octets that may be invalid in a record in UTF-8. With more it is in another encoding.
MOST_DAMAGED = 10
_UNKNOWN = "\ufffd"


class Refused(Exception):
    """The bytes are not accepted as a record; the message is for the librarian."""


#: Takes a sentence that says what in a record could not be read properly.
TakeNote = Callable[[str], object]


def accept(
    data: bytes,
    record_format: str = "marc21",
    *,
    known_sound: bool = False,
    take_note: TakeNote | None = None,
) -> bytes:
    """The record to store, from ISO 2709 as found. Raises Refused.

    danMARC2 is read as described in `catalogue.marc.danmarc2`, including Latin-1 and escapes.
    `known_sound`: `soundness.are_sound` has already checked it. Without `take_note` a record that
    would need a note is refused.
    """
    sound = known_sound or is_sound(data)
    if record_format == "danmarc2":
        is_stored = sound and danmarc2.is_plain(data)
        return data if is_stored else _repaired(data, danmarc2.to_utf8)
    return data if sound else _repaired(data, take_note=take_note)


def accept_fields(head: bytes, parts: list[tuple[bytes, bytes]]) -> bytes:
    """The record to store, from a leader and fields in UTF-8 (MARCXML). Raises Refused."""
    if not parts:
        raise Refused("no fields")
    checked = [(tag, _checked_field(tag, content, head)) for tag, content in parts]
    return iso2709.build(head[:9] + b"a" + head[10:], checked)


def control_number(data: bytes) -> str:
    """The 001 of bytes in any state; empty if it cannot be determined."""
    end = data.find(FIELD_END, LEADER_LENGTH)
    if end < 0:
        return ""
    tags = [data[entry : entry + 3] for entry in range(LEADER_LENGTH, end, 12)]
    if b"001" not in tags:
        return ""
    at = tags.index(b"001")
    found = data[end + 1 :].split(FIELD_END, at + 1)[at : at + 1]
    return found[0][:40].decode("ascii", "replace").strip() if found else ""


def _repaired(
    data: bytes,
    decode: Callable[[bytes], bytes] | None = None,
    take_note: TakeNote | None = None,
) -> bytes:
    if data[-1:] != RECORD_END:
        raise Refused("cut short: it has no record terminator")
    end = data.find(FIELD_END, LEADER_LENGTH)
    if end < 0 or not _LEADER.match(data):
        raise Refused("no leader and directory at its beginning")
    directory = data[LEADER_LENGTH:end]
    if not directory or len(directory) % 12:
        raise Refused(f"a directory of {len(directory)} bytes, which is no multiple of 12")
    entries = [directory[at : at + 12] for at in range(0, len(directory), 12)]
    contents = _contents_by_directory(entries, data[end + 1 :])
    if contents is None:
        contents = data[end + 1 : -1].split(FIELD_END)
        if contents[-1].strip():
            raise Refused("its last field has no terminator")
        contents.pop()
        if len(contents) != len(entries):
            raise Refused(
                f"its directory names {len(entries)} fields, but there are {len(contents)}"
            )
    tags = [entry[:3] for entry in entries]
    if decode is None and take_note is not None and (damaged := _damaged(data, tags, contents)):
        number, where = damaged
        octets = "octet that is" if number == 1 else "octets that are"
        take_note(f"{number} {octets} not UTF-8, in {where}: shown as {_UNKNOWN}")
        decode = _mended
    decode = decode or _decoder(data, contents)
    parts = []
    for tag, content in zip(tags, contents, strict=True):
        try:
            text = decode(content)
        except NotMarc8 as error:
            raise Refused(f"field {_shown(tag)}: {error}") from error
        parts.append((tag, _checked_field(tag, text, data)))
    return iso2709.build(data[:9] + b"a" + data[10:LEADER_LENGTH], parts)


def _contents_by_directory(entries: list[bytes], body: bytes) -> list[bytes] | None:
    """The fields at the places the directory gives; None if they are not there."""
    contents = []
    covered = 0
    for entry in entries:
        if not entry[3:].isdigit():
            return None
        start, length = int(entry[7:]), int(entry[3:7])
        content = body[start : start + length]
        if len(content) != length or content[-1:] != FIELD_END:
            return None
        covered += length
        contents.append(content[:-1].replace(FIELD_END, b" "))
    return contents if covered == len(body) - 1 else None


def _damaged(data: bytes, tags: list[bytes], contents: list[bytes]) -> tuple[int, str] | None:
    """How many octets of a record in UTF-8 are invalid, and in which fields.

    None if there are none, or so many that the record must be in another encoding: more than
    `MOST_DAMAGED`, or at least as many as there are characters beyond ASCII if it could be MARC-8.
    """
    if data[9:10] != b"a" or data.isascii():
        return None
    bad = good = 0
    where: list[str] = []
    for tag, content in zip(tags, contents, strict=True):
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            text = content.decode("utf-8", "surrogateescape")
            bad += sum("\udc80" <= character <= "\udcff" for character in text)
            where.append(f"field {_shown(tag)}")
        good += sum(character > "\x7f" for character in text)
    good -= bad
    if not 0 < bad <= MOST_DAMAGED or (good <= bad and _is_marc8(contents)):
        return None
    return bad, ", ".join(dict.fromkeys(where))


def _is_marc8(contents: list[bytes]) -> bool:
    try:
        for content in contents:
            _marc8_to_utf8(content)
    except NotMarc8:
        return False
    return True


def _mended(content: bytes) -> bytes:
    """UTF-8 in which each invalid octet has become U+FFFD."""
    text = content.decode("utf-8", "surrogateescape")
    return re.sub("[\udc80-\udcff]", _UNKNOWN, text).encode("utf-8")


def _decoder(data: bytes, contents: list[bytes]) -> Callable[[bytes], bytes]:
    """What converts the record to UTF-8; its bytes count more than its leader."""
    says_utf8 = data[9:10] == b"a"
    try:
        for content in contents:
            content.decode("utf-8")
    except UnicodeDecodeError:
        return _marc8_to_utf8
    if ESCAPE in data and not (says_utf8 and not data.isascii()):
        return bytes if says_utf8 and not _is_marc8(contents) else _marc8_to_utf8
    return bytes if says_utf8 or b"&#x" not in data else _references_resolved


def _marc8_to_utf8(content: bytes) -> bytes:
    first, *parts = content.split(SUBFIELD)
    made = [to_unicode(first)]
    for part in parts:
        if not part[:1].isascii():
            raise NotMarc8(f"0x{part[:1].hex().upper()} is no subfield code")
        made.append(part[:1].decode("ascii") + to_unicode(part[1:]))
    return "\x1f".join(made).encode("utf-8")


def _references_resolved(content: bytes) -> bytes:
    return resolve_references(content.decode("utf-8")).encode("utf-8")


def _checked_field(tag: bytes, content: bytes, head: bytes) -> bytes:
    """The content as it will be stored; `head` begins with the leader. Raises Refused."""
    if not _TAG.fullmatch(tag):
        raise Refused(f"{_shown(tag)!r} in its directory, which is no tag")
    if SUBFIELD not in content:
        return content
    indicators, _, rest = content.partition(SUBFIELD)
    if not indicators:
        indicators = b"  "
    elif not _INDICATORS.match(content):
        found = indicators.decode("utf-8")
        if len(found) == 3 and found[2] in "0 " and head[10:11] == b"3":
            found = found[:2]
        if len(found) != 2:
            raise Refused(f"field {_shown(tag)} has {len(found)} indicators, not two")
        indicators = "".join(c if " " <= c <= "~" else " " for c in found).encode("ascii")
    return indicators + _STRAY_IN_FIELD.sub(b"", SUBFIELD + rest)


def _shown(tag: bytes) -> str:
    return tag.decode("ascii", "backslashreplace")
