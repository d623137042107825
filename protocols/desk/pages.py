"""The pages of the desk: one row each.

A page is a shell in the reader's language. It holds no data: its script asks the API for them with
the session of whoever is signed in, and the API decides what they may see.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from circulation.kernel.rights import Right
from circulation.languages.installed import language


class Page(NamedTuple):
    """A page below ``/desk``: who has neither `right` nor one of `or_rights` is not shown the way
    to it. Its words are those of `context` in ``messages.po``."""

    path: str
    template: str
    script: str
    name: str
    right: Right | None = None
    key: str = ""
    context: str = "desk"
    or_rights: tuple[Right, ...] = ()

    @property
    def rights(self) -> str:
        """Those of which one is enough, with blanks between them."""
        return " ".join(each.value for each in (self.right, *self.or_rights) if each is not None)


LOG_IN: Final = Page("log-in", "log_in.html", "log_in.js", "LOG_IN")
DESK: Final = Page("", "desk.html", "desk.js", "DESK", Right.LEND, "F2")
LISTS: Final = Page("lists", "lists.html", "lists.js", "LISTS", Right.USE_LISTS, "F7")
MATERIAL: Final = Page(
    "material",
    "material.html",
    "material.js",
    "MATERIAL",
    Right.EDIT_CATALOGUE,
    "Shift F2",
    or_rights=(Right.CHANGE_MANY_ITEMS,),
)
TODAY: Final = Page("today", "today.html", "today.js", "TODAY", Right.VIEW_REPORTS)
ADMINISTRATION: Final = Page(
    "administration",
    "administration.html",
    "administration.js",
    "ADMINISTRATION",
    Right.ADMINISTER_STAFF,
    or_rights=(
        Right.OPERATE,
        Right.RUN_JOBS,
        Right.VIEW_RULES,
        Right.EDIT_RULES,
        Right.VIEW_LOOKUPS,
    ),
)
ACCOUNT: Final = Page("account", "account.html", "account.js", "ACCOUNT")
#: Where apps send the browser of whoever is to agree.
AUTHORIZE: Final = Page("authorize", "authorize.html", "authorize.js", "AUTHORIZE")
#: All of them; those with a right stand in the menu, in this order.
PAGES: Final[tuple[Page, ...]] = (
    LOG_IN,
    DESK,
    LISTS,
    MATERIAL,
    TODAY,
    ADMINISTRATION,
    ACCOUNT,
    AUTHORIZE,
)
#: Not of the desk: what everybody sees at ``/``.
PUBLIC: Final = Page("", "public.html", "public.js", "LIBRARY", context="public")

_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@lru_cache(maxsize=256)
def rendered(page: Page, tag: str, languages: tuple[str, ...], assets: str) -> bytes:
    """The page in a language, as UTF-8. `assets` is the folder of its script and style."""
    words = language(tag).words

    def say(name: str) -> str:
        return words.pgettext(page.context, name)

    menu = [each for each in PAGES if each.right is not None]
    return (
        _TEMPLATES.get_template(page.template)
        .render(page=page, menu=menu, language=tag, languages=languages, assets=assets, say=say)
        .encode()
    )
