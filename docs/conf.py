"""The site of the documents: `make docs` builds it out of the Markdown that is here."""

from importlib.metadata import version as _version
from typing import Any

from pygments.lexers.special import TextLexer

project = "Tiro"
author = "The Tiro developers"
version = release = _version("tiro-ils")
extensions = ["myst_parser"]
include_patterns = ["*.md", "deploy/*.md"]
include_patterns += [f"docs/{each}*.md" for each in ("", "**/")]
for _room in ("catalogue", "circulation", "protocols"):
    include_patterns += [f"{_room}/{each}README.md" for each in ("", "**/")]
root_doc = "docs/index"
html_theme = "alabaster"
html_theme_options = {
    "description": "A library system that speaks the standards",
    "fixed_sidebar": True,
    "page_width": "70em",
    "sidebar_collapse": True,
}
html_show_sourcelink = False
myst_heading_anchors = 4


def setup(app: Any) -> None:
    """What is done at the desk (blocks of ``desk``) is shown as it stands."""
    app.add_lexer("desk", TextLexer)
