"""Text as XML: how every XML format writes its values."""

from __future__ import annotations

import re
from typing import Final

#: What XML 1.0 has no place for (2.2), not even as a reference: it is dropped.
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ATTRIBUTE: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"}
_MARKUP: Final = re.compile('[&<>"\r\t\n]')


def text(value: str) -> str:
    """The content of an element; a carriage return is preserved."""
    value = _FORBIDDEN.sub("", value)
    value = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return value.replace("\r", "&#13;")


def attribute(value: str) -> str:
    """The content of an attribute in double quotes; line ends and tabs become blanks."""
    return _MARKUP.sub(lambda found: _ATTRIBUTE.get(found[0], " "), _FORBIDDEN.sub("", value))


def element(name: str, value: str, **attributes: str) -> str:
    """An element with text in it, or nothing if there is no text. Attributes without a value are
    left out, and an underscore at the end of a name is dropped."""
    if not value:
        return ""
    return f"<{name}{written(attributes)}>{text(value)}</{name}>"


def around(name: str, content: str, **attributes: str) -> str:
    """An element around finished XML, or nothing if there is none."""
    return f"<{name}{written(attributes)}>{content}</{name}>" if content else ""


def written(attributes: dict[str, str]) -> str:
    """The attributes of a start tag, each after a blank."""
    return "".join(
        f' {name.rstrip("_").replace("__", ":")}="{attribute(value)}"'
        for name, value in attributes.items()
        if value
    )
